with

bank_lines as (

    select * from {{ ref('int_bank_lines__merged') }}

),

evidenced as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

allocations as (

    select * from {{ ref('match_allocations') }}
    where status in ('book', 'auto', 'confirmed', 'manual')

),

adjustments as (

    select * from {{ ref('adjustments') }}
    where item_type = 'bank_line'

),

told as (

    select
        right_key as bank_line_key,
        sum(case when leg = 'clearing' then amount else 0 end) as cleared_amount,
        sum(case when leg = 'direct' then amount else 0 end) as direct_amount

    from allocations
    where leg in ('clearing', 'direct')
    group by right_key

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
        bank_lines.*,
        evidenced.line_class,
        case
            when told.cleared_amount is not null and told.cleared_amount <> 0 then 'cleared'
            when told.direct_amount is not null and told.direct_amount <> 0 then 'direct'
            when buckets.bucket in ('return', 'returned') then 'return'
            when buckets.bucket = 'transfer' then 'transfer'
            when adjustments.item_key is not null then 'fee'
            else 'open'
        end as bucket,
        cast(
            case
                when told.cleared_amount is not null and told.cleared_amount <> 0 then told.cleared_amount
                when told.direct_amount is not null and told.direct_amount <> 0
                    then case when bank_lines.amount < 0 then -told.direct_amount else told.direct_amount end
                when buckets.bucket is not null or adjustments.item_key is not null then bank_lines.amount
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

    left join adjustments
        on bank_lines.bank_line_key = adjustments.item_key

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
