-- One row: the day that ages are counted from. The run says it; without a run it is the newest day
-- that any item carries, so that a rebuild of the same data gives the same ages.
with

current_run as (

    select * from {{ ref('stg_operations__current_run') }}

),

items as (

    select max(item_date) as newest_date from {{ ref('int_items__listed') }}

),

final as (

    select
        coalesce(
            cast(nullif('{{ var("as_of_date") }}', '') as date),
            current_run.as_of_date,
            items.newest_date
        ) as as_of_date

    from items

    left join current_run
        on true

)

select * from final
