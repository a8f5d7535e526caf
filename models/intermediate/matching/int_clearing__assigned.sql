-- One row per compared pair, with its fate: accepted class by class, strongest first, where no rival
-- of the same or a stronger class stands against it, and a name alone only where no free line as near says
-- it, too; else suggested, or lost to a taken side.
with

-- Whole days of card payments that are one line, and whole runs: told among the sets.
paid_out as (

    select
        left_key,
        right_key,
        0 as evidence_class
    from {{ ref('int_payouts__found') }}
    where is_proved

    union all

    select
        left_key,
        right_key,
        0 as evidence_class
    from {{ ref('int_runs__found') }}

),

pairs as (

    select compared.*

    from {{ ref('int_clearing_pairs__compared') }} as compared

    left join paid_out
        on compared.left_key = paid_out.left_key
        and compared.right_key = paid_out.right_key

    where paid_out.left_key is null

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

by_reference as (
    {{ unrivalled('pairs', 'paid_out', 1, margin_days=3) }}
),

taken_alone as (

    select * from paid_out
    union all
    select * from by_reference

),

-- Instalments of one reference and amount cross each other's time. What hangs together gets the label of its
-- least payment, in three steps.
free_references as (

    select
        pairs.left_key,
        pairs.right_key,
        pairs.item_date,
        pairs.booking_date,
        pairs.days_apart,
        min(pairs.left_key) over (partition by pairs.right_key) as label

    from pairs

    left join taken_alone as left_taken
        on pairs.left_key = left_taken.left_key

    left join taken_alone as right_taken
        on pairs.right_key = right_taken.right_key

    where pairs.evidence_class = 1
        and left_taken.left_key is null
        and right_taken.right_key is null

),

labelled as (

    select * replace (min(label) over (partition by left_key) as label)
    from free_references

),

grouped as (

    select * replace (min(label) over (partition by right_key) as label)
    from labelled

),

placed as (

    select
        *,
        dense_rank() over (partition by label order by item_date) as left_place,
        dense_rank() over (partition by label order by booking_date) as right_place,
        min(label) over (partition by left_key) <> max(label) over (partition by left_key) as is_torn
    from grouped

),

-- As many payments as lines, each on a day of its own and each beside the one of its place.
series as (

    select label
    from placed
    group by label
    having count(distinct left_key) = count(distinct right_key)
        and count(distinct item_date) = count(distinct left_key)
        and count(distinct booking_date) = count(distinct right_key)
        and count(*) filter (where left_place = right_place and days_apart between -3 and 5) = count(distinct left_key)
        -- Two that may as well have crossed are told apart by nothing.
        and not (
            bool_or(left_place < right_place and days_apart between -1 and 5)
            and bool_or(left_place > right_place and days_apart between -1 and 5)
        )
        and not bool_or(is_torn)

),

by_order as (

    select
        placed.left_key,
        placed.right_key,
        1 as evidence_class

    from placed

    inner join series
        on placed.label = series.label

    where placed.left_place = placed.right_place

),

taken_by_reference as (

    select * from taken_alone
    union all
    select * from by_order

),

by_near_settlement as (
    {{ unrivalled('pairs', 'taken_by_reference', 2) }}
),

taken_near as (

    select * from taken_by_reference
    union all
    select * from by_near_settlement

),

holidays as (

    select coalesce(list(holiday order by holiday asc), []) as days
    from {{ ref('int_bank_holidays__seen') }}

),

-- By how many of the bank's days a payout's line may come after it.
settlements as (

    select
        pairs.*,
        case
            when pairs.reference_level = 'gateway' and pairs.days_apart >= 0
                then {{ weekdays_after('pairs.item_date', 'pairs.booking_date', 'holidays.days') }}
        end as weekdays_apart

    from pairs

    cross join holidays

    where pairs.left_type = 'settlement' and pairs.evidence_class <= 3

),

lone_settlements as (

    select
        entity,
        days_apart,
        weekdays_apart,
        count(*) over (partition by left_key) as line_count,
        count(*) over (partition by right_key) as settlement_count
    from settlements

),

-- Where payouts that fit one line alone take a week or more, none is told by being nearer.
slow_entities as (

    select entity
    from lone_settlements
    where line_count = 1 and settlement_count = 1
    group by entity
    having count(*) filter (where days_apart >= 6) >= 2

),

delays as (

    select
        entity,
        weekdays_apart,
        count(*) as pair_count
    from lone_settlements
    where line_count = 1 and settlement_count = 1 and weekdays_apart is not null
    group by entity, weekdays_apart

),

-- Of twenty payouts or more that fit one line alone, nine in ten take as many weekdays.
steady_delays as (

    select
        entity,
        weekdays_apart
    from delays
    qualify pair_count * 10 >= 9 * sum(pair_count) over (partition by entity)
        and sum(pair_count) over (partition by entity) >= 20

),

steady_pairs as (

    select settlements.*

    from settlements

    inner join steady_delays
        on settlements.entity = steady_delays.entity
        and settlements.weekdays_apart = steady_delays.weekdays_apart

),

by_steady_settlement as (
    {{ unrivalled('steady_pairs', 'taken_near', 3) }}
),

taken_steady as (

    select * from taken_near
    union all
    select * from by_steady_settlement

),

prompt_pairs as (

    select pairs.*

    from pairs

    left join slow_entities
        on pairs.entity = slow_entities.entity

    where slow_entities.entity is null

),

slow_pairs as (

    select pairs.*

    from pairs

    inner join slow_entities
        on pairs.entity = slow_entities.entity

),

by_settlement as (

    {{ unrivalled('prompt_pairs', 'taken_steady', 3, margin_days=5) }}

    union all

    {{ unrivalled('slow_pairs', 'taken_steady', 3) }}

),

taken_before_names as (

    select * from taken_steady
    union all
    select * from by_settlement

),

by_name as (
    {{ unrivalled('pairs', 'taken_before_names', 4, margin_days=5) }}
),

taken_before_far_names as (

    select * from taken_before_names
    union all
    select * from by_name

),

by_far_name as (
    {{ unrivalled('pairs', 'taken_before_far_names', 5, margin_days=3) }}
),

taken_before_words as (

    select * from taken_before_far_names
    union all
    select * from by_far_name

),

by_words as (
    {{ unrivalled('pairs', 'taken_before_words', 6) }}
),

taken_before_late_names as (

    select * from taken_before_words
    union all
    select * from by_words

),

by_late_name as (
    {{ unrivalled('pairs', 'taken_before_late_names', 7) }}
),

told as (

    select * from taken_before_late_names
    union all
    select * from by_late_name

),

told_lines as (

    select distinct right_key from told

),

-- What is told by a name alone, or by a reference that comes late, and the words of the line's name.
told_by_name as (

    select
        pairs.left_key,
        pairs.right_key,
        pairs.entity,
        pairs.currency_code,
        pairs.amount,
        pairs.item_date,
        pairs.days_apart,
        case
            when pairs.reference_level <> 'none' then least(abs(pairs.days_apart) - 3, 7)
            when pairs.days_apart < 0 then 7
            else pairs.days_apart
        end as most_days,
        list_filter(string_split(bank_lines.name_key, ' '), lambda word: length(word) >= 3) as words,
        len(words) as word_count,
        unnest(words) as word

    from told

    inner join pairs
        on told.left_key = pairs.left_key
        and told.right_key = pairs.right_key
        and pairs.amount_level = 'exact'

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    where (pairs.reference_level = 'none' and told.evidence_class in (4, 5, 7))
        or (
            pairs.left_type = 'payment'
            and pairs.reference_level in ('whole_token', 'same_invoice')
            and not pairs.is_slow
            and not pairs.has_sole_trace
            and (pairs.days_apart >= 5 or pairs.days_apart < -1)
        )

),

free_words as (

    select
        bank_lines.bank_line_key,
        bank_lines.entity,
        bank_lines.currency_code,
        bank_lines.amount,
        bank_lines.booking_date,
        list_filter(string_split(bank_lines.name_key, ' '), lambda word: length(word) >= 3) as words,
        len(words) as word_count,
        unnest(words) as word

    from bank_lines

    left join told_lines
        on bank_lines.bank_line_key = told_lines.right_key

    where told_lines.right_key is null

),

-- A free line of that amount which says the same name, a slip or a cut apart, and is as near to the payment, or
-- any within a week where the line told comes before the payment, may be the payment's as well.
alike_words as (

    select distinct
        told_by_name.left_key,
        told_by_name.right_key,
        told_by_name.word_count,
        told_by_name.word,
        free_words.bank_line_key,
        free_words.word_count as free_word_count,
        free_words.word as free_word

    from told_by_name

    inner join free_words
        on told_by_name.entity = free_words.entity
        and told_by_name.currency_code = free_words.currency_code
        and told_by_name.amount = free_words.amount
        and left(told_by_name.word, 1) = left(free_words.word, 1)

    where abs(free_words.booking_date - told_by_name.item_date) <= told_by_name.most_days
        and (
            starts_with(told_by_name.word, free_words.word)
            or starts_with(free_words.word, told_by_name.word)
            or {{ one_slip('told_by_name.word', 'free_words.word') }}
        )

),

doubted as (

    select distinct
        left_key,
        right_key
    from (
        select
            left_key,
            right_key
        from alike_words
        group by left_key, right_key, bank_line_key, word_count, free_word_count
        having count(distinct word) = word_count or count(distinct free_word) = free_word_count
    ) as alike_names

),

accepted as (

    select told.*

    from told

    left join doubted
        on told.left_key = doubted.left_key
        and told.right_key = doubted.right_key

    where doubted.left_key is null

),

taken_lines as (

    select distinct right_key from accepted

),

decided as (

    select
        pairs.*,
        accepted.left_key is not null as is_accepted,
        doubted.left_key is not null as is_doubted,
        left_taken.left_key is not null or right_taken.right_key is not null as is_taken

    from pairs

    left join accepted
        on pairs.left_key = accepted.left_key
        and pairs.right_key = accepted.right_key

    left join doubted
        on pairs.left_key = doubted.left_key
        and pairs.right_key = doubted.right_key

    left join accepted as left_taken
        on pairs.left_key = left_taken.left_key

    left join taken_lines as right_taken
        on pairs.right_key = right_taken.right_key

),

ranked as (

    select
        *,
        row_number() over (
            partition by left_key
            order by is_accepted desc, is_taken asc, weight desc, abs(days_apart) asc, right_key asc
        ) as left_rank,
        row_number() over (
            partition by right_key
            order by is_accepted desc, is_taken asc, weight desc, abs(days_apart) asc, left_key asc
        ) as right_rank,
        max(weight) over (partition by left_key) as best_left_weight,
        max(weight) over (partition by right_key) as best_right_weight

    from decided

),

named as (

    select
        'clearing' as leg,
        left_type,
        left_key,
        right_type,
        right_key,
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
        weight - greatest(best_left_weight, best_right_weight) as behind_best,
        case
            when is_accepted then 'auto'
            when not is_taken and (left_rank <= 3 or right_rank <= 3) then 'suggested'
            else 'lost'
        end as status,
        case
            when not is_accepted and amount_level in ('converted', 'converted_in_doubt') then 'conversion_rivals'
            when not is_accepted then 'clearing_rivals'
            when amount_level = 'converted' then 'converted_amount'
            when left_type = 'settlement' and reference_level = 'whole_token' then 'settlement_reference'
            when reference_level = 'whole_token' then 'reference_amount'
            when reference_level = 'check_number' then 'check_amount'
            when reference_level = 'same_invoice' then 'number_amount'
            when reference_level = 'gateway' then 'settlement_gateway'
            when reference_level = 'slip' then 'deposit_slip'
            when reference_level = 'own_record' then 'own_record'
            when reference_level = 'same_text' then 'text_amount'
            when payer_level = 'shared_word' then 'lone_amount'
            when names_beneficiary and evidence_class = 3 then 'beneficiary_amount'
            else 'payer_amount'
        end as rule,
        case
            when is_accepted then null
            when is_taken then 'side_taken_by_stronger_pair'
            when amount_level = 'converted_in_doubt' or is_stale or is_contested or is_doubted then 'evidence_leaves_doubt'
            when evidence_class = 9 then 'no_evidence_of_who'
            when weight < greatest(best_left_weight, best_right_weight) then 'weaker_than_rival'
            else 'equal_rival'
        end as lost_because

    from ranked

),

final as (
    {{ under_own_rules('named') }}
)

select * from final
