-- One row per payment and invoice whose number its texts hold, or, where they hold none, the text of the bank line
-- that is its own: what the payer wrote there the books often leave out.
with

numbers as (

    select * from {{ ref('int_numbers__read') }}

),

own_numbers as (

    select
        item_key as payment_key,
        invoice_key,
        reading,
        false as is_of_line
    from numbers
    where item_type = 'payment'

),

naming_payments as (

    select payment_key from own_numbers

    union all

    select item_key as payment_key
    from {{ ref('int_items__naming_numbers') }}
    where item_type = 'payment'

),

naming as (

    select distinct payment_key from naming_payments

),

cleared as (

    select
        left_key as payment_key,
        right_key as bank_line_key
    from {{ ref('int_clearing__assigned') }}
    where status = 'auto' and left_type = 'payment'

),

final as (

    select * from own_numbers

    union all

    select
        cleared.payment_key,
        numbers.invoice_key,
        numbers.reading,
        true as is_of_line

    from cleared

    inner join numbers
        on cleared.bank_line_key = numbers.item_key
        and numbers.item_type = 'bank_line'
        and numbers.reading <> 'digits'

    left join naming
        on cleared.payment_key = naming.payment_key

    where naming.payment_key is null

)

select * from final
