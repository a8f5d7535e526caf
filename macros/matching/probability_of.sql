{#- A weight in thousandths of a bit as a probability, against prior odds of one to 256. It ranks
    suggestions and is not calibrated; rules, not this number, make a link automatic. -#}
{% macro probability_of(weight) -%}
    cast(1 - 1 / (1 + pow(2, ({{ weight }} - 8000) / 1000.0)) as decimal(5, 4))
{%- endmacro %}
