{#- Stripe's smallest unit to major units. It counts as ISO 4217 does, but for three currencies:
    ISK and UGX have no decimals, yet are sent in hundredths; MGA has two, yet is sent whole. -#}
{% macro money_from_stripe(column, currency='currency') -%}
    case
        when upper({{ currency }}) = 'MGA' then {{ money(column) }}
        else {{ money_from_minor(column, currency, two_decimals=['ISK', 'UGX']) }}
    end
{%- endmacro %}
