{#- The words that begin a bank's text, four at most, without numbers: what stays the same on the lines of one sender. -#}
{% macro sender_words(folded_text) -%}
    regexp_extract(regexp_replace({{ folded_text }}, '[^ ]*[0-9][^ ]*', '', 'g'), '^ *[A-Z]+(?: +[A-Z]+)?(?: +[A-Z]+)?(?: +[A-Z]+)?')
{%- endmacro %}
