with

source as (

    select * from {{ ref('stg_operations__source_changes') }}

),

final as (

    select
        history_sequence,
        run_id,
        recorded_at,
        change_type,
        item_type,
        item_key,
        connection_id,
        source_id,
        entity,
        item_date,
        currency_code,
        amount,
        status,
        previous_amount,
        previous_status

    from source

)

select * from final
