-- One row per Stripe payout, failed and cancelled ones included (platform_status). A negative
-- payout is Stripe taking money from the bank. Test-mode rows are dropped.
with

source as (

    select * from {{ source('stripe', 'payouts') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'payout'", 'id']) }} as settlement_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payout' as source_type,
        id as settlement_id,

        -- attributes
        'gateway_payout' as settlement_type,
        status as platform_status,
        case when amount < 0 then 'out' else 'in' end as direction,
        {{ clean_text('destination') }} as deposit_account,
        {{ clean_text('trace_id__value') }} as reference,
        coalesce({{ clean_text('statement_descriptor') }}, {{ clean_text('description') }}) as memo,
        automatic = 'true' and reconciliation_status = 'completed' as is_itemised,
        upper(currency) as currency_code,

        -- amounts
        {{ money_from_stripe('abs(amount)') }} as amount,

        -- dates and times
        {{ date_from_epoch('created') }} as created_date,
        {{ date_from_epoch('arrival_date') }} as arrival_date,
        {{ utc_from_epoch('created') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
