-- One row per pair that was considered on any leg, of sets one per set, with its lead over
-- the strongest other explanation of either side and the probability that calibration gives such a lead.
with

unioned as (

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        currency_code,
        amount,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        days_apart,
        weight,
        behind_best,
        status,
        rule,
        lost_because,
        cast(null as integer) as set_rank,
        false as is_set
    from {{ ref('int_clearing__assigned') }}

    union all

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        currency_code,
        amount,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        days_apart,
        weight,
        behind_best,
        status,
        rule,
        lost_because,
        set_rank,
        true as is_set
    from {{ ref('int_deposit_sets__proposed') }}

    union all

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        currency_code,
        amount,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        days_apart,
        weight,
        behind_best,
        status,
        rule,
        lost_because,
        set_rank,
        true as is_set
    from {{ ref('int_clearing_sets__proposed') }}

    union all

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        currency_code,
        amount,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        days_apart,
        weight,
        behind_best,
        status,
        rule,
        lost_because,
        cast(null as integer) as set_rank,
        amount_level in ('set', 'short_set') as is_set
    from {{ ref('int_settlement__assigned') }}

    union all

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        currency_code,
        amount,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        days_apart,
        weight,
        behind_best,
        status,
        rule,
        lost_because,
        set_rank,
        true as is_set
    from {{ ref('int_debt_sets__proposed') }}

    union all

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        currency_code,
        amount,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        days_apart,
        weight,
        behind_best,
        status,
        rule,
        lost_because,
        cast(null as integer) as set_rank,
        false as is_set
    from {{ ref('int_direct__assigned') }}

    union all

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        entity,
        currency_code,
        amount,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        days_apart,
        weight,
        behind_best,
        status,
        rule,
        lost_because,
        set_rank,
        true as is_set
    from {{ ref('int_direct_sets__proposed') }}

),

-- That none of the candidates is right, or another set than those found, is an explanation, too.
unseen as (

    select
        leg,
        level,
        weight
    from {{ ref('match_weights') }}
    where evidence = 'rival'

),

told as (

    select
        unioned.*,
        coalesce(unseen.weight, 0) as none_weight,
        unioned.status = 'auto' as is_auto,
        coalesce(unioned.lost_because = 'side_taken_by_stronger_pair', false) as is_taken

    from unioned

    left join unseen
        on unioned.leg = unseen.leg
        and case when unioned.is_set then 'other_set' else 'none_of_them' end = unseen.level

),

-- Members of one list are no rivals of each other, nor is what is settled elsewhere a rival of what is
-- still open. The members of a set stand or fall together. The two strongest of a side say of each
-- pair which is the strongest beside it: with a window every pair of a side looked through them all.
lefts as (

    select
        leg,
        left_key,
        max(weight, 2) filter (where not is_set and not is_taken) as standing_weights,
        max(weight) filter (where not is_set and not is_auto) as other_weight
    from told
    group by leg, left_key

),

rights as (

    select
        leg,
        right_key,
        max(weight, 2) filter (where not is_set and not is_taken) as standing_weights,
        max(weight) filter (where not is_set and not is_auto) as other_weight
    from told
    group by leg, right_key

),

rivals as (

    select
        told.*,
        case
            when not told.is_taken and told.weight = lefts.standing_weights[1] then lefts.standing_weights[2]
            else lefts.standing_weights[1]
        end as standing_left_weight,
        case
            when not told.is_taken and told.weight = rights.standing_weights[1] then rights.standing_weights[2]
            else rights.standing_weights[1]
        end as standing_right_weight,
        lefts.other_weight as other_left_weight,
        rights.other_weight as other_right_weight

    from told

    inner join lefts
        on told.leg = lefts.leg
        and told.left_key = lefts.left_key

    inner join rights
        on told.leg = rights.leg
        and told.right_key = rights.right_key

),

strongest as (

    select
        *,
        case when is_set then null when is_auto then other_left_weight else standing_left_weight end as left_weight,
        case when is_set then null when is_auto then other_right_weight else standing_right_weight end as right_weight
    from rivals

),

led as (

    select
        *,
        weight
        + case when is_set then behind_best else 0 end
        - greatest(none_weight, coalesce(left_weight, none_weight), coalesce(right_weight, none_weight)) as lead
    from strongest

),

bands as (

    select * from {{ ref('match_reliability') }}

),

-- Rules whose pairs were checked, and of which the bands did not say too much.
told_rules as (

    select
        leg,
        rule
    from {{ ref('match_rule_reliability') }}
    where is_told

),

final as (

    select
        led.leg,
        led.left_type,
        led.left_key,
        led.right_type,
        led.right_key,
        led.entity,
        led.currency_code,
        led.amount,
        led.reference_level,
        led.payer_level,
        led.amount_level,
        led.days_level,
        led.account_level,
        led.days_apart,
        led.weight,
        led.behind_best,
        led.lead,
        -- Inside a band the probability rises evenly, so that a greater lead is never less likely. Null for
        -- sets, and for rules of which too little was checked or the bands said too much.
        case
            when not led.is_set and told_rules.rule is not null
                then cast(
                        bands.probability_from
                        + (bands.probability_to - bands.probability_from)
                        * (greatest(least(led.lead, bands.lead_to), bands.lead_from) - bands.lead_from)
                        / (bands.lead_to - bands.lead_from)
                        as decimal(5, 4)
                    )
        end as probability,
        led.status,
        led.rule,
        led.lost_because,
        led.set_rank

    from led

    left join bands
        on led.leg = bands.leg
        and led.lead >= bands.lead_from
        and led.lead < bands.lead_to

    left join told_rules
        on led.leg = told_rules.leg
        and led.rule = told_rules.rule

)

select * from final
