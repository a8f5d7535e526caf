-- One row per bank line as one family of sources (a connection and a format) told it, numbered among
-- its equals: by the bank's own id, or where that is missing by the order of equal lines in one file.
with

told as (

    select * from {{ ref('int_bank_lines__told') }}

),

-- The same line in two overlapping files of one family is told once: the bank's own id says so.
once as (

    select
        *,
        row_number() over (
            partition by
                account_key, booking_date, amount, currency_code, family,
                coalesce('id:' || line_id, 'row:' || line_key)
            order by statement_key asc nulls first, line_order asc, line_key asc
        ) as telling

    from told

),

numbered as (

    select
        * exclude (telling),
        row_number() over (
            partition by
                account_key, booking_date, amount, currency_code, family,
                case when line_id is null then statement_key end
            order by {{ fold_text("concat_ws(' ', description, reference)") }} asc nulls last, line_id asc nulls last, line_order asc, line_key asc
        ) as occurrence

    from once
    where telling = 1

),

final as (

    select
        *,
        {{ row_key(['account_key', 'booking_date', 'currency_code', 'amount', 'occurrence']) }} as bank_line_key

    from numbered

)

select * from final
