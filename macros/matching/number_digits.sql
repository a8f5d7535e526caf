{#- A number's weaker reading: letters before the first digit and leading zeros dropped, if three or
    more characters are left. `MH-2026-00417` is 202600417; it is evidence beside the payer only. -#}
{% macro number_digits(token) -%}
    case
        when length(ltrim(regexp_replace({{ token }}, '^[A-Z]+', ''), '0')) >= 3
            then ltrim(regexp_replace({{ token }}, '^[A-Z]+', ''), '0')
    end
{%- endmacro %}
