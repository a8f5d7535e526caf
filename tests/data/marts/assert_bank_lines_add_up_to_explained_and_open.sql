-- Every cent of every bank line is explained or open, and a line that is in a bucket other than open
-- has something explained.
{{ config(tags = ['gate'], store_failures = false) }}

with

bank_lines as (

    select * from {{ ref('bank_lines') }}

)

select
    bank_line_key,
    amount,
    explained_amount,
    unexplained_amount,
    bucket

from bank_lines

where amount <> explained_amount + unexplained_amount
    or (bucket = 'open' and explained_amount <> 0)
    or (amount >= 0 and (explained_amount < 0 or explained_amount > amount))
    or (amount < 0 and (explained_amount > 0 or explained_amount < amount))
