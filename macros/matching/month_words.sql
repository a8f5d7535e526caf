{#- The words for a month in folded text, to stand between `\b(` and `)\b`: MAY and MAR only as words of their own. -#}
{% macro month_words() -%}
    JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|SEPT|OCT|NOV|DEC|JANUARY|FEBRUARY|MARCH|APRIL|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER
{%- endmacro %}
