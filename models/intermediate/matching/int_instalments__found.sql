-- One row per payment and invoice of a series: two to four payments of one debtor, none of which fits a
-- document by itself, that add up to what one invoice leaves open; at most twelve payments are tried
-- against each other. It is proved where the invoice and each payment fit no other series.
with

left_items as (

    select * from {{ ref('int_settlement_items__left') }}

),

settled as (

    select
        left_key,
        right_key
    from {{ ref('int_payer_pairs__assigned') }}

),

in_sets as (

    select
        left_key,
        right_key
    from {{ ref('int_debt_sets__found') }}
    where is_proved

),

used as (

    select left_key as item_key
    from settled

    union all

    select left_key as item_key
    from in_sets

    union all

    select right_key as item_key
    from in_sets

    union all

    -- What one document explains to the cent is no part.
    select right_key as item_key
    from {{ ref('int_payer_pairs__compared') }}
    where amount_level in ('open_amount', 'discounted')

    union all

    select item_key
    from {{ ref('int_items__naming_numbers') }}
    where item_type = 'payment'

    union all

    select payment_key as item_key
    from {{ ref('int_payments__doubted') }}

),

free_items as (

    select
        left_items.item_type,
        left_items.item_key,
        left_items.open_amount,
        left_items.is_touched

    from left_items

    left join used
        on left_items.item_key = used.item_key

    where used.item_key is null

),

payers as (

    select
        payment_key,
        min(person_key) as person_key
    from {{ ref('int_payers__resolved') }}
    group by payment_key
    having count(*) = 1

),

parts as (

    select
        invoices.invoice_key,
        open_invoices.open_amount as invoice_open_amount,
        payments.payment_key,
        payments.payment_date,
        open_payments.open_amount,
        count(*) over (partition by invoices.invoice_key) as part_count

    from free_items as open_payments

    inner join {{ ref('int_payments__evidenced') }} as payments
        on open_payments.item_key = payments.payment_key

    inner join payers
        on payments.payment_key = payers.payment_key

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on payers.person_key = invoices.person_key
        and payments.currency_code = invoices.currency_code
        and payments.direction = invoices.settled_by
        and payments.payment_date between invoices.issue_date and invoices.due_date + 100
        and coalesce(payments.named_month in (month(invoices.service_date), month(invoices.issue_date)), true)

    inner join free_items as open_invoices
        on invoices.invoice_key = open_invoices.item_key
        and open_invoices.item_type = 'invoice'

    where open_payments.item_type = 'payment'
        and payments.original_payment_id is null
        and not payments.is_redeposit
        and not open_payments.is_touched
        and open_payments.open_amount < open_invoices.open_amount

),

few as (

    select * from parts
    where part_count between 2 and 12

),

pairs as (

    select
        firsts.invoice_key,
        firsts.invoice_open_amount,
        firsts.payment_key as first_key,
        seconds.payment_key as second_key,
        firsts.open_amount + seconds.open_amount as pair_amount

    from few as firsts

    inner join few as seconds
        on firsts.invoice_key = seconds.invoice_key
        and firsts.payment_key < seconds.payment_key

    where firsts.open_amount + seconds.open_amount <= firsts.invoice_open_amount

),

series as (

    select
        invoice_key,
        [first_key, second_key] as payment_keys
    from pairs
    where pair_amount = invoice_open_amount

    union all

    select
        pairs.invoice_key,
        [pairs.first_key, pairs.second_key, few.payment_key] as payment_keys

    from pairs

    inner join few
        on pairs.invoice_key = few.invoice_key
        and pairs.invoice_open_amount - pairs.pair_amount = few.open_amount
        and pairs.second_key < few.payment_key

    union all

    select
        lows.invoice_key,
        [lows.first_key, lows.second_key, highs.first_key, highs.second_key] as payment_keys

    from pairs as lows

    inner join pairs as highs
        on lows.invoice_key = highs.invoice_key
        and lows.invoice_open_amount - lows.pair_amount = highs.pair_amount
        and lows.second_key < highs.first_key

),

counted as (

    select
        invoice_key,
        payment_keys,
        count(*) over (partition by invoice_key) as series_count
    from series

),

members as (

    select
        invoice_key as left_key,
        unnest(payment_keys) as right_key,
        series_count
    from counted

),

rivalled as (

    select
        *,
        count(*) over (partition by right_key) as member_count
    from members

),

dated as (

    select
        rivalled.*,
        min(parts.payment_date) over (partition by rivalled.left_key) as first_date,
        max(parts.payment_date) over (partition by rivalled.left_key) as last_date,
        invoices.due_date

    from rivalled

    inner join parts
        on rivalled.left_key = parts.invoice_key
        and rivalled.right_key = parts.payment_key

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on rivalled.left_key = invoices.invoice_key

),

judged as (

    select
        left_key,
        right_key,
        bool_and(series_count = 1 and member_count = 1) over (partition by left_key)
        and first_date <= due_date + 45
        and last_date <= first_date + 75 as is_proved
    from dated

),

final as (

    select
        judged.left_key,
        judged.right_key,
        judged.is_proved,
        payments.open_amount

    from judged

    inner join free_items as payments
        on judged.right_key = payments.item_key

)

select * from final
