-- One row per invoice or payment that still has something to settle once the books' links, credit
-- notes, refunds and bank returns are taken off.
with

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

payments as (

    select payments.*
    from {{ ref('int_payments__evidenced') }} as payments

    left join {{ ref('int_payment_mentions__found') }} as mentions
        on payments.payment_key = mentions.payment_key

    where not payments.is_own_document
        and payments.status = 'posted'
        and mentions.payment_key is null

),

-- What the bank took back settles nothing, whatever the books say.
links as (

    select links.*
    from {{ ref('int_settlement_links__booked') }} as links

    left join {{ ref('int_book_links__contested') }} as contested
        on links.leg = 'settlement'
        and links.right_key = contested.payment_key
        and contested.contested_because = 'returned_by_bank'

    where contested.payment_key is null

),

clearing as (

    select * from {{ ref('int_clearing__assigned') }}
    where status = 'auto' and left_type = 'payment'

),

returns as (

    select * from {{ ref('int_returns__assigned') }}
    where status = 'auto'

),

refunds as (

    select * from {{ ref('int_refunds__linked') }}

),

invoice_used as (

    select
        left_key as invoice_key,
        amount
    from links
    where leg = 'settlement'

    union all

    select
        right_key as invoice_key,
        amount
    from links
    where leg = 'application'

    union all

    -- A credit note that takes cash off an invoice is not paid out as well.
    select
        left_key as invoice_key,
        amount
    from links
    where leg = 'application'

    union all

    select
        credit_note_key as invoice_key,
        total_amount as amount
    from {{ ref('int_credits__named') }}

),

payment_used as (

    select
        right_key as payment_key,
        amount
    from links
    where leg = 'settlement'

    union all

    select
        original_payment_key as payment_key,
        amount
    from refunds

    union all

    select
        payment_key,
        amount
    from refunds

    union all

    select
        payments.payment_key,
        payments.amount
    from returns

    inner join clearing
        on returns.left_key = clearing.right_key

    inner join payments
        on clearing.left_key = payments.payment_key

    union all

    select
        payments.payment_key,
        payments.amount
    from returns

    inner join payments
        on returns.left_key = payments.payment_key

),

invoice_sums as (

    select
        invoice_key,
        sum(amount) as used_amount
    from invoice_used
    group by invoice_key

),

payment_sums as (

    select
        payment_key,
        sum(amount) as used_amount
    from payment_used
    group by payment_key

),

unioned as (

    select
        'invoice' as item_type,
        invoices.invoice_key as item_key,
        cast(greatest(invoices.total_amount - coalesce(invoice_sums.used_amount, 0), 0) as decimal(18, 4)) as open_amount

    from invoices

    left join invoice_sums
        on invoices.invoice_key = invoice_sums.invoice_key

    union all

    select
        'payment' as item_type,
        payments.payment_key as item_key,
        cast(greatest(payments.amount - coalesce(payment_sums.used_amount, 0), 0) as decimal(18, 4)) as open_amount

    from payments

    left join payment_sums
        on payments.payment_key = payment_sums.payment_key

),

final as (

    select * from unioned
    where open_amount > 0

)

select * from final
