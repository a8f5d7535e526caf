with

invoices as (

    select * from {{ ref('int_invoices__mirrored') }}

),

allocations as (

    select * from {{ ref('match_allocations') }}
    where status in ('book', 'auto', 'confirmed', 'manual')

),

adjustments as (

    select * from {{ ref('adjustments') }}
    where item_type = 'invoice'

),

-- A credit note that a payment nets stands there with a minus.
used as (

    select
        left_key as invoice_key,
        abs(amount) as amount
    from allocations
    where leg in ('settlement', 'direct', 'application')

    union all

    select
        right_key as invoice_key,
        amount
    from allocations
    where leg = 'application'

    union all

    select
        item_key as invoice_key,
        amount
    from adjustments

),

sums as (

    select
        invoice_key,
        cast(sum(amount) as decimal(18, 4)) as settled_amount
    from used
    group by invoice_key

),

final as (

    select
        invoices.invoice_key,
        invoices.economic_key,
        invoices.is_primary,
        invoices.connection_id,
        invoices.platform,
        invoices.entity,
        invoices.invoice_id as source_id,
        invoices.direction,
        invoices.document_type,
        invoices.number,
        invoices.bill_to_party_key,
        invoices.resident_party_key,
        invoices.party_name,
        invoices.issue_date,
        invoices.due_date,
        invoices.service_from,
        invoices.service_to,
        invoices.currency_code,
        invoices.total_amount,
        invoices.tax_amount,
        invoices.discount_amount,
        invoices.discount_date,
        coalesce(sums.settled_amount, 0) as settled_amount,
        cast(
            case when invoices.status in ('draft', 'void') then 0 else invoices.total_amount - coalesce(sums.settled_amount, 0) end
            as decimal(18, 4)
        ) as open_amount,
        invoices.platform_open_amount,
        case
            when invoices.status in ('draft', 'void') then invoices.status
            when invoices.total_amount = coalesce(sums.settled_amount, 0) then 'paid'
            when coalesce(sums.settled_amount, 0) > 0 then 'part_paid'
            else 'open'
        end as status,
        invoices.platform_status

    from invoices

    left join sums
        on invoices.economic_key = sums.invoice_key

)

select * from final
