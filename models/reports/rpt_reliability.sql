-- What the model says against what was seen when it was calibrated, with this build's links beside it.
with

bands as (

    select * from {{ ref('match_reliability') }}

),

candidates as (

    select * from {{ ref('match_candidates') }}

),

counted as (

    select
        bands.leg,
        bands.band,
        count(*) filter (where candidates.status = 'auto') as auto_pairs,
        count(*) filter (where candidates.status = 'suggested') as suggested_pairs

    from bands

    inner join candidates
        on bands.leg = candidates.leg
        and candidates.lead >= bands.lead_from
        and candidates.lead < bands.lead_to

    group by bands.leg, bands.band

),

final as (

    select
        {{ row_key(['bands.leg', 'bands.band']) }} as reliability_key,
        bands.model_version,
        bands.leg,
        bands.band,
        bands.lead_from,
        bands.lead_to,
        bands.said_share,
        bands.checked_pairs,
        bands.right_pairs,
        case when bands.checked_pairs > 0 then cast(bands.right_pairs / bands.checked_pairs as decimal(5, 4)) end as seen_share,
        bands.lower_share,
        bands.upper_share,
        bands.probability_from,
        bands.probability_to,
        cast(coalesce(counted.auto_pairs, 0) as integer) as auto_pairs,
        cast(coalesce(counted.suggested_pairs, 0) as integer) as suggested_pairs

    from bands

    left join counted
        on bands.leg = counted.leg
        and bands.band = counted.band

)

select * from final
