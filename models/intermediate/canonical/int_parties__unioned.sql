-- One row per customer or vendor of any platform. Documents whose source has no list of parties
-- (exchange folders) bring theirs along.
{% set models = [
    'stg_quickbooks_online__customers',
    'stg_quickbooks_online__vendors',
    'stg_stripe__customers',
] %}
{% set columns = {
    'party_key': 'varchar',
    'platform': 'varchar',
    'connection_id': 'varchar',
    'company_code': 'varchar',
    'source_type': 'varchar',
    'party_id': 'varchar',
    'parent_party_id': 'varchar',
    'party_type': 'varchar',
    'name': 'varchar',
    'is_active': 'boolean',
    'updated_at': 'timestamp',
    'load_id': 'varchar',
} %}
with

listed as (
    {{ union_staging(models, columns) }}
),

invoices as (

    select * from {{ ref('int_invoices__unioned') }}
    where platform = 'exchange' and party_id is not null

),

entity_map as (

    select * from {{ ref('stg_operations__entity_map') }}

),

-- One name a party: the one most documents carry, then the first in the alphabet.
counted as (

    select
        bill_to_party_key as party_key,
        platform,
        connection_id,
        company_code,
        party_id,
        direction,
        party_name,
        count(*) as document_count

    from invoices
    group by bill_to_party_key, platform, connection_id, company_code, party_id, direction, party_name

),

brought as (

    select
        *,
        row_number() over (
            partition by party_key
            order by document_count desc, party_name asc nulls last, direction asc
        ) as name_rank

    from counted

),

unioned as (

    select
        party_key,
        platform,
        connection_id,
        company_code,
        source_type,
        party_id,
        parent_party_id,
        party_type,
        name,
        is_active,
        updated_at

    from listed

    union all

    select
        party_key,
        platform,
        connection_id,
        company_code,
        'party' as source_type,
        party_id,
        null as parent_party_id,
        case when direction = 'payable' then 'vendor' else 'customer' end as party_type,
        party_name as name,
        true as is_active,
        null as updated_at

    from brought
    where name_rank = 1

),

final as (

    select
        unioned.*,
        {{ entity_of('unioned.company_code') }} as entity,
        {{ name_key('unioned.name') }} as name_key

    from unioned

    {{ join_entity('unioned') }}

)

select * from final
