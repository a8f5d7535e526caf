-- One row per (invoice, payment) in which the payment names the invoice's number, with each kind of
-- evidence, its level and weight.
with

open_items as (

    select * from {{ ref('int_settlement_items__open') }}

),

invoices as (

    select
        invoices.*,
        open_items.open_amount

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join open_items
        on invoices.invoice_key = open_items.item_key
        and open_items.item_type = 'invoice'

),

payments as (

    select
        payments.*,
        open_items.open_amount

    from {{ ref('int_payments__evidenced') }} as payments

    inner join open_items
        on payments.payment_key = open_items.item_key
        and open_items.item_type = 'payment'

    where payments.original_payment_id is null

),

pairs as (

    select
        invoice_key as left_key,
        payment_key as right_key,
        reading as reference_level
    from {{ ref('int_payment_numbers__read') }}

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'settlement' and method = '*'

),

own_windows as (
    {{ own_windows('settlement') }}
),

payers as (

    select * from {{ ref('int_payers__resolved') }}

),

-- Who is told to pay for one debtor is a stranger to the others.
others as (

    select distinct payment_key
    from payers

),

debtors as (

    select distinct
        entity,
        settled_by,
        person_key
    from {{ ref('int_invoices__evidenced') }}
    where person_key is not null

),

-- A few fixed rates make most equal amounts: with one of them an exact amount says little.
rates as (

    select
        entity,
        currency_code,
        open_amount,
        count(*) as invoice_count
    from invoices
    group by entity, currency_code, open_amount

),

joined as (

    select
        pairs.left_key,
        pairs.right_key,
        pairs.reference_level,
        invoices.entity,
        invoices.currency_code,
        invoices.person_key,
        payments.person_key as payer_person_key,
        payments.payer_name_key,
        invoices.name_key,
        invoices.resident_name_key,
        invoices.open_amount as invoice_open_amount,
        payments.open_amount as payment_open_amount,
        invoices.issue_date,
        invoices.due_date,
        payments.payment_date,
        invoices.number_token,
        invoices.is_number_unique,
        invoices.discount_amount,
        invoices.discount_date,
        payments.is_redeposit,
        payments.direction,
        coalesce(regexp_matches({{ fold_text("concat_ws(' ', payments.reference, payments.memo)") }}, '\b(?:WITHH[A-Z]*|WHT|TDS|LEVY|NET OF)\b'), false) as says_withheld,
        coalesce(
            ends_with(invoices.number_token, {{ range_start("concat_ws(' ', payments.reference, payments.memo)") }}), false
        ) as begins_range,
        -- A text that names a month means that month's document.
        coalesce(payments.named_month <> month(invoices.service_date) and payments.named_month <> month(invoices.issue_date), false) as is_other_month

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join payments
        on pairs.right_key = payments.payment_key
        and invoices.currency_code = payments.currency_code
        and invoices.settled_by = payments.direction

    left join own_windows
        on invoices.entity = own_windows.entity

    inner join windows
        on payments.payment_date between invoices.issue_date - {{ window_days('days_before') }} and invoices.due_date + {{ window_days('days_after') }}

),

-- How many of exactly this party's invoices this payer names with amounts that fit: a slip of the pen
-- happens once, however often it is copied, a relation again and again.
told as (

    select
        *,
        -- Payers without a name are not one payer.
        case
            when coalesce(payer_person_key, payer_name_key) is null then 0
            else count(distinct left_key) filter (
                    where payment_open_amount <= invoice_open_amount
                ) over (partition by entity, coalesce(payer_person_key, payer_name_key), person_key)
        end as relation_count
    from joined

),

levelled as (

    select
        told.*,
        case
            when payers.payer_level is not null then payers.payer_level
            when told.relation_count >= 3 then 'known_payer'
            when debtors.person_key is not null or others.payment_key is not null then 'other_party'
            when told.relation_count >= 2 then 'known_payer'
            when list_has_any(
                    list_filter(string_split(told.payer_name_key, ' '), lambda word: length(word) >= 4),
                    string_split(concat_ws(' ', told.name_key, told.resident_name_key), ' ')
                ) then 'kin'
            else 'foreign'
        end as payer_level,
        coalesce(rates.invoice_count, 0) > 12 as has_common_price,
        told.payment_date - told.due_date as days_apart,
        case
            when told.payment_open_amount = told.invoice_open_amount then 'open_amount'
            when told.discount_amount > 0
                and told.payment_date <= told.discount_date + cast({{ tolerance('discount_grace_days') }} as integer)
                and told.payment_open_amount = told.invoice_open_amount - told.discount_amount
                then 'discounted'
            when told.payment_open_amount < told.invoice_open_amount then 'part'
            else 'over'
        end as amount_level,
        case
            when told.payment_date between told.issue_date and told.due_date + 25 then 'near'
            when told.payment_date between told.issue_date - 30 and told.due_date + 90 then 'usual'
            else 'far'
        end as days_level

    from told
    {{ join_tolerances('told', ['discount_grace_days']) }}

    left join payers
        on told.right_key = payers.payment_key
        and told.person_key = payers.person_key

    left join others
        on told.right_key = others.payment_key

    left join debtors
        on told.entity = debtors.entity
        and told.direction = debtors.settled_by
        and told.payer_person_key = debtors.person_key

    left join rates
        on told.entity = rates.entity
        and told.currency_code = rates.currency_code
        and told.invoice_open_amount = rates.open_amount

),

final as (

    select
        levelled.*,
        'unknown' as account_level,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight

    from levelled
    {{ join_match_weights('levelled', 'settlement', ['reference', 'payer', 'amount', 'days']) }}

)

select * from final
