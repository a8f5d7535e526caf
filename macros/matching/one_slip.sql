{#- Whether two texts are one slip of the pen apart: a sign more, less or other, or two that changed places.
    A cheap look goes first, since a distance is dear where very many are compared: of equal length they
    differ in at most two places, else either half of the shorter begins or ends both. -#}
{% macro one_slip(one, other) -%}
    case
        when length({{ one }}) = length({{ other }})
            then case when hamming({{ one }}, {{ other }}) <= 2 then damerau_levenshtein({{ one }}, {{ other }}) = 1 else false end
        when abs(length({{ one }}) - length({{ other }})) > 1 then false
        when left({{ one }}, least(length({{ one }}), length({{ other }})) // 2) = left({{ other }}, least(length({{ one }}), length({{ other }})) // 2)
            or right({{ one }}, least(length({{ one }}), length({{ other }})) // 2) = right({{ other }}, least(length({{ one }}), length({{ other }})) // 2)
            then damerau_levenshtein({{ one }}, {{ other }}) = 1
        else false
    end
{%- endmacro %}
