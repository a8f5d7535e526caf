-- A document is never settled beyond its total, and total is settled plus open.
{{ config(tags = ['gate'], store_failures = false) }}

with

invoices as (

    select * from {{ ref('invoices') }}

)

select
    invoice_key,
    total_amount,
    settled_amount,
    open_amount

from invoices

where is_primary
    and (
        settled_amount > total_amount
        or settled_amount < 0
        or open_amount < 0
        or (status not in ('draft', 'void') and total_amount <> settled_amount + open_amount)
    )
