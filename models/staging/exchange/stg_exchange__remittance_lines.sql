-- One row per line of what a payer says a payment of an exchange folder is for: evidence, not truth.
with

source as (

    select * from {{ source('exchange', 'remittance_lines') }}
    where _valid_to is null

),

final as (

    select
        -- keys
        {{ row_key(["'exchange'", '_connection_id', "'remittance_line'", '_version_hash']) }} as remittance_line_key,
        'exchange' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payment' as payment_source_type,
        payment_id,

        -- attributes
        {{ clean_text('invoice_reference') }} as invoice_reference,
        {{ clean_text('memo') }} as memo,
        upper(trim(_currency)) as currency_code,

        -- amounts: signed as the payer wrote it, null where he wrote none
        {{ money('amount') }} as amount,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
