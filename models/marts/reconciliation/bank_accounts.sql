with

accounts as (

    select * from {{ ref('int_bank_accounts__listed') }}

),

final as (

    select
        account_key,
        entity,
        account_id,
        account_name,
        currency_code,
        has_bank_evidence,
        connections

    from accounts

)

select * from final
