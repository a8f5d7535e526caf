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

engaged_lines as (

    select right_key as bank_line_key from {{ ref('int_clearing__assigned') }}
    where status = 'auto'
        or (status = 'suggested' and (lost_because <> 'no_evidence_of_who' or reference_level <> 'none'))
        -- What an own rule forbids to link is recorded all the same.
        or lost_because = 'rule_is_off'

    union all

    select left_key as bank_line_key from {{ ref('int_returns__assigned') }}
    where status = 'auto'

    union all

    select right_key as bank_line_key from {{ ref('int_returns__assigned') }}

    union all

    select left_key as bank_line_key from {{ ref('int_transfers__assigned') }}

    union all

    select right_key as bank_line_key from {{ ref('int_transfers__assigned') }}

),

engaged as (

    select distinct bank_line_key from engaged_lines

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

    left join engaged
        on bank_lines.bank_line_key = engaged.bank_line_key

    where engaged.bank_line_key is null
        and bank_lines.line_class in ('other', 'deposit')

)

select * from final
