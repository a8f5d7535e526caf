-- One row per real document that may be settled (primary, not draft, not void, mapped), with what
-- can be compared: its number's readings, who owes it, its amount and dates.
with

invoices as (

    select
        *,
        {{ month_named('memo') }} as named_month
    from {{ ref('int_invoices__mirrored') }}
    where is_primary and status in ('open', 'unknown') and entity <> 'unmapped'

),

parties as (

    select * from {{ ref('int_parties__linked') }}

),

numbers as (

    select
        entity,
        direction,
        number_token,
        count(*) as document_count

    from invoices
    where number_token is not null
    group by entity, direction, number_token

),

-- The document's own name is read only where no list of parties has one.
named as (

    select
        invoices.*,
        parties.person_key,
        parties.parent_person_key,
        parties.name_key as party_name_key,
        case
            when parties.name_key is null or coalesce(parties.person_key, invoices.bill_to_party_key) is null
                then {{ name_key('invoices.party_name') }}
        end as own_name_key

    from invoices

    left join parties
        on invoices.bill_to_party_key = parties.party_key

),

final as (

    select
        invoices.economic_key as invoice_key,
        invoices.entity,
        invoices.direction,
        invoices.document_type,
        -- Money in settles what customers owe, and what vendors credited; money out the rest.
        case when (invoices.direction = 'receivable') = (invoices.document_type = 'invoice') then 'in' else 'out' end as settled_by,
        invoices.currency_code,
        invoices.total_amount,
        invoices.discount_amount,
        invoices.discount_date,
        invoices.issue_date,
        coalesce(invoices.due_date, invoices.issue_date) as due_date,
        -- `Care hours Dec` on a bill of January is for the December before.
        coalesce(
            invoices.service_from,
            make_date(
                year(invoices.issue_date) + case
                    when invoices.named_month - month(invoices.issue_date) > 6 then -1
                    when invoices.named_month - month(invoices.issue_date) < -6 then 1
                    else 0
                end,
                invoices.named_month,
                1
            ),
            invoices.issue_date
        ) as service_date,
        case when length(invoices.number_token) >= 3 then invoices.number_token end as number_token,
        {{ number_digits('invoices.number_token') }} as number_digits,
        {{ number_core('invoices.number') }} as number_core,
        coalesce(numbers.document_count, 0) = 1 as is_number_unique,
        -- Who has no id is known by name, as a party whose name one list holds once is.
        coalesce(
            invoices.person_key,
            invoices.bill_to_party_key,
            case when invoices.own_name_key is not null then {{ row_key(['invoices.entity', 'invoices.own_name_key']) }} end
        ) as person_key,
        invoices.parent_person_key,
        coalesce(invoices.party_name_key, invoices.own_name_key) as name_key,
        {{ name_key('invoices.resident_name') }} as resident_name_key

    from named as invoices

    left join numbers
        on invoices.entity = numbers.entity
        and invoices.direction = numbers.direction
        and invoices.number_token = numbers.number_token

)

select * from final
