-- One row per payment and document of a habit of paying all at once: the payment is the sum of two or more
-- documents, all that its debtor was billed since its payment before, and so are at least two other payments
-- of the debtor. Of equal documents the habit says which, where no payment says it.
with

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}
    where document_type = 'invoice' and person_key is not null

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}
    where original_payment_id is null

),

payers as (

    select * from {{ ref('int_payers__resolved') }}

),

payer_payments as (

    select
        payers.person_key,
        payers.payer_level,
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.amount,
        payments.payment_date,
        count(*) over (
            partition by payers.person_key, payments.currency_code, payments.direction, payments.payment_date
        ) as payment_count

    from payers

    inner join payments
        on payers.payment_key = payments.payment_key

),

days as (

    select
        person_key,
        currency_code,
        settled_by,
        issue_date as item_date,
        invoice_key,
        cast(null as date) as payment_date
    from invoices

    union all

    select distinct
        person_key,
        currency_code,
        direction as settled_by,
        payment_date as item_date,
        cast(null as varchar) as invoice_key,
        payment_date
    from payer_payments

),

-- The day on which the debtor paid next.
followed as (

    select
        *,
        min(payment_date) over (
            partition by person_key, currency_code, settled_by
            order by item_date
            range between current row and unbounded following
        ) as next_payment_date
    from days

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

    union all

    select
        left_key,
        right_key
    from {{ ref('int_payer_pairs__assigned') }}

),

linked as (

    select
        left_key,
        min(right_key) as first_right_key,
        max(right_key) as last_right_key
    from links
    group by left_key

),

members as (

    select
        payer_payments.payment_key,
        payer_payments.person_key,
        payer_payments.currency_code,
        payer_payments.direction,
        payer_payments.payer_level,
        payer_payments.amount,
        payer_payments.payment_date,
        invoices.invoice_key,
        invoices.total_amount,
        invoices.issue_date,
        linked.left_key is not null as is_linked,
        coalesce(linked.first_right_key = payer_payments.payment_key and linked.last_right_key = payer_payments.payment_key, true) as is_free

    from followed

    inner join invoices
        on followed.invoice_key = invoices.invoice_key

    inner join payer_payments
        on followed.person_key = payer_payments.person_key
        and followed.currency_code = payer_payments.currency_code
        and followed.settled_by = payer_payments.direction
        and followed.next_payment_date = payer_payments.payment_date
        and invoices.entity = payer_payments.entity

    left join linked
        on invoices.invoice_key = linked.left_key

    where payer_payments.payment_count = 1

),

-- What something else settles was not paid here.
kept as (

    select
        payment_key,
        person_key,
        currency_code,
        direction,
        bool_or(is_linked) as is_linked
    from members
    group by payment_key, person_key, currency_code, direction, amount, payment_date
    having count(*) >= 2
        and bool_and(is_free)
        and sum(total_amount) = amount
        and min(issue_date) >= payment_date - 100

),

counted as (

    select
        *,
        count(*) over (partition by person_key, currency_code, direction) - 1 as alike_count
    from kept

),

final as (

    select
        members.payment_key as right_key,
        members.invoice_key as left_key,
        cast(counted.alike_count as integer) as alike_count

    from counted

    inner join members
        on counted.payment_key = members.payment_key
        and counted.person_key = members.person_key

    where counted.alike_count >= 2
        and not counted.is_linked
        and members.payer_level = 'same_party'

)

select * from final
