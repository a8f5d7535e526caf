-- One row per account of the books, with its role where it holds money, and the bank account it
-- stands for where the map names one.
{% set models = ['stg_quickbooks_online__accounts'] %}
{% set columns = {
    'ledger_account_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'account_id': 'varchar',
    'name': 'varchar',
    'account_type': 'varchar',
    'account_subtype': 'varchar',
    'currency_code': 'varchar',
    'balance_amount': 'decimal(18, 4)',
    'is_active': 'boolean',
    'updated_at': 'timestamp',
    'load_id': 'varchar',
} %}
with

unioned as (
    {{ union_staging(models, columns) }}
),

entity_map as (

    select * from {{ ref('stg_operations__entity_map') }}

),

account_map as (

    select * from {{ ref('stg_operations__bank_account_map') }}

),

roles as (

    select * from {{ ref('account_types') }}

),

final as (

    select
        unioned.*,
        {{ entity_of('unioned.company_code') }} as entity,
        coalesce(roles.role, 'ledger') as role,
        account_map.account_id as bank_account_id,
        case
            when account_map.account_id is not null then {{ row_key(['account_map.entity', 'account_map.account_id']) }}
        end as account_key

    from unioned

    {{ join_entity('unioned') }}

    left join roles
        on unioned.platform = roles.platform
        and unioned.account_type = roles.account_type
        and roles.account_subtype in ('*', unioned.account_subtype)

    left join account_map
        on unioned.connection_id = account_map.connection_id
        and unioned.account_id = account_map.source_account
        and account_map.entity = {{ entity_of('unioned.company_code') }}

)

select * from final
