{#- A name as comparable key: folded, words of one letter dropped, sorted. `Lane, Rosa M.` and
    `ROSA LANE` are `LANE ROSA`. Null in, null out; a name of initials alone is null. -#}
{% macro name_key(column) -%}
    {{ return(adapter.dispatch('name_key', 'counterfoil')(column)) }}
{%- endmacro %}

{% macro duckdb__name_key(column) -%}
    nullif(
        array_to_string(
            list_sort(
                list_filter(
                    string_split({{ fold_text(column) }}, ' '),
                    lambda word: length(word) > 1 and word not in ('JR', 'SR', 'II', 'III', 'MR', 'MRS', 'MS', 'DR')
                )
            ),
            ' '
        ),
        ''
    )
{%- endmacro %}

{% macro default__name_key(column) -%}
    {{ exceptions.raise_compiler_error(
        "name_key: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__name_key to macros/matching/name_key.sql."
    ) }}
{%- endmacro %}
