-- Both sides of a link belong to one entity and one currency, and it is the link's own.
{{ config(tags = ['gate'], store_failures = false) }}

with

allocations as (

    select * from {{ ref('match_allocations') }}

),

items as (

    select * from {{ ref('int_items__listed') }}

)

select
    allocations.match_key,
    allocations.leg,
    left_items.entity as left_entity,
    right_items.entity as right_entity

from allocations

left join items as left_items
    on allocations.left_key = left_items.item_key

left join items as right_items
    on allocations.right_key = right_items.item_key

where left_items.entity <> right_items.entity
    or left_items.entity = 'unmapped'
    or left_items.currency_code <> allocations.currency_code
    or right_items.currency_code <> allocations.currency_code
    or left_items.item_key is null
    or right_items.item_key is null
