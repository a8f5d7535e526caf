-- One row per link that a platform itself states between a payment and a document, both resolved to
-- their economic items, so that the same link told by gateway and books is one row.
{% set models = [
    'stg_exchange__allocations',
    'stg_quickbooks_online__bill_payment_lines',
    'stg_quickbooks_online__payment_lines',
    'stg_stripe__invoice_payments',
] %}
{% set columns = {
    'allocation_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'payment_source_type': 'varchar',
    'payment_id': 'varchar',
    'target_source_type': 'varchar',
    'target_id': 'varchar',
    'currency_code': 'varchar',
    'amount': 'decimal(18, 4)',
    'is_active': 'boolean',
    'allocated_date': 'date',
    'load_id': 'varchar',
} %}
with

listed as (
    {{ union_staging(models, columns) }}
),

payments as (

    select * from {{ ref('int_payments__mirrored') }}

),

invoices as (

    select * from {{ ref('int_invoices__mirrored') }}

),

-- The ids by which an allocation may name a payment.
aliases as (

    select
        payment_key,
        {{ row_key(['platform', 'connection_id', 'company_code', 'source_type', 'payment_id']) }} as alias_key

    from payments

    union all

    select
        payment_key,
        {{ row_key(['platform', 'connection_id', 'company_code', 'null', 'alternate_payment_id']) }} as alias_key

    from payments
    where alternate_payment_id is not null and status <> 'void'

    union all

    select
        payment_key,
        {{ row_key(['platform', 'connection_id', 'company_code', 'null', 'payment_id']) }} as alias_key

    from payments

),

keyed as (

    select
        *,
        {{ row_key(['platform', 'connection_id', 'company_code', 'payment_source_type', 'payment_id']) }} as payment_alias_key,
        {{ row_key(['platform', 'connection_id', 'company_code', 'target_source_type', 'target_id']) }} as target_key

    from listed
    where is_active

),

resolved as (

    select
        keyed.allocation_key,
        keyed.platform,
        keyed.connection_id,
        payments.economic_key as payment_key,
        payments.is_primary as payment_is_primary,
        invoices.economic_key as invoice_key,
        invoices.document_type,
        keyed.currency_code,
        keyed.amount,
        keyed.allocated_date,
        -- A link that leaves its entity or its currency is told and never counted.
        payments.entity <> invoices.entity
        or payments.entity = 'unmapped'
        or payments.currency_code <> invoices.currency_code
        or keyed.currency_code <> invoices.currency_code as is_across

    from keyed

    inner join aliases
        on keyed.payment_alias_key = aliases.alias_key

    inner join payments
        on aliases.payment_key = payments.payment_key

    inner join invoices
        on keyed.target_key = invoices.invoice_key

),

-- The same link told twice: the largest statement of one connection, not the sum of several.
per_connection as (

    select
        payment_key,
        invoice_key,
        document_type,
        currency_code,
        platform,
        connection_id,
        sum(amount) as amount,
        min(allocated_date) as allocated_date,
        bool_or(is_across) as is_across

    from resolved
    group by payment_key, invoice_key, document_type, currency_code, platform, connection_id

),

final as (

    select
        payment_key,
        invoice_key,
        document_type,
        currency_code,
        cast(max(amount) as decimal(18, 4)) as amount,
        min(allocated_date) as allocated_date,
        bool_or(is_across) as is_across,
        string_agg(distinct platform, ', ' order by platform) as stated_by

    from per_connection
    group by payment_key, invoice_key, document_type, currency_code

)

select * from final
