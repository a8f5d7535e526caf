-- One row per Stripe refund that gave or will give money back. Failed and cancelled ones gave
-- nothing, and the refund of an expired authorisation returns what was never taken: all dropped.
-- A refund has no livemode; the key's mode decides.
with

source as (

    select * from {{ source('stripe', 'refunds') }}
    where
        _valid_to is null
        and not _is_deleted
        and status not in ('failed', 'canceled')
        and reason is distinct from 'expired_uncaptured_charge'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'refund'", 'id']) }} as payment_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'refund' as source_type,
        id as payment_id,
        cast(null as varchar) as alternate_payment_id,
        {{ clean_text('charge') }} as original_payment_id,
        {{ clean_text('customer') }} as party_id,
        cast(null as varchar) as settlement_id,
        cast(null as varchar) as deposit_account,

        -- attributes
        'out' as direction,
        status as platform_status,
        {{ clean_text('destination_details__type') }} as platform_method,
        cast(null as varchar) as payer_name,
        {{ clean_text('receipt_number') }} as reference,
        coalesce({{ clean_text('description') }}, {{ clean_text('reason') }}) as memo,
        upper(currency) as currency_code,

        -- amounts
        {{ money_from_stripe('amount') }} as amount,
        cast(null as decimal(18, 4)) as fee_amount,

        -- dates and times
        {{ date_from_epoch('created') }} as payment_date,
        {{ utc_from_epoch('created') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
