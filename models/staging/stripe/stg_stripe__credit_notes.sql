-- One row per Stripe credit note, voided ones included (platform_status). It is never open: what
-- did not reduce its invoice was refunded, paid outside or put on the customer's credit balance
-- when it was issued. Test-mode rows are dropped.
with

source as (

    select * from {{ source('stripe', 'credit_notes') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'credit_note'", 'id']) }} as invoice_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'credit_note' as source_type,
        id as invoice_id,
        {{ clean_text('customer') }} as party_id,
        cast(null as varchar) as resident_party_id,
        {{ clean_text('invoice') }} as applies_to_invoice_id,

        -- attributes
        'receivable' as direction,
        'credit_note' as document_type,
        {{ clean_text('number') }} as number,
        status as platform_status,
        cast(null as varchar) as party_name,
        {{ clean_text('metadata__resident_name') }} as resident_name,
        cast(null as varchar) as reference,
        {{ clean_text('memo') }} as memo,
        upper(currency) as currency_code,

        -- amounts
        {{ money_from_stripe('total') }} as total_amount,
        {{ money_from_stripe('total - coalesce(total_excluding_tax, total)') }} as tax_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        cast(0 as decimal(18, 4)) as platform_open_amount,

        -- dates and times
        {{ date_from_epoch('coalesce(effective_at, created)') }} as issue_date,
        cast(null as date) as due_date,
        cast(null as date) as discount_date,
        cast(null as date) as service_from,
        cast(null as date) as service_to,
        greatest(
            {{ utc_from_epoch('created') }},
            {{ utc_from_epoch('voided_at') }}
        ) as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
