{#- Creates, empty, the declared raw tables that no load has made yet, so that a build works in a
    fresh clone and before a connection's first row. Platforms without a connection are left out. -#}
{% macro create_missing_raw_tables() -%}
    {%- for platform, tables in declared_raw_tables().items() if is_configured(platform) or platform == 'operations' %}
    create schema if not exists raw_{{ platform_schema(platform) }};
    {%- for table, columns in tables.items() %}
    create table if not exists raw_{{ platform_schema(platform) }}.{{ table }} (
        {%- for name, type in columns %}{{ name }} {{ type }}{{ ", " if not loop.last }}{% endfor -%}
    );
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{#- Bank files of every kind share one raw schema. -#}
{% macro platform_schema(platform) -%}
    {{ return('files' if platform == 'bank_files' else platform) }}
{%- endmacro %}
