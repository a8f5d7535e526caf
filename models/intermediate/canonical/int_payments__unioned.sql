-- One row per payment as a platform recorded it, with its entity, status and method in our words.
{% set models = [
    'stg_exchange__payments',
    'stg_quickbooks_online__bill_payments',
    'stg_quickbooks_online__payments',
    'stg_quickbooks_online__purchases',
    'stg_quickbooks_online__refund_receipts',
    'stg_quickbooks_online__sales_receipts',
    'stg_stripe__charges',
    'stg_stripe__disputes',
    'stg_stripe__payment_records',
    'stg_stripe__refunds',
] %}
{% set columns = {
    'payment_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'source_type': 'varchar',
    'payment_id': 'varchar',
    'alternate_payment_id': 'varchar',
    'original_payment_id': 'varchar',
    'party_id': 'varchar',
    'settlement_id': 'varchar',
    'deposit_account': 'varchar',
    'direction': 'varchar',
    'platform_status': 'varchar',
    'platform_method': 'varchar',
    'payer_name': 'varchar',
    'reference': 'varchar',
    'memo': 'varchar',
    'currency_code': 'varchar',
    'amount': 'decimal(18, 4)',
    'fee_amount': 'decimal(18, 4)',
    'payment_date': 'date',
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

    select * from {{ ref('payment_statuses') }}

),

methods as (

    select * from {{ ref('payment_methods') }}

),

final as (

    select
        unioned.*,
        {{ entity_of('unioned.company_code') }} as entity,
        case
            when unioned.platform_status is null then 'posted'
            else coalesce(statuses.status, 'unknown')
        end as status,
        coalesce(methods.method, 'other') as method,
        case
            when unioned.party_id is not null
                then {{ row_key([
                    'unioned.platform', 'unioned.connection_id', 'unioned.company_code',
                    "case when unioned.platform = 'exchange' then 'party' when unioned.source_type in ('bill_payment', 'purchase') then 'vendor' else 'customer' end",
                    'unioned.party_id',
                ]) }}
        end as party_key,
        -- A receipt written at the counter is document and payment in one.
        unioned.source_type in ('sales_receipt', 'refund_receipt', 'purchase') as is_own_document

    from unioned

    {{ join_entity('unioned') }}

    left join statuses
        on unioned.platform = statuses.platform
        and unioned.platform_status = statuses.platform_status

    left join methods
        on lower(unioned.platform_method) = methods.platform_method

)

select * from final
