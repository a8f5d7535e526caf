-- One row per bank line of an exchange folder. An account is known by its entity and its code.
with

source as (

    select * from {{ source('exchange', 'bank_lines') }}
    where _valid_to is null

),

final as (

    select
        -- keys
        {{ row_key(["'exchange'", '_connection_id', 'entity', "'bank_line'", 'line_id']) }} as line_key,
        'exchange' as platform,
        _connection_id as connection_id,
        entity || '/' || account as source_account,
        line_id,
        cast(null as varchar) as statement_key,

        -- attributes
        cast(null as varchar) as file_format,
        'booked' as status,
        {{ clean_text('type') }} as line_type,
        {{ clean_text('counterparty') }} as counterparty_name,
        {{ clean_text('description') }} as description,
        {{ clean_text('reference') }} as reference,
        cast(null as varchar) as check_number,
        false as is_reversal,
        upper(trim(currency)) as currency_code,
        cast(null as varchar) as original_currency_code,
        cast(null as decimal(18, 10)) as exchange_rate,

        -- amounts: signed, money in is positive
        {{ money('amount') }} as amount,
        cast(null as decimal(18, 4)) as original_amount,
        cast(null as decimal(18, 4)) as charge_amount,

        -- dates and times
        date as booking_date,
        date as value_date,
        cast(null as integer) as line_order,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
