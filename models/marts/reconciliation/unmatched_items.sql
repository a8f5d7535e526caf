with

invoices as (

    select * from {{ ref('invoices') }}

),

payments as (

    select * from {{ ref('payments') }}

),

settlements as (

    select * from {{ ref('settlements') }}
    where is_primary

),

bank_lines as (

    select * from {{ ref('bank_lines') }}

),

accounts as (

    select * from {{ ref('bank_accounts') }}

),

allocations as (

    select * from {{ ref('match_allocations') }}

),

as_of as (

    select as_of_date from {{ ref('int_as_of__chosen') }}

),

evidenced_payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

-- The best proposal of each item on each leg.
proposals as (

    select
        leg,
        left_key as item_key,
        match_key,
        proposal_rank
    from allocations
    where status = 'suggested'

    union all

    select
        leg,
        right_key as item_key,
        match_key,
        proposal_rank
    from allocations
    where status = 'suggested'

),

ranked_proposals as (

    select
        *,
        row_number() over (
            partition by item_key, case when leg = 'clearing' then 'clearing' else 'settlement' end
            order by proposal_rank asc nulls last, match_key asc
        ) as side_rank,
        row_number() over (
            partition by item_key
            order by proposal_rank asc nulls last, match_key asc
        ) as any_rank,
        case when leg = 'clearing' then 'clearing' else 'settlement' end as side
    from proposals

),

best as (

    select
        item_key,
        side,
        match_key,
        proposal_rank
    from ranked_proposals
    where side_rank = 1

),

best_any as (

    select
        item_key,
        match_key
    from ranked_proposals
    where any_rank = 1

),

taken_back as (

    select clearing.left_key as payment_key
    from allocations as clearing

    inner join allocations as returns
        on clearing.right_key = returns.left_key

    where clearing.leg = 'clearing'
        and clearing.status = 'auto'
        and returns.leg = 'return'
        and returns.status = 'auto'

    union all

    select left_key as payment_key
    from allocations
    where leg = 'return'
        and left_type = 'returned_payment'
        and status = 'auto'

),

ranked_settlements as (

    select
        items.settlement_key,
        best.match_key,
        row_number() over (
            partition by items.settlement_key
            order by best.proposal_rank asc nulls last, best.match_key asc
        ) as settlement_rank

    from {{ ref('settlement_items') }} as items

    inner join best
        on items.payment_key = best.item_key
        and best.side = 'clearing'

),

proposed_settlements as (

    select
        settlement_key,
        match_key
    from ranked_settlements
    where settlement_rank = 1

),

returned as (

    select distinct payment_key
    from taken_back

),

-- Payments that name an invoice's number, settled already or not.
naming as (

    select distinct right_key as payment_key
    from {{ ref('int_number_pairs__compared') }}
    where reference_level <> 'none'

),

-- Payments of one payer that name nothing but what the payer's other payments have settled.
paid_again as (

    select named.right_key as payment_key
    from {{ ref('int_number_pairs__compared') }} as named

    inner join invoices
        on named.left_key = invoices.invoice_key

    group by named.right_key
    having
        bool_and(
            invoices.status = 'paid'
            and named.reference_level in ('whole_token', 'remittance')
            and named.payer_level in ('same_party', 'slip_name', 'named_in_text', 'known_payer')
        )

),

-- Both still open: they would be compared if the bank said its rate.
open_without_rate as (

    select
        conversions.left_key as payment_key,
        conversions.right_key as bank_line_key,
        conversions.has_shared_token or conversions.has_shared_invoice or conversions.is_currency_stated as is_told,
        count(*) over (partition by conversions.left_key) as line_count,
        count(*) over (partition by conversions.right_key) as payment_count

    from {{ ref('int_conversions__compared') }} as conversions

    inner join payments
        on conversions.left_key = payments.payment_key
        and payments.in_transit_amount <> 0

    inner join bank_lines
        on conversions.right_key = bank_lines.bank_line_key
        and bank_lines.unexplained_amount <> 0

    where conversions.conversion_level = 'rate_missing'

),

-- Who pays much in several currencies is no reason for all of it: by name alone few must fit.
without_rate as (

    select
        payment_key,
        bank_line_key
    from open_without_rate
    where is_told or (line_count <= 3 and payment_count <= 3)

),

payments_without_rate as (

    select distinct payment_key
    from without_rate

),

lines_without_rate as (

    select distinct bank_line_key
    from without_rate

),

numbers as (

    select
        item_key,
        invoice_key
    from {{ ref('int_numbers__read') }}
    where reading in ('whole_token', 'remittance')

),

-- A number that is named across currencies settles nothing; both sides say so.
named_across as (

    select
        numbers.item_key,
        numbers.invoice_key

    from numbers

    inner join invoices
        on numbers.invoice_key = invoices.invoice_key

    inner join payments
        on numbers.item_key = payments.payment_key
        and invoices.currency_code <> payments.currency_code

    union all

    select
        numbers.item_key,
        numbers.invoice_key

    from numbers

    inner join invoices
        on numbers.invoice_key = invoices.invoice_key

    inner join bank_lines
        on numbers.item_key = bank_lines.bank_line_key
        and invoices.currency_code <> bank_lines.currency_code
        and bank_lines.unexplained_amount <> 0

),

sides as (

    select item_key from named_across
    union all
    select invoice_key as item_key from named_across

),

across as (

    select distinct item_key
    from sides

),

open_invoices as (

    select
        'invoice' as item_type,
        invoices.invoice_key as item_key,
        'settlement' as leg,
        invoices.source_id,
        invoices.entity,
        invoices.issue_date as item_date,
        invoices.total_amount as amount,
        invoices.open_amount as unmatched_amount,
        invoices.currency_code,
        case
            when invoices.entity = 'unmapped' then 'unmapped_company'
            when invoices.status = 'draft' then 'draft_document'
            when invoices.status = 'void' then 'void_document'
            when invoices.total_amount = 0 then 'zero_amount'
            when best.match_key is not null then 'suggestion_waiting'
            when invoices.document_type = 'credit_note' then 'credit_on_account'
            when invoices.settled_amount > 0 then 'part_paid'
            when across.item_key is not null then 'currency_differs'
            when invoices.due_date > as_of.as_of_date then 'not_yet_due'
            else 'no_payment_seen'
        end as reason,
        best.match_key as best_candidate_match_key

    from invoices

    cross join as_of

    left join best
        on invoices.economic_key = best.item_key
        and best.side = 'settlement'

    left join across
        on invoices.economic_key = across.item_key

    where invoices.is_primary
        and (invoices.open_amount <> 0 or invoices.status in ('draft', 'void') or invoices.total_amount = 0)

),

unapplied_payments as (

    select
        'payment' as item_type,
        payments.payment_key as item_key,
        'settlement' as leg,
        payments.source_id,
        payments.entity,
        payments.payment_date as item_date,
        payments.amount,
        -- A void payment is no money: it is listed, with nothing left over.
        case when payments.status = 'void' then 0 else payments.unapplied_amount end as unmatched_amount,
        payments.currency_code,
        case
            when payments.entity = 'unmapped' then 'unmapped_company'
            when payments.status = 'void' then 'void_payment'
            when payments.amount = 0 then 'zero_amount'
            when returned.payment_key is not null then 'returned_by_bank'
            when payments.status = 'pending' then 'pending_payment'
            when paid_again.payment_key is not null and payments.applied_amount = 0 then 'invoice_already_settled'
            when best.match_key is not null then 'suggestion_waiting'
            when payments.applied_amount > 0 then 'rest_on_account'
            when across.item_key is not null then 'currency_differs'
            when naming.payment_key is not null then 'invoice_already_settled'
            else 'no_invoice_named'
        end as reason,
        best.match_key as best_candidate_match_key

    from payments

    left join best
        on payments.economic_key = best.item_key
        and best.side = 'settlement'

    left join returned
        on payments.economic_key = returned.payment_key

    left join naming
        on payments.economic_key = naming.payment_key

    left join paid_again
        on payments.economic_key = paid_again.payment_key

    left join across
        on payments.economic_key = across.item_key

    where payments.is_primary
        and (payments.unapplied_amount <> 0 or payments.amount = 0 or payments.status = 'void')

),

uncleared_payments as (

    select
        'payment' as item_type,
        payments.payment_key as item_key,
        'clearing' as leg,
        payments.source_id,
        payments.entity,
        payments.payment_date as item_date,
        payments.amount,
        payments.in_transit_amount as unmatched_amount,
        payments.currency_code,
        case
            when best.match_key is not null then 'suggestion_waiting'
            when payments.settlement_key is not null then 'settlement_not_banked'
            when payments_without_rate.payment_key is not null then 'exchange_rate_missing'
            when accounts.has_bank_evidence then 'not_yet_banked'
            when evidenced_payments.account_key is not null then 'no_independent_evidence'
            when payments.platform in ('exchange', 'stripe') then 'not_yet_banked'
            else 'undeposited'
        end as reason,
        best.match_key as best_candidate_match_key

    from payments

    left join evidenced_payments
        on payments.payment_key = evidenced_payments.payment_key

    left join accounts
        on evidenced_payments.account_key = accounts.account_key

    left join best
        on payments.economic_key = best.item_key
        and best.side = 'clearing'

    left join payments_without_rate
        on payments.economic_key = payments_without_rate.payment_key

    where payments.is_primary
        and payments.in_transit_amount <> 0
        and payments.entity <> 'unmapped'
        and payments.status = 'posted'

),

uncleared_settlements as (

    select
        'settlement' as item_type,
        settlements.settlement_key as item_key,
        'clearing' as leg,
        settlements.source_id,
        settlements.entity,
        coalesce(settlements.arrival_date, settlements.created_date) as item_date,
        settlements.amount,
        cast(settlements.amount - settlements.cleared_amount as decimal(18, 4)) as unmatched_amount,
        settlements.currency_code,
        case
            when settlements.entity = 'unmapped' then 'unmapped_company'
            when proposed_settlements.match_key is not null then 'suggestion_waiting'
            else 'settlement_in_transit'
        end as reason,
        proposed_settlements.match_key as best_candidate_match_key

    from settlements

    left join proposed_settlements
        on settlements.settlement_key = proposed_settlements.settlement_key

    where settlements.amount <> settlements.cleared_amount
        and coalesce(settlements.platform_status, '') not in ('failed', 'canceled')

),

too_many as (

    select distinct bank_line_key
    from {{ ref('int_deposit_sets__searched') }}
    where is_too_many

),

open_lines as (

    select
        'bank_line' as item_type,
        bank_lines.bank_line_key as item_key,
        'clearing' as leg,
        bank_lines.source_id,
        bank_lines.entity,
        bank_lines.booking_date as item_date,
        bank_lines.amount,
        bank_lines.unexplained_amount as unmatched_amount,
        bank_lines.currency_code,
        case
            when bank_lines.entity = 'unmapped' then 'unmapped_account'
            when bank_lines.amount = 0 then 'zero_amount'
            when bank_lines.bucket = 'fee' then 'bank_charge'
            when best_any.match_key is not null then 'suggestion_waiting'
            when lines_without_rate.bank_line_key is not null then 'exchange_rate_missing'
            when bank_lines.line_class = 'payroll' then 'payroll'
            when bank_lines.line_class = 'transfer' then 'transfer_one_side'
            when bank_lines.line_class = 'return' then 'return_without_original'
            when bank_lines.line_class = 'gateway' then 'settlement_not_recorded'
            when too_many.bank_line_key is not null then 'too_many_to_prove'
            when bank_lines.line_class = 'deposit' then 'deposit_not_itemised'
            when across.item_key is not null then 'currency_differs'
            when bank_lines.amount > 0 then 'no_payment_recorded'
            else 'expense_not_recorded'
        end as reason,
        best_any.match_key as best_candidate_match_key

    from bank_lines

    left join best_any
        on bank_lines.bank_line_key = best_any.item_key

    left join too_many
        on bank_lines.bank_line_key = too_many.bank_line_key

    left join lines_without_rate
        on bank_lines.bank_line_key = lines_without_rate.bank_line_key

    left join across
        on bank_lines.bank_line_key = across.item_key

    -- A fee or interest line is explained by its class and linked to nothing: it stays listed at zero.
    where bank_lines.unexplained_amount <> 0 or bank_lines.amount = 0 or bank_lines.bucket = 'fee'

),

unioned as (

    select * from open_invoices
    union all
    select * from unapplied_payments
    union all
    select * from uncleared_payments
    union all
    select * from uncleared_settlements
    union all
    select * from open_lines

),

final as (

    select
        {{ row_key(['unioned.item_type', 'unioned.item_key', 'unioned.leg']) }} as unmatched_item_key,
        unioned.item_type,
        unioned.item_key,
        unioned.leg,
        unioned.source_id,
        unioned.entity,
        unioned.item_date,
        cast(as_of.as_of_date - unioned.item_date as integer) as age_days,
        unioned.amount,
        unioned.unmatched_amount,
        unioned.currency_code,
        unioned.reason,
        unioned.best_candidate_match_key

    from unioned

    cross join as_of

)

select * from final
