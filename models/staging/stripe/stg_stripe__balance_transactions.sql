-- One row per movement of the Stripe balance, payouts included: Stripe's own statement. Which payout
-- a movement left with is only in payout_contents. Balance rows have no livemode; the key's mode
-- decides.
with

source as (

    select * from {{ source('stripe', 'balance_transactions') }}
    where _valid_to is null and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'balance_transaction'", 'id']) }} as balance_transaction_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'balance_transaction' as source_type,
        id as balance_transaction_id,
        {{ clean_text('source') }} as moved_id,

        -- attributes
        type as transaction_type,
        {{ clean_text('reporting_category') }} as reporting_category,
        status as platform_status,
        {{ clean_text('description') }} as memo,
        upper(currency) as currency_code,
        cast(exchange_rate as decimal(24, 12)) as exchange_rate,

        -- amounts: signed by their effect on the balance
        {{ money_from_stripe('amount') }} as gross_amount,
        {{ money_from_stripe('fee') }} as fee_amount,
        {{ money_from_stripe('net') }} as net_amount,

        -- dates and times
        {{ date_from_epoch('created') }} as created_date,
        {{ date_from_epoch('available_on') }} as available_date,
        {{ utc_from_epoch('created') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
