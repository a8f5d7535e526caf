with

payments as (

    select * from {{ ref('int_payments__mirrored') }}

),

evidenced as (

    select * from {{ ref('int_payments__evidenced') }}

),

allocations as (

    select * from {{ ref('match_allocations') }}
    where status in ('book', 'auto', 'confirmed', 'manual')

),

refunds as (

    select * from {{ ref('int_refunds__linked') }}

),

-- What is too little to be anyone's is spent with what it was paid for.
uses as (

    select
        right_key as payment_key,
        amount
    from allocations
    where leg = 'settlement'

    union all

    select
        item_key as payment_key,
        amount
    from {{ ref('adjustments') }}
    where item_type = 'payment' and adjustment_type = 'rounding'

),

applied as (

    select
        payment_key,
        cast(sum(amount) as decimal(18, 4)) as applied_amount
    from uses
    group by payment_key

),

refunded as (

    select
        original_payment_key as payment_key,
        cast(sum(amount) as decimal(18, 4)) as refunded_amount
    from refunds
    group by original_payment_key

),

-- A refund that is linked to what it gives back has done its work.
given_back as (

    select
        payment_key,
        cast(sum(amount) as decimal(18, 4)) as applied_amount
    from refunds
    group by payment_key

),

cleared as (

    select
        left_key as payment_key,
        cast(abs(sum(amount)) as decimal(18, 4)) as gross_amount
    from allocations
    where leg = 'clearing' and left_type = 'payment'
    group by left_key

),

summed as (

    select
        payments.*,
        evidenced.settlement_key,
        cast(coalesce(evidenced.fee_amount, payments.fee_amount, 0) as decimal(18, 4)) as known_fee_amount,
        case
            when payments.is_own_document then payments.amount
            else coalesce(applied.applied_amount, given_back.applied_amount, 0)
        end as applied_amount,
        coalesce(refunded.refunded_amount, 0) as refunded_amount,
        coalesce(cleared.gross_amount, 0) as cleared_gross_amount

    from payments

    left join evidenced
        on payments.economic_key = evidenced.payment_key

    left join applied
        on payments.economic_key = applied.payment_key

    left join given_back
        on payments.economic_key = given_back.payment_key

    left join refunded
        on payments.economic_key = refunded.payment_key

    left join cleared
        on payments.economic_key = cleared.payment_key

),

-- A refund of money that had been applied takes it off the invoice again, so the refunded part is
-- never counted as applied too.
split as (

    select
        *,
        least(applied_amount, amount - least(refunded_amount, amount)) as kept_applied_amount,
        least(refunded_amount, amount) as kept_refunded_amount,
        case when cleared_gross_amount > 0 then cleared_gross_amount - known_fee_amount else 0 end as cleared_amount
    from summed

),

final as (

    select
        payment_key,
        economic_key,
        is_primary,
        connection_id,
        platform,
        entity,
        payment_id as source_id,
        source_type,
        direction,
        party_key,
        payer_name,
        payment_date,
        currency_code,
        amount,
        known_fee_amount as fee_amount,
        method,
        reference,
        settlement_key,
        cast(kept_applied_amount as decimal(18, 4)) as applied_amount,
        cast(kept_refunded_amount as decimal(18, 4)) as refunded_amount,
        cast(amount - kept_applied_amount - kept_refunded_amount as decimal(18, 4)) as unapplied_amount,
        cast(cleared_amount as decimal(18, 4)) as cleared_amount,
        cast(amount - known_fee_amount - cleared_amount as decimal(18, 4)) as in_transit_amount,
        status,
        platform_status

    from split

)

select * from final
