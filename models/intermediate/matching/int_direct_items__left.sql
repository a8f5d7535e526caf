-- One row per document that settlement leaves open and per bank line that no recorded payment may be,
-- even a doubtful one, with what is open.
with

settled as (

    select
        left_key as invoice_key,
        sum(amount) as settled_amount
    from {{ ref('int_settlement__assigned') }}
    where status = 'auto'
    group by left_key

),

suggested_invoices as (

    select distinct left_key as invoice_key
    from {{ ref('int_settlement__assigned') }}
    where status = 'suggested'

),

final as (

    select
        'invoice' as item_type,
        open_items.item_key,
        cast(open_items.open_amount - coalesce(settled.settled_amount, 0) as decimal(18, 4)) as open_amount,
        suggested_invoices.invoice_key is not null as has_doubtful_payment

    from {{ ref('int_settlement_items__open') }} as open_items

    left join settled
        on open_items.item_key = settled.invoice_key

    left join suggested_invoices
        on open_items.item_key = suggested_invoices.invoice_key

    where open_items.item_type = 'invoice'
        and open_items.open_amount > coalesce(settled.settled_amount, 0)

    union all

    select
        'bank_line' as item_type,
        bank_lines.bank_line_key as item_key,
        cast(abs(bank_lines.amount) as decimal(18, 4)) as open_amount,
        false as has_doubtful_payment

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join {{ ref('int_direct_lines__left') }} as left_lines
        on bank_lines.bank_line_key = left_lines.bank_line_key

)

select * from final
