-- One row per line on a bank account, however many files and formats tell it. The richest format
-- gives the words; what it leaves empty comes from the next. Pending lines wait outside.
with

sourced as (

    select * from {{ ref('int_bank_lines__sourced') }}
    where status = 'booked'

),

-- Most lines are told once; only the others are ranked and pooled, and with all their columns.
several as (

    select bank_line_key
    from sourced
    group by bank_line_key
    having count(*) > 1

),

ranked as (

    select
        sourced.*,
        row_number() over (
            partition by sourced.bank_line_key
            order by
                case sourced.file_format when 'camt' then 1 when 'ofx' then 2 when 'csv' then 3 else 4 end asc,
                sourced.connection_id asc,
                sourced.statement_key asc nulls last,
                sourced.line_key asc
        ) as source_rank

    from sourced

    inner join several
        on sourced.bank_line_key = several.bank_line_key

),

others as (

    select
        bank_line_key,
        count(*) as source_count,
        string_agg(distinct connection_id || '/' || coalesce(file_format, 'exchange'), ', ' order by connection_id || '/' || coalesce(file_format, 'exchange')) as sources,
        min(counterparty_name) as other_counterparty_name,
        min(reference) as other_reference,
        min(check_number) as other_check_number,
        min(original_currency_code) as other_original_currency_code,
        min(original_amount) as other_original_amount,
        min(exchange_rate) as other_exchange_rate,
        min(charge_amount) as other_charge_amount

    from ranked
    group by bank_line_key

),

chosen as (

    select
        sourced.*,
        1 as source_count,
        sourced.connection_id || '/' || coalesce(sourced.file_format, 'exchange') as sources

    from sourced

    left join several
        on sourced.bank_line_key = several.bank_line_key

    where several.bank_line_key is null

    union all

    select
        ranked.* exclude (source_rank) replace (
            coalesce(ranked.counterparty_name, others.other_counterparty_name) as counterparty_name,
            coalesce(ranked.reference, others.other_reference) as reference,
            coalesce(ranked.check_number, others.other_check_number) as check_number,
            coalesce(ranked.original_currency_code, others.other_original_currency_code) as original_currency_code,
            coalesce(ranked.original_amount, others.other_original_amount) as original_amount,
            coalesce(ranked.exchange_rate, others.other_exchange_rate) as exchange_rate,
            coalesce(ranked.charge_amount, others.other_charge_amount) as charge_amount
        ),
        others.source_count,
        others.sources

    from ranked

    inner join others
        on ranked.bank_line_key = others.bank_line_key

    where ranked.source_rank = 1

),

final as (

    select
        bank_line_key,
        platform,
        connection_id,
        line_key,
        line_id,
        statement_key,
        entity,
        account_id,
        account_key,
        'statement' as evidence,
        line_type,
        counterparty_name,
        description,
        reference,
        check_number,
        is_reversal,
        currency_code,
        amount,
        original_currency_code,
        original_amount,
        exchange_rate,
        charge_amount,
        booking_date,
        value_date,
        occurrence,
        cast(source_count as bigint) as source_count,
        sources

    from chosen

)

select * from final
