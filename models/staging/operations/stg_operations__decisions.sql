-- One row per decision a person took, in the hash chain that proves none was altered.
with

source as (

    select * from {{ source('operations', 'decisions') }}

),

final as (

    select
        -- keys
        sequence,
        subject_key,

        -- attributes
        decision_id,
        decision_type,
        subject_type,
        leg,
        members,
        reason,
        replaces_decision_id,
        seen_run_id,
        decided_by,
        previous_hash,
        hash,

        -- dates and times
        cast(decided_at as timestamp) as decided_at

    from source

)

select * from final
