{#- Whether a return's text says that no cheque came back: the clearing house's words, or its code without a
    word of paper. Banks write the codes on cheques, too. -#}
{% macro is_returned_electronically(text) -%}
    (
        regexp_matches({{ text }}, '\b(?:ACH|ZELLE|WIRE)\b')
        or (
            regexp_matches({{ text }}, '\bR(?:0[0-9]|[1-9][0-9])\b')
            and not regexp_matches({{ text }}, '\b(?:ITEMS?[0-9]*|CK|CHK|CHECKS?|CHEQUES?)\b')
        )
    )
{%- endmacro %}
