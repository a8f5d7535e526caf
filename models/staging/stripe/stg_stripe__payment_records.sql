-- One row per payment received outside Stripe and reported to it, e.g. a cheque against a Stripe
-- invoice. Its status is told by its amounts alone. Test-mode rows are dropped.
with

source as (

    select * from {{ source('stripe', 'payment_records') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'payment_record'", 'id']) }} as payment_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payment_record' as source_type,
        id as payment_id,
        cast(null as varchar) as alternate_payment_id,
        cast(null as varchar) as original_payment_id,
        {{ clean_text('customer_details__customer') }} as party_id,
        cast(null as varchar) as settlement_id,
        cast(null as varchar) as deposit_account,

        -- attributes
        'in' as direction,
        case
            when amount_guaranteed__value > 0 then 'succeeded'
            when amount_failed__value > 0 then 'failed'
            when amount_canceled__value > 0 then 'canceled'
            else 'pending'
        end as platform_status,
        coalesce(
            {{ clean_text('payment_method_details__custom__display_name') }},
            {{ clean_text('payment_method_details__type') }}
        ) as platform_method,
        {{ clean_text('customer_details__name') }} as payer_name,
        {{ clean_text('processor_details__custom__payment_reference') }} as reference,
        {{ clean_text('description') }} as memo,
        upper(amount_requested__currency) as currency_code,

        -- amounts
        {{ money_from_stripe('amount_requested__value', 'amount_requested__currency') }} as amount,
        cast(0 as decimal(18, 4)) as fee_amount,

        -- dates and times
        {{ date_from_epoch('created') }} as payment_date,
        {{ utc_from_epoch('created') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
