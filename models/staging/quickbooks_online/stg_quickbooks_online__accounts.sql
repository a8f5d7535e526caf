-- One row per QuickBooks ledger account, active or not: bank, card, receivable, clearing, ...
with

source as (

    select * from {{ source('quickbooks_online', 'accounts') }}
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'account'", 'id']) }} as ledger_account_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        id as account_id,

        -- attributes
        {{ clean_text('name') }} as name,
        {{ clean_text('account_type') }} as account_type,
        {{ clean_text('account_sub_type') }} as account_subtype,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money('current_balance') }} as balance_amount,
        coalesce(active, 'true') = 'true' as is_active,

        -- dates and times
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
