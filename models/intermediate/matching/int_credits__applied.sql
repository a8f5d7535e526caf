-- One row per credit note and invoice that it takes cash off within one payment's list: both in one
-- order, piece by piece.
with

credits as (

    select
        credit_note_key,
        payment_key,
        sum(total_amount) over (
            partition by payment_key
            order by total_amount desc, credit_note_key asc
            rows between unbounded preceding and current row
        ) - total_amount as lower_amount,
        sum(total_amount) over (
            partition by payment_key
            order by total_amount desc, credit_note_key asc
            rows between unbounded preceding and current row
        ) as upper_amount
    from {{ ref('int_credits__named') }}

),

credited as (

    select
        left_key as invoice_key,
        right_key as payment_key,
        sum(credited_amount) over (
            partition by right_key
            order by credited_amount desc, left_key asc
            rows between unbounded preceding and current row
        ) - credited_amount as lower_amount,
        sum(credited_amount) over (
            partition by right_key
            order by credited_amount desc, left_key asc
            rows between unbounded preceding and current row
        ) as upper_amount
    from {{ ref('int_number_pairs__assigned') }}
    where credited_amount > 0

),

final as (

    select
        credits.credit_note_key,
        credited.invoice_key,
        credited.payment_key,
        cast(
            least(credits.upper_amount, credited.upper_amount) - greatest(credits.lower_amount, credited.lower_amount)
            as decimal(18, 4)
        ) as amount

    from credits

    inner join credited
        on credits.payment_key = credited.payment_key
        and credits.lower_amount < credited.upper_amount
        and credited.lower_amount < credits.upper_amount

)

select * from final
