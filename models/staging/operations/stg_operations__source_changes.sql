-- One row per document, payment, settlement or bank line that appeared, changed or is gone, as a published run saw it.
with

source as (

    select * from {{ source('operations', 'source_changes') }}

),

final as (

    select
        -- keys
        history_sequence,
        item_key,

        -- attributes
        run_id,
        change_type,
        item_type,
        connection_id,
        source_id,
        entity,
        currency_code,
        status,
        previous_status,

        -- amounts
        amount,
        previous_amount,

        -- dates and times
        recorded_at,
        item_date

    from source

)

select * from final
