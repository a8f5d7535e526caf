with

source as (

    select * from {{ ref('stg_operations__runs') }}

),

final as (

    select
        run_id,
        trigger,
        started_at,
        finished_at,
        outcome,
        as_of_date,
        error

    from source

)

select * from final
