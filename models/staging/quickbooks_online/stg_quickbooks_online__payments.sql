-- One row per QuickBooks customer payment. One of amount 0 only applies a credit memo.
-- The settlement is the deposit that banked it.
with

source as (

    select * from {{ source('quickbooks_online', 'payments') }}
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'payment'", 'id']) }} as payment_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payment' as source_type,
        id as payment_id,
        cast(null as varchar) as alternate_payment_id,
        cast(null as varchar) as original_payment_id,
        customer_ref__value as party_id,
        list_filter(
            from_json(linked_txn, '[{"TxnId": "VARCHAR", "TxnType": "VARCHAR"}]'),
            lambda linked: linked.TxnType = 'Deposit'
        )[1].TxnId as settlement_id,
        deposit_to_account_ref__value as deposit_account,

        -- attributes
        'in' as direction,
        case when total_amt = 0 and private_note like 'Voided%' then 'voided' else 'posted' end as platform_status,
        {{ clean_text('payment_method_ref__name') }} as platform_method,
        {{ clean_text('customer_ref__name') }} as payer_name,
        {{ clean_text('payment_ref_num') }} as reference,
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
