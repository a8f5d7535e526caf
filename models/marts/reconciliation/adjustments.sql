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
        amount
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

    where allocations.rule = 'number_discount'
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

unioned as (

    select * from fees
    union all
    select * from discounts
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
