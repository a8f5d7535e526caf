with

source as (

    select * from {{ ref('stg_operations__alerts') }}

),

final as (

    select
        sequence,
        alert_id,
        alert_type,
        run_id,
        subject_key,
        state,
        detail,
        occurred_at

    from source

)

select * from final
