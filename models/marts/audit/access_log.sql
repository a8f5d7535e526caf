with

source as (

    select * from {{ ref('stg_operations__access_log') }}

),

final as (

    select
        sequence,
        user_id,
        action,
        subject,
        occurred_at

    from source

)

select * from final
