{#- The key of a row: md5 over its parts, nulls as empty, parts parted by a character that no
    source writes. The same parts give the same key on every engine and in every build. -#}
{% macro row_key(parts) -%}
    md5(concat_ws(chr(31){% for part in parts %}, coalesce(cast({{ part }} as varchar), ''){% endfor %}))
{%- endmacro %}
