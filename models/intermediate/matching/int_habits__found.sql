-- One row per (invoice, payment) of one debtor that a habit joins: the debtor's one payment of that amount
-- between this bill and its next equal one, as many days after the bill as its other payments come after
-- theirs, and well before the next bill. Of equal bills the habit says which, where no payment says it.
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

-- Materialized, so that no plan begins with the amounts of all bills and payments.
brought as materialized (

    select
        payers.person_key,
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.amount,
        payments.payment_date

    from payers

    inner join payments
        on payers.payment_key = payments.payment_key

),

placed as (

    select
        bills.*,
        brought.payment_key,
        brought.payment_date - bills.issue_date as lag_days,
        count(*) over (partition by bills.invoice_key) as payment_count

    from bills

    inner join brought
        on bills.person_key = brought.person_key
        and bills.entity = brought.entity
        and bills.currency_code = brought.currency_code
        and bills.settled_by = brought.direction
        and bills.total_amount = brought.amount
        and brought.payment_date >= bills.issue_date
        and brought.payment_date < coalesce(bills.next_issue_date, date '9999-12-31')

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
        and brought.payment_date between bills.issue_date - 35 and bills.issue_date - 1

    left join linked_payments
        on brought.payment_key = linked_payments.right_key

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
        and placed.payment_key = linked_pairs.right_key

    left join linked_invoices
        on placed.invoice_key = linked_invoices.left_key

    left join linked_payments
        on placed.payment_key = linked_payments.right_key

    where placed.payment_count = 1
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

found as (

    select
        counted.invoice_key as left_key,
        counted.payment_key as right_key,
        cast(counted.alike_count as integer) as alike_count,
        count(*) over (partition by counted.payment_key) as bill_count

    from counted

    inner join pairs
        on counted.invoice_key = pairs.left_key
        and counted.payment_key = pairs.right_key

    where not counted.is_linked
        and counted.alike_count >= 2
        and counted.is_anchored
        -- Not of weekly bills, and not so near the next bill that it may as well be paid ahead.
        and coalesce(counted.next_issue_date - counted.issue_date, 30) >= 20
        and counted.lag_days <= coalesce(counted.next_issue_date - counted.issue_date, 30) - 10
        and pairs.payment_date <= counted.due_date + 10
        and pairs.payer_level = 'same_party'
        and pairs.reference_level in ('none', 'month')
        and not pairs.is_doubted
        and not pairs.is_payment_touched
        and not pairs.is_redeposit
        and not pairs.is_other_month
        and not pairs.pays_for_many

),

final as (

    select
        left_key,
        right_key,
        alike_count
    from found
    where bill_count = 1

)

select * from final
