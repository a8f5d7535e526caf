-- One row per bank line that may be money nobody recorded and debtor whom its text names. It is told whose
-- it is where the whole name of one debtor stands there and neither a number nor a month says more.
with

bank_lines as (

    select
        bank_lines.*,
        case when bank_lines.amount > 0 then 'in' else 'out' end as direction

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join {{ ref('int_direct_lines__left') }} as left_lines
        on bank_lines.bank_line_key = left_lines.bank_line_key

),

numbered_lines as (

    select item_key
    from {{ ref('int_items__naming_numbers') }}
    where item_type = 'bank_line'

    union all

    select item_key
    from {{ ref('int_numbers__read') }}
    where item_type = 'bank_line'

),

numbered as (

    select distinct item_key from numbered_lines

),

-- Materialized, so that no plan begins with all lines and debtors of an entity.
text_names as materialized (

    select
        bank_lines.bank_line_key,
        bank_lines.entity,
        bank_lines.direction,
        text_names.name_key,
        text_names.name_level

    from bank_lines

    inner join {{ ref('int_text_names__resolved') }} as text_names
        on bank_lines.bank_line_key = text_names.item_key
        and text_names.item_type = 'bank_line'
        and text_names.name_level <> 'slip_name'

),

names as (

    select
        text_names.bank_line_key,
        debtor_names.person_key,
        bool_or(text_names.name_level = 'same_name') as is_same_name

    from text_names

    inner join {{ ref('int_debtor_names__known') }} as debtor_names
        on text_names.entity = debtor_names.entity
        and text_names.name_key = debtor_names.name_key
        and text_names.direction = debtor_names.settled_by

    group by text_names.bank_line_key, debtor_names.person_key

),

final as (

    select
        names.bank_line_key,
        names.person_key,
        bank_lines.entity,
        bank_lines.currency_code,
        bank_lines.direction,
        cast(abs(bank_lines.amount) as decimal(18, 4)) as amount,
        bank_lines.booking_date,
        names.is_same_name
        and count(*) over (partition by names.bank_line_key) = 1
        and bank_lines.named_month is null
        and numbered.item_key is null as is_told

    from names

    inner join bank_lines
        on names.bank_line_key = bank_lines.bank_line_key

    left join numbered
        on names.bank_line_key = numbered.item_key

)

select * from final
