-- One row per thing that a link may name: documents, payments, settlements, their items, bank lines.
with

invoices as (

    select * from {{ ref('int_invoices__mirrored') }}

),

payments as (

    select * from {{ ref('int_payments__mirrored') }}

),

settlements as (

    select * from {{ ref('int_settlements__unioned') }}

),

settlement_items as (

    select * from {{ ref('int_settlement_items__resolved') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__merged') }}

),

final as (

    select
        'invoice' as item_type,
        invoice_key as item_key,
        invoice_id as source_id,
        connection_id,
        entity,
        currency_code,
        total_amount as amount,
        issue_date as item_date,
        is_primary
    from invoices

    union all

    select
        'payment' as item_type,
        payment_key as item_key,
        payment_id as source_id,
        connection_id,
        entity,
        currency_code,
        amount,
        payment_date as item_date,
        is_primary
    from payments

    union all

    select
        'settlement' as item_type,
        settlement_key as item_key,
        settlement_id as source_id,
        connection_id,
        entity,
        currency_code,
        amount,
        coalesce(arrival_date, created_date) as item_date,
        is_primary
    from settlements

    union all

    select
        'settlement_item' as item_type,
        settlement_item_key as item_key,
        item_id as source_id,
        null as connection_id,
        entity,
        currency_code,
        net_amount as amount,
        item_date,
        is_primary
    from settlement_items

    union all

    select
        'bank_line' as item_type,
        bank_line_key as item_key,
        line_id as source_id,
        connection_id,
        entity,
        currency_code,
        amount,
        booking_date as item_date,
        true as is_primary
    from bank_lines

)

select * from final
