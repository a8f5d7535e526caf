-- One row per Stripe invoice, drafts and voided ones included (platform_status). A negative total
-- is money owed to the customer, so it is a credit note here. Deleted drafts and test-mode rows
-- are dropped. Dates are the UTC dates of Stripe's moments.
with

source as (

    select * from {{ source('stripe', 'invoices') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'invoice'", 'id']) }} as invoice_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'invoice' as source_type,
        id as invoice_id,
        {{ clean_text('customer') }} as party_id,
        cast(null as varchar) as resident_party_id,
        cast(null as varchar) as applies_to_invoice_id,

        -- attributes
        'receivable' as direction,
        case when total < 0 then 'credit_note' else 'invoice' end as document_type,
        {{ clean_text('number') }} as number,
        status as platform_status,
        {{ clean_text('customer_name') }} as party_name,
        {{ clean_text('metadata__resident_name') }} as resident_name,
        cast(null as varchar) as reference,
        {{ clean_text('description') }} as memo,
        upper(currency) as currency_code,

        -- amounts
        {{ money_from_stripe('abs(total)') }} as total_amount,
        {{ money_from_stripe('abs(total - coalesce(total_excluding_tax, total))') }} as tax_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        {{ money_from_stripe('amount_remaining') }} as platform_open_amount,

        -- dates and times
        {{ date_from_epoch('coalesce(effective_at, created)') }} as issue_date,
        {{ date_from_epoch('due_date') }} as due_date,
        cast(null as date) as discount_date,
        {{ date_from_epoch('nullif(period_start, period_end)') }} as service_from,
        {{ date_from_epoch('nullif(period_end, period_start)') }} as service_to,
        greatest(
            {{ utc_from_epoch('created') }},
            {{ utc_from_epoch('status_transitions__finalized_at') }},
            {{ utc_from_epoch('status_transitions__paid_at') }},
            {{ utc_from_epoch('status_transitions__voided_at') }},
            {{ utc_from_epoch('status_transitions__marked_uncollectible_at') }}
        ) as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
