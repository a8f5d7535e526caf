-- One row per time that a person looked at or exported something.
with

source as (

    select * from {{ source('operations', 'access_log') }}

),

final as (

    select
        -- keys
        sequence,

        -- attributes
        user_id,
        action,
        subject,

        -- dates and times
        cast(occurred_at as timestamp) as occurred_at

    from source

)

select * from final
