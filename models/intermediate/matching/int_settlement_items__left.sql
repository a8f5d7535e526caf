-- One row per invoice or payment with what is open after the links that rest on numbers.
with

open_items as (

    select * from {{ ref('int_settlement_items__open') }}

),

settled as (

    select * from {{ ref('int_number_pairs__assigned') }}

),

used as (

    select
        left_key as item_key,
        sum(settled_amount + credited_amount) as used_amount
    from settled
    group by left_key

    union all

    select
        right_key as item_key,
        sum(settled_amount) as used_amount
    from settled
    group by right_key

),

final as (

    select
        open_items.item_type,
        open_items.item_key,
        cast(open_items.open_amount - coalesce(used.used_amount, 0) as decimal(18, 4)) as open_amount,
        used.item_key is not null as is_touched

    from open_items

    left join used
        on open_items.item_key = used.item_key

    where open_items.open_amount > coalesce(used.used_amount, 0)

)

select * from final
