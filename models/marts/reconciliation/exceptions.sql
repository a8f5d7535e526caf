with

invoices as (

    select * from {{ ref('invoices') }}

),

canonical_invoices as (

    select * from {{ ref('int_invoices__mirrored') }}

),

payments as (

    select * from {{ ref('payments') }}

),

bank_lines as (

    select * from {{ ref('bank_lines') }}

),

statements as (

    select * from {{ ref('bank_statements') }}

),

settlements as (

    select * from {{ ref('settlements') }}

),

matches as (

    select * from {{ ref('matches') }}

),

booked as (

    select * from {{ ref('int_settlement_links__booked') }}

),

overrides as (

    select * from {{ ref('int_match_overrides__resolved') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

history as (

    select * from {{ ref('stg_operations__exception_history') }}

),

current_run as (

    select * from {{ ref('stg_operations__current_run') }}

),

unmapped_companies as (

    select
        'unmapped_company' as exception_type,
        entity,
        connection_id,
        'connection' as item_type,
        connection_id as item_key,
        cast(sum(total_amount) as decimal(18, 4)) as amount,
        currency_code,
        count(*) || ' documents of connection ' || connection_id || ' come from a company that no entity map names.' as detail

    from invoices
    where entity = 'unmapped'
    group by entity, connection_id, currency_code

),

unmapped_accounts as (

    select
        'unmapped_account' as exception_type,
        entity,
        connection_id,
        'bank_account' as item_type,
        account_key as item_key,
        cast(sum(amount) as decimal(18, 4)) as amount,
        currency_code,
        count(*) || ' bank lines of connection ' || connection_id || ' are on an account that no account map names.' as detail

    from bank_lines
    where entity = 'unmapped'
    group by entity, connection_id, account_key, currency_code

),

statement_gaps as (

    select
        'statement_does_not_add_up' as exception_type,
        entity,
        connection_id,
        'bank_statement' as item_type,
        statement_key as item_key,
        gap_amount as amount,
        currency_code,
        'Opening ' || opening_amount || ' and lines of ' || lines_amount || ' make ' || cast(opening_amount + lines_amount as decimal(18, 4))
        || ', the statement closes with ' || closing_amount || '.' as detail

    from statements
    where gap_amount <> 0

),

statement_order as (

    select
        *,
        lag(closing_amount) over (
            partition by account_key, file_format
            order by coalesce(period_end, period_start) asc, statement_key asc
        ) as closing_before

    from statements
    where opening_amount is not null and closing_amount is not null

),

statement_breaks as (

    select
        'statement_gap' as exception_type,
        entity,
        connection_id,
        'bank_statement' as item_type,
        statement_key as item_key,
        cast(opening_amount - closing_before as decimal(18, 4)) as amount,
        currency_code,
        'The statement opens with ' || opening_amount || ', the one before closed with ' || closing_before || '.' as detail

    from statement_order
    where opening_amount <> closing_before

),

contested as (

    select
        'contested_link' as exception_type,
        payments.entity,
        payments.connection_id,
        'match' as item_type,
        matches.match_key as item_key,
        matches.amount,
        matches.currency_code,
        case matches.contested_because
            when 'returned_by_bank' then 'The books say paid, but the bank took the money back.'
            when 'platforms_disagree' then 'Two platforms link the same money to different invoices.'
            else 'The payment names another invoice than those it is booked on.'
        end as detail

    from matches

    inner join {{ ref('match_allocations') }} as allocations
        on matches.match_key = allocations.match_key

    inner join payments
        on allocations.right_key = payments.payment_key

    where matches.is_contested
    group by all

),

overbooked as (

    select
        'allocation_beyond_item' as exception_type,
        payments.entity,
        payments.connection_id,
        'payment' as item_type,
        booked.right_key as item_key,
        cast(sum(booked.stated_amount - booked.amount) as decimal(18, 4)) as amount,
        booked.currency_code,
        'The books link more than the payment or the invoice has; the rest is not counted.' as detail

    from booked

    inner join payments
        on booked.right_key = payments.payment_key

    where booked.leg = 'settlement'
        and booked.stated_amount > booked.amount
    group by payments.entity, payments.connection_id, booked.right_key, booked.currency_code

),

across as (

    select
        'link_across_entities' as exception_type,
        payments.entity,
        payments.connection_id,
        'payment' as item_type,
        allocations.payment_key as item_key,
        cast(sum(allocations.amount) as decimal(18, 4)) as amount,
        allocations.currency_code,
        'The books link this payment to a document of another entity or currency, or of none that is mapped; the link is not counted.' as detail

    from {{ ref('int_payment_allocations__resolved') }} as allocations

    inner join payments
        on allocations.payment_key = payments.payment_key

    where allocations.is_across
        and payments.entity <> 'unmapped'
    group by payments.entity, payments.connection_id, allocations.payment_key, allocations.currency_code

),

void_documents as (

    select
        'link_to_void_document' as exception_type,
        payments.entity,
        payments.connection_id,
        'payment' as item_type,
        allocations.payment_key as item_key,
        cast(sum(allocations.amount) as decimal(18, 4)) as amount,
        allocations.currency_code,
        'The books link this payment to a document that is void; the money is on account.' as detail

    from {{ ref('int_payment_allocations__resolved') }} as allocations

    inner join payments
        on allocations.payment_key = payments.payment_key

    inner join canonical_invoices
        on allocations.invoice_key = canonical_invoices.invoice_key
        and canonical_invoices.status = 'void'

    where payments.entity <> 'unmapped'
        and payments.status <> 'void'
    group by payments.entity, payments.connection_id, allocations.payment_key, allocations.currency_code

),

paid_again as (

    select
        'invoice_paid_again' as exception_type,
        unmatched_items.entity,
        payments.connection_id,
        'payment' as item_type,
        unmatched_items.item_key,
        unmatched_items.unmatched_amount as amount,
        unmatched_items.currency_code,
        'The payment names a document that another payment has settled.' as detail

    from {{ ref('unmatched_items') }} as unmatched_items

    inner join payments
        on unmatched_items.item_key = payments.payment_key

    where unmatched_items.item_type = 'payment'
        and unmatched_items.reason = 'invoice_already_settled'

),

unknown_statuses as (

    select
        'unknown_status' as exception_type,
        entity,
        connection_id,
        'invoice' as item_type,
        invoice_key as item_key,
        total_amount as amount,
        currency_code,
        'Status ' || coalesce(platform_status, '(none)') || ' of ' || platform || ' is not known here.' as detail

    from canonical_invoices
    where status = 'unknown'

),

unknown_payment_statuses as (

    select
        'unknown_status' as exception_type,
        entity,
        connection_id,
        'payment' as item_type,
        payment_key as item_key,
        amount,
        currency_code,
        'Status ' || coalesce(platform_status, '(none)') || ' of ' || platform || ' is not known here.' as detail

    from payments
    where status = 'unknown'

),

numbers as (

    select
        invoices.*,
        count(*) over (
            partition by
                canonical_invoices.connection_id,
                canonical_invoices.company_code,
                invoices.direction,
                invoices.document_type,
                canonical_invoices.number_token,
                invoices.bill_to_party_key
        ) as number_count

    from invoices

    inner join canonical_invoices
        on invoices.invoice_key = canonical_invoices.invoice_key

    where canonical_invoices.number_token is not null
        and invoices.status <> 'void'

),

duplicate_numbers as (

    select
        'duplicate_number' as exception_type,
        entity,
        connection_id,
        'invoice' as item_type,
        invoice_key as item_key,
        total_amount as amount,
        currency_code,
        'The number ' || number || ' is used ' || number_count || ' times for this party.' as detail

    from numbers
    where number_count > 1

),

settlement_gaps as (

    select
        'settlement_gap' as exception_type,
        entity,
        connection_id,
        'settlement' as item_type,
        settlement_key as item_key,
        cast(case when direction = 'in' then amount else -amount end - items_amount as decimal(18, 4)) as amount,
        currency_code,
        'Its ' || item_count || ' items sum to ' || items_amount || '.' as detail

    from settlements
    where item_count > 0
        and case when direction = 'in' then amount else -amount end <> items_amount

),

unknown_currencies as (

    select
        'unknown_currency' as exception_type,
        invoices.entity,
        invoices.connection_id,
        'invoice' as item_type,
        invoices.invoice_key as item_key,
        invoices.total_amount as amount,
        invoices.currency_code,
        'The currency ' || coalesce(invoices.currency_code, '(none)') || ' is in no list.' as detail

    from invoices

    left join currencies
        on invoices.currency_code = currencies.currency_code

    where currencies.currency_code is null

),

without_cash as (

    select
        'status_without_cash' as exception_type,
        entity,
        connection_id,
        'invoice' as item_type,
        invoice_key as item_key,
        open_amount as amount,
        currency_code,
        'The platform says ' || platform_status || '; ' || open_amount || ' is not covered by any payment or bank line.' as detail

    from invoices
    where is_primary
        and platform_status = 'paid'
        and open_amount > 0

),

owners as (

    select
        entity,
        cast(null as varchar) as account_key
    from invoices
    union all
    select
        entity,
        cast(null as varchar) as account_key
    from payments
    union all
    select
        entity,
        account_key
    from bank_lines

),

borne as (

    select distinct
        overrides.entity,
        overrides.account_key

    from owners

    inner join overrides
        on owners.entity = overrides.entity
        and (overrides.account_key is null or owners.account_key = overrides.account_key)

),

-- An entity or account that nothing bears: not loaded yet, or a slip of the pen.
idle_rules as (

    select
        'rule_without_effect' as exception_type,
        overrides.entity,
        cast(null as varchar) as connection_id,
        'rule' as item_type,
        concat_ws(' ', overrides.entity, overrides.account, overrides.setting, overrides.name) as item_key,
        cast(null as decimal(18, 4)) as amount,
        cast(null as varchar) as currency_code,
        'Own rule on ' || overrides.setting || ' ' || overrides.name || ': nothing loaded is of '
        || coalesce('account ' || overrides.account || ' of ', '') || 'entity ' || overrides.entity || '.' as detail

    from overrides

    left join borne
        on overrides.entity = borne.entity
        and overrides.account_key is not distinct from borne.account_key

    where borne.entity is null

),

unioned as (

    select * from idle_rules
    union all
    select * from unmapped_companies
    union all
    select * from unmapped_accounts
    union all
    select * from statement_gaps
    union all
    select * from statement_breaks
    union all
    select * from contested
    union all
    select * from overbooked
    union all
    select * from across
    union all
    select * from void_documents
    union all
    select * from paid_again
    union all
    select * from unknown_statuses
    union all
    select * from unknown_payment_statuses
    union all
    select * from duplicate_numbers
    union all
    select * from settlement_gaps
    union all
    select * from unknown_currencies
    union all
    select * from without_cash

),

keyed as (

    select
        {{ row_key(['exception_type', 'item_type', 'item_key', 'currency_code']) }} as exception_key,
        *
    from unioned

),

first_seen as (

    select
        exception_key,
        min(history_sequence) as history_sequence,
        min(run_id) as run_id

    from history
    where change_type = 'appeared'
    group by exception_key

),

final as (

    select
        keyed.exception_key,
        keyed.exception_type,
        keyed.entity,
        keyed.connection_id,
        keyed.item_type,
        keyed.item_key,
        keyed.amount,
        keyed.currency_code,
        coalesce(first_seen.run_id, current_run.run_id, 'unpublished') as first_seen_run_id,
        'open' as state,
        keyed.detail

    from keyed

    left join first_seen
        on keyed.exception_key = first_seen.exception_key

    left join current_run
        on true

)

select * from final
