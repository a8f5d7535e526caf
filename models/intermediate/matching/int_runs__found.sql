-- One row per payment of a slip (int_slips__found) and its bank line, and per payment of a run and the bank
-- line that bears the run's reference and that all of the run add up to: those that bear it, too, or, where
-- the books wrote it on some of them only, all that its one payer brought on the days in a row around these.
-- A reference alone leads to the run, the sum proves it.
with

slips as (

    select * from {{ ref('int_slips__found') }}

),

-- What a reference, a settlement's own sum or a slip may clear is in no run.
cleared as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing_pairs__compared') }}
    where evidence_class <= 3

    union all

    select
        left_key,
        right_key
    from slips

),

cleared_payments as (

    select distinct left_key from cleared

),

cleared_lines as (

    select distinct right_key from cleared

),

payments as (

    select
        clearables.*,
        coalesce(clearables.person_key, clearables.name_key) as payer_key

    from {{ ref('int_clearables__prepared') }} as clearables

    left join cleared_payments
        on clearables.left_key = cleared_payments.left_key

    where clearables.left_type = 'payment'
        and clearables.expected_amount <> 0
        and cleared_payments.left_key is null

),

lines as (

    select bank_lines.*

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join cleared_lines
        on bank_lines.bank_line_key = cleared_lines.right_key

    where bank_lines.line_class not in ('return', 'bank_fee', 'interest')
        and cleared_lines.right_key is null

),

numbers as (

    select distinct
        entity,
        number_token
    from {{ ref('int_invoices__evidenced') }}
    where number_token is not null

),

-- An invoice's number is the reference of that invoice, a year or a word that hundreds bear of nothing.
tokens as (

    select
        tokens.item_type,
        tokens.item_key,
        tokens.entity,
        tokens.token,
        count(*) over (partition by tokens.entity, tokens.item_type, tokens.token) as bearer_count

    from {{ ref('int_reference_tokens__extracted') }} as tokens

    left join numbers
        on tokens.entity = numbers.entity
        and tokens.token = numbers.number_token

    where length(tokens.token) >= 5
        and not regexp_full_match(tokens.token, '(?:19|20)[0-9]{2}(?:[0-9]{2}){0,2}')
        and not tokens.is_joined
        and numbers.number_token is null

),

line_tokens as (

    select
        tokens.token,
        lines.bank_line_key,
        lines.entity,
        lines.currency_code,
        lines.account_key,
        lines.amount,
        lines.booking_date

    from tokens

    inner join lines
        on tokens.item_key = lines.bank_line_key

    where tokens.item_type = 'bank_line' and tokens.bearer_count <= 3

),

payment_tokens as (

    select
        tokens.token,
        payments.left_key,
        payments.entity,
        payments.currency_code,
        payments.account_key,
        payments.expected_amount,
        payments.item_date,
        payments.payer_key

    from tokens

    inner join payments
        on tokens.item_key = payments.left_key

    where tokens.item_type = 'payment' and tokens.bearer_count <= 200

),

bearers as (

    select distinct
        line_tokens.bank_line_key,
        payment_tokens.left_key,
        payment_tokens.payer_key,
        payment_tokens.item_date

    from line_tokens

    inner join payment_tokens
        on line_tokens.entity = payment_tokens.entity
        and line_tokens.token = payment_tokens.token
        and line_tokens.currency_code = payment_tokens.currency_code
        and (line_tokens.amount > 0) = (payment_tokens.expected_amount > 0)
        and payment_tokens.item_date between line_tokens.booking_date - 10 and line_tokens.booking_date + 3

    where payment_tokens.account_key is null or payment_tokens.account_key = line_tokens.account_key

),

-- A run has one payer.
runs as (

    select
        bearers.bank_line_key,
        lines.entity,
        lines.currency_code,
        lines.account_key,
        lines.amount,
        lines.booking_date,
        min(bearers.payer_key) as payer_key,
        min(bearers.item_date) as first_date,
        max(bearers.item_date) as last_date

    from bearers

    inner join lines
        on bearers.bank_line_key = lines.bank_line_key

    group by bearers.bank_line_key, lines.entity, lines.currency_code, lines.account_key, lines.amount, lines.booking_date
    having count(distinct bearers.payer_key) = 1 and count(bearers.payer_key) = count(*)

),

bearing_payments as (

    select distinct left_key from bearers

),

-- The payer's payments that bear no line's reference may be of the run.
members as (

    select
        runs.bank_line_key,
        runs.entity,
        runs.currency_code,
        runs.amount,
        runs.booking_date,
        runs.first_date,
        runs.last_date,
        payments.left_key,
        payments.expected_amount,
        payments.item_date,
        bearers.left_key is not null as is_bearer

    from runs

    inner join payments
        on runs.entity = payments.entity
        and runs.payer_key = coalesce(payments.person_key, payments.name_key)
        and runs.currency_code = payments.currency_code
        and (runs.amount > 0) = (payments.expected_amount > 0)
        and payments.item_date between runs.booking_date - 10 and runs.booking_date + 3

    left join bearers
        on runs.bank_line_key = bearers.bank_line_key
        and payments.left_key = bearers.left_key

    left join bearing_payments
        on payments.left_key = bearing_payments.left_key

    where (payments.account_key is null or payments.account_key = runs.account_key)
        and (bearers.left_key is not null or bearing_payments.left_key is null)

),

borne as (

    select bank_line_key
    from members
    where is_bearer
    group by bank_line_key, amount
    having sum(expected_amount) = amount and count(*) >= 2

),

days as (

    select
        members.bank_line_key,
        members.amount,
        members.first_date,
        members.last_date,
        members.item_date,
        sum(members.expected_amount) as day_amount,
        count(*) as day_count

    from members

    left join borne
        on members.bank_line_key = borne.bank_line_key

    where borne.bank_line_key is null
    group by members.bank_line_key, members.amount, members.first_date, members.last_date, members.item_date

),

spans as (

    select
        firsts.bank_line_key,
        firsts.item_date as first_date,
        lasts.item_date as last_date,
        count(*) over (partition by firsts.bank_line_key) as span_count

    from days as firsts

    inner join days as lasts
        on firsts.bank_line_key = lasts.bank_line_key
        and lasts.item_date >= lasts.last_date

    inner join days
        on firsts.bank_line_key = days.bank_line_key
        and days.item_date between firsts.item_date and lasts.item_date

    where firsts.item_date <= firsts.first_date
    group by firsts.bank_line_key, firsts.item_date, lasts.item_date, firsts.amount
    having sum(days.day_amount) = firsts.amount and sum(days.day_count) >= 2

),

chosen as (

    select members.*

    from members

    inner join borne
        on members.bank_line_key = borne.bank_line_key

    where members.is_bearer

    union all

    select members.*

    from members

    inner join spans
        on members.bank_line_key = spans.bank_line_key
        and members.item_date between spans.first_date and spans.last_date

    where spans.span_count = 1

),

counted as (

    select
        *,
        count(*) over (partition by left_key) as line_count
    from chosen

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
        counted.entity,
        counted.currency_code,
        counted.expected_amount as amount,
        counted.booking_date - counted.item_date as days_apart,
        case when counted.is_bearer then 'whole_token' else 'run_token' end as reference_level,
        'batch_reference' as rule

    from counted

    left join torn
        on counted.bank_line_key = torn.bank_line_key

    where torn.bank_line_key is null

    union all

    select
        left_key,
        right_key,
        entity,
        currency_code,
        amount,
        days_apart,
        reference_level,
        'slip_sum' as rule
    from slips

)

select * from final
