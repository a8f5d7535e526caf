-- One row per bank line that states a conversion: the currency and amount that were converted, the bank's
-- rate (whichever way it quotes) and what it kept. A bank file's fields go before its text. Texts are
-- read only where an entity has payments or accounts in several currencies.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__merged') }}
    where entity <> 'unmapped'

),

held as (

    select
        entity,
        currency_code
    from {{ ref('int_payments__mirrored') }}

    union all

    select
        entity,
        currency_code
    from bank_lines

),

several as (

    select entity
    from held
    group by entity
    having count(distinct currency_code) > 1

),

currencies as (

    select * from {{ ref('currencies') }}

),

texts as (

    select
        bank_lines.bank_line_key,
        bank_lines.currency_code,
        upper(strip_accents(concat_ws(' ', bank_lines.description, bank_lines.reference))) as line_text

    from bank_lines

    inner join several
        on bank_lines.entity = several.entity

),

-- What was read is taken out of the text, so that a rate is no fee and a fee is not what was converted.
rates as (

    select
        bank_line_key,
        currency_code,
        line_text,
        {{ stated_rate('line_text') }} as text_rate,
        {{ without_rate('line_text') }} as text_after_rate
    from texts

),

charges as (

    select
        *,
        regexp_extract(text_after_rate, '{{ charge_pattern() }}', 2) as written_charge,
        coalesce(
            nullif(regexp_extract(text_after_rate, '{{ charge_pattern() }}', 1), ''),
            nullif(regexp_extract(text_after_rate, '{{ charge_pattern() }} ?([A-Z]{3})(?:$| *[^A-Z0-9 ]| +[A-Z/@])', 3), ''),
            currency_code
        ) as charge_currency_code,
        regexp_replace(text_after_rate, '{{ charge_pattern() }}', ' ', 'g') as text_after_charge

    from rates

),

phrases as (

    select
        bank_line_key,
        currency_code,
        1 as way,
        unnest(regexp_extract_all(text_after_charge, '\b[A-Z]{3} ?{{ written_amount() }}\b')) as phrase
    from charges

    union all

    select
        bank_line_key,
        currency_code,
        2 as way,
        unnest(regexp_extract_all(text_after_charge, '\b{{ marked_amount() }} ?[A-Z]{3}\b')) as phrase
    from charges

    union all

    select
        bank_line_key,
        currency_code,
        2 as way,
        unnest(regexp_extract_all(line_text, '\b{{ written_amount() }} ?[A-Z]{3} ?(?:AT|@) ?[0-9]')) as phrase
    from charges
    where text_rate is not null

    union all

    select
        bank_line_key,
        currency_code,
        3 as way,
        unnest(regexp_extract_all(regexp_extract(line_text, '{{ rate_with_currencies() }}'), '\b[A-Z]{3}\b')) as phrase
    from charges
    where text_rate is not null

),

-- `USD 3000.00` goes before `3000.00 USD`, since what stands between two amounts belongs to the second;
-- and an amount before the currencies of a rate.
amounts as (

    select
        phrases.bank_line_key,
        phrases.way,
        currencies.currency_code as original_currency_code,
        {{ stated_amount("regexp_extract(phrases.phrase, '" ~ written_amount() ~ "')", 'currencies.minor_units') }} as original_amount,
        min(phrases.way) over (partition by phrases.bank_line_key) as first_way

    from phrases

    inner join currencies
        on regexp_extract(phrases.phrase, '[A-Z]{3}') = currencies.currency_code
        and phrases.currency_code <> currencies.currency_code

),

-- Two currencies, or two amounts of one, do not say which was converted.
originals as (

    select
        bank_line_key,
        case when count(distinct original_currency_code) = 1 then min(original_currency_code) end as original_currency_code,
        case when count(distinct original_currency_code) = 1 and count(distinct original_amount) = 1 then min(original_amount) end as original_amount

    from amounts
    where way = first_way
    group by bank_line_key

),

told as (

    select
        charges.bank_line_key,
        originals.original_currency_code,
        originals.original_amount,
        charges.text_rate as exchange_rate,
        case
            when charges.charge_currency_code = charges.currency_code
                then {{ stated_amount('charges.written_charge', 'currencies.minor_units') }}
        end as charge_amount,
        case
            when originals.original_currency_code is null then charges.text_after_charge
            else regexp_replace(
                    charges.text_after_charge,
                    '\b' || originals.original_currency_code || ' ?{{ written_amount() }}\b|\b{{ marked_amount() }} ?' || originals.original_currency_code || '\b',
                    ' ',
                    'g'
                )
        end as other_text

    from charges

    left join originals
        on charges.bank_line_key = originals.bank_line_key

    left join currencies
        on charges.currency_code = currencies.currency_code

),

joined as (

    select
        bank_lines.bank_line_key,
        bank_lines.entity,
        bank_lines.currency_code,
        bank_lines.amount,
        coalesce(nullif(bank_lines.original_currency_code, bank_lines.currency_code), told.original_currency_code) as original_currency_code,
        abs(bank_lines.original_amount) as file_amount,
        told.original_currency_code as text_currency_code,
        told.original_amount as text_amount,
        coalesce(bank_lines.exchange_rate, told.exchange_rate) as exchange_rate,
        coalesce(bank_lines.charge_amount, told.charge_amount) as charge_amount,
        told.other_text

    from bank_lines

    left join told
        on bank_lines.bank_line_key = told.bank_line_key

),

final as (

    select
        bank_line_key,
        entity,
        currency_code,
        amount,
        original_currency_code,
        coalesce(file_amount, case when text_currency_code = original_currency_code then text_amount end) as original_amount,
        case when exchange_rate > 0 then exchange_rate end as exchange_rate,
        charge_amount,
        other_text

    from joined
    where original_currency_code is not null or exchange_rate > 0

)

select * from final
