-- One row per credit note and the payment that nets it: it names the credit note and settles documents
-- less it. Where the credit note itself says which document it corrects, invoice_key is that document.
with

settled as (

    select * from {{ ref('int_settlement__assigned') }}

),

-- Lists that meet their payment only with the credit notes that it names.
lists as (

    select
        right_key,
        currency_code,
        status,
        rule
    from settled
    where credited_amount > 0 and status <> 'lost'
    group by right_key, currency_code, status, rule

),

named as (

    select
        credits.credit_note_key,
        credits.payment_key,
        cast(null as varchar) as invoice_key,
        lists.currency_code,
        credits.total_amount as amount,
        lists.status,
        lists.rule

    from {{ ref('int_credits__named') }} as credits

    inner join lists
        on credits.payment_key = lists.right_key

),

-- The document that a credit note corrects is open less it already, and the payment brings what is left.
stated as (

    select
        applications.left_key as credit_note_key,
        settled.right_key as payment_key,
        settled.left_key as invoice_key,
        settled.currency_code,
        applications.amount,
        settled.status,
        settled.rule,
        row_number() over (
            partition by applications.left_key, applications.right_key
            order by settled.days_apart asc, settled.right_key asc
        ) as naming_rank

    from {{ ref('int_settlement_links__booked') }} as applications

    inner join settled
        on applications.right_key = settled.left_key
        and settled.status = 'auto'

    inner join {{ ref('int_numbers__read') }} as numbers
        on settled.right_key = numbers.item_key
        and applications.left_key = numbers.invoice_key
        and numbers.item_type = 'payment'
        and numbers.reading <> 'digits'

    where applications.leg = 'application' and applications.amount > 0

),

unioned as (

    select * from named

    union all

    select * exclude (naming_rank) from stated
    where naming_rank = 1

),

final as (

    select
        credit_note_key,
        payment_key,
        invoice_key,
        currency_code,
        cast(amount as decimal(18, 4)) as amount,
        status,
        rule
    from unioned

)

select * from final
