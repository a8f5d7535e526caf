-- One row per payment that the bank may have taken back: a return fits it, but not it alone. Nothing
-- it settles is automatic until a person has said which payment came back.
with

returns as (

    select * from {{ ref('int_returns__assigned') }}
    where status = 'suggested' and evidence_class <= 3

),

clearing as (

    select * from {{ ref('int_clearing__assigned') }}
    where status in ('auto', 'suggested') and left_type = 'payment'

),

doubted as (

    select left_key as payment_key
    from returns
    where left_type = 'payment'

    union all

    select clearing.left_key as payment_key
    from returns

    inner join clearing
        on returns.left_key = clearing.right_key

    where returns.left_type = 'bank_line'

),

final as (

    select distinct payment_key
    from doubted

)

select * from final
