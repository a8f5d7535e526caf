-- One row per connection and company code. `*` as company code means that the code is the entity.
with

source as (

    select * from {{ source('operations', 'entity_map') }}

),

final as (

    select
        -- keys
        connection_id,
        company_code,

        -- attributes
        entity

    from source

)

select * from final
