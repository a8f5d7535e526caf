-- One row per pair of invoice and payment, or bank line that nobody recorded, that the payer and the exact
-- amount settle: class by class, where the payment fits no other invoice of the same or a stronger class and no
-- other payment was there for the invoice on that day or before; of equal bills in a row the one that the payer's
-- habit says, and what is left where bills and receipts come in turn.
with

pairs as (

    select * from {{ ref('int_payer_pairs__compared') }}
    where evidence_class <= 3

),

nothing as (

    select
        left_key,
        right_key
    from pairs
    where false

),

near_numbers as (
    {{ first_unrivalled('pairs', 'nothing', 1) }}
),

-- A slip of the pen links what is not early and of a payer who is known, or was proved often, or where the number
-- is only turned or looks alike; others stay rivals to that.
by_near_number as (

    select near_numbers.*

    from near_numbers

    inner join pairs
        on near_numbers.left_key = pairs.left_key
        and near_numbers.right_key = pairs.right_key

    where (pairs.payer_level <> 'alias' or pairs.proof_count >= 9 or pairs.has_same_signs)
        and pairs.days_level <> 'early'

),

by_month as (
    {{ first_unrivalled('pairs', 'by_near_number', 2, left_class=3) }}
),

named as (

    select * from by_near_number
    union all
    select * from by_month

),

-- What the habit says of money that nobody recorded takes the bill, too.
by_habit as (

    select
        habits.left_key,
        habits.right_key

    from {{ ref('int_habits__found') }} as habits

    left join named as left_named
        on habits.left_key = left_named.left_key

    left join named as right_named
        on habits.right_key = right_named.right_key

    where left_named.left_key is null and right_named.right_key is null

),

-- What is taken in one round is no rival in the next; after three hardly anything follows.
taken_0 as (

    select * from named
    union all
    select * from by_habit

),
{% for round in range(1, 4) %}
days_{{ round }} as (
    {{ first_unrivalled('pairs', 'taken_' ~ (round - 1), 3) }}
),

taken_{{ round }} as (

    select * from taken_{{ round - 1 }}
    union all
    select * from days_{{ round }}

),
{% endfor %}
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

    left join taken_3
        on invoices.invoice_key = taken_3.left_key

    where invoices.document_type = 'invoice'
        and invoices.person_key is not null
        and taken_3.left_key is null

),

brought as (

    select
        compared.right_key,
        compared.person_key,
        bool_or(compared.evidence_class <= 3 and compared.payer_level = 'same_party') as is_told

    from {{ ref('int_payer_pairs__compared') }} as compared

    left join taken_3
        on compared.right_key = taken_3.right_key

    where compared.amount_level = 'open_amount'
        and taken_3.right_key is null
    group by compared.right_key, compared.person_key

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

    left join taken_3
        on named_lines.bank_line_key = taken_3.right_key

    where taken_3.right_key is null

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
        ) as row_number_of_debtor
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
        partition by person_key, currency_code, settled_by, total_amount, row_number_of_debtor
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
                bool_and(is_in_turn) over (partition by person_key, currency_code, settled_by, total_amount, row_number_of_debtor)
                and count(*) over (partition by person_key, currency_code, settled_by, total_amount, row_number_of_debtor) >= 6
            )
        )

),

final as (

    select
        taken_3.left_key,
        'payment' as right_type,
        taken_3.right_key,
        case
            when pairs.reference_level = 'near_number' then 'number_near'
            when pairs.amount_level = 'discounted' then 'party_discount'
            when by_habit.left_key is not null then 'party_habit'
            when pairs.reference_level = 'month' then 'party_month'
            when pairs.payer_level = 'alias' then 'alias_amount'
            else 'party_amount'
        end as rule,
        pairs.payer_level,
        cast(pairs.payment_open_amount as decimal(18, 4)) as settled_amount

    from taken_3

    inner join pairs
        on taken_3.left_key = pairs.left_key
        and taken_3.right_key = pairs.right_key

    left join by_habit
        on taken_3.left_key = by_habit.left_key
        and taken_3.right_key = by_habit.right_key

    union all

    select
        turns.left_key,
        turns.right_type,
        turns.right_key,
        'party_turn' as rule,
        pairs.payer_level,
        cast(turns.total_amount as decimal(18, 4)) as settled_amount

    from turns

    inner join pairs
        on turns.left_key = pairs.left_key
        and turns.right_key = pairs.right_key
        and pairs.payer_level = 'same_party'
        and pairs.amount_level = 'open_amount'

    where turns.right_type = 'payment'

    union all

    select
        turns.left_key,
        turns.right_type,
        turns.right_key,
        'direct_turn' as rule,
        'same_party' as payer_level,
        cast(turns.total_amount as decimal(18, 4)) as settled_amount
    from turns
    where turns.right_type = 'bank_line'

    union all

    select
        by_habit.left_key,
        'bank_line' as right_type,
        by_habit.right_key,
        'direct_habit' as rule,
        'same_party' as payer_level,
        invoices.total_amount as settled_amount

    from by_habit

    inner join {{ ref('int_direct_lines__left') }} as left_lines
        on by_habit.right_key = left_lines.bank_line_key

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on by_habit.left_key = invoices.invoice_key

)

select * from final
