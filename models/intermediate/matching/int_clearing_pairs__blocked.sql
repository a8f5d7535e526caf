-- One row per (payment or settlement, bank line) worth comparing. Every block holds the exact amount
-- beside a key that cannot explode; amount alone is a block only where few items share it.
with

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

returns as (

    select right_key from {{ ref('int_returns__assigned') }}
    where status = 'auto'

),

transfers as (

    select left_key as bank_line_key from {{ ref('int_transfers__assigned') }}
    union all
    select right_key as bank_line_key from {{ ref('int_transfers__assigned') }}

),

bank_lines as (

    select bank_lines.*
    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join returns
        on bank_lines.bank_line_key = returns.right_key

    left join transfers
        on bank_lines.bank_line_key = transfers.bank_line_key

    where returns.right_key is null
        and transfers.bank_line_key is null

),

names as (

    select * from {{ ref('int_bank_line_names__resolved') }}

),

all_tokens as (

    select
        *,
        count(*) over (partition by entity, item_type, token) as bearer_count
    from {{ ref('int_reference_tokens__extracted') }}

),

-- A token that many items of a kind bear (a year, a batch word) tells nobody apart; a bare number of
-- four digits may be anything.
tokens as (

    select * from all_tokens
    where bearer_count <= 12
        and (length(token) >= 5 or (length(token) = 4 and regexp_matches(token, '[A-Z]')))

),

by_token as (

    select
        clearables.left_key,
        bank_lines.bank_line_key as right_key,
        'token' as block

    from clearables

    inner join tokens as left_tokens
        on clearables.left_key = left_tokens.item_key

    inner join tokens as right_tokens
        on left_tokens.token = right_tokens.token
        and left_tokens.entity = right_tokens.entity
        and right_tokens.item_type = 'bank_line'

    inner join bank_lines
        on right_tokens.item_key = bank_lines.bank_line_key
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

by_name as (

    select
        clearables.left_key,
        bank_lines.bank_line_key as right_key,
        'name' as block

    from clearables

    inner join names
        on clearables.entity = names.entity
        and clearables.name_key = names.name_key

    inner join bank_lines
        on names.bank_line_key = bank_lines.bank_line_key
        and clearables.expected_amount = bank_lines.amount
        and clearables.currency_code = bank_lines.currency_code

),

-- The bank's own charges and interest and pay runs are never receipts: only what the books record
-- as such on that very account may be them.
by_own_record as (

    select
        clearables.left_key,
        bank_lines.bank_line_key as right_key,
        'own_record' as block

    from clearables

    inner join bank_lines
        on clearables.account_key = bank_lines.account_key
        and clearables.expected_amount = bank_lines.amount
        and clearables.currency_code = bank_lines.currency_code

    where clearables.is_own_record
        and bank_lines.line_class in ('bank_fee', 'interest', 'payroll')

),

by_settlement as (

    select
        clearables.left_key,
        bank_lines.bank_line_key as right_key,
        'settlement' as block

    from clearables

    inner join bank_lines
        on clearables.entity = bank_lines.entity
        and clearables.expected_amount = bank_lines.amount
        and clearables.currency_code = bank_lines.currency_code

    where clearables.left_type = 'settlement'

),

common_amounts as (

    select
        entity,
        currency_code,
        amount
    from bank_lines
    group by entity, currency_code, amount
    having count(*) > 12

),

by_amount as (

    select
        clearables.left_key,
        bank_lines.bank_line_key as right_key,
        'amount' as block

    from clearables

    inner join bank_lines
        on clearables.entity = bank_lines.entity
        and clearables.expected_amount = bank_lines.amount
        and clearables.currency_code = bank_lines.currency_code

    left join common_amounts
        on clearables.entity = common_amounts.entity
        and clearables.currency_code = common_amounts.currency_code
        and clearables.expected_amount = common_amounts.amount

    where clearables.left_type = 'payment'
        and common_amounts.amount is null

),

unioned as (

    select * from by_token
    union all
    select * from by_check
    union all
    select * from by_name
    union all
    select * from by_own_record
    union all
    select * from by_settlement
    union all
    select * from by_amount

),

final as (

    select
        left_key,
        right_key,
        bool_or(block = 'token') as has_shared_token,
        bool_or(block = 'check') as has_same_check,
        bool_or(block = 'own_record') as is_own_record

    from unioned
    group by left_key, right_key

)

select * from final
