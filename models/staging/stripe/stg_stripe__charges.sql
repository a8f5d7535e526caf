-- One row per Stripe charge that moved or will move money: `charge` (cards) and `payment` (ACH and
-- the like) are one thing. Failed charges are no payments, uncaptured ones only reserve; both are
-- dropped, as are test-mode rows. Pending ones stay: ACH takes days.
with

source as (

    select * from {{ source('stripe', 'charges') }}
    where
        _valid_to is null
        and not _is_deleted
        and livemode = 'true'
        and status <> 'failed'
        and (status = 'pending' or captured = 'true')

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'charge'", 'id']) }} as payment_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'charge' as source_type,
        id as payment_id,
        {{ clean_text('payment_intent') }} as alternate_payment_id,
        cast(null as varchar) as original_payment_id,
        {{ clean_text('customer') }} as party_id,
        cast(null as varchar) as settlement_id,
        cast(null as varchar) as deposit_account,

        -- attributes
        'in' as direction,
        status as platform_status,
        {{ clean_text('payment_method_details__type') }} as platform_method,
        {{ clean_text('billing_details__name') }} as payer_name,
        {{ clean_text('receipt_number') }} as reference,
        {{ clean_text('description') }} as memo,
        upper(currency) as currency_code,

        -- amounts: a card may be captured for less than it was charged; the fee is on the balance row
        {{ money_from_stripe("case when status = 'pending' then amount else amount_captured end") }} as amount,
        cast(null as decimal(18, 4)) as fee_amount,

        -- dates and times
        {{ date_from_epoch('created') }} as payment_date,
        {{ utc_from_epoch('created') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
