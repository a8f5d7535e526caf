{#- The windows that entities set otherwise on a leg, one row an entity and method; null where only the
    other side of the window is. -#}
{% macro own_windows(leg) -%}
    select
        entity,
        split_part(name, '.', 2) as method,
        max(window_days) filter (where setting = 'days_before') as days_before,
        max(window_days) filter (where setting = 'days_after') as days_after
    from {{ ref('int_match_overrides__resolved') }}
    where setting in ('days_before', 'days_after')
        and split_part(name, '.', 1) = '{{ leg }}'
    group by entity, split_part(name, '.', 2)
{%- endmacro %}

{#- One side of a window for an entity: its own, else the general one of the seed. CTEs `windows` and
    `own_windows` are joined. -#}
{% macro window_days(side) -%}
    coalesce(own_windows.{{ side }}, windows.{{ side }})
{%- endmacro %}
