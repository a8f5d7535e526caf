-- One row per payment whose text names another payment's own id, as a whole token, of the same
-- connection and party: a refund, a chargeback or its reversal. It settles no invoice by itself.
with

payments as (

    select * from {{ ref('int_payments__mirrored') }}
    where status <> 'void'

),

tokens as (

    select
        *,
        unnest(regexp_extract_all(concat_ws(' ', reference, memo), '[A-Za-z0-9_-]{6,}')) as token
    from payments
    where is_primary

),

found as (

    select
        tokens.payment_key,
        mentioned.economic_key as mentioned_payment_key

    from tokens

    inner join payments as mentioned
        on {{ row_key(['tokens.platform', 'tokens.connection_id', 'tokens.company_code', 'tokens.token']) }}
        = {{ row_key(['mentioned.platform', 'mentioned.connection_id', 'mentioned.company_code', 'mentioned.payment_id']) }}
        and mentioned.direction = 'in'
        and mentioned.party_key is not distinct from tokens.party_key
        and mentioned.payment_key <> tokens.payment_key

),

final as (

    select
        payment_key,
        min(mentioned_payment_key) as mentioned_payment_key

    from found
    group by payment_key
    having count(distinct mentioned_payment_key) = 1

)

select * from final
