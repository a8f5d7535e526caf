with

-- A pair that is in two sets is one pair; the better set speaks for it, and the pair itself before any.
best_sets as (

    select
        leg,
        left_key,
        right_key,
        min(set_rank) as set_rank
    from {{ ref('int_match_candidates__judged') }}
    where set_rank is not null
    group by leg, left_key, right_key

),

told_alone as (

    select
        judged.leg,
        judged.left_key,
        judged.right_key

    from {{ ref('int_match_candidates__judged') }} as judged

    inner join best_sets
        on judged.leg = best_sets.leg
        and judged.left_key = best_sets.left_key
        and judged.right_key = best_sets.right_key

    where judged.set_rank is null

),

judged as (

    select
        judged.*,
        proposals.picture_status,
        proposals.proposal_rank

    from {{ ref('int_match_candidates__judged') }} as judged

    left join best_sets
        on judged.leg = best_sets.leg
        and judged.left_key = best_sets.left_key
        and judged.right_key = best_sets.right_key
        and judged.set_rank = best_sets.set_rank

    left join told_alone
        on judged.leg = told_alone.leg
        and judged.left_key = told_alone.left_key
        and judged.right_key = told_alone.right_key

    left join {{ ref('int_proposals__ranked') }} as proposals
        on judged.leg = proposals.leg
        and judged.left_key = proposals.left_key
        and judged.right_key = proposals.right_key
        and judged.set_rank is not distinct from proposals.set_rank

    where judged.set_rank is null
        or (best_sets.leg is not null and told_alone.leg is null)

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
        picture_status,
        proposal_rank,
        status,
        rule,
        lost_because

    from judged

)

select * from final
