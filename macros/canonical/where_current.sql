{#- The filter to the newest version of each row, if the raw table keeps versions. Columns as in
    declared_raw_tables. -#}
{% macro where_current(columns) -%}
    {%- if columns | map(attribute=0) | select('equalto', '_valid_to') | list -%}
    where _valid_to is null
    {%- endif -%}
{%- endmacro %}
