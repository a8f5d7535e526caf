-- Reasons, rules and exception types are those that the seeds explain to people.
{{ config(tags = ['gate'], store_failures = false) }}

with

used as (

    select
        'reason' as code_type,
        reason as code
    from {{ ref('unmatched_items') }}
    union all
    select
        'rule' as code_type,
        rule as code
    from {{ ref('matches') }}
    union all
    select
        'exception_type' as code_type,
        exception_type as code
    from {{ ref('exceptions') }}

),

listed as (

    select
        'reason' as code_type,
        reason as code
    from {{ ref('unmatched_reasons') }}
    union all
    select
        'rule' as code_type,
        rule as code
    from {{ ref('match_rules') }}
    union all
    select
        'exception_type' as code_type,
        exception_type as code
    from {{ ref('exception_types') }}

)

select distinct
    used.code_type,
    used.code

from used

left join listed
    on used.code_type = listed.code_type
    and used.code = listed.code

where listed.code is null
