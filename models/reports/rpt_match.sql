with

matches as (

    select * from {{ ref('matches') }}
    where leg <> 'mirror'

),

allocations as (

    select * from {{ ref('match_allocations') }}
    where leg <> 'mirror'

),

candidates as (

    select * from {{ ref('match_candidates') }}

),

labels as (

    select * from {{ ref('int_items__described') }}

),

members as (

    select
        allocations.match_key,
        'member' as section,
        allocations.leg,
        allocations.left_type,
        allocations.left_key,
        allocations.right_type,
        allocations.right_key,
        allocations.amount,
        allocations.currency_code,
        allocations.status,
        allocations.rule,
        candidates.reference_level,
        candidates.payer_level,
        candidates.amount_level,
        candidates.days_level,
        candidates.account_level,
        candidates.days_apart,
        candidates.weight,
        cast(null as varchar) as lost_because

    from allocations

    left join candidates
        on allocations.leg = candidates.leg
        and allocations.left_key = candidates.left_key
        and allocations.right_key = candidates.right_key

),

-- Only what a person may have to weigh: rivals of links that are proposed, contested or automatic by name.
all_rivals as (

    select
        allocations.match_key,
        'rival' as section,
        candidates.leg,
        candidates.left_type,
        candidates.left_key,
        candidates.right_type,
        candidates.right_key,
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

    from allocations

    inner join candidates
        on allocations.leg = candidates.leg
        and allocations.left_key = candidates.left_key
        and allocations.right_key <> candidates.right_key

    union all

    select
        allocations.match_key,
        'rival' as section,
        candidates.leg,
        candidates.left_type,
        candidates.left_key,
        candidates.right_type,
        candidates.right_key,
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

    from allocations

    inner join candidates
        on allocations.leg = candidates.leg
        and allocations.right_key = candidates.right_key
        and allocations.left_key <> candidates.left_key

),

-- The members of one match are no rivals of each other.
rivals as (

    select all_rivals.*
    from all_rivals

    left join allocations
        on all_rivals.match_key = allocations.match_key
        and all_rivals.left_key = allocations.left_key
        and all_rivals.right_key = allocations.right_key

    where allocations.match_key is null

),

-- The payment is the middle of the way from document to bank line.
member_payments as (

    select distinct
        match_key,
        case when left_type = 'payment' then left_key else right_key end as payment_key

    from allocations
    where left_type = 'payment' or right_type = 'payment'

),

payment_links as (

    select
        case when left_type = 'payment' then left_key else right_key end as payment_key,
        allocations.*
    from allocations
    where (left_type = 'payment' or right_type = 'payment') and status <> 'suggested'

),

chain as (

    select
        member_payments.match_key,
        'chain' as section,
        payment_links.leg,
        payment_links.left_type,
        payment_links.left_key,
        payment_links.right_type,
        payment_links.right_key,
        payment_links.amount,
        payment_links.currency_code,
        payment_links.status,
        payment_links.rule,
        cast(null as varchar) as reference_level,
        cast(null as varchar) as payer_level,
        cast(null as varchar) as amount_level,
        cast(null as varchar) as days_level,
        cast(null as varchar) as account_level,
        cast(null as integer) as days_apart,
        cast(null as integer) as weight,
        cast(null as varchar) as lost_because

    from member_payments

    inner join payment_links
        on member_payments.payment_key = payment_links.payment_key
        and member_payments.match_key <> payment_links.match_key

),

unioned as (

    select * from members
    union all
    select distinct * from rivals
    union all
    select * from chain

),

final as (

    select
        {{ row_key(['unioned.match_key', 'unioned.section', 'unioned.leg', 'unioned.left_type', 'unioned.left_key', 'unioned.right_key', 'unioned.status']) }} as match_line_key,
        unioned.match_key,
        unioned.section,
        matches.leg as match_leg,
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
        unioned.currency_code,
        coalesce(left_labels.entity, right_labels.entity) as entity,
        unioned.leg,
        unioned.left_type,
        unioned.left_key,
        left_labels.source_id as left_source_id,
        case when unioned.left_type = 'fee' then 'Fee · ' else '' end || left_labels.label as left_label,
        left_labels.item_date as left_date,
        unioned.right_type,
        unioned.right_key,
        right_labels.source_id as right_source_id,
        right_labels.label as right_label,
        right_labels.item_date as right_date,
        unioned.amount,
        unioned.status,
        unioned.rule,
        unioned.reference_level,
        unioned.payer_level,
        unioned.amount_level,
        unioned.days_level,
        unioned.account_level,
        unioned.days_apart,
        unioned.weight,
        unioned.lost_because

    from unioned

    inner join matches
        on unioned.match_key = matches.match_key

    left join labels as left_labels
        on unioned.left_key = left_labels.item_key

    left join labels as right_labels
        on unioned.right_key = right_labels.item_key

)

select * from final
