-- What is open on a document, unapplied on a payment or unexplained on a bank line is listed with
-- exactly that remainder.
{{ config(tags = ['gate'], store_failures = false) }}

with

remainders as (

    select
        invoice_key as item_key,
        'settlement' as leg,
        open_amount as remainder_amount
    from {{ ref('invoices') }}
    where is_primary and open_amount <> 0

    union all

    select
        payment_key as item_key,
        'settlement' as leg,
        unapplied_amount as remainder_amount
    from {{ ref('payments') }}
    where is_primary and unapplied_amount <> 0 and status <> 'void'

    union all

    select
        bank_line_key as item_key,
        'clearing' as leg,
        unexplained_amount as remainder_amount
    from {{ ref('bank_lines') }}
    where unexplained_amount <> 0

),

listed as (

    select * from {{ ref('unmatched_items') }}

)

select
    remainders.item_key,
    remainders.leg,
    remainders.remainder_amount,
    listed.unmatched_amount

from remainders

left join listed
    on remainders.item_key = listed.item_key
    and remainders.leg = listed.leg

where listed.item_key is null
    or listed.unmatched_amount <> remainders.remainder_amount
