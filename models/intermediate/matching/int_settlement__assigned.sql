-- One row per compared pair of invoice and payment, with its fate and the amount it settles: numbers
-- first, then the payer with the exact amount, then sets of one payer's debts; what another payment
-- may have settled instead is proposed, with its rival.
with

number_pairs as (

    select * from {{ ref('int_number_pairs__compared') }}

),

payer_pairs as (

    select * from {{ ref('int_payer_pairs__compared') }}

),

challenged as (

    select * from {{ ref('int_settlement_links__challenged') }}

),

challenged_links as (

    select distinct
        left_key,
        right_key
    from challenged

),

sets as (

    select * from {{ ref('int_debt_sets__found') }}
    where set_rank = 1

),

series as (

    select * from {{ ref('int_instalments__found') }}
    where is_proved

),

links as (

    select
        left_key,
        right_key,
        rule,
        settled_amount,
        credited_amount
    from {{ ref('int_number_pairs__assigned') }}

    union all

    select
        left_key,
        right_key,
        rule,
        settled_amount,
        0 as credited_amount
    from {{ ref('int_payer_pairs__assigned') }}
    where right_type = 'payment'

    union all

    select
        left_key,
        right_key,
        case when is_habit then 'party_set_habit' else 'party_set' end as rule,
        cast(open_amount as decimal(18, 4)) as settled_amount,
        0 as credited_amount
    from sets
    where is_proved

    union all

    select
        left_key,
        right_key,
        'party_instalments' as rule,
        cast(open_amount as decimal(18, 4)) as settled_amount,
        0 as credited_amount
    from series

),

accepted as (

    select links.*

    from links

    left join challenged_links
        on links.left_key = challenged_links.left_key
        and links.right_key = challenged_links.right_key

    where challenged_links.left_key is null

),

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

rivals as (

    select
        challenged.left_key,
        challenged.rival_payment_key as right_key,
        invoices.entity,
        invoices.currency_code,
        payments.payment_date - invoices.due_date as days_apart,
        'none' as reference_level,
        'same_party' as payer_level,
        'open_amount' as amount_level,
        'near' as days_level,
        'unknown' as account_level

    from challenged

    inner join invoices
        on challenged.left_key = invoices.invoice_key

    inner join payments
        on challenged.rival_payment_key = payments.payment_key

    where payments.amount = invoices.total_amount

),

members as (

    select
        left_key,
        right_key,
        case when is_payer_known then 'same_party' else 'alias_of_many' end as payer_level,
        amount_level
    from sets

    union all

    select
        left_key,
        right_key,
        'same_party' as payer_level,
        'series' as amount_level
    from series

),

set_pairs as (

    select
        members.left_key,
        members.right_key,
        invoices.entity,
        invoices.currency_code,
        payments.payment_date - invoices.due_date as days_apart,
        'none' as reference_level,
        members.payer_level,
        members.amount_level,
        'near' as days_level,
        'unknown' as account_level

    from members

    inner join invoices
        on members.left_key = invoices.invoice_key

    inner join payments
        on members.right_key = payments.payment_key

),

nearest as (

    select
        *,
        'none' as reference_level,
        'foreign' as payer_level,
        'open_amount' as amount_level,
        'near' as days_level,
        'unknown' as account_level
    from {{ ref('int_settlement_pairs__nearest') }}

),

-- Of all these only the payer's own pairs may be linked last: whatever else is left stays in doubt.
unioned as (

    select
        left_key,
        right_key,
        entity,
        currency_code,
        days_apart,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        weight,
        is_other_month,
        true as is_in_doubt,
        1 as source_rank
    from number_pairs

    union all

    select
        left_key,
        right_key,
        entity,
        currency_code,
        days_apart,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        weight,
        is_other_month,
        is_doubted or is_payment_touched or is_redeposit or is_other_month as is_in_doubt,
        2 as source_rank
    from payer_pairs

    union all

    select distinct
        rivals.left_key,
        rivals.right_key,
        rivals.entity,
        rivals.currency_code,
        rivals.days_apart,
        rivals.reference_level,
        rivals.payer_level,
        rivals.amount_level,
        rivals.days_level,
        rivals.account_level,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight,
        false as is_other_month,
        true as is_in_doubt,
        3 as source_rank

    from rivals
    {{ join_match_weights('rivals', 'settlement', ['reference', 'payer', 'amount', 'days']) }}

    union all

    select
        set_pairs.left_key,
        set_pairs.right_key,
        set_pairs.entity,
        set_pairs.currency_code,
        set_pairs.days_apart,
        set_pairs.reference_level,
        set_pairs.payer_level,
        set_pairs.amount_level,
        set_pairs.days_level,
        set_pairs.account_level,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight,
        false as is_other_month,
        true as is_in_doubt,
        4 as source_rank

    from set_pairs
    {{ join_match_weights('set_pairs', 'settlement', ['reference', 'payer', 'amount', 'days']) }}

    union all

    select
        nearest.left_key,
        nearest.right_key,
        nearest.entity,
        nearest.currency_code,
        nearest.days_apart,
        nearest.reference_level,
        nearest.payer_level,
        nearest.amount_level,
        nearest.days_level,
        nearest.account_level,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight,
        false as is_other_month,
        true as is_in_doubt,
        5 as source_rank

    from nearest
    {{ join_match_weights('nearest', 'settlement', ['reference', 'payer', 'amount', 'days']) }}

),

-- A pair found in two ways is told by its stronger evidence. Few are, so the others are not ranked.
repeated as (

    select
        left_key,
        right_key
    from unioned
    group by left_key, right_key
    having count(*) > 1

),

told as (

    select
        unioned.*,
        repeated.left_key is not null as is_repeated

    from unioned

    left join repeated
        on unioned.left_key = repeated.left_key
        and unioned.right_key = repeated.right_key

),

strongest as (

    select
        *,
        row_number() over (partition by left_key, right_key order by weight desc, source_rank asc) as pair_rank
    from told
    where is_repeated

),

pairs as (

    select * from told
    where not is_repeated

    union all

    select * exclude (pair_rank) from strongest
    where pair_rank = 1

),

open_items as (

    select * from {{ ref('int_settlement_items__open') }}

),

taken as (

    select
        left_key as item_key,
        sum(settled_amount + credited_amount) as taken_amount
    from accepted
    group by left_key

    union all

    select
        right_key as item_key,
        sum(settled_amount) as taken_amount
    from accepted
    group by right_key

),

rests as (

    select
        open_items.item_key,
        open_items.open_amount - coalesce(taken.taken_amount, 0) as rest_amount

    from open_items

    left join taken
        on open_items.item_key = taken.item_key

),

decided as (

    select
        pairs.*,
        accepted.rule as accepted_rule,
        accepted.settled_amount + accepted.credited_amount as settled_amount,
        accepted.credited_amount,
        coalesce(invoice_rests.rest_amount, 0) as invoice_rest,
        coalesce(payment_rests.rest_amount, 0) as payment_rest

    from pairs

    left join accepted
        on pairs.left_key = accepted.left_key
        and pairs.right_key = accepted.right_key

    left join rests as invoice_rests
        on pairs.left_key = invoice_rests.item_key

    left join rests as payment_rests
        on pairs.right_key = payment_rests.item_key

),

-- The two greatest weights of a side say of each pair whether another is stronger or as strong: windows
-- over every pair with all its columns took most of the time.
lefts as (

    select
        left_key,
        max(weight, 2) as best_weights,
        count(accepted_rule) as accepted_count
    from decided
    group by left_key

),

rights as (

    select
        right_key,
        max(weight, 2) as best_weights,
        count(accepted_rule) as accepted_count
    from decided
    group by right_key

),

compared as (

    select
        decided.*,
        decided.invoice_rest > 0 and decided.payment_rest > 0 as is_open,
        lefts.best_weights as left_weights,
        rights.best_weights as right_weights,
        lefts.accepted_count as left_accepted_count,
        rights.accepted_count as right_accepted_count

    from decided

    inner join lefts
        on decided.left_key = lefts.left_key

    inner join rights
        on decided.right_key = rights.right_key

),

-- What is near and nothing more is no rival, nor another amount of who pays for many: of many alike few are
-- shown, and which may follow from the ids.
left_over as (

    select
        *,
        count(*) over (partition by left_key) as left_count,
        count(*) over (partition by right_key) as right_count
    from compared
    where accepted_rule is null
        and is_open
        and (payer_level <> 'foreign' or reference_level <> 'none')
        and (payer_level <> 'alias_of_many' or amount_level not in ('part', 'over'))

),

-- When all else is settled, a document and a payment of its whole amount that have nothing but each other left.
last_pairs as (

    select
        left_over.left_key,
        left_over.right_key

    from left_over

    left join challenged_links
        on left_over.left_key = challenged_links.left_key
        and left_over.right_key = challenged_links.right_key

    where left_over.left_count = 1
        and left_over.right_count = 1
        and not left_over.is_in_doubt
        and challenged_links.left_key is null
        and left_over.amount_level = 'open_amount'
        and left_over.invoice_rest = left_over.payment_rest
        -- Not even among what is settled is anything that fits either better.
        and left_over.weight = greatest(left_over.left_weights[1], left_over.right_weights[1])
        and left_over.days_level = 'near'
        -- Whom another pays for, and for whom the first time, is asked.
        and left_over.payer_level in ('same_party', 'slip_name', 'alias')
        and left_over.reference_level in ('none', 'month', 'other_number')

),

-- Only what is left open is ranked, behind what its items are accepted for.
ranked as (

    select
        left_key,
        right_key,
        left_accepted_count + row_number() over (
            partition by left_key
            order by weight desc, abs(days_apart) asc, right_key asc
        ) as left_rank,
        right_accepted_count + row_number() over (
            partition by right_key
            order by weight desc, abs(days_apart) asc, left_key asc
        ) as right_rank
    from compared
    where accepted_rule is null and is_open

),

proposable as (

    select
        left_key,
        right_key
    from ranked
    where left_rank <= 3 or right_rank <= 3

),

weighed as (

    select
        compared.*,
        proposable.left_key is not null as is_proposable,
        last_pairs.left_key is not null as is_last,
        greatest(compared.left_weights[1], compared.right_weights[1]) as best_weight,
        coalesce(compared.weight in (compared.left_weights[2], compared.right_weights[2]), false) as has_equal_rival

    from compared

    left join proposable
        on compared.left_key = proposable.left_key
        and compared.right_key = proposable.right_key

    left join last_pairs
        on compared.left_key = last_pairs.left_key
        and compared.right_key = last_pairs.right_key

),

named as (

    select
        'settlement' as leg,
        'invoice' as left_type,
        left_key,
        'payment' as right_type,
        right_key,
        entity,
        currency_code,
        cast(coalesce(settled_amount, least(invoice_rest, payment_rest)) as decimal(18, 4)) as amount,
        cast(coalesce(credited_amount, 0) as decimal(18, 4)) as credited_amount,
        days_apart,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        weight,
        weight - best_weight as behind_best,
        case
            when accepted_rule is not null or is_last then 'auto'
            when is_open and (is_proposable or amount_level in ('set', 'short_set')) then 'suggested'
            else 'lost'
        end as status,
        coalesce(
            accepted_rule,
            case
                when is_last then 'party_last'
                when amount_level = 'set' then 'party_set_rivals'
                when amount_level = 'short_set' then 'party_set_short'
                when reference_level = 'none' and payer_level = 'foreign' then 'payer_unknown'
                when reference_level in ('none', 'month', 'other_number') and amount_level in ('part', 'over') then 'party_other_amount'
                when reference_level in ('none', 'month', 'other_number') then 'party_amount_rivals'
                else 'number_doubtful'
            end
        ) as rule,
        case
            when accepted_rule is not null or is_last then null
            when not is_open then 'side_taken_by_stronger_pair'
            when payer_level = 'other_party' then 'number_of_another_party'
            when is_other_month then 'names_another_month'
            when weight < best_weight then 'weaker_than_rival'
            when has_equal_rival then 'equal_rival'
            else 'evidence_leaves_doubt'
        end as lost_because

    from weighed

),

final as (
    {{ under_own_rules('named', has_account=false) }}
)

select * from final
