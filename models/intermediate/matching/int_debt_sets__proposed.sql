-- One row per payment and member of the second set of its payer's debts that adds up to it: shown beside
-- the first, because nothing says which is meant. It is lost where another link has taken a member.
with

sets as (

    select * from {{ ref('int_debt_sets__found') }}
    where set_rank = 2

),

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

links as (

    select
        left_key,
        right_key
    from {{ ref('int_settlement__assigned') }}
    where status = 'auto'

),

taken_invoices as (

    select distinct left_key from links

),

taken_payments as (

    select distinct right_key from links

),

members as (

    select
        sets.left_key,
        sets.right_key,
        sets.set_rank,
        sets.amount_level,
        invoices.entity,
        invoices.currency_code,
        sets.open_amount as amount,
        payments.payment_date - invoices.due_date as days_apart,
        'none' as reference_level,
        case when sets.is_payer_known then 'same_party' else 'alias_of_many' end as payer_level,
        'near' as days_level,
        'unknown' as account_level,
        bool_or(taken_invoices.left_key is not null or taken_payments.right_key is not null) over (partition by sets.right_key) as is_taken

    from sets

    inner join invoices
        on sets.left_key = invoices.invoice_key

    inner join payments
        on sets.right_key = payments.payment_key

    left join taken_invoices
        on sets.left_key = taken_invoices.left_key

    left join taken_payments
        on sets.right_key = taken_payments.right_key

),

weighed as (

    select
        members.*,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('amount') }} + {{ match_weight('days') }} as weight

    from members
    {{ join_match_weights('members', 'settlement', ['reference', 'payer', 'amount', 'days']) }}

),

named as (

    select
        'settlement' as leg,
        'invoice' as left_type,
        left_key,
        'payment' as right_type,
        right_key,
        set_rank,
        entity,
        currency_code,
        cast(amount as decimal(18, 4)) as amount,
        days_apart,
        reference_level,
        payer_level,
        amount_level,
        days_level,
        account_level,
        weight,
        0 as behind_best,
        case when is_taken then 'lost' else 'suggested' end as status,
        'party_set_rivals' as rule,
        case when is_taken then 'side_taken_by_stronger_pair' else 'equal_rival' end as lost_because
    from weighed

),

final as (
    {{ under_own_rules('named', has_account=false) }}
)

select * from final
