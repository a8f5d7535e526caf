-- One row per (what was taken back, bank line that took it back) worth considering. What was taken
-- back is an earlier bank line, or a payment that reached the bank inside a deposit. The amount is the
-- same, the day not long before, and a reference or a name is shared; automatic where nothing else fits.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

names as (

    select
        item_key as bank_line_key,
        entity,
        name_key,
        name_level
    from {{ ref('int_text_names__resolved') }}
    where item_type = 'bank_line'

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'return' and method = '*'

),

dispute_windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'return' and method = 'chargeback'

),

own_windows as (
    {{ own_windows('return') }}
),

tokens as (

    select * from {{ ref('int_reference_tokens__extracted') }}

),

generic as (

    select list(word order by word asc) as words
    from {{ ref('generic_words') }}

),

-- What is returned through the clearing house was no cheque.
returned_lines as (

    select
        *,
        {{ is_returned_electronically('folded_text') }} as is_electronic,
        -- A card's holder may dispute a payment for months.
        regexp_matches(folded_text, '\b(?:CHARGEBACK|DISPUTE)') as is_disputed,
        -- What it says beside the words that every bank uses: names, also cut, and references.
        list_filter(
            string_split(
                regexp_replace(
                    folded_text,
                    '\b(?:RET|RETD|RETN|RETURN|RETURNED|RETURNS|RTN|REVERSAL|REVERSED|REJECT|REJECTED|CHARGEBACK|NSF|RDI|UNC|UNCOLL|UNCOLLECTED|UNPAID|INSUFFICIENT|FUNDS|ACH|EFT|WIRE|ZELLE|BANK|CHECK|CHK|CHECKS|CASHED|DEPOSIT|DEPOSITED|ITEM|ITEMS[0-9]*|ENTRY|DEBIT|CREDIT|POSTED|PAYMENT|STOP|STOPPED|ACCOUNT|ACCT|CLOSED|REFER|MAKER|ELECTRONIC|TRANSFER|ORIG|ORIGINAL|REASON|CODE|REF|FROM|THE|FOR|AND|NOT|DUE|TO|OF|IN|ON|ERROR|R[0-9]{2})\b',
                    ' ',
                    'g'
                ),
                ' '
            ),
            lambda word: length(word) >= case when regexp_matches(word, '[0-9]') then 3 else 1 end
        ) as words,
        len(list_filter(words, lambda word: regexp_matches(word, '[A-Z]{3}'))) = 0 as is_unnamed,
        -- A number that a return bears is its cheque's, a year is none.
        list_filter(
            words, lambda word: regexp_full_match(word, '[1-9][0-9]{2,4}') and not regexp_full_match(word, '(?:19|20)[0-9]{2}')
        ) as check_numbers
    from bank_lines
    where line_class = 'return'

),

returns as (

    select
        returned_lines.*,
        len(list_filter(returned_lines.words, lambda word: length(word) >= 4 and not list_contains(generic.words, word))) > 0 as is_telling,
        list_max(list_transform(returned_lines.words, lambda word: length(word))) as most_letters,
        list_filter(returned_lines.words, lambda word: length(word) = most_letters)[1] as longest_word

    from returned_lines

    cross join generic

),

numbers as (

    select * from {{ ref('int_numbers__read') }}
    where item_type = 'payment'

),

-- Materialized, so that no plan begins with the amounts of all payments.
naming_payments as materialized (

    select
        numbers.invoice_key,
        payments.payment_key,
        payments.currency_code,
        payments.direction,
        payments.amount,
        payments.payment_date

    from numbers

    inner join payments
        on numbers.item_key = payments.payment_key

),

-- Payments of one amount that name one invoice twice: what came back is paid again.
repeated as (

    select distinct
        naming_payments.payment_key,
        later.payment_key as later_payment_key,
        later.payment_date as later_date

    from naming_payments

    inner join naming_payments as later
        on naming_payments.invoice_key = later.invoice_key
        and naming_payments.payment_key <> later.payment_key
        and naming_payments.amount = later.amount
        and naming_payments.currency_code = later.currency_code
        and naming_payments.direction = later.direction
        and later.payment_date between naming_payments.payment_date + 1 and naming_payments.payment_date + 75

),

repaid as (

    select
        payment_key,
        min(later_date) as later_date
    from repeated
    group by payment_key

),

-- How far back and ahead each return looks. Periods of four weeks keep an amount that very many share from
-- being joined over years.
ranges as (

    select
        returns.bank_line_key,
        returns.booking_date - case
            when returns.is_disputed then coalesce(own_dispute_windows.days_after, dispute_windows.days_after)
            else {{ window_days('days_after') }}
        end as first_date,
        returns.booking_date + {{ window_days('days_before') }} as last_date,
        {{ window_days('days_after') }} as days_after

    from returns

    cross join windows

    cross join dispute_windows

    left join own_windows
        on returns.entity = own_windows.entity
        and own_windows.method = '*'

    left join own_windows as own_dispute_windows
        on returns.entity = own_dispute_windows.entity
        and own_dispute_windows.method = 'chargeback'

),

return_periods as (

    select
        returns.*,
        ranges.first_date,
        ranges.last_date,
        ranges.days_after,
        unnest(generate_series(
            cast(floor((least(ranges.first_date, returns.booking_date - 2 * ranges.days_after) - date '2000-01-01') / 28) as integer),
            cast(floor((greatest(ranges.last_date, returns.booking_date) - date '2000-01-01') / 28) as integer)
        )) as period

    from returns

    inner join ranges
        on returns.bank_line_key = ranges.bank_line_key

),

line_periods as (

    select
        *,
        cast(floor((booking_date - date '2000-01-01') / 28) as integer) as period
    from bank_lines
    where line_class <> 'payroll'

),

payment_periods as (

    select
        *,
        case when direction = 'in' then -amount else amount end as returned_amount,
        concat_ws(' ', '', payer_name_key, party_name_key, {{ fold_text("concat_ws(' ', reference, memo)") }}) as text,
        cast(floor((payment_date - date '2000-01-01') / 28) as integer) as period
    from payments
    -- A gateway's contents come back through the gateway; what lies on a deposit's slip, on a line of its own.
    where (settlement_key is null or method in ('check', 'cash')) and method <> 'card'

),

line_pairs as (

    select
        'bank_line' as left_type,
        originals.bank_line_key as left_key,
        returns.bank_line_key as right_key,
        originals.entity,
        returns.account_key,
        originals.currency_code,
        returns.amount,
        returns.booking_date - originals.booking_date as days_apart,
        coalesce(returns.check_number = originals.check_number, false) as is_same_check,
        originals.medium = 'electronic'
        and len(list_filter(returns.check_numbers, lambda number: not contains(originals.folded_text, number))) > 0 as is_other_check,
        false as is_repaid,
        false as is_other_medium,
        returns.is_unnamed,
        returns.words,
        returns.longest_word,
        returns.is_telling,
        ' ' || originals.folded_text as text,
        returns.booking_date - originals.booking_date > returns.days_after as is_late,
        originals.line_class = 'gateway' as is_gateway,
        originals.line_class = 'return' as is_return

    from return_periods as returns

    inner join line_periods as originals
        on returns.account_key = originals.account_key
        and returns.currency_code = originals.currency_code
        and returns.amount = -originals.amount
        and returns.period = originals.period
        and originals.booking_date between returns.first_date and returns.last_date
        and originals.bank_line_key <> returns.bank_line_key

    where not (returns.is_electronic and originals.medium = 'paper')

),

payment_pairs as (

    select
        'payment' as left_type,
        payments.payment_key as left_key,
        returns.bank_line_key as right_key,
        returns.entity,
        returns.account_key,
        returns.currency_code,
        returns.amount,
        returns.booking_date - payments.payment_date as days_apart,
        coalesce(
            payments.method = 'check' and (
                returns.check_number = payments.check_number
                or (length(payments.check_number) >= 3 and list_contains(returns.words, payments.check_number))
            ),
            false
        ) as is_same_check,
        coalesce(
            payments.method = 'check' and len(returns.check_numbers) > 0 and not list_contains(returns.words, payments.check_number),
            false
        ) as is_other_check,
        coalesce(repaid.payment_key is not null, false) as is_repaid,
        payments.method = 'cash'
        or (returns.is_electronic and payments.method = 'check')
        or (returns.check_number is not null and payments.method in ('ach', 'eft', 'wire')) as is_other_medium,
        returns.is_unnamed,
        returns.words,
        returns.longest_word,
        returns.is_telling,
        payments.text,
        false as is_late,
        false as is_gateway,
        false as is_return

    from return_periods as returns

    inner join payment_periods as payments
        on returns.entity = payments.entity
        and returns.currency_code = payments.currency_code
        and returns.amount = payments.returned_amount
        and returns.period = payments.period
        and payments.payment_date between returns.booking_date - 2 * returns.days_after and returns.booking_date

    left join repaid
        on payments.payment_key = repaid.payment_key
        and repaid.later_date between returns.booking_date - 3 and returns.booking_date + 60

),

unioned as (

    select * from line_pairs
    union all
    select * from payment_pairs

),

compared as (

    select
        * exclude (text, longest_word),
        -- The longest word is looked for first: where it is missing no other need be.
        case
            when is_telling and contains(text, ' ' || longest_word)
                then list_filter(words, lambda word: not contains(text, ' ' || word))
        end as missing_words
    from unioned

),

-- What the return says, all of it, but perhaps an initial beside two other words, begins words of the other text:
-- names and references are cut at the line's end.
pairs as materialized (

    select
        * exclude (words, is_telling, missing_words),
        coalesce(
            is_telling
            and len(missing_words) <= 1
            and len(list_filter(missing_words, lambda word: length(word) > 1 or len(words) < 3)) = 0,
            false
        ) as is_said
    from compared

),

shared as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join tokens as left_tokens
        on pairs.left_key = left_tokens.item_key

    inner join tokens as right_tokens
        on pairs.right_key = right_tokens.item_key
        and left_tokens.token = right_tokens.token

    -- A year, or a month of one, is no reference.
    where length(left_tokens.token) >= 4
        and not regexp_full_match(left_tokens.token, '(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])?')

),

named as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join names as right_names
        on pairs.right_key = right_names.bank_line_key

    inner join names as left_names
        on pairs.left_key = left_names.bank_line_key
        and right_names.name_key = left_names.name_key

    where pairs.left_type = 'bank_line'

    union all

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join names as right_names
        on pairs.right_key = right_names.bank_line_key

    inner join payments
        on pairs.left_key = payments.payment_key
        and right_names.name_key = payments.payer_name_key

    where pairs.left_type = 'payment'

),

-- What was disputed late and a gateway's line come back by their own reference alone, a return by a name, too.
counts as (

    select
        right_key,
        count(*) filter (where left_type = 'bank_line' and not is_late and not is_gateway and not is_return) as line_count,
        count(*) filter (where left_type = 'payment' and not is_other_medium) as payment_count,
        max(days_apart) filter (where left_type = 'payment' and not is_other_medium) as payment_days,
        count(*) filter (where is_repaid) as repaid_count
    from pairs
    group by right_key

),

told as (

    select
        left_key,
        right_key,
        true as is_shared
    from shared

    union all

    select
        left_key,
        right_key,
        false as is_shared
    from named

),

evidence as (

    select
        left_key,
        right_key,
        bool_or(is_shared) as is_shared,
        bool_or(not is_shared) as is_named
    from told
    group by left_key, right_key

),

-- Among very many of one amount a pair that shares nothing says nothing.
weighed as (

    select
        pairs.* exclude (is_other_check),
        pairs.is_other_medium or pairs.is_other_check as is_other,
        counts.line_count + counts.payment_count as candidate_count,
        counts.line_count,
        counts.payment_count,
        counts.payment_days,
        counts.repaid_count,
        coalesce(evidence.is_shared, false) as is_shared,
        coalesce(evidence.is_named, false) as is_named

    from pairs

    inner join counts
        on pairs.right_key = counts.right_key

    left join evidence
        on pairs.left_key = evidence.left_key
        and pairs.right_key = evidence.right_key

    where counts.line_count + counts.payment_count <= 12
        or pairs.is_same_check
        or pairs.is_said
        or evidence.left_key is not null

),

levelled as (

    select
        * exclude (is_other, is_shared, is_named, is_said, line_count, payment_count, payment_days, repaid_count),
        case
            when is_same_check then 'check_number'
            when is_shared then 'whole_token'
            else 'none'
        end as reference_level,
        case
            when is_named then 'same_name'
            when is_said then 'cut_name'
            else 'none'
        end as payer_level,
        case
            when is_return then 5
            when is_same_check or is_shared then 1
            when is_other then 5
            when is_said then 2
            when is_named then case when bool_or(is_said) over (partition by right_key) then 5 else 2 end
            when is_repaid and repaid_count = 1 and is_unnamed and candidate_count <= 6 then 3
            -- The one payment beside the one line is that line's own, so no later than it.
            when left_type = 'bank_line' and line_count = 1 and payment_count <= 1 and coalesce(payment_days >= days_apart - 1, true) then 4
            when left_type = 'payment' and line_count = 0 and payment_count = 1 then 4
            else 5
        end as evidence_class

    from weighed

    -- Cash does not come back, but a reference or a name may know better than the books which means it was.
    where (not is_other_medium or is_same_check or is_shared or is_named or is_said)
        and (not (is_late or is_gateway) or is_shared)
        and (not is_return or is_shared or is_named)

),

lines_only as (

    select * from levelled
    where left_type = 'bank_line'

),

payments_only as (

    select * from levelled
    where left_type = 'payment'

),

nothing as (

    select
        left_key,
        right_key,
        evidence_class
    from levelled
    where false

),

lines_by_reference as (
    {{ unrivalled('lines_only', 'nothing', 1) }}
),

payments_by_reference as (
    {{ unrivalled('payments_only', 'lines_by_reference', 1) }}
),

taken_before_names as (

    select * from lines_by_reference
    union all
    select * from payments_by_reference

),

lines_by_name as (
    {{ unrivalled('lines_only', 'taken_before_names', 2) }}
),

taken_lines as (

    select * from taken_before_names
    union all
    select * from lines_by_name

),

payments_by_name as (
    {{ unrivalled('payments_only', 'taken_lines', 2) }}
),

taken_before_repaid as (

    select * from taken_lines
    union all
    select * from payments_by_name

),

payments_by_repaid as (
    {{ unrivalled('payments_only', 'taken_before_repaid', 3) }}
),

taken_before_alone as (

    select * from taken_before_repaid
    union all
    select * from payments_by_repaid

),

lines_alone as (
    {{ unrivalled('lines_only', 'taken_before_alone', 4) }}
),

payments_alone as (
    {{ unrivalled('payments_only', 'taken_before_alone', 4) }}
),

accepted as (

    select * from taken_before_alone
    union all
    select * from lines_alone
    union all
    select * from payments_alone

),

named_pairs as (

    select
        levelled.*,
        case when accepted.left_key is not null then 'auto' else 'suggested' end as status,
        case
            when accepted.left_key is null then 'return_rivals'
            when levelled.evidence_class <= 2 then 'return_named'
            when levelled.evidence_class = 3 then 'return_repaid'
            else 'return_alone'
        end as rule

    from levelled

    left join accepted
        on levelled.left_key = accepted.left_key
        and levelled.right_key = accepted.right_key

    left join accepted as left_taken
        on levelled.left_key = left_taken.left_key

    left join accepted as right_taken
        on levelled.right_key = right_taken.right_key

    where accepted.left_key is not null
        or (
            left_taken.left_key is null
            and right_taken.right_key is null
            -- Among very many of one amount a return without a name points to none.
            and (levelled.evidence_class < 5 or levelled.is_other_medium or levelled.candidate_count <= 12)
        )

),

final as (
    {{ under_own_rules('named_pairs', keeps_lost=false) }}
)

select * from final
