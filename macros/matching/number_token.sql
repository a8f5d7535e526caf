{#- A document number as one token: folded, without blanks and signs. `INV-1042`, `inv 1042` and
    `INV–1042` are INV1042. Null in, null out. -#}
{% macro number_token(column) -%}
    replace({{ fold_text(column) }}, ' ', '')
{%- endmacro %}
