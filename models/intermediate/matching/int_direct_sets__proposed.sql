-- One row per bank line that nobody recorded and member of a set of the named payer's debts that adds up
-- to it: all that is open of one month or issue date. Of several sets two are shown.
with

left_items as (

    select * from {{ ref('int_direct_items__left') }}

),

links as (

    select
        left_key,
        right_key
    from {{ ref('int_direct__assigned') }}
    where status = 'auto'

),

taken_invoices as (

    select distinct left_key from links

),

-- A line that one document meets to the cent needs no set.
explained_lines as (

    select right_key from links

    union all

    select right_key from {{ ref('int_direct_pairs__compared') }}
    where amount_level = 'open_amount' and payer_level <> 'other_party'

),

explained as (

    select distinct right_key from explained_lines

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
        on invoices.invoice_key = taken_invoices.left_key

    where taken_invoices.left_key is null

),

bank_lines as (

    select
        bank_lines.*,
        left_items.open_amount,
        case when bank_lines.amount > 0 then 'in' else 'out' end as settled_by

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join left_items
        on bank_lines.bank_line_key = left_items.item_key
        and left_items.item_type = 'bank_line'

    left join explained
        on bank_lines.bank_line_key = explained.right_key

    where explained.right_key is null

),

names as (

    select
        item_key as bank_line_key,
        entity,
        name_key
    from {{ ref('int_text_names__resolved') }}
    where item_type = 'bank_line'

),

payer_names as (

    select distinct
        entity,
        person_key,
        payer_name_key as name_key
    from {{ ref('int_payments__evidenced') }}
    where person_key is not null and payer_name_key is not null

),

debtor_names as (

    select
        entity,
        settled_by,
        name_key,
        person_key
    from invoices

    union all

    select
        entity,
        settled_by,
        resident_name_key as name_key,
        person_key
    from invoices

    union all

    -- For whom a payer pays, as learned.
    select
        aliases.entity,
        aliases.direction as settled_by,
        payer_names.name_key,
        aliases.person_key

    from {{ ref('int_aliases__learned') }} as aliases

    inner join payer_names
        on aliases.entity = payer_names.entity
        and aliases.payer_person_key = payer_names.person_key

),

debtors as (

    select distinct
        entity,
        settled_by,
        name_key,
        person_key
    from debtor_names
    where name_key is not null and person_key is not null

),

-- Summed up by name before any line is looked at: a line joins by name and sum, never with all that is owed.
debts as (

    select
        debtors.name_key,
        invoices.entity,
        invoices.settled_by,
        invoices.currency_code,
        invoices.invoice_key,
        invoices.open_amount,
        invoices.issue_date,
        cast(date_trunc('month', invoices.service_date) as date) as service_month

    from debtors

    inner join invoices
        on debtors.person_key = invoices.person_key
        and debtors.entity = invoices.entity
        and debtors.settled_by = invoices.settled_by

),

month_sums as (

    select
        entity,
        settled_by,
        currency_code,
        name_key,
        service_month,
        cast(null as date) as issue_date,
        sum(open_amount) as owed_amount,
        min(issue_date) as first_date,
        max(issue_date) as last_date
    from debts
    group by entity, settled_by, currency_code, name_key, service_month
    having count(*) > 1

),

day_sums as (

    select
        entity,
        settled_by,
        currency_code,
        name_key,
        cast(null as date) as service_month,
        issue_date,
        sum(open_amount) as owed_amount,
        issue_date as first_date,
        issue_date as last_date
    from debts
    group by entity, settled_by, currency_code, name_key, issue_date
    having count(*) > 1

),

sums as (

    select * from month_sums
    union all
    select * from day_sums

),

-- Materialized, as are the lines' names before it, so that no plan begins with amounts or with all debts.
named_lines as materialized (

    select
        bank_lines.bank_line_key,
        bank_lines.currency_code,
        bank_lines.settled_by,
        bank_lines.open_amount,
        bank_lines.booking_date,
        bank_lines.named_month,
        names.entity,
        names.name_key

    from bank_lines

    inner join names
        on bank_lines.bank_line_key = names.bank_line_key

),

met as materialized (

    select
        named_lines.bank_line_key,
        sums.entity,
        sums.settled_by,
        sums.currency_code,
        sums.name_key,
        sums.service_month,
        sums.issue_date

    from named_lines

    inner join sums
        on named_lines.entity = sums.entity
        and named_lines.name_key = sums.name_key
        and named_lines.open_amount = sums.owed_amount
        and named_lines.currency_code = sums.currency_code
        and named_lines.settled_by = sums.settled_by

    where sums.first_date >= named_lines.booking_date - 100
        and sums.last_date <= named_lines.booking_date + 5
        and coalesce(named_lines.named_month = month(sums.service_month), true)

),

sets as (

    select
        met.bank_line_key,
        list(debts.invoice_key order by debts.invoice_key) as document_keys

    from met

    inner join debts
        on met.entity = debts.entity
        and met.settled_by = debts.settled_by
        and met.currency_code = debts.currency_code
        and met.name_key = debts.name_key
        and (met.service_month = debts.service_month or met.issue_date = debts.issue_date)

    group by met.bank_line_key, met.name_key, met.service_month, met.issue_date

),

found as (

    select distinct
        bank_line_key,
        document_keys
    from sets

),

ranked as (

    select
        *,
        row_number() over (
            partition by bank_line_key
            order by len(document_keys) asc, cast(document_keys as varchar) asc
        ) as set_rank,
        count(*) over (partition by bank_line_key) as set_count
    from found

),

chosen as (

    select
        bank_line_key,
        unnest(document_keys) as invoice_key,
        cast(set_rank as integer) as set_rank,
        set_count
    from ranked
    where set_rank <= 2

),

members as (

    select
        chosen.invoice_key as left_key,
        chosen.bank_line_key as right_key,
        chosen.set_rank,
        chosen.set_count,
        invoices.entity,
        bank_lines.account_key,
        invoices.currency_code,
        invoices.open_amount as amount,
        bank_lines.booking_date - invoices.due_date as days_apart,
        'none' as reference_level,
        'same_party' as payer_level,
        'set' as amount_level,
        'near' as days_level,
        'unknown' as account_level

    from chosen

    inner join invoices
        on chosen.invoice_key = invoices.invoice_key

    inner join bank_lines
        on chosen.bank_line_key = bank_lines.bank_line_key

),

weighed as (

    select
        members.*,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight

    from members
    {{ join_match_weights('members', 'direct', ['reference', 'payer', 'amount', 'days']) }}

),

decided as (

    select
        'direct' as leg,
        'invoice' as left_type,
        left_key,
        'bank_line' as right_type,
        right_key,
        set_rank,
        entity,
        account_key,
        currency_code,
        amount,
        days_apart,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        weight,
        0 as behind_best,
        'suggested' as status,
        'direct_set' as rule,
        case when set_count > 1 then 'equal_rival' else 'evidence_leaves_doubt' end as lost_because
    from weighed

),

final as (
    {{ under_own_rules('decided') }}
)

select * from final
