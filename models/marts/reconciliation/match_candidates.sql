with

-- A payment of two sets of one deposit is one pair; the better set speaks for it.
judged as (

    select
        *,
        row_number() over (
            partition by leg, left_key, right_key
            order by set_rank asc
        ) as pair_rank
    from {{ ref('int_match_candidates__judged') }}

),

final as (

    select
        {{ row_key(['leg', 'left_key', 'right_key']) }} as match_candidate_key,
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        cast(amount as decimal(18, 4)) as amount,
        currency_code,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        cast(days_apart as integer) as days_apart,
        cast(weight as integer) as weight,
        cast(behind_best as integer) as behind_best,
        cast(lead as integer) as lead,
        probability,
        status,
        rule,
        lost_because

    from judged
    where pair_rank = 1

)

select * from final
