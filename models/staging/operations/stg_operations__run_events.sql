-- One row per event of a run, in the hash chain that proves none was altered.
with

source as (

    select * from {{ source('operations', 'run_events') }}

),

final as (

    select
        -- keys
        sequence,

        -- attributes
        run_id,
        trigger,
        step,
        event,
        detail,
        previous_hash,
        hash,

        -- dates and times
        cast(occurred_at as timestamp) as occurred_at

    from source

)

select * from final
