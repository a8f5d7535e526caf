with

statements as (

    select * from {{ ref('int_bank_statements__unioned') }}

),

lines as (

    select
        statement_key,
        count(*) as line_count,
        cast(sum(amount) as decimal(18, 4)) as lines_amount

    from {{ ref('int_bank_lines__told') }}
    where status = 'booked'
    group by statement_key

),

final as (

    select
        statements.statement_key,
        statements.connection_id,
        statements.entity,
        statements.account_key,
        statements.account_id,
        statements.statement_id as source_id,
        statements.file_name,
        statements.file_sha256,
        statements.file_format,
        statements.period_start,
        statements.period_end,
        statements.currency_code,
        statements.opening_amount,
        coalesce(lines.lines_amount, 0) as lines_amount,
        statements.closing_amount,
        coalesce(lines.line_count, 0) as line_count,
        cast(statements.closing_amount - statements.opening_amount - coalesce(lines.lines_amount, 0) as decimal(18, 4)) as gap_amount

    from statements

    left join lines
        on statements.statement_key = lines.statement_key

)

select * from final
