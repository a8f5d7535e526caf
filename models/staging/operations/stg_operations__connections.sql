-- One row per connection that is set up in the home.
with

source as (

    select * from {{ source('operations', 'connections') }}

),

final as (

    select
        -- keys
        connection_id,

        -- attributes
        platform,
        kind

    from source

)

select * from final
