{#- What matching forgives: an entity's own tolerance, else the general one of the seed match_tolerances. -#}
{% macro tolerance(name) -%}
    coalesce(own_{{ name }}.tolerance, {{ name }}.value)
{%- endmacro %}

{% macro join_tolerances(relation, names) -%}
    {%- for name in names %}
    inner join {{ ref('match_tolerances') }} as {{ name }}
        on {{ name }}.tolerance = '{{ name }}'

    left join {{ ref('int_match_overrides__resolved') }} as own_{{ name }}
        on {{ relation }}.entity = own_{{ name }}.entity
        and own_{{ name }}.setting = 'tolerance'
        and own_{{ name }}.name = '{{ name }}'
    {%- endfor %}
{%- endmacro %}
