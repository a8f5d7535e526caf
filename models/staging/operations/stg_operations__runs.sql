-- One row per run of the cycle, with how it ended.
with

source as (

    select * from {{ source('operations', 'runs') }}

),

final as (

    select
        -- keys
        run_id,

        -- attributes
        trigger,
        outcome,
        error,

        -- dates and times
        started_at,
        finished_at,
        as_of_date

    from source

)

select * from final
