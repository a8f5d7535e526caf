-- One row per account and bank file: what the file says of the account's period and balances.
-- Notifications (CAMT.054) and intraday reports (.052) are no statements and are dropped, unless the
-- connection says that its .052 are all the evidence there is.
with

source as (

    select * from {{ source('bank_files', 'statements') }}
    where is_evidence

),

final as (

    select
        -- keys
        {{ row_key(["'bank_files'", '_connection_id', "'statement'", 'file_sha256', 'statement_number']) }} as statement_key,
        'bank_files' as platform,
        _connection_id as connection_id,
        {{ clean_text('statement_id') }} as statement_id,
        account_number_hash as source_account,
        file_sha256,

        -- attributes
        {{ clean_text('file_name') }} as file_name,
        case file_format when 'camt053' then 'camt' else file_format end as file_format,
        currency_code,

        -- amounts: signed, null where the file states none
        {{ money('opening_amount') }} as opening_amount,
        {{ money('closing_amount') }} as closing_amount,

        -- dates and times
        opening_date,
        closing_date,
        period_start,
        period_end,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
