-- One row per transaction that a line of a customer payment is linked to: invoices it pays,
-- credit memos and journal entries it uses. A line's amount goes to its first link.
with

source as (

    select * from {{ source('quickbooks_online', 'payments') }}
    cross join lateral unnest(json_extract(line, '$[*]')) with ordinality as lines (line_value, line_number)
    cross join lateral unnest(json_extract(line_value, '$.LinkedTxn[*]')) with ordinality as links (linked_value, link_number)
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'payment'", 'id', 'line_number', 'link_number']) }} as allocation_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payment' as payment_source_type,
        id as payment_id,
        case
            when (linked_value ->> '$.TxnType') like 'BillPayment%' then 'bill_payment'
            when (linked_value ->> '$.TxnType') in ('Check', 'CreditCardCharge', 'CreditCardCredit', 'Expense')
                then 'purchase'
            else lower(regexp_replace(linked_value ->> '$.TxnType', '([a-z])([A-Z])', '\1_\2', 'g'))
        end as target_source_type,
        linked_value ->> '$.TxnId' as target_id,

        -- attributes
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money("case when link_number = 1 then line_value ->> '$.Amount' else '0' end") }} as amount,
        total_amt <> 0 or coalesce(private_note, '') not like 'Voided%' as is_active,

        -- dates and times
        cast(txn_date as date) as allocated_date,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
