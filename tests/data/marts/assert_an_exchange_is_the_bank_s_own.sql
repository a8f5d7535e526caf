-- What counts of a conversion is at most a hundredth off what the bank's own rate makes of the payment,
-- whichever way it quotes. A row here is an amount that no bank stated. The hundredth is the widest
-- tolerance that an entity may set.
{{ config(tags = ['gate'], store_failures = false) }}

with

exchanges as (

    select
        match_key,
        item_key,
        cast(abs(amount) as decimal(24, 4)) as amount
    from {{ ref('adjustments') }}
    where adjustment_type = 'fx'

),

sent as (

    select
        match_key,
        cast(abs(sum(amount)) as decimal(24, 4)) as sent_amount
    from {{ ref('match_allocations') }}
    where leg = 'clearing' and status = 'auto'
    group by match_key

)

select
    exchanges.match_key,
    exchanges.amount,
    sent.sent_amount,
    bank_lines.exchange_rate

from exchanges

inner join sent
    on exchanges.match_key = sent.match_key

inner join {{ ref('bank_lines') }} as bank_lines
    on exchanges.item_key = bank_lines.bank_line_key

where bank_lines.exchange_rate is null
    or (
        abs(sent.sent_amount * bank_lines.exchange_rate - exchanges.amount) > exchanges.amount * 0.01 + 1
        and abs(exchanges.amount * bank_lines.exchange_rate - sent.sent_amount) > sent.sent_amount * 0.01 + 1
    )
