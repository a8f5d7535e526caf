-- One row per (payment, bank line, rank) where money reached the bank in another shape than it was
-- recorded: payments that share a reference or a payer and together are one line, one payment in two or
-- three lines, and
-- an amount that differs by a fee or a slip; whole days of card payments that are a gateway's line; and
-- the line of the same amount that is nearest in time, where few are near. All are proposals but runs whose
-- reference the line bears and a gateway's days, if no other days are its line.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

clearables as (

    select * from {{ ref('int_clearables__prepared') }}
    where left_type = 'payment'

),

payouts as (

    select * from {{ ref('int_payouts__found') }}

),

items_left as (

    select item_key from {{ ref('int_clearing_items__left') }}

),

payments as (

    select clearables.*

    from clearables

    inner join items_left
        on clearables.left_key = items_left.item_key

),

lines as (

    select bank_lines.*

    from bank_lines

    inner join items_left
        on bank_lines.bank_line_key = items_left.item_key

),

-- RUN511-2 is the second of RUN511.
told_tokens as (

    select
        item_type,
        item_key,
        entity,
        token
    from {{ ref('int_reference_tokens__extracted') }}

    union all

    select
        'payment' as item_type,
        payment_key as item_key,
        entity,
        regexp_replace(regexp_extract(upper(reference), '^([A-Z0-9/-]*[0-9][A-Z0-9/-]*)[-./ ][0-9]{1,3}$', 1), '[^A-Z0-9]', '', 'g') as token
    from {{ ref('int_payments__evidenced') }}

),

all_tokens as (

    select
        item_type,
        item_key,
        entity,
        token,
        count(*) over (partition by item_type, entity, token) as bearer_count
    from told_tokens
    where length(token) >= 4
        and not regexp_full_match(token, '(?:19|20)[0-9]{2}')

),

payment_tokens as (

    select
        all_tokens.token,
        all_tokens.bearer_count,
        payments.*

    from payments

    inner join all_tokens
        on payments.left_key = all_tokens.item_key
        and all_tokens.item_type = 'payment'

),

line_tokens as (

    select
        all_tokens.token,
        all_tokens.bearer_count,
        lines.bank_line_key

    from lines

    inner join all_tokens
        on lines.bank_line_key = all_tokens.item_key
        and all_tokens.item_type = 'bank_line'

),

numbers as (

    select distinct
        entity,
        number_token
    from {{ ref('int_invoices__evidenced') }}

),

-- Payments of one run, made within three days, bear its number, or within ten where the line bears it too;
-- those of one invoice bear that one's.
runs as (

    select
        payment_tokens.entity,
        payment_tokens.currency_code,
        payment_tokens.token,
        payment_tokens.expected_amount > 0 as is_in,
        sum(payment_tokens.expected_amount) as run_amount,
        min(payment_tokens.item_date) as first_date,
        max(payment_tokens.item_date) as last_date

    from payment_tokens

    left join numbers
        on payment_tokens.entity = numbers.entity
        and payment_tokens.token = numbers.number_token

    where payment_tokens.bearer_count between 2 and 200
        and numbers.number_token is null
    group by payment_tokens.entity, payment_tokens.currency_code, payment_tokens.token, payment_tokens.expected_amount > 0
    having count(*) >= 2 and max(payment_tokens.item_date) - min(payment_tokens.item_date) <= 10

),

run_lines as (

    select
        runs.entity,
        runs.currency_code,
        runs.token,
        runs.is_in,
        lines.bank_line_key,
        lines.booking_date,
        line_tokens.bank_line_key is not null as is_named,
        row_number() over (
            partition by lines.bank_line_key
            order by line_tokens.bank_line_key is not null desc, abs(lines.booking_date - runs.last_date) asc, runs.token asc
        ) as set_rank

    from runs

    inner join lines
        on runs.entity = lines.entity
        and runs.currency_code = lines.currency_code
        and runs.run_amount = lines.amount
        and lines.booking_date between runs.first_date - 3 and runs.last_date + 10

    left join line_tokens
        on lines.bank_line_key = line_tokens.bank_line_key
        and runs.token = line_tokens.token

    where runs.last_date - runs.first_date <= 3 or line_tokens.bank_line_key is not null

),

batches as (

    select
        payment_tokens.left_key,
        run_lines.bank_line_key as right_key,
        run_lines.set_rank,
        payment_tokens.entity,
        payment_tokens.currency_code,
        payment_tokens.expected_amount as amount,
        run_lines.booking_date - payment_tokens.item_date as days_apart,
        case when run_lines.is_named then 'whole_token' else 'none' end as reference_level,
        'none' as payer_level,
        'run_sum' as amount_level,
        'batch_sum' as rule

    from run_lines

    inner join payment_tokens
        on run_lines.entity = payment_tokens.entity
        and run_lines.currency_code = payment_tokens.currency_code
        and run_lines.token = payment_tokens.token
        and run_lines.is_in = (payment_tokens.expected_amount > 0)

    where run_lines.set_rank <= 2

),

-- Pairs that a rare reference or the payer's name joins, whatever their amounts.
akin as (

    select
        payment_tokens.left_key,
        line_tokens.bank_line_key as right_key,
        'whole_token' as reference_level,
        'none' as payer_level

    from payment_tokens

    inner join line_tokens
        on payment_tokens.token = line_tokens.token

    where payment_tokens.bearer_count <= 3 and line_tokens.bearer_count <= 3

    union all

    select
        left_key,
        right_key,
        'none' as reference_level,
        payer_level
    from {{ ref('int_clearing_names__compared') }}
    where days_apart between -3 and 10

),

kinds as (

    select
        akin.left_key,
        akin.right_key,
        max(akin.reference_level) as reference_level,
        coalesce(max(akin.payer_level) filter (where akin.payer_level <> 'none'), 'none') as payer_level
    from akin
    group by akin.left_key, akin.right_key

),

pairs as (

    select
        kinds.left_key,
        kinds.right_key,
        kinds.reference_level,
        kinds.payer_level,
        payments.entity,
        payments.currency_code,
        payments.expected_amount,
        payments.item_date,
        lines.account_key,
        lines.amount as line_amount,
        lines.booking_date - payments.item_date as days_apart,
        payments.account_key is null or payments.account_key = lines.account_key as is_own_account,
        abs(lines.amount - payments.expected_amount) as missing_amount

    from kinds

    inner join payments
        on kinds.left_key = payments.left_key

    inner join lines
        on kinds.right_key = lines.bank_line_key
        and payments.entity = lines.entity
        and payments.currency_code = lines.currency_code
        and (payments.expected_amount > 0) = (lines.amount > 0)
        and lines.booking_date between payments.item_date - 3 and payments.item_date + 10

),

-- One of two may have reached another account than the books say.
halves as (

    select
        firsts.left_key,
        [firsts.right_key, seconds.right_key] as right_keys,
        row_number() over (
            partition by firsts.left_key
            order by
                firsts.reference_level desc,
                firsts.is_own_account and seconds.is_own_account desc,
                abs(firsts.days_apart) + abs(seconds.days_apart) asc,
                firsts.right_key asc,
                seconds.right_key asc
        ) as part_rank

    from pairs as firsts

    inner join pairs as seconds
        on firsts.left_key = seconds.left_key
        and firsts.right_key < seconds.right_key
        and firsts.line_amount + seconds.line_amount = firsts.expected_amount
        and (firsts.is_own_account or seconds.is_own_account)

),

halved_payments as (

    select distinct left_key from halves

),

own_pairs as (

    select
        *,
        count(*) over (partition by left_key) as line_count
    from pairs
    where is_own_account and abs(line_amount) < abs(expected_amount)

),

thirds as (

    select
        firsts.left_key,
        [firsts.right_key, seconds.right_key, lasts.right_key] as right_keys,
        row_number() over (
            partition by firsts.left_key
            order by
                abs(firsts.days_apart) + abs(seconds.days_apart) + abs(lasts.days_apart) asc,
                firsts.right_key asc,
                seconds.right_key asc,
                lasts.right_key asc
        ) as part_rank

    from own_pairs as firsts

    inner join own_pairs as seconds
        on firsts.left_key = seconds.left_key
        and firsts.right_key < seconds.right_key

    inner join own_pairs as lasts
        on firsts.left_key = lasts.left_key
        and seconds.right_key < lasts.right_key
        and firsts.line_amount + seconds.line_amount + lasts.line_amount = firsts.expected_amount

    left join halved_payments
        on firsts.left_key = halved_payments.left_key

    where halved_payments.left_key is null and firsts.line_count <= 12

),

parts as (

    select * from halves
    union all
    select * from thirds

),

part_keys as (

    select
        left_key,
        unnest(right_keys) as right_key
    from parts
    where part_rank = 1

),

splits as (

    select
        pairs.left_key,
        pairs.right_key,
        1 as set_rank,
        pairs.entity,
        pairs.currency_code,
        pairs.line_amount as amount,
        pairs.days_apart,
        pairs.reference_level,
        pairs.payer_level,
        'split_sum' as amount_level,
        'split_lines' as rule

    from part_keys

    inner join pairs
        on part_keys.left_key = pairs.left_key
        and part_keys.right_key = pairs.right_key

),

-- The same amount within days, whoever it is from. Periods of three weeks keep an amount that very
-- many share from being joined over years.
payment_periods as (

    select
        *,
        unnest([-1, 0, 1]) + cast(floor((item_date - date '2000-01-01') / 21) as integer) as period
    from payments

),

line_periods as (

    select
        *,
        cast(floor((booking_date - date '2000-01-01') / 21) as integer) as period
    from lines
    where line_class not in ('gateway', 'payroll')

),

crowds as (

    select
        entity,
        currency_code,
        amount,
        period
    from line_periods
    group by entity, currency_code, amount, period
    having count(*) > 60

),

near_pairs as (

    select
        payment_periods.left_key,
        line_periods.bank_line_key as right_key,
        payment_periods.entity,
        payment_periods.currency_code,
        line_periods.amount,
        line_periods.booking_date - payment_periods.item_date as days_apart,
        count(*) over (partition by payment_periods.left_key) as left_count,
        count(*) over (partition by line_periods.bank_line_key) as right_count,
        -- Money arrives a day after it was recorded more often than on any other.
        row_number() over (
            partition by payment_periods.left_key
            order by abs(line_periods.booking_date - payment_periods.item_date - 1) asc, line_periods.booking_date asc, line_periods.bank_line_key asc
        ) as left_rank,
        row_number() over (
            partition by line_periods.bank_line_key
            order by abs(line_periods.booking_date - payment_periods.item_date - 1) asc, payment_periods.item_date asc, payment_periods.left_key asc
        ) as right_rank

    from payment_periods

    inner join line_periods
        on payment_periods.entity = line_periods.entity
        and payment_periods.currency_code = line_periods.currency_code
        and payment_periods.expected_amount = line_periods.amount
        and payment_periods.period = line_periods.period

    left join crowds
        on line_periods.entity = crowds.entity
        and line_periods.currency_code = crowds.currency_code
        and line_periods.amount = crowds.amount
        and line_periods.period = crowds.period

    where crowds.amount is null
        and (payment_periods.account_key is null or payment_periods.account_key = line_periods.account_key)
        and line_periods.booking_date between payment_periods.item_date - 3
        and payment_periods.item_date + case when payment_periods.method in ('check', 'cash') then 21 else 8 end
        and not (payment_periods.method in ('check', 'cash') and line_periods.medium = 'electronic')
        and not (payment_periods.method in ('ach', 'wire', 'eft') and line_periods.medium = 'paper')

),

-- What has a partner of exactly its amount, or one in a deposit, if only proposed.
suggested_pairs as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing__assigned') }}
    where status = 'suggested'

    union all

    select
        left_key,
        right_key
    from {{ ref('int_deposit_sets__proposed') }}
    where status <> 'lost'

),

suggested_keys as (

    select left_key as item_key from suggested_pairs

    union all

    select right_key as item_key from suggested_pairs

),

partnered as (

    select distinct item_key from suggested_keys

),

-- The second of two lines may name nobody, if nothing else fits the payment or either line.
rest_periods as (

    select
        *,
        expected_amount - line_amount as rest_amount,
        unnest([-1, 0, 1]) + cast(floor((item_date - date '2000-01-01') / 21) as integer) as period
    from pairs
    where is_own_account

),

halved as (

    select distinct left_key from parts

),

rests as (

    select
        rest_periods.left_key,
        rest_periods.right_key as first_key,
        line_periods.bank_line_key as second_key,
        rest_periods.entity,
        rest_periods.currency_code,
        rest_periods.reference_level,
        rest_periods.payer_level,
        rest_periods.line_amount,
        rest_periods.rest_amount,
        rest_periods.days_apart,
        line_periods.booking_date - rest_periods.item_date as rest_days_apart,
        row_number() over (
            partition by rest_periods.left_key
            order by
                rest_periods.reference_level desc,
                abs(rest_periods.days_apart) + abs(line_periods.booking_date - rest_periods.item_date) asc,
                rest_periods.right_key asc,
                line_periods.bank_line_key asc
        ) as rest_rank

    from rest_periods

    inner join line_periods
        on rest_periods.entity = line_periods.entity
        and rest_periods.currency_code = line_periods.currency_code
        and rest_periods.rest_amount = line_periods.amount
        and rest_periods.period = line_periods.period
        and rest_periods.account_key = line_periods.account_key

    left join crowds
        on line_periods.entity = crowds.entity
        and line_periods.currency_code = crowds.currency_code
        and line_periods.amount = crowds.amount
        and line_periods.period = crowds.period

    left join halved
        on rest_periods.left_key = halved.left_key

    left join partnered as partnered_lefts
        on rest_periods.left_key = partnered_lefts.item_key

    left join partnered as partnered_firsts
        on rest_periods.right_key = partnered_firsts.item_key

    left join partnered as partnered_seconds
        on line_periods.bank_line_key = partnered_seconds.item_key

    where crowds.amount is null
        and halved.left_key is null
        and partnered_lefts.item_key is null
        and partnered_firsts.item_key is null
        and partnered_seconds.item_key is null
        and rest_periods.right_key <> line_periods.bank_line_key
        and (rest_periods.rest_amount > 0) = (rest_periods.line_amount > 0)
        and line_periods.booking_date between rest_periods.item_date - 3 and rest_periods.item_date + 10

),

rest_lines as (

    select
        left_key,
        unnest([first_key, second_key]) as right_key,
        1 as set_rank,
        entity,
        currency_code,
        unnest([line_amount, rest_amount]) as amount,
        unnest([days_apart, rest_days_apart]) as days_apart,
        unnest([reference_level, 'none']) as reference_level,
        unnest([payer_level, 'none']) as payer_level,
        'split_sum' as amount_level,
        'split_lines' as rule
    from rests
    where rest_rank = 1

),

payer_batches as (

    select
        left_key,
        right_key,
        set_rank,
        entity,
        currency_code,
        amount,
        days_apart,
        'none' as reference_level,
        payer_level,
        'run_sum' as amount_level,
        'batch_payer' as rule
    from {{ ref('int_payer_batches__found') }}

),

-- Lines of a few days of which none bears the payment's name or reference.
nameless_splits as (

    select found.*

    from {{ ref('int_splits__found') }} as found

    left join halved
        on found.left_key = halved.left_key

    left join rests
        on found.left_key = rests.left_key

    where halved.left_key is null and rests.left_key is null

),

summed as (

    select
        left_key,
        right_key
    from batches

    union all

    select
        left_key,
        right_key
    from nameless_splits

    union all

    select
        left_key,
        right_key
    from payer_batches

    union all

    select
        left_key,
        right_key
    from splits

    union all

    select
        left_key,
        right_key
    from rest_lines

),

fitting_keys as (

    select item_key from partnered

    union all

    select left_key as item_key from summed

    union all

    select right_key as item_key from summed

),

fitting as (

    select distinct item_key from fitting_keys

),

-- A fee of up to fifty that is no more than half, cents, or the same digits in another order; by the payer's
-- name only where nothing else fits the payment or the line.
differing as (

    select
        pairs.*,
        row_number() over (
            partition by pairs.left_key
            order by pairs.reference_level desc, pairs.missing_amount asc, abs(pairs.days_apart) asc, pairs.right_key asc
        ) as left_rank,
        row_number() over (
            partition by pairs.right_key
            order by pairs.reference_level desc, pairs.missing_amount asc, abs(pairs.days_apart) asc, pairs.left_key asc
        ) as right_rank

    from pairs

    left join fitting as fitting_lefts
        on pairs.left_key = fitting_lefts.item_key

    left join fitting as fitting_rights
        on pairs.right_key = fitting_rights.item_key

    where pairs.missing_amount > 0
        and pairs.is_own_account
        and (pairs.reference_level <> 'none' or (fitting_lefts.item_key is null and fitting_rights.item_key is null))
        and (
            (pairs.missing_amount <= 50 and 2 * pairs.missing_amount <= abs(pairs.expected_amount))
            or pairs.missing_amount < 1
            or list_sort(string_split(cast(abs(pairs.expected_amount) as varchar), ''))
            = list_sort(string_split(cast(abs(pairs.line_amount) as varchar), ''))
        )

),

-- The payer's name and exactly the amount, but weeks later than such payments come, or recorded later.
exact_pairs as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing_pairs__blocked') }}
    where amount_level = 'exact'

),

late_pairs as (

    select
        kin.left_key,
        kin.right_key,
        kin.payer_level,
        kin.days_apart,
        payments.entity,
        payments.currency_code,
        payments.item_date,
        lines.amount,
        lines.booking_date

    from {{ ref('int_clearing_names__compared') }} as kin

    inner join exact_pairs
        on kin.left_key = exact_pairs.left_key
        and kin.right_key = exact_pairs.right_key

    inner join payments
        on kin.left_key = payments.left_key

    inner join lines
        on kin.right_key = lines.bank_line_key
        and (payments.account_key is null or payments.account_key = lines.account_key)

    where kin.days_apart > 7 or kin.days_apart < -7

),

-- Rents recur: nothing else that fits may lie within a hundred days of either, taken or not.
late_lefts as (

    select late_pairs.left_key

    from late_pairs

    inner join exact_pairs
        on late_pairs.left_key = exact_pairs.left_key

    inner join bank_lines
        on exact_pairs.right_key = bank_lines.bank_line_key
        and bank_lines.booking_date between late_pairs.item_date - 100 and late_pairs.item_date + 100

    group by late_pairs.left_key
    having count(*) = 1

),

late_rights as (

    select late_pairs.right_key

    from late_pairs

    inner join exact_pairs
        on late_pairs.right_key = exact_pairs.right_key

    inner join clearables
        on exact_pairs.left_key = clearables.left_key
        and clearables.item_date between late_pairs.booking_date - 100 and late_pairs.booking_date + 100

    group by late_pairs.right_key
    having count(*) = 1

),

late as (

    select late_pairs.*

    from late_pairs

    inner join late_lefts
        on late_pairs.left_key = late_lefts.left_key

    inner join late_rights
        on late_pairs.right_key = late_rights.right_key

),

unioned as (

    select * from batches

    union all

    select * from payer_batches

    union all

    select * from splits

    union all

    select * from rest_lines

    union all

    select
        left_key,
        right_key,
        1 as set_rank,
        entity,
        currency_code,
        amount,
        days_apart,
        'none' as reference_level,
        'none' as payer_level,
        'split_sum' as amount_level,
        'split_sum' as rule
    from nameless_splits

    union all

    select
        left_key,
        right_key,
        1 as set_rank,
        entity,
        currency_code,
        amount,
        days_apart,
        'gateway' as reference_level,
        'none' as payer_level,
        'days_sum' as amount_level,
        case when is_proved then 'payout_days' else 'payout_days_rivals' end as rule
    from payouts

    union all

    select
        left_key,
        right_key,
        1 as set_rank,
        entity,
        currency_code,
        amount,
        days_apart,
        reference_level,
        'none' as payer_level,
        'run_sum' as amount_level,
        rule
    from {{ ref('int_runs__found') }}

    union all

    select
        left_key,
        right_key,
        1 as set_rank,
        entity,
        currency_code,
        amount,
        days_apart,
        'gateway' as reference_level,
        'none' as payer_level,
        'differing' as amount_level,
        'payout_days_fee' as rule
    from {{ ref('int_payouts__estimated') }}

    union all

    select
        left_key,
        right_key,
        left_rank as set_rank,
        entity,
        currency_code,
        amount,
        days_apart,
        'none' as reference_level,
        'none' as payer_level,
        'exact' as amount_level,
        'amount_nearest' as rule
    from near_pairs
    where left_rank <= 2
        and right_rank <= 2
        and left_count <= 12
        and right_count <= 12

    union all

    select
        left_key,
        right_key,
        left_rank as set_rank,
        entity,
        currency_code,
        case when abs(expected_amount) < abs(line_amount) then expected_amount else line_amount end as amount,
        days_apart,
        reference_level,
        payer_level,
        'differing' as amount_level,
        'amount_differs' as rule
    from differing
    where left_rank <= 2 and right_rank <= 2

    union all

    select
        left_key,
        right_key,
        1 as set_rank,
        entity,
        currency_code,
        amount,
        days_apart,
        'none' as reference_level,
        payer_level,
        'exact' as amount_level,
        'payer_amount_late' as rule
    from late

),

weighed as (

    select
        unioned.*,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} as weight

    from unioned
    {{ join_match_weights('unioned', 'clearing', ['reference', 'payer', 'amount']) }}

),

-- What another search already proposes for the same two items is told there.
already as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing__assigned') }}

    union all

    select
        left_key,
        right_key
    from {{ ref('int_deposit_sets__proposed') }}

),

ranked as (

    select
        weighed.*,
        row_number() over (
            partition by weighed.left_key, weighed.right_key
            order by weighed.weight desc, weighed.rule asc, weighed.set_rank asc
        ) as pair_rank

    from weighed

    left join already
        on weighed.left_key = already.left_key
        and weighed.right_key = already.right_key

    where already.left_key is null

),

named as (

    select
        'clearing' as leg,
        'payment' as left_type,
        ranked.left_key,
        'bank_line' as right_type,
        ranked.right_key,
        cast(ranked.set_rank as integer) as set_rank,
        ranked.entity,
        bank_lines.account_key,
        ranked.currency_code,
        cast(ranked.amount as decimal(18, 4)) as amount,
        ranked.days_apart,
        ranked.reference_level,
        ranked.payer_level,
        ranked.amount_level,
        cast(null as varchar) as days_level,
        cast(null as varchar) as account_level,
        ranked.weight,
        ranked.weight - max(ranked.weight) over (partition by ranked.right_key) as behind_best,
        case when ranked.rule in ('payout_days', 'batch_reference', 'slip_sum') then 'auto' else 'suggested' end as status,
        ranked.rule,
        case when ranked.rule not in ('payout_days', 'batch_reference', 'slip_sum') then 'evidence_leaves_doubt' end as lost_because

    from ranked

    inner join bank_lines
        on ranked.right_key = bank_lines.bank_line_key

    where ranked.pair_rank = 1

),

final as (
    {{ under_own_rules('named') }}
)

select * from final
