with

source as (

    select * from {{ ref('stg_operations__postings') }}

),

final as (

    select
        sequence,
        posting_id,
        connection_id,
        decision_id,
        state,
        detail,
        occurred_at

    from source

)

select * from final
