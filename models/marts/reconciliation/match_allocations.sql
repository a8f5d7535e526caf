with

links as (

    select * from {{ ref('int_match_links__decided') }}

),

items as (

    select * from {{ ref('int_items__listed') }}

),

final as (

    select
        links.match_key,
        links.leg,
        links.left_type,
        links.left_key,
        left_items.source_id as left_source_id,
        links.right_type,
        links.right_key,
        right_items.source_id as right_source_id,
        links.amount,
        links.currency_code,
        links.status,
        links.rule,
        links.probability,
        links.picture_status,
        links.proposal_rank

    from links

    left join items as left_items
        on links.left_key = left_items.item_key

    left join items as right_items
        on links.right_key = right_items.item_key

)

select * from final
