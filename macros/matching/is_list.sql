{#- Whether a rule of leg settlement takes all documents of a payment as one match. -#}
{% macro is_list(rule) -%}
    {{ rule }} in (
        'number_list', 'number_list_short', 'remittance_amounts', 'party_set', 'party_set_habit', 'party_set_rivals', 'party_set_short'
    )
{%- endmacro %}
