-- One row per debit or credit of a QuickBooks journal entry, on any account.
with

source as (

    select
        *,
        case line_value ->> '$.JournalEntryLineDetail.PostingType'
            when 'Debit' then 1
            when 'Credit' then -1
        end * {{ money("line_value ->> '$.Amount'") }} as debited_amount
    from {{ source('quickbooks_online', 'journal_entries') }}
    cross join lateral unnest(json_extract(line, '$[*]')) with ordinality as lines (line_value, line_number)
    where _valid_to is null
        and not _is_deleted
        and (line_value -> '$.JournalEntryLineDetail') is not null

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'journal_entry'", 'id', 'line_number']) }} as ledger_entry_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'journal_entry' as source_type,
        id as entry_id,
        cast(line_number as integer) as line_number,
        line_value ->> '$.JournalEntryLineDetail.AccountRef.value' as account_id,
        cast(null as varchar) as counter_account_id,
        line_value ->> '$.JournalEntryLineDetail.Entity.EntityRef.value' as party_id,

        -- attributes
        {{ clean_text("line_value ->> '$.JournalEntryLineDetail.Entity.EntityRef.name'") }} as party_name,
        {{ clean_text('doc_number') }} as reference,
        coalesce({{ clean_text("line_value ->> '$.Description'") }}, {{ clean_text('private_note') }}) as memo,
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
