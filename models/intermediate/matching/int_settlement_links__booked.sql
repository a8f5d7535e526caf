-- One row per link that a platform states: cash of a payment on an invoice, or a credit note applied
-- to an invoice. A credit used inside a payment covers that payment's first invoices and moves no
-- cash. A link beyond its payment or its invoice is cut there; the rest is an exception.
with

allocations as (

    select * from {{ ref('int_payment_allocations__resolved') }}
    where is_across is not true

),

invoices as (

    select * from {{ ref('int_invoices__mirrored') }}

),

documents as (

    select * from invoices
    where is_primary and status <> 'void'

),

payments as (

    select * from {{ ref('int_payments__mirrored') }}
    where is_primary and status <> 'void'

),

ordered as (

    select
        allocations.payment_key,
        allocations.invoice_key,
        documents.document_type,
        allocations.currency_code,
        allocations.amount,
        allocations.allocated_date,
        sum(allocations.amount) over (
            partition by allocations.payment_key, documents.document_type
            order by documents.issue_date asc, allocations.invoice_key asc
            rows between unbounded preceding and current row
        ) as upper_amount

    from allocations

    inner join documents
        on allocations.invoice_key = documents.invoice_key

),

credits as (

    select
        *,
        upper_amount - amount as lower_amount
    from ordered
    where document_type = 'credit_note'

),

credit_sums as (

    select
        payment_key,
        sum(amount) as credit_amount
    from credits
    group by payment_key

),

invoice_parts as (

    select
        *,
        upper_amount - amount as lower_amount
    from ordered
    where document_type = 'invoice'

),

applied_in_payments as (

    select
        credits.invoice_key as credit_note_key,
        invoice_parts.invoice_key,
        invoice_parts.currency_code,
        least(credits.upper_amount, invoice_parts.upper_amount) - greatest(credits.lower_amount, invoice_parts.lower_amount) as amount,
        invoice_parts.allocated_date

    from credits

    inner join invoice_parts
        on credits.payment_key = invoice_parts.payment_key
        and credits.lower_amount < invoice_parts.upper_amount
        and invoice_parts.lower_amount < credits.upper_amount

),

applied_by_document as (

    select
        credit_notes.economic_key as credit_note_key,
        targets.economic_key as invoice_key,
        credit_notes.currency_code,
        credit_notes.total_amount as amount,
        credit_notes.issue_date as allocated_date

    from invoices as credit_notes

    inner join invoices as targets
        on credit_notes.platform = targets.platform
        and {{ row_key(['credit_notes.connection_id', 'credit_notes.company_code', 'credit_notes.applies_to_invoice_id']) }}
        = {{ row_key(['targets.connection_id', 'targets.company_code', 'targets.invoice_id']) }}
        and targets.document_type = 'invoice'
        and targets.direction = credit_notes.direction
        and targets.entity = credit_notes.entity
        and targets.entity <> 'unmapped'
        and targets.currency_code = credit_notes.currency_code

    left join applied_in_payments
        on credit_notes.economic_key = applied_in_payments.credit_note_key

    left join {{ ref('int_credits__refunded') }} as refunded
        on credit_notes.economic_key = refunded.credit_note_key

    where credit_notes.document_type = 'credit_note'
        and credit_notes.is_primary
        and credit_notes.status <> 'void'
        and targets.status <> 'void'
        and applied_in_payments.credit_note_key is null
        and refunded.credit_note_key is null

),

applications as (

    select * from applied_in_payments
    union all
    select * from applied_by_document

),

-- Single use: neither the credit note nor the invoice gives more than it has.
bounded_applications as (

    select
        applications.*,
        credit_notes.total_amount as credit_total,
        documents.total_amount as invoice_total,
        sum(applications.amount) over (
            partition by applications.credit_note_key
            order by applications.allocated_date asc, applications.invoice_key asc
            rows between unbounded preceding and current row
        ) - applications.amount as credit_before,
        sum(applications.amount) over (
            partition by applications.invoice_key
            order by applications.allocated_date asc, applications.credit_note_key asc
            rows between unbounded preceding and current row
        ) - applications.amount as invoice_before

    from applications

    inner join documents as credit_notes
        on applications.credit_note_key = credit_notes.invoice_key

    inner join documents
        on applications.invoice_key = documents.invoice_key

),

application_links as (

    select
        credit_note_key,
        invoice_key,
        currency_code,
        amount as stated_amount,
        least(amount, credit_total - credit_before, invoice_total - invoice_before) as amount,
        allocated_date
    from bounded_applications

),

applied_sums as (

    select
        invoice_key,
        sum(greatest(amount, 0)) as applied_amount
    from application_links
    group by invoice_key

),

cash as (

    select
        invoice_parts.payment_key,
        invoice_parts.invoice_key,
        invoice_parts.currency_code,
        invoice_parts.upper_amount
        - greatest(invoice_parts.lower_amount, coalesce(credit_sums.credit_amount, 0)) as amount,
        invoice_parts.allocated_date

    from invoice_parts

    left join credit_sums
        on invoice_parts.payment_key = credit_sums.payment_key

),

bounded_cash as (

    select
        cash.*,
        payments.amount as payment_amount,
        documents.total_amount - coalesce(applied_sums.applied_amount, 0) as invoice_amount,
        sum(cash.amount) over (
            partition by cash.payment_key
            order by documents.issue_date asc, cash.invoice_key asc
            rows between unbounded preceding and current row
        ) - cash.amount as payment_before,
        sum(cash.amount) over (
            partition by cash.invoice_key
            order by payments.payment_date asc, cash.payment_key asc
            rows between unbounded preceding and current row
        ) - cash.amount as invoice_before

    from cash

    inner join payments
        on cash.payment_key = payments.payment_key

    inner join documents
        on cash.invoice_key = documents.invoice_key

    left join applied_sums
        on cash.invoice_key = applied_sums.invoice_key

    where cash.amount > 0

),

unioned as (

    select
        'settlement' as leg,
        'invoice' as left_type,
        invoice_key as left_key,
        'payment' as right_type,
        payment_key as right_key,
        currency_code,
        amount as stated_amount,
        least(amount, payment_amount - payment_before, invoice_amount - invoice_before) as amount,
        allocated_date,
        'book_allocation' as rule
    from bounded_cash

    union all

    select
        'application' as leg,
        'invoice' as left_type,
        credit_note_key as left_key,
        'invoice' as right_type,
        invoice_key as right_key,
        currency_code,
        stated_amount,
        amount,
        allocated_date,
        'book_application' as rule
    from application_links

),

final as (

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        currency_code,
        cast(stated_amount as decimal(18, 4)) as stated_amount,
        cast(greatest(amount, 0) as decimal(18, 4)) as amount,
        allocated_date,
        rule
    from unioned

)

select * from final
