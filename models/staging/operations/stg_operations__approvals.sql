-- One row per second person's word on a decision, in its hash chain.
with

source as (

    select * from {{ source('operations', 'approvals') }}

),

final as (

    select
        -- keys
        sequence,

        -- attributes
        approval_id,
        decision_id,
        verdict,
        reason,
        decided_by,
        approved_by,
        previous_hash,
        hash,

        -- dates and times
        cast(approved_at as timestamp) as approved_at

    from source

)

select * from final
