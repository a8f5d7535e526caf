with

clearing as (

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
        lost_because
    from {{ ref('int_clearing__assigned') }}

),

-- A payment of two sets of one deposit is one pair; the better set speaks for it.
deposits as (

    select
        *,
        row_number() over (
            partition by left_key, right_key
            order by set_rank asc
        ) as pair_rank
    from {{ ref('int_deposit_sets__proposed') }}

    union all

    select
        *,
        1 as pair_rank
    from {{ ref('int_clearing_sets__proposed') }}

),

deposit_pairs as (

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
        lost_because
    from deposits
    where pair_rank = 1

),

settlement as (

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
        lost_because
    from {{ ref('int_settlement__assigned') }}

),

direct as (

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
        lost_because
    from {{ ref('int_direct__assigned') }}

),

unioned as (

    select * from clearing
    union all
    select * from deposit_pairs
    union all
    select * from settlement
    union all
    select * from direct

),

final as (

    select
        {{ row_key(['unioned.leg', 'unioned.left_key', 'unioned.right_key']) }} as match_candidate_key,
        unioned.leg,
        unioned.left_type,
        unioned.left_key,
        unioned.right_type,
        unioned.right_key,
        unioned.entity,
        cast(unioned.amount as decimal(18, 4)) as amount,
        unioned.currency_code,
        unioned.reference_level,
        unioned.payer_level,
        unioned.amount_level,
        unioned.days_level,
        unioned.account_level,
        cast(unioned.days_apart as integer) as days_apart,
        cast(unioned.weight as integer) as weight,
        cast(unioned.behind_best as integer) as behind_best,
        {{ probability_of('unioned.weight') }} as probability,
        unioned.status,
        unioned.rule,
        unioned.lost_because

    from unioned

)

select * from final
