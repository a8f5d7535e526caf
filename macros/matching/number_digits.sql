{#- A number's weaker reading: letters before the first digit and leading zeros dropped, if five or
    more characters are left. `MH-2026-00417` is 202600417; a short bare number is no evidence. -#}
{% macro number_digits(token) -%}
    case
        when length(ltrim(regexp_replace({{ token }}, '^[A-Z]+', ''), '0')) >= 5
            then ltrim(regexp_replace({{ token }}, '^[A-Z]+', ''), '0')
    end
{%- endmacro %}
