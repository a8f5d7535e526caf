-- No link is automatic by amount and date alone: a reference, a payer, a settlement's contents or the
-- books' own record stands behind each; a credit note is named by the payment that nets it.
{{ config(tags = ['gate'], store_failures = false) }}

with

allocations as (

    select * from {{ ref('match_allocations') }}
    where status = 'auto'
        and leg in ('settlement', 'clearing', 'direct')

),

candidates as (

    select * from {{ ref('match_candidates') }}
    where status = 'auto'

)

select
    allocations.match_key,
    allocations.leg,
    allocations.rule

from allocations

left join candidates
    on allocations.leg = candidates.leg
    and allocations.right_key = candidates.right_key
    and (allocations.left_key = candidates.left_key or candidates.left_type = 'settlement')

left join {{ ref('int_credits__netted') }} as netted
    on allocations.leg = 'settlement'
    and allocations.left_key = netted.credit_note_key
    and allocations.right_key = netted.payment_key

where (candidates.match_candidate_key is null and netted.credit_note_key is null)
    or (candidates.reference_level = 'none' and candidates.payer_level in ('none', 'foreign', 'other_party'))
