-- One row per payment attached to a Stripe invoice, open and cancelled ones included (not active).
-- The payment is named by charge, payment intent or payment record. Test-mode rows are dropped.
with

source as (

    select * from {{ source('stripe', 'invoice_payments') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'invoice_payment'", 'id']) }} as allocation_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        case when payment__type <> 'payment_intent' then payment__type end as payment_source_type,
        coalesce(payment__charge, payment__payment_intent, payment__payment_record) as payment_id,
        'invoice' as target_source_type,
        invoice as target_id,

        -- attributes
        upper(currency) as currency_code,

        -- amounts: nothing is paid while it is open; then it shows what was asked for
        {{ money_from_stripe('coalesce(amount_paid, amount_requested)') }} as amount,
        status = 'paid' as is_active,

        -- dates and times
        {{ date_from_epoch('coalesce(status_transitions__paid_at, created)') }} as allocated_date,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
