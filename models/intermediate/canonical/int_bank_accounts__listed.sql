-- One row per own bank account, from the map and from the lines and statements themselves, so that
-- an account nobody mapped is still seen.
with

account_map as (

    select * from {{ ref('stg_operations__bank_account_map') }}
    where source_account <> '*'

),

bank_lines as (

    select * from {{ ref('int_bank_lines__merged') }}

),

statements as (

    select * from {{ ref('int_bank_statements__unioned') }}

),

mentioned as (

    select
        {{ row_key(['entity', 'account_id']) }} as account_key,
        entity,
        account_id,
        account_name,
        currency_code,
        connection_id,
        false as has_bank_evidence
    from account_map

    union all

    select distinct
        account_key,
        entity,
        account_id,
        null as account_name,
        currency_code,
        connection_id,
        true as has_bank_evidence
    from bank_lines

    union all

    select distinct
        account_key,
        entity,
        account_id,
        null as account_name,
        currency_code,
        connection_id,
        true as has_bank_evidence
    from statements

),

final as (

    select
        account_key,
        min(entity) as entity,
        min(account_id) as account_id,
        min(account_name) as account_name,
        min(currency_code) as currency_code,
        bool_or(has_bank_evidence) as has_bank_evidence,
        string_agg(distinct connection_id, ', ' order by connection_id) as connections

    from mentioned
    group by account_key

)

select * from final
