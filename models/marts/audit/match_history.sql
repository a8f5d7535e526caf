with

source as (

    select * from {{ ref('stg_operations__match_history') }}

),

final as (

    select
        history_sequence,
        run_id,
        recorded_at,
        change_type,
        match_key,
        leg,
        left_type,
        left_key,
        left_source_id,
        right_type,
        right_key,
        right_source_id,
        amount,
        currency_code,
        status,
        rule,
        previous_amount,
        previous_status

    from source

)

select * from final
