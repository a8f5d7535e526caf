with

source as (

    select * from {{ ref('stg_operations__run_events') }}

),

final as (

    select
        sequence,
        run_id,
        trigger,
        step,
        event,
        detail,
        occurred_at,
        previous_hash,
        hash

    from source

)

select * from final
