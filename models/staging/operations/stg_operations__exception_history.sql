-- One row per change of an exception's state that a published run recorded.
with

source as (

    select * from {{ source('operations', 'exception_history') }}

),

final as (

    select
        -- keys
        history_sequence,
        exception_key,

        -- attributes
        run_id,
        change_type,

        -- dates and times
        recorded_at

    from source

)

select * from final
