-- One row per refund and the payment that it gives back, as the platform states it.
with

payments as (

    select * from {{ ref('int_payments__mirrored') }}
    where status <> 'void'

),

refunds as (

    select
        *,
        {{ row_key(['platform', 'connection_id', 'company_code', 'original_payment_id']) }} as original_alias_key
    from payments
    where original_payment_id is not null and is_primary

),

originals as (

    select
        economic_key,
        entity,
        currency_code,
        amount,
        {{ row_key(['platform', 'connection_id', 'company_code', 'payment_id']) }} as alias_key
    from payments
    where original_payment_id is null

),

linked as (

    select
        refunds.payment_key,
        originals.economic_key as original_payment_key,
        refunds.currency_code,
        refunds.amount,
        refunds.payment_date,
        originals.amount as original_amount,
        sum(refunds.amount) over (
            partition by originals.economic_key
            order by refunds.payment_date asc, refunds.payment_key asc
            rows between unbounded preceding and current row
        ) - refunds.amount as refunded_before

    from refunds

    inner join originals
        on refunds.original_alias_key = originals.alias_key
        and refunds.currency_code = originals.currency_code

),

final as (

    select
        payment_key,
        original_payment_key,
        currency_code,
        cast(greatest(least(amount, original_amount - refunded_before), 0) as decimal(18, 4)) as amount,
        payment_date
    from linked

)

select * from final
