-- One row per document, with the real thing it records. The same number, kind, currency and total in
-- one entity from different connections is one document, provided that no connection has it twice.
with

invoices as (

    select * from {{ ref('int_invoices__unioned') }}

),

authorities as (

    select * from {{ ref('authorities') }}
    where item_type = 'invoice'

),

candidates as (

    select
        invoices.invoice_key,
        invoices.connection_id,
        invoices.company_code,
        {{ row_key([
            'invoices.entity', 'invoices.direction', 'invoices.document_type',
            'invoices.number_token', 'invoices.currency_code', 'invoices.total_amount',
        ]) }} as mirror_key,
        coalesce(authorities.authority_rank, 100) as authority_rank

    from invoices

    left join authorities
        on invoices.platform = authorities.platform

    where invoices.number_token is not null
        and invoices.entity <> 'unmapped'
        and invoices.status in ('open', 'unknown')

),

groups as (

    select
        mirror_key,
        count(*) as document_count,
        count(distinct connection_id || '/' || company_code) as company_count

    from candidates
    group by mirror_key

),

ranked as (

    select
        candidates.invoice_key,
        first_value(candidates.invoice_key) over (
            partition by candidates.mirror_key
            order by candidates.authority_rank asc, candidates.invoice_key asc
        ) as economic_key

    from candidates

    inner join groups
        on candidates.mirror_key = groups.mirror_key

    where groups.document_count > 1
        and groups.document_count = groups.company_count

),

final as (

    select
        invoices.*,
        coalesce(ranked.economic_key, invoices.invoice_key) as economic_key,
        coalesce(ranked.economic_key, invoices.invoice_key) = invoices.invoice_key as is_primary

    from invoices

    left join ranked
        on invoices.invoice_key = ranked.invoice_key

)

select * from final
