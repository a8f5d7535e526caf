{#- A table, made under its own name in the transaction that drops the one before. dbt-duckdb makes it
    under another name, renames both and drops the old one: three more statements for each model. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}

    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks) }}

    {% if existing_relation is not none %}
        {% call statement('dropped', auto_begin=(model['language'] == 'sql')) -%}
            drop {{ existing_relation.type }} if exists {{ existing_relation }}
        {%- endcall %}
    {% endif %}

    {% call statement('main', language=model['language']) -%}
        {%- if model['language'] == 'sql' and is_large() and not config.get('contract').enforced -%}
            {{- create_table_of_query(target_relation, compiled_code) }}
        {%- else -%}
            {{- create_table_as(false, target_relation, compiled_code, model['language']) }}
        {%- endif -%}
    {%- endcall %}

    {{ run_hooks(post_hooks) }}

    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{#- Whether there is so much that the room of a key and the time of a question are worth a thought. -#}
{% macro is_large() -%}
    {{ return(env_var('COUNTERFOIL_IS_LARGE', 'false') == 'true') }}
{%- endmacro %}


{#- The columns are asked for first: only a column that is named can be told how to be kept. -#}
{% macro create_table_of_query(relation, sql) -%}
    {%- set columns = [] -%}
    {%- for column in adapter.get_column_schema_from_query(sql) -%}
        {%- do columns.append(column.quoted ~ ' ' ~ column.dtype ~ kept_as_it_is(column.name, column.dtype)) -%}
    {%- endfor -%}
    create table {{ relation }} ({{ columns | join(', ') }});
    insert into {{ relation }}
    {{ sql }}
{%- endmacro %}


{#- The columns of a contract. -#}
{% macro duckdb__get_table_columns_and_constraints() -%}
    {%- set columns = [] -%}
    {%- for column in adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
        {%- set parts = column.split(' ') -%}
        {%- do columns.append(column ~ kept_as_it_is(parts[0], parts[1])) -%}
    {%- endfor -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    ({{ (columns + constraints) | join(', ') }})
{%- endmacro %}


{#- Keys are told to be left as they are. They are as good as random: packed, they take three
    times as long to write, for three tenths less room. -#}
{% macro kept_as_it_is(name, data_type) -%}
    {%- set is_key = name.endswith('_key') and not name.endswith('name_key') -%}
    {%- if is_large() and is_key and data_type | lower in ('varchar', 'text') -%}
        {{- ' using compression uncompressed' -}}
    {%- endif -%}
{%- endmacro %}
