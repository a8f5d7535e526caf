-- One row per Stripe customer: who is billed. Deleted customers and test-mode rows are dropped.
with

source as (

    select * from {{ source('stripe', 'customers') }}
    where _valid_to is null and not _is_deleted and livemode = 'true'

),

final as (

    select
        -- keys
        {{ row_key(["'stripe'", '_connection_id', '_company', "'customer'", 'id']) }} as party_key,
        'stripe' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'customer' as source_type,
        id as party_id,
        cast(null as varchar) as parent_party_id,

        -- attributes
        'customer' as party_type,
        coalesce(
            {{ clean_text('name') }},
            {{ clean_text('business_name') }},
            {{ clean_text('individual_name') }},
            {{ clean_text('description') }},
            {{ clean_text('email') }}
        ) as name,
        true as is_active,

        -- dates and times
        {{ utc_from_epoch('created') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
