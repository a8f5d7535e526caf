-- One row per event of a result written back to a platform.
with

source as (

    select * from {{ source('operations', 'postings') }}

),

final as (

    select
        -- keys
        sequence,

        -- attributes
        posting_id,
        connection_id,
        decision_id,
        state,
        detail,

        -- dates and times
        cast(occurred_at as timestamp) as occurred_at

    from source

)

select * from final
