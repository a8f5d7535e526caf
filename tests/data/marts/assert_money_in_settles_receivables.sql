-- Money in settles what is owed to us, money out what we owe, and a credit note the other way round,
-- or with a minus inside the payment that nets it: on the settlement leg by the payment's direction, on
-- the direct leg by the line's sign.
{{ config(tags = ['gate'], store_failures = false) }}

with

allocations as (

    select * from {{ ref('match_allocations') }}

),

invoices as (

    select
        *,
        (direction = 'receivable') = (document_type = 'invoice') as is_settled_by_money_in
    from {{ ref('invoices') }}

),

payments as (

    select * from {{ ref('payments') }}

),

bank_lines as (

    select * from {{ ref('bank_lines') }}

)

select
    allocations.match_key,
    allocations.leg,
    invoices.direction,
    payments.direction as payment_direction,
    bank_lines.amount as line_amount

from allocations

inner join invoices
    on allocations.left_key = invoices.invoice_key

left join payments
    on allocations.right_key = payments.payment_key

left join bank_lines
    on allocations.right_key = bank_lines.bank_line_key

where allocations.status <> 'book'
    and (
        (allocations.leg = 'settlement' and ((payments.direction = 'in') = invoices.is_settled_by_money_in) <> (allocations.amount >= 0))
        or (allocations.leg = 'direct' and (bank_lines.amount > 0) <> invoices.is_settled_by_money_in)
    )
