{#- What of a number counts up: the last group of its digits with three or more of them after leading
    zeros, a year beside others left out. `RE-2025-02000` is 2000, `A20968-03` is 20968; it is evidence
    beside the payer only. -#}
{% macro number_core(column) -%}
    {{ return(adapter.dispatch('number_core', 'counterfoil')(column)) }}
{%- endmacro %}

{% macro duckdb__number_core(column) -%}
    list_filter(
        list_transform(regexp_extract_all({{ column }}, '[0-9]+'), lambda digits: ltrim(digits, '0')),
        lambda digits: length(digits) >= 3 and not regexp_full_match(digits, '(?:19|20)[0-9]{2}')
    )[-1]
{%- endmacro %}

{% macro default__number_core(column) -%}
    {{ exceptions.raise_compiler_error(
        "number_core: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__number_core to macros/matching/number_core.sql."
    ) }}
{%- endmacro %}
