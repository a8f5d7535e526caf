{#- The key of a row: the first 72 bits of the md5 over its parts, nulls as empty, parts parted by a
    character that no source writes, as twelve letters that a URL may bear. DuckDB keeps texts of
    up to twelve bytes in place. The same parts give the same key in every build. -#}
{% macro row_key(parts) -%}
    {{ return(adapter.dispatch('row_key', 'counterfoil')(parts)) }}
{%- endmacro %}

{% macro duckdb__row_key(parts) -%}
    replace(replace(left(to_base64(unhex(md5(concat_ws(chr(31){% for part in parts %}, coalesce(cast({{ part }} as varchar), ''){% endfor %})))), 12), '+', '-'), '/', '_')
{%- endmacro %}

{% macro default__row_key(parts) -%}
    {{ exceptions.raise_compiler_error(
        "row_key: no implementation for adapter '" ~ target.type ~
        "'. Add " ~ target.type ~ "__row_key to macros/canonical/row_key.sql."
    ) }}
{%- endmacro %}
