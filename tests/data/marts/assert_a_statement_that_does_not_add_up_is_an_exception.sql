-- A gap is the bank's or the feed's: it loads, and it is told as an exception with the difference.
{{ config(tags = ['gate'], store_failures = false) }}

with

gaps as (

    select
        statement_key,
        gap_amount
    from {{ ref('bank_statements') }}
    where gap_amount <> 0

),

told as (

    select
        item_key,
        amount
    from {{ ref('exceptions') }}
    where exception_type = 'statement_does_not_add_up'

)

select
    coalesce(gaps.statement_key, told.item_key) as statement_key,
    gaps.gap_amount,
    told.amount

from gaps

full outer join told
    on gaps.statement_key = told.item_key

where gaps.gap_amount is distinct from told.amount
