-- One row per bank line and known name that its text may carry. Texts are resolved once each, by
-- equality of a pair of words (the second by its first six letters, since banks cut names) or of an
-- initial and a word; no line is compared with every name.
with

bank_lines as (

    select
        bank_line_key,
        entity,
        {{ fold_text("concat_ws(' ', counterparty_name, description)") }} as folded_text,
        -- Where a bank cuts: at the end of either field.
        regexp_extract(coalesce({{ fold_text('cast(counterparty_name as varchar)') }}, ''), '[^ ]*$') as last_word
    from {{ ref('int_bank_lines__merged') }}
    where entity <> 'unmapped'

),

names as (

    select
        entity,
        payer_name_key as name_key
    from {{ ref('int_payments__evidenced') }}
    where payer_name_key is not null

    union all

    select
        entity,
        name_key
    from {{ ref('int_invoices__evidenced') }}
    where name_key is not null

    union all

    select
        entity,
        resident_name_key as name_key
    from {{ ref('int_invoices__evidenced') }}
    where resident_name_key is not null

),

known as (

    select distinct
        entity,
        name_key

    from names

),

known_words as (

    select
        entity,
        name_key,
        unnest(string_split(name_key, ' ')) as word,
        len(string_split(name_key, ' ')) as word_count
    from known

),

texts as (

    select distinct
        entity,
        folded_text,
        last_word
    from bank_lines
    where folded_text is not null

),

split_texts as (

    select distinct
        entity,
        folded_text,
        last_word,
        unnest(string_split(folded_text, ' ')) as word
    from texts

),

text_words as (

    select split_texts.*
    from split_texts

    left join {{ ref('generic_words') }} as generic_words
        on split_texts.word = generic_words.word

    where generic_words.word is null
        and not regexp_matches(split_texts.word, '[0-9]')

),

-- Two words of a name, in both orders, the second by its beginning.
known_pairs as (

    select
        firsts.entity,
        firsts.name_key,
        firsts.word as first_word,
        seconds.word as second_word,
        left(seconds.word, 6) as second_start,
        firsts.word_count

    from known_words as firsts

    inner join known_words as seconds
        on firsts.entity = seconds.entity
        and firsts.name_key = seconds.name_key
        and firsts.word <> seconds.word

),

text_pairs as (

    select
        firsts.entity,
        firsts.folded_text,
        firsts.last_word,
        firsts.word as first_word,
        seconds.word as second_word,
        left(seconds.word, 6) as second_start

    from text_words as firsts

    inner join text_words as seconds
        on firsts.entity = seconds.entity
        and firsts.folded_text = seconds.folded_text
        and firsts.last_word = seconds.last_word
        and firsts.word <> seconds.word

    where length(firsts.word) > 1

),

by_two_words as (

    select
        text_pairs.entity,
        text_pairs.folded_text,
        text_pairs.last_word,
        known_pairs.name_key,
        case when text_pairs.second_word = known_pairs.second_word then 'same_name' else 'cut_name' end as name_level

    from text_pairs

    inner join known_pairs
        on text_pairs.entity = known_pairs.entity
        and text_pairs.first_word = known_pairs.first_word
        and text_pairs.second_start = known_pairs.second_start
        and (
            text_pairs.second_word = known_pairs.second_word
            or (
                starts_with(known_pairs.second_word, text_pairs.second_word)
                and (
                    text_pairs.second_word = text_pairs.last_word
                    or ends_with(text_pairs.folded_text, text_pairs.second_word)
                )
            )
        )

),

by_initial as (

    select
        text_pairs.entity,
        text_pairs.folded_text,
        text_pairs.last_word,
        known_pairs.name_key,
        'initial_name' as name_level

    from text_pairs

    inner join known_pairs
        on text_pairs.entity = known_pairs.entity
        and text_pairs.first_word = known_pairs.first_word
        and text_pairs.second_word = left(known_pairs.second_word, 1)

    where length(text_pairs.second_word) = 1
        and known_pairs.word_count <= 3

),

by_one_word as (

    select
        text_words.entity,
        text_words.folded_text,
        text_words.last_word,
        known_words.name_key,
        'same_name' as name_level

    from text_words

    inner join known_words
        on text_words.entity = known_words.entity
        and text_words.word = known_words.word

    where known_words.word_count = 1
        and length(known_words.word) >= 5

),

unioned as (

    select * from by_two_words
    union all
    select * from by_initial
    union all
    select * from by_one_word

),

resolved as (

    select
        entity,
        folded_text,
        last_word,
        name_key,
        min(case name_level when 'same_name' then 1 when 'cut_name' then 2 else 3 end) as name_rank

    from unioned
    group by entity, folded_text, last_word, name_key

),

-- An initial that fits several known names tells nobody apart.
counted as (

    select
        *,
        count(*) over (partition by entity, folded_text, last_word) as name_count
    from resolved

),

final as (

    select
        bank_lines.bank_line_key,
        bank_lines.entity,
        counted.name_key,
        case counted.name_rank when 1 then 'same_name' when 2 then 'cut_name' else 'initial_name' end as name_level,
        counted.name_count

    from bank_lines

    inner join counted
        on bank_lines.entity = counted.entity
        and bank_lines.folded_text = counted.folded_text
        and bank_lines.last_word = counted.last_word

)

select * from final
