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

-- The line by which a payment reached the bank says when and how.
cleared as (

    select
        clearing.left_key,
        max(bank_lines.booking_date) as booking_date,
        max(bank_lines.medium) as medium

    from clearing

    left join {{ ref('int_bank_lines__evidenced') }} as bank_lines
        on clearing.right_key = bank_lines.bank_line_key

    where clearing.status = 'auto'
    group by clearing.left_key

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

-- A return that fits nothing we know took back some payment of that amount, of the fifteen (electronic) or
-- twenty days before. A deposited item was a cheque; what comes back electronically was none.
lost_returns as (

    select
        return_lines.bank_line_key,
        return_lines.entity,
        return_lines.currency_code,
        return_lines.amount,
        return_lines.booking_date,
        string_split(return_lines.folded_text, ' ') as words,
        {{ is_returned_electronically('return_lines.folded_text') }} as is_electronic,
        -- Banks write the clearing house's codes on cheques and call what came by it a deposited item.
        regexp_matches(return_lines.folded_text, '\bDEPOSITED ITEM\b')
        and not regexp_matches(return_lines.folded_text, '\bR(?:0[0-9]|[1-9][0-9])\b') as is_paper,
        return_lines.booking_date - case when is_electronic then 15 else 20 end as first_date,
        return_lines.booking_date - case when is_electronic then 8 else 12 end as first_cleared_date

    from {{ ref('int_bank_lines__evidenced') }} as return_lines

    left join returns
        on return_lines.bank_line_key = returns.right_key

    where return_lines.line_class = 'return'
        and returns.right_key is null

),

returned as (

    select distinct left_key
    from returns
    where status = 'auto'

    union all

    select distinct clearing.left_key
    from returns

    inner join clearing
        on returns.left_key = clearing.right_key

    where returns.status = 'auto'
        and clearing.status = 'auto'

),

-- Periods of four weeks keep an amount that very many share from being joined over years.
lost_periods as (

    select
        *,
        unnest(generate_series(
            cast(floor((first_date - date '2000-01-01') / 28) as integer),
            cast(floor((booking_date - date '2000-01-01') / 28) as integer)
        )) as period
    from lost_returns

),

kept_payments as (

    select
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        case when payments.direction = 'in' then -payments.amount else payments.amount end as returned_amount,
        payments.payment_date,
        payments.method,
        list_filter(string_split(payments.payer_name_key, ' '), lambda word: length(word) >= 3) as payer_words,
        cast(floor((payments.payment_date - date '2000-01-01') / 28) as integer) as period,
        cleared.booking_date as cleared_date,
        cleared.medium as cleared_medium

    from payments

    left join returned
        on payments.payment_key = returned.left_key

    left join cleared
        on payments.payment_key = cleared.left_key

    where returned.left_key is null
        and (payments.settlement_key is null or payments.method = 'check')
        and payments.method not in ('card', 'cash')

),

-- What is known to have reached the bank comes back within days.
returnable as (

    select
        lost_periods.bank_line_key,
        payments.payment_key,
        coalesce(list_has_any(payments.payer_words, lost_periods.words), false) as is_like_named

    from lost_periods

    inner join kept_payments as payments
        on lost_periods.entity = payments.entity
        and lost_periods.currency_code = payments.currency_code
        and lost_periods.amount = payments.returned_amount
        and lost_periods.period = payments.period
        and payments.payment_date between lost_periods.first_date and lost_periods.booking_date

    where (payments.cleared_date is null or payments.cleared_date between lost_periods.first_cleared_date and lost_periods.booking_date)
        and not (lost_periods.is_electronic and (payments.method = 'check' or coalesce(payments.cleared_medium = 'paper', false)))
        and not (lost_periods.is_paper and (payments.method in ('ach', 'eft', 'wire') or coalesce(payments.cleared_medium = 'electronic', false)))

),

-- A return that says a word of a payer's name means that payer's.
named_returnable as (

    select
        *,
        bool_or(is_like_named) over (partition by bank_line_key) as has_like_named
    from returnable

),

doubted as (

    select payment_key
    from named_returnable
    where is_like_named or not has_like_named

    union all

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
        and (payments.settlement_key is null or payments.method = 'check')
        and payments.method not in ('card', 'cash')
        and not (unclear_lines.medium = 'electronic' and payments.method = 'check')
        and not (unclear_lines.medium = 'paper' and payments.method in ('ach', 'eft', 'wire'))

),

final as (

    select distinct payment_key
    from doubted

)

select * from final
