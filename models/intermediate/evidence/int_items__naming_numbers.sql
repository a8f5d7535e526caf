-- One row per payment or bank line whose text holds something that looks like a document number of its
-- entity: a known number, or a known number's letters followed by a digit. What it names may not
-- exist; it is then a slip of the pen, and no ground for guessing by name and amount.
with

tokens as (

    select * from {{ ref('int_reference_tokens__extracted') }}

),

numbers as (

    select
        entity,
        number_token
    from {{ ref('int_invoices__evidenced') }}
    where number_token is not null

),

prefixes as (

    select
        entity,
        regexp_extract(number_token, '^[A-Z]{2,}') as prefix
    from numbers
    group by entity, regexp_extract(number_token, '^[A-Z]{2,}')
    having regexp_extract(number_token, '^[A-Z]{2,}') <> ''

),

known as (

    select distinct
        tokens.item_type,
        tokens.item_key

    from tokens

    inner join numbers
        on tokens.entity = numbers.entity
        and tokens.token = numbers.number_token

),

alike as (

    select distinct
        tokens.item_type,
        tokens.item_key

    from tokens

    inner join prefixes
        on tokens.entity = prefixes.entity
        and regexp_extract(tokens.token, '^[A-Z]{2,}') = prefixes.prefix

),

unioned as (

    select * from known
    union all
    select * from alike

),

final as (

    select distinct
        item_type,
        item_key
    from unioned

)

select * from final
