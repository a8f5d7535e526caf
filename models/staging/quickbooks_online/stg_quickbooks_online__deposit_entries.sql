-- One row per account that a QuickBooks deposit names: the account it goes to (line 1), those
-- credited by its direct lines, and the one that takes cash back. Lines linked to a payment are
-- left out, for they do not name the holding account that they empty.
with

source as (

    select
        *,
        case
            when line_value is null then {{ money('total_amt') }}
            when (line_value -> '$.AccountRef') is not null then {{ money("line_value ->> '$.Amount'") }}
            else -{{ money("line_value ->> '$.Amount'") }}
        end as debited_amount
    from {{ source('quickbooks_online', 'deposits') }}
    cross join lateral unnest([null] || coalesce(json_extract(line, '$[*]'), []) || [cash_back]) with ordinality as lines (line_value, line_number)
    where _valid_to is null
        and not _is_deleted
        and (
            line_number = 1
            or (line_value -> '$.DepositLineDetail.AccountRef') is not null
            or (line_value -> '$.AccountRef') is not null
        )
        and (line_value -> '$.LinkedTxn[0]') is null

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'deposit'", 'id', 'line_number']) }} as ledger_entry_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'deposit' as source_type,
        id as entry_id,
        cast(line_number as integer) as line_number,
        coalesce(
            line_value ->> '$.DepositLineDetail.AccountRef.value',
            line_value ->> '$.AccountRef.value',
            deposit_to_account_ref__value
        ) as account_id,
        case when line_value is not null then deposit_to_account_ref__value end as counter_account_id,
        line_value ->> '$.DepositLineDetail.Entity.value' as party_id,

        -- attributes
        {{ clean_text("line_value ->> '$.DepositLineDetail.Entity.name'") }} as party_name,
        coalesce(
            {{ clean_text("line_value ->> '$.DepositLineDetail.CheckNum'") }},
            {{ clean_text('doc_number') }}
        ) as reference,
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
