{#- The links of a leg under the rules that their entity, or the account of their bank line, sets
    otherwise. `off` is lost; `suggested` is proposed at most; no proposal becomes more than it is.
    `pairs` is a CTE with entity, rule and status, on legs that touch the bank account_key, and
    lost_because where what is lost is kept; elsewhere it is left out. -#}
{% macro under_own_rules(pairs, has_account=true, keeps_lost=true) -%}
    {%- set own_status = 'coalesce(account_rules.rule_status, entity_rules.rule_status)' if has_account else 'entity_rules.rule_status' %}
    select
        {{ pairs }}.* replace (
            case
                when {{ pairs }}.status = 'lost' then {{ pairs }}.status
                when {{ own_status }} = 'off' then 'lost'
                when {{ own_status }} = 'suggested' then 'suggested'
                else {{ pairs }}.status
            end as status
            {%- if keeps_lost %},
            case
                when {{ pairs }}.status <> 'lost' and {{ own_status }} = 'off' then 'rule_is_off'
                when {{ pairs }}.status = 'auto' and {{ own_status }} = 'suggested' then 'rule_only_proposes'
                else {{ pairs }}.lost_because
            end as lost_because
            {%- endif %}
        )

    from {{ pairs }}

    left join {{ ref('int_match_overrides__resolved') }} as entity_rules
        on {{ pairs }}.entity = entity_rules.entity
        and {{ pairs }}.rule = entity_rules.name
        and entity_rules.setting = 'rule'
        and entity_rules.account_key is null
    {%- if has_account %}

    left join {{ ref('int_match_overrides__resolved') }} as account_rules
        on {{ pairs }}.account_key = account_rules.account_key
        and {{ pairs }}.rule = account_rules.name
        and account_rules.setting = 'rule'
    {%- endif %}
    {%- if not keeps_lost %}

    where {{ own_status }} is distinct from 'off'
    {%- endif %}
{%- endmacro %}
