{#- Words that say how a company is founded, as a list of a name's folded words: they tell no company from
    another. -#}
{% macro legal_forms() -%}
    ('AG', 'BV', 'CO', 'COMPANY', 'CORP', 'CORPORATION', 'GMBH', 'INC', 'LIMITED', 'LLC', 'LLP', 'LP', 'LTD', 'NV', 'PC', 'PLC', 'PLLC', 'SA', 'SARL', 'SONS', 'SRL')
{%- endmacro %}
