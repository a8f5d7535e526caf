{#- How upper case text says a cheque's number: after the word. Group 1 is the number. -#}
{% macro check_pattern() -%}
    '\b(?:CK|CHK|CHECK|CHQ|CHEQUE)(?: NO| NUMBER)?[ #.:-]*([0-9]{2,8})(?:$|[ ,;.)])'
{%- endmacro %}
