-- One row per card payment and gateway's line that whole days of such payments come to less about the usual
-- fee, where not all of them have their fee on record: one to five days in a row, the last at most a week
-- before the line. What nobody recorded is taken off the largest, and of several days the nearest are told.
with

items_left as (

    select item_key from {{ ref('int_clearing_items__left') }}

),

-- What whole days meet to the cent needs no estimate.
met as (

    select distinct right_key from {{ ref('int_payouts__found') }}

),

payments as (

    select
        clearables.left_key,
        clearables.entity,
        clearables.currency_code,
        clearables.expected_amount,
        clearables.item_date,
        payments.fee_amount = 0 as has_no_fee

    from {{ ref('int_clearables__prepared') }} as clearables

    inner join items_left
        on clearables.left_key = items_left.item_key

    inner join {{ ref('int_payments__evidenced') }} as payments
        on clearables.left_key = payments.payment_key

    where clearables.left_type = 'payment'
        and clearables.method = 'card'
        and clearables.expected_amount > 0

),

lines as (

    select
        bank_lines.bank_line_key,
        bank_lines.entity,
        bank_lines.currency_code,
        bank_lines.amount,
        bank_lines.booking_date,
        bank_lines.booking_date - cast(unnest(range(0, 8)) as integer) as last_date

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join items_left
        on bank_lines.bank_line_key = items_left.item_key

    left join met
        on bank_lines.bank_line_key = met.right_key

    where bank_lines.line_class = 'gateway'
        and bank_lines.amount > 0
        and met.right_key is null

),

days as (

    select
        entity,
        currency_code,
        item_date,
        sum(expected_amount) as day_amount,
        coalesce(sum(expected_amount) filter (where has_no_fee), 0) as day_base,
        count(*) filter (where has_no_fee) as day_count
    from payments
    group by entity, currency_code, item_date

),

spans as (

    select
        lasts.entity,
        lasts.currency_code,
        firsts.item_date as first_date,
        lasts.item_date as last_date,
        sum(inners.day_amount) as span_amount,
        sum(inners.day_base) as fee_base,
        sum(inners.day_count) as fee_count

    from days as lasts

    inner join days as firsts
        on lasts.entity = firsts.entity
        and lasts.currency_code = firsts.currency_code
        and firsts.item_date between lasts.item_date - 4 and lasts.item_date

    inner join days as inners
        on lasts.entity = inners.entity
        and lasts.currency_code = inners.currency_code
        and inners.item_date between firsts.item_date and lasts.item_date

    group by lasts.entity, lasts.currency_code, firsts.item_date, lasts.item_date

),

estimated as (

    select
        spans.*,
        spans.fee_base * {{ tolerance('card_fee_share') }} + spans.fee_count * {{ tolerance('card_fee_units') }} * {{ currency_factor('spans.currency_code') }} as fee_amount,
        spans.fee_base * {{ tolerance('card_fee_doubt_share') }} as doubt_amount

    from spans
    {{ join_tolerances('spans', ['card_fee_share', 'card_fee_units', 'card_fee_doubt_share']) }}

    where spans.fee_count > 0

),

near as (

    select
        lines.bank_line_key,
        lines.booking_date,
        lines.amount,
        estimated.entity,
        estimated.currency_code,
        estimated.first_date,
        estimated.last_date,
        estimated.span_amount - lines.amount as missing_amount,
        row_number() over (
            partition by lines.bank_line_key
            order by
                abs(estimated.span_amount - lines.amount - estimated.fee_amount) asc,
                estimated.last_date desc,
                estimated.first_date desc
        ) as span_rank

    from lines

    inner join estimated
        on lines.entity = estimated.entity
        and lines.currency_code = estimated.currency_code
        and lines.last_date = estimated.last_date
        and abs(estimated.span_amount - lines.amount - estimated.fee_amount) <= estimated.doubt_amount

    where estimated.span_amount > lines.amount

),

members as (

    select
        payments.left_key,
        near.bank_line_key as right_key,
        payments.entity,
        payments.currency_code,
        payments.expected_amount,
        near.missing_amount,
        near.booking_date - payments.item_date as days_apart,
        row_number() over (
            partition by near.bank_line_key
            order by payments.expected_amount desc, payments.item_date asc, payments.left_key asc
        ) as size_rank,
        max(payments.expected_amount) over (partition by near.bank_line_key) as largest_amount,
        count(*) over (partition by payments.left_key) as line_count

    from near

    inner join payments
        on near.entity = payments.entity
        and near.currency_code = payments.currency_code
        and payments.item_date between near.first_date and near.last_date

    where near.span_rank = 1

),

final as (

    select
        left_key,
        right_key,
        entity,
        currency_code,
        cast(case when size_rank = 1 then expected_amount - missing_amount else expected_amount end as decimal(18, 4)) as amount,
        days_apart
    from members
    -- Days that two lines would share are neither's.
    where largest_amount > missing_amount
    qualify max(line_count) over (partition by right_key) = 1

)

select * from final
