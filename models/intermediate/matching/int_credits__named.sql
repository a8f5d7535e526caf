-- One row per credit note that no document has used and the payment that names it beside an invoice of
-- the same party; of two such payments the first.
with

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

-- Whose invoices a payment names, and what they come to.
named_parties as (

    select
        numbers.item_key,
        invoices.person_key,
        sum(invoices.total_amount) as invoices_sum

    from {{ ref('int_numbers__read') }} as numbers

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on numbers.invoice_key = invoices.invoice_key
        and invoices.document_type = 'invoice'

    where numbers.item_type = 'payment'
    group by numbers.item_key, invoices.person_key

),

named as (

    select
        credit_notes.invoice_key as credit_note_key,
        payments.payment_key,
        payments.payment_date,
        credit_notes.total_amount

    from {{ ref('int_numbers__read') }} as numbers

    inner join {{ ref('int_invoices__evidenced') }} as credit_notes
        on numbers.invoice_key = credit_notes.invoice_key
        and credit_notes.document_type = 'credit_note'
        and credit_notes.is_number_unique

    inner join payments
        on numbers.item_key = payments.payment_key
        and credit_notes.currency_code = payments.currency_code
        and credit_notes.direction = case when payments.direction = 'in' then 'receivable' else 'payable' end

    inner join named_parties
        on numbers.item_key = named_parties.item_key
        and credit_notes.person_key = named_parties.person_key

    left join {{ ref('int_settlement_links__booked') }} as applications
        on credit_notes.invoice_key = applications.left_key
        and applications.leg = 'application'

    where numbers.item_type = 'payment'
        -- The digits alone may be an invoice's: they name a credit note where nothing else adds up.
        and (numbers.reading <> 'digits' or named_parties.invoices_sum - credit_notes.total_amount = payments.amount)
        and applications.left_key is null

),

ranked as (

    select
        *,
        row_number() over (
            partition by credit_note_key
            order by payment_date asc, payment_key asc
        ) as naming_rank
    from named

),

final as (

    select
        credit_note_key,
        payment_key,
        total_amount
    from ranked
    where naming_rank = 1

)

select * from final
