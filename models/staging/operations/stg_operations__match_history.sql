-- One row per change of an allocation's state that a published run recorded.
with

source as (

    select * from {{ source('operations', 'match_history') }}

),

final as (

    select
        -- keys
        history_sequence,
        match_key,
        left_key,
        right_key,

        -- attributes
        run_id,
        change_type,
        leg,
        left_type,
        left_source_id,
        right_type,
        right_source_id,
        currency_code,
        status,
        previous_status,
        rule,

        -- amounts
        amount,
        previous_amount,

        -- dates and times
        recorded_at

    from source

)

select * from final
