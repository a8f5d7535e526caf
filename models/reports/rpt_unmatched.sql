with

unmatched_items as (

    select * from {{ ref('unmatched_items') }}

),

reasons as (

    select * from {{ ref('unmatched_reasons') }}

),

invoices as (

    select * from {{ ref('invoices') }}

),

payments as (

    select * from {{ ref('payments') }}

),

bank_lines as (

    select * from {{ ref('bank_lines') }}

),

settlements as (

    select * from {{ ref('settlements') }}

),

matches as (

    select * from {{ ref('matches') }}

),

final as (

    select
        unmatched_items.unmatched_item_key,
        unmatched_items.item_type,
        unmatched_items.item_key,
        unmatched_items.leg,
        unmatched_items.entity,
        unmatched_items.source_id,
        coalesce(invoices.direction, payments.direction, settlements.direction, case when bank_lines.amount < 0 then 'out' else 'in' end) as direction,
        coalesce(invoices.number, payments.reference, settlements.reference, bank_lines.reference) as reference,
        coalesce(invoices.party_name, payments.payer_name, bank_lines.counterparty_name) as party_name,
        bank_lines.description,
        unmatched_items.item_date,
        unmatched_items.age_days,
        case
            when unmatched_items.age_days <= 7 then '0-7 days'
            when unmatched_items.age_days <= 30 then '8-30 days'
            when unmatched_items.age_days <= 90 then '31-90 days'
            else 'over 90 days'
        end as age_band,
        unmatched_items.amount,
        unmatched_items.unmatched_amount,
        unmatched_items.currency_code,
        unmatched_items.reason,
        reasons.meaning as reason_meaning,
        reasons.next_step,
        unmatched_items.best_candidate_match_key,
        matches.explanation as proposal_explanation

    from unmatched_items

    left join reasons
        on unmatched_items.reason = reasons.reason

    left join invoices
        on unmatched_items.item_type = 'invoice'
        and unmatched_items.item_key = invoices.invoice_key

    left join payments
        on unmatched_items.item_type = 'payment'
        and unmatched_items.item_key = payments.payment_key

    left join settlements
        on unmatched_items.item_type = 'settlement'
        and unmatched_items.item_key = settlements.settlement_key

    left join bank_lines
        on unmatched_items.item_type = 'bank_line'
        and unmatched_items.item_key = bank_lines.bank_line_key

    left join matches
        on unmatched_items.best_candidate_match_key = matches.match_key

    where unmatched_items.unmatched_amount <> 0

)

select * from final
