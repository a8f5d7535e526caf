-- One row per (earlier bank line, line that took it back) worth considering: same account, opposite
-- amount, within days, and a shared reference or name. Automatic where no other pair fits.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'return'

),

tokens as (

    select * from {{ ref('int_reference_tokens__extracted') }}
    where item_type = 'bank_line' and length(token) >= 4

),

pairs as (

    select
        originals.bank_line_key as left_key,
        returns.bank_line_key as right_key,
        originals.entity,
        originals.currency_code,
        returns.amount,
        returns.booking_date - originals.booking_date as days_apart,
        originals.check_number is not distinct from returns.check_number and returns.check_number is not null as is_same_check,
        originals.name_key is not null
        and (
            originals.name_key = returns.name_key
            or contains(' ' || returns.name_key || ' ', ' ' || originals.name_key || ' ')
            or len(list_intersect(string_split(originals.name_key, ' '), string_split(returns.name_key, ' '))) >= 2
        ) as is_same_name

    from bank_lines as returns

    inner join windows
        on windows.method = '*'

    inner join bank_lines as originals
        on returns.account_key = originals.account_key
        and returns.currency_code = originals.currency_code
        and returns.amount = -originals.amount
        and originals.booking_date between returns.booking_date - windows.days_after and returns.booking_date + windows.days_before
        and originals.bank_line_key <> returns.bank_line_key

    where returns.line_class = 'return'
        and originals.line_class <> 'return'

),

shared as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join tokens as left_tokens
        on pairs.left_key = left_tokens.item_key

    inner join tokens as right_tokens
        on pairs.right_key = right_tokens.item_key
        and left_tokens.token = right_tokens.token

),

levelled as (

    select
        pairs.*,
        case
            when shared.left_key is not null then 'whole_token'
            when pairs.is_same_check then 'check_number'
            else 'none'
        end as reference_level,
        case when pairs.is_same_name then 'same_name' else 'none' end as payer_level,
        case
            when shared.left_key is not null or pairs.is_same_check then 1
            when pairs.is_same_name then 2
            else 3
        end as evidence_class

    from pairs

    left join shared
        on pairs.left_key = shared.left_key
        and pairs.right_key = shared.right_key

),

nothing as (

    select left_key, right_key, evidence_class from levelled
    where false

),

by_reference as (
    {{ unrivalled('levelled', 'nothing', 1) }}
),

by_name as (
    {{ unrivalled('levelled', 'by_reference', 2) }}
),

accepted as (

    select * from by_reference
    union all
    select * from by_name

),

final as (

    select
        levelled.*,
        case when accepted.left_key is not null then 'auto' else 'suggested' end as status,
        case when accepted.left_key is not null then 'return_named' else 'return_rivals' end as rule

    from levelled

    left join accepted
        on levelled.left_key = accepted.left_key
        and levelled.right_key = accepted.right_key

    left join accepted as left_taken
        on levelled.left_key = left_taken.left_key

    left join accepted as right_taken
        on levelled.right_key = right_taken.right_key

    where accepted.left_key is not null
        or (left_taken.left_key is null and right_taken.right_key is null)

)

select * from final
