with

accounts as (

    select * from {{ ref('int_ledger_accounts__unioned') }}

),

entries as (

    select * from {{ ref('int_ledger_entries__unioned') }}

),

sums as (

    select
        {{ row_key(['platform', 'connection_id', 'company_code', 'account_id']) }} as account_alias_key,
        cast(sum(debit_amount - credit_amount) as decimal(18, 4)) as entries_amount

    from entries
    group by platform, connection_id, company_code, account_id

),

final as (

    select
        accounts.ledger_account_key,
        accounts.connection_id,
        accounts.platform,
        accounts.entity,
        accounts.account_id as source_id,
        accounts.name,
        accounts.account_type,
        accounts.role,
        accounts.account_key,
        accounts.bank_account_id,
        accounts.currency_code,
        accounts.balance_amount,
        coalesce(sums.entries_amount, 0) as entries_amount

    from accounts

    left join sums
        on sums.account_alias_key = {{ row_key(['accounts.platform', 'accounts.connection_id', 'accounts.company_code', 'accounts.account_id']) }}

)

select * from final
