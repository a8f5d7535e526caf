with

source as (

    select * from {{ ref('stg_operations__loads') }}

),

final as (

    select
        run_id,
        connection_id,
        platform,
        outcome,
        row_count,
        error,
        finished_at

    from source

)

select * from final
