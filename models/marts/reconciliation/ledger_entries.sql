with

entries as (

    select * from {{ ref('int_ledger_entries__unioned') }}

),

final as (

    select
        ledger_entry_key,
        connection_id,
        platform,
        entity,
        source_type,
        entry_id as source_id,
        line_number,
        account_id as ledger_account_id,
        account_key,
        bank_account_id,
        party_name,
        reference,
        memo,
        entry_date,
        currency_code,
        debit_amount,
        credit_amount

    from entries

)

select * from final
