{#- ISO 8601 text, with or without an offset, to a UTC timestamp. Text without an offset is
    taken as UTC. Null in, null out. -#}
{% macro utc_from_text(column) -%}
    {{ return(adapter.dispatch('utc_from_text', 'counterfoil')(column)) }}
{%- endmacro %}

{% macro duckdb__utc_from_text(column) -%}
    timezone('UTC', cast({{ column }} as timestamptz))
{%- endmacro %}

{% macro default__utc_from_text(column) -%}
    {{ exceptions.raise_compiler_error(
        "utc_from_text: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__utc_from_text to macros/cross_db/utc_from_text.sql."
    ) }}
{%- endmacro %}
