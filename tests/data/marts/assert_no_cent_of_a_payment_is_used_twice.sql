-- What a payment settles and what of it clears never exceed it.
{{ config(tags = ['gate'], store_failures = false) }}

with

payments as (

    select * from {{ ref('payments') }}
    where is_primary

),

allocations as (

    select * from {{ ref('match_allocations') }}
    where status in ('book', 'auto', 'confirmed', 'manual')

),

settled as (

    select
        right_key as payment_key,
        sum(amount) as settled_amount
    from allocations
    where leg = 'settlement'
    group by right_key

),

cleared as (

    select
        left_key as payment_key,
        abs(sum(amount)) as cleared_amount
    from allocations
    where leg = 'clearing' and left_type = 'payment'
    group by left_key

)

select
    payments.payment_key,
    payments.amount,
    settled.settled_amount,
    cleared.cleared_amount

from payments

left join settled
    on payments.payment_key = settled.payment_key

left join cleared
    on payments.payment_key = cleared.payment_key

where coalesce(settled.settled_amount, 0) > payments.amount
    or coalesce(cleared.cleared_amount, 0) > payments.amount
