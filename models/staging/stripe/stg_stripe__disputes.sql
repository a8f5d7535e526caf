-- One row per Stripe dispute, warnings included: those have moved no money yet. What a dispute did
-- to the balance is in its balance transactions. Test-mode rows are dropped.
with

source as (

    select * from {{ source('stripe', 'disputes') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'dispute'", 'id']) }} as dispute_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'dispute' as source_type,
        id as dispute_id,
        {{ clean_text('charge') }} as payment_id,
        {{ clean_text('payment_intent') }} as alternate_payment_id,

        -- attributes
        status as platform_status,
        {{ clean_text('reason') }} as dispute_reason,
        is_charge_refundable = 'true' as is_charge_refundable,
        upper(currency) as currency_code,

        -- amounts
        {{ money_from_stripe('amount') }} as amount,

        -- dates and times
        {{ date_from_epoch('created') }} as dispute_date,
        {{ utc_from_epoch('evidence_details__due_by') }} as evidence_due_at,
        {{ utc_from_epoch('created') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
