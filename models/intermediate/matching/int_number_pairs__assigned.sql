-- One row per pair of invoice and payment that numbers settle, with the amount: what the payer's
-- remittance says line by line, lists whose open amounts less the credit notes named meet the payment,
-- then single numbers, in order of payment against what is left. settled_amount is cash; what a credit
-- note named in the payment takes off is credited_amount.
with

compared as (

    select
        *,
        count(*) filter (where payer_level in ('same_party', 'slip_name')) over (partition by right_key, number_token) as own_count
    from {{ ref('int_number_pairs__compared') }}

),

-- Of documents with one number (of two years, say) the one that the payer owes is meant, if it is one.
pairs as (

    select
        * exclude (is_number_unique, own_count),
        is_number_unique or own_count = 1 as is_number_unique
    from compared
    where is_number_unique
        or own_count <> 1
        or payer_level in ('same_party', 'slip_name')

),

-- What the payer says by line, where the line's reference leads to one document. A remittance without any
-- amount is a list of numbers.
remittance_lines as (

    select * from {{ ref('int_remittance_lines__unioned') }}
    qualify count(amount) over (partition by payment_key) > 0

),

-- Materialized, for it is read twice and its texts are slow to read.
remittance_tokens as materialized (

    select
        remittance_line_key,
        payment_key,
        entity,
        amount,
        {{ name_key('memo') }} as line_name_key,
        unnest(list_concat({{ reference_tokens('invoice_reference') }}, {{ joined_numbers('invoice_reference') }})) as token
    from remittance_lines

),

numbers as (

    select
        entity,
        number_token as token,
        invoice_key
    from {{ ref('int_invoices__evidenced') }}
    where is_number_unique and number_token is not null

),

weak_numbers as (

    select
        entity,
        number_digits as token,
        invoice_key
    from {{ ref('int_invoices__evidenced') }}
    where number_digits is not null

    union all

    select
        entity,
        number_core as token,
        invoice_key
    from {{ ref('int_invoices__evidenced') }}
    where number_core is distinct from number_digits
        and number_core is not null

),

digits as (

    select
        entity,
        token,
        min(invoice_key) as invoice_key
    from weak_numbers
    group by entity, token
    having count(*) = 1

),

readings as (

    select
        remittance_tokens.remittance_line_key,
        remittance_tokens.payment_key,
        remittance_tokens.amount,
        remittance_tokens.line_name_key,
        numbers.invoice_key,
        -length(remittance_tokens.token) as reading_rank

    from remittance_tokens

    inner join numbers
        on remittance_tokens.entity = numbers.entity
        and remittance_tokens.token = numbers.token

    union all

    select
        remittance_tokens.remittance_line_key,
        remittance_tokens.payment_key,
        remittance_tokens.amount,
        remittance_tokens.line_name_key,
        digits.invoice_key,
        0 as reading_rank

    from remittance_tokens

    inner join digits
        on remittance_tokens.entity = digits.entity
        and {{ number_digits('remittance_tokens.token') }} = digits.token

),

-- `CH 2026 00623` is that number alone, neither 2026 nor 623.
ranked_readings as (

    select
        *,
        min(reading_rank) over (partition by remittance_line_key) as best_rank
    from readings

),

sole_readings as (

    select
        remittance_line_key,
        payment_key,
        amount,
        line_name_key,
        min(invoice_key) as invoice_key
    from ranked_readings
    where reading_rank = best_rank
    group by remittance_line_key, payment_key, amount, line_name_key
    having count(distinct invoice_key) = 1

),

-- A line without an amount among others with one pays what is open.
read_lines as (

    select
        sole_readings.remittance_line_key,
        sole_readings.payment_key,
        sole_readings.line_name_key,
        sole_readings.invoice_key,
        sole_readings.amount is not null as is_priced,
        coalesce(sole_readings.amount, pairs.invoice_open_amount) as amount

    from sole_readings

    left join pairs
        on sole_readings.invoice_key = pairs.left_key
        and sole_readings.payment_key = pairs.right_key

),

remitted as (

    select
        read_lines.payment_key as right_key,
        read_lines.invoice_key as left_key,
        sum(read_lines.amount) as remitted_amount,
        bool_and(read_lines.is_priced) as is_priced,
        -- A line that names the resident, too, says of any part of the invoice what it is for.
        bool_and(coalesce(read_lines.line_name_key in (invoices.resident_name_key, invoices.name_key), false)) as is_resident_named

    from read_lines

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on read_lines.invoice_key = invoices.invoice_key

    group by read_lines.payment_key, read_lines.invoice_key

),

known_names as (

    select
        entity,
        name_key
    from {{ ref('int_invoices__evidenced') }}
    where name_key is not null

    union all

    select
        entity,
        resident_name_key as name_key
    from {{ ref('int_invoices__evidenced') }}
    where resident_name_key is not null

),

-- A line that names the document of one and beside it somebody else whom we know holds a slip of the pen.
misnamed as (

    select distinct
        read_lines.invoice_key as left_key,
        read_lines.payment_key as right_key

    from read_lines

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on read_lines.invoice_key = invoices.invoice_key

    inner join known_names
        on invoices.entity = known_names.entity
        and read_lines.line_name_key = known_names.name_key

    where not list_has_any(
            string_split(read_lines.line_name_key, ' '),
            string_split(concat_ws(' ', invoices.name_key, invoices.resident_name_key), ' ')
        )

),

-- Materialized, as are `payer_lines` and `foreign_pairs`, so that no plan begins with amounts alone.
payers as materialized (

    select
        payments.payment_key,
        payments.payment_date,
        payments.amount,
        payments.currency_code,
        payers.person_key

    from {{ ref('int_payments__evidenced') }} as payments

    inner join {{ ref('int_payers__resolved') }} as payers
        on payments.payment_key = payers.payment_key

),

payer_lines as materialized (

    select
        remitted.left_key,
        remitted.right_key,
        remitted.remitted_amount,
        payers.person_key,
        payers.currency_code,
        payers.payment_date

    from remitted

    inner join payers
        on remitted.right_key = payers.payment_key

),

-- A line that falls short of what it names may mean the payer's invoice of exactly that amount.
line_rivals as (

    select distinct
        payer_lines.left_key,
        payer_lines.right_key

    from payer_lines

    inner join {{ ref('int_invoices__evidenced') }} as others
        on payer_lines.person_key = others.person_key
        and payer_lines.remitted_amount = others.total_amount
        and payer_lines.currency_code = others.currency_code
        and others.issue_date between payer_lines.payment_date - 120 and payer_lines.payment_date + 30

    left join remitted as own_lines
        on others.invoice_key = own_lines.left_key
        and payer_lines.right_key = own_lines.right_key

    where own_lines.left_key is null

),

remittance_sums as (

    select
        remittance_lines.payment_key as right_key,
        sum(coalesce(remittance_lines.amount, read_lines.amount)) as remitted_sum,
        count(*) as line_count,
        count(remittance_lines.amount) = count(*) as is_all_priced,
        count(read_lines.remittance_line_key) as read_count

    from remittance_lines

    left join read_lines
        on remittance_lines.remittance_line_key = read_lines.remittance_line_key

    group by remittance_lines.payment_key

),

credit_sums as (

    select
        payment_key as right_key,
        sum(total_amount) as credit_sum
    from {{ ref('int_credits__named') }}
    group by payment_key

),

-- A part that falls short by exactly what a credit note of that party leaves, or by a discount whose day
-- has passed, is more than a part: what was meant is a person's to say.
credit_rivals as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join {{ ref('int_invoices__evidenced') }} as credit_notes
        on pairs.entity = credit_notes.entity
        and pairs.person_key = credit_notes.person_key
        and pairs.currency_code = credit_notes.currency_code
        and pairs.invoice_open_amount - pairs.payment_open_amount = credit_notes.total_amount
        and credit_notes.document_type = 'credit_note'
        and credit_notes.issue_date <= pairs.payment_date

    where pairs.amount_level = 'part'

),

doubted as (

    select payment_key as right_key
    from {{ ref('int_payments__doubted') }}

),

-- Another invoice that the very payer owes leaves open exactly what was paid.
exact_debts as (

    select
        payers.payment_key as right_key,
        min(invoices.invoice_key) as first_left_key,
        count(*) as exact_count

    from payers

    inner join {{ ref('int_invoices__evidenced') }} as invoices
        on payers.person_key = invoices.person_key
        and payers.amount = invoices.total_amount
        and payers.currency_code = invoices.currency_code
        and invoices.issue_date between payers.payment_date - 120 and payers.payment_date + 30
        and invoices.document_type = 'invoice'

    group by payers.payment_key

),

-- Payments that name no more than one document. Digits may be read as none.
lone_numbers as (

    select right_key
    from pairs
    group by right_key
    having count(*) filter (where reference_level <> 'digits') <= 1

),

-- A part or an excess on one number may be meant for the payer's invoice one slip away.
siblings as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join lone_numbers
        on pairs.right_key = lone_numbers.right_key

    inner join {{ ref('int_invoices__evidenced') }} as named
        on pairs.left_key = named.invoice_key

    inner join {{ ref('int_invoices__evidenced') }} as others
        on named.entity = others.entity
        and named.person_key = others.person_key
        and named.invoice_key <> others.invoice_key
        and length(named.number_token) = length(others.number_token)
        and others.issue_date between pairs.payment_date - 60 and pairs.payment_date + 30

    where pairs.amount_level in ('part', 'over')
        and (
            others.total_amount between 0.9 * pairs.payment_open_amount and 1.1 * pairs.payment_open_amount
            -- A small part of the one is a fair part of the other.
            or (
                pairs.payment_open_amount < 0.2 * pairs.invoice_open_amount
                and pairs.payment_open_amount between 0.2 * others.total_amount and others.total_amount
            )
        )
        and {{ one_slip('named.number_token', 'others.number_token') }}

),

foreign_pairs as materialized (

    select
        pairs.left_key,
        pairs.right_key,
        pairs.invoice_open_amount,
        pairs.currency_code,
        pairs.payment_date,
        named.number_token,
        payers.person_key

    from pairs

    inner join payers
        on pairs.right_key = payers.payment_key
        and pairs.person_key <> payers.person_key

    inner join {{ ref('int_invoices__evidenced') }} as named
        on pairs.left_key = named.invoice_key

    where pairs.payer_level = 'other_party'

),

-- Another's number in a list may be meant for the payer's own invoice of that amount one slip away.
own_neighbours as (

    select distinct
        foreign_pairs.left_key,
        foreign_pairs.right_key

    from foreign_pairs

    inner join {{ ref('int_invoices__evidenced') }} as others
        on foreign_pairs.person_key = others.person_key
        and foreign_pairs.invoice_open_amount = others.total_amount
        and foreign_pairs.currency_code = others.currency_code
        and others.issue_date between foreign_pairs.payment_date - 120 and foreign_pairs.payment_date + 30

    left join pairs as own_pairs
        on others.invoice_key = own_pairs.left_key
        and foreign_pairs.right_key = own_pairs.right_key

    where own_pairs.left_key is null
        and {{ one_slip('foreign_pairs.number_token', 'others.number_token') }}

),

-- Payments that name the document and together are all of it were meant for it.
whole_parts as (

    select left_key
    from pairs
    where amount_level = 'part' and payer_level in ('same_party', 'slip_name', 'named_in_text', 'known_payer')
    group by left_key, invoice_open_amount
    having count(*) >= 2 and sum(payment_open_amount) = invoice_open_amount

),

-- Three numbers or more without their letters whose amounts add up to the payment are no accident.
digit_lists as (

    select right_key
    from pairs
    group by right_key, payment_open_amount
    having count(*) >= 3
        and bool_and(reference_level = 'digits')
        and sum(invoice_open_amount) = payment_open_amount

),

counted as (

    select
        pairs.*,
        coalesce(remitted.remitted_amount, 0) as remitted_amount,
        coalesce(remitted.is_resident_named, false) as is_resident_named,
        coalesce(remitted.is_priced, false) as is_priced,
        coalesce(remittance_sums.is_all_priced, false) as is_all_priced,
        coalesce(remitted.remitted_amount, pairs.invoice_open_amount) as list_amount,
        coalesce(pairs.payer_person_key, pairs.payer_name_key) as payer_key,
        remittance_sums.line_count = remittance_sums.read_count as is_all_read,
        coalesce(remittance_sums.remitted_sum, 0) as remitted_sum,
        -- A list that is read line by line and meets the payment tells for whom an organisation pays.
        coalesce(remittance_sums.line_count >= 2 and remittance_sums.line_count = remittance_sums.read_count, false) as is_list_read,
        coalesce(credit_sums.credit_sum, 0) as credit_sum,
        doubted.right_key is not null as is_doubted,
        try_cast(regexp_replace(pairs.number_token, '[^0-9]', '', 'g') as bigint) as number_value,
        coalesce(list_has_any(
            list_filter(string_split(pairs.payer_name_key, ' '), lambda word: length(word) >= 4 and word not in {{ legal_forms() }}),
            string_split(concat_ws(' ', pairs.name_key, pairs.resident_name_key), ' ')
        ), false) as is_namesake,
        misnamed.left_key is not null as is_misnamed,
        exact_debts.right_key is not null
        and not (exact_debts.exact_count = 1 and exact_debts.first_left_key = pairs.left_key) as has_exact_rival,
        siblings.left_key is not null as has_near_sibling,
        whole_parts.left_key is not null and pairs.amount_level = 'part' as is_of_whole,
        own_neighbours.left_key is not null as has_own_neighbour,
        line_rivals.left_key is not null as has_line_rival,
        credit_rivals.left_key is not null
        or coalesce(pairs.amount_level = 'part' and pairs.says_withheld, false)
        or coalesce(
            pairs.amount_level = 'part'
            and pairs.discount_amount > 0
            and pairs.payment_open_amount = pairs.invoice_open_amount - pairs.discount_amount, false
        ) as is_more_than_part,
        pairs.payer_level in ('same_party', 'slip_name', 'named_in_text', 'known_payer') as is_payer_known,
        {{ tolerance('short_list_share') }} as short_list_share,
        {{ tolerance('short_line_share') }} as short_line_share,
        {{ tolerance('over_share') }} as over_share

    from pairs
    {{ join_tolerances('pairs', ['short_list_share', 'short_line_share', 'over_share']) }}

    left join remitted
        on pairs.left_key = remitted.left_key
        and pairs.right_key = remitted.right_key

    left join remittance_sums
        on pairs.right_key = remittance_sums.right_key

    left join credit_sums
        on pairs.right_key = credit_sums.right_key

    left join doubted
        on pairs.right_key = doubted.right_key

    left join misnamed
        on pairs.left_key = misnamed.left_key
        and pairs.right_key = misnamed.right_key

    left join exact_debts
        on pairs.right_key = exact_debts.right_key

    left join siblings
        on pairs.left_key = siblings.left_key
        and pairs.right_key = siblings.right_key

    left join whole_parts
        on pairs.left_key = whole_parts.left_key

    left join digit_lists
        on pairs.right_key = digit_lists.right_key

    left join line_rivals
        on pairs.left_key = line_rivals.left_key
        and pairs.right_key = line_rivals.right_key

    left join own_neighbours
        on pairs.left_key = own_neighbours.left_key
        and pairs.right_key = own_neighbours.right_key

    left join credit_rivals
        on pairs.left_key = credit_rivals.left_key
        and pairs.right_key = credit_rivals.right_key

    -- The digits alone are a number only beside the payer, in a list that adds up, or with the amount in one that is read.
    where pairs.reference_level <> 'digits'
        or pairs.payer_level in ('same_party', 'slip_name', 'named_in_text', 'known_payer')
        or (pairs.payer_level = 'kin' and pairs.amount_level = 'open_amount')
        or digit_lists.right_key is not null
        or (
            remitted.remitted_amount = pairs.invoice_open_amount
            and remittance_sums.remitted_sum = pairs.payment_open_amount
            and remittance_sums.line_count >= 2
            and remittance_sums.line_count = remittance_sums.read_count
        )

),

-- For how many of a payer's lists a party is a client. Payers without a name are not one payer. Joined, for
-- a window counts what is distinct by holding every pair with all its columns.
list_counts as (

    select
        entity,
        payer_key,
        person_key,
        count(distinct right_key) as list_count
    from counted
    where is_all_read and payer_key is not null
    group by entity, payer_key, person_key

),

listed as (

    select
        counted.*,
        coalesce(list_counts.list_count, 0) as list_count

    from counted

    left join list_counts
        on counted.entity = list_counts.entity
        and counted.payer_key = list_counts.payer_key
        and counted.person_key is not distinct from list_counts.person_key

),

numbered as (

    select
        *,
        count(*) over (partition by right_key) as number_count,
        -- A slip of the pen names a neighbour's invoice of the same rate and leaves the sum as it was; not that
        -- of one of the payer's name, or the next number.
        case
            when max(number_value) over (partition by right_key) - min(number_value) over (partition by right_key) <= 3 then 0
            else count(*) filter (where payer_level = 'other_party' and has_common_price and not is_namesake) over (partition by right_key)
        end as neighbour_count,
        sum(invoice_open_amount) over (partition by right_key) as invoices_sum,
        sum(list_amount) over (partition by right_key) as list_sum,
        -- What is taken back on another document is no money for these.
        sum(greatest(remitted_amount, 0)) over (partition by right_key) as invoices_remitted_sum,
        -- What all lists of this payer that meet their payments say of the document.
        sum(case when remitted_sum = payment_open_amount then remitted_amount end) over (partition by left_key, payer_person_key) as document_remitted_sum,
        -- Who is nobody's party and names three documents or more means them: no slip does that.
        bool_and(is_payer_known) over (partition by right_key)
        or (bool_and(payer_level <> 'other_party') over (partition by right_key) and count(*) over (partition by right_key) >= 3) as is_list_of_payer,
        bool_or(has_own_neighbour) over (partition by right_key) as has_neighbour_for_own,
        lag(issue_date) over (partition by right_key order by issue_date asc, left_key asc) as issued_before,
        lead(issue_date) over (partition by right_key order by issue_date asc, left_key asc) as issued_after
    from listed

),

-- Which of a list is none of it: issued after it was paid, far in time from all others, what another payer
-- names and pays, or one slip away from a document with which the list would be the payment. Nobody can see
-- that in a sum that falls short.
slipped as (

    select distinct numbered.right_key

    from numbered

    inner join {{ ref('int_invoices__evidenced') }} as meant
        on numbered.entity = meant.entity
        and numbered.currency_code = meant.currency_code
        and numbered.invoice_open_amount - (numbered.invoices_sum - numbered.payment_open_amount) = meant.total_amount
        and numbered.left_key <> meant.invoice_key

    where numbered.number_count >= 2
        and numbered.payment_open_amount < numbered.invoices_sum
        and {{ one_slip('numbered.number_token', 'meant.number_token') }}

),

odd_lists as (

    select right_key from slipped

    union all

    select distinct numbered.right_key

    from numbered

    left join numbered as others
        on numbered.left_key = others.left_key
        and numbered.right_key <> others.right_key
        and numbered.payer_key is distinct from others.payer_key
        and (
            (others.amount_level in ('open_amount', 'part') and others.is_payer_known)
            or (others.number_count >= 2 and others.invoices_sum = others.payment_open_amount)
        )

    where numbered.number_count >= 2
        and numbered.payment_open_amount < numbered.invoices_sum
        and (
            numbered.issue_date > numbered.payment_date
            or numbered.issue_date > numbered.issued_before + 45 and numbered.issue_date < coalesce(numbered.issued_after, date '9999-12-31') - 45
            or numbered.issue_date < numbered.issued_after - 45 and numbered.issued_before is null
            or others.left_key is not null
        )

),

strays as (

    select distinct right_key from odd_lists

),

-- A number of another party is no evidence: it may be a slip of the pen on a neighbour's invoice.
claims as (

    select
        numbered.*,
        case
            when not is_number_unique or is_misnamed then null
            when remitted_amount > 0
                and remitted_sum = payment_open_amount
                and invoices_remitted_sum - credit_sum <= payment_open_amount
                -- A credit note that is named and not taken off is no cash.
                and (credit_sum = 0 or invoices_remitted_sum - credit_sum = payment_open_amount)
                and (
                    remitted_amount = invoice_open_amount
                    or (
                        (is_payer_known or (is_list_of_payer and is_list_read))
                        and not has_line_rival
                        -- Who is known and says it among other lines that add up may fall short by more.
                        and remitted_amount between (1 - case when is_payer_known and is_list_read then 2 else 1 end * short_line_share) * invoice_open_amount and invoice_open_amount
                    )
                    or (is_payer_known and is_resident_named and remitted_amount < invoice_open_amount)
                    or (is_payer_known and not has_line_rival and document_remitted_sum = invoice_open_amount)
                )
                and (payer_level <> 'other_party' or (is_list_read and list_count >= 2))
                then 'remittance_amounts'
            -- Amounts of a remittance that do not add up are no matter where the documents themselves do.
            when is_all_priced and not (is_list_of_payer and credit_sum = 0 and invoices_sum = payment_open_amount) then null
            when (number_count >= 2 or credit_sum > 0)
                and invoices_sum - credit_sum = payment_open_amount
                and (neighbour_count = 0 or number_count >= 3)
                and not has_neighbour_for_own
                then 'number_list'
            when number_count >= 2
                and credit_sum = 0
                and is_list_of_payer
                and payment_open_amount < list_sum
                and payment_open_amount >= (1 - short_list_share) * list_sum
                and strays.right_key is null
                -- All but one of them to the cent: that one was refused, and no other is short.
                and not bool_or(list_sum - list_amount = payment_open_amount) over (partition by numbered.right_key)
                then 'number_list_short'
            when number_count >= 2 or credit_sum > 0 or payer_level = 'other_party' then null
            -- A bare number may be anything; a stranger's is no evidence.
            when reference_level = 'bare_number' and not is_payer_known and payer_level <> 'kin' then null
            when amount_level in ('open_amount', 'discounted')
                and (is_payer_known or payer_level = 'kin' or not has_common_price)
                then case amount_level when 'discounted' then 'number_discount' else 'number_single' end
            when is_payer_known
                and (is_of_whole or not (has_exact_rival or has_near_sibling or is_more_than_part))
                -- Whom the whole number and the payer name may bring any excess: it stays on account.
                and (
                    payment_open_amount <= (1 + over_share) * invoice_open_amount
                    or (payer_level = 'same_party' and reference_level in ('whole_token', 'remittance') and begins_range is not true)
                )
                then 'number_single'
        end as rule

    from numbered

    left join strays
        on numbered.right_key = strays.right_key

),

claimed as (

    select
        left_key,
        right_key,
        number_token,
        rule,
        payer_level,
        is_doubted,
        rule = 'number_list' or credit_sum > 0 as is_indivisible,
        invoice_open_amount,
        payment_date,
        case
            when rule = 'remittance_amounts' then remitted_amount
            when rule = 'number_list' then invoice_open_amount
            when rule = 'number_list_short'
                then greatest(least(
                        list_amount,
                        payment_open_amount - coalesce(sum(list_amount) over (
                            partition by right_key
                            order by is_priced desc, due_date asc, issue_date asc, list_amount asc, number_token asc nulls last, left_key asc
                            rows between unbounded preceding and 1 preceding
                        ), 0)
                    ), 0)
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
        running.*,
        cast(greatest(least(running.claim_amount, running.invoice_open_amount - running.claimed_before), 0) as decimal(18, 4)) as settled_amount,
        coalesce(roundings.rounding_amount, 0) as rounding_amount

    from running

    left join {{ ref('int_roundings__allowed') }} as roundings
        on running.left_key = roundings.invoice_key

),

-- A list holds as a whole or not at all.
checked as (

    select
        *,
        bool_and(settled_amount = claim_amount) over (partition by right_key) as is_whole
    from cut

),

settled as (

    select
        left_key,
        right_key,
        number_token,
        rule,
        payer_level,
        settled_amount
    from checked
    where settled_amount > 0
        and (not is_indivisible or is_whole)
        -- What earlier payments left is less than this one brings: paid twice, or meant for another.
        and (rule <> 'number_single' or claim_amount - settled_amount <= rounding_amount or claimed_before = 0)
        and not is_doubted

),

-- A credit note takes the place of cash on the list's largest documents.
ordered as (

    select
        settled.*,
        coalesce(credit_sums.credit_sum, 0) as credit_sum,
        sum(settled.settled_amount) over (
            partition by settled.right_key
            order by settled.settled_amount desc, settled.number_token asc nulls last, settled.left_key asc
            rows between unbounded preceding and current row
        ) - settled.settled_amount as settled_before

    from settled

    left join credit_sums
        on settled.right_key = credit_sums.right_key

),

final as (

    select
        left_key,
        right_key,
        rule,
        payer_level,
        cast(settled_amount - greatest(least(settled_amount, credit_sum - settled_before), 0) as decimal(18, 4)) as settled_amount,
        cast(greatest(least(settled_amount, credit_sum - settled_before), 0) as decimal(18, 4)) as credited_amount
    from ordered

)

select * from final
