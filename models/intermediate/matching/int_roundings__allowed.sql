-- One row per document and how much of it rounding explains: a unit of its currency's smallest coin, or,
-- where it bills a period, half a unit for each of its days.
with

invoices as (

    select
        economic_key as invoice_key,
        entity,
        service_to - service_from + 1 as service_days,
        {{ currency_factor('currency_code') }} as minor_unit
    from {{ ref('int_invoices__mirrored') }}
    where is_primary and status in ('open', 'unknown')

),

final as (

    select
        invoices.invoice_key,
        cast(
            coalesce(
                invoices.minor_unit
                * greatest({{ tolerance('rounding_units') }}, {{ tolerance('rounding_day_units') }} * coalesce(least(greatest(invoices.service_days, 0), 366), 0)),
                0
            ) as decimal(18, 4)
        ) as rounding_amount

    from invoices
    {{ join_tolerances('invoices', ['rounding_units', 'rounding_day_units']) }}

)

select * from final
