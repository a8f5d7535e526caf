-- One row per payment of an exchange folder. A negative amount is money that went the other way.
with

source as (

    select * from {{ source('exchange', 'payments') }}
    where _valid_to is null

),

final as (

    select
        -- keys
        {{ row_key(["'exchange'", '_connection_id', 'entity', "'payment'", 'payment_id']) }} as payment_key,
        'exchange' as platform,
        _connection_id as connection_id,
        entity as company_code,
        'payment' as source_type,
        payment_id,
        cast(null as varchar) as alternate_payment_id,
        cast(null as varchar) as original_payment_id,
        {{ clean_text('party_id') }} as party_id,
        {{ clean_text('payout_id') }} as settlement_id,
        {{ clean_text('account') }} as deposit_account,

        -- attributes
        case when amount >= 0 then direction when direction = 'in' then 'out' else 'in' end as direction,
        cast(null as varchar) as platform_status,
        {{ clean_text('method') }} as platform_method,
        {{ clean_text('party_name') }} as payer_name,
        {{ clean_text('reference') }} as reference,
        {{ clean_text('memo') }} as memo,
        upper(trim(currency)) as currency_code,

        -- amounts
        abs({{ money('amount') }}) as amount,
        abs({{ money('fee') }}) as fee_amount,

        -- dates and times
        date as payment_date,
        cast(null as timestamp) as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
