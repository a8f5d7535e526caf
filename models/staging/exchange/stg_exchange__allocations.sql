-- One row per allocation of an exchange folder. The file names neither entity nor currency: both are
-- its payment's, found when the folder was read.
with

source as (

    select * from {{ source('exchange', 'allocations') }}
    where _valid_to is null

),

final as (

    select
        -- keys
        {{ row_key(["'exchange'", '_connection_id', "'allocation'", '_version_hash']) }} as allocation_key,
        'exchange' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'payment' as payment_source_type,
        payment_id,
        'invoice' as target_source_type,
        invoice_id as target_id,

        -- attributes
        upper(trim(_currency)) as currency_code,

        -- amounts
        abs({{ money('amount') }}) as amount,
        true as is_active,

        -- dates and times
        cast(null as date) as allocated_date,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
