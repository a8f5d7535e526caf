-- One row per payment, with the real thing it records. A payment in the books that names a gateway's
-- own id (a charge or its intent) as a whole token, with the same amount, is that charge.
with

payments as (

    select * from {{ ref('int_payments__unioned') }}

),

authorities as (

    select * from {{ ref('authorities') }}
    where item_type = 'payment'

),

ranked_payments as (

    select
        payments.*,
        coalesce(authorities.authority_rank, 100) as authority_rank

    from payments

    left join authorities
        on payments.platform = authorities.platform

),

named as (

    select distinct
        payment_key,
        connection_id,
        entity,
        direction,
        currency_code,
        amount,
        authority_rank,
        unnest(regexp_extract_all(concat_ws(' ', reference, memo), '[A-Za-z0-9_]{8,}')) as token

    from ranked_payments
    where entity <> 'unmapped'

),

aliases as (

    select
        payment_key,
        payment_id as token
    from ranked_payments
    where payment_id is not null

    union all

    select
        payment_key,
        alternate_payment_id as token
    from ranked_payments
    where alternate_payment_id is not null

),

pairs as (

    select distinct
        named.payment_key as mirror_payment_key,
        originals.payment_key as original_payment_key

    from named

    inner join aliases
        on named.token = aliases.token

    inner join ranked_payments as originals
        on aliases.payment_key = originals.payment_key
        and named.entity = originals.entity
        and named.direction = originals.direction
        and named.currency_code = originals.currency_code
        and named.amount = originals.amount
        and named.connection_id <> originals.connection_id
        and named.authority_rank > originals.authority_rank

),

-- A mirror that could be of two originals, or an original with two mirrors in one place, is none.
unambiguous as (

    select
        pairs.mirror_payment_key,
        pairs.original_payment_key,
        count(*) over (partition by pairs.mirror_payment_key) as original_count,
        count(*) over (
            partition by pairs.original_payment_key, mirrors.connection_id, mirrors.company_code
        ) as mirror_count

    from pairs

    inner join ranked_payments as mirrors
        on pairs.mirror_payment_key = mirrors.payment_key

),

final as (

    select
        payments.*,
        coalesce(unambiguous.original_payment_key, payments.payment_key) as economic_key,
        unambiguous.original_payment_key is null as is_primary

    from payments

    left join unambiguous
        on payments.payment_key = unambiguous.mirror_payment_key
        and unambiguous.original_count = 1
        and unambiguous.mirror_count = 1

)

select * from final
