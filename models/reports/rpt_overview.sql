with

allocations as (

    select * from {{ ref('match_allocations') }}
    where leg <> 'mirror'

),

items as (

    select * from {{ ref('int_items__listed') }}

),

settlements as (

    select * from {{ ref('settlements') }}

),

unmatched_items as (

    select * from {{ ref('unmatched_items') }}

),

exceptions as (

    select * from {{ ref('exceptions') }}

),

exception_types as (

    select * from {{ ref('exception_types') }}

),

connections as (

    select * from {{ ref('stg_operations__connections') }}

),

current_run as (

    select * from {{ ref('stg_operations__current_run') }}

),

invoices as (

    select
        connection_id,
        max(issue_date) as newest_date,
        count(*) as row_count
    from {{ ref('invoices') }}
    group by connection_id

),

payments as (

    select
        connection_id,
        max(payment_date) as newest_date,
        count(*) as row_count
    from {{ ref('payments') }}
    group by connection_id

),

bank_lines as (

    select
        connection_id,
        max(booking_date) as newest_date,
        count(*) as row_count
    from {{ ref('bank_lines') }}
    group by connection_id

),

-- What the bank converted is told in its line's currency by the adjustments of its match.
exchanges as (

    select
        match_key,
        item_key,
        amount
    from {{ ref('adjustments') }}
    where item_type = 'bank_line' and match_key is not null

),

explained as (

    select right_key as item_key
    from allocations
    where leg <> 'return'

),

-- What links explain of each thing that they name, from either side; a settlement's fees count with its line,
-- a line that was cleared before the bank took it back counts as cleared, and a returned payment as open.
sides as (

    select
        left_key as item_key,
        leg,
        sum(amount) as amount
    from allocations
    where status not in ('suggested', 'broken')
        and left_type not in ('fee', 'returned_payment')
        and not (leg = 'return' and left_key in (select item_key from explained))
    group by left_key, leg

    union all

    select
        right_key as item_key,
        leg,
        sum(amount) as amount
    from allocations
    where status not in ('suggested', 'broken')
        and match_key not in (select match_key from exchanges)
    group by right_key, leg

    union all

    select
        item_key,
        'clearing' as leg,
        sum(amount) as amount
    from exchanges
    group by item_key

    union all

    select
        settlement_key as item_key,
        'clearing' as leg,
        cleared_amount as amount
    from settlements
    where is_primary and cleared_amount <> 0

),

matched as (

    select
        'matched' as figure,
        items.entity,
        sides.leg,
        items.item_type,
        cast(date_trunc('month', items.item_date) as date) as period_month,
        cast(null as varchar) as label,
        items.currency_code,
        abs(sides.amount) as amount

    from sides

    inner join items
        on sides.item_key = items.item_key

),

-- Each link once, by who made it.
links as (

    select
        'links' as figure,
        items.entity,
        allocations.leg,
        cast(null as varchar) as item_type,
        cast(null as date) as period_month,
        allocations.status as label,
        allocations.currency_code,
        abs(allocations.amount) as amount

    from allocations

    inner join items
        on allocations.right_key = items.item_key

    where allocations.status <> 'suggested'

),

-- A remainder counts once, however many proposals there are for it.
remainders as (

    select
        case when reason = 'suggestion_waiting' then 'suggested' else 'open' end as figure,
        entity,
        leg,
        item_type,
        cast(date_trunc('month', item_date) as date) as period_month,
        reason as label,
        currency_code,
        abs(unmatched_amount) as amount

    from unmatched_items
    where unmatched_amount <> 0

),

figures as (

    select * from matched
    union all
    select * from links
    union all
    select * from remainders

),

summed as (

    select
        figure,
        entity,
        leg,
        item_type,
        period_month,
        label,
        currency_code,
        cast(sum(amount) as decimal(18, 4)) as amount,
        count(*) as item_count,
        cast(null as varchar) as detail,
        cast(null as varchar) as next_step

    from figures
    group by figure, entity, leg, item_type, period_month, label, currency_code

),

exception_counts as (

    select
        'exceptions' as figure,
        exceptions.entity,
        cast(null as varchar) as leg,
        cast(null as varchar) as item_type,
        cast(null as date) as period_month,
        exceptions.exception_type as label,
        exceptions.currency_code,
        cast(sum(abs(exceptions.amount)) as decimal(18, 4)) as amount,
        count(*) as item_count,
        min(exception_types.meaning) as detail,
        min(exception_types.next_step) as next_step

    from exceptions

    left join exception_types
        on exceptions.exception_type = exception_types.exception_type

    group by exceptions.entity, exceptions.exception_type, exceptions.currency_code

),

freshness as (

    select
        'freshness' as figure,
        cast(null as varchar) as entity,
        cast(null as varchar) as leg,
        cast(null as varchar) as item_type,
        greatest(invoices.newest_date, payments.newest_date, bank_lines.newest_date) as period_month,
        connections.connection_id as label,
        cast(null as varchar) as currency_code,
        cast(null as decimal(18, 4)) as amount,
        coalesce(invoices.row_count, 0) + coalesce(payments.row_count, 0) + coalesce(bank_lines.row_count, 0) as item_count,
        connections.platform as detail,
        cast(null as varchar) as next_step

    from connections

    left join invoices
        on connections.connection_id = invoices.connection_id

    left join payments
        on connections.connection_id = payments.connection_id

    left join bank_lines
        on connections.connection_id = bank_lines.connection_id

),

last_run as (

    select
        'last_run' as figure,
        cast(null as varchar) as entity,
        cast(null as varchar) as leg,
        cast(null as varchar) as item_type,
        as_of_date as period_month,
        'run' as label,
        cast(null as varchar) as currency_code,
        cast(null as decimal(18, 4)) as amount,
        1 as item_count,
        home_kind as detail,
        cast(null as varchar) as next_step

    from current_run

),

unioned as (

    select * from summed
    union all
    select * from exception_counts
    union all
    select * from freshness
    union all
    select * from last_run

),

final as (

    select
        {{ row_key(['figure', 'entity', 'leg', 'item_type', 'period_month', 'label', 'currency_code']) }} as figure_key,
        figure,
        entity,
        leg,
        item_type,
        period_month,
        label,
        currency_code,
        amount,
        cast(item_count as bigint) as item_count,
        detail,
        next_step

    from unioned

)

select * from final
