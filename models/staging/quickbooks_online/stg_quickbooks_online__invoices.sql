-- One row per QuickBooks invoice. A void stays, with nothing to pay; a deleted one is dropped.
-- A sub-customer is taken for the resident. Discount lines are inside the total already.
with

source as (

    select * from {{ source('quickbooks_online', 'invoices') }}
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'invoice'", 'id']) }} as invoice_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'invoice' as source_type,
        id as invoice_id,
        customer_ref__value as party_id,
        case when customer_ref__name like '%:%' then customer_ref__value end as resident_party_id,
        cast(null as varchar) as applies_to_invoice_id,

        -- attributes
        'receivable' as direction,
        'invoice' as document_type,
        {{ clean_text('doc_number') }} as number,
        case
            when total_amt = 0 and private_note like 'Voided%' then 'voided'
            when balance = 0 and total_amt > 0 then 'paid'
            when balance > 0 and balance < total_amt then 'part_paid'
            else 'open'
        end as platform_status,
        {{ clean_text('customer_ref__name') }} as party_name,
        {{ clean_text("regexp_extract(customer_ref__name, ':([^:]*)$', 1)") }} as resident_name,
        cast(null as varchar) as reference,
        coalesce({{ clean_text('customer_memo__value') }}, {{ clean_text('private_note') }}) as memo,
        {{ clean_text('currency_ref__value') }} as currency_code,

        -- amounts: major units of currency_code
        {{ money('total_amt') }} as total_amount,
        {{ money('txn_tax_detail__total_tax') }} as tax_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        {{ money('balance') }} as platform_open_amount,

        -- dates and times
        cast(txn_date as date) as issue_date,
        cast(due_date as date) as due_date,
        cast(null as date) as discount_date,
        list_min(list_transform(
            json_extract_string(line, '$[*].SalesItemLineDetail.ServiceDate'),
            lambda day: cast(day as date)
        )) as service_from,
        list_max(list_transform(
            json_extract_string(line, '$[*].SalesItemLineDetail.ServiceDate'),
            lambda day: cast(day as date)
        )) as service_to,
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
