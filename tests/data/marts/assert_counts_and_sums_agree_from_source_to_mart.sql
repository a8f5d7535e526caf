-- Per connection, entity, currency, kind and month the marts hold as many rows and as much money as
-- the canonical models that the sources were brought into.
{{ config(tags = ['gate'], store_failures = false) }}

with

totals as (

    select * from {{ ref('control_totals') }}

),

canonical as (

    select * from totals
    where stage = 'canonical'

),

marts as (

    select * from totals
    where stage = 'mart'

)

select
    coalesce(canonical.connection_id, marts.connection_id) as connection_id,
    coalesce(canonical.item_type, marts.item_type) as item_type,
    coalesce(canonical.period_month, marts.period_month) as period_month,
    canonical.row_count as canonical_row_count,
    marts.row_count as mart_row_count,
    canonical.total_amount as canonical_amount,
    marts.total_amount as mart_amount

from canonical

full outer join marts
    on canonical.connection_id = marts.connection_id
    and canonical.entity is not distinct from marts.entity
    and canonical.currency_code is not distinct from marts.currency_code
    and canonical.item_type = marts.item_type
    and canonical.period_month is not distinct from marts.period_month

where canonical.row_count is distinct from marts.row_count
    or canonical.total_amount is distinct from marts.total_amount
