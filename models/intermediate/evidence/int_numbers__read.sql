-- One row per payment or bank line and invoice whose number its texts hold, with the reading: whole,
-- in the payer's remittance, a bare number, or by its digits alone (prefix and zeros stripped, or only
-- those that count up).
with

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

all_tokens as (

    select
        *,
        count(*) over (partition by item_type, entity, token) as bearer_count
    from {{ ref('int_reference_tokens__extracted') }}
    where item_type in ('payment', 'bank_line')

),

cuts as (

    select unnest([1, 2, 3]) as sign_count

),

-- The beginnings of numbers, one to three signs short.
beginnings as (

    select distinct
        invoices.entity,
        left(invoices.number_token, length(invoices.number_token) - cuts.sign_count) as beginning

    from invoices

    cross join cuts

    where length(invoices.number_token) - cuts.sign_count >= 3

),

told_tokens as (

    select all_tokens.*

    from all_tokens

    left join beginnings
        on all_tokens.entity = beginnings.entity
        and all_tokens.token = beginnings.beginning
        and all_tokens.is_at_cut

    where beginnings.beginning is null

),

tokens as (

    select
        item_type,
        item_key,
        entity,
        token,
        token_source,
        {{ number_digits('token') }} as token_digits,
        -- A bare number that many texts hold (a year, a suite) names nothing by itself.
        bearer_count > 12 as is_repeated,
        regexp_full_match(token, '[0-9]+') and bearer_count > 12 as is_common
    from told_tokens

),

-- `INV 1042` where numbers have no letters is as good as a number with letters.
labelled as (

    select distinct
        item_type,
        item_key,
        regexp_extract(token, '^(?:INV|INVOICE|INVOICES|BILL)([0-9]{3,})$', 1) as token
    from tokens
    where regexp_matches(token, '^(?:INV|INVOICE|INVOICES|BILL)[0-9]{3,}$')

),

by_number as (

    select
        tokens.item_type,
        tokens.item_key,
        tokens.token,
        invoices.invoice_key,
        case
            when tokens.token_source = 'remittance' then 1
            when labelled.token is not null then 2
            when tokens.is_common then 4
            when regexp_full_match(tokens.token, '[0-9]+') then 3
            else 2
        end as reading_rank

    from tokens

    inner join invoices
        on tokens.entity = invoices.entity
        and tokens.token = invoices.number_token

    left join labelled
        on tokens.item_type = labelled.item_type
        and tokens.item_key = labelled.item_key
        and tokens.token = labelled.token

),

by_digits as (

    select
        tokens.item_type,
        tokens.item_key,
        tokens.token,
        invoices.invoice_key,
        4 as reading_rank

    from tokens

    inner join invoices
        on tokens.entity = invoices.entity
        and tokens.token_digits = invoices.number_digits

    where tokens.token <> invoices.number_token

),

by_core as (

    select
        tokens.item_type,
        tokens.item_key,
        tokens.token,
        invoices.invoice_key,
        4 as reading_rank

    from tokens

    inner join invoices
        on tokens.entity = invoices.entity
        and tokens.token_digits = invoices.number_core

    where tokens.token <> invoices.number_token
        and invoices.number_core is distinct from invoices.number_digits
        -- `vendor no 20133` stands on every cheque.
        and not tokens.is_repeated

),

unioned as (

    select * from by_number
    union all
    select * from by_digits
    union all
    select * from by_core

),

-- `CH 2026 00623` is that number alone, neither 2026 nor 623.
parts as (

    select distinct
        unioned.item_type,
        unioned.item_key,
        unioned.token

    from unioned

    inner join by_number
        on unioned.item_type = by_number.item_type
        and unioned.item_key = by_number.item_key
        and unioned.token <> by_number.token

    where regexp_full_match(unioned.token, '[0-9]+')
        and contains(by_number.token, unioned.token)

),

ranked as (

    select
        unioned.item_type,
        unioned.item_key,
        unioned.invoice_key,
        min(unioned.reading_rank) as reading_rank

    from unioned

    left join parts
        on unioned.item_type = parts.item_type
        and unioned.item_key = parts.item_key
        and unioned.token = parts.token

    where parts.token is null
    group by unioned.item_type, unioned.item_key, unioned.invoice_key

),

final as (

    select
        item_type,
        item_key,
        invoice_key,
        case reading_rank when 1 then 'remittance' when 2 then 'whole_token' when 3 then 'bare_number' else 'digits' end as reading
    from ranked

)

select * from final
