-- One row per payer's name that no party, invoice or resident of the entity bears and that is one slip of
-- the pen away from one name that is borne: one word with two letters swapped, one wrong, one too many
-- or one missing, the others whole, or all of its letters with a space in another place. A spelling that
-- comes more than twice is a name of its own.
with

-- One row per spelling, so that each is folded once.
spellings as (

    select
        entity,
        payer_name,
        count(*) as payment_count
    from {{ ref('int_payments__mirrored') }}
    where is_primary and status <> 'void' and entity <> 'unmapped'
    group by entity, payer_name

),

payers as (

    select
        entity,
        payment_count,
        {{ name_key('payer_name') }} as payer_name_key
    from spellings

),

borne as (

    select
        entity,
        name_key
    from {{ ref('int_parties__linked') }}

    union all

    select
        entity,
        name_key
    from {{ ref('int_invoices__evidenced') }}

    union all

    select
        entity,
        resident_name_key as name_key
    from {{ ref('int_invoices__evidenced') }}

),

known as (

    select distinct
        entity,
        name_key
    from borne
    where name_key is not null

),

strange as (

    select
        payers.entity,
        payers.payer_name_key

    from payers

    left join known
        on payers.entity = known.entity
        and payers.payer_name_key = known.name_key

    where payers.payer_name_key is not null
        and known.name_key is null
    group by payers.entity, payers.payer_name_key
    having sum(payers.payment_count) <= 2

),

known_words as (

    select
        entity,
        name_key,
        unnest(string_split(name_key, ' ')) as word
    from known

),

strange_words as (

    select
        entity,
        payer_name_key,
        unnest(string_split(payer_name_key, ' ')) as word
    from strange

),

-- The words that both bear: all but one, so that the others need no comparison.
shared as (

    select
        strange_words.entity,
        strange_words.payer_name_key,
        known_words.name_key

    from strange_words

    inner join known_words
        on strange_words.entity = known_words.entity
        and strange_words.word = known_words.word

    group by strange_words.entity, strange_words.payer_name_key, known_words.name_key
    having count(*) = len(string_split(strange_words.payer_name_key, ' ')) - 1
        and count(*) = len(string_split(known_words.name_key, ' ')) - 1

),

differing as (

    select
        shared.entity,
        shared.payer_name_key,
        shared.name_key,
        max(case when not list_contains(string_split(shared.name_key, ' '), strange_words.word) then strange_words.word end) as strange_word,
        max(case when not list_contains(string_split(shared.payer_name_key, ' '), known_words.word) then known_words.word end) as known_word

    from shared

    inner join strange_words
        on shared.entity = strange_words.entity
        and shared.payer_name_key = strange_words.payer_name_key

    inner join known_words
        on shared.entity = known_words.entity
        and shared.name_key = known_words.name_key

    group by shared.entity, shared.payer_name_key, shared.name_key

),

slips as (

    select * from differing
    where length(strange_word) >= 3
        and length(known_word) >= 3
        and {{ one_slip('strange_word', 'known_word') }}

),

-- A space that slipped or is missing, `LAUR AKELFORD` or `WALTERMORGAN`, leaves the letters in a ring as they
-- are; sorted, they are a key to join by.
known_letters as (

    select
        entity,
        name_key,
        replace(name_key, ' ', '') as letters,
        array_to_string(list_sort(string_split(replace(name_key, ' ', ''), '')), '') as sorted_letters
    from known
    where length(name_key) >= 10

),

strange_letters as (

    select
        entity,
        payer_name_key,
        replace(payer_name_key, ' ', '') as letters,
        array_to_string(list_sort(string_split(replace(payer_name_key, ' ', ''), '')), '') as sorted_letters
    from strange

),

mended as (

    select
        entity,
        payer_name_key,
        name_key
    from slips

    union all

    select
        strange_letters.entity,
        strange_letters.payer_name_key,
        known_letters.name_key

    from strange_letters

    inner join known_letters
        on strange_letters.entity = known_letters.entity
        and strange_letters.sorted_letters = known_letters.sorted_letters

    where contains(known_letters.letters || known_letters.letters, strange_letters.letters)

),

final as (

    select
        entity,
        payer_name_key,
        min(name_key) as name_key
    from mended
    group by entity, payer_name_key
    having count(distinct name_key) = 1

)

select * from final
