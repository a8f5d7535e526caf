-- One row per payment and member of the set of one payer's debts that adds up to it: all of one issue
-- date, all that is open, or two to four documents. is_only says that no other set
-- does; at most twenty documents of a payer are tried against each other.
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

taken_invoices as (

    select distinct left_key as item_key
    from settled

),

-- A payment that one document explains to the cent needs no set.
explained_payments as (

    select distinct right_key as item_key
    from {{ ref('int_payer_pairs__compared') }}
    where amount_level in ('open_amount', 'discounted')

),

doubted as (

    select payment_key as item_key
    from {{ ref('int_payments__doubted') }}

),

invoices as (

    select
        invoices.*,
        left_items.open_amount

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join left_items
        on invoices.invoice_key = left_items.item_key
        and left_items.item_type = 'invoice'

    left join taken_invoices
        on invoices.invoice_key = taken_invoices.item_key

    where taken_invoices.item_key is null

),

payments as (

    select
        payments.*,
        left_items.open_amount,
        case when payments.direction = 'in' then 'receivable' else 'payable' end as settles_direction

    from {{ ref('int_payments__evidenced') }} as payments

    inner join left_items
        on payments.payment_key = left_items.item_key
        and left_items.item_type = 'payment'
        and not left_items.is_touched

    left join explained_payments
        on payments.payment_key = explained_payments.item_key

    left join doubted
        on payments.payment_key = doubted.item_key

    where explained_payments.item_key is null
        and doubted.item_key is null
        and payments.original_payment_id is null
        and not payments.is_redeposit

),

payers as (

    select
        payment_key,
        person_key,
        1 as payer_rank
    from {{ ref('int_payers__resolved') }}

    union all

    select
        payments.payment_key,
        aliases.person_key,
        case when aliases.debtor_count = 1 and aliases.proof_count >= 2 then 1 else 2 end as payer_rank

    from payments

    inner join {{ ref('int_aliases__learned') }} as aliases
        on payments.entity = aliases.entity
        and payments.direction = aliases.direction
        and payments.person_key = aliases.payer_person_key

),

debtors as (

    select
        payment_key,
        person_key,
        min(payer_rank) as payer_rank
    from payers
    group by payment_key, person_key

),

debts as (

    select
        payments.payment_key,
        payments.open_amount as payment_open_amount,
        invoices.invoice_key,
        invoices.open_amount,
        invoices.issue_date,
        debtors.payer_rank,
        sum(invoices.open_amount) over (partition by payments.payment_key) as owed_amount,
        count(*) over (partition by payments.payment_key) as debt_count

    from payments

    inner join debtors
        on payments.payment_key = debtors.payment_key

    inner join invoices
        on debtors.person_key = invoices.person_key
        and payments.currency_code = invoices.currency_code
        and payments.settles_direction = invoices.direction
        and invoices.open_amount < payments.open_amount
        and invoices.issue_date between payments.payment_date - 100 and payments.payment_date + 5

),

-- All that is open, and all of one issue date.
whole_debts as (

    select
        payment_key,
        'all_open' as set_kind,
        list(invoice_key order by invoice_key) as document_keys,
        max(payer_rank) as payer_rank,
        max(issue_date) - min(issue_date) as span_days
    from debts
    where owed_amount = payment_open_amount
    group by payment_key

),

day_debts as (

    select
        payment_key,
        'one_day' as set_kind,
        list(invoice_key order by invoice_key) as document_keys,
        max(payer_rank) as payer_rank,
        0 as span_days
    from debts
    group by payment_key, issue_date, payment_open_amount
    having sum(open_amount) = payment_open_amount and count(*) > 1

),

few as (

    select * from debts
    where debt_count between 2 and 20 and owed_amount >= payment_open_amount

),

pairs as (

    select
        firsts.payment_key,
        firsts.payment_open_amount,
        firsts.invoice_key as first_key,
        seconds.invoice_key as second_key,
        firsts.open_amount as first_amount,
        seconds.open_amount as second_amount,
        firsts.open_amount + seconds.open_amount as pair_amount,
        greatest(firsts.payer_rank, seconds.payer_rank) as payer_rank,
        least(firsts.issue_date, seconds.issue_date) as first_date,
        greatest(firsts.issue_date, seconds.issue_date) as last_date

    from few as firsts

    inner join few as seconds
        on firsts.payment_key = seconds.payment_key
        and firsts.invoice_key < seconds.invoice_key

    where firsts.open_amount + seconds.open_amount <= firsts.payment_open_amount

),

small_sets as (

    select
        payment_key,
        'few' as set_kind,
        [first_key, second_key] as document_keys,
        payer_rank,
        last_date - first_date as span_days
    from pairs
    where pair_amount = payment_open_amount

    union all

    select
        pairs.payment_key,
        'few' as set_kind,
        [pairs.first_key, pairs.second_key, few.invoice_key] as document_keys,
        greatest(pairs.payer_rank, few.payer_rank) as payer_rank,
        greatest(pairs.last_date, few.issue_date) - least(pairs.first_date, few.issue_date) as span_days

    from pairs

    inner join few
        on pairs.payment_key = few.payment_key
        and pairs.payment_open_amount - pairs.pair_amount = few.open_amount
        and pairs.second_key < few.invoice_key

    union all

    select
        lows.payment_key,
        'few' as set_kind,
        [lows.first_key, lows.second_key, highs.first_key, highs.second_key] as document_keys,
        greatest(lows.payer_rank, highs.payer_rank) as payer_rank,
        greatest(lows.last_date, highs.last_date) - least(lows.first_date, highs.first_date) as span_days

    from pairs as lows

    inner join pairs as highs
        on lows.payment_key = highs.payment_key
        and lows.payment_open_amount - lows.pair_amount = highs.pair_amount
        and lows.second_key < highs.first_key

),

unioned as (

    select * from whole_debts
    union all
    select * from day_debts
    union all
    select * from small_sets

),

-- Of several sets the one closest together in time is shown first.
ranked as (

    select
        *,
        row_number() over (
            partition by payment_key
            order by span_days asc, len(document_keys) desc, cast(list_sort(document_keys) as varchar) asc, set_kind asc
        ) as set_rank,
        count(distinct cast(list_sort(document_keys) as varchar)) over (partition by payment_key) as set_count
    from unioned

),

chosen as (

    select * from ranked
    where set_rank = 1

),

members as (

    select
        payment_key as right_key,
        unnest(document_keys) as left_key,
        set_kind,
        set_count = 1 as is_only,
        payer_rank = 1 as is_payer_known,
        set_count
    from chosen

),

claims as (

    select
        left_key,
        count(*) as claim_count
    from members
    group by left_key

),

-- A document that two payments' sets hold is settled by neither without asking.
final as (

    select
        members.right_key,
        members.left_key,
        members.set_kind,
        members.is_only,
        members.is_payer_known,
        members.set_count,
        invoices.open_amount,
        bool_and(members.is_only and members.is_payer_known) over (partition by members.right_key)
        and max(claims.claim_count) over (partition by members.right_key) = 1 as is_proved

    from members

    inner join invoices
        on members.left_key = invoices.invoice_key

    inner join claims
        on members.left_key = claims.left_key

)

select * from final
