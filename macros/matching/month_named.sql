{#- The number of the one month that a text names by word (`Feb room`, `OCTOBER`), else null: two
    months say nothing. -#}
{% macro month_named(text) -%}
    {{ return(adapter.dispatch('month_named', 'counterfoil')(text)) }}
{%- endmacro %}

{% macro duckdb__month_named(text) -%}
    case
        when len(list_distinct(list_transform(
            regexp_extract_all(
                {{ fold_text(text) }},
                '\b(?:{{ month_words() }})\b'
            ),
            lambda month: left(month, 3)
        ))) = 1
            then list_position(
                ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
                left(
                    regexp_extract(
                        {{ fold_text(text) }},
                        '\b({{ month_words() }})\b',
                        1
                    ),
                    3
                )
            )
    end
{%- endmacro %}

{% macro default__month_named(text) -%}
    {{ exceptions.raise_compiler_error(
        "month_named: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__month_named to macros/matching/month_named.sql."
    ) }}
{%- endmacro %}
