-- One row per credit note that was paid out: money to its party, of its amount and not long after it,
-- that gives back no payment. It takes nothing off the invoice that it corrects.
with

credit_notes as (

    select * from {{ ref('int_invoices__evidenced') }}
    where document_type = 'credit_note'

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}
    where original_payment_id is null
        and status = 'posted'
        and not is_own_document

),

pairs as (

    select
        credit_notes.invoice_key as credit_note_key,
        payments.payment_key,
        count(*) over (partition by credit_notes.invoice_key) as payment_count,
        count(*) over (partition by payments.payment_key) as credit_note_count

    from credit_notes

    inner join {{ ref('int_payers__resolved') }} as payers
        on credit_notes.person_key = payers.person_key

    inner join payments
        on payers.payment_key = payments.payment_key
        and credit_notes.settled_by = payments.direction
        and credit_notes.currency_code = payments.currency_code
        and credit_notes.total_amount = payments.amount
        and payments.payment_date between credit_notes.issue_date - 5 and credit_notes.issue_date + 45

    left join {{ ref('int_payment_mentions__found') }} as mentions
        on payments.payment_key = mentions.payment_key

    where mentions.payment_key is null

),

final as (

    select
        credit_note_key,
        payment_key
    from pairs
    where payment_count = 1 and credit_note_count = 1

)

select * from final
