-- One row per payment whose links in the books are contradicted, and why: the bank took the money
-- back, two platforms link the same money to different invoices, or the payment's text names another
-- invoice and none of those it is booked on.
with

links as (

    select * from {{ ref('int_settlement_links__booked') }}
    where leg = 'settlement' and amount > 0

),

taken_back as (

    select clearing.left_key as payment_key
    from {{ ref('int_clearing__assigned') }} as clearing

    inner join {{ ref('int_returns__assigned') }} as returns
        on clearing.right_key = returns.left_key

    where clearing.status = 'auto' and returns.status = 'auto' and clearing.left_type = 'payment'

    union all

    select left_key as payment_key
    from {{ ref('int_returns__assigned') }}
    where status = 'auto' and left_type = 'payment'

),

returned as (

    select distinct payment_key
    from taken_back

),

disagreed as (

    select payment_key
    from {{ ref('int_payment_allocations__resolved') }}
    where document_type = 'invoice'
        and is_across is not true
    group by payment_key
    having count(distinct stated_by) > 1
        and count(distinct invoice_key) > 1

),

named as (

    select
        tokens.item_key as payment_key,
        invoices.invoice_key

    from {{ ref('int_reference_tokens__extracted') }} as tokens

    inner join {{ ref('int_payments__evidenced') }} as payments
        on tokens.item_key = payments.payment_key

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on tokens.entity = invoices.entity
        and tokens.token = invoices.number_token
        and invoices.direction = case when payments.direction = 'in' then 'receivable' else 'payable' end

    where tokens.item_type = 'payment'
        and invoices.is_number_unique

),

booked_payments as (

    select distinct right_key as payment_key
    from links

),

judged as (

    select
        named.payment_key,
        bool_or(links.left_key is not null) as names_a_booked_invoice

    from named

    left join links
        on named.payment_key = links.right_key
        and named.invoice_key = links.left_key

    group by named.payment_key

),

final as (

    select
        booked_payments.payment_key,
        case
            when returned.payment_key is not null then 'returned_by_bank'
            when disagreed.payment_key is not null then 'platforms_disagree'
            else 'names_another_invoice'
        end as contested_because

    from booked_payments

    left join returned
        on booked_payments.payment_key = returned.payment_key

    left join disagreed
        on booked_payments.payment_key = disagreed.payment_key

    left join judged
        on booked_payments.payment_key = judged.payment_key

    where returned.payment_key is not null
        or disagreed.payment_key is not null
        or not judged.names_a_booked_invoice

)

select * from final
