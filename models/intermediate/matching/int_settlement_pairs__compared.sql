-- One row per (invoice, payment) worth considering, blocked on a shared number or on the party with
-- the exact amount, with each kind of evidence, its level and weight.
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
        open_items.open_amount,
        case when payments.direction = 'in' then 'receivable' else 'payable' end as settles_direction

    from {{ ref('int_payments__evidenced') }} as payments

    inner join open_items
        on payments.payment_key = open_items.item_key
        and open_items.item_type = 'payment'

    where payments.original_payment_id is null

),

tokens as (

    select * from {{ ref('int_reference_tokens__extracted') }}
    where item_type = 'payment'

),

by_number as (

    select
        invoices.invoice_key as left_key,
        payments.payment_key as right_key,
        case when tokens.token_source = 'remittance' then 'remittance' else 'whole_token' end as reference_level

    from invoices

    inner join tokens
        on invoices.entity = tokens.entity
        and invoices.number_token = tokens.token

    inner join payments
        on tokens.item_key = payments.payment_key
        and invoices.currency_code = payments.currency_code
        and invoices.direction = payments.settles_direction

),

by_digits as (

    select
        invoices.invoice_key as left_key,
        payments.payment_key as right_key,
        'digits' as reference_level

    from invoices

    inner join tokens
        on invoices.entity = tokens.entity
        and invoices.number_digits = ltrim(tokens.token, '0')

    inner join payments
        on tokens.item_key = payments.payment_key
        and invoices.currency_code = payments.currency_code
        and invoices.direction = payments.settles_direction

),

by_person as (

    select
        invoices.invoice_key as left_key,
        payments.payment_key as right_key,
        'none' as reference_level

    from invoices

    inner join payments
        on invoices.person_key = payments.person_key
        and invoices.entity = payments.entity
        and invoices.open_amount = payments.open_amount
        and invoices.currency_code = payments.currency_code
        and invoices.direction = payments.settles_direction

),

by_parent as (

    select
        invoices.invoice_key as left_key,
        payments.payment_key as right_key,
        'none' as reference_level

    from invoices

    inner join payments
        on invoices.parent_person_key = payments.person_key
        and invoices.entity = payments.entity
        and invoices.open_amount = payments.open_amount
        and invoices.currency_code = payments.currency_code
        and invoices.direction = payments.settles_direction

),

by_name as (

    select
        invoices.invoice_key as left_key,
        payments.payment_key as right_key,
        'none' as reference_level

    from invoices

    inner join payments
        on invoices.entity = payments.entity
        and invoices.name_key = payments.payer_name_key
        and invoices.open_amount = payments.open_amount
        and invoices.currency_code = payments.currency_code
        and invoices.direction = payments.settles_direction

    where payments.person_key is null

),

unioned as (

    select * from by_number
    union all
    select * from by_digits
    union all
    select * from by_person
    union all
    select * from by_parent
    union all
    select * from by_name

),

pairs as (

    select
        left_key,
        right_key,
        case min(case reference_level when 'remittance' then 1 when 'whole_token' then 2 when 'digits' then 3 else 4 end)
            when 1 then 'remittance'
            when 2 then 'whole_token'
            when 3 then 'digits'
            else 'none'
        end as reference_level

    from unioned
    group by left_key, right_key

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'settlement' and method = '*'

),

party_names as (

    select distinct
        entity,
        direction,
        name_key
    from {{ ref('int_invoices__evidenced') }}
    where name_key is not null

),

invoice_persons as (

    select distinct
        entity,
        direction,
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

levelled as (

    select
        pairs.left_key,
        pairs.right_key,
        invoices.entity,
        invoices.currency_code,
        invoices.person_key,
        invoices.open_amount as invoice_open_amount,
        payments.open_amount as payment_open_amount,
        invoices.issue_date,
        payments.payment_date,
        invoices.is_number_unique,
        invoices.discount_amount,
        invoices.discount_date,
        payments.payment_date - invoices.due_date as days_apart,
        pairs.reference_level,
        payments.is_redeposit,
        -- A text that names a month means that month's document.
        coalesce(payments.named_month <> month(invoices.service_date) and payments.named_month <> month(invoices.issue_date), false) as is_other_month,
        coalesce(rates.invoice_count, 0) > 12 as has_common_price,
        case
            when invoices.person_key = payments.person_key
                or invoices.parent_person_key = payments.person_key
                or invoices.name_key = payments.payer_name_key
                or invoices.resident_name_key = payments.payer_name_key
                then 'same_party'
            when invoice_persons.person_key is null and party_names.name_key is null then 'foreign'
            else 'other_party'
        end as payer_level,
        case
            when payments.open_amount = invoices.open_amount then 'open_amount'
            when payments.open_amount < invoices.open_amount then 'part'
            else 'over'
        end as amount_level,
        case
            when payments.payment_date between invoices.issue_date and invoices.due_date + 25 then 'near'
            when payments.payment_date between invoices.issue_date - 30 and invoices.due_date + 90 then 'usual'
            else 'far'
        end as days_level

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join payments
        on pairs.right_key = payments.payment_key

    inner join windows
        on payments.payment_date between invoices.issue_date - windows.days_before and invoices.due_date + windows.days_after

    left join rates
        on invoices.entity = rates.entity
        and invoices.currency_code = rates.currency_code
        and invoices.open_amount = rates.open_amount

    left join party_names
        on payments.entity = party_names.entity
        and payments.settles_direction = party_names.direction
        and payments.payer_name_key = party_names.name_key

    left join invoice_persons
        on payments.entity = invoice_persons.entity
        and payments.settles_direction = invoice_persons.direction
        and payments.person_key = invoice_persons.person_key

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
