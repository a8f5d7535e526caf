{#- Unix seconds to the calendar date in UTC. Null in, null out. -#}
{% macro date_from_epoch(column) -%}
    cast({{ utc_from_epoch(column) }} as date)
{%- endmacro %}
