-- One row per refund and the payment that it gives back: the platform states it, or the refund's text
-- names the payment's own id and the party is the same.
with

payments as (

    select * from {{ ref('int_payments__mirrored') }}
    where status <> 'void'

),

mentions as (

    select * from {{ ref('int_payment_mentions__found') }}

),

originals as (

    select
        economic_key,
        {{ row_key(['platform', 'connection_id', 'company_code', 'payment_id']) }} as alias_key
    from payments
    where direction = 'in'

),

refunds as (

    select
        payment_key,
        {{ row_key(['platform', 'connection_id', 'company_code', 'original_payment_id']) }} as original_alias_key
    from payments
    where original_payment_id is not null
        and is_primary

),

stated as (

    select
        refunds.payment_key,
        originals.economic_key as original_payment_key

    from refunds

    inner join originals
        on refunds.original_alias_key = originals.alias_key

),

named as (

    select
        refunds.payment_key,
        mentions.mentioned_payment_key as original_payment_key

    from payments as refunds

    inner join mentions
        on refunds.payment_key = mentions.payment_key

    where refunds.original_payment_id is null
        and refunds.direction = 'out'

),

unioned as (

    select * from stated
    union all
    select * from named

),

linked as (

    select
        unioned.payment_key,
        unioned.original_payment_key,
        refunds.currency_code,
        refunds.amount,
        refunds.payment_date,
        originals.amount as original_amount,
        originals.currency_code as original_currency_code,
        sum(refunds.amount) over (
            partition by unioned.original_payment_key, refunds.currency_code
            order by refunds.payment_date asc, refunds.payment_key asc
            rows between unbounded preceding and current row
        ) - refunds.amount as refunded_before

    from unioned

    inner join payments as refunds
        on unioned.payment_key = refunds.payment_key

    inner join payments as originals
        on unioned.original_payment_key = originals.payment_key

),

final as (

    select
        payment_key,
        original_payment_key,
        currency_code,
        cast(greatest(least(amount, original_amount - refunded_before), 0) as decimal(18, 4)) as amount,
        payment_date
    from linked
    -- Compared last: as a join it would pair all payments of a currency.
    where currency_code = original_currency_code

)

select * from final
