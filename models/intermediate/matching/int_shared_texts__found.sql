-- One row per (payment, bank line) of one exact amount, near in time, where the line repeats the whole of the
-- payment's memo or reference, which few payments bear, and no other line or payment does.
with

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

generic as (

    select list(word order by word) as words
    from {{ ref('generic_words') }}

),

field_texts as (

    select
        payment_key,
        entity,
        unnest([{{ fold_text('memo') }}, {{ fold_text('reference') }}]) as own_text
    from {{ ref('int_payments__evidenced') }}

),

-- Two words or more; digits are told by the references.
own_texts as (

    select
        *,
        count(*) over (partition by entity, own_text) as bearer_count
    from field_texts
    where regexp_matches(own_text, '[A-Z]+ [A-Z]+')

),

-- Its longest word that not everybody writes, to find the lines by.
worded_texts as (

    select
        own_texts.payment_key,
        own_texts.own_text,
        list_sort(
            list_transform(
                list_filter(
                    string_split(own_texts.own_text, ' '),
                    lambda word: length(word) >= 3 and not regexp_matches(word, '[0-9]') and not list_contains(generic.words, word)
                ),
                lambda word: { 'letters': length(word), 'word': word }
            ),
            'desc'
        )[1].word as telling_word

    from own_texts

    cross join generic

    where own_texts.bearer_count <= 12

),

telling_texts as (

    select
        worded_texts.*,
        clearables.entity,
        clearables.currency_code,
        clearables.expected_amount,
        clearables.item_date

    from worded_texts

    inner join clearables
        on worded_texts.payment_key = clearables.left_key
        and clearables.left_type = 'payment'

    where worded_texts.telling_word is not null

),

line_words as (

    select
        bank_line_key,
        entity,
        currency_code,
        amount,
        booking_date,
        folded_text,
        unnest(list_distinct(string_split(folded_text, ' '))) as word
    from bank_lines

),

pairs as (

    select distinct
        telling_texts.payment_key as left_key,
        line_words.bank_line_key as right_key

    from telling_texts

    inner join line_words
        on telling_texts.entity = line_words.entity
        and telling_texts.currency_code = line_words.currency_code
        and telling_texts.expected_amount = line_words.amount
        and telling_texts.telling_word = line_words.word
        and line_words.booking_date between telling_texts.item_date - 5 and telling_texts.item_date + 10
        and contains(' ' || line_words.folded_text || ' ', ' ' || telling_texts.own_text || ' ')

),

counted as (

    select
        *,
        count(*) over (partition by left_key) as line_count,
        count(*) over (partition by right_key) as payment_count
    from pairs

),

final as (

    select
        left_key,
        right_key
    from counted
    where line_count = 1 and payment_count = 1

)

select * from final
