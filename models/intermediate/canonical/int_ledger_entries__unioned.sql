-- One row per movement that the books record on one of their own accounts, with the bank account it
-- stands for where the map names one. It proves nothing about the bank.
{% set models = [
    'stg_quickbooks_online__bill_payment_entries',
    'stg_quickbooks_online__deposit_entries',
    'stg_quickbooks_online__journal_entry_lines',
    'stg_quickbooks_online__payment_entries',
    'stg_quickbooks_online__purchase_entries',
    'stg_quickbooks_online__refund_receipt_entries',
    'stg_quickbooks_online__sales_receipt_entries',
    'stg_quickbooks_online__transfer_lines',
] %}
{% set columns = {
    'ledger_entry_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'source_type': 'varchar',
    'entry_id': 'varchar',
    'line_number': 'integer',
    'account_id': 'varchar',
    'counter_account_id': 'varchar',
    'party_id': 'varchar',
    'party_name': 'varchar',
    'reference': 'varchar',
    'memo': 'varchar',
    'currency_code': 'varchar',
    'debit_amount': 'decimal(18, 4)',
    'credit_amount': 'decimal(18, 4)',
    'entry_date': 'date',
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

account_map as (

    select * from {{ ref('stg_operations__bank_account_map') }}

),

final as (

    select
        unioned.*,
        {{ entity_of('unioned.company_code') }} as entity,
        account_map.account_id as bank_account_id,
        case
            when account_map.account_id is not null then {{ row_key(['account_map.entity', 'account_map.account_id']) }}
        end as account_key

    from unioned

    {{ join_entity('unioned') }}

    left join account_map
        on unioned.connection_id = account_map.connection_id
        and unioned.account_id = account_map.source_account
        and account_map.entity = {{ entity_of('unioned.company_code') }}

)

select * from final
