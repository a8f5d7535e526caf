-- One row per bank statement, with the account that it is of and whether its balances add up.
{% set models = ['stg_bank_files__statements'] %}
{% set columns = {
    'statement_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'statement_id': 'varchar',
    'source_account': 'varchar',
    'file_sha256': 'varchar',
    'file_name': 'varchar',
    'file_format': 'varchar',
    'currency_code': 'varchar',
    'opening_amount': 'decimal(18, 4)',
    'closing_amount': 'decimal(18, 4)',
    'opening_date': 'date',
    'closing_date': 'date',
    'period_start': 'date',
    'period_end': 'date',
    'load_id': 'varchar',
} %}
with

unioned as (
    {{ union_staging(models, columns) }}
),

account_map as (

    select * from {{ ref('stg_operations__bank_account_map') }}

),

final as (

    select
        unioned.*,
        coalesce(mapped.entity, 'unmapped') as entity,
        coalesce(mapped.account_id, 'unmapped:' || unioned.source_account) as account_id,
        {{ row_key(["coalesce(mapped.entity, 'unmapped')", "coalesce(mapped.account_id, unioned.connection_id || ':' || unioned.source_account)"]) }} as account_key

    from unioned

    left join account_map as mapped
        on unioned.connection_id = mapped.connection_id
        and unioned.source_account = mapped.source_account

)

select * from final
