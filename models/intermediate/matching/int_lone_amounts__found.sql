-- One row per (payment or settlement, bank line) of one exact amount that no other of either kind has near
-- in time, and whether the line bears a word of the payer's name.
with

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

items as (

    select
        left_key as item_key,
        false as is_line,
        entity,
        currency_code,
        expected_amount as amount,
        item_date - date '1970-01-01' as day_number
    from clearables
    where item_date is not null

    union all

    select
        bank_line_key as item_key,
        true as is_line,
        entity,
        currency_code,
        amount,
        booking_date - date '1970-01-01' as day_number
    from bank_lines

),

-- Counted along the days of each amount: amounts that very many share cost no more than rare ones.
counted as (

    select
        item_key,
        is_line,
        day_number,
        count(*) filter (where is_line) over days_of_payment as line_count,
        min(item_key) filter (where is_line) over days_of_payment as line_key,
        count(*) filter (where not is_line) over days_of_line as payment_count
    from items
    window
        days_of_payment as (
            partition by entity, currency_code, amount
            order by day_number range between 5 preceding and 10 following
        ),
        days_of_line as (
            partition by entity, currency_code, amount
            order by day_number range between 10 preceding and 5 following
        )

),

lone as (

    select
        payments.item_key as left_key,
        lines.item_key as right_key,
        lines.day_number - payments.day_number as days_apart

    from counted as payments

    inner join counted as lines
        on payments.line_key = lines.item_key

    where not payments.is_line
        and payments.line_count = 1
        and lines.payment_count = 1

),

final as (

    select
        lone.left_key,
        lone.right_key,
        lone.days_apart,
        coalesce(
            list_has_any(
                list_filter(
                    string_split(clearables.name_key, ' '),
                    lambda word: length(word) >= 4 and word not in {{ legal_forms() }}
                ),
                string_split(bank_lines.name_key, ' ')
            ),
            false
        ) as has_shared_word

    from lone

    inner join clearables
        on lone.left_key = clearables.left_key

    inner join bank_lines
        on lone.right_key = bank_lines.bank_line_key

)

select * from final
