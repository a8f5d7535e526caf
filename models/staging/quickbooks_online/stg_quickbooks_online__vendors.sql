-- One row per QuickBooks vendor, active or not.
-- A merged one stays, inactive.
with

source as (

    select * from {{ source('quickbooks_online', 'vendors') }}
    where _valid_to is null
        and not _is_deleted

),

final as (

    select
        -- keys
        {{ row_key(["'quickbooks_online'", '_connection_id', '_company', "'vendor'", 'id']) }} as party_key,
        'quickbooks_online' as platform,
        _connection_id as connection_id,
        _company as company_code,
        'vendor' as source_type,
        id as party_id,
        cast(null as varchar) as parent_party_id,

        -- attributes
        'vendor' as party_type,
        {{ clean_text('display_name') }} as name,
        coalesce(active, 'true') = 'true' as is_active,

        -- dates and times
        {{ utc_from_text('meta_data__last_updated_time') }} as updated_at,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
