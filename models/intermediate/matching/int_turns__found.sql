-- One row per (invoice, payment or bank line that nobody recorded) of one debtor and amount where what is open
-- and what may have paid it come in turn: each bill has one receipt, in time and before the next bill. So it must be
-- for all that is left of them, two pairs or more, or in a row of three pairs that stands alone in time.
with

taken as (

    select * from {{ ref('int_payer_rounds__taken') }}

),

pairs as (

    select * from {{ ref('int_payer_pairs__compared') }}
    where amount_level = 'open_amount'

),

-- What is open of a debtor and one amount, and whatever may have paid it.
open_bills as (

    select
        invoices.invoice_key,
        invoices.person_key,
        invoices.currency_code,
        invoices.settled_by,
        invoices.total_amount,
        invoices.issue_date,
        invoices.due_date

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join {{ ref('int_settlement_items__left') }} as left_items
        on invoices.invoice_key = left_items.item_key
        and not left_items.is_touched
        and invoices.total_amount = left_items.open_amount

    left join taken
        on invoices.invoice_key = taken.left_key

    where invoices.document_type = 'invoice'
        and invoices.person_key is not null
        and taken.left_key is null

),

brought as (

    select
        pairs.right_key,
        pairs.person_key,
        bool_or(pairs.evidence_class <= 3 and pairs.payer_level = 'same_party') as is_told

    from pairs

    left join taken
        on pairs.right_key = taken.right_key

    where taken.right_key is null
    group by pairs.right_key, pairs.person_key

),

receipts as (

    select
        'payment' as right_type,
        brought.right_key,
        brought.person_key,
        payments.currency_code,
        payments.direction,
        payments.amount,
        payments.payment_date as received_date,
        brought.is_told

    from brought

    inner join {{ ref('int_payments__evidenced') }} as payments
        on brought.right_key = payments.payment_key

    union all

    select
        'bank_line' as right_type,
        named_lines.bank_line_key as right_key,
        named_lines.person_key,
        named_lines.currency_code,
        named_lines.direction,
        named_lines.amount,
        named_lines.booking_date as received_date,
        named_lines.is_told

    from {{ ref('int_direct_lines__named') }} as named_lines

    left join taken
        on named_lines.bank_line_key = taken.right_key

    where taken.right_key is null

),

events as (

    select
        person_key,
        currency_code,
        settled_by,
        total_amount,
        'bill' as event,
        issue_date as event_date,
        invoice_key as item_key,
        due_date + 25 as last_date,
        'invoice' as item_type,
        true as is_told
    from open_bills

    union all

    select
        person_key,
        currency_code,
        direction as settled_by,
        amount as total_amount,
        'receipt' as event,
        received_date as event_date,
        right_key as item_key,
        cast(null as date) as last_date,
        right_type as item_type,
        is_told
    from receipts

),

-- A row ends where nothing happens for forty-five days.
parted as (

    select
        *,
        coalesce(
            event_date - lag(event_date) over (
                partition by person_key, currency_code, settled_by, total_amount
                order by event_date asc, event asc, item_key asc
            ) >= 45,
            false
        ) as begins_row
    from events

),

numbered as (

    select
        *,
        count(*) filter (where begins_row) over (
            partition by person_key, currency_code, settled_by, total_amount
            order by event_date asc, event asc, item_key asc
        ) as debtor_row
    from parted

),

neighboured as (

    select
        *,
        lag(item_key) over in_order as key_before,
        lag(event) over in_order as event_before,
        lag(last_date) over in_order as last_date_before,
        lead(event) over in_order as event_after
    from numbered
    window in_order as (
        partition by person_key, currency_code, settled_by, total_amount, debtor_row
        order by event_date asc, event asc, item_key asc
    )

),

-- A bill, then what pays it in time, and so on.
alternating as (

    select
        *,
        case event
            when 'bill' then coalesce(event_after = 'receipt' and event_before is distinct from 'bill', false)
            else coalesce(event_before = 'bill' and event_date <= last_date_before and is_told, false)
        end as is_in_turn
    from neighboured

),

turns as (

    select
        key_before as left_key,
        item_key as right_key,
        item_type as right_type,
        total_amount
    from alternating
    qualify event = 'receipt'
        and (
            (
                bool_and(is_in_turn) over (partition by person_key, currency_code, settled_by, total_amount)
                and count(*) over (partition by person_key, currency_code, settled_by, total_amount) >= 4
            )
            or (
                bool_and(is_in_turn) over (partition by person_key, currency_code, settled_by, total_amount, debtor_row)
                and count(*) over (partition by person_key, currency_code, settled_by, total_amount, debtor_row) >= 6
            )
        )

),

final as (

    select
        turns.left_key,
        turns.right_type,
        turns.right_key,
        'party_turn' as rule,
        'same_party' as payer_level,
        turns.total_amount as settled_amount

    from turns

    inner join pairs
        on turns.left_key = pairs.left_key
        and turns.right_key = pairs.right_key
        and pairs.evidence_class <= 3
        and pairs.payer_level = 'same_party'

    where turns.right_type = 'payment'

    union all

    select
        left_key,
        right_type,
        right_key,
        'direct_turn' as rule,
        'same_party' as payer_level,
        total_amount as settled_amount
    from turns
    where right_type = 'bank_line'

)

select * from final
