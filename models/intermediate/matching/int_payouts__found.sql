-- One row per card payment that no payout itemises and the gateway's line that whole days of such
-- payments add up to, net of their fees: one to five days in a row, booked at most a week after the
-- last of them. It is proved where no other days add up to the line and no other line to these days, within
-- two weeks where payouts are slow; of a sender who always takes as many weekdays, other delays do not count.
with

-- What a reference or a payout's own sum may clear is no matter of days.
cleared as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing_pairs__compared') }}
    where evidence_class <= 3

),

cleared_payments as (

    select distinct left_key from cleared

),

cleared_lines as (

    select distinct right_key from cleared

),

payments as (

    select clearables.*

    from {{ ref('int_clearables__prepared') }} as clearables

    left join cleared_payments
        on clearables.left_key = cleared_payments.left_key

    where clearables.left_type = 'payment'
        and clearables.method = 'card'
        and clearables.expected_amount > 0
        and cleared_payments.left_key is null

),

lines as (

    select
        bank_lines.*,
        {{ sender_words('bank_lines.folded_text') }} as sender

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join cleared_lines
        on bank_lines.bank_line_key = cleared_lines.right_key

    where bank_lines.line_class in ('gateway', 'other')
        and bank_lines.amount > 0
        and cleared_lines.right_key is null

),

days as (

    select
        entity,
        currency_code,
        item_date,
        sum(expected_amount) as day_amount,
        count(*) as payment_count
    from payments
    group by entity, currency_code, item_date

),

sums as (

    select
        *,
        sum(day_amount) over (
            partition by entity, currency_code
            order by item_date
            rows between unbounded preceding and current row
        ) as upper_amount,
        sum(payment_count) over (
            partition by entity, currency_code
            order by item_date
            rows between unbounded preceding and current row
        ) as upper_count
    from days

),

-- Days in a row: what all up to the last bring, less what all before the first did.
spans as (

    select
        lasts.entity,
        lasts.currency_code,
        firsts.item_date as first_date,
        lasts.item_date as last_date,
        lasts.upper_amount - firsts.upper_amount + firsts.day_amount as span_amount,
        lasts.upper_count - firsts.upper_count + firsts.payment_count as span_count

    from sums as lasts

    inner join sums as firsts
        on lasts.entity = firsts.entity
        and lasts.currency_code = firsts.currency_code
        and firsts.item_date between lasts.item_date - 4 and lasts.item_date

),

holidays as (

    select coalesce(list(holiday order by holiday asc), []) as days
    from {{ ref('int_bank_holidays__seen') }}

),

all_fitting as (

    select
        lines.bank_line_key,
        lines.line_class,
        lines.sender,
        lines.booking_date,
        spans.entity,
        spans.currency_code,
        spans.first_date,
        spans.last_date,
        spans.span_count as payment_count,
        lines.booking_date - spans.last_date as days_apart,
        {{ weekdays_after('spans.last_date', 'lines.booking_date', 'holidays.days') }} as weekdays_apart,
        count(*) over (partition by lines.bank_line_key) as fitting_count

    from lines

    inner join spans
        on lines.entity = spans.entity
        and lines.currency_code = spans.currency_code
        and lines.amount = spans.span_amount
        and lines.booking_date between spans.last_date and spans.last_date + 14

    cross join holidays

),

sender_lines as (

    select
        entity,
        sender,
        count(*) as line_count
    from lines
    where line_class = 'other' and sender <> ''
    group by entity, sender

),

fitting_senders as (

    select
        entity,
        sender,
        count(distinct bank_line_key) as line_count,
        count(*) filter (where fitting_count = 1 and payment_count > 1) as proof_count
    from all_fitting
    where line_class = 'other'
    group by entity, sender

),

-- Who sends what several card payments come to, again and again and little else, is their gateway.
gateways as (

    select
        sender_lines.entity,
        sender_lines.sender

    from sender_lines

    inner join fitting_senders
        on sender_lines.entity = fitting_senders.entity
        and sender_lines.sender = fitting_senders.sender

    where fitting_senders.proof_count >= 3
        and fitting_senders.line_count * 2 >= sender_lines.line_count

),

fitting as (

    select all_fitting.*

    from all_fitting

    left join gateways
        on all_fitting.entity = gateways.entity
        and all_fitting.sender = gateways.sender

    where all_fitting.line_class = 'gateway'
        or gateways.sender is not null

),

-- Where lines that fit no other days come a week after theirs, nearer days are no better.
slow_entities as (

    select entity
    from fitting
    where fitting_count = 1
    group by entity
    having count(*) filter (where days_apart >= 6) >= 2

),

delays as (

    select
        entity,
        sender,
        weekdays_apart,
        count(*) as line_count
    from fitting
    where fitting_count = 1
    group by entity, sender, weekdays_apart

),

-- Of twenty lines or more that fit no other days, nine in ten come after as many weekdays.
steady_delays as (

    select
        entity,
        sender,
        weekdays_apart
    from delays
    qualify line_count * 10 >= 9 * sum(line_count) over (partition by entity, sender)
        and sum(line_count) over (partition by entity, sender) >= 20

),

timed as (

    select
        fitting.*,
        fitting.days_apart <= 7 as is_in_time,
        bool_or(steady_delays.sender is not null) over (partition by fitting.bank_line_key) as is_steady,
        steady_delays.sender is not null as is_on_time

    from fitting

    left join slow_entities
        on fitting.entity = slow_entities.entity

    left join steady_delays
        on fitting.entity = steady_delays.entity
        and fitting.sender = steady_delays.sender
        and fitting.weekdays_apart = steady_delays.weekdays_apart

    where fitting.days_apart <= 7 or slow_entities.entity is not null

),

met as (

    select
        bank_line_key,
        booking_date,
        entity,
        currency_code,
        first_date,
        last_date,
        is_in_time,
        count(*) over (partition by bank_line_key) as span_count
    from timed
    where is_on_time or not is_steady

),

members as (

    select
        payments.left_key,
        met.bank_line_key as right_key,
        payments.entity,
        payments.currency_code,
        payments.expected_amount as amount,
        met.booking_date - payments.item_date as days_apart,
        met.span_count,
        met.is_in_time,
        count(*) over (partition by payments.left_key) as line_count

    from met

    inner join payments
        on met.entity = payments.entity
        and met.currency_code = payments.currency_code
        and payments.item_date between met.first_date and met.last_date

),

final as (

    select
        left_key,
        right_key,
        entity,
        currency_code,
        amount,
        days_apart,
        bool_and(span_count = 1 and line_count = 1) over (partition by right_key) as is_proved
    from members
    where span_count = 1 and is_in_time

)

select * from final
