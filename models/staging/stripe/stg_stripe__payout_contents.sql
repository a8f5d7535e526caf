-- One row per balance transaction in an itemised payout. The payout's own row is dropped: it takes
-- out what the others bring, and their net is the payout's amount. A dispute is an `adjustment` to
-- Stripe, told by its category. Balance rows have no livemode; the key's mode decides.
with

source as (

    select * from {{ source('stripe', 'payout_contents') }}
    where
        _valid_to is null
        and not _is_deleted
        and not (type = 'payout' and source = payout)

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'payout_content'", 'payout', 'id']) }} as settlement_item_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payout' as settlement_source_type,
        payout as settlement_id,
        id as item_id,

        -- attributes
        case
            when type in ('charge', 'payment', 'payment_failure_refund') then 'payment'
            when type in ('refund', 'payment_refund', 'refund_failure') then 'refund'
            when reporting_category in ('dispute', 'dispute_reversal') then 'dispute'
            when type = 'tax_fee' or reporting_category in ('fee', 'network_cost') then 'fee'
            else 'adjustment'
        end as item_type,
        case
            when item_type = 'payment' then 'charge'
            when item_type in ('refund', 'dispute') then item_type
        end as payment_source_type,
        case when payment_source_type is not null then source end as payment_id,
        cast(null as varchar) as payer_name,
        case when payment_source_type is null then {{ clean_text('source') }} end as reference,
        {{ clean_text('description') }} as memo,
        upper(currency) as currency_code,

        -- amounts: signed by their effect on the balance, so on the payout
        {{ money_from_stripe('amount') }} as gross_amount,
        {{ money_from_stripe('fee') }} as fee_amount,
        {{ money_from_stripe('net') }} as net_amount,

        -- dates and times
        {{ date_from_epoch('created') }} as item_date,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
