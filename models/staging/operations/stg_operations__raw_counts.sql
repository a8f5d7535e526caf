-- One row per connection and raw table: the rows that are true now, before anything is dropped or
-- renamed. It reads every declared raw table of the configured platforms, that is its purpose.
{% set tables = declared_raw_tables() %}
with

source as (

    {% for platform, resources in tables.items() if platform not in ('operations',) and is_configured(platform) -%}
    {% for resource, columns in resources.items() %}
    select
        _connection_id,
        '{{ platform }}.{{ resource }}' as resource
    from {{ source(platform, resource) }}
    {{ where_current(columns) }}

    union all
    {% endfor %}
    {%- endfor %}
    select
        null as _connection_id,
        null as resource
    where false

),

final as (

    select
        -- keys
        _connection_id as connection_id,
        resource,

        -- amounts
        count(*) as row_count

    from source
    group by _connection_id, resource

)

select * from final
