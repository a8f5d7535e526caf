-- One row at most: the run that this build belongs to. Empty in a plain `dbt build` of a fresh clone.
with

source as (

    select * from {{ source('operations', 'current_run') }}

),

final as (

    select
        -- keys
        run_id,

        -- attributes
        trigger,
        home_kind,

        -- dates and times
        as_of_date

    from source

)

select * from final
