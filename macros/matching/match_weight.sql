{#- The weight, in thousandths of a bit, that the frozen model gives a level of evidence on a leg.
    The model is the seed match_weights; a level it does not list weighs nothing. -#}
{% macro match_weight(evidence) -%}
    coalesce({{ evidence }}_weights.weight, 0)
{%- endmacro %}

{% macro join_match_weights(relation, leg, evidences) -%}
    {%- for evidence in evidences %}
    left join {{ ref('match_weights') }} as {{ evidence }}_weights
        on {{ evidence }}_weights.leg = '{{ leg }}'
        and {{ evidence }}_weights.evidence = '{{ evidence }}'
        and {{ relation }}.{{ evidence }}_level = {{ evidence }}_weights.level
    {%- endfor %}
{%- endmacro %}
