-- One row per document of any platform, with its entity and a status of ours. Whether it is paid
-- is derived from links later; a platform's word for it stays in platform_status.
{% set models = [
    'stg_exchange__invoices',
    'stg_quickbooks_online__bills',
    'stg_quickbooks_online__credit_memos',
    'stg_quickbooks_online__invoices',
    'stg_quickbooks_online__vendor_credits',
    'stg_stripe__credit_notes',
    'stg_stripe__invoices',
] %}
{% set columns = {
    'invoice_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'source_type': 'varchar',
    'invoice_id': 'varchar',
    'party_id': 'varchar',
    'resident_party_id': 'varchar',
    'applies_to_invoice_id': 'varchar',
    'direction': 'varchar',
    'document_type': 'varchar',
    'number': 'varchar',
    'platform_status': 'varchar',
    'party_name': 'varchar',
    'resident_name': 'varchar',
    'reference': 'varchar',
    'memo': 'varchar',
    'currency_code': 'varchar',
    'total_amount': 'decimal(18, 4)',
    'tax_amount': 'decimal(18, 4)',
    'discount_amount': 'decimal(18, 4)',
    'platform_open_amount': 'decimal(18, 4)',
    'issue_date': 'date',
    'due_date': 'date',
    'discount_date': 'date',
    'service_from': 'date',
    'service_to': 'date',
    'updated_at': 'timestamp',
    'load_id': 'varchar',
} %}
with

unioned as (
    {{ union_staging(models, columns) }}
),

entity_map as (

    select * from {{ ref('stg_operations__entity_map') }}

),

statuses as (

    select * from {{ ref('invoice_statuses') }}

),

final as (

    select
        unioned.*,
        {{ entity_of('unioned.company_code') }} as entity,
        coalesce(statuses.status, 'unknown') as status,
        case
            when unioned.party_id is not null
                then {{ row_key([
                    'unioned.platform', 'unioned.connection_id', 'unioned.company_code',
                    "case when unioned.platform = 'exchange' then 'party' when unioned.direction = 'payable' then 'vendor' else 'customer' end",
                    'unioned.party_id',
                ]) }}
        end as bill_to_party_key,
        case
            when unioned.resident_party_id is not null
                then {{ row_key([
                    'unioned.platform', 'unioned.connection_id', 'unioned.company_code',
                    "case when unioned.platform = 'exchange' then 'party' else 'customer' end",
                    'unioned.resident_party_id',
                ]) }}
        end as resident_party_key,
        {{ number_token('unioned.number') }} as number_token

    from unioned

    {{ join_entity('unioned') }}

    left join statuses
        on unioned.platform = statuses.platform
        and coalesce(unioned.platform_status, 'open') = statuses.platform_status

)

select * from final
