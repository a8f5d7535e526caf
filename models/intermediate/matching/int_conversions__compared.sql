-- One row per (payment, bank line) in two currencies that reference, payer or the amount before conversion
-- join, inside the window: the line's amount and charge, put beside the payment's at the bank's own rate.
-- Without a rate nothing is compared, and the pair says so.
with

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'clearing'

),

own_windows as (
    {{ own_windows('clearing') }}
),

clearables as (

    select
        clearables.*,
        clearables.item_date - {{ window_days('days_before') }} as first_date,
        clearables.item_date + {{ window_days('days_after') }} as last_date

    from {{ ref('int_clearables__prepared') }} as clearables

    left join own_windows
        on clearables.entity = own_windows.entity
        and clearables.method = own_windows.method

    inner join windows
        on clearables.method = windows.method

    where clearables.left_type = 'payment' and clearables.expected_amount <> 0

),

held as (

    select distinct
        entity,
        currency_code
    from clearables

),

-- The bank's own charges and what it took back are no payment from abroad.
lines as (

    select bank_lines.*
    from {{ ref('int_bank_lines__evidenced') }} as bank_lines
    where bank_lines.line_class not in ('return', 'bank_fee', 'interest', 'payroll')

),

foreign_lines as (

    select distinct lines.*

    from lines

    inner join held
        on lines.entity = held.entity
        and lines.currency_code <> held.currency_code

),

foreign_entities as (

    select distinct entity
    from foreign_lines

),

conversions as (

    select * from {{ ref('int_bank_conversions__read') }}

),

all_tokens as (

    select
        tokens.item_type,
        tokens.item_key,
        tokens.entity,
        tokens.token,
        count(*) over (partition by tokens.entity, tokens.item_type, tokens.token) as bearer_count

    from {{ ref('int_reference_tokens__extracted') }} as tokens

    inner join foreign_entities
        on tokens.entity = foreign_entities.entity

),

-- As where amounts are equal: few items bear it, and four digits may be anything.
tokens as (

    select * from all_tokens
    where bearer_count <= 12
        and (length(token) >= 5 or (length(token) = 4 and regexp_matches(token, '[A-Z]')))

),

-- The figures of a conversion are no reference.
line_tokens as (

    select
        tokens.entity,
        tokens.token,
        tokens.item_key as bank_line_key

    from tokens

    left join conversions
        on tokens.item_key = conversions.bank_line_key

    where tokens.item_type = 'bank_line'
        and (conversions.other_text is null or list_contains({{ reference_tokens('conversions.other_text') }}, tokens.token))

),

names as (

    select
        item_key as bank_line_key,
        name_key,
        name_level
    from {{ ref('int_text_names__resolved') }}
    where item_type = 'bank_line'
        and (name_level <> 'initial_name' or name_count = 1)

),

numbers as (

    select * from {{ ref('int_numbers__read') }}
    where reading in ('whole_token', 'remittance')

),

common_amounts as (

    select
        entity,
        original_currency_code,
        original_amount
    from conversions
    where original_amount is not null
    group by entity, original_currency_code, original_amount
    having count(*) > 12

),

joined as (

    select
        payment_tokens.item_key as left_key,
        line_tokens.bank_line_key as right_key,
        'token' as block

    from tokens as payment_tokens

    inner join line_tokens
        on payment_tokens.entity = line_tokens.entity
        and payment_tokens.token = line_tokens.token
        and payment_tokens.item_type = 'payment'

    union all

    select
        payments.item_key as left_key,
        line_numbers.item_key as right_key,
        'invoice' as block

    from numbers as payments

    inner join numbers as line_numbers
        on payments.invoice_key = line_numbers.invoice_key
        and payments.item_type = 'payment'
        and line_numbers.item_type = 'bank_line'

    inner join foreign_lines
        on line_numbers.item_key = foreign_lines.bank_line_key

    union all

    select
        clearables.left_key,
        foreign_lines.bank_line_key as right_key,
        'learned_name' as block

    from foreign_lines

    inner join {{ ref('int_bank_names__learned') }} as learned
        on foreign_lines.entity = learned.entity
        and foreign_lines.name_key = learned.name_key

    inner join clearables
        on learned.entity = clearables.entity
        and learned.person_key = clearables.person_key
        and foreign_lines.currency_code <> clearables.currency_code
        and foreign_lines.booking_date between clearables.first_date and clearables.last_date

    union all

    select
        clearables.left_key,
        foreign_lines.bank_line_key as right_key,
        case names.name_level when 'same_name' then 'name' else 'like_name' end as block

    from foreign_lines

    inner join names
        on foreign_lines.bank_line_key = names.bank_line_key

    inner join clearables
        on foreign_lines.entity = clearables.entity
        and names.name_key = clearables.name_key
        and foreign_lines.currency_code <> clearables.currency_code
        and foreign_lines.booking_date between clearables.first_date and clearables.last_date

    union all

    select
        clearables.left_key,
        conversions.bank_line_key as right_key,
        'amount' as block

    from conversions

    inner join clearables
        on conversions.entity = clearables.entity
        and conversions.original_currency_code = clearables.currency_code
        and conversions.original_amount = abs(clearables.expected_amount)

    left join common_amounts
        on conversions.entity = common_amounts.entity
        and conversions.original_currency_code = common_amounts.original_currency_code
        and conversions.original_amount = common_amounts.original_amount

    where common_amounts.entity is null

),

pairs as (

    select
        left_key,
        right_key,
        bool_or(block = 'token') as has_shared_token,
        bool_or(block = 'invoice') as has_shared_invoice,
        bool_or(block = 'learned_name') as has_learned_name,
        bool_or(block <> 'amount') as has_who_or_which,
        bool_or(block <> 'like_name') as is_sure
    from joined
    group by left_key, right_key

),

amounts as (

    select
        pairs.*,
        clearables.entity,
        clearables.currency_code,
        -- Wide, for the product with a rate.
        cast(abs(clearables.expected_amount) as decimal(24, 4)) as paid_amount,
        foreign_lines.currency_code as line_currency_code,
        foreign_lines.amount as line_amount,
        conversions.original_currency_code,
        conversions.original_amount,
        conversions.exchange_rate,
        coalesce(conversions.charge_amount, 0) as charge_amount,
        -- What the bank converted into, if it kept its charge out of it, and if not.
        cast(abs(foreign_lines.amount + coalesce(conversions.charge_amount, 0)) as decimal(24, 4)) as gross_amount,
        cast(abs(foreign_lines.amount) as decimal(24, 4)) as net_amount,
        -- One minor unit for the bank's rounding.
        coalesce({{ currency_factor('foreign_lines.currency_code') }}, 0.01) as line_unit,
        coalesce({{ currency_factor('clearables.currency_code') }}, 0.01) as paid_unit

    from pairs

    inner join clearables
        on pairs.left_key = clearables.left_key

    inner join foreign_lines
        on pairs.right_key = foreign_lines.bank_line_key
        and clearables.entity = foreign_lines.entity
        and clearables.currency_code <> foreign_lines.currency_code
        and (clearables.expected_amount > 0) = (foreign_lines.amount > 0)
        and foreign_lines.booking_date between clearables.first_date and clearables.last_date

    left join conversions
        on pairs.right_key = conversions.bank_line_key

    -- A line that was converted from another currency than the payment's is not its own.
    where conversions.original_currency_code is null
        or conversions.original_currency_code = clearables.currency_code

),

-- A rate tells what one unit of either currency is in the other; which one, banks seldom say.
differences as (

    select
        amounts.*,
        abs(paid_amount * exchange_rate - gross_amount) as gross_difference,
        abs(gross_amount * exchange_rate - paid_amount) as gross_difference_back,
        abs(paid_amount * exchange_rate - net_amount) as net_difference,
        abs(net_amount * exchange_rate - paid_amount) as net_difference_back,
        {{ tolerance('conversion_share') }} as near_share,
        {{ tolerance('conversion_doubt_share') }} as doubt_share

    from amounts
    {{ join_tolerances('amounts', ['conversion_share', 'conversion_doubt_share']) }}

),

judged as (

    select
        *,
        coalesce(
            gross_difference <= gross_amount * near_share + line_unit
            or gross_difference_back <= paid_amount * near_share + paid_unit,
            false
        ) as is_gross_near,
        coalesce(
            net_difference <= net_amount * near_share + line_unit
            or net_difference_back <= paid_amount * near_share + paid_unit,
            false
        ) as is_net_near,
        coalesce(
            gross_difference <= gross_amount * doubt_share
            or gross_difference_back <= paid_amount * doubt_share,
            false
        ) as is_gross_alike,
        coalesce(original_amount = paid_amount, false) as is_same_original,
        coalesce(abs(original_amount - paid_amount) <= paid_amount * doubt_share, true) as is_alike_original
    from differences

),

levelled as (

    select
        *,
        case
            when not is_alike_original then 'another_amount'
            -- A part of a name is evidence beside an amount only.
            when exchange_rate is null and not is_sure then 'another_amount'
            when exchange_rate is null then 'rate_missing'
            when original_currency_code is not null
                and (is_same_original or original_amount is null)
                and (is_gross_near or is_net_near) then 'converted'
            when has_who_or_which and (is_same_original or is_gross_alike) then 'converted_in_doubt'
            else 'another_amount'
        end as conversion_level,
        -- A charge that the line states but does not contain stands on a line of its own.
        is_gross_near or not is_net_near as is_charge_inside
    from judged

),

final as (

    select
        left_key,
        right_key,
        has_shared_token,
        has_shared_invoice,
        has_learned_name,
        original_currency_code is not null as is_currency_stated,
        conversion_level,
        exchange_rate,
        line_currency_code,
        cast(case when is_charge_inside then line_amount + charge_amount else line_amount end as decimal(18, 4)) as converted_amount,
        cast(case when is_charge_inside then charge_amount else 0 end as decimal(18, 4)) as charge_amount

    from levelled
    where conversion_level <> 'another_amount'

)

select * from final
