with

bank_lines as (

    select * from {{ ref('int_bank_lines__merged') }}

),

evidenced as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

conversions as (

    select * from {{ ref('int_bank_conversions__read') }}

),

allocations as (

    select * from {{ ref('match_allocations') }}
    where status in ('book', 'auto', 'confirmed', 'manual')

),

adjustments as (

    select * from {{ ref('adjustments') }}
    where item_type = 'bank_line'

),

-- The line's own charge or interest, linked to nothing.
charges as (

    select * from adjustments
    where match_key is null

),

-- What the bank converted is told in the line's currency by the adjustments of its match.
exchanges as (

    select * from adjustments
    where match_key is not null and adjustment_type <> 'rounding'

),

exchanged as (

    select distinct match_key
    from exchanges

),

uses as (

    select
        allocations.right_key as bank_line_key,
        allocations.leg,
        allocations.amount

    from allocations

    left join exchanged
        on allocations.match_key = exchanged.match_key

    where allocations.leg in ('clearing', 'direct')
        and exchanged.match_key is null

    union all

    select
        item_key as bank_line_key,
        'clearing' as leg,
        amount
    from exchanges

    union all

    select
        item_key as bank_line_key,
        'direct' as leg,
        abs(amount) as amount
    from adjustments
    where adjustment_type = 'rounding'

),

told as (

    select
        bank_line_key,
        sum(case when leg = 'clearing' then amount else 0 end) as cleared_amount,
        sum(case when leg = 'direct' then amount else 0 end) as direct_amount
    from uses
    group by bank_line_key

),

returned as (

    select
        left_key as bank_line_key,
        'returned' as bucket
    from allocations
    where leg = 'return'

    union all

    select
        right_key as bank_line_key,
        'return' as bucket
    from allocations
    where leg = 'return'

    union all

    select
        left_key as bank_line_key,
        'transfer' as bucket
    from allocations
    where leg = 'transfer'

    union all

    select
        right_key as bank_line_key,
        'transfer' as bucket
    from allocations
    where leg = 'transfer'

),

buckets as (

    select
        bank_line_key,
        min(bucket) as bucket
    from returned
    group by bank_line_key

),

summed as (

    select
        bank_lines.* replace (
            coalesce(conversions.original_currency_code, bank_lines.original_currency_code) as original_currency_code,
            coalesce(conversions.original_amount, abs(bank_lines.original_amount)) as original_amount,
            coalesce(conversions.exchange_rate, bank_lines.exchange_rate) as exchange_rate,
            coalesce(conversions.charge_amount, bank_lines.charge_amount) as charge_amount
        ),
        evidenced.line_class,
        case
            when told.cleared_amount is not null and told.cleared_amount <> 0 then 'cleared'
            when told.direct_amount is not null and told.direct_amount <> 0 then 'direct'
            when buckets.bucket in ('return', 'returned') then 'return'
            when buckets.bucket = 'transfer' then 'transfer'
            when charges.item_key is not null then 'fee'
            else 'open'
        end as bucket,
        cast(
            case
                when told.cleared_amount is not null and told.cleared_amount <> 0 then told.cleared_amount
                when told.direct_amount is not null and told.direct_amount <> 0
                    then case when bank_lines.amount < 0 then -told.direct_amount else told.direct_amount end
                when buckets.bucket is not null or charges.item_key is not null then bank_lines.amount
                else 0
            end
            as decimal(18, 4)
        ) as explained_amount

    from bank_lines

    left join evidenced
        on bank_lines.bank_line_key = evidenced.bank_line_key

    left join told
        on bank_lines.bank_line_key = told.bank_line_key

    left join buckets
        on bank_lines.bank_line_key = buckets.bank_line_key

    left join charges
        on bank_lines.bank_line_key = charges.item_key

    left join conversions
        on bank_lines.bank_line_key = conversions.bank_line_key

),

final as (

    select
        bank_line_key,
        connection_id,
        platform,
        entity,
        line_id as source_id,
        account_key,
        account_id,
        evidence,
        sources,
        booking_date,
        value_date,
        currency_code,
        amount,
        original_currency_code,
        original_amount,
        exchange_rate,
        charge_amount,
        description,
        counterparty_name,
        reference,
        check_number,
        coalesce(line_class, 'other') as line_class,
        bucket,
        explained_amount,
        cast(amount - explained_amount as decimal(18, 4)) as unexplained_amount

    from summed

)

select * from final
