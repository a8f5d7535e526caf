-- What the model of matching gives each level of evidence; the Match page explains weights with it.
with

match_weights as (

    select * from {{ ref('match_weights') }}

),

final as (

    select
        {{ row_key(['leg', 'evidence', 'level']) }} as match_weight_key,
        model_version,
        leg,
        evidence as evidence_type,
        level as evidence_level,
        weight as level_weight

    from match_weights

)

select * from final
