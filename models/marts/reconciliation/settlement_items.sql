with

items as (

    select * from {{ ref('int_settlement_items__resolved') }}

),

final as (

    select
        settlement_item_key,
        settlement_key,
        entity,
        is_primary,
        item_id as source_id,
        item_type,
        payment_economic_key as payment_key,
        payer_name,
        reference,
        item_date,
        currency_code,
        gross_amount,
        fee_amount,
        net_amount

    from items

)

select * from final
