-- One row per line on a bank account, however many files and formats tell it. The richest format
-- gives the words; what it leaves empty comes from the next. Pending lines wait outside.
with

sourced as (

    select * from {{ ref('int_bank_lines__sourced') }}
    where status = 'booked'

),

ranked as (

    select
        *,
        case file_format
            when 'camt' then 1
            when 'ofx' then 2
            when 'csv' then 3
            else 4
        end as format_rank,
        row_number() over (
            partition by bank_line_key
            order by
                case file_format when 'camt' then 1 when 'ofx' then 2 when 'csv' then 3 else 4 end asc,
                connection_id asc,
                statement_key asc nulls last,
                line_key asc
        ) as source_rank

    from sourced

),

others as (

    select
        bank_line_key,
        count(*) as source_count,
        string_agg(distinct connection_id || '/' || coalesce(file_format, 'exchange'), ', ' order by connection_id || '/' || coalesce(file_format, 'exchange')) as sources,
        min(counterparty_name) as other_counterparty_name,
        min(reference) as other_reference,
        min(check_number) as other_check_number

    from ranked
    group by bank_line_key

),

final as (

    select
        ranked.bank_line_key,
        ranked.platform,
        ranked.connection_id,
        ranked.line_key,
        ranked.line_id,
        ranked.statement_key,
        ranked.entity,
        ranked.account_id,
        ranked.account_key,
        'statement' as evidence,
        ranked.line_type,
        coalesce(ranked.counterparty_name, others.other_counterparty_name) as counterparty_name,
        ranked.description,
        coalesce(ranked.reference, others.other_reference) as reference,
        coalesce(ranked.check_number, others.other_check_number) as check_number,
        ranked.is_reversal,
        ranked.currency_code,
        ranked.amount,
        ranked.booking_date,
        ranked.value_date,
        ranked.occurrence,
        others.source_count,
        others.sources

    from ranked

    inner join others
        on ranked.bank_line_key = others.bank_line_key

    where ranked.source_rank = 1

)

select * from final
