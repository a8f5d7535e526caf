-- One row per bank line each time a source tells it, with the account that it is on.
{% set models = [
    'stg_bank_files__statement_lines',
    'stg_exchange__bank_lines',
] %}
{% set columns = {
    'line_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'source_account': 'varchar',
    'line_id': 'varchar',
    'statement_key': 'varchar',
    'file_format': 'varchar',
    'status': 'varchar',
    'line_type': 'varchar',
    'counterparty_name': 'varchar',
    'description': 'varchar',
    'reference': 'varchar',
    'check_number': 'varchar',
    'is_reversal': 'boolean',
    'currency_code': 'varchar',
    'original_currency_code': 'varchar',
    'exchange_rate': 'decimal(18, 10)',
    'amount': 'decimal(18, 4)',
    'original_amount': 'decimal(18, 4)',
    'charge_amount': 'decimal(18, 4)',
    'booking_date': 'date',
    'value_date': 'date',
    'line_order': 'integer',
    'load_id': 'varchar',
} %}
with

unioned as (
    {{ union_staging(models, columns) }}
),

account_map as (

    select * from {{ ref('stg_operations__bank_account_map') }}

),

placed as (

    select
        unioned.*,
        coalesce(
            mapped.entity,
            case when wildcard.connection_id is not null then split_part(unioned.source_account, '/', 1) end,
            'unmapped'
        ) as entity,
        coalesce(
            mapped.account_id,
            case when wildcard.connection_id is not null then split_part(unioned.source_account, '/', 2) end,
            unioned.connection_id || ':' || unioned.source_account
        ) as account_id

    from unioned

    left join account_map as mapped
        on unioned.connection_id = mapped.connection_id
        and unioned.source_account = mapped.source_account
        and mapped.source_account <> '*'

    left join account_map as wildcard
        on unioned.connection_id = wildcard.connection_id
        and wildcard.source_account = '*'

),

keyed as (

    select
        *,
        {{ row_key(['entity', 'account_id']) }} as account_key,
        connection_id || '/' || coalesce(file_format, '') as family

    from placed

),

final as (

    select * from keyed

)

select * from final
