-- One row per deposit line, or line of money out that its text calls a batch, that nothing has cleared, and per
-- payment that may lie in the till or the batch, with the days between which it may be booked.
with

clearables as (

    select * from {{ ref('int_clearables__prepared') }}
    where left_type = 'payment'
        and (
            (expected_amount > 0 and method in ('check', 'cash', 'other'))
            or (expected_amount < 0 and method in ('ach', 'eft', 'other'))
        )

),

-- What bears one reference with others is a run, and looked for by it.
shared_references as (

    select
        entity,
        reference
    from {{ ref('int_payments__evidenced') }}
    where reference is not null
    group by entity, reference
    having count(*) > 1

),

in_runs as (

    select payments.payment_key as left_key

    from {{ ref('int_payments__evidenced') }} as payments

    inner join shared_references
        on payments.entity = shared_references.entity
        and payments.reference = shared_references.reference

),

cleared as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing__assigned') }}
    where status = 'auto'

    union all

    select
        left_key,
        right_key
    from {{ ref('int_runs__found') }}

),

cleared_payments as (

    select distinct left_key from cleared

),

returns as (

    select * from {{ ref('int_returns__assigned') }}
    where status = 'auto'

),

transfers as (

    select left_key as bank_line_key from {{ ref('int_transfers__assigned') }}
    union all
    select right_key as bank_line_key from {{ ref('int_transfers__assigned') }}

),

explained_lines as (

    select right_key as bank_line_key from cleared
    union all
    select right_key as bank_line_key from returns
    union all
    select bank_line_key from transfers

),

explained as (

    select distinct bank_line_key from explained_lines

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

-- What the bank took back reached it before that day, never after.
taken_back as (

    select
        returns.left_key,
        max(return_lines.booking_date) as returned_date

    from returns

    inner join bank_lines as return_lines
        on returns.right_key = return_lines.bank_line_key

    where returns.left_type = 'payment'
    group by returns.left_key

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'deposit'

),

own_windows as (
    {{ own_windows('deposit') }}
),

final as (

    select
        'payment' as item_type,
        clearables.left_key as item_key,
        clearables.entity,
        clearables.currency_code,
        clearables.account_key,
        clearables.expected_amount as amount,
        clearables.item_date,
        clearables.item_date - {{ window_days('days_before') }} as first_booking_date,
        least(clearables.item_date + {{ window_days('days_after') }}, taken_back.returned_date) as last_booking_date

    from clearables

    inner join windows
        on windows.method = case when clearables.expected_amount > 0 then '*' else 'sent' end

    left join own_windows
        on clearables.entity = own_windows.entity
        and windows.method = own_windows.method

    left join cleared_payments
        on clearables.left_key = cleared_payments.left_key

    left join taken_back
        on clearables.left_key = taken_back.left_key

    left join in_runs
        on clearables.left_key = in_runs.left_key
        and clearables.expected_amount < 0

    where cleared_payments.left_key is null
        and in_runs.left_key is null

    union all

    select
        'bank_line' as item_type,
        bank_lines.bank_line_key as item_key,
        bank_lines.entity,
        bank_lines.currency_code,
        bank_lines.account_key,
        bank_lines.amount,
        bank_lines.booking_date as item_date,
        bank_lines.booking_date as first_booking_date,
        bank_lines.booking_date as last_booking_date

    from bank_lines

    left join explained
        on bank_lines.bank_line_key = explained.bank_line_key

    where explained.bank_line_key is null
        and (
            (bank_lines.line_class = 'deposit' and bank_lines.amount > 0)
            or (
                bank_lines.amount < 0
                and bank_lines.line_class in ('other', 'payroll')
                and regexp_matches(
                    bank_lines.folded_text,
                    '\b(?:BATCH|BULK|PAYABLES?|BILL ?COM|ACH ORIG|ORIGINATION|ORIG SETTLEMENT|ACH (?:FILE|OFFSET|SETTLEMENT)|VENDOR (?:PMTS?|PYMTS?|PAYMENTS)|[0-9]+ ITEMS)\b'
                )
            )
        )

)

select * from final
