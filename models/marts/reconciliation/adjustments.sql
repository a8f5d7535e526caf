with

allocations as (

    select * from {{ ref('match_allocations') }}
    where status in ('book', 'auto', 'confirmed', 'manual')

),

items as (

    select * from {{ ref('int_items__listed') }}

),

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

-- What the books have already is cleared against their record and needs no adjustment.
bank_lines as (

    select bank_lines.*
    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join allocations
        on bank_lines.bank_line_key = allocations.right_key
        and allocations.leg = 'clearing'

    where bank_lines.line_class in ('bank_fee', 'interest')
        and allocations.right_key is null

),

fees as (

    select
        coalesce(items.item_type, 'payment') as item_type,
        allocations.left_key as item_key,
        allocations.match_key,
        'fee' as adjustment_type,
        -allocations.amount as amount,
        allocations.currency_code,
        'Held back by the gateway, from its own record.' as reason

    from allocations

    left join items
        on allocations.left_key = items.item_key

    where allocations.leg = 'clearing'
        and allocations.left_type = 'fee'

),

invoice_links as (

    select
        left_key as invoice_key,
        abs(amount) as amount
    from allocations
    where leg in ('settlement', 'direct')

    union all

    select
        right_key as invoice_key,
        amount
    from allocations
    where leg = 'application'

),

invoice_sums as (

    select
        invoice_key,
        sum(amount) as linked_amount
    from invoice_links
    group by invoice_key

),

-- A discount closes the invoice and never more than that: other payments may have taken a part of it.
discounts as (

    select
        'invoice' as item_type,
        allocations.left_key as item_key,
        allocations.match_key,
        'discount' as adjustment_type,
        least(invoices.discount_amount, invoices.total_amount - invoice_sums.linked_amount) as amount,
        allocations.currency_code,
        'Paid within the days that the invoice grants its discount for.' as reason

    from allocations

    inner join invoices
        on allocations.left_key = invoices.invoice_key

    inner join invoice_sums
        on allocations.left_key = invoice_sums.invoice_key

    where allocations.rule in ('number_discount', 'party_discount')
        and coalesce(invoices.total_amount > invoice_sums.linked_amount, true)

),

bank_charges as (

    select
        'bank_line' as item_type,
        bank_line_key as item_key,
        cast(null as varchar) as match_key,
        'fee' as adjustment_type,
        amount,
        currency_code,
        case
            when line_class = 'interest' then 'Interest paid by the bank, told by its text.'
            else 'Charged by the bank itself, told by its text.'
        end as reason

    from bank_lines

),

-- A payment that the bank converted stands in its own currency; these two rows are the line's side of it:
-- what it was converted into, and what the bank kept of that. They sum to the line.
conversions as (

    select
        conversions.*,
        allocations.match_key

    from allocations

    inner join {{ ref('int_conversions__compared') }} as conversions
        on allocations.left_key = conversions.left_key
        and allocations.right_key = conversions.right_key

    where allocations.leg = 'clearing'
        and allocations.left_type = 'payment'
        and conversions.conversion_level <> 'rate_missing'

),

exchanges as (

    select
        'bank_line' as item_type,
        right_key as item_key,
        match_key,
        'fx' as adjustment_type,
        converted_amount as amount,
        line_currency_code as currency_code,
        'Converted by the bank at its own rate of ' || regexp_replace(cast(exchange_rate as varchar), '[.]?0+$', '') || '.' as reason
    from conversions

),

exchange_fees as (

    select
        'bank_line' as item_type,
        right_key as item_key,
        match_key,
        'fee' as adjustment_type,
        -charge_amount as amount,
        line_currency_code as currency_code,
        'Kept by the bank for the conversion, told by its line.' as reason
    from conversions
    where charge_amount <> 0

),

roundings_allowed as (

    select * from {{ ref('int_roundings__allowed') }}

),

-- The cent is left by what came last.
ordered_links as (

    select
        allocations.left_key as invoice_key,
        allocations.match_key,
        row_number() over (
            partition by allocations.left_key
            order by items.item_date desc nulls last, allocations.match_key desc, allocations.right_key desc
        ) as link_rank

    from allocations

    left join items
        on allocations.right_key = items.item_key

    where allocations.leg in ('settlement', 'direct')

),

last_links as (

    select
        invoice_key,
        match_key
    from ordered_links
    where link_rank = 1

),

invoice_discounts as (

    select
        item_key as invoice_key,
        sum(amount) as discount_amount
    from discounts
    group by item_key

),

-- What links and discounts leave of a document, if no more than rounding explains.
invoice_roundings as (

    select
        'invoice' as item_type,
        invoices.invoice_key as item_key,
        last_links.match_key,
        'rounding' as adjustment_type,
        invoices.total_amount - invoice_sums.linked_amount - coalesce(invoice_discounts.discount_amount, 0) as amount,
        invoices.currency_code,
        'What its payments leave open is no more than rounding.' as reason

    from invoices

    inner join last_links
        on invoices.invoice_key = last_links.invoice_key

    inner join invoice_sums
        on invoices.invoice_key = invoice_sums.invoice_key

    inner join roundings_allowed
        on invoices.invoice_key = roundings_allowed.invoice_key

    left join invoice_discounts
        on invoices.invoice_key = invoice_discounts.invoice_key

    where invoices.total_amount - invoice_sums.linked_amount - coalesce(invoice_discounts.discount_amount, 0) > 0
        and invoices.total_amount - invoice_sums.linked_amount - coalesce(invoice_discounts.discount_amount, 0) <= roundings_allowed.rounding_amount

),

-- Payments and lines that bring a little more than their documents were, by the most that one of these allows.
spent as (

    select
        allocations.right_type as item_type,
        allocations.right_key as item_key,
        max(allocations.match_key) as match_key,
        sum(allocations.amount) as linked_amount,
        max(roundings_allowed.rounding_amount) as rounding_amount

    from allocations

    inner join roundings_allowed
        on allocations.left_key = roundings_allowed.invoice_key

    where allocations.leg in ('settlement', 'direct')
    group by allocations.right_type, allocations.right_key

),

receipts as (

    select
        'payment' as item_type,
        payment_key as item_key,
        amount,
        1 as sign,
        currency_code
    from {{ ref('int_payments__evidenced') }}
    where original_payment_id is null and not is_own_document

    union all

    select
        'bank_line' as item_type,
        bank_line_key as item_key,
        abs(amount) as amount,
        case when amount < 0 then -1 else 1 end as sign,
        currency_code
    from {{ ref('int_bank_lines__evidenced') }}

),

refunded as (

    select original_payment_key as item_key
    from {{ ref('int_refunds__linked') }}
    group by original_payment_key

),

receipt_roundings as (

    select
        receipts.item_type,
        receipts.item_key,
        spent.match_key,
        'rounding' as adjustment_type,
        receipts.sign * (receipts.amount - spent.linked_amount) as amount,
        receipts.currency_code,
        'What it brings beyond its documents is no more than rounding.' as reason

    from receipts

    inner join spent
        on receipts.item_type = spent.item_type
        and receipts.item_key = spent.item_key

    left join refunded
        on receipts.item_key = refunded.item_key

    where receipts.amount > spent.linked_amount
        and receipts.amount - spent.linked_amount <= spent.rounding_amount
        and refunded.item_key is null

),

unioned as (

    select * from fees
    union all
    select * from discounts
    union all
    select * from invoice_roundings
    union all
    select * from receipt_roundings
    union all
    select * from bank_charges
    union all
    select * from exchanges
    union all
    select * from exchange_fees

),

final as (

    select
        {{ row_key(['item_type', 'item_key', 'match_key', 'adjustment_type']) }} as adjustment_key,
        item_type,
        item_key,
        match_key,
        adjustment_type,
        cast(amount as decimal(18, 4)) as amount,
        currency_code,
        reason,
        cast(null as varchar) as gl_account,
        cast(null as varchar) as decision_id

    from unioned

)

select * from final
