{#- A year and the number after it, joined, as a list: `2025/00785` and `2025 00785` are 202500785. -#}
{% macro year_numbers(text) -%}
    {{ return(adapter.dispatch('year_numbers', 'counterfoil')(text)) }}
{%- endmacro %}

{% macro duckdb__year_numbers(text) -%}
    list_transform(
        regexp_extract_all({{ text }}, '(?:^|[^A-Za-z0-9/-])((?:19|20)[0-9]{2}[/ ][0-9]{3,})\b', 1),
        lambda token: regexp_replace(token, '[/ ]', '')
    )
{%- endmacro %}

{% macro default__year_numbers(text) -%}
    {{ exceptions.raise_compiler_error(
        "year_numbers: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__year_numbers to macros/matching/year_numbers.sql."
    ) }}
{%- endmacro %}
