-- One row per customer payment that moves money: the account it was put into, a bank account or
-- a holding account such as Undeposited Funds.
with

source as (

    select * from {{ source('quickbooks_online', 'payments') }}
    where _valid_to is null
        and not _is_deleted
        and deposit_to_account_ref__value is not null
        and total_amt <> 0

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'payment'", 'id', '1']) }} as ledger_entry_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payment' as source_type,
        id as entry_id,
        cast(1 as integer) as line_number,
        deposit_to_account_ref__value as account_id,
        ar_account_ref__value as counter_account_id,
        customer_ref__value as party_id,

        -- attributes
        {{ clean_text('customer_ref__name') }} as party_name,
        {{ clean_text('payment_ref_num') }} as reference,
        {{ clean_text('private_note') }} as memo,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money('total_amt') }} as debit_amount,
        cast(0 as decimal(18, 4)) as credit_amount,

        -- dates and times
        cast(txn_date as date) as entry_date,
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
