{#- True if the platform has a connection. Without a statement (plain dbt in a clone) all have. -#}
{% macro is_configured(platform) -%}
    {{ return(platform in env_var('COUNTERFOIL_PLATFORMS', platform).split(',')) }}
{%- endmacro %}
