{#- Text folded for comparison: accents stripped, letters that are no accented ones spelt as banks
    do (`Søren` SOREN, `Groß` GROSS), upper case, every run of what is neither letter nor digit turned
    into one blank, trimmed; nothing left is null. -#}
{% macro fold_text(column) -%}
    {{ return(adapter.dispatch('fold_text', 'counterfoil')(column)) }}
{%- endmacro %}

{% macro duckdb__fold_text(column) -%}
    {#- Most texts have as many bytes as letters and need no more than upper case. #}
    {%- set spelt = "upper(strip_accents(" ~ column ~ "))" %}
    {%- set spelt = "replace(replace(replace(replace(" ~ spelt ~ ", 'ẞ', 'SS'), 'Æ', 'AE'), 'Œ', 'OE'), 'Þ', 'TH')" %}
    {%- set spelt = "translate(" ~ spelt ~ ", 'ØŁĐŦĦ', 'OLDTH')" %}
    nullif(
        trim(
            regexp_replace(
                case when strlen({{ column }}) = length({{ column }}) then upper({{ column }}) else {{ spelt }} end,
                '[^A-Z0-9]+', ' ', 'g'
            )
        ),
        ''
    )
{%- endmacro %}

{% macro default__fold_text(column) -%}
    {{ exceptions.raise_compiler_error(
        "fold_text: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__fold_text to macros/cross_db/fold_text.sql."
    ) }}
{%- endmacro %}
