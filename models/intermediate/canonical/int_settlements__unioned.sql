-- One row per bundle of payments before the bank sees it: gateway payouts, deposit slips, and the
-- payouts that an exchange folder's payments name. A slip in the books that names a gateway's payout
-- with the same amount is its mirror.
{% set models = [
    'stg_quickbooks_online__deposits',
    'stg_stripe__payouts',
] %}
{% set columns = {
    'settlement_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'source_type': 'varchar',
    'settlement_id': 'varchar',
    'settlement_type': 'varchar',
    'platform_status': 'varchar',
    'direction': 'varchar',
    'deposit_account': 'varchar',
    'reference': 'varchar',
    'memo': 'varchar',
    'is_itemised': 'boolean',
    'currency_code': 'varchar',
    'amount': 'decimal(18, 4)',
    'created_date': 'date',
    'arrival_date': 'date',
    'updated_at': 'timestamp',
    'load_id': 'varchar',
} %}
with

listed as (
    {{ union_staging(models, columns) }}
),

payments as (

    select * from {{ ref('int_payments__mirrored') }}
    where platform = 'exchange' and settlement_id is not null and status <> 'void'

),

entity_map as (

    select * from {{ ref('stg_operations__entity_map') }}

),

authorities as (

    select * from {{ ref('authorities') }}
    where item_type = 'settlement'

),

named as (

    select
        {{ row_key(["'exchange'", 'connection_id', 'company_code', "'payout'", 'settlement_id', 'currency_code']) }} as settlement_key,
        'exchange' as platform,
        connection_id,
        company_code,
        'payout' as source_type,
        settlement_id,
        'gateway_payout' as settlement_type,
        null as platform_status,
        sum(case when direction = 'in' then amount else -amount end - coalesce(fee_amount, 0)) as net_amount,
        min(deposit_account) as deposit_account,
        currency_code,
        min(payment_date) as created_date,
        max(payment_date) as arrival_date

    from payments
    group by connection_id, company_code, settlement_id, currency_code

),

unioned as (

    select
        *,
        false as is_derived

    from listed

    union all

    select
        settlement_key,
        platform,
        connection_id,
        company_code,
        source_type,
        settlement_id,
        settlement_type,
        platform_status,
        case when net_amount < 0 then 'out' else 'in' end as direction,
        deposit_account,
        settlement_id as reference,
        null as memo,
        true as is_itemised,
        currency_code,
        cast(abs(net_amount) as decimal(18, 4)) as amount,
        created_date,
        arrival_date,
        null as updated_at,
        null as load_id,
        true as is_derived

    from named

),

placed as (

    select
        unioned.*,
        {{ entity_of('unioned.company_code') }} as entity,
        coalesce(authorities.authority_rank, 100) as authority_rank

    from unioned

    {{ join_entity('unioned') }}

    left join authorities
        on unioned.platform = authorities.platform

),

tokens as (

    select distinct
        settlement_key,
        unnest(regexp_extract_all(concat_ws(' ', reference, memo), '[A-Za-z0-9_]{8,}')) as token

    from placed

),

pairs as (

    select
        mirrors.settlement_key,
        min(originals.settlement_key) as original_key,
        count(distinct originals.settlement_key) as original_count

    from placed as mirrors

    inner join tokens
        on mirrors.settlement_key = tokens.settlement_key

    inner join placed as originals
        on tokens.token = originals.settlement_id
        and mirrors.entity = originals.entity
        and mirrors.currency_code = originals.currency_code
        and mirrors.amount = originals.amount
        and mirrors.direction = originals.direction
        and mirrors.connection_id <> originals.connection_id
        and mirrors.authority_rank > originals.authority_rank

    group by mirrors.settlement_key

),

final as (

    select
        placed.* exclude (authority_rank),
        coalesce(pairs.original_key, placed.settlement_key) as economic_key,
        pairs.original_key is null as is_primary

    from placed

    left join pairs
        on placed.settlement_key = pairs.settlement_key
        and pairs.original_count = 1

)

select * from final
