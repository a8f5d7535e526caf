-- One row per (payment, bank line, rank) of a set that may be the deposit. What a single payment of the
-- exact amount proposes by itself is left to the clearing of pairs.
with

sets as (

    select
        *,
        case
            when rule = 'deposit_days' then 'days_sum'
            when rule = 'deposit_oldest' then 'oldest_sum'
            when rule = 'deposit_set' then 'only_sum'
            when set_rank = 1 then 'first_sum'
            else 'second_sum'
        end as amount_level

    from {{ ref('int_deposit_sets__searched') }}
    where set_rank > 0

),

bank_lines as (

    select
        bank_line_key,
        account_key
    from {{ ref('int_bank_lines__evidenced') }}

),

compared as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing_pairs__compared') }}

),

weighed as (

    select
        sets.*,
        bank_lines.account_key,
        {{ match_weight('amount') }} as weight

    from sets

    inner join bank_lines
        on sets.bank_line_key = bank_lines.bank_line_key
    {{ join_match_weights('sets', 'clearing', ['amount']) }}

    left join compared
        on sets.payment_key = compared.left_key
        and sets.bank_line_key = compared.right_key

    where compared.left_key is null

),

named as (

    select
        'clearing' as leg,
        'payment' as left_type,
        payment_key as left_key,
        'bank_line' as right_type,
        bank_line_key as right_key,
        set_rank,
        entity,
        account_key,
        currency_code,
        amount,
        days_apart,
        'none' as reference_level,
        'none' as payer_level,
        amount_level,
        cast(null as varchar) as days_level,
        cast(null as varchar) as account_level,
        weight,
        weight - max(weight) over (partition by bank_line_key) as behind_best,
        'suggested' as status,
        rule,
        case when rule = 'deposit_set_rivals' then 'equal_rival' else 'no_evidence_of_who' end as lost_because

    from weighed

),

final as (
    {{ under_own_rules('named') }}
)

select * from final
