-- One row per rule, window or tolerance that the home sets otherwise for an entity or an account.
with

source as (

    select * from {{ source('operations', 'match_overrides') }}

),

final as (

    select
        -- keys
        entity,
        account,
        setting,
        name,

        -- attributes
        value,
        reason

    from source

)

select * from final
