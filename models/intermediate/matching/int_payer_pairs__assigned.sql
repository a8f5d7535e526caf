-- One row per pair of invoice and payment, or bank line that nobody recorded, that the payer and the exact
-- amount settle: round by round, then where bills and receipts come in turn.
with

final as (

    select * from {{ ref('int_payer_rounds__taken') }}

    union all

    select * from {{ ref('int_turns__found') }}

)

select * from final
