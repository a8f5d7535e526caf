{#- The number that begins a range in a text, as 1042 in `INV-1042 - 45`; null where there is none. -#}
{% macro range_start(text) -%}
    nullif(
        regexp_extract(upper({{ text }}), '([0-9]{3,}) ?(?:-|–|—|TO|THRU|THROUGH) ?[0-9]{1,6}(?:[^0-9]|$)', 1),
        ''
    )
{%- endmacro %}
