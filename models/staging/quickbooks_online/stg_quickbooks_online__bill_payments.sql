-- One row per QuickBooks bill payment, by check or by credit card.
with

source as (

    select * from {{ source('quickbooks_online', 'bill_payments') }}
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'bill_payment'", 'id']) }} as payment_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'bill_payment' as source_type,
        id as payment_id,
        cast(null as varchar) as alternate_payment_id,
        cast(null as varchar) as original_payment_id,
        vendor_ref__value as party_id,
        cast(null as varchar) as settlement_id,
        coalesce(
            check_payment__bank_account_ref__value,
            credit_card_payment__cc_account_ref__value
        ) as deposit_account,

        -- attributes
        'out' as direction,
        case when total_amt = 0 and private_note like 'Voided%' then 'voided' else 'posted' end as platform_status,
        {{ clean_text('pay_type') }} as platform_method,
        {{ clean_text('vendor_ref__name') }} as payer_name,
        {{ clean_text('doc_number') }} as reference,
        {{ clean_text('private_note') }} as memo,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money('total_amt') }} as amount,
        cast(null as decimal(18, 4)) as fee_amount,

        -- dates and times
        cast(txn_date as date) as payment_date,
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
