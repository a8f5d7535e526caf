-- One row per payer and other party whose invoices that payer's money proved to settle, by numbers or
-- by the books: who pays for whom, how often and since when.
with

proved as (

    select
        left_key,
        right_key
    from {{ ref('int_number_pairs__assigned') }}

    union all

    select
        left_key,
        right_key
    from {{ ref('int_settlement_links__booked') }}
    where leg = 'settlement' and amount > 0

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

foreign_payers as (

    select
        payments.entity,
        payments.direction,
        payments.person_key as payer_person_key,
        invoices.person_key,
        payments.payment_key,
        payments.payment_date

    from proved

    inner join payments
        on proved.right_key = payments.payment_key

    inner join invoices
        on proved.left_key = invoices.invoice_key

    where payments.person_key is not null
        and invoices.person_key is not null
        and payments.person_key <> invoices.person_key

),

relations as (

    select
        entity,
        direction,
        payer_person_key,
        person_key,
        count(distinct payment_key) as proof_count,
        min(payment_date) as valid_from,
        max(payment_date) as last_seen_date
    from foreign_payers
    group by entity, direction, payer_person_key, person_key

),

final as (

    select
        *,
        count(*) over (partition by entity, direction, payer_person_key) as debtor_count
    from relations

)

select * from final
