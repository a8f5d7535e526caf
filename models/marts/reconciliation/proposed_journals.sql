with

adjustments as (

    select * from {{ ref('adjustments') }}

),

items as (

    select * from {{ ref('int_items__listed') }}

),

final as (

    select
        {{ row_key(['adjustments.adjustment_key', "'journal'"]) }} as proposed_journal_key,
        adjustments.adjustment_key,
        items.entity,
        items.item_date as entry_date,
        adjustments.adjustment_type,
        abs(adjustments.amount) as amount,
        adjustments.currency_code,
        case when adjustments.amount < 0 or adjustments.item_type <> 'bank_line' then 'expense' else 'income' end as journal_side,
        adjustments.gl_account,
        adjustments.reason

    from adjustments

    inner join items
        on adjustments.item_key = items.item_key

    -- A conversion moves money between two accounts; what it gained or lost only the books' rate tells.
    where adjustments.item_type = 'bank_line'
        and adjustments.adjustment_type <> 'fx'

)

select * from final
