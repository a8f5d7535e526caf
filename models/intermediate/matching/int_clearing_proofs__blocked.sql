-- One row per (payment or settlement, bank line) of one exact amount that share a token few items
-- bear, a cheque number or an invoice that both name.
with

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

-- Digits that stand in many numbers are a month or a year.
numbers as (

    select
        item_type,
        item_key,
        invoice_key
    from {{ ref('int_numbers__read') }}
    qualify reading <> 'digits' or count(*) over (partition by item_key, reading) <= 4

),

all_tokens as (

    select
        *,
        count(*) over (partition by entity, item_type, token) as bearer_count
    from {{ ref('int_reference_tokens__extracted') }}

),

accounts as (

    select distinct
        entity,
        regexp_replace(upper(account_id), '[^A-Z0-9]', '', 'g') as account_token
    from bank_lines

),

-- A token that many items of a kind bear (a year, a batch word) tells nobody apart, nor does an own account;
-- a bare number of four digits may be anything.
tokens as (

    select all_tokens.*

    from all_tokens

    left join accounts
        on all_tokens.entity = accounts.entity
        and all_tokens.token = accounts.account_token

    where accounts.account_token is null
        and bearer_count <= 12
        and is_joined is not true
        and (length(token) >= 5 or (length(token) = 4 and regexp_matches(token, '[A-Z]')))
        -- A month of a year is no reference.
        and not regexp_full_match(token, '(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|SEPT|OCT|NOV|DEC)[A-Z]*(?:[0-9]{2}|20[0-9]{2})')

),

shared_tokens as (

    select
        left_tokens.item_key as left_key,
        right_tokens.item_key as right_key,
        -- Of all payments and of all lines these two alone bear it, and it is no short bare number.
        bool_or(
            left_tokens.bearer_count = 1
            and right_tokens.bearer_count = 1
            and (length(left_tokens.token) >= 6 or regexp_matches(left_tokens.token, '[A-Z]'))
        ) as is_sole

    from tokens as left_tokens

    inner join tokens as right_tokens
        on left_tokens.entity = right_tokens.entity
        and left_tokens.token = right_tokens.token

    where left_tokens.item_type <> 'bank_line'
        and right_tokens.item_type = 'bank_line'
    group by left_tokens.item_key, right_tokens.item_key

),

shared_invoices as (

    select distinct
        payments.item_key as left_key,
        lines.item_key as right_key

    from numbers as payments

    inner join numbers as lines
        on payments.invoice_key = lines.invoice_key

    where payments.item_type = 'payment'
        and lines.item_type = 'bank_line'

),

shared as (

    select
        left_key,
        right_key,
        case when is_sole then 'sole_token' else 'token' end as block
    from shared_tokens

    union all

    select
        left_key,
        right_key,
        'invoice' as block
    from shared_invoices

),

by_reference as (

    select
        shared.left_key,
        shared.right_key,
        shared.block

    from shared

    inner join clearables
        on shared.left_key = clearables.left_key

    inner join bank_lines
        on shared.right_key = bank_lines.bank_line_key
        and clearables.expected_amount = bank_lines.amount
        and clearables.currency_code = bank_lines.currency_code

),

by_check as (

    select
        clearables.left_key,
        bank_lines.bank_line_key as right_key,
        'check' as block

    from clearables

    inner join bank_lines
        on clearables.entity = bank_lines.entity
        and clearables.check_number = bank_lines.check_number
        and clearables.expected_amount = bank_lines.amount
        and clearables.currency_code = bank_lines.currency_code

),

unioned as (

    select * from by_reference
    union all
    select * from by_check

),

final as (

    select
        left_key,
        right_key,
        bool_or(block in ('token', 'sole_token')) as has_shared_token,
        bool_or(block = 'sole_token') as has_sole_token,
        bool_or(block = 'invoice') as has_shared_invoice,
        bool_or(block = 'check') as has_same_check
    from unioned
    group by left_key, right_key

)

select * from final
