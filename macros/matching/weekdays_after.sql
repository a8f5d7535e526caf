{#- How many days from Monday to Friday come after `first` up to `last`, the later of the two, in this
    century, less those of `holidays`, a list of such days. -#}
{% macro weekdays_after(first, last, holidays) -%}
    {{ _weekdays_before(last ~ ' + 1') }} - {{ _weekdays_before(first ~ ' + 1') }}
    - len(list_filter({{ holidays }}, lambda day: day > {{ first }} and day <= {{ last }}))
{%- endmacro %}

{#- Days from Monday to Friday since a Monday and before `day`. -#}
{% macro _weekdays_before(day) -%}
    (({{ day }} - date '2000-01-03') // 7 * 5 + least(({{ day }} - date '2000-01-03') % 7, 5))
{%- endmacro %}
