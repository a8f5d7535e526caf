-- One row per line of what a payer said a payment is for. Evidence, not truth.
{% set models = ['stg_exchange__remittance_lines'] %}
{% set columns = {
    'remittance_line_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'payment_source_type': 'varchar',
    'payment_id': 'varchar',
    'invoice_reference': 'varchar',
    'memo': 'varchar',
    'currency_code': 'varchar',
    'amount': 'decimal(18, 4)',
    'load_id': 'varchar',
} %}
with

listed as (
    {{ union_staging(models, columns) }}
),

payments as (

    select
        *,
        {{ row_key(['platform', 'connection_id', 'payment_id']) }} as alias_key
    from {{ ref('int_payments__mirrored') }}

),

keyed as (

    select
        *,
        {{ row_key(['platform', 'connection_id', 'payment_id']) }} as payment_alias_key
    from listed

),

final as (

    select
        keyed.remittance_line_key,
        payments.economic_key as payment_key,
        payments.entity,
        keyed.invoice_reference,
        keyed.memo,
        keyed.amount

    from keyed

    inner join payments
        on keyed.payment_alias_key = payments.alias_key

)

select * from final
