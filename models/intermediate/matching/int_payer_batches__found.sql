-- One row per bank line, payment and rank, where payments of the payer whom the line names add up to it:
-- all of some days in a row, or any two or three. Of several sets two are shown.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

-- What one payment meets to the cent needs no set.
met as (

    select distinct right_key from {{ ref('int_clearing__assigned') }}
    where status = 'suggested'

),

members as (

    select
        kin.left_key,
        kin.right_key,
        kin.payer_level,
        kin.days_apart,
        clearables.entity,
        clearables.currency_code,
        clearables.expected_amount,
        clearables.item_date,
        bank_lines.amount,
        count(*) over (partition by kin.right_key) as member_count

    from {{ ref('int_clearing_names__compared') }} as kin

    inner join {{ ref('int_clearables__prepared') }} as clearables
        on kin.left_key = clearables.left_key

    inner join bank_lines
        on kin.right_key = bank_lines.bank_line_key
        and (clearables.account_key is null or clearables.account_key = bank_lines.account_key)

    left join met
        on kin.right_key = met.right_key

    where kin.days_apart between -3 and 10
        and met.right_key is null
        and abs(clearables.expected_amount) < abs(bank_lines.amount)

),

days as (

    select
        right_key,
        item_date,
        amount,
        sum(expected_amount) as day_amount,
        count(*) as day_count
    from members
    group by right_key, item_date, amount

),

sums as (

    select
        *,
        sum(day_amount) over (
            partition by right_key
            order by item_date asc
            rows between unbounded preceding and current row
        ) as upper_amount,
        sum(day_count) over (
            partition by right_key
            order by item_date asc
            rows between unbounded preceding and current row
        ) as upper_count
    from days

),

spans as (

    select
        firsts.right_key,
        firsts.item_date as first_date,
        lasts.item_date as last_date

    from sums as firsts

    inner join sums as lasts
        on firsts.right_key = lasts.right_key
        and firsts.item_date <= lasts.item_date
        and firsts.amount = lasts.upper_amount - firsts.upper_amount + firsts.day_amount
        and lasts.upper_count - firsts.upper_count + firsts.day_count >= 2

),

few as (

    select * from members
    where member_count <= 12

),

pairs as (

    select
        firsts.right_key,
        firsts.amount,
        firsts.left_key as first_key,
        seconds.left_key as second_key,
        firsts.expected_amount + seconds.expected_amount as pair_amount

    from few as firsts

    inner join few as seconds
        on firsts.right_key = seconds.right_key
        and firsts.left_key < seconds.left_key

),

sets as (

    select
        spans.right_key,
        list(members.left_key order by members.left_key) as left_keys

    from spans

    inner join members
        on spans.right_key = members.right_key
        and members.item_date between spans.first_date and spans.last_date

    group by spans.right_key, spans.first_date, spans.last_date

    union all

    select
        right_key,
        [first_key, second_key] as left_keys
    from pairs
    where pair_amount = amount

    union all

    select
        pairs.right_key,
        [pairs.first_key, pairs.second_key, few.left_key] as left_keys

    from pairs

    inner join few
        on pairs.right_key = few.right_key
        and pairs.second_key < few.left_key
        and pairs.amount - pairs.pair_amount = few.expected_amount

),

found as (

    select distinct
        right_key,
        left_keys
    from sets

),

ranked as (

    select
        *,
        row_number() over (
            partition by right_key
            order by len(left_keys) asc, cast(left_keys as varchar) asc
        ) as set_rank
    from found

),

chosen as (

    select
        right_key,
        unnest(left_keys) as left_key,
        cast(set_rank as integer) as set_rank
    from ranked
    where set_rank <= 2

),

final as (

    select
        chosen.left_key,
        chosen.right_key,
        chosen.set_rank,
        members.entity,
        members.currency_code,
        members.expected_amount as amount,
        members.days_apart,
        members.payer_level

    from chosen

    inner join members
        on chosen.right_key = members.right_key
        and chosen.left_key = members.left_key

)

select * from final
