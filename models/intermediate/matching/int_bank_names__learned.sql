-- One row per name in an entity's bank texts and person whose payments it proved to be, by a shared
-- reference or cheque number, or twice by an amount that nothing else near by has: how the bank
-- writes who pays. A name that proved more than three persons is none.
with

proofs as (

    select * from {{ ref('int_clearing_proofs__blocked') }}

),

alone as (

    select
        left_key,
        right_key,
        count(*) over (partition by left_key) as left_count,
        count(*) over (partition by right_key) as right_count
    from proofs

),

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

unioned as (

    select
        left_key,
        right_key,
        2 as proof
    from alone
    where left_count = 1 and right_count = 1

    union all

    -- Within days of each other such a line and payment are hardly strangers, and the same name beside the
    -- same person twice is none.
    select
        left_key,
        right_key,
        1 as proof
    from {{ ref('int_lone_amounts__found') }}
    where days_apart between -3 and 5

),

pairs as (

    select
        left_key,
        right_key,
        max(proof) as proof
    from unioned
    group by left_key, right_key

),

proved as (

    select
        bank_lines.entity,
        bank_lines.name_key,
        clearables.person_key,
        count(*) as proof_count

    from pairs

    inner join clearables
        on pairs.left_key = clearables.left_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    where clearables.person_key is not null
        and bank_lines.name_key is not null
        and (bank_lines.line_class = 'other' or bank_lines.medium = 'electronic')

    group by bank_lines.entity, bank_lines.name_key, clearables.person_key
    having sum(pairs.proof) >= 2

),

counted as (

    select
        *,
        count(*) over (partition by entity, name_key) as person_count
    from proved

),

final as (

    select
        entity,
        name_key,
        person_key,
        proof_count
    from counted
    where person_count <= 3

)

select * from final
