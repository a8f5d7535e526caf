-- One row per bank line or payment and known name that its text may carry. Texts are resolved once
-- each, by equality of a pair of words (the second by its first six letters, since banks cut names)
-- or of an initial and a word; no text is compared with every name.
with

items as (

    select
        'bank_line' as item_type,
        bank_line_key as item_key,
        entity,
        {{ fold_text("concat_ws(' ', counterparty_name, description, reference)") }} as folded_text,
        -- Where a bank cuts: at the end of a field, or before the next one's label, as in `ROSA ADAMS TYPE: WEB`.
        concat_ws(
            ' ',
            regexp_extract({{ fold_text('cast(counterparty_name as varchar)') }}, '[A-Z]*$'),
            regexp_extract({{ fold_text('description') }}, '[A-Z]*$'),
            regexp_extract({{ fold_text('reference') }}, '[A-Z]*$'),
            {{ fold_text("array_to_string(regexp_extract_all(description, '([[:alpha:]]+) +(?:(?:ORIG|IND|CO|CO ENTRY) +)?[A-Z]{2,5}:', 1), ' ')") }}
        ) as cut_words
    from {{ ref('int_bank_lines__merged') }}
    where entity <> 'unmapped'

    union all

    select
        'payment' as item_type,
        payment_key as item_key,
        entity,
        {{ fold_text("concat_ws(' ', reference, memo)") }} as folded_text,
        coalesce(regexp_extract({{ fold_text("concat_ws(' ', reference, memo)") }}, '[A-Z]*$'), '') as cut_words
    from {{ ref('int_payments__evidenced') }}

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

distinct_names as (

    select distinct
        entity,
        name_key

    from names

),

-- Names and texts go by a number here: a join on one is much cheaper than on the words themselves.
known as (

    select
        entity,
        name_key,
        row_number() over (order by entity asc, name_key asc) as name_number,
        list_filter(string_split(name_key, ' '), lambda word: word not in {{ legal_forms() }}) as telling_words
    from distinct_names

),

known_words as (

    select
        entity,
        name_number,
        unnest(telling_words) as word,
        len(telling_words) as word_count
    from known

),

-- Without what has digits, which is no name: so very many texts are one.
worded_items as materialized (

    select * replace (regexp_replace(folded_text, '[A-Z]*[0-9][A-Z0-9]* ?', '', 'g') as folded_text)
    from items
    where folded_text is not null

),

distinct_texts as (

    select distinct
        entity,
        folded_text,
        cut_words
    from worded_items

),

texts as (

    select
        *,
        row_number() over (order by entity asc, folded_text asc, cut_words asc) as text_number
    from distinct_texts

),

split_texts as (

    select
        entity,
        text_number,
        cut_words,
        unnest(list_distinct(string_split(folded_text, ' '))) as word
    from texts

),

text_words as (

    select
        split_texts.entity,
        split_texts.text_number,
        split_texts.word,
        list_contains(string_split(split_texts.cut_words, ' '), split_texts.word) as may_be_cut
    from split_texts

    left join {{ ref('generic_words') }} as generic_words
        on split_texts.word = generic_words.word

    where generic_words.word is null
        and split_texts.word <> ''
        and split_texts.word not in {{ legal_forms() }}

),

-- Two words of a name, in both orders, the second by its beginning.
known_pairs as (

    select
        firsts.entity,
        firsts.name_number,
        firsts.word as first_word,
        seconds.word as second_word,
        left(seconds.word, 6) as second_start,
        firsts.word_count

    from known_words as firsts

    inner join known_words as seconds
        on firsts.name_number = seconds.name_number
        and firsts.word <> seconds.word

),

text_pairs as (

    select
        firsts.entity,
        firsts.text_number,
        firsts.word as first_word,
        seconds.word as second_word,
        left(seconds.word, 6) as second_start,
        seconds.may_be_cut

    from text_words as firsts

    inner join text_words as seconds
        on firsts.text_number = seconds.text_number
        and firsts.word <> seconds.word

    where length(firsts.word) > 1

),

by_two_words as (

    select
        text_pairs.text_number,
        known_pairs.name_number,
        case when text_pairs.second_word = known_pairs.second_word then 1 else 2 end as name_rank

    from text_pairs

    inner join known_pairs
        on text_pairs.entity = known_pairs.entity
        and text_pairs.first_word = known_pairs.first_word
        and text_pairs.second_start = known_pairs.second_start
        and (
            text_pairs.second_word = known_pairs.second_word
            or (text_pairs.may_be_cut and starts_with(known_pairs.second_word, text_pairs.second_word))
        )

),

by_initial as (

    select
        text_pairs.text_number,
        known_pairs.name_number,
        3 as name_rank

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
        text_words.text_number,
        known_words.name_number,
        1 as name_rank

    from text_words

    inner join known_words
        on text_words.entity = known_words.entity
        and text_words.word = known_words.word

    where known_words.word_count = 1
        and length(known_words.word) >= 5

),

-- Each word of a text, and each two of them without the space between.
run_words as (

    select
        entity,
        text_number,
        word,
        word as run_word
    from text_words

    union all

    select
        entity,
        text_number,
        unnest(string_split(folded_text, ' ')[:-2]) as word,
        unnest(list_transform(
            list_zip(string_split(folded_text, ' ')[:-2], string_split(folded_text, ' ')[2:]),
            lambda two: two[1] || two[2]
        )) as run_word
    from texts

),

-- A name of two words that lost its space, `ROSAADAMS`, or has it elsewhere, `ROS AADAMS`.
by_joined_words as (

    select
        run_words.text_number,
        known_pairs.name_number,
        1 as name_rank

    from run_words

    inner join known_pairs
        on run_words.entity = known_pairs.entity
        and run_words.run_word = known_pairs.first_word || known_pairs.second_word
        -- With the space in its place they are two words like others.
        and run_words.word <> known_pairs.first_word

    where known_pairs.word_count = 2
        and length(run_words.run_word) >= 8

),

-- One word as it is known, the other cut or with one slip; words that very many names share are left out.
rare_words as (

    select
        entity,
        word
    from known_words
    where length(word) >= 3
    group by entity, word
    having count(*) <= 60

),

rare_pairs as (

    select known_pairs.*

    from known_pairs

    inner join rare_words
        on known_pairs.entity = rare_words.entity
        and known_pairs.first_word = rare_words.word

    where known_pairs.word_count <= 3

),

-- A slip leaves a word's first letter or its last, so two words that differ in both are never compared.
by_first_letter as (

    select
        text_pairs.text_number,
        rare_pairs.name_number,
        case
            when length(text_pairs.second_word) = 2 then 3
            when starts_with(rare_pairs.second_word, text_pairs.second_word) then 2
            else 4
        end as name_rank

    from text_pairs

    inner join rare_pairs
        on text_pairs.entity = rare_pairs.entity
        and text_pairs.first_word = rare_pairs.first_word
        and left(text_pairs.second_word, 1) = left(rare_pairs.second_word, 1)

    where text_pairs.second_word <> rare_pairs.second_word
        and (
            (
                length(text_pairs.second_word) >= 2
                and starts_with(rare_pairs.second_word, text_pairs.second_word)
                and text_pairs.may_be_cut
            )
            or (
                length(text_pairs.first_word) >= 4
                and length(text_pairs.second_word) >= 4
                and length(rare_pairs.second_word) >= 4
                and {{ one_slip('text_pairs.second_word', 'rare_pairs.second_word') }}
            )
        )

),

by_last_letter as (

    select
        text_pairs.text_number,
        rare_pairs.name_number,
        4 as name_rank

    from text_pairs

    inner join rare_pairs
        on text_pairs.entity = rare_pairs.entity
        and text_pairs.first_word = rare_pairs.first_word
        and right(text_pairs.second_word, 1) = right(rare_pairs.second_word, 1)

    where left(text_pairs.second_word, 1) <> left(rare_pairs.second_word, 1)
        and length(text_pairs.first_word) >= 4
        and length(text_pairs.second_word) >= 4
        and length(rare_pairs.second_word) >= 4
        and {{ one_slip('text_pairs.second_word', 'rare_pairs.second_word') }}

),

unioned as (

    select * from by_two_words
    union all
    select * from by_first_letter
    union all
    select * from by_last_letter
    union all
    select * from by_initial
    union all
    select * from by_one_word
    union all
    select * from by_joined_words

),

resolved as (

    select
        text_number,
        name_number,
        min(name_rank) as name_rank

    from unioned
    group by text_number, name_number

),

whole_names as (

    select distinct text_number
    from resolved
    where name_rank = 1

),

-- Of texts that bear the words of several names, which words of each.
worded_names as (

    select
        resolved.text_number,
        resolved.name_number,
        list_intersect(known.telling_words, string_split(texts.folded_text, ' ')) as words,
        len(known.telling_words) as word_count

    from resolved

    inner join known
        on resolved.name_number = known.name_number

    inner join texts
        on resolved.text_number = texts.text_number

    where resolved.name_rank = 1
    qualify count(*) over (partition by resolved.text_number) > 1

),

-- `HYUN-WOO STEWART` is all of one name: HYUN and WOO alone mean nobody else then.
overshadowed as (

    select distinct
        parts.text_number,
        parts.name_number

    from worded_names as parts

    inner join worded_names as wholes
        on parts.text_number = wholes.text_number
        and len(wholes.words) = wholes.word_count
        and len(parts.words) < parts.word_count
        and len(parts.words) < len(wholes.words)
        and list_has_all(wholes.words, parts.words)

),

-- JOAN is no slip of JOHN where Joan is known.
told as (

    select resolved.*

    from resolved

    left join whole_names
        on resolved.text_number = whole_names.text_number

    left join overshadowed
        on resolved.text_number = overshadowed.text_number
        and resolved.name_number = overshadowed.name_number

    where (resolved.name_rank < 4 or whole_names.text_number is null)
        and overshadowed.name_number is null

),

-- An initial that fits several known names tells nobody apart.
counted as (

    select
        *,
        count(*) over (partition by text_number) as name_count
    from told

),

named as (

    select
        texts.entity,
        texts.folded_text,
        texts.cut_words,
        known.name_key,
        case counted.name_rank when 1 then 'same_name' when 2 then 'cut_name' when 3 then 'initial_name' else 'slip_name' end as name_level,
        counted.name_count

    from counted

    inner join texts
        on counted.text_number = texts.text_number

    inner join known
        on counted.name_number = known.name_number

),

final as (

    select
        items.item_type,
        items.item_key,
        items.entity,
        named.name_key,
        named.name_level,
        named.name_count

    from worded_items as items

    inner join named
        on items.entity = named.entity
        and items.folded_text = named.folded_text
        and items.cut_words = named.cut_words

)

select * from final
