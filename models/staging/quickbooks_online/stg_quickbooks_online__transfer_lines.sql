-- Two rows per QuickBooks transfer: line 1 leaves one account, line 2 enters the other.
with

source as (

    select
        *,
        {{ money('amount') }} * case sides.line_number when 1 then -1 else 1 end as debited_amount
    from {{ source('quickbooks_online', 'transfers') }}
    cross join (values (1), (2)) as sides (line_number)
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'transfer'", 'id', 'line_number']) }} as ledger_entry_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'transfer' as source_type,
        id as entry_id,
        cast(line_number as integer) as line_number,
        case line_number when 1 then from_account_ref__value else to_account_ref__value end as account_id,
        case line_number when 1 then to_account_ref__value else from_account_ref__value end as counter_account_id,
        cast(null as varchar) as party_id,

        -- attributes
        cast(null as varchar) as party_name,
        cast(null as varchar) as reference,
        {{ clean_text('private_note') }} as memo,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money('greatest(debited_amount, 0)') }} as debit_amount,
        {{ money('greatest(-debited_amount, 0)') }} as credit_amount,

        -- dates and times
        cast(txn_date as date) as entry_date,
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
