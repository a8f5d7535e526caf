-- One row per refund receipt that moves money: the account it was paid from.
with

source as (

    select * from {{ source('quickbooks_online', 'refund_receipts') }}
    where _valid_to is null
        and not _is_deleted
        and deposit_to_account_ref__value is not null
        and total_amt <> 0

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'refund_receipt'", 'id', '1']) }} as ledger_entry_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'refund_receipt' as source_type,
        id as entry_id,
        cast(1 as integer) as line_number,
        deposit_to_account_ref__value as account_id,
        cast(null as varchar) as counter_account_id,
        customer_ref__value as party_id,

        -- attributes
        {{ clean_text('customer_ref__name') }} as party_name,
        coalesce({{ clean_text('payment_ref_num') }}, {{ clean_text('doc_number') }}) as reference,
        {{ clean_text('private_note') }} as memo,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        cast(0 as decimal(18, 4)) as debit_amount,
        {{ money('total_amt') }} as credit_amount,

        -- dates and times
        cast(txn_date as date) as entry_date,
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
