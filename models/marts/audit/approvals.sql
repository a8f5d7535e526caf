with

source as (

    select * from {{ ref('stg_operations__approvals') }}

),

final as (

    select
        sequence,
        approval_id,
        decision_id,
        verdict,
        reason,
        decided_by,
        approved_by,
        approved_at,
        previous_hash,
        hash

    from source

)

select * from final
