-- One row per (payment or settlement, bank line) worth comparing. Every block holds the exact amount,
-- or the bank's own conversion of it, beside a key that cannot explode; amount alone is a block only
-- where few items share it.
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

    select
        item_key as bank_line_key,
        entity,
        name_key,
        name_level
    from {{ ref('int_text_names__resolved') }}
    where item_type = 'bank_line'

),

proofs as (

    select
        proofs.left_key,
        proofs.right_key,
        proofs.has_shared_token,
        proofs.has_sole_token,
        proofs.has_shared_invoice,
        proofs.has_same_check

    from {{ ref('int_clearing_proofs__blocked') }} as proofs

    inner join bank_lines
        on proofs.right_key = bank_lines.bank_line_key

),

by_proof as (

    select
        left_key,
        right_key,
        'proof' as block
    from proofs

),

-- How the bank wrote this person's name before.
by_learned_name as (

    select
        clearables.left_key,
        bank_lines.bank_line_key as right_key,
        'learned_name' as block

    from clearables

    inner join {{ ref('int_bank_names__learned') }} as learned
        on clearables.entity = learned.entity
        and clearables.person_key = learned.person_key

    inner join bank_lines
        on learned.entity = bank_lines.entity
        and learned.name_key = bank_lines.name_key
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

rare_lines as (

    select bank_lines.*

    from bank_lines

    left join common_amounts
        on bank_lines.entity = common_amounts.entity
        and bank_lines.currency_code = common_amounts.currency_code
        and bank_lines.amount = common_amounts.amount

    where common_amounts.amount is null

),

by_amount as (

    select
        clearables.left_key,
        rare_lines.bank_line_key as right_key,
        'amount' as block

    from clearables

    inner join rare_lines
        on clearables.entity = rare_lines.entity
        and clearables.expected_amount = rare_lines.amount
        and clearables.currency_code = rare_lines.currency_code

    where clearables.left_type = 'payment'

),

-- The only ones of their amount for days, and a word in common.
by_lone_amount as (

    select
        lone.left_key,
        lone.right_key,
        'shared_word' as block

    from {{ ref('int_lone_amounts__found') }} as lone

    inner join bank_lines
        on lone.right_key = bank_lines.bank_line_key

    where lone.has_shared_word

),

by_text as (

    select
        texts.left_key,
        texts.right_key,
        'same_text' as block

    from {{ ref('int_shared_texts__found') }} as texts

    inner join bank_lines
        on texts.right_key = bank_lines.bank_line_key

),

conversions as (

    select conversions.*

    from {{ ref('int_conversions__compared') }} as conversions

    inner join bank_lines
        on conversions.right_key = bank_lines.bank_line_key

    where conversions.conversion_level <> 'rate_missing'

),

by_conversion as (

    select
        left_key,
        right_key,
        'conversion' as block
    from conversions

),

unioned as (

    select * from by_proof
    union all
    select * from by_learned_name
    union all
    select * from by_name
    union all
    select * from by_own_record
    union all
    select * from by_settlement
    union all
    select * from by_amount
    union all
    select * from by_lone_amount
    union all
    select * from by_text
    union all
    select * from by_conversion

),

grouped as (

    select
        left_key,
        right_key,
        bool_or(block = 'learned_name') as has_learned_name,
        bool_or(block = 'own_record') as is_own_record,
        bool_or(block = 'same_text') as has_same_text,
        bool_or(block = 'shared_word') as has_shared_word

    from unioned
    group by left_key, right_key

),

final as (

    select
        grouped.left_key,
        grouped.right_key,
        coalesce(proofs.has_shared_token, conversions.has_shared_token, false) as has_shared_token,
        coalesce(proofs.has_sole_token, false) as has_sole_token,
        coalesce(proofs.has_shared_invoice, conversions.has_shared_invoice, false) as has_shared_invoice,
        coalesce(proofs.has_same_check, false) as has_same_check,
        grouped.has_learned_name or coalesce(conversions.has_learned_name, false) as has_learned_name,
        grouped.is_own_record,
        grouped.has_same_text,
        grouped.has_shared_word,
        coalesce(conversions.conversion_level, 'exact') as amount_level

    from grouped

    left join proofs
        on grouped.left_key = proofs.left_key
        and grouped.right_key = proofs.right_key

    left join conversions
        on grouped.left_key = conversions.left_key
        and grouped.right_key = conversions.right_key

)

select * from final
