-- One row per proposed pair, of sets one per set, with the places of its items in the order of time and
-- its weight over that of none of them.
with

judged as (

    select * from {{ ref('int_match_candidates__judged') }}

),

items as (

    select * from {{ ref('int_items__listed') }}

),

nothing as (

    select
        leg,
        weight
    from {{ ref('match_weights') }}
    where evidence = 'rival'
        and level = 'none_of_them'

),

-- What an automatic link without a payment has settled is open on no other leg.
taken as (

    select left_key as item_key
    from judged
    where leg = 'direct'
        and status = 'auto'

    union all

    select right_key as item_key
    from judged
    where leg = 'direct'
        and status = 'auto'

),

taken_items as (

    select distinct item_key from taken

),

proposed as (

    select
        judged.*,
        -- The members of a list or a set stand or fall together.
        judged.set_rank is not null
        or judged.amount_level in ('set', 'short_set')
        or judged.rule in ('number_list', 'number_list_short', 'remittance_amounts') as is_set,
        case
            when taken_lefts.item_key is not null or taken_rights.item_key is not null then 0
            else judged.weight - coalesce(nothing.weight, 0)
        end as weight_over_none

    from judged

    left join nothing
        on judged.leg = nothing.leg

    left join taken_items as taken_lefts
        on judged.leg <> 'direct'
        and judged.left_key = taken_lefts.item_key

    left join taken_items as taken_rights
        on judged.leg <> 'direct'
        and judged.right_key = taken_rights.item_key

    where judged.status = 'suggested'

),

final as (

    select
        proposed.leg,
        proposed.left_key,
        proposed.right_key,
        proposed.set_rank,
        dense_rank() over (
            order by left_items.item_date asc, left_items.amount asc, left_items.source_id asc, proposed.left_key asc
        ) as left_place,
        dense_rank() over (
            order by right_items.item_date asc, right_items.amount asc, right_items.source_id asc, proposed.right_key asc
        ) as right_place,
        proposed.weight_over_none,
        proposed.lead,
        abs(coalesce(proposed.days_apart, 0)) as days_between,
        proposed.is_set

    from proposed

    left join items as left_items
        on proposed.left_key = left_items.item_key

    left join items as right_items
        on proposed.right_key = right_items.item_key

)

select * from final
