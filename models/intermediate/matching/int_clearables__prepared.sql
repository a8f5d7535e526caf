-- One row per thing that should reach a bank account by itself: a settlement, or a payment that no
-- settlement carries. expected_amount is signed by its effect on the bank line.
with

payments as (

    select * from {{ ref('int_payments__evidenced') }}
    where settlement_key is null

),

-- Whom a payment without a payer's name names in its text, where that is one.
told_names as (

    select
        item_key as payment_key,
        min(name_key) as name_key
    from {{ ref('int_text_names__resolved') }}
    where item_type = 'payment' and name_level = 'same_name'
    group by item_key
    having count(distinct name_key) = 1

),

settlements as (

    select * from {{ ref('int_settlements__unioned') }}
    where is_primary
        and entity <> 'unmapped'
        and amount > 0
        and coalesce(platform_status, '') not in ('failed', 'canceled')

),

-- A slip that holds no payment of anybody records money that the bank itself put in.
item_sums as (

    select
        settlement_key,
        bool_and(item_type = 'direct') as is_direct_only
    from {{ ref('int_settlement_items__resolved') }}
    group by settlement_key

),

account_map as (

    select * from {{ ref('stg_operations__bank_account_map') }}

),

-- What the books enter of what the bank itself charges or credits, often at the end of the month.
own_entries as (

    select
        payment_key,
        case
            when direction = 'out'
                then regexp_matches(
                        {{ fold_text("concat_ws(' ', payer_name_key, reference, memo)") }},
                        '\b(?:BANK|SERVICE|ACCOUNT|WIRE|OVERDRAFT|NSF|MERCHANT|ANALYSIS|MAINTENANCE|STOP PAYMENT|FOREIGN TRANSACTION) (?:SERVICE )?(?:FEES?|CHARGES?)\b'
                    )
            else regexp_matches(
                    {{ fold_text("concat_ws(' ', payer_name_key, reference, memo)") }}, '\b(?:BANK INTEREST|INTEREST (?:INCOME|EARNED|PAID|CREDIT))\b'
                )
        end as is_of_bank
    from payments
    where method = 'other'

),

final as (

    select
        'payment' as left_type,
        payments.payment_key as left_key,
        payments.entity,
        payments.currency_code,
        cast(case when payments.direction = 'in' then payments.amount - payments.fee_amount else -payments.amount - payments.fee_amount end as decimal(18, 4)) as expected_amount,
        payments.payment_date as item_date,
        case when own_entries.is_of_bank then 'bank_entry' else payments.method end as method,
        payments.account_key,
        coalesce(payments.payer_name_key, told_names.name_key) as name_key,
        payments.person_key,
        payments.check_number,
        payments.slip_number,
        payments.is_own_document or coalesce(own_entries.is_of_bank, false) as is_own_record,
        payments.is_redeposit

    from payments

    left join told_names
        on payments.payment_key = told_names.payment_key

    left join own_entries
        on payments.payment_key = own_entries.payment_key

    where payments.status = 'posted'

    union all

    select
        'settlement' as left_type,
        settlements.settlement_key as left_key,
        settlements.entity,
        settlements.currency_code,
        case when settlements.direction = 'in' then settlements.amount else -settlements.amount end as expected_amount,
        coalesce(settlements.arrival_date, settlements.created_date) as item_date,
        settlements.settlement_type as method,
        case
            when mapped.account_id is not null then {{ row_key(['mapped.entity', 'mapped.account_id']) }}
            when wildcard.connection_id is not null and settlements.deposit_account is not null
                then {{ row_key(['settlements.entity', 'settlements.deposit_account']) }}
        end as account_key,
        null as name_key,
        null as person_key,
        null as check_number,
        null as slip_number,
        coalesce(item_sums.is_direct_only, false) as is_own_record,
        false as is_redeposit

    from settlements

    left join item_sums
        on settlements.settlement_key = item_sums.settlement_key

    left join account_map as mapped
        on settlements.connection_id = mapped.connection_id
        and settlements.deposit_account = mapped.source_account
        and settlements.entity = mapped.entity

    left join account_map as wildcard
        on settlements.connection_id = wildcard.connection_id
        and wildcard.source_account = '*'

)

select * from final
