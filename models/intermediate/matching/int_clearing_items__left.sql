-- One row per payment or bank line that is on no automatic link of clearing, returns, transfers or direct
-- settlement: what may have reached the bank in another shape than it was recorded.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

cleared as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing__assigned') }}
    where status = 'auto'

    union all

    select
        left_key,
        right_key
    from {{ ref('int_payouts__found') }}
    where is_proved

    union all

    select
        left_key,
        right_key
    from {{ ref('int_runs__found') }}

),

explained as (

    select left_key as item_key from cleared

    union all

    select right_key as item_key from cleared

    union all

    select right_key as item_key from {{ ref('int_returns__assigned') }}

    union all

    select left_key as item_key from {{ ref('int_returns__assigned') }}
    where status = 'auto' and left_type = 'bank_line'

    union all

    select left_key as item_key from {{ ref('int_transfers__assigned') }}

    union all

    select right_key as item_key from {{ ref('int_transfers__assigned') }}

    union all

    select right_key as item_key from {{ ref('int_direct__assigned') }}
    where status = 'auto'

),

explained_items as (

    select distinct item_key from explained

),

items as (

    select
        'payment' as item_type,
        left_key as item_key
    from clearables
    where left_type = 'payment' and expected_amount <> 0

    union all

    select
        'bank_line' as item_type,
        bank_line_key as item_key
    from bank_lines
    where line_class not in ('return', 'bank_fee', 'interest')

),

final as (

    select items.*

    from items

    left join explained_items
        on items.item_key = explained_items.item_key

    where explained_items.item_key is null

)

select * from final
