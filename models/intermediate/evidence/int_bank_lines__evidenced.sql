-- One row per mapped bank line, with its class (a rule of the seed bank_line_classes, first wins) and
-- the name it carries: the counterparty, else the words of the text that are neither generic nor numbers.
with

bank_lines as (

    select
        *,
        {{ fold_text("concat_ws(' ', description, counterparty_name, reference)") }} as folded_text
    from {{ ref('int_bank_lines__merged') }}
    where entity <> 'unmapped'

),

texts as (

    select distinct
        folded_text,
        amount >= 0 as is_in
    from bank_lines

),

classified as (

    select
        texts.folded_text,
        texts.is_in,
        classes.line_class,
        row_number() over (
            partition by texts.folded_text, texts.is_in
            order by classes.priority asc
        ) as class_rank

    from texts

    inner join {{ ref('bank_line_classes') }} as classes
        on regexp_matches(texts.folded_text, classes.pattern)
        and (classes.direction = 'any' or (classes.direction = 'in') = texts.is_in)

),

words as (

    select
        bank_line_key,
        unnest(string_split({{ fold_text("coalesce(counterparty_name, description)") }}, ' ')) as word
    from bank_lines

),

-- The words that may be a name, sorted, so that their order in the text does not matter.
names as (

    select
        words.bank_line_key,
        string_agg(words.word, ' ' order by words.word) as name_key

    from words

    left join {{ ref('generic_words') }} as generic_words
        on words.word = generic_words.word

    where generic_words.word is null
        and length(words.word) > 1
        and not regexp_matches(words.word, '[0-9]')
        and words.word not in ('JR', 'SR', 'II', 'III', 'MR', 'MRS', 'MS', 'DR')

    group by words.bank_line_key

),

final as (

    select
        bank_lines.bank_line_key,
        bank_lines.entity,
        bank_lines.account_key,
        bank_lines.account_id,
        bank_lines.currency_code,
        bank_lines.amount,
        bank_lines.booking_date,
        coalesce(
            nullif(ltrim(bank_lines.check_number, '0'), ''),
            nullif(ltrim(regexp_extract(bank_lines.folded_text, '\b(?:CK|CHK|CHECK|CHEQUE)(?: NO| PAID)? ?([0-9]{2,8})\b', 1), '0'), '')
        ) as check_number,
        bank_lines.folded_text,
        concat_ws(' ', bank_lines.description, bank_lines.reference, bank_lines.counterparty_name) as reference_text,
        {{ month_named('bank_lines.description') }} as named_month,
        case
            when bank_lines.is_reversal then 'return'
            else coalesce(classified.line_class, 'other')
        end as line_class,
        names.name_key

    from bank_lines

    left join classified
        on bank_lines.folded_text = classified.folded_text
        and (bank_lines.amount >= 0) = classified.is_in
        and classified.class_rank = 1

    left join names
        on bank_lines.bank_line_key = names.bank_line_key

)

select * from final
