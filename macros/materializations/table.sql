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
        {{- create_table_as(false, target_relation, compiled_code, model['language']) }}
    {%- endcall %}

    {{ run_hooks(post_hooks) }}

    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}
