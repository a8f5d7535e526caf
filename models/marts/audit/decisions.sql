with

source as (

    select * from {{ ref('stg_operations__decisions') }}

),

final as (

    select
        sequence,
        decision_id,
        decision_type,
        subject_type,
        subject_key,
        leg,
        members,
        reason,
        replaces_decision_id,
        seen_run_id,
        decided_by,
        decided_at,
        previous_hash,
        hash

    from source

)

select * from final
