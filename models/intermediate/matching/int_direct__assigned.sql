-- One row per (invoice, bank line) where money reached the bank and nobody recorded a payment. Lines
-- that may belong to a recorded payment, even a doubtful one, are not offered.
with

settled as (

    select
        left_key as invoice_key,
        sum(amount) as settled_amount
    from {{ ref('int_settlement__assigned') }}
    where status = 'auto'
    group by left_key

),

suggested_invoices as (

    select distinct left_key as invoice_key
    from {{ ref('int_settlement__assigned') }}
    where status = 'suggested'

),

invoices as (

    select
        invoices.*,
        cast(open_items.open_amount - coalesce(settled.settled_amount, 0) as decimal(18, 4)) as open_amount,
        suggested_invoices.invoice_key is not null as has_doubtful_payment

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join {{ ref('int_settlement_items__open') }} as open_items
        on invoices.invoice_key = open_items.item_key
        and open_items.item_type = 'invoice'

    left join settled
        on invoices.invoice_key = settled.invoice_key

    left join suggested_invoices
        on invoices.invoice_key = suggested_invoices.invoice_key

    where open_items.open_amount > coalesce(settled.settled_amount, 0)

),

engaged_lines as (

    select right_key as bank_line_key from {{ ref('int_clearing__assigned') }}
    where status = 'auto'
        or (status = 'suggested' and lost_because <> 'no_evidence_of_who')
        -- What an own rule forbids to link is recorded all the same.
        or lost_because = 'rule_is_off'

    union all

    select left_key as bank_line_key from {{ ref('int_returns__assigned') }}
    where status = 'auto'

    union all

    select right_key as bank_line_key from {{ ref('int_returns__assigned') }}

    union all

    select left_key as bank_line_key from {{ ref('int_transfers__assigned') }}

    union all

    select right_key as bank_line_key from {{ ref('int_transfers__assigned') }}

),

numbers as (

    select * from {{ ref('int_numbers__read') }}
    where item_type = 'bank_line'

),

numbered as (

    select distinct item_key from numbers

),

bank_lines as (

    select
        bank_lines.*,
        naming.item_key is not null or numbered.item_key is not null as names_a_number,
        abs(bank_lines.amount) as line_amount,
        case when bank_lines.amount > 0 then 'in' else 'out' end as settled_by

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join engaged_lines
        on bank_lines.bank_line_key = engaged_lines.bank_line_key

    left join {{ ref('int_items__naming_numbers') }} as naming
        on bank_lines.bank_line_key = naming.item_key
        and naming.item_type = 'bank_line'

    left join numbered
        on bank_lines.bank_line_key = numbered.item_key

    where engaged_lines.bank_line_key is null
        and bank_lines.line_class in ('other', 'deposit')

),

names as (

    select
        item_key as bank_line_key,
        entity,
        name_key,
        name_level
    from {{ ref('int_text_names__resolved') }}
    where item_type = 'bank_line'

),

by_number as (

    select
        invoices.invoice_key as left_key,
        bank_lines.bank_line_key as right_key,
        -- A number without letters may be a house, a date or an amount.
        case when numbers.reading = 'bare_number' then 2 else 1 end as reading_rank

    from invoices

    inner join numbers
        on invoices.invoice_key = numbers.invoice_key
        and numbers.reading <> 'digits'

    inner join bank_lines
        on numbers.item_key = bank_lines.bank_line_key
        and invoices.currency_code = bank_lines.currency_code
        and invoices.settled_by = bank_lines.settled_by

    where invoices.is_number_unique

),

-- The digits alone are a number only beside the payer.
by_digits as (

    select
        invoices.invoice_key as left_key,
        bank_lines.bank_line_key as right_key,
        2 as reading_rank

    from invoices

    inner join numbers
        on invoices.invoice_key = numbers.invoice_key
        and numbers.reading = 'digits'

    inner join names
        on numbers.item_key = names.bank_line_key
        and names.name_key in (invoices.name_key, invoices.resident_name_key)

    inner join bank_lines
        on numbers.item_key = bank_lines.bank_line_key
        and invoices.currency_code = bank_lines.currency_code
        and invoices.settled_by = bank_lines.settled_by

),

by_name as (

    select
        invoices.invoice_key as left_key,
        bank_lines.bank_line_key as right_key,
        3 as reading_rank

    from invoices

    inner join names
        on invoices.entity = names.entity
        and names.name_key in (invoices.name_key, invoices.resident_name_key)

    inner join bank_lines
        on names.bank_line_key = bank_lines.bank_line_key
        and invoices.open_amount = bank_lines.line_amount
        and invoices.currency_code = bank_lines.currency_code
        and invoices.settled_by = bank_lines.settled_by

),

unioned as (

    select * from by_number
    union all
    select * from by_digits
    union all
    select * from by_name

),

pairs as (

    select
        left_key,
        right_key,
        case min(reading_rank) when 1 then 'whole_token' when 2 then 'digits' else 'none' end as reference_level
    from unioned
    group by left_key, right_key

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'direct' and method = '*'

),

own_windows as (
    {{ own_windows('direct') }}
),

shared_numbers as (

    select
        number_token,
        direction,
        currency_code,
        total_amount
    from {{ ref('int_invoices__evidenced') }}
    where number_token is not null
    group by number_token, direction, currency_code, total_amount
    having count(distinct entity) > 1

),

identified as (

    select distinct payment_key
    from {{ ref('int_payers__resolved') }}

),

cleared as (

    select distinct left_key
    from {{ ref('int_clearing__assigned') }}
    where status = 'auto'

),

-- What is recorded and has reached no bank line yet may be this very money.
unseen_payments as (

    select
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        case when payments.direction = 'in' then payments.amount else -payments.amount end as amount,
        payments.payment_date,
        payments.person_key,
        payments.payer_name_key,
        payments.payer_name_key is not null and identified.payment_key is not null as is_payer_known,
        payments.method

    from {{ ref('int_payments__evidenced') }} as payments

    left join identified
        on payments.payment_key = identified.payment_key

    left join cleared
        on payments.payment_key = cleared.left_key

    where cleared.left_key is null
        and payments.settlement_key is null

),

recorded as (

    select
        pairs.left_key,
        pairs.right_key,
        bool_or(
            unseen_payments.payer_name_key is null
            or unseen_payments.person_key = invoices.person_key
            or list_has_any(
                string_split(unseen_payments.payer_name_key, ' '),
                string_split(concat_ws(' ', invoices.name_key, invoices.resident_name_key), ' ')
            )
        ) as is_of_debtor

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    inner join unseen_payments
        on bank_lines.entity = unseen_payments.entity
        and bank_lines.currency_code = unseen_payments.currency_code
        and bank_lines.amount = unseen_payments.amount
        and unseen_payments.payment_date between bank_lines.booking_date - 12 and bank_lines.booking_date + 12

    where (not unseen_payments.is_payer_known or unseen_payments.person_key = invoices.person_key)
        and not (bank_lines.medium = 'electronic' and unseen_payments.method in ('check', 'cash'))
    group by pairs.left_key, pairs.right_key

),

own_names as (

    select distinct
        pairs.left_key,
        pairs.right_key,
        names.bank_line_key

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join names
        on pairs.right_key = names.bank_line_key
        and names.name_key in (invoices.name_key, invoices.resident_name_key)

),

other_names as (

    select distinct bank_line_key from names
    where name_level = 'same_name'

),

levelled as (

    select
        pairs.left_key,
        pairs.right_key,
        invoices.entity,
        bank_lines.account_key,
        invoices.currency_code,
        invoices.open_amount,
        -- Where another entity's document is of that number and amount, money may have come to the wrong account.
        shared_numbers.number_token is not null as is_number_shared,
        invoices.has_doubtful_payment,
        recorded.left_key is not null as may_be_recorded,
        coalesce(recorded.is_of_debtor, false) as may_be_recorded_of_debtor,
        bank_lines.names_a_number,
        coalesce(bank_lines.named_month <> month(invoices.service_date) and bank_lines.named_month <> month(invoices.issue_date), false) as is_other_month,
        bank_lines.line_amount,
        coalesce(roundings.rounding_amount, 0) as rounding_amount,
        -- What comes before the invoice pays an earlier one as well.
        bank_lines.booking_date < invoices.issue_date as is_early,
        bank_lines.booking_date - invoices.due_date as days_apart,
        pairs.reference_level,
        case
            when own_names.bank_line_key is not null then 'same_party'
            when other_names.bank_line_key is null then 'foreign'
            else 'other_party'
        end as payer_level,
        case
            when bank_lines.line_amount = invoices.open_amount then 'open_amount'
            when bank_lines.line_amount < invoices.open_amount then 'part'
            else 'over'
        end as amount_level,
        case
            when bank_lines.booking_date between invoices.issue_date - 5 and invoices.due_date + 15 then 'near'
            when bank_lines.booking_date between invoices.issue_date - 30 and invoices.due_date + 90 then 'usual'
            else 'far'
        end as days_level

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    left join own_windows
        on invoices.entity = own_windows.entity

    inner join windows
        on bank_lines.booking_date between invoices.issue_date - {{ window_days('days_before') }} and invoices.due_date + {{ window_days('days_after') }}

    left join shared_numbers
        on invoices.number_token = shared_numbers.number_token
        and invoices.direction = shared_numbers.direction
        and invoices.currency_code = shared_numbers.currency_code
        and invoices.total_amount = shared_numbers.total_amount

    left join recorded
        on pairs.left_key = recorded.left_key
        and pairs.right_key = recorded.right_key

    left join own_names
        on pairs.left_key = own_names.left_key
        and pairs.right_key = own_names.right_key

    left join other_names
        on pairs.right_key = other_names.bank_line_key

    left join {{ ref('int_roundings__allowed') }} as roundings
        on pairs.left_key = roundings.invoice_key

),

classed as (

    select
        levelled.*,
        'unknown' as account_level,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight,
        case
            when levelled.payer_level = 'other_party' then 9
            -- A line that says who pays which invoice is no other payer's money.
            when levelled.reference_level in ('whole_token', 'digits')
                and levelled.line_amount between levelled.open_amount and levelled.open_amount + levelled.rounding_amount
                and levelled.payer_level = 'same_party'
                and not levelled.may_be_recorded_of_debtor
                then 1
            when levelled.has_doubtful_payment or levelled.may_be_recorded then 9
            when levelled.reference_level = 'whole_token'
                and levelled.amount_level = 'open_amount'
                and not levelled.is_number_shared
                then 1
            when levelled.reference_level = 'none'
                and levelled.amount_level = 'open_amount'
                and levelled.payer_level = 'same_party'
                and levelled.days_level <> 'far'
                and not levelled.is_early
                and not levelled.names_a_number
                and not levelled.is_other_month
                then 2
            when levelled.reference_level = 'whole_token'
                and levelled.amount_level = 'part'
                and levelled.payer_level = 'same_party'
                and levelled.days_level <> 'far'
                and not levelled.is_early
                and not levelled.is_other_month
                then 3
            else 9
        end as evidence_class

    from levelled
    {{ join_match_weights('levelled', 'direct', ['reference', 'payer', 'amount', 'days']) }}

),

nothing as (

    select
        left_key,
        right_key,
        evidence_class
    from classed
    where false

),

by_whole_number as (
    {{ unrivalled('classed', 'nothing', 1) }}
),

by_party as (
    {{ unrivalled('classed', 'by_whole_number', 2) }}
),

whole as (

    select * from by_whole_number
    union all
    select * from by_party

),

taken_invoices as (

    select distinct left_key from whole

),

-- Instalments that nobody recorded: each names payer and number and fits nothing else, and together they
-- are no more than what is open; the last may bring what rounding explains.
counted as (

    select
        *,
        count(*) over (partition by right_key) as line_count,
        sum(case when evidence_class = 3 then line_amount end) over (partition by left_key) as parts_amount,
        coalesce(
            sum(case when evidence_class = 3 then line_amount end) over (
                partition by left_key
                order by days_apart asc, line_amount asc, right_key asc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as parts_before
    from classed

),

parts as (

    select
        counted.left_key,
        counted.right_key,
        least(counted.line_amount, counted.open_amount - counted.parts_before) as settled_amount

    from counted

    left join taken_invoices
        on counted.left_key = taken_invoices.left_key

    where counted.evidence_class = 3
        and counted.line_count = 1
        and counted.parts_amount <= counted.open_amount + counted.rounding_amount
        and counted.parts_before < counted.open_amount
        and taken_invoices.left_key is null

),

accepted as (

    select
        left_key,
        right_key,
        cast(null as decimal(18, 4)) as settled_amount
    from whole

    union all

    select
        left_key,
        right_key,
        settled_amount
    from parts

),

taken_lefts as (

    select distinct left_key from accepted

),

decided as (

    select
        classed.*,
        accepted.settled_amount,
        accepted.left_key is not null as is_accepted,
        left_taken.left_key is not null or right_taken.right_key is not null as is_taken

    from classed

    left join accepted
        on classed.left_key = accepted.left_key
        and classed.right_key = accepted.right_key

    left join taken_lefts as left_taken
        on classed.left_key = left_taken.left_key

    left join accepted as right_taken
        on classed.right_key = right_taken.right_key

),

ranked as (

    select
        *,
        row_number() over (
            partition by left_key
            order by is_accepted desc, is_taken asc, weight desc, abs(days_apart) asc, right_key asc
        ) as left_rank,
        row_number() over (
            partition by right_key
            order by is_accepted desc, is_taken asc, weight desc, abs(days_apart) asc, left_key asc
        ) as right_rank,
        count(*) over (partition by left_key, weight) > 1 or count(*) over (partition by right_key, weight) > 1 as has_equal_rival,
        max(weight) over (partition by left_key) as best_left_weight,
        max(weight) over (partition by right_key) as best_right_weight

    from decided

),

named as (

    select
        'direct' as leg,
        'invoice' as left_type,
        left_key,
        'bank_line' as right_type,
        right_key,
        entity,
        account_key,
        currency_code,
        cast(coalesce(settled_amount, least(open_amount, line_amount)) as decimal(18, 4)) as amount,
        days_apart,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        weight,
        weight - greatest(best_left_weight, best_right_weight) as behind_best,
        case
            when is_accepted then 'auto'
            when not is_taken and (left_rank <= 3 or right_rank <= 3) then 'suggested'
            else 'lost'
        end as status,
        case
            when not is_accepted then 'direct_rivals'
            when reference_level in ('whole_token', 'digits') then 'direct_number'
            else 'direct_payer'
        end as rule,
        case
            when is_accepted then null
            when is_taken then 'side_taken_by_stronger_pair'
            when payer_level = 'other_party' then 'number_of_another_party'
            when is_other_month then 'names_another_month'
            when weight < greatest(best_left_weight, best_right_weight) then 'weaker_than_rival'
            when has_equal_rival then 'equal_rival'
            else 'evidence_leaves_doubt'
        end as lost_because

    from ranked

),

final as (
    {{ under_own_rules('named') }}
)

select * from final
