{#- One canonical entity from its staging models. Models and columns are listed by the caller and
    never discovered: a staging model that lacks a column fails the build with its name. Platforms
    without a connection take no part; if none is left, the result is empty but typed. -#}
{% macro union_staging(models, columns) -%}
    {%- set configured = [] -%}
    {%- for model in models if is_configured(model.split('__')[0][4:]) -%}
        {%- do configured.append(model) -%}
    {%- endfor -%}
    {%- for model in configured %}
    select
        {%- for name, type in columns.items() %}
        cast({{ name }} as {{ type }}) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref(model) }}
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{%- endmacro %}
