-- One row per payment, set and member of a set of one payer's debts that adds up to it: all of one issue
-- date or month, all that is open, or two to four documents; at most twenty documents of a payer are
-- tried against each other. It is proved where no other set does, or where it is all that the payer was
-- billed since it paid before, as is its habit; else the two nearest in time are told.
-- Where no such set adds up, all that is open but one to four documents, else the payer's month or all
-- that it owes, if a quarter at most is missing: a question.
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
        left_items.open_amount

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

-- Materialized, so that no plan begins with all payments and invoices of a currency.
debtor_payments as materialized (

    select
        payments.payment_key,
        payments.currency_code,
        payments.direction,
        payments.payment_date,
        payments.open_amount,
        payments.named_month,
        debtors.person_key,
        debtors.payer_rank

    from payments

    inner join debtors
        on payments.payment_key = debtors.payment_key

),

debts as (

    select
        debtor_payments.payment_key,
        debtor_payments.open_amount as payment_open_amount,
        debtor_payments.named_month,
        invoices.invoice_key,
        invoices.open_amount,
        invoices.issue_date,
        cast(date_trunc('month', invoices.service_date) as date) as service_month,
        debtor_payments.payer_rank,
        sum(invoices.open_amount) over (partition by debtor_payments.payment_key) as owed_amount,
        count(*) over (partition by debtor_payments.payment_key) as debt_count

    from debtor_payments

    inner join invoices
        on debtor_payments.person_key = invoices.person_key
        and debtor_payments.currency_code = invoices.currency_code
        and debtor_payments.direction = invoices.settled_by
        and invoices.open_amount < debtor_payments.open_amount
        and invoices.issue_date between debtor_payments.payment_date - 100 and debtor_payments.payment_date + 5

),

-- All that is open, all of one issue date, and all of one month.
whole_debts as (

    select
        payment_key,
        list(invoice_key order by invoice_key) as document_keys,
        max(payer_rank) as payer_rank,
        max(issue_date) - min(issue_date) as span_days,
        max(issue_date) as last_date
    from debts
    where owed_amount = payment_open_amount
    group by payment_key

),

day_debts as (

    select
        payment_key,
        list(invoice_key order by invoice_key) as document_keys,
        max(payer_rank) as payer_rank,
        0 as span_days,
        issue_date as last_date
    from debts
    group by payment_key, issue_date, payment_open_amount
    having sum(open_amount) = payment_open_amount and count(*) > 1

),

month_debts as (

    select
        payment_key,
        list(invoice_key order by invoice_key) as document_keys,
        max(payer_rank) as payer_rank,
        max(issue_date) - min(issue_date) as span_days,
        max(issue_date) as last_date
    from debts
    where named_month is null or named_month = month(service_month)
    group by payment_key, service_month, payment_open_amount
    having sum(open_amount) = payment_open_amount and count(*) > 1

),

-- What is looked for is the payment itself, or what it leaves open of all that is owed.
few as (

    select
        payment_key,
        invoice_key,
        open_amount,
        issue_date,
        payer_rank,
        'paid' as side,
        payment_open_amount as target_amount
    from debts
    where debt_count between 2 and 20 and owed_amount >= payment_open_amount

    union all

    select
        payment_key,
        invoice_key,
        open_amount,
        issue_date,
        payer_rank,
        'left' as side,
        owed_amount - payment_open_amount as target_amount
    from debts
    where debt_count between 5 and 20 and owed_amount > payment_open_amount

),

pairs as (

    select
        firsts.payment_key,
        firsts.side,
        firsts.target_amount,
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
        and firsts.side = seconds.side
        and firsts.invoice_key < seconds.invoice_key

    where firsts.open_amount + seconds.open_amount <= firsts.target_amount

),

small_sets as (

    select
        payment_key,
        side,
        [invoice_key] as document_keys,
        payer_rank,
        0 as span_days,
        issue_date as last_date
    from few
    where side = 'left' and open_amount = target_amount

    union all

    select
        payment_key,
        side,
        [first_key, second_key] as document_keys,
        payer_rank,
        last_date - first_date as span_days,
        last_date
    from pairs
    where pair_amount = target_amount

    union all

    select
        pairs.payment_key,
        pairs.side,
        [pairs.first_key, pairs.second_key, few.invoice_key] as document_keys,
        greatest(pairs.payer_rank, few.payer_rank) as payer_rank,
        greatest(pairs.last_date, few.issue_date) - least(pairs.first_date, few.issue_date) as span_days,
        greatest(pairs.last_date, few.issue_date) as last_date

    from pairs

    inner join few
        on pairs.payment_key = few.payment_key
        and pairs.side = few.side
        and pairs.target_amount - pairs.pair_amount = few.open_amount
        and pairs.second_key < few.invoice_key

    union all

    select
        lows.payment_key,
        lows.side,
        [lows.first_key, lows.second_key, highs.first_key, highs.second_key] as document_keys,
        greatest(lows.payer_rank, highs.payer_rank) as payer_rank,
        greatest(lows.last_date, highs.last_date) - least(lows.first_date, highs.first_date) as span_days,
        greatest(lows.last_date, highs.last_date) as last_date

    from pairs as lows

    inner join pairs as highs
        on lows.payment_key = highs.payment_key
        and lows.side = highs.side
        and lows.target_amount - lows.pair_amount = highs.pair_amount
        and lows.second_key < highs.first_key

),

unioned as (

    select * from whole_debts
    union all
    select * from day_debts
    union all
    select * from month_debts
    union all
    select
        payment_key,
        document_keys,
        payer_rank,
        span_days,
        last_date
    from small_sets
    where side = 'paid'

),

-- What a habit says is open as a whole.
habits as (

    select
        debts.payment_key,
        list(debts.invoice_key order by debts.invoice_key) as document_keys

    from debts

    inner join {{ ref('int_set_habits__found') }} as set_habits
        on debts.payment_key = set_habits.right_key
        and debts.invoice_key = set_habits.left_key

    group by debts.payment_key, debts.payment_open_amount
    having sum(debts.open_amount) = debts.payment_open_amount

),

found as (

    select distinct
        unioned.payment_key,
        unioned.document_keys,
        unioned.payer_rank,
        unioned.span_days,
        unioned.last_date,
        habits.payment_key is not null as is_habit

    from unioned

    left join habits
        on unioned.payment_key = habits.payment_key
        and unioned.document_keys = habits.document_keys

),

met_payments as (

    select distinct payment_key from found

),

-- All but few, the earlier ones paid first: only where nothing else adds up, and never proved.
left_out as (

    select
        small_sets.payment_key,
        small_sets.document_keys,
        row_number() over (
            partition by small_sets.payment_key
            order by small_sets.last_date desc, small_sets.span_days asc, len(small_sets.document_keys) asc, cast(small_sets.document_keys as varchar) asc
        ) as set_rank

    from small_sets

    left join met_payments
        on small_sets.payment_key = met_payments.payment_key

    where small_sets.side = 'left'
        and met_payments.payment_key is null

),

-- Of several sets a habit's is shown first, then the one closest together in time, and the latest of these.
ranked as (

    select
        *,
        row_number() over (
            partition by payment_key
            order by is_habit desc, span_days asc, last_date desc, len(document_keys) desc, cast(document_keys as varchar) asc
        ) as set_rank,
        count(*) over (partition by payment_key) as set_count
    from found

),

chosen as (

    select
        payment_key as right_key,
        unnest(document_keys) as left_key,
        set_rank,
        is_habit,
        (set_count = 1 or is_habit) and payer_rank = 1 as is_sure
    from ranked
    where set_rank <= 2

    union all

    select
        debts.payment_key as right_key,
        debts.invoice_key as left_key,
        left_out.set_rank,
        false as is_habit,
        false as is_sure

    from left_out

    inner join debts
        on left_out.payment_key = debts.payment_key
        and not list_contains(left_out.document_keys, debts.invoice_key)

    where left_out.set_rank <= 2

),

claims as (

    select
        left_key,
        count(*) as claim_count,
        count(*) filter (where is_habit) as habit_count
    from chosen
    where set_rank = 1
    group by left_key

),

-- Digits that stand in many numbers are a month or a year.
numbers as (

    select
        read_numbers.item_key,
        read_numbers.invoice_key,
        read_numbers.reading

    from {{ ref('int_numbers__read') }} as read_numbers

    inner join payments
        on read_numbers.item_key = payments.payment_key

    where read_numbers.item_type = 'payment'
    qualify read_numbers.reading <> 'digits' or count(*) over (partition by read_numbers.item_key, read_numbers.reading) <= 4

),

-- Whoever names a document by its whole number means that one, though the sum of others meets the payment.
named_elsewhere as (

    select numbers.item_key as right_key

    from numbers

    left join chosen
        on numbers.item_key = chosen.right_key
        and numbers.invoice_key = chosen.left_key
        and chosen.set_rank = 1

    where numbers.reading <> 'digits'
        and chosen.left_key is null

),

-- `1042-45` names the first of a range of documents; what else it means is a person's to say. What comes
-- two months late pays later documents as well.
doubtful as (

    select distinct chosen.right_key

    from chosen

    inner join payments
        on chosen.right_key = payments.payment_key

    inner join invoices
        on chosen.left_key = invoices.invoice_key

    where ends_with(invoices.number_token, {{ range_start("concat_ws(' ', payments.reference, payments.memo)") }})
        or payments.payment_date > invoices.due_date + 60

),

-- The text means one month, and the set is of several.
of_other_months as (

    select distinct chosen.right_key

    from chosen

    inner join payments
        on chosen.right_key = payments.payment_key

    inner join invoices
        on chosen.left_key = invoices.invoice_key

    where chosen.set_rank = 1
        and payments.named_month <> month(invoices.service_date)

),

-- Two documents that digits name, of which one is not in the set.
digits_elsewhere as (

    select numbers.item_key as right_key

    from numbers

    left join chosen
        on numbers.item_key = chosen.right_key
        and numbers.invoice_key = chosen.left_key
        and chosen.set_rank = 1

    group by numbers.item_key
    having count(chosen.left_key) > 0 and count(*) > count(chosen.left_key)

),

-- Bills of months that lie apart in one sum are caught up with once. Who brings that sum the month before or
-- after, too, pays for somebody else as well, and so does who was proved to.
spread as (

    select
        chosen.right_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.payment_date,
        payments.amount,
        min(invoices.person_key) as person_key

    from chosen

    inner join payments
        on chosen.right_key = payments.payment_key

    inner join invoices
        on chosen.left_key = invoices.invoice_key

    where chosen.set_rank = 1 and not chosen.is_habit
    group by chosen.right_key, payments.entity, payments.currency_code, payments.direction, payments.payment_date, payments.amount
    having max(invoices.issue_date) - min(invoices.issue_date) >= 20

),

monthly as (

    select spread.right_key

    from spread

    inner join {{ ref('int_payers__resolved') }} as resolved
        on spread.person_key = resolved.person_key

    inner join {{ ref('int_payments__evidenced') }} as others
        on resolved.payment_key = others.payment_key
        and spread.entity = others.entity
        and spread.currency_code = others.currency_code
        and spread.direction = others.direction
        and spread.amount = others.amount
        and abs(others.payment_date - spread.payment_date) between 20 and 45

),

shared_payments as (

    select number_links.right_key

    from {{ ref('int_number_pairs__assigned') }} as number_links

    inner join {{ ref('int_invoices__evidenced') }} as documents
        on number_links.left_key = documents.invoice_key

    group by number_links.right_key
    having count(distinct documents.person_key) = 2

),

for_others as (

    select distinct spread.right_key

    from spread

    inner join {{ ref('int_invoices__evidenced') }} as documents
        on spread.person_key = documents.person_key

    inner join {{ ref('int_number_pairs__assigned') }} as number_links
        on documents.invoice_key = number_links.left_key

    inner join shared_payments
        on number_links.right_key = shared_payments.right_key

),

doubts as (

    select right_key from doubtful

    union all

    select right_key from named_elsewhere

    union all

    select right_key from of_other_months

    union all

    select right_key from digits_elsewhere

    union all

    select right_key from monthly

    union all

    select right_key from for_others

),

doubted_sets as (

    select distinct right_key from doubts

),

-- A document that two payments' sets hold is settled by neither without asking, but by a habit's.
exact_members as (

    select
        chosen.right_key,
        chosen.left_key,
        chosen.set_rank,
        chosen.is_habit,
        bool_and(
            chosen.is_sure
            and case when chosen.is_habit then claims.habit_count else claims.claim_count end = 1
            and doubted_sets.right_key is null
        ) over (
            partition by chosen.right_key, chosen.set_rank
        ) as is_proved

    from chosen

    left join claims
        on chosen.left_key = claims.left_key

    left join doubted_sets
        on chosen.right_key = doubted_sets.right_key

),

met as (

    select distinct right_key
    from exact_members

),

free_debts as (

    select debts.*

    from debts

    left join met
        on debts.payment_key = met.right_key

    left join exact_members
        on debts.invoice_key = exact_members.left_key
        and exact_members.is_proved

    where met.right_key is null
        and exact_members.left_key is null

),

short_sets as (

    select
        payment_key,
        service_month as set_month,
        sum(open_amount) - payment_open_amount as missing_amount
    from free_debts
    where named_month is null or named_month = month(service_month)
    group by payment_key, service_month, payment_open_amount
    having count(*) > 1 and payment_open_amount between 0.75 * sum(open_amount) and sum(open_amount)

    union all

    select
        payment_key,
        cast(null as date) as set_month,
        sum(open_amount) - payment_open_amount as missing_amount
    from free_debts
    group by payment_key, payment_open_amount
    having count(*) > 1 and payment_open_amount between 0.75 * sum(open_amount) and sum(open_amount)

),

nearest as (

    select
        *,
        row_number() over (partition by payment_key order by missing_amount asc, set_month desc nulls last) as set_rank
    from short_sets

),

short_members as (

    select
        free_debts.payment_key as right_key,
        free_debts.invoice_key as left_key

    from nearest

    inner join free_debts
        on nearest.payment_key = free_debts.payment_key
        and (nearest.set_month is null or nearest.set_month = free_debts.service_month)

    where nearest.set_rank = 1

),

members as (

    select
        right_key,
        left_key,
        set_rank,
        case when set_rank = 1 then 'set' else 'second_set' end as amount_level,
        is_habit,
        is_proved
    from exact_members

    union all

    select
        right_key,
        left_key,
        1 as set_rank,
        'short_set' as amount_level,
        false as is_habit,
        false as is_proved
    from short_members

),

final as (

    select
        members.right_key,
        members.left_key,
        members.set_rank,
        members.amount_level,
        members.is_habit,
        members.is_proved,
        invoices.open_amount,
        debtors.payer_rank = 1 as is_payer_known

    from members

    inner join invoices
        on members.left_key = invoices.invoice_key

    inner join debtors
        on members.right_key = debtors.payment_key
        and invoices.person_key = debtors.person_key

)

select * from final
