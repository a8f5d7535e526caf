-- One row per refund and the payment that it gives back: the platform states it, or the refund's text
-- names the payment's own id and the party is the same.
with

payments as (

    select * from {{ ref('int_payments__mirrored') }}
    where status <> 'void'

),

stated as (

    select
        *,
        {{ row_key(['platform', 'connection_id', 'company_code', 'original_payment_id']) }} as original_alias_key
    from payments
    where original_payment_id is not null and is_primary

),

naming as (

    select
        *,
        unnest(regexp_extract_all(concat_ws(' ', reference, memo), '[A-Za-z0-9_-]{6,}')) as token
    from payments
    where original_payment_id is null and is_primary and direction = 'out'

),

named as (

    select
        naming.payment_key,
        min(incoming.payment_id) as original_payment_id,
        count(distinct incoming.payment_key) as original_count

    from naming

    inner join payments as incoming
        on {{ row_key(['naming.platform', 'naming.connection_id', 'naming.company_code', 'naming.token']) }}
        = {{ row_key(['incoming.platform', 'incoming.connection_id', 'incoming.company_code', 'incoming.payment_id']) }}
        and incoming.direction = 'in'
        and incoming.party_key is not distinct from naming.party_key

    group by naming.payment_key

),

refunds as (

    select * from stated

    union all

    select
        payments.*,
        {{ row_key(['payments.platform', 'payments.connection_id', 'payments.company_code', 'named.original_payment_id']) }} as original_alias_key

    from payments

    inner join named
        on payments.payment_key = named.payment_key
        and named.original_count = 1

),

originals as (

    select
        economic_key,
        entity,
        currency_code,
        amount,
        {{ row_key(['platform', 'connection_id', 'company_code', 'payment_id']) }} as alias_key
    from payments
    where original_payment_id is null and direction = 'in'

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
