-- Mirrored records share an economic key and exactly one of them, whose key it is, counts.
{{ config(tags = ['gate'], store_failures = false) }}

with

records as (

    select
        invoice_key as item_key,
        economic_key,
        is_primary
    from {{ ref('invoices') }}
    union all
    select
        payment_key as item_key,
        economic_key,
        is_primary
    from {{ ref('payments') }}
    union all
    select
        settlement_key as item_key,
        economic_key,
        is_primary
    from {{ ref('settlements') }}

)

select
    economic_key,
    count(*) filter (where is_primary) as primary_count

from records

group by economic_key
having count(*) filter (where is_primary) <> 1
    or count(*) filter (where is_primary and item_key <> economic_key) > 0
