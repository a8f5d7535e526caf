{#- Text folded for comparison: accents stripped, upper case, every run of what is neither letter
    nor digit turned into one blank, trimmed; nothing left is null. -#}
{% macro fold_text(column) -%}
    {{ return(adapter.dispatch('fold_text', 'counterfoil')(column)) }}
{%- endmacro %}

{% macro duckdb__fold_text(column) -%}
    nullif(trim(regexp_replace(upper(strip_accents({{ column }})), '[^A-Z0-9]+', ' ', 'g')), '')
{%- endmacro %}

{% macro default__fold_text(column) -%}
    {{ exceptions.raise_compiler_error(
        "fold_text: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__fold_text to macros/cross_db/fold_text.sql."
    ) }}
{%- endmacro %}
