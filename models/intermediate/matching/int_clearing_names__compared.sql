-- One row per payment and bank line, both left by clearing, the line from twenty days before to sixty after the
-- payment, where the line carries the payer's name: alone, as its text was resolved, or two words of it, whole,
-- cut, shortened or run together anywhere in the text. Amounts are not compared here, so what joins is two words,
-- a name and a period of weeks.
with

items_left as (

    select * from {{ ref('int_clearing_items__left') }}

),

texts as (

    select * from {{ ref('int_text_names__resolved') }}

),

-- The one name of which every word stands in the text of a payment: `Kowalczyk Optics Ltd - Rent` is not
-- Harrow Optics Ltd's, though it holds two words of that one, too.
told_names as (

    select
        texts.item_key,
        min(texts.name_key) as name_key

    from texts

    inner join {{ ref('int_payments__evidenced') }} as payments
        on texts.item_key = payments.payment_key

    where texts.item_type = 'payment'
        and texts.name_level = 'same_name'
        and list_has_all(
            string_split({{ fold_text("concat_ws(' ', payments.reference, payments.memo)") }}, ' '), string_split(texts.name_key, ' ')
        )

    group by texts.item_key
    having count(distinct texts.name_key) = 1

),

payments as (

    select clearables.* replace (coalesce(clearables.name_key, told_names.name_key) as name_key)

    from {{ ref('int_clearables__prepared') }} as clearables

    inner join items_left
        on clearables.left_key = items_left.item_key

    left join told_names
        on clearables.left_key = told_names.item_key

    where clearables.left_type = 'payment' and coalesce(clearables.name_key, told_names.name_key) is not null

),

lines as (

    select bank_lines.*

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join items_left
        on bank_lines.bank_line_key = items_left.item_key

),

known as (

    select distinct
        entity,
        name_key
    from payments

),

known_words as (

    select
        entity,
        name_key,
        unnest(string_split(name_key, ' ')) as word
    from known

),

line_words as (

    select
        bank_line_key,
        entity,
        unnest(list_distinct(string_split(folded_text, ' '))) as word
    from lines

),

-- A legal form tells no company from another.
telling_words as (

    select * from known_words
    where length(word) >= 3
        and word not in {{ legal_forms() }}

),

text_words as (

    select line_words.*

    from line_words

    left join {{ ref('generic_words') }} as generic_words
        on line_words.word = generic_words.word

    where generic_words.word is null
        and not regexp_matches(line_words.word, '[0-9]')
        and length(line_words.word) >= 2

),

known_pairs as (

    select
        firsts.entity,
        firsts.name_key,
        firsts.word as first_word,
        seconds.word as second_word,
        left(firsts.word, 4) as first_start,
        left(seconds.word, 1) as second_start

    from telling_words as firsts

    inner join telling_words as seconds
        on firsts.entity = seconds.entity
        and firsts.name_key = seconds.name_key
        and firsts.word <> seconds.word

),

text_pairs as (

    select
        firsts.entity,
        firsts.bank_line_key,
        firsts.word as first_word,
        seconds.word as second_word,
        left(firsts.word, 4) as first_start,
        left(seconds.word, 1) as second_start

    from text_words as firsts

    inner join text_words as seconds
        on firsts.bank_line_key = seconds.bank_line_key
        and firsts.word <> seconds.word

    where length(firsts.word) >= 4

),

borne as (

    select
        text_pairs.entity,
        text_pairs.bank_line_key,
        known_pairs.name_key,
        case
            when known_pairs.first_word = text_pairs.first_word and known_pairs.second_word = text_pairs.second_word then 'same_name'
            else 'cut_name'
        end as payer_level

    from text_pairs

    inner join known_pairs
        on text_pairs.entity = known_pairs.entity
        and text_pairs.first_start = known_pairs.first_start
        and text_pairs.second_start = known_pairs.second_start
        and starts_with(known_pairs.first_word, text_pairs.first_word)
        -- PKG is PACKAGING, BLDRS is BUILDERS.
        and (
            starts_with(known_pairs.second_word, text_pairs.second_word)
            or (
                length(text_pairs.second_word) >= 3
                and regexp_matches(known_pairs.second_word, '^' || array_to_string(string_split(text_pairs.second_word, ''), '.*'))
            )
        )

    union all

    -- Without the blank between them.
    select
        text_words.entity,
        text_words.bank_line_key,
        known_pairs.name_key,
        'same_name' as payer_level

    from text_words

    inner join known_pairs
        on text_words.entity = known_pairs.entity
        and text_words.word = known_pairs.first_word || known_pairs.second_word

    union all

    select
        lines.entity,
        lines.bank_line_key,
        texts.name_key,
        'same_name' as payer_level

    from texts

    inner join lines
        on texts.item_key = lines.bank_line_key

    where texts.item_type = 'bank_line' and texts.name_count = 1

),

named_lines as (

    select
        lines.bank_line_key,
        lines.entity,
        lines.currency_code,
        lines.amount > 0 as is_in,
        lines.booking_date,
        borne.name_key,
        max(borne.payer_level) as payer_level,
        cast(floor((lines.booking_date - date '2000-01-01') / 21) as integer) as period

    from borne

    inner join lines
        on borne.bank_line_key = lines.bank_line_key

    group by lines.bank_line_key, lines.entity, lines.currency_code, lines.amount > 0, lines.booking_date, borne.name_key

),

-- A name that very many lines bear in three weeks tells none apart.
bearers as (

    select
        *,
        count(*) over (partition by entity, currency_code, is_in, name_key, period) as bearer_count
    from named_lines

),

payment_periods as (

    select
        left_key,
        entity,
        currency_code,
        expected_amount > 0 as is_in,
        item_date,
        name_key,
        unnest([-1, 0, 1, 2, 3]) + cast(floor((item_date - date '2000-01-01') / 21) as integer) as period
    from payments

),

final as (

    select
        payment_periods.left_key,
        bearers.bank_line_key as right_key,
        bearers.payer_level,
        bearers.booking_date - payment_periods.item_date as days_apart

    from payment_periods

    inner join bearers
        on payment_periods.entity = bearers.entity
        and payment_periods.currency_code = bearers.currency_code
        and payment_periods.is_in = bearers.is_in
        and payment_periods.name_key = bearers.name_key
        and payment_periods.period = bearers.period

    where bearers.bearer_count <= 60
        and bearers.booking_date between payment_periods.item_date - 20 and payment_periods.item_date + 60

)

select * from final
