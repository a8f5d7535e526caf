with

parties as (

    select * from {{ ref('int_parties__linked') }}

),

final as (

    select
        party_key,
        person_key,
        connection_id,
        platform,
        entity,
        party_id as source_id,
        party_type,
        name as party_name,
        parent_party_key,
        is_active,
        is_name_unique

    from parties

)

select * from final
