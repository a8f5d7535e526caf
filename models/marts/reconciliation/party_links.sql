with

parties as (

    select * from {{ ref('int_parties__linked') }}

),

persons as (

    select
        person_key,
        count(*) as party_count,
        min(party_key) as first_party_key

    from parties
    group by person_key

),

final as (

    select
        {{ row_key(['parties.party_key', 'persons.first_party_key']) }} as party_link_key,
        parties.person_key,
        parties.party_key,
        persons.first_party_key as linked_party_key,
        parties.entity,
        'same_name' as evidence

    from parties

    inner join persons
        on parties.person_key = persons.person_key
        and parties.party_key <> persons.first_party_key

)

select * from final
