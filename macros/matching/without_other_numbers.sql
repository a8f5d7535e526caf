{#- A text without what looks like a document's number and is none: the end of a card's or an account's number
    behind stars, crosses or words, a receipt's number, and the year beside a month. -#}
{% macro without_other_numbers(text) -%}
    case
        when regexp_matches(upper({{ text }}), '{{ _other_number() }}|{{ _month_and_year() }}')
            -- Twice, since a match takes the first letter of what comes after it, perhaps the next month.
            then regexp_replace(
                    regexp_replace(
                        regexp_replace({{ text }}, '{{ _other_number() }}', ' ', 'gi'),
                        '{{ _month_and_year() }}',
                        ' \2',
                        'gi'
                    ),
                    '{{ _month_and_year() }}',
                    ' \2',
                    'gi'
                )
        else {{ text }}
    end
{%- endmacro %}

{% macro _other_number() -%}
    (?:\*{2,}[ -]?|\bX{2,}[ -]?|\b(?:ENDING|ENDS)(?: IN| WITH)?:? |\bLAST (?:4|FOUR):? |\b(?:RECEIPT|RCPT)(?: NO)?[ #.:-]*)[0-9]{2,}\b
{%- endmacro %}

{#- Not where a number goes on with the year: `Mar 2026-0048`. Group 2 is what comes after. -#}
{% macro _month_and_year() -%}
    \b(?:{{ month_words() }})\b[ ,]*(?:19|20)[0-9]{2}($|[ ,;.)]+($|[^0-9]))
{%- endmacro %}
