with

matches as (

    select * from {{ ref('matches') }}

),

allocations as (

    select * from {{ ref('match_allocations') }}

),

candidates as (

    select * from {{ ref('match_candidates') }}

),

final as (

    select
        allocations.match_key,
        matches.status as match_status,
        matches.is_contested,
        matches.contested_because,
        matches.explanation,
        matches.amount as match_amount,
        matches.probability,
        matches.picture_status,
        matches.proposal_rank,
        matches.margin,
        matches.decided_by,
        matches.run_id,
        allocations.currency_code,
        coalesce(left_labels.entity, right_labels.entity) as entity,
        allocations.leg,
        allocations.left_type,
        allocations.left_key,
        allocations.left_source_id,
        case when allocations.left_type = 'fee' then 'Fee · ' else '' end || left_labels.label as left_label,
        left_labels.item_date as left_date,
        allocations.right_type,
        allocations.right_key,
        allocations.right_source_id,
        right_labels.label as right_label,
        right_labels.item_date as right_date,
        allocations.amount,
        allocations.status,
        allocations.rule,
        candidates.reference_level,
        candidates.payer_level,
        candidates.amount_level,
        candidates.days_level,
        candidates.account_level,
        candidates.days_apart,
        candidates.weight

    from allocations

    inner join matches
        on allocations.match_key = matches.match_key
        -- Mirrors are left out by both at once: left out of one, DuckDB takes what stays for few and holds it whole.
        and allocations.leg || matches.leg <> 'mirrormirror'

    left join candidates
        on allocations.leg = candidates.leg
        and allocations.left_key = candidates.left_key
        and allocations.right_key = candidates.right_key

    -- Read for each side by itself: a CTE that is used twice is held whole.
    left join {{ ref('int_items__described') }} as left_labels
        on allocations.left_key = left_labels.item_key

    left join {{ ref('int_items__described') }} as right_labels
        on allocations.right_key = right_labels.item_key

)

select * from final
