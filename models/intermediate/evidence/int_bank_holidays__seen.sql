-- One row per weekday on which no account booked anything, at most four in a row, between two weekdays that
-- each hold five bank lines or more: the banks were closed.
with

days as (

    select
        booking_date,
        count(*) as line_count
    from {{ ref('int_bank_lines__evidenced') }}
    where isodow(booking_date) <= 5
    group by booking_date

),

gaps as (

    select
        booking_date,
        line_count,
        lead(booking_date) over (order by booking_date asc) as next_date,
        lead(line_count) over (order by booking_date asc) as next_line_count
    from days

),

between_days as (

    select booking_date + cast(unnest(range(1, next_date - booking_date)) as integer) as holiday
    from gaps
    where line_count >= 5
        and next_line_count >= 5
        and next_date - booking_date <= 7

),

final as (

    select holiday
    from between_days
    where isodow(holiday) <= 5

)

select * from final
