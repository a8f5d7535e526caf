-- One row per (invoice, payment or bank line that nobody recorded) of one debtor that a habit joins: the
-- debtor's one receipt of that amount between this bill and its next equal one, as many days after the bill as
-- its other receipts come after theirs, and well before the next bill. Of equal bills the habit says which, where
-- no receipt says it.
with

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}
    where document_type = 'invoice' and person_key is not null

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}
    where original_payment_id is null

),

pairs as (

    select * from {{ ref('int_payer_pairs__compared') }}
    where amount_level = 'open_amount'

),

-- Bills of one debtor and amount in a row.
bills as (

    select
        invoice_key,
        entity,
        person_key,
        currency_code,
        settled_by,
        total_amount,
        issue_date,
        due_date,
        lag(issue_date) over (
            partition by person_key, currency_code, settled_by, total_amount
            order by issue_date asc, invoice_key asc
        ) as issue_date_before,
        lead(issue_date) over (
            partition by person_key, currency_code, settled_by, total_amount
            order by issue_date asc, invoice_key asc
        ) as next_issue_date
    from invoices

),

-- Whoever may have paid for the debtor counts.
told_payers as (

    select
        payment_key,
        person_key
    from {{ ref('int_payers__resolved') }}

    union all

    select
        right_key as payment_key,
        person_key
    from pairs

),

payers as (

    select distinct
        payment_key,
        person_key
    from told_payers

),

-- Materialized, so that no plan begins with the amounts of all bills and receipts.
brought as materialized (

    select
        'payment' as right_type,
        payers.person_key,
        payments.payment_key as right_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.amount,
        payments.payment_date as received_date,
        true as is_told

    from payers

    inner join payments
        on payers.payment_key = payments.payment_key

    union all

    select
        'bank_line' as right_type,
        person_key,
        bank_line_key as right_key,
        entity,
        currency_code,
        direction,
        amount,
        booking_date as received_date,
        is_told
    from {{ ref('int_direct_lines__named') }}

),

placed as (

    select
        bills.*,
        brought.right_type,
        brought.right_key,
        brought.received_date,
        brought.is_told,
        brought.received_date - bills.issue_date as lag_days,
        count(*) over (partition by bills.invoice_key) as receipt_count

    from bills

    inner join brought
        on bills.person_key = brought.person_key
        and bills.entity = brought.entity
        and bills.currency_code = brought.currency_code
        and bills.settled_by = brought.direction
        and bills.total_amount = brought.amount
        and brought.received_date >= bills.issue_date
        and brought.received_date < coalesce(bills.next_issue_date, date '9999-12-31')

    where bills.issue_date > coalesce(bills.issue_date_before, date '0001-01-01')

),

links as (

    select
        left_key,
        right_key
    from {{ ref('int_number_pairs__assigned') }}

    union all

    select
        left_key,
        right_key
    from {{ ref('int_settlement_links__booked') }}
    where leg = 'settlement'

),

linked_pairs as (

    select distinct
        left_key,
        right_key
    from links

),

linked_invoices as (

    select distinct left_key from links

),

linked_payments as (

    select distinct right_key from links

),

-- Who brought the amount just before the first bill may pay ahead.
ahead as (

    select distinct bills.invoice_key

    from bills

    inner join brought
        on bills.person_key = brought.person_key
        and bills.entity = brought.entity
        and bills.currency_code = brought.currency_code
        and bills.settled_by = brought.direction
        and bills.total_amount = brought.amount
        and brought.received_date between bills.issue_date - 35 and bills.issue_date - 1

    left join linked_payments
        on brought.right_key = linked_payments.right_key

    where bills.issue_date_before is null
        and linked_payments.right_key is null

),

-- What numbers or the books say of a bill and its one payment is a habit kept; what they say of either and
-- something else is none. One bill further on a month late looks punctual, and so does a month ahead: the
-- row must hold a pair that is linked so, or its first bill.
kept as (

    select
        placed.*,
        linked_pairs.left_key is not null as is_linked,
        linked_pairs.left_key is not null or (placed.issue_date_before is null and ahead.invoice_key is null) as is_anchor

    from placed

    left join ahead
        on placed.invoice_key = ahead.invoice_key

    left join linked_pairs
        on placed.invoice_key = linked_pairs.left_key
        and placed.right_key = linked_pairs.right_key

    left join linked_invoices
        on placed.invoice_key = linked_invoices.left_key

    left join linked_payments
        on placed.right_key = linked_payments.right_key

    where placed.receipt_count = 1
        and (linked_pairs.left_key is not null or (linked_invoices.left_key is null and linked_payments.right_key is null))

),

counted as (

    select
        *,
        count(*) over (
            partition by person_key, currency_code, settled_by, total_amount
            order by lag_days asc
            range between 6 preceding and 6 following
        ) - 1 as alike_count,
        bool_or(is_anchor) over (
            partition by person_key, currency_code, settled_by, total_amount
            order by lag_days asc
            range between 6 preceding and 6 following
        ) as is_anchored
    from kept

),

-- Not of weekly bills, and not so near the next bill that it may as well be paid ahead.
regular as (

    select
        invoice_key as left_key,
        right_type,
        right_key,
        cast(alike_count as integer) as alike_count,
        cast(total_amount as decimal(18, 4)) as settled_amount,
        is_told,
        received_date <= due_date + 10 as is_in_time
    from counted
    where not is_linked
        and alike_count >= 2
        and is_anchored
        and coalesce(next_issue_date - issue_date, 30) >= 20
        and lag_days <= coalesce(next_issue_date - issue_date, 30) - 10

),

-- What a slip of the pen may name is one of these or none.
near_numbered as (

    select distinct right_key
    from pairs
    where reference_level = 'near_number'

),

found as (

    select
        regular.left_key,
        regular.right_type,
        regular.right_key,
        regular.alike_count,
        regular.settled_amount

    from regular

    inner join pairs
        on regular.left_key = pairs.left_key
        and regular.right_key = pairs.right_key

    left join near_numbered
        on regular.right_key = near_numbered.right_key

    where regular.is_in_time
        and pairs.payer_level = 'same_party'
        and (
            pairs.reference_level = 'near_number'
            or (pairs.reference_level in ('none', 'month') and near_numbered.right_key is null)
        )
        and not pairs.is_doubted
        and not pairs.is_payment_touched
        and not pairs.is_redeposit
        and not pairs.is_other_month
        and not pairs.pays_for_many

    union all

    select
        regular.left_key,
        regular.right_type,
        regular.right_key,
        regular.alike_count,
        regular.settled_amount

    from regular

    inner join {{ ref('int_settlement_items__left') }} as left_items
        on regular.left_key = left_items.item_key
        and not left_items.is_touched
        and left_items.open_amount = regular.settled_amount

    where regular.right_type = 'bank_line'
        and regular.is_in_time
        and regular.is_told

),

final as (

    select
        left_key,
        right_type,
        right_key,
        alike_count,
        settled_amount
    from found
    qualify count(*) over (partition by right_key) = 1

)

select * from final
