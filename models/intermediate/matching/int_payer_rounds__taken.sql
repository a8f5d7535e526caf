-- One row per pair of invoice and payment that the payer and the exact amount settle: class by class,
-- where the payment fits no other invoice of the same or a stronger class and no other payment was
-- there for the invoice on that day or before; of equal bills in a row the one that the payer's habit says,
-- be it of a payment or of a bank line that nobody recorded.
with

pairs as (

    select * from {{ ref('int_payer_pairs__compared') }}
    where evidence_class <= 3

),

nothing as (

    select
        left_key,
        right_key
    from pairs
    where false

),

near_numbers as (
    {{ first_unrivalled('pairs', 'nothing', 1) }}
),

-- A slip of the pen links what is not early and of a payer who is known, or was proved often, or where the number
-- is only turned or looks alike; others stay rivals to that.
by_near_number as (

    select near_numbers.*

    from near_numbers

    inner join pairs
        on near_numbers.left_key = pairs.left_key
        and near_numbers.right_key = pairs.right_key

    where (pairs.payer_level <> 'alias' or pairs.proof_count >= 9 or pairs.has_same_signs)
        and pairs.days_level <> 'early'

),

by_month as (
    {{ first_unrivalled('pairs', 'by_near_number', 2, left_class=3) }}
),

named as (

    select * from by_near_number
    union all
    select * from by_month

),

-- What the habit says of money that nobody recorded takes the bill, too.
by_habit as (

    select
        habits.left_key,
        habits.right_key,
        habits.right_type,
        habits.settled_amount

    from {{ ref('int_habits__found') }} as habits

    left join named as left_named
        on habits.left_key = left_named.left_key

    left join named as right_named
        on habits.right_key = right_named.right_key

    where left_named.left_key is null and right_named.right_key is null

),

-- What is taken in one round is no rival in the next; after three hardly anything follows.
taken_0 as (

    select * from named
    union all
    select
        left_key,
        right_key
    from by_habit

),
{% for round in range(1, 4) %}
days_{{ round }} as (
    {{ first_unrivalled('pairs', 'taken_' ~ (round - 1), 3) }}
),

taken_{{ round }} as (

    select * from taken_{{ round - 1 }}
    union all
    select * from days_{{ round }}

),
{% endfor %}
final as (

    select
        taken_3.left_key,
        'payment' as right_type,
        taken_3.right_key,
        case
            when by_habit.left_key is not null then 'party_habit'
            when pairs.reference_level = 'near_number' then 'number_near'
            when pairs.amount_level = 'discounted' then 'party_discount'
            when pairs.reference_level = 'month' then 'party_month'
            when pairs.payer_level = 'alias' then 'alias_amount'
            else 'party_amount'
        end as rule,
        pairs.payer_level,
        cast(pairs.payment_open_amount as decimal(18, 4)) as settled_amount

    from taken_3

    inner join pairs
        on taken_3.left_key = pairs.left_key
        and taken_3.right_key = pairs.right_key

    left join by_habit
        on taken_3.left_key = by_habit.left_key
        and taken_3.right_key = by_habit.right_key

    union all

    select
        left_key,
        right_type,
        right_key,
        'direct_habit' as rule,
        'same_party' as payer_level,
        settled_amount
    from by_habit
    where right_type = 'bank_line'

)

select * from final
