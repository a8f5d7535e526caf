-- A payment's amount is applied, refunded and unapplied; and it is fee, cleared and in transit.
{{ config(tags = ['gate'], store_failures = false) }}

with

payments as (

    select * from {{ ref('payments') }}

)

select
    payment_key,
    amount,
    applied_amount,
    refunded_amount,
    unapplied_amount,
    fee_amount,
    cleared_amount,
    in_transit_amount

from payments

where amount <> applied_amount + refunded_amount + unapplied_amount
    or amount <> fee_amount + cleared_amount + in_transit_amount
    or applied_amount < 0
    or refunded_amount < 0
    or unapplied_amount < 0
