with

-- A pair that is in two sets is one pair; the better set speaks for it.
judged as (

    select
        judged.*,
        proposals.picture_status,
        proposals.proposal_rank,
        row_number() over (
            partition by judged.leg, judged.left_key, judged.right_key
            order by judged.set_rank asc nulls first
        ) as pair_rank

    from {{ ref('int_match_candidates__judged') }} as judged

    left join {{ ref('int_proposals__ranked') }} as proposals
        on judged.leg = proposals.leg
        and judged.left_key = proposals.left_key
        and judged.right_key = proposals.right_key
        and judged.set_rank is not distinct from proposals.set_rank

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
    where pair_rank = 1

)

select * from final
