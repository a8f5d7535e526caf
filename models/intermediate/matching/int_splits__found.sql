-- One row per (payment, bank line) of two or three free lines of a few days that add up to a payment which
-- nothing else fits: pay and its taxes, the cards and the cash of a day. A sum alone proves nothing, so these
-- are proposed, and only where no other lines of those days do it and few lie there.
with

items_left as (

    select item_key from {{ ref('int_clearing_items__left') }}

),

suggested as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing__assigned') }}
    where status = 'suggested'

    union all

    select
        left_key,
        right_key
    from {{ ref('int_deposit_sets__proposed') }}
    where status <> 'lost'

),

partnered_keys as (

    select left_key as item_key from suggested

    union all

    select right_key as item_key from suggested

),

partnered as (

    select distinct item_key from partnered_keys

),

-- Materialized, as are the lines, so that what has a partner is left out before days are compared.
payments as materialized (

    select clearables.*

    from {{ ref('int_clearables__prepared') }} as clearables

    inner join items_left
        on clearables.left_key = items_left.item_key

    left join partnered
        on clearables.left_key = partnered.item_key

    where clearables.left_type = 'payment'
        and partnered.item_key is null

),

lines as materialized (

    select bank_lines.*

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join items_left
        on bank_lines.bank_line_key = items_left.item_key

    left join partnered
        on bank_lines.bank_line_key = partnered.item_key

    where partnered.item_key is null

),

-- Materialized, so that the few that are left of a few days are counted before they are added up.
near as materialized (

    select
        payments.left_key,
        payments.expected_amount,
        lines.bank_line_key as right_key,
        lines.account_key,
        lines.amount,
        lines.booking_date - payments.item_date as days_apart,
        count(*) over (partition by payments.left_key) as line_count

    from payments

    inner join lines
        on payments.entity = lines.entity
        and payments.currency_code = lines.currency_code
        and (payments.account_key is null or payments.account_key = lines.account_key)
        and (payments.expected_amount > 0) = (lines.amount > 0)
        and lines.booking_date between payments.item_date - 1 and payments.item_date + 4

    where abs(lines.amount) < abs(payments.expected_amount)

),

few as (

    select * from near
    where line_count between 2 and 16

),

pairs_of_lines as (

    select
        firsts.left_key,
        firsts.expected_amount,
        firsts.account_key,
        firsts.right_key as first_key,
        seconds.right_key as second_key,
        firsts.amount + seconds.amount as sum_amount

    from few as firsts

    inner join few as seconds
        on firsts.left_key = seconds.left_key
        and firsts.account_key = seconds.account_key
        and firsts.right_key < seconds.right_key

),

found as (

    select
        left_key,
        [first_key, second_key] as right_keys
    from pairs_of_lines
    where sum_amount = expected_amount

    union all

    select
        pairs_of_lines.left_key,
        [pairs_of_lines.first_key, pairs_of_lines.second_key, few.right_key] as right_keys

    from pairs_of_lines

    inner join few
        on pairs_of_lines.left_key = few.left_key
        and pairs_of_lines.account_key = few.account_key
        and pairs_of_lines.second_key < few.right_key
        and few.amount = pairs_of_lines.expected_amount - pairs_of_lines.sum_amount

),

members as (

    select
        left_key,
        unnest(right_keys) as right_key,
        count(*) over (partition by left_key) as set_count
    from found

),

counted as (

    select
        *,
        max(payment_count) over (partition by left_key) as most_payments
    from (
        select
            *,
            count(*) over (partition by right_key) as payment_count
        from members
    ) as told

),

final as (

    select
        counted.left_key,
        counted.right_key,
        payments.entity,
        payments.currency_code,
        few.amount,
        few.days_apart

    from counted

    inner join payments
        on counted.left_key = payments.left_key

    inner join few
        on counted.left_key = few.left_key
        and counted.right_key = few.right_key

    where counted.set_count = 1 and counted.most_payments = 1

)

select * from final
