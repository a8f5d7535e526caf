with

settlements as (

    select * from {{ ref('int_settlements__unioned') }}

),

items as (

    select * from {{ ref('int_settlement_items__resolved') }}

),

clearing as (

    select * from {{ ref('int_clearing__assigned') }}
    where left_type = 'settlement' and status = 'auto'

),

item_sums as (

    select
        settlement_key,
        count(*) as item_count,
        cast(sum(net_amount) as decimal(18, 4)) as items_amount
    from items
    group by settlement_key

),

final as (

    select
        settlements.settlement_key,
        settlements.economic_key,
        settlements.is_primary,
        settlements.connection_id,
        settlements.platform,
        settlements.entity,
        settlements.settlement_id as source_id,
        settlements.settlement_type,
        settlements.direction,
        settlements.reference,
        settlements.created_date,
        settlements.arrival_date,
        settlements.currency_code,
        settlements.amount,
        coalesce(item_sums.item_count, 0) as item_count,
        coalesce(item_sums.items_amount, 0) as items_amount,
        cast(coalesce(abs(clearing.amount), 0) as decimal(18, 4)) as cleared_amount,
        clearing.right_key as bank_line_key,
        settlements.platform_status

    from settlements

    left join item_sums
        on settlements.settlement_key = item_sums.settlement_key

    left join clearing
        on settlements.economic_key = clearing.left_key

)

select * from final
