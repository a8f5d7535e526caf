-- One row per event of an alert that went out or was meant to.
with

source as (

    select * from {{ source('operations', 'alerts') }}

),

final as (

    select
        -- keys
        sequence,
        subject_key,

        -- attributes
        alert_id,
        alert_type,
        run_id,
        state,
        detail,

        -- dates and times
        cast(occurred_at as timestamp) as occurred_at

    from source

)

select * from final
