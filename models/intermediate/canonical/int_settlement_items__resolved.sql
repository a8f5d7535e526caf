-- One row per thing inside a settlement, with the payment it moved where that is known. Items of a
-- mirrored slip stand beside the payout's own and say so by is_primary.
{% set models = [
    'stg_quickbooks_online__deposit_lines',
    'stg_stripe__payout_contents',
] %}
{% set columns = {
    'settlement_item_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'settlement_source_type': 'varchar',
    'settlement_id': 'varchar',
    'item_id': 'varchar',
    'item_type': 'varchar',
    'payment_source_type': 'varchar',
    'payment_id': 'varchar',
    'payer_name': 'varchar',
    'reference': 'varchar',
    'memo': 'varchar',
    'currency_code': 'varchar',
    'gross_amount': 'decimal(18, 4)',
    'fee_amount': 'decimal(18, 4)',
    'net_amount': 'decimal(18, 4)',
    'item_date': 'date',
    'load_id': 'varchar',
} %}
with

listed as (
    {{ union_staging(models, columns) }}
),

payments as (

    select * from {{ ref('int_payments__mirrored') }}

),

settlements as (

    select * from {{ ref('int_settlements__unioned') }}

),

keyed as (

    select
        *,
        {{ row_key(['platform', 'connection_id', 'company_code', 'settlement_source_type', 'settlement_id']) }} as settlement_key,
        case
            when payment_id is not null
                then {{ row_key(['platform', 'connection_id', 'company_code', 'payment_source_type', 'payment_id']) }}
        end as named_payment_key

    from listed
    where item_type <> 'payout'

),

from_payments as (

    select
        {{ row_key(['payment_key', "'settlement_item'"]) }} as settlement_item_key,
        {{ row_key(["'exchange'", 'connection_id', 'company_code', "'payout'", 'settlement_id', 'currency_code']) }} as settlement_key,
        payment_id as item_id,
        case when direction = 'in' then 'payment' else 'refund' end as item_type,
        payment_key as named_payment_key,
        payer_name,
        reference,
        memo,
        currency_code,
        case when direction = 'in' then amount else -amount end as gross_amount,
        coalesce(fee_amount, 0) as fee_amount,
        payment_date as item_date

    from payments
    where platform = 'exchange' and settlement_id is not null and status <> 'void'

),

unioned as (

    select
        settlement_item_key,
        settlement_key,
        item_id,
        item_type,
        named_payment_key,
        payer_name,
        reference,
        memo,
        currency_code,
        gross_amount,
        fee_amount,
        item_date

    from keyed

    union all

    select
        settlement_item_key,
        settlement_key,
        item_id,
        item_type,
        named_payment_key,
        payer_name,
        reference,
        memo,
        currency_code,
        gross_amount,
        fee_amount,
        item_date

    from from_payments

),

final as (

    select
        unioned.settlement_item_key,
        settlements.settlement_key,
        settlements.entity,
        settlements.is_primary,
        unioned.item_id,
        unioned.item_type,
        payments.payment_key,
        payments.economic_key as payment_economic_key,
        unioned.payer_name,
        unioned.reference,
        unioned.memo,
        unioned.currency_code,
        unioned.gross_amount,
        unioned.fee_amount,
        cast(unioned.gross_amount - unioned.fee_amount as decimal(18, 4)) as net_amount,
        unioned.item_date

    from unioned

    inner join settlements
        on unioned.settlement_key = settlements.settlement_key

    left join payments
        on unioned.named_payment_key = payments.payment_key

)

select * from final
