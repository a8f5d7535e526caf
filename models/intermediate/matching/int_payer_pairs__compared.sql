-- One row per (invoice, payment) of one debtor that numbers left open: the exact amount or the amount
-- less a discount in time; where neither is there, the nearest invoices in time as mere proposals.
with

left_items as (

    select * from {{ ref('int_settlement_items__left') }}

),

invoices as (

    select
        invoices.*,
        left_items.open_amount,
        left_items.is_touched

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join left_items
        on invoices.invoice_key = left_items.item_key
        and left_items.item_type = 'invoice'

    where invoices.person_key is not null

),

payments as (

    select
        payments.*,
        left_items.open_amount,
        left_items.is_touched

    from {{ ref('int_payments__evidenced') }} as payments

    inner join left_items
        on payments.payment_key = left_items.item_key
        and left_items.item_type = 'payment'

    where payments.original_payment_id is null

),

-- Who pays for whom: by the payment itself, else as learned from what is proved.
told_payers as (

    select * from {{ ref('int_payers__resolved') }}

),

learned_payers as (

    select
        payments.payment_key,
        aliases.person_key,
        case when aliases.debtor_count = 1 then 'alias' else 'alias_of_many' end as payer_level,
        aliases.proof_count

    from payments

    inner join {{ ref('int_aliases__learned') }} as aliases
        on payments.entity = aliases.entity
        and payments.direction = aliases.direction
        and payments.person_key = aliases.payer_person_key

    left join told_payers
        on payments.payment_key = told_payers.payment_key
        and aliases.person_key = told_payers.person_key

    where told_payers.payment_key is null

),

payers as (

    select
        payment_key,
        person_key,
        payer_level,
        cast(null as bigint) as proof_count
    from told_payers

    union all

    select
        payment_key,
        person_key,
        payer_level,
        proof_count
    from learned_payers

),

-- Materialized, so that no plan begins with amounts alone.
debts as materialized (

    select
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        payments.payment_date,
        payments.open_amount,
        payments.direction,
        payers.person_key,
        payers.payer_level,
        payers.proof_count

    from payments

    inner join payers
        on payments.payment_key = payers.payment_key

),

invoice_counts as (

    select
        person_key,
        currency_code,
        open_amount,
        count(*) as invoice_count
    from invoices
    group by person_key, currency_code, open_amount

),

payment_counts as (

    select
        person_key,
        currency_code,
        open_amount,
        count(*) as payment_count
    from debts
    group by person_key, currency_code, open_amount

),

-- Very many alike of one debtor are not told apart pair by pair.
crowds as (

    select
        invoice_counts.person_key,
        invoice_counts.open_amount,
        invoice_counts.currency_code

    from invoice_counts

    inner join payment_counts
        on invoice_counts.person_key = payment_counts.person_key
        and invoice_counts.currency_code = payment_counts.currency_code
        and invoice_counts.open_amount = payment_counts.open_amount

    where invoice_counts.invoice_count * payment_counts.payment_count > 10000

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'settlement' and method = '*'

),

own_windows as (
    {{ own_windows('settlement') }}
),

exact as (

    select
        invoices.invoice_key as left_key,
        debts.payment_key as right_key,
        debts.payer_level,
        debts.proof_count,
        'open_amount' as amount_level

    from debts

    inner join invoices
        on debts.person_key = invoices.person_key
        and debts.open_amount = invoices.open_amount
        and debts.currency_code = invoices.currency_code
        and debts.direction = invoices.settled_by

    left join crowds
        on debts.person_key = crowds.person_key
        and debts.open_amount = crowds.open_amount
        and debts.currency_code = crowds.currency_code

    cross join windows

    left join own_windows
        on debts.entity = own_windows.entity

    where crowds.person_key is null
        and debts.payment_date between invoices.issue_date - {{ window_days('days_before') }} and invoices.due_date + {{ window_days('days_after') }}

),

discounted as (

    select
        invoices.invoice_key as left_key,
        debts.payment_key as right_key,
        debts.payer_level,
        debts.proof_count,
        'discounted' as amount_level

    from debts

    inner join invoices
        on debts.person_key = invoices.person_key
        and debts.open_amount = invoices.open_amount - invoices.discount_amount
        and debts.currency_code = invoices.currency_code
        and debts.direction = invoices.settled_by
    {{ join_tolerances('debts', ['discount_grace_days']) }}

    where invoices.discount_amount > 0
        and not invoices.is_touched
        and debts.payment_date between invoices.issue_date and invoices.discount_date + cast({{ tolerance('discount_grace_days') }} as integer)

),

fitting as (

    select * from exact
    union all
    select * from discounted

),

fitted_payments as (

    select distinct right_key from fitting

),

-- Nothing fits to the cent: the debtor's invoices nearest in time are worth a question.
unequal as (

    select
        invoices.invoice_key as left_key,
        debts.payment_key as right_key,
        debts.payer_level,
        debts.proof_count,
        case when debts.open_amount < invoices.open_amount then 'part' else 'over' end as amount_level,
        row_number() over (
            partition by debts.payment_key
            order by
                abs(debts.payment_date - invoices.due_date) asc,
                abs(debts.open_amount - invoices.open_amount) asc,
                invoices.invoice_key asc
        ) as nearness

    from debts

    inner join invoices
        on debts.person_key = invoices.person_key
        and debts.currency_code = invoices.currency_code
        and debts.direction = invoices.settled_by
        and invoices.issue_date between debts.payment_date - 60 and debts.payment_date + 10

    left join fitted_payments
        on debts.payment_key = fitted_payments.right_key

    where fitted_payments.right_key is null

),

pairs as (

    select * from fitting

    union all

    select
        left_key,
        right_key,
        payer_level,
        proof_count,
        amount_level
    from unequal
    where nearness <= 3

),

tokens as (

    select
        tokens.item_key,
        tokens.token
    from {{ ref('int_reference_tokens__extracted') }} as tokens
    where tokens.item_type = 'payment'
        and length(tokens.token) >= 4
        and not regexp_full_match(tokens.token, '(?:19|20)[0-9]{2}')

),

-- Materialized, as is `payer_numbers`, so that no plan begins with amounts or ends of numbers alone.
read_numbers as materialized (

    select
        numbers.payment_key as item_key,
        invoices.open_amount,
        invoices.currency_code

    from {{ ref('int_payment_numbers__read') }} as numbers

    inner join invoices
        on numbers.invoice_key = invoices.invoice_key

),

-- A number that the payer's own invoice bears is no slip, nor one whose document this amount would pay.
meant_numbers as (

    select numbers.payment_key as item_key
    from {{ ref('int_payment_numbers__read') }} as numbers

    inner join {{ ref('int_invoices__evidenced') }} as numbered
        on numbers.invoice_key = numbered.invoice_key

    inner join told_payers
        on numbers.payment_key = told_payers.payment_key
        and numbered.person_key = told_payers.person_key

    union all

    select read_numbers.item_key
    from read_numbers

    inner join payments
        on read_numbers.item_key = payments.payment_key
        and read_numbers.open_amount = payments.open_amount
        and read_numbers.currency_code = payments.currency_code

),

own_numbers as (

    select distinct item_key
    from meant_numbers

),

-- One slip of the pen away: two signs swapped, one wrong, one too many or too few, 0 for O or 1 for l.
slip_readings as (

    select
        pairs.left_key,
        pairs.right_key,
        -- In another order, or one that looks like another: no other number, as a wrong digit may be.
        list_sort(string_split(translate(tokens.token, 'OILSB', '01158'), ''))
        = list_sort(string_split(translate(invoices.number_token, 'OILSB', '01158'), '')) as has_same_signs

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join tokens
        on pairs.right_key = tokens.item_key

    -- Of other lengths nothing is translated: a `case` keeps that order, an `and` need not.
    where {{ one_slip('tokens.token', 'invoices.number_token') }}
        or {{ one_slip('tokens.token', 'invoices.number_digits') }}
        or case
            when length(tokens.token) >= 5 and length(tokens.token) = length(invoices.number_token)
                then translate(tokens.token, 'OILSB', '01158') = translate(invoices.number_token, 'OILSB', '01158')
        end

),

slips as (

    select
        left_key,
        right_key,
        bool_or(has_same_signs) as has_same_signs
    from slip_readings
    group by left_key, right_key

),

payer_numbers as materialized (

    select
        tokens.item_key,
        tokens.token,
        payers.person_key

    from tokens

    inner join payers
        on tokens.item_key = payers.payment_key

    where regexp_full_match(tokens.token, '[0-9]+')

),

-- The end of an own invoice's number, as `01285` of RE-2025-01285, is read as that number, and so is what
-- of it counts up. Each by an equality of its own: a payer of very many invoices would be read against all.
tails as (

    select
        payer_numbers.item_key as right_key,
        invoices.invoice_key as left_key

    from payer_numbers

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on payer_numbers.person_key = invoices.person_key
        and right(payer_numbers.token, 4) = right(invoices.number_token, 4)
        and payer_numbers.token <> invoices.number_token
        and ends_with(invoices.number_token, payer_numbers.token)

    union all

    select
        payer_numbers.item_key as right_key,
        invoices.invoice_key as left_key

    from payer_numbers

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on payer_numbers.person_key = invoices.person_key
        and ltrim(payer_numbers.token, '0') = invoices.number_core
        and payer_numbers.token <> invoices.number_token

),

tailed as (

    select distinct right_key from tails

),

tail_pairs as (

    select distinct
        left_key,
        right_key
    from tails

),

-- Of weekly bills a month tells none.
bills_of_month as (

    select
        person_key,
        currency_code,
        total_amount,
        month(service_date) as service_month
    from {{ ref('int_invoices__evidenced') }}
    group by person_key, currency_code, total_amount, year(service_date), month(service_date)
    having count(*) > 1

),

months_of_several as (

    select distinct
        person_key,
        currency_code,
        total_amount,
        service_month
    from bills_of_month

),

-- Who pays for several others may pay for one of them when it names none.
payers_for_many as (

    select distinct
        entity,
        direction,
        payer_person_key
    from {{ ref('int_aliases__learned') }}
    where debtor_count >= 2

),

relations as (

    select
        entity,
        direction,
        payer_person_key,
        person_key
    from {{ ref('int_aliases__learned') }}

),

named_payments as (

    select item_key as right_key
    from {{ ref('int_items__naming_numbers') }}
    where item_type = 'payment'

),

doubted as (

    select payment_key as right_key
    from {{ ref('int_payments__doubted') }}

),

levelled as (

    select
        pairs.left_key,
        pairs.right_key,
        invoices.entity,
        invoices.currency_code,
        invoices.person_key,
        invoices.open_amount as invoice_open_amount,
        payments.open_amount as payment_open_amount,
        payments.is_touched as is_payment_touched,
        invoices.issue_date,
        payments.payment_date,
        payments.is_redeposit,
        pairs.payer_level,
        pairs.proof_count,
        coalesce(slips.has_same_signs, false) as has_same_signs,
        pairs.amount_level,
        doubted.right_key is not null as is_doubted,
        payers_for_many.payer_person_key is not null as pays_for_many,
        -- Who names a resident and was never proved to pay for one is asked about.
        pairs.payer_level = 'named_in_text' and payments.payer_name_key is not null and relations.person_key is null as is_stranger,
        coalesce(payments.named_month not in (month(invoices.service_date), month(invoices.issue_date)), false) as is_other_month,
        payments.payment_date - invoices.due_date as days_apart,
        case
            when slips.left_key is not null and own_numbers.item_key is null then 'near_number'
            when named_payments.right_key is not null then 'other_number'
            when tailed.right_key is not null and tail_pairs.left_key is null then 'other_number'
            when payments.named_month = month(invoices.service_date) and months_of_several.person_key is null then 'month'
            else 'none'
        end as reference_level,
        case
            when payments.payment_date between invoices.issue_date and invoices.due_date + 25 then 'near'
            when payments.payment_date between invoices.issue_date - 10 and invoices.issue_date - 1 then 'early'
            when payments.payment_date between invoices.issue_date and invoices.due_date + 45 then 'usual'
            else 'far'
        end as days_level

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join payments
        on pairs.right_key = payments.payment_key

    left join slips
        on pairs.left_key = slips.left_key
        and pairs.right_key = slips.right_key

    left join own_numbers
        on pairs.right_key = own_numbers.item_key

    left join tailed
        on pairs.right_key = tailed.right_key

    left join tail_pairs
        on pairs.left_key = tail_pairs.left_key
        and pairs.right_key = tail_pairs.right_key

    left join months_of_several
        on invoices.person_key = months_of_several.person_key
        and invoices.currency_code = months_of_several.currency_code
        and invoices.total_amount = months_of_several.total_amount
        and month(invoices.service_date) = months_of_several.service_month

    left join payers_for_many
        on payments.entity = payers_for_many.entity
        and payments.direction = payers_for_many.direction
        and payments.person_key = payers_for_many.payer_person_key

    left join relations
        on payments.entity = relations.entity
        and payments.direction = relations.direction
        and payments.person_key = relations.payer_person_key
        and invoices.person_key = relations.person_key

    left join named_payments
        on pairs.right_key = named_payments.right_key

    left join doubted
        on pairs.right_key = doubted.right_key

),

final as (

    select
        levelled.*,
        'unknown' as account_level,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight,
        case
            when levelled.is_doubted or levelled.is_payment_touched or levelled.is_redeposit then 9
            when levelled.amount_level not in ('open_amount', 'discounted') then 9
            when levelled.payer_level = 'alias_of_many' then 9
            when levelled.payer_level = 'alias' and levelled.proof_count < 2 then 9
            when levelled.reference_level = 'near_number' and levelled.days_level <> 'far' then 1
            when levelled.reference_level = 'other_number' or levelled.is_other_month or levelled.pays_for_many or levelled.is_stranger then 9
            when levelled.reference_level = 'month' and levelled.days_level = 'near' then 2
            -- What comes late pays a later invoice as well.
            when levelled.days_level = 'near' or (levelled.reference_level = 'month' and levelled.days_level = 'early') then 3
            else 9
        end as evidence_class

    from levelled
    {{ join_match_weights('levelled', 'settlement', ['reference', 'payer', 'amount', 'days']) }}

)

select * from final
