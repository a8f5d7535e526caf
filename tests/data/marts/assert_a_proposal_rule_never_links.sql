-- What a rule may only propose is automatic nowhere, whatever own rules say. A row here is a link that
-- rests on a rule which proves nothing.
{{ config(tags = ['gate'], store_failures = false) }}

select
    matches.match_key,
    matches.rule

from {{ ref('matches') }} as matches

inner join {{ ref('match_rules') }} as rules
    on matches.rule = rules.rule

where matches.status = 'auto'
    and rules.status = 'suggested'
