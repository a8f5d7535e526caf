-- One row per connection and account as its source names it. `*` as source account means that the
-- source writes `<entity>/<account>` itself.
with

source as (

    select * from {{ source('operations', 'bank_account_map') }}

),

final as (

    select
        -- keys
        connection_id,
        source_account,

        -- attributes
        account_id,
        entity,
        account_name,
        currency_code

    from source

)

select * from final
