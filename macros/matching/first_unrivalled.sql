{#- As `unrivalled`, for payments in order of time: a pair is accepted where its payment fits no other
    invoice and no other payment fitted the invoice on that day or before; a later one comes second.
    `left_class`: payments up to this weaker class stand against a pair, too. -#}
{% macro first_unrivalled(pairs, taken, evidence_class, left_class=none) -%}
    select
        free.left_key,
        free.right_key

    from (
        select
            {{ pairs }}.left_key,
            {{ pairs }}.right_key,
            {{ pairs }}.evidence_class,
            count(*) filter (where {{ pairs }}.evidence_class <= {{ evidence_class }}) over (partition by {{ pairs }}.right_key) as right_rivals,
            count(*) over (
                partition by {{ pairs }}.left_key
                order by {{ pairs }}.payment_date
                range between unbounded preceding and current row
            ) as left_rivals

        from {{ pairs }}

        left join {{ taken }} as left_taken
            on {{ pairs }}.left_key = left_taken.left_key

        left join {{ taken }} as right_taken
            on {{ pairs }}.right_key = right_taken.right_key

        where {{ pairs }}.evidence_class <= {{ left_class or evidence_class }}
            and left_taken.left_key is null
            and right_taken.right_key is null
    ) as free

    where free.left_rivals = 1
        and free.right_rivals = 1
        and free.evidence_class = {{ evidence_class }}
{%- endmacro %}
