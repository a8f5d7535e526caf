-- One row per payment that the bank may have taken back: a return fits it, but not it alone, or what
-- came back is a line that may be this payment's. Nothing it settles is automatic until a person has
-- said which payment came back.
with

returns as (

    select * from {{ ref('int_returns__assigned') }}

),

clearing as (

    select * from {{ ref('int_clearing__assigned') }}
    where status in ('auto', 'suggested') and left_type = 'payment'

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

numbers as (

    select * from {{ ref('int_numbers__read') }}

),

-- The line that came back is known, the payment that it was is not.
unclear_lines as (

    select
        returns.left_key as bank_line_key,
        returns.right_key,
        returns.amount,
        return_lines.booking_date

    from returns

    inner join {{ ref('int_bank_lines__evidenced') }} as return_lines
        on returns.right_key = return_lines.bank_line_key

    left join clearing
        on returns.left_key = clearing.right_key
        and clearing.status = 'auto'

    where returns.left_type = 'bank_line'
        and returns.status = 'auto'
        and clearing.left_key is null

),

named_invoices as (

    select
        unclear_lines.bank_line_key,
        unclear_lines.amount,
        unclear_lines.booking_date,
        numbers.invoice_key

    from unclear_lines

    inner join numbers
        on numbers.item_type = 'bank_line'
        and numbers.item_key in (unclear_lines.bank_line_key, unclear_lines.right_key)

),

doubted as (

    select left_key as payment_key
    from returns
    where left_type = 'payment' and status = 'suggested'

    union all

    select clearing.left_key as payment_key
    from returns

    inner join clearing
        on returns.left_key = clearing.right_key

    where returns.left_type = 'bank_line'
        and (returns.status = 'suggested' or clearing.status = 'suggested')

    union all

    select numbers.item_key as payment_key
    from named_invoices

    inner join numbers
        on named_invoices.invoice_key = numbers.invoice_key
        and numbers.item_type = 'payment'

    inner join payments
        on numbers.item_key = payments.payment_key
        and payments.amount = -named_invoices.amount
        and payments.payment_date between named_invoices.booking_date - 40 and named_invoices.booking_date

),

final as (

    select distinct payment_key
    from doubted

)

select * from final
