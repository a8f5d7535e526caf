-- One row per pair of lines in which the same amount left one own account and reached another within
-- days, one text says transfer, and nothing else fits either side.
with

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'transfer'

),

own_windows as (
    {{ own_windows('transfer') }}
),

pairs as (

    select
        outs.bank_line_key as left_key,
        ins.bank_line_key as right_key,
        outs.entity,
        ins.account_key,
        outs.currency_code,
        ins.amount,
        ins.booking_date - outs.booking_date as days_apart,
        1 as evidence_class

    from bank_lines as outs

    inner join windows
        on windows.method = '*'

    left join own_windows
        on outs.entity = own_windows.entity

    inner join bank_lines as ins
        on outs.entity = ins.entity
        and outs.currency_code = ins.currency_code
        and outs.amount = -ins.amount
        and outs.account_key <> ins.account_key
        and ins.booking_date between outs.booking_date - {{ window_days('days_before') }} and outs.booking_date + {{ window_days('days_after') }}

    where outs.amount < 0
        and outs.line_class in ('transfer', 'other')
        and ins.line_class in ('transfer', 'other', 'deposit')
        and (outs.line_class = 'transfer' or ins.line_class = 'transfer')

),

nothing as (

    select
        left_key,
        right_key,
        evidence_class
    from pairs
    where false

),

accepted as (
    {{ unrivalled('pairs', 'nothing', 1) }}
),

named as (

    select
        pairs.*,
        'auto' as status,
        'transfer_pair' as rule

    from pairs

    inner join accepted
        on pairs.left_key = accepted.left_key
        and pairs.right_key = accepted.right_key

),

final as (
    {{ under_own_rules('named', keeps_lost=false) }}
)

select * from final
