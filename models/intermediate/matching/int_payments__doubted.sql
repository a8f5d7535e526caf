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

cleared as (

    select distinct left_key
    from clearing
    where status = 'auto'

),

-- The line that came back is known, the payment that it was is not.
unclear_lines as (

    select
        returns.left_key as bank_line_key,
        returns.right_key,
        returns.entity,
        returns.currency_code,
        returns.amount,
        original_lines.medium,
        original_lines.booking_date as original_date,
        return_lines.booking_date

    from returns

    inner join {{ ref('int_bank_lines__evidenced') }} as return_lines
        on returns.right_key = return_lines.bank_line_key

    inner join {{ ref('int_bank_lines__evidenced') }} as original_lines
        on returns.left_key = original_lines.bank_line_key

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

    union all

    -- Whose line it was nobody says: any payment of the amount that reached the bank in those days by
    -- no other line.
    select payments.payment_key
    from unclear_lines

    inner join payments
        on unclear_lines.entity = payments.entity
        and unclear_lines.currency_code = payments.currency_code
        and unclear_lines.amount = case when payments.direction = 'in' then -payments.amount else payments.amount end
        and payments.payment_date between unclear_lines.original_date - 10 and unclear_lines.original_date + 7

    left join cleared
        on payments.payment_key = cleared.left_key

    where cleared.left_key is null
        and payments.settlement_key is null
        and payments.method not in ('card', 'cash')
        and not (unclear_lines.medium = 'electronic' and payments.method = 'check')
        and not (unclear_lines.medium = 'paper' and payments.method in ('ach', 'eft', 'wire'))

),

final as (

    select distinct payment_key
    from doubted

)

select * from final
