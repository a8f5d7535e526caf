-- One row per (what was taken back, bank line that took it back) worth considering. What was taken
-- back is an earlier bank line, or a payment that reached the bank inside a deposit. The amount is the
-- same, the day not long before, and a reference or a name is shared; automatic where nothing else fits.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

names as (

    select * from {{ ref('int_bank_line_names__resolved') }}

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'return' and method = '*'

),

tokens as (

    select * from {{ ref('int_reference_tokens__extracted') }}

),

returns as (

    select *
    from bank_lines
    where line_class = 'return'

),

line_pairs as (

    select
        'bank_line' as left_type,
        originals.bank_line_key as left_key,
        returns.bank_line_key as right_key,
        originals.entity,
        originals.currency_code,
        returns.amount,
        returns.booking_date - originals.booking_date as days_apart,
        coalesce(returns.check_number = originals.check_number, false) as is_same_check

    from returns

    cross join windows

    inner join bank_lines as originals
        on returns.account_key = originals.account_key
        and returns.currency_code = originals.currency_code
        and returns.amount = -originals.amount
        and originals.booking_date between returns.booking_date - windows.days_after and returns.booking_date + windows.days_before
        and originals.bank_line_key <> returns.bank_line_key

    where originals.line_class <> 'return'

),

payment_pairs as (

    select
        'payment' as left_type,
        payments.payment_key as left_key,
        returns.bank_line_key as right_key,
        returns.entity,
        returns.currency_code,
        returns.amount,
        returns.booking_date - payments.payment_date as days_apart,
        payments.method = 'check'
        and coalesce(
            returns.check_number
            = nullif(ltrim(regexp_extract(coalesce(payments.reference, ''), '([0-9]{2,8})$', 1), '0'), ''),
            false
        ) as is_same_check

    from returns

    cross join windows

    inner join payments
        on returns.entity = payments.entity
        and returns.currency_code = payments.currency_code
        and returns.amount = case when payments.direction = 'in' then -payments.amount else payments.amount end
        and payments.payment_date between returns.booking_date - 2 * windows.days_after and returns.booking_date

),

pairs as (

    select * from line_pairs
    union all
    select * from payment_pairs

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

    where length(left_tokens.token) >= 4

),

named as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join names as right_names
        on pairs.right_key = right_names.bank_line_key

    inner join names as left_names
        on pairs.left_key = left_names.bank_line_key
        and right_names.name_key = left_names.name_key

    where pairs.left_type = 'bank_line'

    union all

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join names as right_names
        on pairs.right_key = right_names.bank_line_key

    inner join payments
        on pairs.left_key = payments.payment_key
        and right_names.name_key = payments.payer_name_key

    where pairs.left_type = 'payment'

),

levelled as (

    select
        pairs.*,
        case
            when pairs.is_same_check then 'check_number'
            when shared.left_key is not null then 'whole_token'
            else 'none'
        end as reference_level,
        case when named.left_key is not null then 'same_name' else 'none' end as payer_level,
        case
            when pairs.is_same_check or shared.left_key is not null then 1
            when named.left_key is not null then 2
            else 3
        end as evidence_class

    from pairs

    left join shared
        on pairs.left_key = shared.left_key
        and pairs.right_key = shared.right_key

    left join named
        on pairs.left_key = named.left_key
        and pairs.right_key = named.right_key

),

lines_only as (

    select * from levelled
    where left_type = 'bank_line'

),

payments_only as (

    select * from levelled
    where left_type = 'payment'

),

nothing as (

    select
        left_key,
        right_key,
        evidence_class
    from levelled
    where false

),

lines_by_reference as (
    {{ unrivalled('lines_only', 'nothing', 1) }}
),

lines_by_name as (
    {{ unrivalled('lines_only', 'lines_by_reference', 2) }}
),

taken_lines as (

    select * from lines_by_reference
    union all
    select * from lines_by_name

),

payments_by_reference as (
    {{ unrivalled('payments_only', 'taken_lines', 1) }}
),

taken_before_names as (

    select * from taken_lines
    union all
    select * from payments_by_reference

),

payments_by_name as (
    {{ unrivalled('payments_only', 'taken_before_names', 2) }}
),

accepted as (

    select * from taken_before_names
    union all
    select * from payments_by_name

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
        or (
            left_taken.left_key is null
            and right_taken.right_key is null
            -- Without a name or number only what came back within days is worth a question.
            and (levelled.evidence_class < 3 or (levelled.left_type = 'bank_line' and levelled.days_apart <= 7))
        )

)

select * from final
