-- One row per thing that a link may name, with a line of text by which a person knows it again.
with

items as (

    select * from {{ ref('int_items__listed') }}

),

-- Amounts without the two decimals that few currencies have, rates without zeros at the end.
conversions as (

    select
        bank_line_key,
        concat_ws(
            ' ',
            currency_code || ' ' || regexp_replace(cast(abs(amount) as varchar), '00$', ''),
            'from ' || original_currency_code || coalesce(' ' || regexp_replace(cast(original_amount as varchar), '00$', ''), ''),
            'at ' || regexp_replace(cast(exchange_rate as varchar), '[.]?0+$', ''),
            'less ' || regexp_replace(cast(charge_amount as varchar), '00$', '')
        ) as told
    from {{ ref('int_bank_conversions__read') }}
    where exchange_rate is not null

),

texts as (

    select
        invoice_key as item_key,
        concat_ws(' · ', case document_type when 'credit_note' then 'Credit note' else 'Invoice' end || coalesce(' ' || number, ''), party_name) as label
    from {{ ref('int_invoices__mirrored') }}

    union all

    select
        payment_key as item_key,
        concat_ws(' · ', 'Payment ' || method || coalesce(' ' || reference, ''), payer_name, memo) as label
    from {{ ref('int_payments__mirrored') }}

    union all

    select
        settlement_key as item_key,
        concat_ws(' · ', replace(settlement_type, '_', ' '), coalesce(reference, settlement_id)) as label
    from {{ ref('int_settlements__unioned') }}

    union all

    select
        settlement_item_key as item_key,
        concat_ws(' · ', 'Settlement item ' || item_type, payer_name, reference) as label
    from {{ ref('int_settlement_items__resolved') }}

    union all

    select
        bank_lines.bank_line_key as item_key,
        concat_ws(' · ', 'Bank ' || bank_lines.account_id, bank_lines.description, bank_lines.reference, conversions.told) as label

    from {{ ref('int_bank_lines__merged') }} as bank_lines

    left join conversions
        on bank_lines.bank_line_key = conversions.bank_line_key

),

final as (

    select
        items.item_type,
        items.item_key,
        items.source_id,
        items.entity,
        items.item_date,
        items.amount,
        items.currency_code,
        texts.label

    from items

    left join texts
        on items.item_key = texts.item_key

)

select * from final
