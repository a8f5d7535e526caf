-- Nothing is lost: every primary document, payment and bank line stands in a link, in the list of
-- what is unmatched, or both. A row here is money that no page shows.
--
-- This is no test of match quality: a wrong link passes.
{{ config(tags = ['gate'], store_failures = false) }}

with

items as (

    select
        invoice_key as item_key,
        'invoice' as item_type
    from {{ ref('invoices') }}
    union all
    select
        payment_key as item_key,
        'payment' as item_type
    from {{ ref('payments') }}
    union all
    select
        bank_line_key as item_key,
        'bank_line' as item_type
    from {{ ref('bank_lines') }}

),

placed as (

    select left_key as item_key from {{ ref('match_allocations') }}
    union all
    select right_key as item_key from {{ ref('match_allocations') }}
    union all
    select item_key from {{ ref('unmatched_items') }}

),

places as (

    select distinct item_key from placed

)

select
    items.item_type,
    items.item_key

from items

left join places
    on items.item_key = places.item_key

where places.item_key is null
