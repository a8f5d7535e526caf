-- One row per compared pair of invoice and payment, with its fate and the amount it settles. Numbers
-- go first: lists whose open amounts meet the payment, then single numbers in order of payment
-- against what is left; then the same party with the exact amount where nothing else fits.
with

pairs as (

    select * from {{ ref('int_settlement_pairs__compared') }}

),

-- What the payer says by line, where the line's reference leads to one document.
remittance_tokens as (

    select
        remittance_line_key,
        payment_key,
        entity,
        amount,
        unnest({{ reference_tokens('invoice_reference') }}) as token
    from {{ ref('int_remittance_lines__unioned') }}
    where amount is not null

),

remittance_readings as (

    select distinct
        remittance_tokens.remittance_line_key,
        remittance_tokens.payment_key,
        remittance_tokens.amount,
        invoices.invoice_key

    from remittance_tokens

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on remittance_tokens.entity = invoices.entity
        and remittance_tokens.token = invoices.number_token
        and invoices.is_number_unique

),

single_readings as (

    select
        *,
        count(*) over (partition by remittance_line_key) as reading_count
    from remittance_readings

),

remittance_amounts as (

    select
        payment_key as right_key,
        invoice_key as left_key,
        sum(amount) as remitted_amount

    from single_readings
    where reading_count = 1
    group by payment_key, invoice_key

),

remittance_sums as (

    select
        payment_key as right_key,
        sum(amount) as remitted_sum
    from {{ ref('int_remittance_lines__unioned') }}
    group by payment_key

),

doubted as (

    select payment_key as right_key
    from {{ ref('int_payments__doubted') }}

),

-- Another invoice of the very party leaves open exactly what was paid.
exact_invoices as (

    select
        right_key,
        min(left_key) as first_left_key,
        count(*) as exact_count
    from pairs
    where payer_level = 'same_party' and amount_level = 'open_amount'
    group by right_key

),

-- A number is evidence if it leads to one document, whole or, with the party, by its digits. A
-- number of another party is none: it may be a slip of the pen on a neighbour's invoice.
numbered as (

    select
        pairs.*,
        coalesce(remittance_amounts.remitted_amount, 0) as remitted_amount,
        count(*) over (partition by pairs.right_key) as number_count,
        count(*) filter (where pairs.payer_level = 'same_party') over (partition by pairs.right_key) as own_number_count,
        count(*) filter (where pairs.payer_level = 'other_party') over (partition by pairs.right_key) as other_number_count,
        sum(pairs.invoice_open_amount) over (partition by pairs.right_key) as invoices_sum,
        coalesce(remittance_sums.remitted_sum, 0) as remitted_sum,
        doubted.right_key is not null as is_doubted,
        coalesce(exact_invoices.exact_count, 0) > 0
        and not (exact_invoices.exact_count = 1 and exact_invoices.first_left_key = pairs.left_key) as has_exact_rival

    from pairs

    left join remittance_sums
        on pairs.right_key = remittance_sums.right_key

    left join doubted
        on pairs.right_key = doubted.right_key

    left join exact_invoices
        on pairs.right_key = exact_invoices.right_key

    left join remittance_amounts
        on pairs.left_key = remittance_amounts.left_key
        and pairs.right_key = remittance_amounts.right_key

    where pairs.reference_level in ('remittance', 'whole_token')
        or (pairs.reference_level = 'digits' and pairs.payer_level = 'same_party')

),

claims as (

    select
        *,
        case
            when not is_number_unique or is_doubted then null
            when reference_level = 'remittance'
                and remitted_amount > 0
                and remitted_amount <= invoice_open_amount
                and remitted_sum = payment_open_amount
                and payer_level <> 'other_party'
                then 'remittance_amounts'
            when remitted_sum > 0 then null
            when number_count >= 2
                and invoices_sum = payment_open_amount
                and (other_number_count = 0 or number_count >= 3)
                then 'number_list'
            when number_count >= 2 or payer_level = 'other_party' then null
            when amount_level = 'open_amount' and (payer_level = 'same_party' or not has_common_price) then 'number_single'
            when discount_amount > 0
                and payment_date <= discount_date
                and payment_open_amount = invoice_open_amount - discount_amount
                then 'number_discount'
            when payer_level = 'same_party' and not has_exact_rival then 'number_single'
        end as rule

    from numbered

),

claimed as (

    select
        left_key,
        right_key,
        rule,
        rule = 'number_list' as is_indivisible,
        invoice_open_amount,
        payment_date,
        case
            when rule = 'remittance_amounts' then remitted_amount
            when rule = 'number_list' then invoice_open_amount
            else payment_open_amount
        end as claim_amount

    from claims
    where rule is not null

),

-- In order of payment each claim takes what earlier ones left.
running as (

    select
        *,
        sum(claim_amount) over (
            partition by left_key
            order by payment_date asc, is_indivisible desc, claim_amount desc, right_key asc
            rows between unbounded preceding and current row
        ) - claim_amount as claimed_before
    from claimed

),

cut as (

    select
        *,
        cast(greatest(least(claim_amount, invoice_open_amount - claimed_before), 0) as decimal(18, 4)) as settled_amount
    from running

),

-- A list holds as a whole or not at all.
checked as (

    select
        *,
        bool_and(settled_amount = claim_amount) over (partition by right_key) as is_whole
    from cut

),

by_number as (

    select
        left_key,
        right_key,
        rule,
        settled_amount
    from checked
    where settled_amount > 0
        and (not is_indivisible or is_whole)

),

touched_invoices as (

    select distinct left_key from by_number

),

-- A payment that names any number, even one that does not exist, is no candidate for a match without.
named_payments as (

    select item_key as right_key
    from {{ ref('int_items__naming_numbers') }}
    where item_type = 'payment'

),

party_pairs as (

    select
        pairs.left_key,
        pairs.right_key,
        case pairs.days_level when 'near' then 1 when 'usual' then 2 else 3 end as evidence_class

    from pairs

    left join touched_invoices
        on pairs.left_key = touched_invoices.left_key

    left join named_payments
        on pairs.right_key = named_payments.right_key

    left join doubted
        on pairs.right_key = doubted.right_key

    where pairs.payer_level = 'same_party'
        and pairs.amount_level = 'open_amount'
        and touched_invoices.left_key is null
        and named_payments.right_key is null
        and doubted.right_key is null
        and not pairs.is_other_month
        and not pairs.is_redeposit

),

nothing as (

    select
        left_key,
        right_key,
        evidence_class
    from party_pairs
    where false

),

-- Equal debts of one party differ by their age alone, so a rival out of the usual days is a weaker
-- one: pairs near in time go first, and only where nothing else near fits.
near_party as (
    {{ unrivalled('party_pairs', 'nothing', 1) }}
),

usual_party as (
    {{ unrivalled('party_pairs', 'near_party', 2) }}
),

by_party as (

    select * from near_party
    union all
    select * from usual_party

),

accepted as (

    select
        left_key,
        right_key,
        rule,
        settled_amount
    from by_number

    union all

    select
        by_party.left_key,
        by_party.right_key,
        'party_amount' as rule,
        cast(pairs.payment_open_amount as decimal(18, 4)) as settled_amount

    from by_party

    inner join pairs
        on by_party.left_key = pairs.left_key
        and by_party.right_key = pairs.right_key

),

invoice_taken as (

    select
        left_key,
        sum(settled_amount) as taken_amount
    from accepted
    group by left_key

),

payment_taken as (

    select
        right_key,
        sum(settled_amount) as taken_amount
    from accepted
    group by right_key

),

decided as (

    select
        pairs.*,
        accepted.rule as accepted_rule,
        accepted.settled_amount,
        pairs.invoice_open_amount - coalesce(invoice_taken.taken_amount, 0) as invoice_rest,
        pairs.payment_open_amount - coalesce(payment_taken.taken_amount, 0) as payment_rest

    from pairs

    left join accepted
        on pairs.left_key = accepted.left_key
        and pairs.right_key = accepted.right_key

    left join invoice_taken
        on pairs.left_key = invoice_taken.left_key

    left join payment_taken
        on pairs.right_key = payment_taken.right_key

),

ranked as (

    select
        *,
        invoice_rest > 0 and payment_rest > 0 as is_open,
        row_number() over (
            partition by right_key
            order by accepted_rule is null, weight desc, abs(days_apart) asc, left_key asc
        ) as right_rank,
        row_number() over (
            partition by left_key
            order by accepted_rule is null, weight desc, abs(days_apart) asc, right_key asc
        ) as left_rank,
        count(*) over (partition by left_key, weight) > 1 or count(*) over (partition by right_key, weight) > 1 as has_equal_rival,
        max(weight) over (partition by left_key) as best_left_weight,
        max(weight) over (partition by right_key) as best_right_weight

    from decided

),

final as (

    select
        'settlement' as leg,
        'invoice' as left_type,
        left_key,
        'payment' as right_type,
        right_key,
        entity,
        currency_code,
        cast(coalesce(settled_amount, least(invoice_rest, payment_rest)) as decimal(18, 4)) as amount,
        days_apart,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        weight,
        weight - greatest(best_left_weight, best_right_weight) as behind_best,
        case
            when accepted_rule is not null then 'auto'
            when is_open and (left_rank <= 3 or right_rank <= 3) then 'suggested'
            else 'lost'
        end as status,
        coalesce(
            accepted_rule,
            case when reference_level = 'none' then 'party_amount_rivals' else 'number_doubtful' end
        ) as rule,
        case
            when accepted_rule is not null then null
            when not is_open then 'side_taken_by_stronger_pair'
            when payer_level = 'other_party' then 'number_of_another_party'
            when is_other_month then 'names_another_month'
            when weight < greatest(best_left_weight, best_right_weight) then 'weaker_than_rival'
            when has_equal_rival then 'equal_rival'
            else 'evidence_leaves_doubt'
        end as lost_because

    from ranked

)

select * from final
