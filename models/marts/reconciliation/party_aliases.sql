with

allocations as (

    select * from {{ ref('match_allocations') }}
    where leg = 'settlement'
        and status in ('book', 'auto', 'confirmed', 'manual')
        and (rule in ('book_allocation', 'number_single', 'number_list', 'remittance_amounts'))

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

foreign_payers as (

    select
        payments.entity,
        payments.payer_name_key,
        invoices.person_key,
        payments.payment_date,
        allocations.status

    from allocations

    inner join payments
        on allocations.right_key = payments.payment_key

    inner join invoices
        on allocations.left_key = invoices.invoice_key

    where payments.payer_name_key is not null
        and payments.payer_name_key <> coalesce(invoices.name_key, '')
        and invoices.person_key is not null

),

final as (

    select
        {{ row_key(['entity', 'payer_name_key', 'person_key']) }} as party_alias_key,
        entity,
        payer_name_key as alias_name,
        person_key,
        count(*) as proof_count,
        min(payment_date) as valid_from,
        max(payment_date) as last_seen_date,
        case when bool_or(status in ('book', 'confirmed', 'manual')) then 'people' else 'number' end as evidence,
        false as is_revoked

    from foreign_payers
    group by entity, payer_name_key, person_key

)

select * from final
