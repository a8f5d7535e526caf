-- One row per allocation of an exchange folder. The file names neither entity nor currency: both are
-- its payment's, found when the folder was read. What is taken back by a negative row is netted; where
-- the net is negative (an export that writes credit notes so), all rows of the pair turn their sign.
with

source as (

    select
        *,
        sum(amount) over (partition by _connection_id, payment_id, invoice_id) as net_amount
    from {{ source('exchange', 'allocations') }}
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
        {{ money('case when net_amount < 0 then -amount else amount end') }} as amount,
        net_amount <> 0 as is_active,

        -- dates and times
        cast(null as date) as allocated_date,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
