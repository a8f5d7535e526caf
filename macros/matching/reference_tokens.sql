{#- Whole tokens of a text that hold a digit, as a list: upper case, signs inside a token dropped
    (`MH-2026-00417` is MH202600417), and a word followed by numbers joined to them (`INV 1042` is
    also INV1042; INV1042 is also 1042). A list, never a substring: 14 is not in 1814. -#}
{% macro reference_tokens(text) -%}
    {{ return(adapter.dispatch('reference_tokens', 'counterfoil')(text)) }}
{%- endmacro %}

{% macro duckdb__reference_tokens(text) -%}
    list_distinct(
        list_concat(
            list_transform(
                list_filter(
                    regexp_extract_all(
                        regexp_replace(upper(strip_accents({{ text }})), '[‐‑‒–—]', '-', 'g'),
                        '[A-Z]{2,}/[0-9]+|[A-Z0-9]+(?:[-._][A-Z0-9]+)*'
                    ),
                    lambda token: regexp_matches(token, '[0-9]')
                ),
                lambda token: regexp_replace(token, '[^A-Z0-9]', '', 'g')
            ),
            list_concat(
                list_transform(
                    regexp_extract_all({{ fold_text(text) }}, '\b[A-Z]{1,6}(?: [0-9]+)+\b'),
                    lambda token: replace(token, ' ', '')
                ),
                regexp_extract_all(
                    {{ fold_text(text) }},
                    '\b(?:INV|INVOICE|INVOICES|BILL|NO|NR)([0-9]{3,})\b',
                    1
                )
            )
        )
    )
{%- endmacro %}

{% macro default__reference_tokens(text) -%}
    {{ exceptions.raise_compiler_error(
        "reference_tokens: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__reference_tokens to macros/matching/reference_tokens.sql."
    ) }}
{%- endmacro %}
