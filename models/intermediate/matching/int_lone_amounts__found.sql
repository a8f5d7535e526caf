-- One row per (payment or settlement, bank line) of one exact amount that no other of either kind has near
-- in time, with what else joins them: a word of the payer's name, or the payment's own words on the line.
with

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

items as (

    select
        left_key as item_key,
        false as is_line,
        entity,
        currency_code,
        expected_amount as amount,
        item_date - date '1970-01-01' as day_number
    from clearables
    where item_date is not null

    union all

    select
        bank_line_key as item_key,
        true as is_line,
        entity,
        currency_code,
        amount,
        booking_date - date '1970-01-01' as day_number
    from bank_lines

),

-- Counted along the days of each amount: amounts that very many share cost no more than rare ones.
counted as (

    select
        item_key,
        is_line,
        day_number,
        count(*) filter (where is_line) over days_of_payment as line_count,
        min(item_key) filter (where is_line) over days_of_payment as line_key,
        count(*) filter (where not is_line) over days_of_line as payment_count
    from items
    window
        days_of_payment as (
            partition by entity, currency_code, amount
            order by day_number range between 5 preceding and 10 following
        ),
        days_of_line as (
            partition by entity, currency_code, amount
            order by day_number range between 10 preceding and 5 following
        )

),

lone as (

    select
        payments.item_key as left_key,
        lines.item_key as right_key,
        lines.day_number - payments.day_number as days_apart

    from counted as payments

    inner join counted as lines
        on payments.line_key = lines.item_key

    where not payments.is_line
        and payments.line_count = 1
        and lines.payment_count = 1

),

generic as (

    select list(word order by word) as words
    from {{ ref('generic_words') }}

),

-- The whole of a field, if it is two words or more, few payments bear it and one of its words says something.
field_texts as (

    select
        payment_key,
        entity,
        unnest([{{ fold_text('memo') }}, {{ fold_text('reference') }}]) as own_text
    from {{ ref('int_payments__evidenced') }}

),

own_texts as (

    select
        *,
        count(*) over (partition by entity, own_text) as bearer_count
    from field_texts
    where regexp_matches(own_text, '[A-Z]+ [A-Z]+')

),

telling_texts as (

    select own_texts.*

    from own_texts

    inner join lone
        on own_texts.payment_key = lone.left_key

    cross join generic

    where own_texts.bearer_count <= 12
        and len(list_filter(
            string_split(own_texts.own_text, ' '),
            lambda word: length(word) >= 3 and not regexp_matches(word, '[0-9]') and not list_contains(generic.words, word)
        )) > 0

),

same_texts as (

    select distinct lone.left_key

    from lone

    inner join telling_texts
        on lone.left_key = telling_texts.payment_key

    inner join bank_lines
        on lone.right_key = bank_lines.bank_line_key
        and contains(' ' || bank_lines.folded_text || ' ', ' ' || telling_texts.own_text || ' ')

),

final as (

    select
        lone.left_key,
        lone.right_key,
        lone.days_apart,
        same_texts.left_key is not null as has_same_text,
        coalesce(
            list_has_any(
                list_filter(string_split(clearables.name_key, ' '), lambda word: length(word) >= 4),
                string_split(bank_lines.name_key, ' ')
            ),
            false
        ) as has_shared_word

    from lone

    inner join clearables
        on lone.left_key = clearables.left_key

    inner join bank_lines
        on lone.right_key = bank_lines.bank_line_key

    left join same_texts
        on lone.left_key = same_texts.left_key

)

select * from final
