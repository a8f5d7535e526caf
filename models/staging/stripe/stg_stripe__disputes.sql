-- One row per Stripe dispute: money that the cardholder's bank takes out of the balance, given back
-- if the dispute is won. What moved when is in the balance transactions. Test-mode rows are dropped.
with

source as (

    select * from {{ source('stripe', 'disputes') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'dispute'", 'id']) }} as payment_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'dispute' as source_type,
        id as payment_id,
        cast(null as varchar) as alternate_payment_id,
        {{ clean_text('charge') }} as original_payment_id,
        cast(null as varchar) as party_id,
        cast(null as varchar) as settlement_id,
        cast(null as varchar) as deposit_account,

        -- attributes
        'out' as direction,
        status as platform_status,
        'card' as platform_method,
        cast(null as varchar) as payer_name,
        cast(null as varchar) as reference,
        {{ clean_text('reason') }} as memo,
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
