-- One row per pair of items that are linked or proposed to be, of every leg, with the group that makes
-- it one match. A settlement's link to its bank line is told item by item; its rows sum to the line.
with

settlement_items as (

    select * from {{ ref('int_settlement_items__resolved') }}
    where is_primary

),

judged as (

    select
        judged.*,
        proposals.picture_status,
        proposals.proposal_rank

    from {{ ref('int_match_candidates__judged') }} as judged

    left join {{ ref('int_proposals__ranked') }} as proposals
        on judged.leg = proposals.leg
        and judged.left_key = proposals.left_key
        and judged.right_key = proposals.right_key
        and judged.set_rank is not distinct from proposals.set_rank

    where judged.status <> 'lost'

),

clearing as (

    select
        links.*,
        judged.probability,
        judged.picture_status,
        judged.proposal_rank

    from {{ ref('int_clearing__assigned') }} as links

    left join judged
        on links.leg = judged.leg
        and links.left_key = judged.left_key
        and links.right_key = judged.right_key
        and judged.set_rank is null

    where links.status <> 'lost'

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

netted as (

    select * from {{ ref('int_credits__netted') }}

),

booked as (

    select
        links.leg,
        links.left_type,
        links.left_key,
        links.right_type,
        links.right_key,
        links.currency_code,
        links.amount,
        -- A link whose money the bank took back is broken, whatever the books still say.
        case when contested.payment_key is not null then 'broken' else 'book' end as status,
        links.rule,
        cast(null as integer) as weight,
        cast(null as integer) as behind_best,
        cast(null as decimal(5, 4)) as probability,
        cast(null as varchar) as picture_status,
        cast(null as integer) as proposal_rank,
        case when links.leg = 'settlement' then links.right_key else links.left_key || links.right_key end as group_key

    from {{ ref('int_settlement_links__booked') }} as links

    left join {{ ref('int_book_links__contested') }} as contested
        on links.leg = 'settlement'
        and links.right_key = contested.payment_key
        and contested.contested_because = 'returned_by_bank'

    left join netted
        on links.leg = 'application'
        and links.left_key = netted.credit_note_key
        and links.right_key = netted.invoice_key

    where links.amount > 0 and netted.credit_note_key is null

),

netted_sums as (

    select
        invoice_key,
        payment_key,
        sum(amount) as amount
    from netted
    where invoice_key is not null
    group by invoice_key, payment_key

),

settled as (

    select
        links.leg,
        links.left_type,
        links.left_key,
        links.right_type,
        links.right_key,
        links.currency_code,
        links.amount + coalesce(netted_sums.amount, 0) as amount,
        links.status,
        links.rule,
        links.weight,
        links.behind_best,
        judged.probability,
        judged.picture_status,
        judged.proposal_rank,
        case when {{ is_list('links.rule') }} then links.right_key else links.left_key || links.right_key end as group_key

    from {{ ref('int_settlement__assigned') }} as links

    left join netted_sums
        on links.left_key = netted_sums.invoice_key
        and links.right_key = netted_sums.payment_key

    left join judged
        on links.leg = judged.leg
        and links.left_key = judged.left_key
        and links.right_key = judged.right_key
        and judged.set_rank is null

    where links.status <> 'lost'

),

settled_sets as (

    select
        links.leg,
        links.left_type,
        links.left_key,
        links.right_type,
        links.right_key,
        links.currency_code,
        links.amount,
        links.status,
        links.rule,
        links.weight,
        links.behind_best,
        judged.probability,
        judged.picture_status,
        judged.proposal_rank,
        links.right_key || ':' || links.set_rank as group_key

    from {{ ref('int_debt_sets__proposed') }} as links

    left join judged
        on links.leg = judged.leg
        and links.left_key = judged.left_key
        and links.right_key = judged.right_key
        and links.set_rank = judged.set_rank

    where links.status <> 'lost'

),

-- What a payment nets takes back of it what its documents get beyond it.
credits as (

    select
        'settlement' as leg,
        'invoice' as left_type,
        credit_note_key as left_key,
        'payment' as right_type,
        payment_key as right_key,
        currency_code,
        -amount as amount,
        status,
        rule,
        cast(null as integer) as weight,
        cast(null as integer) as behind_best,
        cast(null as decimal(5, 4)) as probability,
        cast(null as varchar) as picture_status,
        cast(null as integer) as proposal_rank,
        case when {{ is_list('rule') }} then payment_key else invoice_key || payment_key end as group_key
    from netted

),

cleared_payments as (

    select
        clearing.leg,
        clearing.left_type,
        clearing.left_key,
        clearing.right_type,
        clearing.right_key,
        clearing.currency_code,
        clearing.amount + payments.fee_amount as amount,
        clearing.status,
        clearing.rule,
        clearing.weight,
        clearing.behind_best,
        clearing.probability,
        clearing.picture_status,
        clearing.proposal_rank,
        clearing.left_key || clearing.right_key as group_key

    from clearing

    inner join payments
        on clearing.left_key = payments.payment_key

    where clearing.left_type = 'payment'

),

payment_fees as (

    select
        clearing.leg,
        'fee' as left_type,
        clearing.left_key,
        clearing.right_type,
        clearing.right_key,
        clearing.currency_code,
        -payments.fee_amount as amount,
        clearing.status,
        clearing.rule,
        clearing.weight,
        clearing.behind_best,
        clearing.probability,
        clearing.picture_status,
        clearing.proposal_rank,
        clearing.left_key || clearing.right_key as group_key

    from clearing

    inner join payments
        on clearing.left_key = payments.payment_key

    where clearing.left_type = 'payment'
        and payments.fee_amount <> 0

),

cleared_items as (

    select
        clearing.leg,
        case when settlement_items.payment_economic_key is not null then 'payment' else 'settlement_item' end as left_type,
        coalesce(settlement_items.payment_economic_key, settlement_items.settlement_item_key) as left_key,
        clearing.right_type,
        clearing.right_key,
        clearing.currency_code,
        settlement_items.gross_amount as amount,
        clearing.status,
        clearing.rule,
        clearing.weight,
        clearing.behind_best,
        clearing.probability,
        clearing.picture_status,
        clearing.proposal_rank,
        clearing.left_key || clearing.right_key as group_key

    from clearing

    inner join settlement_items
        on clearing.left_key = settlement_items.settlement_key

    where clearing.left_type = 'settlement'
        and (settlement_items.gross_amount <> 0 or settlement_items.fee_amount = 0)

),

item_fees as (

    select
        clearing.leg,
        'fee' as left_type,
        settlement_items.settlement_item_key as left_key,
        clearing.right_type,
        clearing.right_key,
        clearing.currency_code,
        -settlement_items.fee_amount as amount,
        clearing.status,
        clearing.rule,
        clearing.weight,
        clearing.behind_best,
        clearing.probability,
        clearing.picture_status,
        clearing.proposal_rank,
        clearing.left_key || clearing.right_key as group_key

    from clearing

    inner join settlement_items
        on clearing.left_key = settlement_items.settlement_key

    where clearing.left_type = 'settlement'
        and settlement_items.fee_amount <> 0

),

item_sums as (

    select
        settlement_key,
        sum(net_amount) as net_amount
    from settlement_items
    group by settlement_key

),

-- What the settlement does not itemise stays visible as the settlement's own.
unitemised as (

    select
        clearing.leg,
        'settlement' as left_type,
        clearing.left_key,
        clearing.right_type,
        clearing.right_key,
        clearing.currency_code,
        clearing.amount - coalesce(item_sums.net_amount, 0) as amount,
        clearing.status,
        clearing.rule,
        clearing.weight,
        clearing.behind_best,
        clearing.probability,
        clearing.picture_status,
        clearing.proposal_rank,
        clearing.left_key || clearing.right_key as group_key

    from clearing

    left join item_sums
        on clearing.left_key = item_sums.settlement_key

    where clearing.left_type = 'settlement'
        and clearing.amount <> coalesce(item_sums.net_amount, 0)

),

proposed_sets as (

    select
        *,
        right_key || ':' || set_rank as group_key
    from {{ ref('int_deposit_sets__proposed') }}

    union all

    select
        *,
        case rule
            when 'batch_sum' then right_key || ':batch:' || set_rank
            when 'batch_reference' then right_key || ':run'
            when 'slip_sum' then right_key || ':slip'
            when 'batch_payer' then right_key || ':payer:' || set_rank
            when 'split_lines' then left_key || ':split'
            when 'split_sum' then left_key || ':split'
            when 'payout_days' then right_key || ':days'
            when 'payout_days_rivals' then right_key || ':days'
            when 'payout_days_fee' then right_key || ':days_less_fee'
            else left_key || right_key
        end as group_key
    from {{ ref('int_clearing_sets__proposed') }}

),

sets as (

    select
        proposed_sets.*,
        judged.probability,
        judged.picture_status,
        judged.proposal_rank

    from proposed_sets

    left join judged
        on proposed_sets.leg = judged.leg
        and proposed_sets.left_key = judged.left_key
        and proposed_sets.right_key = judged.right_key
        and proposed_sets.set_rank = judged.set_rank

    where proposed_sets.status <> 'lost'

),

deposits as (

    select
        sets.leg,
        sets.left_type,
        sets.left_key,
        sets.right_type,
        sets.right_key,
        sets.currency_code,
        sets.amount + payments.fee_amount as amount,
        sets.status,
        sets.rule,
        sets.weight,
        sets.behind_best,
        sets.probability,
        sets.picture_status,
        sets.proposal_rank,
        sets.group_key

    from sets

    inner join payments
        on sets.left_key = payments.payment_key

),

deposit_fees as (

    select
        sets.leg,
        'fee' as left_type,
        sets.left_key,
        sets.right_type,
        sets.right_key,
        sets.currency_code,
        -payments.fee_amount as amount,
        sets.status,
        sets.rule,
        sets.weight,
        sets.behind_best,
        sets.probability,
        sets.picture_status,
        sets.proposal_rank,
        sets.group_key

    from sets

    inner join payments
        on sets.left_key = payments.payment_key

    where payments.fee_amount <> 0

),

direct as (

    select
        links.leg,
        links.left_type,
        links.left_key,
        links.right_type,
        links.right_key,
        links.currency_code,
        links.amount,
        links.status,
        links.rule,
        links.weight,
        links.behind_best,
        judged.probability,
        judged.picture_status,
        judged.proposal_rank,
        case when links.rule = 'direct_list' then links.right_key else links.left_key || links.right_key end as group_key

    from {{ ref('int_direct__assigned') }} as links

    left join judged
        on links.leg = judged.leg
        and links.left_key = judged.left_key
        and links.right_key = judged.right_key
        and judged.set_rank is null

    where links.status <> 'lost'

),

direct_sets as (

    select
        links.leg,
        links.left_type,
        links.left_key,
        links.right_type,
        links.right_key,
        links.currency_code,
        links.amount,
        links.status,
        links.rule,
        links.weight,
        links.behind_best,
        judged.probability,
        judged.picture_status,
        judged.proposal_rank,
        links.right_key || ':' || links.set_rank as group_key

    from {{ ref('int_direct_sets__proposed') }} as links

    left join judged
        on links.leg = judged.leg
        and links.left_key = judged.left_key
        and links.right_key = judged.right_key
        and links.set_rank = judged.set_rank

    where links.status <> 'lost'

),

returns as (

    select
        'return' as leg,
        -- A payment inside a deposit is taken back by itself; it stays cleared by its deposit.
        case left_type when 'payment' then 'returned_payment' else left_type end as left_type,
        left_key,
        'bank_line' as right_type,
        right_key,
        currency_code,
        amount,
        status,
        rule,
        cast(null as integer) as weight,
        cast(null as integer) as behind_best,
        cast(null as decimal(5, 4)) as probability,
        cast(null as varchar) as picture_status,
        cast(null as integer) as proposal_rank,
        left_key || right_key as group_key

    from {{ ref('int_returns__assigned') }}

),

transfers as (

    select
        'transfer' as leg,
        'bank_line' as left_type,
        left_key,
        'bank_line' as right_type,
        right_key,
        currency_code,
        amount,
        status,
        rule,
        cast(null as integer) as weight,
        cast(null as integer) as behind_best,
        cast(null as decimal(5, 4)) as probability,
        cast(null as varchar) as picture_status,
        cast(null as integer) as proposal_rank,
        left_key || right_key as group_key

    from {{ ref('int_transfers__assigned') }}

),

mirrored_invoices as (

    select
        'mirror' as leg,
        'invoice' as left_type,
        invoice_key as left_key,
        'invoice' as right_type,
        economic_key as right_key,
        currency_code,
        cast(0 as decimal(18, 4)) as amount,
        'auto' as status,
        'mirror_number' as rule,
        cast(null as integer) as weight,
        cast(null as integer) as behind_best,
        cast(null as decimal(5, 4)) as probability,
        cast(null as varchar) as picture_status,
        cast(null as integer) as proposal_rank,
        invoice_key || economic_key as group_key

    from {{ ref('int_invoices__mirrored') }}
    where not is_primary

),

mirrored_payments as (

    select
        'mirror' as leg,
        'payment' as left_type,
        payment_key as left_key,
        'payment' as right_type,
        economic_key as right_key,
        currency_code,
        cast(0 as decimal(18, 4)) as amount,
        'auto' as status,
        'mirror_reference' as rule,
        cast(null as integer) as weight,
        cast(null as integer) as behind_best,
        cast(null as decimal(5, 4)) as probability,
        cast(null as varchar) as picture_status,
        cast(null as integer) as proposal_rank,
        payment_key || economic_key as group_key

    from {{ ref('int_payments__mirrored') }}
    where not is_primary

),

unioned as (

    select * from booked
    union all
    select * from settled
    union all
    select * from settled_sets
    union all
    select * from credits
    union all
    select * from cleared_payments
    union all
    select * from payment_fees
    union all
    select * from cleared_items
    union all
    select * from item_fees
    union all
    select * from unitemised
    union all
    select * from deposits
    union all
    select * from deposit_fees
    union all
    select * from direct
    union all
    select * from direct_sets
    union all
    select * from returns
    union all
    select * from transfers
    union all
    select * from mirrored_invoices
    union all
    select * from mirrored_payments

),

-- The same payment twice in one settlement (a charge and its correction) is one pair.
summed as (

    select
        leg,
        left_type,
        left_key,
        right_type,
        right_key,
        currency_code,
        cast(sum(amount) as decimal(18, 4)) as amount,
        status,
        rule,
        max(weight) as weight,
        max(behind_best) as behind_best,
        max(probability) as probability,
        max(picture_status) as picture_status,
        min(proposal_rank) as proposal_rank,
        group_key

    from unioned
    group by leg, left_type, left_key, right_type, right_key, currency_code, status, rule, group_key

),

groups as (

    select
        leg,
        group_key,
        status,
        rule,
        -- Sorted as a list, for an ordered aggregate sorts each of very many groups by itself.
        {{ row_key([
            "leg",
            "array_to_string("
            ~ "list_sort(list(left_type || ':' || left_key || ':' || right_key || ':' || amount)), chr(30))",
        ]) }} as match_key

    from summed
    group by leg, group_key, status, rule

),

final as (

    select
        groups.match_key,
        summed.*

    from summed

    inner join groups
        on summed.leg = groups.leg
        and summed.group_key = groups.group_key
        and summed.status = groups.status
        and summed.rule = groups.rule

)

select * from final
