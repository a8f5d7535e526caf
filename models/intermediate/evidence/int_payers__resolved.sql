-- One row per payment and debtor whose debt it may settle by what the payment itself says of who
-- pays: the party, a name that one debtor bears, or a debtor's name in its text.
with

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}
    where person_key is not null

),

debtors as (

    select
        entity,
        settled_by,
        person_key,
        min(parent_person_key) as parent_person_key
    from invoices
    group by entity, settled_by, person_key

),

names_of_one as (

    select * from {{ ref('int_debtor_names__known') }}

),

by_party as (

    select
        payments.payment_key,
        debtors.person_key,
        1 as payer_rank

    from payments

    inner join debtors
        on payments.entity = debtors.entity
        and payments.direction = debtors.settled_by
        and payments.person_key = debtors.person_key

),

by_parent as (

    select
        payments.payment_key,
        debtors.person_key,
        1 as payer_rank

    from payments

    inner join debtors
        on payments.entity = debtors.entity
        and payments.direction = debtors.settled_by
        and payments.person_key = debtors.parent_person_key

),

by_name as (

    select
        payments.payment_key,
        names_of_one.person_key,
        1 as payer_rank

    from payments

    inner join names_of_one
        on payments.entity = names_of_one.entity
        and payments.direction = names_of_one.settled_by
        and payments.payer_name_key = names_of_one.name_key

),

by_text as (

    select
        payments.payment_key,
        names_of_one.person_key,
        2 as payer_rank

    from payments

    inner join {{ ref('int_text_names__resolved') }} as text_names
        on payments.payment_key = text_names.item_key
        and text_names.item_type = 'payment'
        and text_names.name_count = 1
        and text_names.name_level <> 'slip_name'

    inner join names_of_one
        on text_names.entity = names_of_one.entity
        and payments.direction = names_of_one.settled_by
        and text_names.name_key = names_of_one.name_key

),

unioned as (

    select * from by_party
    union all
    select * from by_parent
    union all
    select * from by_name
    union all
    select * from by_text

),

ranked as (

    select
        payment_key,
        person_key,
        min(payer_rank) as payer_rank
    from unioned
    group by payment_key, person_key

),

final as (

    select
        ranked.payment_key,
        ranked.person_key,
        case
            when ranked.payer_rank = 2 then 'named_in_text'
            when payments.is_name_mended and not payments.has_party then 'slip_name'
            else 'same_party'
        end as payer_level

    from ranked

    inner join payments
        on ranked.payment_key = payments.payment_key

)

select * from final
