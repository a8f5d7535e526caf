-- One row per QuickBooks deposit slip: what the bank should show as one credit.
with

source as (

    select * from {{ source('quickbooks_online', 'deposits') }}
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'deposit'", 'id']) }} as settlement_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'deposit' as source_type,
        id as settlement_id,

        -- attributes
        'deposit_slip' as settlement_type,
        case when total_amt = 0 and private_note like 'Voided%' then 'voided' else 'posted' end as platform_status,
        'in' as direction,
        deposit_to_account_ref__value as deposit_account,
        {{ clean_text('doc_number') }} as reference,
        {{ clean_text('private_note') }} as memo,
        true as is_itemised,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money('total_amt') }} as amount,

        -- dates and times
        cast(txn_date as date) as created_date,
        cast(txn_date as date) as arrival_date,
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
