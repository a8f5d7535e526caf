{#- The entity of a row, from the joins that join_entity writes; `unmapped` where the map is silent:
    such a row is shown and never matched. -#}
{% macro entity_of(company_code) -%}
    coalesce(
        mapped.entity,
        case when wildcard.connection_id is not null then {{ company_code }} end,
        'unmapped'
    )
{%- endmacro %}

{#- Left joins of a relation to the map: its company first, else the connection's wildcard. -#}
{% macro join_entity(relation) -%}
    left join entity_map as mapped
        on {{ relation }}.connection_id = mapped.connection_id
        and {{ relation }}.company_code = mapped.company_code
        and mapped.company_code <> '*'

    left join entity_map as wildcard
        on {{ relation }}.connection_id = wildcard.connection_id
        and wildcard.company_code = '*'
{%- endmacro %}
