-- One row per (invoice, bank line) where nobody recorded a payment, with each kind of evidence, its level
-- and weight. Lines that may belong to a recorded payment, even a doubtful one, are not offered.
with

left_items as (

    select * from {{ ref('int_direct_items__left') }}

),

invoices as (

    select
        invoices.*,
        left_items.open_amount,
        -- Of equal bills of one debtor the doubtful payment is shown beside one, and may be for any.
        left_items.has_doubtful_payment or (
            invoices.person_key is not null
            and bool_or(left_items.has_doubtful_payment) over (
                partition by invoices.person_key, invoices.currency_code, invoices.settled_by, left_items.open_amount, invoices.issue_date
            )
        ) as has_doubtful_payment,
        min(invoices.issue_date) over (
            partition by invoices.person_key, invoices.currency_code, invoices.settled_by, left_items.open_amount
            order by invoices.issue_date
            range between interval 1 day following and unbounded following
        ) as next_issue_date

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join left_items
        on invoices.invoice_key = left_items.item_key
        and left_items.item_type = 'invoice'

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
        left_items.open_amount as line_amount,
        case when bank_lines.amount > 0 then 'in' else 'out' end as settled_by

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join left_items
        on bank_lines.bank_line_key = left_items.item_key
        and left_items.item_type = 'bank_line'

    left join {{ ref('int_items__naming_numbers') }} as naming
        on bank_lines.bank_line_key = naming.item_key
        and naming.item_type = 'bank_line'

    left join numbered
        on bank_lines.bank_line_key = numbered.item_key

),

names as (

    select
        item_key as bank_line_key,
        entity,
        name_key,
        name_level,
        name_count
    from {{ ref('int_text_names__resolved') }}
    where item_type = 'bank_line'

),

-- Who was proved to pay for one debtor alone, by the name on the payments.
alias_names as (

    select distinct
        aliases.entity,
        aliases.direction,
        aliases.person_key,
        payments.payer_name_key as name_key

    from {{ ref('int_aliases__learned') }} as aliases

    inner join {{ ref('int_payments__evidenced') }} as payments
        on aliases.entity = payments.entity
        and aliases.payer_person_key = payments.person_key
        and aliases.direction = payments.direction

    where aliases.debtor_count = 1
        and payments.payer_name_key is not null

),

-- Who owes an invoice, and whom it is for.
debtor_names as (

    select
        invoice_key,
        entity,
        currency_code,
        settled_by,
        open_amount,
        name_key
    from invoices
    where name_key is not null

    union all

    select
        invoice_key,
        entity,
        currency_code,
        settled_by,
        open_amount,
        resident_name_key as name_key
    from invoices
    where resident_name_key is not null
        and resident_name_key is distinct from name_key

),

payer_names as (

    select
        *,
        false as is_alias
    from debtor_names

    union all

    select
        invoices.invoice_key,
        invoices.entity,
        invoices.currency_code,
        invoices.settled_by,
        invoices.open_amount,
        alias_names.name_key,
        true as is_alias

    from invoices

    inner join alias_names
        on invoices.entity = alias_names.entity
        and invoices.person_key = alias_names.person_key
        and invoices.settled_by = alias_names.direction

),

-- Materialized, as is `named_pairs`, so that no plan begins with all invoices and lines of a currency.
numbered_invoices as materialized (

    select
        invoices.invoice_key,
        invoices.currency_code,
        invoices.settled_by,
        invoices.open_amount,
        invoices.is_number_unique,
        numbers.item_key,
        numbers.reading,
        length(case numbers.reading when 'digits' then coalesce(invoices.number_core, invoices.number_digits) else invoices.number_token end) >= 4 as is_long_number

    from numbers

    inner join invoices
        on numbers.invoice_key = invoices.invoice_key

),

numbered_pairs as (

    select
        numbered_invoices.invoice_key as left_key,
        numbered_invoices.item_key as right_key,
        numbered_invoices.reading,
        numbered_invoices.is_number_unique,
        numbered_invoices.is_long_number,
        numbered_invoices.open_amount = bank_lines.line_amount as is_exact

    from numbered_invoices

    inner join bank_lines
        on numbered_invoices.item_key = bank_lines.bank_line_key
        and numbered_invoices.currency_code = bank_lines.currency_code
        and numbered_invoices.settled_by = bank_lines.settled_by

),

by_number as (

    select
        left_key,
        right_key,
        -- A number without letters may be a house, a date or an amount.
        case when reading in ('digits', 'bare_number') then 2 else 1 end as reading_rank,
        is_long_number
    from numbered_pairs
    where is_number_unique
        and (reading <> 'digits' or is_exact)

),

-- Beside the payer the digits alone are a number, and one that several documents bear is that payer's.
by_payer_s_number as (

    select
        numbered_pairs.left_key,
        numbered_pairs.right_key,
        case when numbered_pairs.reading in ('digits', 'bare_number') then 2 else 1 end as reading_rank,
        numbered_pairs.is_long_number

    from numbered_pairs

    inner join debtor_names
        on numbered_pairs.left_key = debtor_names.invoice_key

    inner join names
        on numbered_pairs.right_key = names.bank_line_key
        and debtor_names.name_key = names.name_key

),

named_pairs as materialized (

    select distinct
        payer_names.invoice_key as left_key,
        names.bank_line_key as right_key,
        payer_names.currency_code,
        payer_names.settled_by,
        payer_names.open_amount

    from payer_names

    inner join names
        on payer_names.entity = names.entity
        and payer_names.name_key = names.name_key

),

by_name as (

    select
        named_pairs.left_key,
        named_pairs.right_key,
        3 as reading_rank,
        false as is_long_number

    from named_pairs

    inner join bank_lines
        on named_pairs.right_key = bank_lines.bank_line_key
        and named_pairs.open_amount = bank_lines.line_amount
        and named_pairs.currency_code = bank_lines.currency_code
        and named_pairs.settled_by = bank_lines.settled_by

),

other_names as (

    select distinct bank_line_key from names
    where name_level = 'same_name'

),

-- What stands where a text was cut may be the beginning of a number.
cut_tokens as (

    select
        item_key,
        max(token) as token
    from {{ ref('int_reference_tokens__extracted') }}
    where item_type = 'bank_line'
        and is_at_cut
        and length(token) >= 4
    group by item_key

),

-- Few invoices of exactly the amount near by are worth a question. Periods of four weeks keep
-- an amount that very many share from being joined over years.
unnamed_lines as (

    select
        bank_lines.*,
        cast(floor((bank_lines.booking_date - date '2000-01-01') / 28) as integer) as period

    from bank_lines

    left join numbered
        on bank_lines.bank_line_key = numbered.item_key

    left join other_names
        on bank_lines.bank_line_key = other_names.bank_line_key

    where bank_lines.line_class = 'other'
        and numbered.item_key is null
        and other_names.bank_line_key is null

),

invoice_periods as (

    select
        *,
        unnest([-1, 0, 1, 2, 3]) + cast(floor((issue_date - date '2000-01-01') / 28) as integer) as period
    from invoices
    where not has_doubtful_payment

),

crowds as (

    select
        entity,
        currency_code,
        open_amount,
        period
    from invoice_periods
    group by entity, currency_code, open_amount, period
    having count(*) > 60

),

near as (

    select
        invoice_periods.invoice_key as left_key,
        unnamed_lines.bank_line_key as right_key,
        invoice_periods.number_token,
        invoice_periods.due_date,
        unnamed_lines.booking_date,
        abs(unnamed_lines.booking_date - invoice_periods.due_date) as distance,
        list_has_any(
            string_split(unnamed_lines.folded_text, ' '),
            list_filter(string_split(concat_ws(' ', invoice_periods.name_key, invoice_periods.resident_name_key), ' '), lambda word: length(word) >= 4)
        ) as is_akin

    from unnamed_lines

    inner join invoice_periods
        on unnamed_lines.entity = invoice_periods.entity
        and unnamed_lines.currency_code = invoice_periods.currency_code
        and unnamed_lines.line_amount = invoice_periods.open_amount
        and unnamed_lines.settled_by = invoice_periods.settled_by
        and unnamed_lines.period = invoice_periods.period

    left join crowds
        on invoice_periods.entity = crowds.entity
        and invoice_periods.currency_code = crowds.currency_code
        and invoice_periods.open_amount = crowds.open_amount
        and invoice_periods.period = crowds.period

    where crowds.period is null
        and unnamed_lines.booking_date between invoice_periods.issue_date - 10 and invoice_periods.due_date + 60

),

-- What a cut number begins, then who bears one of the words, then the nearest.
nearest as (

    select
        near.*,
        cut_tokens.item_key is not null as is_cut,
        count(*) over (partition by near.right_key, cut_tokens.item_key is not null, near.is_akin) as right_count,
        count(*) over (partition by near.left_key, cut_tokens.item_key is not null, near.is_akin) as left_count,
        row_number() over (
            partition by near.left_key
            order by cut_tokens.item_key is null asc, near.is_akin desc, near.distance asc, near.booking_date asc, near.right_key asc
        ) as left_rank,
        row_number() over (
            partition by near.right_key
            order by cut_tokens.item_key is null asc, near.is_akin desc, near.distance asc, near.due_date asc, near.number_token asc nulls last, near.left_key asc
        ) as right_rank

    from near

    left join cut_tokens
        on near.right_key = cut_tokens.item_key
        and starts_with(near.number_token, cut_tokens.token)

),

by_amount as (

    select
        left_key,
        right_key,
        4 as reading_rank,
        false as is_long_number
    from nearest
    where left_rank <= 2
        and right_rank <= 2
        and left_count <= 12
        and right_count <= 12
        -- An amount alone is worth a question where no more than two are near.
        and (is_cut or is_akin or (left_count <= 2 and right_count <= 2))

),

unioned as (

    select * from by_number
    union all
    select * from by_payer_s_number
    union all
    select * from by_name
    union all
    select * from by_amount

),

pairs as materialized (

    select
        left_key,
        right_key,
        case min(reading_rank) when 1 then 'whole_token' when 2 then 'digits' else 'none' end as reference_level,
        min(reading_rank) = 4 as is_nearest,
        bool_or(is_long_number) as is_long_number
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

-- Where another entity's document is of that number and amount and its party is named, the money may have
-- come to the wrong account.
shared_numbers as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    inner join {{ ref('int_invoices__evidenced') }} as others
        on invoices.number_token = others.number_token
        and invoices.direction = others.direction
        and invoices.currency_code = others.currency_code
        and invoices.total_amount = others.total_amount
        and invoices.entity <> others.entity

    where list_has_any(
            string_split(bank_lines.folded_text, ' '),
            list_filter(string_split(concat_ws(' ', others.name_key, others.resident_name_key), ' '), lambda word: length(word) >= 3)
        )

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
        payments.method,
        cast(floor((payments.payment_date - date '2000-01-01') / 25) as integer) as period

    from {{ ref('int_payments__evidenced') }} as payments

    left join identified
        on payments.payment_key = identified.payment_key

    left join cleared
        on payments.payment_key = cleared.left_key

    where cleared.left_key is null
        and payments.settlement_key is null

),

-- The one or two periods of 25 days in which such a payment lies, so that an amount that very many share is
-- not compared over years.
line_periods as (

    select
        *,
        unnest(list_distinct([
            cast(floor((booking_date - 12 - date '2000-01-01') / 25) as integer),
            cast(floor((booking_date + 12 - date '2000-01-01') / 25) as integer)
        ])) as period
    from bank_lines

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
            -- A name may have lost its spaces.
            or len(list_filter(
                string_split(concat_ws(' ', invoices.name_key, invoices.resident_name_key), ' '),
                lambda word: length(word) >= 4 and contains(unseen_payments.payer_name_key, word)
            )) > 0
            -- Or of whom the line names beside the debtor.
            or list_has_any(
                list_filter(string_split(unseen_payments.payer_name_key, ' '), lambda word: length(word) >= 4),
                string_split(line_periods.folded_text, ' ')
            )
        ) as is_of_debtor

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join line_periods
        on pairs.right_key = line_periods.bank_line_key

    inner join unseen_payments
        on line_periods.entity = unseen_payments.entity
        and line_periods.currency_code = unseen_payments.currency_code
        and line_periods.amount = unseen_payments.amount
        and line_periods.period = unseen_payments.period
        and unseen_payments.payment_date between line_periods.booking_date - 12 and line_periods.booking_date + 12

    where not (line_periods.medium = 'electronic' and unseen_payments.method in ('check', 'cash'))
        and (
            not unseen_payments.is_payer_known
            or unseen_payments.person_key = invoices.person_key
            -- Two words of a payer's name on the line may be a relative's, as of `St. Clair`.
            or len(list_intersect(string_split(unseen_payments.payer_name_key, ' '), string_split(line_periods.folded_text, ' '))) >= 2
        )
    group by pairs.left_key, pairs.right_key

),

-- What a line names by the letter.
meant as (

    select distinct
        numbers.item_key,
        named.person_key,
        named.total_amount

    from numbers

    inner join {{ ref('int_invoices__evidenced') }} as named
        on numbers.invoice_key = named.invoice_key

    where numbers.reading <> 'digits'

),

own_names as (

    select
        pairs.left_key,
        pairs.right_key,
        names.bank_line_key,
        -- An initial that fits one known name says as much as the name.
        bool_and(names.name_level = 'initial_name' and names.name_count > 1) as is_initial,
        bool_and(payer_names.is_alias) as is_alias

    from pairs

    inner join payer_names
        on pairs.left_key = payer_names.invoice_key

    inner join names
        on pairs.right_key = names.bank_line_key
        and payer_names.name_key = names.name_key

    group by pairs.left_key, pairs.right_key, names.bank_line_key

),

-- The number on the line is this document's with a slip of the pen, or the beginning of it where the bank
-- cut; not where what is written is the debtor's own, would be paid by the line, or is as near to another of the
-- debtor's.
misread as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key
        and bank_lines.names_a_number

    inner join {{ ref('int_reference_tokens__extracted') }} as tokens
        on pairs.right_key = tokens.item_key
        and tokens.item_type = 'bank_line'
        and length(tokens.token) >= 4

    left join meant
        on pairs.right_key = meant.item_key
        and (invoices.person_key = meant.person_key or bank_lines.line_amount = meant.total_amount)

    left join {{ ref('int_invoices__evidenced') }} as beside
        on invoices.entity = beside.entity
        and invoices.person_key = beside.person_key
        and invoices.invoice_key <> beside.invoice_key
        and (
            {{ one_slip('tokens.token', 'beside.number_token') }}
            or (tokens.is_at_cut and starts_with(beside.number_token, tokens.token))
        )

    where pairs.reference_level = 'none'
        and meant.item_key is null
        and beside.invoice_key is null
        and (
            {{ one_slip('tokens.token', 'invoices.number_token') }}
            or (tokens.is_at_cut and starts_with(invoices.number_token, tokens.token))
        )

),

-- Who pays from an account that is new for the name may be another of that name.
payer_accounts as (

    select
        names.bank_line_key,
        bank_lines.booking_date,
        min(bank_lines.booking_date) over (partition by names.entity, names.name_key) as first_date,
        min(bank_lines.booking_date) over (partition by names.entity, names.name_key, bank_lines.payer_account) as first_account_date

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join names
        on bank_lines.bank_line_key = names.bank_line_key
        and names.name_level = 'same_name'

    where bank_lines.payer_account is not null

),

new_accounts as (

    select distinct bank_line_key
    from payer_accounts
    where booking_date = first_account_date and first_account_date > first_date

),

-- What came before without a number is on a later bill of that debtor and amount: perhaps in the wrong order.
crossed as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join invoices
        on pairs.left_key = invoices.invoice_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    inner join {{ ref('int_invoices__evidenced') }} as later
        on invoices.person_key = later.person_key
        and invoices.currency_code = later.currency_code
        and invoices.settled_by = later.settled_by
        and invoices.open_amount = later.total_amount
        and invoices.issue_date < later.issue_date

    inner join {{ ref('int_settlement__assigned') }} as settled
        on later.invoice_key = settled.left_key
        and settled.status = 'auto'
        and settled.rule in ('party_amount', 'party_habit', 'party_turn', 'alias_amount')

    inner join {{ ref('int_payments__evidenced') }} as payments
        on settled.right_key = payments.payment_key
        and payments.payment_date < bank_lines.booking_date

),

levelled as (

    select
        pairs.left_key,
        pairs.right_key,
        invoices.entity,
        bank_lines.account_key,
        invoices.currency_code,
        invoices.open_amount,
        shared_numbers.left_key is not null as is_number_shared,
        invoices.has_doubtful_payment,
        recorded.left_key is not null as may_be_recorded,
        coalesce(recorded.is_of_debtor, false) as may_be_recorded_of_debtor,
        coalesce(own_names.is_initial, false) as is_initial_name,
        bank_lines.names_a_number and misread.left_key is null as names_a_number,
        pairs.is_nearest,
        pairs.is_long_number,
        new_accounts.bank_line_key is not null as is_new_account,
        -- A later open bill of the debtor and amount is what the line is in time for.
        coalesce(invoices.next_issue_date <= bank_lines.booking_date, false) or crossed.left_key is not null as is_overtaken,
        coalesce(bank_lines.named_month <> month(invoices.service_date) and bank_lines.named_month <> month(invoices.issue_date), false) as is_other_month,
        coalesce(bank_lines.named_month = month(invoices.service_date), false) as is_of_month,
        bank_lines.line_amount,
        coalesce(roundings.rounding_amount, 0) as rounding_amount,
        -- What comes before the invoice pays an earlier one as well.
        bank_lines.booking_date < invoices.issue_date as is_early,
        bank_lines.booking_date - invoices.due_date as days_apart,
        pairs.reference_level,
        case
            when own_names.is_alias then 'alias'
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
        on pairs.left_key = shared_numbers.left_key
        and pairs.right_key = shared_numbers.right_key

    left join recorded
        on pairs.left_key = recorded.left_key
        and pairs.right_key = recorded.right_key

    left join own_names
        on pairs.left_key = own_names.left_key
        and pairs.right_key = own_names.right_key

    left join misread
        on pairs.left_key = misread.left_key
        and pairs.right_key = misread.right_key

    left join other_names
        on pairs.right_key = other_names.bank_line_key

    left join new_accounts
        on pairs.right_key = new_accounts.bank_line_key

    left join crossed
        on pairs.left_key = crossed.left_key
        and pairs.right_key = crossed.right_key

    left join {{ ref('int_roundings__allowed') }} as roundings
        on pairs.left_key = roundings.invoice_key

),

-- Whom a line names and who owes that very amount may have meant the own document.
own_debts as (

    select distinct right_key
    from levelled
    where payer_level = 'same_party' and amount_level = 'open_amount'

),

final as (

    select
        levelled.* exclude (is_of_month),
        'unknown' as account_level,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight,
        case
            when levelled.is_nearest then 9
            -- A line that says who pays which invoice is no other payer's money.
            when levelled.reference_level in ('whole_token', 'digits')
                and levelled.line_amount between levelled.open_amount and levelled.open_amount + levelled.rounding_amount
                and levelled.payer_level = 'same_party'
                and not levelled.may_be_recorded_of_debtor
                then 1
            when levelled.may_be_recorded_of_debtor then 9
            when levelled.reference_level = 'whole_token'
                and levelled.amount_level = 'open_amount'
                and not levelled.may_be_recorded
                and not levelled.is_number_shared
                and own_debts.right_key is null
                then 1
            when levelled.has_doubtful_payment or (levelled.payer_level = 'other_party' and levelled.reference_level <> 'digits') then 9
            -- Of equal bills the month that the line names.
            when levelled.is_of_month
                and levelled.reference_level = 'none'
                and levelled.amount_level = 'open_amount'
                and levelled.payer_level = 'same_party'
                and not levelled.is_initial_name
                and levelled.days_level <> 'far'
                and not levelled.names_a_number
                and not levelled.is_new_account
                then 2
            when levelled.reference_level = 'none'
                and levelled.amount_level = 'open_amount'
                and levelled.payer_level in ('same_party', 'alias')
                and not levelled.is_initial_name
                and levelled.days_level <> 'far'
                and not levelled.is_early
                and not levelled.names_a_number
                and not levelled.is_other_month
                and not levelled.is_new_account
                and not levelled.is_overtaken
                then 3
            when levelled.reference_level = 'whole_token'
                and levelled.amount_level = 'part'
                and not levelled.may_be_recorded
                and levelled.payer_level = 'same_party'
                and levelled.days_level <> 'far'
                and not levelled.is_early
                and not levelled.is_other_month
                then 4
            -- A number without its letters beside a stranger: only where nothing else is near either.
            when levelled.reference_level = 'digits'
                and levelled.is_long_number
                and levelled.amount_level = 'open_amount'
                and not levelled.may_be_recorded
                and not levelled.is_number_shared
                and levelled.days_level = 'near'
                and not levelled.is_early
                and not levelled.is_other_month
                then 5
            else 9
        end as evidence_class

    from levelled
    {{ join_match_weights('levelled', 'direct', ['reference', 'payer', 'amount', 'days']) }}

    left join own_debts
        on levelled.right_key = own_debts.right_key

)

select * from final
