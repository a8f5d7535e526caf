{#- What a number becomes where two signs next to each other are turned, as a list: 1042 may be 0142, 1402 and
    1024. Signs that are alike leave it as it was. -#}
{% macro turned_tokens(column) -%}
    {{ return(adapter.dispatch('turned_tokens', 'counterfoil')(column)) }}
{%- endmacro %}

{% macro duckdb__turned_tokens(column) -%}
    list_transform(
        range(1, length({{ column }})),
        lambda place: left({{ column }}, place - 1) || {{ column }}[place + 1] || {{ column }}[place] || substring({{ column }}, place + 2)
    )
{%- endmacro %}

{% macro default__turned_tokens(column) -%}
    {{ exceptions.raise_compiler_error(
        "turned_tokens: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__turned_tokens to macros/matching/turned_tokens.sql."
    ) }}
{%- endmacro %}
