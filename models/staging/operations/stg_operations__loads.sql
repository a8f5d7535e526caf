-- One row per connection that a run loaded or tried to load.
with

source as (

    select * from {{ source('operations', 'loads') }}

),

final as (

    select
        -- keys
        run_id,

        -- attributes
        connection_id,
        platform,
        outcome,
        error,

        -- amounts
        row_count,

        -- dates and times
        finished_at

    from source

)

select * from final
