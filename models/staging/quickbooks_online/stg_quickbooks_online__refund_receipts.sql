-- One row per QuickBooks refund receipt: money given back. It does not say which payment it
-- undoes, and its account is the one the money leaves.
with

source as (

    select * from {{ source('quickbooks_online', 'refund_receipts') }}
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'refund_receipt'", 'id']) }} as payment_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'refund_receipt' as source_type,
        id as payment_id,
        cast(null as varchar) as alternate_payment_id,
        cast(null as varchar) as original_payment_id,
        customer_ref__value as party_id,
        cast(null as varchar) as settlement_id,
        deposit_to_account_ref__value as deposit_account,

        -- attributes
        'out' as direction,
        case when total_amt = 0 and private_note like 'Voided%' then 'voided' else 'posted' end as platform_status,
        {{ clean_text('payment_method_ref__name') }} as platform_method,
        {{ clean_text('customer_ref__name') }} as payer_name,
        coalesce({{ clean_text('payment_ref_num') }}, {{ clean_text('doc_number') }}) as reference,
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
