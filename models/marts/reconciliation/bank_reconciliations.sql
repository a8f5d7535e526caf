with

accounts as (

    select * from {{ ref('bank_accounts') }}
    where entity <> 'unmapped'

),

bank_lines as (

    select * from {{ ref('bank_lines') }}
    where entity <> 'unmapped'

),

statements as (

    select * from {{ ref('bank_statements') }}

),

entries as (

    select * from {{ ref('ledger_entries') }}
    where account_key is not null

),

payments as (

    select
        payments.*,
        evidenced.account_key

    from {{ ref('payments') }} as payments

    inner join {{ ref('int_payments__evidenced') }} as evidenced
        on payments.payment_key = evidenced.payment_key

    where evidenced.account_key is not null
        and evidenced.settlement_key is null

),

clearing_dates as (

    select
        allocations.left_key as payment_key,
        min(bank_lines.booking_date) as cleared_date

    from {{ ref('match_allocations') }} as allocations

    inner join bank_lines
        on allocations.right_key = bank_lines.bank_line_key

    where allocations.leg = 'clearing'
        and allocations.left_type = 'payment'
        and allocations.status in ('book', 'auto', 'confirmed', 'manual')
    group by allocations.left_key

),

settlement_transit as (

    select
        settlements.settlement_key as payment_key,
        clearables.account_key,
        settlements.direction,
        clearables.item_date as payment_date,
        settlements.currency_code,
        settlements.amount,
        cleared_lines.booking_date as cleared_date

    from {{ ref('settlements') }} as settlements

    inner join {{ ref('int_clearables__prepared') }} as clearables
        on settlements.settlement_key = clearables.left_key

    left join bank_lines as cleared_lines
        on settlements.bank_line_key = cleared_lines.bank_line_key

    where clearables.account_key is not null

),

movements as (

    select
        payments.payment_key,
        payments.account_key,
        payments.direction,
        payments.payment_date,
        payments.currency_code,
        cast(payments.amount - payments.fee_amount as decimal(18, 4)) as amount,
        clearing_dates.cleared_date

    from payments

    left join clearing_dates
        on payments.payment_key = clearing_dates.payment_key

    where payments.status = 'posted' and payments.is_primary

    union all

    select
        payment_key,
        account_key,
        direction,
        payment_date,
        currency_code,
        amount,
        cleared_date
    from settlement_transit

),

months as (

    select distinct
        account_key,
        currency_code,
        cast(date_trunc('month', booking_date) as date) as period_start
    from bank_lines

),

periods as (

    select
        account_key,
        currency_code,
        period_start,
        cast(period_start + interval 1 month - interval 1 day as date) as period_end
    from months

),

-- The newest statement that gives a balance inside the month.
closings as (

    select
        periods.account_key,
        periods.period_start,
        statements.closing_amount,
        statements.period_end as statement_end,
        row_number() over (
            partition by periods.account_key, periods.period_start
            order by statements.period_end desc, statements.file_format asc, statements.statement_key asc
        ) as closing_rank

    from periods

    inner join statements
        on periods.account_key = statements.account_key
        and statements.period_end between periods.period_start and periods.period_end
        and statements.closing_amount is not null

),

openings as (

    select
        periods.account_key,
        periods.period_start,
        statements.opening_amount,
        row_number() over (
            partition by periods.account_key, periods.period_start
            order by statements.period_start asc, statements.file_format asc, statements.statement_key asc
        ) as opening_rank

    from periods

    inner join statements
        on periods.account_key = statements.account_key
        and statements.period_start = periods.period_start
        and statements.opening_amount is not null

),

line_sums as (

    select
        periods.account_key,
        periods.period_start,
        count(*) as line_count,
        cast(sum(bank_lines.amount) as decimal(18, 4)) as lines_amount,
        cast(sum(case when bank_lines.bucket = 'cleared' then bank_lines.amount else 0 end) as decimal(18, 4)) as cleared_amount,
        cast(sum(case when bank_lines.bucket = 'direct' then bank_lines.amount else 0 end) as decimal(18, 4)) as direct_amount,
        cast(sum(case when bank_lines.bucket = 'return' then bank_lines.amount else 0 end) as decimal(18, 4)) as return_amount,
        cast(sum(case when bank_lines.bucket = 'transfer' then bank_lines.amount else 0 end) as decimal(18, 4)) as transfer_amount,
        cast(sum(case when bank_lines.bucket = 'fee' then bank_lines.amount else 0 end) as decimal(18, 4)) as fee_amount,
        cast(sum(case when bank_lines.bucket = 'open' then bank_lines.amount else 0 end) as decimal(18, 4)) as open_amount

    from periods

    inner join bank_lines
        on periods.account_key = bank_lines.account_key
        and bank_lines.booking_date between periods.period_start and periods.period_end

    group by periods.account_key, periods.period_start

),

ledger_sums as (

    select
        periods.account_key,
        periods.period_start,
        cast(sum(entries.debit_amount - entries.credit_amount) as decimal(18, 4)) as ledger_amount

    from periods

    inner join entries
        on periods.account_key = entries.account_key
        and entries.entry_date <= periods.period_end

    group by periods.account_key, periods.period_start

),

transit_sums as (

    select
        periods.account_key,
        periods.period_start,
        cast(sum(case when movements.direction = 'in' then movements.amount else 0 end) as decimal(18, 4)) as deposits_in_transit_amount,
        cast(sum(case when movements.direction = 'out' then movements.amount else 0 end) as decimal(18, 4)) as outstanding_payments_amount

    from periods

    inner join movements
        on periods.account_key = movements.account_key
        and periods.currency_code = movements.currency_code
        and movements.payment_date <= periods.period_end
        and (movements.cleared_date is null or movements.cleared_date > periods.period_end)

    group by periods.account_key, periods.period_start

),

joined as (

    select
        accounts.account_key,
        accounts.entity,
        accounts.account_id,
        periods.currency_code,
        periods.period_start,
        periods.period_end,
        -- A format without an opening balance opens with what the month before closed with.
        coalesce(
            openings.opening_amount,
            lag(closings.closing_amount) over (partition by periods.account_key, periods.currency_code order by periods.period_start asc)
        ) as statement_opening_amount,
        line_sums.* exclude (account_key, period_start),
        closings.closing_amount as statement_closing_amount,
        closings.statement_end,
        ledger_sums.ledger_amount,
        coalesce(transit_sums.deposits_in_transit_amount, 0) as deposits_in_transit_amount,
        coalesce(transit_sums.outstanding_payments_amount, 0) as outstanding_payments_amount

    from periods

    inner join accounts
        on periods.account_key = accounts.account_key

    inner join line_sums
        on periods.account_key = line_sums.account_key
        and periods.period_start = line_sums.period_start

    left join openings
        on periods.account_key = openings.account_key
        and periods.period_start = openings.period_start
        and openings.opening_rank = 1

    left join closings
        on periods.account_key = closings.account_key
        and periods.period_start = closings.period_start
        and closings.closing_rank = 1

    left join ledger_sums
        on periods.account_key = ledger_sums.account_key
        and periods.period_start = ledger_sums.period_start

    left join transit_sums
        on periods.account_key = transit_sums.account_key
        and periods.period_start = transit_sums.period_start

),

final as (

    select
        {{ row_key(['account_key', 'currency_code', 'period_start']) }} as bank_reconciliation_key,
        account_key,
        entity,
        account_id,
        currency_code,
        period_start,
        period_end,
        line_count,
        statement_opening_amount,
        lines_amount,
        cleared_amount,
        direct_amount,
        return_amount,
        transfer_amount,
        fee_amount,
        open_amount,
        cast(statement_opening_amount + lines_amount as decimal(18, 4)) as computed_closing_amount,
        statement_closing_amount,
        cast(statement_closing_amount - statement_opening_amount - lines_amount as decimal(18, 4)) as statement_gap_amount,
        ledger_amount,
        deposits_in_transit_amount,
        outstanding_payments_amount,
        cast(statement_closing_amount + deposits_in_transit_amount - outstanding_payments_amount as decimal(18, 4)) as adjusted_bank_amount,
        cast(ledger_amount - (statement_closing_amount + deposits_in_transit_amount - outstanding_payments_amount) as decimal(18, 4)) as unexplained_amount

    from joined

)

select * from final
