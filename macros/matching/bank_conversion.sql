{#- How banks write a conversion into a line's text (upper case, without accents). Amounts: digits in
    threes after a point, comma, blank or apostrophe, or all together; up to four decimals. -#}
{% macro written_amount() -%}
    (?:[0-9]{1,3}(?:[ .,''][0-9]{3})+(?:[.,][0-9]{1,4})?|[0-9]+(?:[.,][0-9]{1,4})?)
{%- endmacro %}

{#- Before its currency a whole number may be anybody's: `INV-1042 EUR`. -#}
{% macro marked_amount() -%}
    (?:[0-9]{1,3}(?:[ .,''][0-9]{3})+(?:[.,][0-9]{1,4})?|[0-9]+[.,][0-9]{1,4})
{%- endmacro %}

{#- A rate has decimals: `1 EUR = 1.0832 USD`, `RATE 0.9231`, `FX 1,0832`, `/EXCH/1,0832`, `EUR/USD 1.0832`;
    or it follows an amount with its currency: `3000.00 USD @ 0.9231`, `USD 3000.00 AT 0.9231`. -#}
{% macro rate_patterns() -%}
    {{ return([
        "\\b1(?:[.,]0+)? ?[A-Z]{3} ?= ?([0-9]{1,6}[.,][0-9]{2,10}) ?[A-Z]{3}\\b",
        "\\b(?:RATE|FX|EXCH|EXCHANGE|XRATE|KURS|WECHSELKURS)(?: RATE)?[ :=/]*([0-9]{1,6}[.,][0-9]{2,10})\\b",
        "\\b[A-Z]{3}/[A-Z]{3}[ :=]*([0-9]{1,6}[.,][0-9]{2,10})\\b",
        "(?:[0-9] ?[A-Z]{3}|\\b[A-Z]{3} ?" ~ written_amount() ~ ") ?(?:AT|@) ?([0-9]{1,6}[.,][0-9]{2,10})\\b",
    ]) }}
{%- endmacro %}

{#- The rate that a text states, as decimal(18,10); null where it states none. -#}
{% macro stated_rate(text) -%}
    try_cast(
        replace(
            coalesce(
                {%- for pattern in rate_patterns() %}
                nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), ''){{ "," if not loop.last }}
                {%- endfor %}
            ),
            ',',
            '.'
        ) as decimal(18, 10)
    )
{%- endmacro %}

{#- The text without its rate, so that nothing reads the number again. -#}
{% macro without_rate(text) -%}
    regexp_replace({{ text }}, '{{ rate_patterns()[0] }}|{{ rate_patterns()[1] }}|{{ rate_patterns()[2] }}|(?:\bAT|@) ?[0-9]{1,6}[.,][0-9]{2,10}\b', ' ', 'g')
{%- endmacro %}

{#- A rate with the currencies that it is of: `USD RATE 0.9231`, `EUR/USD 1.0832`, `1 EUR = 1.0832 USD`. -#}
{% macro rate_with_currencies() -%}
    \b(?:1(?:[.,]0+)? ?[A-Z]{3} ?= ?[0-9.,]+ ?[A-Z]{3}\b|[A-Z]{3}(?:/[A-Z]{3})? ?(?:RATE|FX|EXCH|EXCHANGE|XRATE|KURS|WECHSELKURS)\b|[A-Z]{3}/[A-Z]{3}[ :=]*[0-9]+[.,][0-9])
{%- endmacro %}

{#- `FEE 12.00`, `CHARGES EUR 12,00`, `/CHGS/EUR12,00`: group 1 a currency before the amount, 2 the amount. -#}
{% macro charge_pattern() -%}
    \b(?:FEES?|CHARGES?|CHGS?|CHRG|COMM|COMMISSION)[ :=/]*([A-Z]{3})? ?({{ written_amount() }})\b
{%- endmacro %}

{#- A written amount as decimal(18,4). A point or comma before three digits groups them, unless the text
    shows otherwise or the currency has three decimals itself: then nobody can tell, and it is null. -#}
{% macro stated_amount(written, minor_units) -%}
    try_cast(
        case
            when regexp_matches({{ written }}, '[.,](?:[0-9]{1,2}|[0-9]{4})$|^(?:0|[0-9]{4,})[.,][0-9]{3}$|,.*[.][0-9]{3}$|[.].*,[0-9]{3}$')
                then regexp_replace(regexp_extract({{ written }}, '^(.*)[.,]', 1), '[^0-9]', '', 'g') || '.' || regexp_extract({{ written }}, '([0-9]+)$', 1)
            when {{ minor_units }} < 3 or not regexp_full_match({{ written }}, '[0-9]{1,3}[.,][0-9]{3}')
                then regexp_replace({{ written }}, '[^0-9]', '', 'g')
        end as decimal(18, 4)
    )
{%- endmacro %}
