{#- What stands in for a card's or an account's number: its last digits behind stars, crosses or words. -#}
{% macro masked_number() -%}
    '(?:\*{2,}[ -]?|\bX{2,}[ -]?|\b(?:ENDING|ENDS)(?: IN| WITH)?:? |\bLAST (?:4|FOUR):? )[0-9]{2,6}\b'
{%- endmacro %}
