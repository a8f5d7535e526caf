with

links as (

    select * from {{ ref('int_match_links__decided') }}

),

contested as (

    select * from {{ ref('int_book_links__contested') }}

),

rules as (

    select * from {{ ref('match_rules') }}

),

history as (

    select * from {{ ref('stg_operations__match_history') }}

),

current_run as (

    select * from {{ ref('stg_operations__current_run') }}

),

-- The run in which a match first reached the state that it has now.
reached as (

    select
        match_key,
        status,
        run_id,
        row_number() over (
            partition by match_key, status
            order by history_sequence asc, left_key asc, right_key asc
        ) as history_rank

    from history
    where change_type <> 'gone'

),

grouped as (

    select
        links.match_key,
        links.leg,
        links.status,
        links.rule,
        links.currency_code,
        -- What is linked together is as sure as its least sure pair.
        min(links.probability) as probability,
        max(links.picture_status) as picture_status,
        min(links.proposal_rank) as proposal_rank,
        max(links.behind_best) as behind_best,
        cast(sum(links.amount) as decimal(18, 4)) as amount,
        max(contested.contested_because) as contested_because

    from links

    left join contested
        on links.leg = 'settlement'
        and links.status in ('book', 'broken')
        and links.right_key = contested.payment_key

    group by links.match_key, links.leg, links.status, links.rule, links.currency_code

),

final as (

    select
        grouped.match_key,
        grouped.leg,
        grouped.status,
        grouped.contested_because is not null as is_contested,
        grouped.contested_because,
        grouped.rule,
        grouped.probability,
        grouped.picture_status,
        grouped.proposal_rank,
        cast(grouped.behind_best / 1000.0 as decimal(9, 3)) as margin,
        rules.explanation,
        grouped.amount,
        grouped.currency_code,
        case when grouped.status in ('book', 'broken') then 'platform' else 'counterfoil' end as decided_by,
        cast(null as timestamp) as decided_at,
        coalesce(reached.run_id, current_run.run_id, 'unpublished') as run_id

    from grouped

    left join rules
        on grouped.rule = rules.rule

    left join reached
        on grouped.match_key = reached.match_key
        and grouped.status = reached.status
        and reached.history_rank = 1

    left join current_run
        on true

)

select * from final
