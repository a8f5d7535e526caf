{#- Major units as decimal(18,4). Raw holds nine decimals; no currency has more than four, and a
    fifth would be rounded half away from zero here, once. -#}
{% macro money(column) -%}
    cast({{ column }} as decimal(18, 4))
{%- endmacro %}

{#- Minor units (a whole number of cents, fils, yen) to major units of the currency. `two_decimals`
    lists currencies that this source counts in hundredths although ISO 4217 gives them none. -#}
{% macro money_from_minor(column, currency, two_decimals=[]) -%}
    cast(
        cast({{ column }} as decimal(20, 0))
        * {{ currency_factor(currency, two_decimals) }}
        as decimal(18, 4)
    )
{%- endmacro %}
