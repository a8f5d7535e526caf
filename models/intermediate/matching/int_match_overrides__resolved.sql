-- One row per entity, own account and thing that is set otherwise for it: a rule's status, the days of a
-- window, a tolerance. What is said of every entity (`*`) is told for each that has said nothing itself;
-- without an account a row holds for all that its entity has. Usually empty.
with

given as (

    select * from {{ ref('match_overrides') }}
    union all
    select * from {{ ref('stg_operations__match_overrides') }}

),

owners as (

    select entity from {{ ref('int_invoices__evidenced') }}
    union all
    select entity from {{ ref('int_payments__evidenced') }}
    union all
    select entity from {{ ref('int_bank_lines__evidenced') }}

),

entities as (

    select distinct entity from owners

),

told as (

    select
        entity,
        account,
        setting,
        name,
        value,
        1 as nearness
    from given
    where entity <> '*'

    union all

    select
        entities.entity,
        given.account,
        given.setting,
        given.name,
        given.value,
        2 as nearness

    from given

    cross join entities

    where given.entity = '*'

),

ranked as (

    select
        *,
        row_number() over (
            partition by entity, account, setting, name
            order by nearness asc, value asc
        ) as told_rank
    from told

),

final as (

    select
        entity,
        account,
        case when account is not null then {{ row_key(['entity', 'account']) }} end as account_key,
        setting,
        name,
        case when setting = 'rule' then value end as rule_status,
        case when setting in ('days_before', 'days_after') then cast(value as integer) end as window_days,
        case when setting = 'tolerance' then cast(value as decimal(9, 4)) end as tolerance
    from ranked
    where told_rank = 1

)

select * from final
