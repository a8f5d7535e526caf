-- What links take from a bank line never exceeds it and never runs against its sign. A row here is
-- money counted twice. Lines that a return or a transfer explains are whole by definition. Of a link in
-- another currency the line's side are the adjustments of its match: exchange and charge.
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

uses as (

    select
        allocations.right_key as bank_line_key,
        allocations.leg,
        allocations.amount

    from allocations

    inner join bank_lines
        on allocations.right_key = bank_lines.bank_line_key
        and allocations.currency_code = bank_lines.currency_code

    union all

    select
        item_key as bank_line_key,
        case when adjustment_type = 'rounding' then 'direct' else 'clearing' end as leg,
        case when adjustment_type = 'rounding' then abs(amount) else amount end as amount
    from {{ ref('adjustments') }}
    where item_type = 'bank_line' and match_key is not null

),

used as (

    select
        bank_line_key,
        sum(case when leg = 'clearing' then amount else 0 end) as cleared_amount,
        sum(case when leg = 'direct' then amount else 0 end) as direct_amount

    from uses
    group by bank_line_key

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
