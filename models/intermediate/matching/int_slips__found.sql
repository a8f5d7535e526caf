-- One row per cheque or cash payment whose text says the slip or batch it went to the bank with, and the
-- bank line that all payments of that slip add up to: one that bears the slip's number, else the only one
-- of that sum.
with

payments as (

    select * from {{ ref('int_clearables__prepared') }}
    where slip_number is not null and expected_amount > 0

),

lines as (

    select
        bank_line_key,
        entity,
        account_key,
        currency_code,
        amount,
        booking_date,
        folded_text,
        line_class = 'deposit' or medium = 'paper' as is_deposit
    from {{ ref('int_bank_lines__evidenced') }}
    where amount > 0 and line_class not in ('return', 'interest', 'gateway', 'transfer') and medium <> 'electronic'

),

-- A number after the word for it is a slip's, however short.
line_numbers as (

    select distinct
        bank_line_key,
        unnest(list_transform(regexp_extract_all(folded_text, '[0-9]+'), lambda number: ltrim(number, '0'))) as slip_number,
        false as is_told
    from lines

    union all

    select
        bank_line_key,
        nullif(regexp_extract(folded_text, '\b(?:BATCH|SLIP|LBX)(?: NO| NUMBER)? ?0*([0-9]{2,})\b', 1), '') as slip_number,
        true as is_told
    from lines

),

bearers as (

    select
        lines.bank_line_key,
        payments.slip_number,
        payments.left_key,
        payments.expected_amount,
        lines.amount,
        bool_or(line_numbers.is_told) as is_told

    from payments

    inner join line_numbers
        on payments.slip_number = line_numbers.slip_number

    inner join lines
        on line_numbers.bank_line_key = lines.bank_line_key
        and payments.entity = lines.entity
        and payments.currency_code = lines.currency_code
        and payments.item_date between lines.booking_date - 35 and lines.booking_date + 3

    where payments.account_key is null or payments.account_key = lines.account_key
    group by lines.bank_line_key, payments.slip_number, payments.left_key, payments.expected_amount, lines.amount

),

named_slips as (

    select
        bank_line_key,
        slip_number
    from bearers
    group by bank_line_key, slip_number, amount
    having sum(expected_amount) = amount
        -- Of one payment a year or three digits anywhere prove nothing.
        and (count(*) >= 2 or bool_or(is_told) or regexp_full_match(slip_number, '[0-9]{4,}') and not regexp_full_match(slip_number, '(?:19|20)[0-9]{2}'))

),

named as (

    select
        bearers.left_key,
        bearers.bank_line_key

    from bearers

    inner join named_slips
        on bearers.bank_line_key = named_slips.bank_line_key
        and bearers.slip_number = named_slips.slip_number

),

-- What bears the number of a slip is none other's, and that slip on no other line.
bearing_lines as (

    select distinct bank_line_key from bearers

),

borne_payments as (

    select distinct left_key from bearers

),

-- What a reference may clear by itself speaks against its slip.
cleared as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing_pairs__compared') }}
    where evidence_class <= 3

),

cleared_payments as (

    select distinct left_key from cleared

),

cleared_lines as (

    select distinct right_key from cleared

),

unborne_payments as (

    select
        payments.*,
        cleared_payments.left_key is not null as is_cleared

    from payments

    left join cleared_payments
        on payments.left_key = cleared_payments.left_key

    left join borne_payments
        on payments.left_key = borne_payments.left_key

    where borne_payments.left_key is null

),

free_lines as (

    select lines.*

    from lines

    left join cleared_lines
        on lines.bank_line_key = cleared_lines.right_key

    left join bearing_lines
        on lines.bank_line_key = bearing_lines.bank_line_key

    where cleared_lines.right_key is null
        and bearing_lines.bank_line_key is null
        and lines.is_deposit

),

slips as (

    select
        entity,
        account_key,
        currency_code,
        slip_number,
        sum(expected_amount) as amount,
        max(item_date) as last_date
    from unborne_payments
    group by entity, account_key, currency_code, slip_number
    having count(*) >= 2 and not bool_or(is_cleared) and max(item_date) - min(item_date) <= 14

),

summed as (

    select
        slips.entity,
        slips.account_key,
        slips.currency_code,
        slips.slip_number,
        free_lines.bank_line_key,
        count(*) over (partition by slips.entity, slips.account_key, slips.currency_code, slips.slip_number) as line_count,
        count(*) over (partition by free_lines.bank_line_key) as slip_count

    from slips

    inner join free_lines
        on slips.entity = free_lines.entity
        and slips.currency_code = free_lines.currency_code
        and slips.amount = free_lines.amount
        and (slips.account_key is null or slips.account_key = free_lines.account_key)
        and free_lines.booking_date between slips.last_date - 1 and slips.last_date + 10

),

alone as (

    select
        unborne_payments.left_key,
        summed.bank_line_key

    from summed

    inner join unborne_payments
        on summed.entity = unborne_payments.entity
        and summed.account_key is not distinct from unborne_payments.account_key
        and summed.currency_code = unborne_payments.currency_code
        and summed.slip_number = unborne_payments.slip_number

    where summed.line_count = 1 and summed.slip_count = 1

),

unioned as (

    select
        left_key,
        bank_line_key,
        'slip' as reference_level
    from named

    union all

    select
        left_key,
        bank_line_key,
        'slip_alone' as reference_level
    from alone

),

counted as (

    select
        *,
        count(*) over (partition by left_key) as line_count
    from unioned

),

-- What two lines would take is neither's.
torn as (

    select distinct bank_line_key
    from counted
    where line_count > 1

),

final as (

    select
        counted.left_key,
        counted.bank_line_key as right_key,
        payments.entity,
        payments.currency_code,
        payments.expected_amount as amount,
        lines.booking_date - payments.item_date as days_apart,
        counted.reference_level

    from counted

    inner join payments
        on counted.left_key = payments.left_key

    inner join lines
        on counted.bank_line_key = lines.bank_line_key

    left join torn
        on counted.bank_line_key = torn.bank_line_key

    where torn.bank_line_key is null

)

select * from final
