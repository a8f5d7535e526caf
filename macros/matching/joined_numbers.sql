{#- Numbers written apart, joined, as a list: a year and the number after it (`2025/00785`, `2025 00785`),
    or what a blank parts (`10069 483`, `25- 1148`, `M2409 0019`). -#}
{% macro joined_numbers(text) -%}
    {{ return(adapter.dispatch('joined_numbers', 'counterfoil')(text)) }}
{%- endmacro %}

{% macro duckdb__joined_numbers(text) -%}
    list_transform(
        regexp_extract_all(
            upper({{ text }}), '(?:^|[^A-Z0-9/-])((?:19|20)[0-9]{2}/[0-9]{3,}|[A-Z]{0,4}[0-9]{2,}-? [0-9]{3,})\b', 1
        ),
        lambda token: regexp_replace(token, '[^A-Z0-9]', '', 'g')
    )
{%- endmacro %}

{% macro default__joined_numbers(text) -%}
    {{ exceptions.raise_compiler_error(
        "joined_numbers: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__joined_numbers to macros/matching/joined_numbers.sql."
    ) }}
{%- endmacro %}
