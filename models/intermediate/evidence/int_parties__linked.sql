-- One row per party, with the person or organisation that it is: parties of one entity with one name
-- are one person, provided that no list of customers or vendors holds that name twice.
with

parties as (

    select * from {{ ref('int_parties__unioned') }}

),

lists as (

    select
        entity,
        name_key,
        connection_id,
        company_code,
        party_type,
        count(*) as party_count

    from parties
    where name_key is not null and entity <> 'unmapped'
    group by entity, name_key, connection_id, company_code, party_type

),

doubtful as (

    select distinct
        entity,
        name_key
    from lists
    where party_count > 1

),

persons as (

    select
        parties.party_key,
        parties.platform,
        parties.connection_id,
        parties.company_code,
        parties.entity,
        parties.party_id,
        parties.source_type,
        parties.parent_party_id,
        parties.party_type,
        parties.name,
        parties.name_key,
        parties.is_active,
        doubtful.name_key is null and parties.name_key is not null and parties.entity <> 'unmapped' as is_name_unique,
        case
            when doubtful.name_key is null and parties.name_key is not null and parties.entity <> 'unmapped'
                then {{ row_key(['parties.entity', 'parties.name_key']) }}
            else parties.party_key
        end as person_key,
        case
            when parties.parent_party_id is not null
                then {{ row_key(['parties.platform', 'parties.connection_id', 'parties.company_code', 'parties.source_type', 'parties.parent_party_id']) }}
        end as parent_party_key

    from parties

    left join doubtful
        on parties.entity = doubtful.entity
        and parties.name_key = doubtful.name_key

),

final as (

    select
        persons.*,
        parents.person_key as parent_person_key

    from persons

    left join persons as parents
        on persons.parent_party_key = parents.party_key

)

select * from final
