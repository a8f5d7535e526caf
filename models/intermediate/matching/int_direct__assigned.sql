-- One row per compared pair, with its fate: accepted class by class, strongest first, where no rival of
-- the same or a stronger class stands against it, then lists of numbers that add up and instalments;
-- else suggested, or lost to a taken side.
with

pairs as (

    select * from {{ ref('int_direct_pairs__compared') }}

),

nothing as (

    select
        left_key,
        right_key,
        evidence_class
    from pairs
    where false

),

by_whole_number as (
    {{ unrivalled('pairs', 'nothing', 1) }}
),

-- Of equal bills the one that the payer's habit or the turn says, unless a payment of the debtor may be this money.
by_row as (

    select
        pairs.left_key,
        pairs.right_key,
        3 as evidence_class,
        told.rule

    from pairs

    inner join {{ ref('int_payer_pairs__assigned') }} as told
        on pairs.left_key = told.left_key
        and pairs.right_key = told.right_key

    left join by_whole_number as left_numbered
        on pairs.left_key = left_numbered.left_key

    left join by_whole_number as right_numbered
        on pairs.right_key = right_numbered.right_key

    where told.right_type = 'bank_line'
        and pairs.amount_level = 'open_amount'
        and not pairs.may_be_recorded_of_debtor
        and not pairs.is_new_account
        and left_numbered.left_key is null
        and right_numbered.right_key is null

),

taken_before_month as (

    select * from by_whole_number
    union all
    select * exclude (rule) from by_row

),

by_month as (
    {{ unrivalled('pairs', 'taken_before_month', 2) }}
),

taken_before_party as (

    select * from taken_before_month
    union all
    select * from by_month

),

by_party as (
    {{ unrivalled('pairs', 'taken_before_party', 3) }}
),

whole as (

    select * from taken_before_party
    union all
    select * from by_party

),

taken_invoices as (

    select distinct left_key from whole

),

-- A list of numbers whose open amounts are the line to the cent holds as a whole.
numbered_pairs as (

    select
        pairs.left_key,
        pairs.right_key,
        pairs.open_amount,
        pairs.line_amount,
        pairs.payer_level,
        case when pairs.payer_level = 'same_party' then pairs.may_be_recorded_of_debtor else pairs.has_doubtful_payment or pairs.may_be_recorded or pairs.is_number_shared end as is_doubtful,
        taken_invoices.left_key is not null as is_taken

    from pairs

    left join taken_invoices
        on pairs.left_key = taken_invoices.left_key

    where pairs.reference_level in ('whole_token', 'digits')

),

lists as (

    select
        *,
        count(*) over (partition by left_key) as list_count,
        count(*) over (partition by right_key) as number_count,
        sum(open_amount) over (partition by right_key) as open_sum,
        count(*) filter (where payer_level = 'other_party') over (partition by right_key) as other_count,
        bool_or(is_doubtful or is_taken) over (partition by right_key) as has_doubtful
    from numbered_pairs

),

whole_lists as (

    select
        *,
        max(list_count) over (partition by right_key) as most_lists
    from lists
    where number_count >= 2
        and open_sum = line_amount
        and not has_doubtful
        -- Another's number may be a slip; three that add up are none.
        and (other_count = 0 or number_count >= 3)

),

listed as (

    select
        left_key,
        right_key,
        open_amount as settled_amount
    from whole_lists
    where most_lists = 1

),

taken_by_lists as (

    select left_key from taken_invoices
    union all
    select left_key from listed

),

single_lines as (

    select right_key
    from pairs
    group by right_key
    having count(*) = 1

),

single_invoices as (

    select left_key
    from pairs
    group by left_key
    having count(*) = 1

),

-- Digits beside a stranger, of a line and a document that nothing else is near.
by_lone_digits as (

    select
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join single_lines
        on pairs.right_key = single_lines.right_key

    inner join single_invoices
        on pairs.left_key = single_invoices.left_key

    where pairs.evidence_class = 5

),

-- Instalments that nobody recorded: each names payer and number and fits nothing else, and together they
-- are no more than what is open; the last may bring what rounding explains.
counted as (

    select
        *,
        sum(line_amount) over (partition by left_key) as parts_amount,
        coalesce(
            sum(line_amount) over (
                partition by left_key
                order by days_apart asc, line_amount asc, right_key asc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as parts_before
    from pairs
    where evidence_class = 4

),

parts as (

    select
        counted.left_key,
        counted.right_key,
        least(counted.line_amount, counted.open_amount - counted.parts_before) as settled_amount

    from counted

    inner join single_lines
        on counted.right_key = single_lines.right_key

    left join taken_by_lists
        on counted.left_key = taken_by_lists.left_key

    where counted.parts_amount <= counted.open_amount + counted.rounding_amount
        and counted.parts_before < counted.open_amount
        and taken_by_lists.left_key is null

),

accepted as (

    select
        left_key,
        right_key,
        cast(null as decimal(18, 4)) as settled_amount,
        false as is_listed
    from whole

    union all

    select
        left_key,
        right_key,
        settled_amount,
        true as is_listed
    from listed

    union all

    select
        left_key,
        right_key,
        settled_amount,
        false as is_listed
    from parts

    union all

    select
        left_key,
        right_key,
        cast(null as decimal(18, 4)) as settled_amount,
        false as is_listed
    from by_lone_digits

),

taken_lefts as (

    select distinct left_key from accepted

),

taken_rights as (

    select distinct right_key from accepted

),

decided as (

    select
        pairs.*,
        accepted.settled_amount,
        accepted.is_listed,
        coalesce(by_row.rule, case when by_month.left_key is not null then 'direct_month' end) as row_rule,
        accepted.left_key is not null as is_accepted,
        left_taken.left_key is not null or right_taken.right_key is not null as is_taken

    from pairs

    left join accepted
        on pairs.left_key = accepted.left_key
        and pairs.right_key = accepted.right_key

    left join by_row
        on pairs.left_key = by_row.left_key
        and pairs.right_key = by_row.right_key

    left join by_month
        on pairs.left_key = by_month.left_key
        and pairs.right_key = by_month.right_key

    left join taken_lefts as left_taken
        on pairs.left_key = left_taken.left_key

    left join taken_rights as right_taken
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
        count(*) over (partition by left_key, weight) > 1 or count(*) over (partition by right_key, weight) > 1 as has_equal_rival,
        max(weight) over (partition by left_key) as best_left_weight,
        max(weight) over (partition by right_key) as best_right_weight

    from decided

),

named as (

    select
        'direct' as leg,
        'invoice' as left_type,
        left_key,
        'bank_line' as right_type,
        right_key,
        entity,
        account_key,
        currency_code,
        cast(coalesce(settled_amount, least(open_amount, line_amount)) as decimal(18, 4)) as amount,
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
            when not is_accepted and is_nearest then 'direct_nearest'
            when not is_accepted then 'direct_rivals'
            when is_listed then 'direct_list'
            when row_rule is not null then row_rule
            when reference_level in ('whole_token', 'digits') then 'direct_number'
            else 'direct_payer'
        end as rule,
        case
            when is_accepted then null
            when is_taken then 'side_taken_by_stronger_pair'
            when payer_level = 'other_party' then 'number_of_another_party'
            when is_nearest then 'no_evidence_of_who'
            when is_other_month then 'names_another_month'
            when weight < greatest(best_left_weight, best_right_weight) then 'weaker_than_rival'
            when has_equal_rival then 'equal_rival'
            else 'evidence_leaves_doubt'
        end as lost_because

    from ranked

),

final as (
    {{ under_own_rules('named') }}
)

select * from final
