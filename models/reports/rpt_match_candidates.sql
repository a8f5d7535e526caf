with

candidates as (

    select * from {{ ref('match_candidates') }}

),

final as (

    select
        candidates.leg,
        candidates.left_type,
        candidates.left_key,
        left_labels.source_id as left_source_id,
        case when candidates.left_type = 'fee' then 'Fee · ' else '' end || left_labels.label as left_label,
        left_labels.item_date as left_date,
        candidates.right_type,
        candidates.right_key,
        right_labels.source_id as right_source_id,
        right_labels.label as right_label,
        right_labels.item_date as right_date,
        candidates.amount,
        candidates.currency_code,
        candidates.status,
        candidates.rule,
        candidates.reference_level,
        candidates.payer_level,
        candidates.amount_level,
        candidates.days_level,
        candidates.account_level,
        candidates.days_apart,
        candidates.weight,
        candidates.lost_because

    from candidates

    -- Read for each side by itself: a CTE that is used twice is held whole.
    left join {{ ref('int_items__described') }} as left_labels
        on candidates.left_key = left_labels.item_key

    left join {{ ref('int_items__described') }} as right_labels
        on candidates.right_key = right_labels.item_key

)

select * from final
