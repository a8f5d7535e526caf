-- One row per line of a deposit slip: a payment taken from a holding account, money put in
-- directly, a fee held back (a negative line), or cash back (which lowers what reaches the bank).
with

source as (

    select
        *,
        line_value ->> '$.LinkedTxn[0].TxnType' as linked_type,
        (line_value -> '$.AccountRef') is not null as is_cash_back,
        {{ money("line_value ->> '$.Amount'") }}
        * case when (line_value -> '$.AccountRef') is null then 1 else -1 end as line_amount
    from {{ source('quickbooks_online', 'deposits') }}
    cross join lateral unnest(coalesce(json_extract(line, '$[*]'), []) || [cash_back]) with ordinality as lines (line_value, line_number)
    where _valid_to is null
        and not _is_deleted
        and line_value is not null

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'deposit'", 'id', 'line_number']) }} as settlement_item_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'deposit' as settlement_source_type,
        id as settlement_id,
        cast(line_number as varchar) as item_id,
        case
            when is_cash_back then 'adjustment'
            when linked_type in ('Payment', 'SalesReceipt') then 'payment'
            when linked_type = 'RefundReceipt' then 'refund'
            when linked_type is not null then 'adjustment'
            when line_amount < 0 then 'fee'
            else 'direct'
        end as item_type,
        lower(regexp_replace(linked_type, '([a-z])([A-Z])', '\1_\2', 'g')) as payment_source_type,
        line_value ->> '$.LinkedTxn[0].TxnId' as payment_id,

        -- attributes
        {{ clean_text("line_value ->> '$.DepositLineDetail.Entity.name'") }} as payer_name,
        {{ clean_text("line_value ->> '$.DepositLineDetail.CheckNum'") }} as reference,
        coalesce(
            {{ clean_text("line_value ->> '$.Description'") }},
            {{ clean_text("line_value ->> '$.Memo'") }}
        ) as memo,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money('line_amount') }} as gross_amount,
        cast(0 as decimal(18, 4)) as fee_amount,
        {{ money('line_amount') }} as net_amount,

        -- dates and times
        cast(txn_date as date) as item_date,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
