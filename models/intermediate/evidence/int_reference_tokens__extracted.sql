-- One row per item and whole token with a digit that its texts hold. A remittance line's tokens are
-- the payment's, and say so.
with

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

settlements as (

    select * from {{ ref('int_settlements__unioned') }}
    where is_primary and entity <> 'unmapped'

),

remittance_lines as (

    select * from {{ ref('int_remittance_lines__unioned') }}

),

texts as (

    select
        'payment' as item_type,
        payment_key as item_key,
        entity,
        'text' as token_source,
        -- A cheque's number is the bank's evidence, never an invoice's.
        case
            when method in ('check', 'other') and regexp_matches(upper(concat_ws(' ', reference, memo)), {{ check_pattern() }})
                then regexp_replace(concat_ws(' ', reference, memo), {{ check_pattern() }}, ' ', 'gi')
            when method in ('check', 'other') and regexp_full_match(coalesce(reference, ''), '[0-9]*') then memo
            when method = 'check' then concat_ws(' ', regexp_replace(reference, '^#?[0-9]{2,6}(?:$|[ ,;])', ''), memo)
            else concat_ws(' ', reference, memo)
        end as item_text
    from payments

    union all

    select
        'payment' as item_type,
        payment_key as item_key,
        entity,
        'remittance' as token_source,
        concat_ws(' ', invoice_reference, memo) as item_text
    from remittance_lines

    union all

    select
        'bank_line' as item_type,
        bank_line_key as item_key,
        entity,
        'text' as token_source,
        reference_text as item_text
    from bank_lines

    union all

    select
        'settlement' as item_type,
        settlement_key as item_key,
        entity,
        'text' as token_source,
        concat_ws(' ', reference, memo, settlement_id) as item_text
    from settlements

),

plain_texts as (

    select * replace ({{ without_other_numbers('item_text') }} as item_text)
    from texts

),

-- A client and a month, `Hernandez A 02/26`, are one reference: with another client's initial they are none.
client_texts as (

    select
        item_type,
        item_key,
        entity,
        token_source,
        case
            when contains(item_text, '/')
                then regexp_replace(
                        item_text,
                        '\b([[:alpha:]]{2,}) ([[:alpha:]])\.? (0[1-9]|1[0-2])/([0-9]{2})($|[ ,;)])',
                        '\1\2\3\4 ',
                        'g'
                    )
            else item_text
        end as item_text
    from plain_texts

),

told as (

    select
        item_type,
        item_key,
        entity,
        token_source,
        -- Systems cut texts at 18 to 35 characters, spaces at the end gone; what stands at such an end may be the beginning of more.
        case
            when length(trim(item_text)) between 16 and 35
                then regexp_replace(upper(strip_accents(trim(item_text))), '[^A-Z0-9]', '', 'g')
        end as cut_text,
        {{ reference_tokens('item_text') }} as whole_tokens,
        {{ joined_numbers('item_text') }} as joined_tokens
    from client_texts
    -- No digit, no token; most names and words are spared the rest so.
    where regexp_matches(item_text, '[0-9]')

),

tokens as (

    select
        item_type,
        item_key,
        entity,
        token_source,
        cut_text,
        unnest(whole_tokens) as token,
        false as is_joined
    from told

    union all

    select
        item_type,
        item_key,
        entity,
        token_source,
        cut_text,
        unnest(joined_tokens) as token,
        true as is_joined
    from told

),

final as (

    select
        item_type,
        item_key,
        entity,
        token,
        min(token_source) as token_source,
        coalesce(bool_and(ends_with(cut_text, token)), false) as is_at_cut,
        -- Only a year and what follows it, read as one number.
        bool_and(is_joined) as is_joined,
        count(*) as told_count

    from tokens
    where length(token) >= 3
    group by item_type, item_key, entity, token

)

select * from final
