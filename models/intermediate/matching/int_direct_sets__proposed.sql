-- One row per bank line that nobody recorded and member of a set of the named payer's debts that adds up
-- to it: all that is open, or all of one month or issue date. Of several sets two are shown.
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
        payments.payer_name_key as name_key,
        aliases.person_key

    from {{ ref('int_aliases__learned') }} as aliases

    inner join {{ ref('int_payments__evidenced') }} as payments
        on aliases.entity = payments.entity
        and aliases.payer_person_key = payments.person_key

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

named as (

    select distinct
        names.bank_line_key,
        debtors.settled_by,
        debtors.person_key

    from names

    inner join debtors
        on names.entity = debtors.entity
        and names.name_key = debtors.name_key

),

debts as (

    select
        bank_lines.bank_line_key,
        bank_lines.open_amount as line_amount,
        bank_lines.named_month,
        invoices.invoice_key,
        invoices.open_amount,
        invoices.issue_date,
        cast(date_trunc('month', invoices.service_date) as date) as service_month

    from bank_lines

    inner join named
        on bank_lines.bank_line_key = named.bank_line_key
        and bank_lines.settled_by = named.settled_by

    inner join invoices
        on named.person_key = invoices.person_key
        and bank_lines.currency_code = invoices.currency_code
        and bank_lines.settled_by = invoices.settled_by
        and invoices.open_amount < bank_lines.open_amount
        and invoices.issue_date between bank_lines.booking_date - 100 and bank_lines.booking_date + 5

),

sets as (

    select
        bank_line_key,
        list(invoice_key order by invoice_key) as document_keys
    from debts
    group by bank_line_key, line_amount
    having sum(open_amount) = line_amount

    union all

    select
        bank_line_key,
        list(invoice_key order by invoice_key) as document_keys
    from debts
    where named_month is null or named_month = month(service_month)
    group by bank_line_key, service_month, line_amount
    having sum(open_amount) = line_amount

    union all

    select
        bank_line_key,
        list(invoice_key order by invoice_key) as document_keys
    from debts
    group by bank_line_key, issue_date, line_amount
    having sum(open_amount) = line_amount

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
