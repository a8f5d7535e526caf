{#- The pairs of one class of evidence that no other pair of the same or a stronger class contests,
    among pairs whose two sides are still free. Ties link nobody. `pairs` and `taken` are CTEs;
    a pair has left_key, right_key and evidence_class (1 is the strongest). With `margin_days` (and a
    column days_apart) a rival that lies that much further off in time is a weaker one. -#}
{% macro unrivalled(pairs, taken, evidence_class, margin_days=none) -%}
    select
        free.left_key,
        free.right_key,
        free.evidence_class

    from (
        select
            {{ pairs }}.left_key,
            {{ pairs }}.right_key,
            {{ pairs }}.evidence_class,
            count(*) over (
                partition by {{ pairs }}.left_key
                {%- if margin_days is not none %}
                order by abs({{ pairs }}.days_apart) range between unbounded preceding and {{ margin_days }} following
                {%- endif %}
            ) as left_rivals,
            count(*) over (
                partition by {{ pairs }}.right_key
                {%- if margin_days is not none %}
                order by abs({{ pairs }}.days_apart) range between unbounded preceding and {{ margin_days }} following
                {%- endif %}
            ) as right_rivals

        from {{ pairs }}

        left join {{ taken }} as left_taken
            on {{ pairs }}.left_key = left_taken.left_key

        left join {{ taken }} as right_taken
            on {{ pairs }}.right_key = right_taken.right_key

        where {{ pairs }}.evidence_class <= {{ evidence_class }}
            and left_taken.left_key is null
            and right_taken.right_key is null
    ) as free

    where free.left_rivals = 1
        and free.right_rivals = 1
        and free.evidence_class = {{ evidence_class }}
{%- endmacro %}
