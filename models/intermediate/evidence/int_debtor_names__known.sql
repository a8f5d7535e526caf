-- One row per entity, direction and name that one debtor alone bears, as party or as resident: a name
-- that several bear tells nobody.
with

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}
    where person_key is not null

),

names as (

    select
        entity,
        settled_by,
        name_key,
        person_key
    from invoices
    where name_key is not null

    union all

    select
        entity,
        settled_by,
        resident_name_key as name_key,
        person_key
    from invoices
    where resident_name_key is not null

),

final as (

    select
        entity,
        settled_by,
        name_key,
        min(person_key) as person_key
    from names
    group by entity, settled_by, name_key
    having count(distinct person_key) = 1

)

select * from final
