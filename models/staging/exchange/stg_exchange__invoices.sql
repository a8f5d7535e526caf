-- One row per invoice of an exchange folder. A negative total makes it a credit note of the positive
-- amount. Rows that a later folder no longer has are dropped.
with

source as (

    select * from {{ source('exchange', 'invoices') }}
    where _valid_to is null

),

final as (

    select
        -- keys
        {{ row_key(["'exchange'", '_connection_id', 'entity', "'invoice'", 'invoice_id']) }} as invoice_key,
        'exchange' as platform,
        _connection_id as connection_id,
        entity as company_code,
        'invoice' as source_type,
        invoice_id,
        {{ clean_text('party_id') }} as party_id,
        {{ clean_text('resident_id') }} as resident_party_id,
        {{ clean_text('applies_to_invoice_id') }} as applies_to_invoice_id,

        -- attributes
        direction,
        case when total < 0 then 'credit_note' else 'invoice' end as document_type,
        {{ clean_text('number') }} as number,
        coalesce({{ clean_text('status') }}, 'open') as platform_status,
        {{ clean_text('party_name') }} as party_name,
        {{ clean_text('resident_name') }} as resident_name,
        {{ clean_text('reference') }} as reference,
        {{ clean_text('memo') }} as memo,
        upper(trim(currency)) as currency_code,

        -- amounts
        abs({{ money('total') }}) as total_amount,
        abs({{ money('tax') }}) as tax_amount,
        abs({{ money('discount') }}) as discount_amount,
        cast(null as decimal(18, 4)) as platform_open_amount,

        -- dates and times
        issue_date,
        due_date,
        discount_date,
        service_from,
        service_to,
        cast(null as timestamp) as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
