with

canonical as (

    select
        connection_id,
        entity,
        currency_code,
        'invoice' as item_type,
        cast(date_trunc('month', issue_date) as date) as period_month,
        total_amount as amount
    from {{ ref('int_invoices__unioned') }}

    union all

    select
        connection_id,
        entity,
        currency_code,
        'payment' as item_type,
        cast(date_trunc('month', payment_date) as date) as period_month,
        amount
    from {{ ref('int_payments__unioned') }}

    union all

    select
        connection_id,
        entity,
        currency_code,
        'settlement' as item_type,
        cast(date_trunc('month', coalesce(arrival_date, created_date)) as date) as period_month,
        amount
    from {{ ref('int_settlements__unioned') }}

    union all

    select
        connection_id,
        entity,
        currency_code,
        'bank_line' as item_type,
        cast(date_trunc('month', booking_date) as date) as period_month,
        amount
    from {{ ref('int_bank_lines__merged') }}

),

told as (

    select
        connection_id,
        entity,
        currency_code,
        'bank_line' as item_type,
        cast(date_trunc('month', booking_date) as date) as period_month,
        amount
    from {{ ref('int_bank_lines__told') }}

),

marts as (

    select
        connection_id,
        entity,
        currency_code,
        'invoice' as item_type,
        cast(date_trunc('month', issue_date) as date) as period_month,
        total_amount as amount
    from {{ ref('invoices') }}

    union all

    select
        connection_id,
        entity,
        currency_code,
        'payment' as item_type,
        cast(date_trunc('month', payment_date) as date) as period_month,
        amount
    from {{ ref('payments') }}

    union all

    select
        connection_id,
        entity,
        currency_code,
        'settlement' as item_type,
        cast(date_trunc('month', coalesce(arrival_date, created_date)) as date) as period_month,
        amount
    from {{ ref('settlements') }}

    union all

    select
        connection_id,
        entity,
        currency_code,
        'bank_line' as item_type,
        cast(date_trunc('month', booking_date) as date) as period_month,
        amount
    from {{ ref('bank_lines') }}

),

raw_counts as (

    select
        connection_id,
        resource,
        row_count
    from {{ ref('stg_operations__raw_counts') }}

),

unioned as (

    select
        'told' as stage,
        *
    from told

    union all

    select
        'canonical' as stage,
        *
    from canonical

    union all

    select
        'mart' as stage,
        *
    from marts

),

summed as (

    select
        stage,
        connection_id,
        entity,
        currency_code,
        item_type,
        period_month,
        count(*) as row_count,
        cast(sum(amount) as decimal(18, 4)) as total_amount

    from unioned
    group by stage, connection_id, entity, currency_code, item_type, period_month

    union all

    select
        'raw' as stage,
        connection_id,
        null as entity,
        null as currency_code,
        resource as item_type,
        null as period_month,
        row_count,
        null as total_amount
    from raw_counts

),

final as (

    select
        {{ row_key(['stage', 'connection_id', 'entity', 'currency_code', 'item_type', 'period_month']) }} as control_total_key,
        stage,
        connection_id,
        entity,
        currency_code,
        item_type,
        period_month,
        cast(row_count as bigint) as row_count,
        total_amount

    from summed

)

select * from final
