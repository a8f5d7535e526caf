-- Both sides of a link belong to one entity and one currency, and it is the link's own. Only the clearing
-- leg goes across: there the line says the payment's currency and the bank's rate, and where the link
-- counts, an adjustment of type fx tells the line's side in the line's currency. A row here is money that
-- changed its currency by itself.
{{ config(tags = ['gate'], store_failures = false) }}

with

allocations as (

    select * from {{ ref('match_allocations') }}

),

items as (

    select * from {{ ref('int_items__listed') }}

),

exchanges as (

    select * from {{ ref('adjustments') }}
    where adjustment_type = 'fx' and item_type = 'bank_line'

),

rated_lines as (

    select
        bank_line_key,
        original_currency_code
    from {{ ref('bank_lines') }}
    where exchange_rate > 0

)

select
    allocations.match_key,
    allocations.leg,
    left_items.entity as left_entity,
    right_items.entity as right_entity,
    left_items.currency_code as left_currency_code,
    right_items.currency_code as right_currency_code,
    exchanges.adjustment_key

from allocations

left join items as left_items
    on allocations.left_key = left_items.item_key

left join items as right_items
    on allocations.right_key = right_items.item_key

left join exchanges
    on allocations.match_key = exchanges.match_key
    and allocations.right_key = exchanges.item_key
    and right_items.currency_code = exchanges.currency_code

left join rated_lines
    on allocations.right_key = rated_lines.bank_line_key
    and coalesce(rated_lines.original_currency_code, allocations.currency_code) = allocations.currency_code

where left_items.entity <> right_items.entity
    or left_items.entity = 'unmapped'
    or left_items.currency_code <> allocations.currency_code
    or (
        right_items.currency_code <> allocations.currency_code
        and (
            allocations.leg <> 'clearing'
            or rated_lines.bank_line_key is null
            or (allocations.status in ('book', 'auto', 'confirmed', 'manual') and exchanges.adjustment_key is null)
        )
    )
    or left_items.item_key is null
    or right_items.item_key is null
