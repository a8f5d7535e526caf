-- One row per real payment (primary, not void, mapped), with what can be compared: who paid, how
-- much, when, into which account, and whether a settlement carries it to the bank.
with

payments as (

    select
        *,
        {{ name_key('payer_name') }} as own_name_key
    from {{ ref('int_payments__mirrored') }}
    where is_primary and status <> 'void' and entity <> 'unmapped' and amount > 0

),

parties as (

    select * from {{ ref('int_parties__linked') }}

),

account_map as (

    select * from {{ ref('stg_operations__bank_account_map') }}

),

mended_names as (

    select * from {{ ref('int_payer_names__mended') }}

),

settlement_items as (

    select
        payment_economic_key as payment_key,
        min(settlement_key) as settlement_key,
        cast(sum(fee_amount) as decimal(18, 4)) as fee_amount,
        sum(gross_amount) as settled_gross_amount

    from {{ ref('int_settlement_items__resolved') }}
    where is_primary and payment_economic_key is not null
    group by payment_economic_key

),

final as (

    select
        payments.economic_key as payment_key,
        payments.entity,
        payments.platform,
        payments.source_type,
        payments.direction,
        payments.currency_code,
        payments.amount,
        coalesce(payments.fee_amount, settlement_items.fee_amount, 0) as fee_amount,
        payments.payment_date,
        payments.method,
        payments.status,
        payments.is_own_document,
        payments.original_payment_id,
        settlement_items.settlement_key,
        coalesce(
            parties.person_key,
            payments.party_key,
            case when payments.own_name_key is not null then {{ row_key(['payments.entity', 'coalesce(mended_names.name_key, payments.own_name_key)']) }} end
        ) as person_key,
        coalesce(mended_names.name_key, payments.own_name_key, parties.name_key) as payer_name_key,
        mended_names.name_key is not null as is_name_mended,
        parties.name_key as party_name_key,
        payments.party_key is not null as has_party,
        payments.reference,
        payments.memo,
        coalesce(
            {{ month_named("concat_ws(' ', payments.reference, payments.memo)") }},
            -- `5/24 care` is May's, whether 24 is the year or a day.
            try_cast(
                regexp_extract(
                    upper(concat_ws(' ', payments.reference, payments.memo)),
                    '(?:^|[^0-9/.-])(0?[1-9]|1[0-2])/(?:20)?(?:2[0-9]|3[0-9]) (?:CARE|RENT|ROOM|BOARD|R&B|FEES?)\b', 1
                ) as integer
            )
        ) as named_month,
        coalesce(regexp_matches({{ fold_text("concat_ws(' ', payments.reference, payments.memo)") }}, '\bREDEPOSIT'), false) as is_redeposit,
        -- After the word anywhere, else what a cheque's reference begins with.
        case
            when payments.method = 'check'
                then coalesce(
                        nullif(ltrim(regexp_extract(upper(concat_ws(' ', payments.reference, payments.memo)), {{ check_pattern() }}, 1), '0'), ''),
                        nullif(ltrim(regexp_extract(payments.reference, '^[ #]*([0-9]{2,8})(?:$|[ ,;])', 1), '0'), '')
                    )
            else coalesce(
                    nullif(ltrim(regexp_extract(upper(payments.reference), '^(?:CK|CHK|CHECK|CHQ|CHEQUE)?[ #]*([0-9]{2,8})$', 1), '0'), ''),
                    -- A payment of no known method that says so is a cheque.
                    case
                        when payments.method = 'other'
                            then nullif(ltrim(regexp_extract(upper(concat_ws(' ', payments.reference, payments.memo)), {{ check_pattern() }}, 1), '0'), '')
                    end
                )
        end as check_number,
        -- The slip, or the lockbox's batch, with which cheques and cash went to the bank.
        case
            when payments.method in ('check', 'cash', 'other')
                then nullif(
                        ltrim(
                            regexp_extract(
                                upper(concat_ws(' ', payments.reference, payments.memo)),
                                '\b(?:DEP|DEPOSIT|DS|SLIP|LBX|LOCKBOX|BATCH)[ .:#-]*(?:(?:SLIP|TICKET|BATCH|NO|NUMBER|ID)[ .:#-]*)*([0-9]{3,8})\b', 1
                            ), '0'
                        ), ''
                    )
        end as slip_number,
        case
            when mapped.account_id is not null then {{ row_key(['mapped.entity', 'mapped.account_id']) }}
            when wildcard.connection_id is not null and payments.deposit_account is not null
                then {{ row_key(['payments.entity', 'payments.deposit_account']) }}
        end as account_key

    from payments

    left join parties
        on payments.party_key = parties.party_key

    left join mended_names
        on payments.entity = mended_names.entity
        and payments.own_name_key = mended_names.payer_name_key

    left join settlement_items
        on payments.economic_key = settlement_items.payment_key

    left join account_map as mapped
        on payments.connection_id = mapped.connection_id
        and payments.deposit_account = mapped.source_account
        and payments.entity = mapped.entity

    left join account_map as wildcard
        on payments.connection_id = wildcard.connection_id
        and wildcard.source_account = '*'

)

select * from final
