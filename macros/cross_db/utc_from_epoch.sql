{#- Unix seconds to a UTC timestamp. Engines disagree on the function and on whether the
    result carries a zone, so every engine is named. Null in, null out. -#}
{% macro utc_from_epoch(column) -%}
    {{ return(adapter.dispatch('utc_from_epoch', 'counterfoil')(column)) }}
{%- endmacro %}

{% macro duckdb__utc_from_epoch(column) -%}
    timezone('UTC', to_timestamp(cast({{ column }} as bigint)))
{%- endmacro %}

{% macro default__utc_from_epoch(column) -%}
    {{ exceptions.raise_compiler_error(
        "utc_from_epoch: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__utc_from_epoch to macros/cross_db/utc_from_epoch.sql."
    ) }}
{%- endmacro %}
