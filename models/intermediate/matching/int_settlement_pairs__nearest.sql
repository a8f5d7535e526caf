-- One row per payment of nobody in the books and invoice of exactly its amount, nearest in time, where
-- few are near: a question. Periods of four weeks keep an amount that very many share from being joined
-- over years.
with

left_items as (

    select * from {{ ref('int_settlement_items__left') }}

),

told as (

    select payment_key as right_key from {{ ref('int_payers__resolved') }}

    union all

    select right_key from {{ ref('int_number_pairs__compared') }}

    union all

    select right_key from {{ ref('int_payer_pairs__compared') }}

    union all

    select right_key from {{ ref('int_debt_sets__found') }}

),

told_payments as (

    select distinct right_key from told

),

used_invoices as (

    select left_key from {{ ref('int_payer_pairs__assigned') }}

    union all

    select left_key from {{ ref('int_debt_sets__found') }}
    where is_proved

    union all

    select left_key from {{ ref('int_instalments__found') }}
    where is_proved

),

used as (

    select distinct left_key from used_invoices

),

payments as (

    select
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.payment_date,
        payments.payer_name_key,
        payments.has_party,
        left_items.open_amount,
        cast(floor((payments.payment_date - date '2000-01-01') / 28) as integer) as period

    from {{ ref('int_payments__evidenced') }} as payments

    inner join left_items
        on payments.payment_key = left_items.item_key

    left join told_payments
        on payments.payment_key = told_payments.right_key

    where told_payments.right_key is null
        and payments.original_payment_id is null

),

invoices as (

    select
        invoices.invoice_key,
        invoices.entity,
        invoices.currency_code,
        invoices.settled_by,
        invoices.issue_date,
        invoices.due_date,
        invoices.number_token,
        invoices.name_key,
        left_items.open_amount,
        unnest([-1, 0, 1, 2, 3]) + cast(floor((invoices.issue_date - date '2000-01-01') / 28) as integer) as period

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join left_items
        on invoices.invoice_key = left_items.item_key

    left join used
        on invoices.invoice_key = used.left_key

    where used.left_key is null

),

crowds as (

    select
        entity,
        currency_code,
        open_amount,
        period
    from invoices
    group by entity, currency_code, open_amount, period
    having count(*) > 60

),

near as (

    select
        invoices.invoice_key as left_key,
        payments.payment_key as right_key,
        invoices.entity,
        invoices.currency_code,
        invoices.due_date,
        invoices.number_token,
        payments.payment_date,
        payments.payer_name_key,
        payments.has_party,
        payments.payment_date - invoices.due_date as days_apart,
        coalesce(list_has_any(string_split(payments.payer_name_key, ' '), string_split(invoices.name_key, ' ')), false) as is_akin

    from payments

    inner join invoices
        on payments.entity = invoices.entity
        and payments.currency_code = invoices.currency_code
        and payments.open_amount = invoices.open_amount
        and payments.direction = invoices.settled_by
        and payments.period = invoices.period

    left join crowds
        on invoices.entity = crowds.entity
        and invoices.currency_code = crowds.currency_code
        and invoices.open_amount = crowds.open_amount
        and invoices.period = crowds.period

    where crowds.period is null
        and payments.payment_date between invoices.issue_date - 10 and invoices.due_date + 60

),

-- Who bears one of the names first, then the nearest.
pairs as (

    select
        *,
        count(*) over (partition by left_key) as left_count,
        count(*) over (partition by right_key) as right_count,
        row_number() over (
            partition by left_key
            order by is_akin desc, abs(days_apart) asc, payment_date asc, payer_name_key asc nulls last, right_key asc
        ) as left_rank,
        row_number() over (
            partition by right_key
            order by is_akin desc, abs(days_apart) asc, due_date asc, number_token asc nulls last, left_key asc
        ) as right_rank
    from near
    -- A party of the books that owes nothing has paid ahead, not for a stranger.
    where not has_party or is_akin

),

final as (

    select
        left_key,
        right_key,
        entity,
        currency_code,
        days_apart
    from pairs
    where left_rank <= 2
        and right_rank <= 2
        and left_count <= 12
        and right_count <= 12

)

select * from final
