-- One row per account that a QuickBooks purchase names: the bank or card account it was paid
-- from (line 1) and the accounts of its lines. Lines for an item name no account.
with

source as (

    select
        *,
        case when credit = 'true' then -1 else 1 end * case
            when line_value is null then -{{ money('total_amt') }}
            else {{ money("line_value ->> '$.Amount'") }}
        end as debited_amount
    from {{ source('quickbooks_online', 'purchases') }}
    cross join lateral unnest([null] || coalesce(json_extract(line, '$[*]'), [])) with ordinality as lines (line_value, line_number)
    where _valid_to is null
        and not _is_deleted
        and (line_number = 1 or (line_value -> '$.AccountBasedExpenseLineDetail') is not null)

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'purchase'", 'id', 'line_number']) }} as ledger_entry_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'purchase' as source_type,
        id as entry_id,
        cast(line_number as integer) as line_number,
        coalesce(
            line_value ->> '$.AccountBasedExpenseLineDetail.AccountRef.value',
            account_ref__value
        ) as account_id,
        case when line_value is not null then account_ref__value end as counter_account_id,
        entity_ref__value as party_id,

        -- attributes
        {{ clean_text('entity_ref__name') }} as party_name,
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
