-- What links take from a bank line never exceeds it and never runs against its sign. A row here is
-- money counted twice. Lines that a return or a transfer explains are whole by definition.
{{ config(tags = ['gate'], store_failures = false) }}

with

allocations as (

    select * from {{ ref('match_allocations') }}
    where status in ('book', 'auto', 'confirmed', 'manual')
        and leg in ('clearing', 'direct')

),

bank_lines as (

    select * from {{ ref('bank_lines') }}

),

used as (

    select
        right_key as bank_line_key,
        sum(case when leg = 'clearing' then amount else 0 end) as cleared_amount,
        sum(case when leg = 'direct' then amount else 0 end) as direct_amount

    from allocations
    group by right_key

)

select
    bank_lines.bank_line_key,
    bank_lines.amount,
    used.cleared_amount,
    used.direct_amount

from bank_lines

inner join used
    on bank_lines.bank_line_key = used.bank_line_key

where (used.cleared_amount <> 0 and used.cleared_amount <> bank_lines.amount)
    or used.direct_amount > abs(bank_lines.amount)
    or (used.cleared_amount <> 0 and used.direct_amount <> 0)
