-- One row per payment of nobody in the books and invoice of exactly its amount, nearest in time, where
-- few are near or a word of the debtor's name is shared: a question. Periods of four weeks keep an amount that
-- very many share from being joined over years.
with

left_items as (

    select * from {{ ref('int_settlement_items__left') }}

),

told as (

    select payment_key as right_key from {{ ref('int_payers__resolved') }}

    union all

    select right_key from {{ ref('int_number_pairs__compared') }}

    union all

    select right_key from {{ ref('int_payer_pairs__compared') }}

    union all

    select right_key from {{ ref('int_debt_sets__found') }}

),

told_payments as (

    select distinct right_key from told

),

used_invoices as (

    select left_key from {{ ref('int_payer_pairs__assigned') }}

    union all

    select left_key from {{ ref('int_debt_sets__found') }}
    where is_proved

    union all

    select left_key from {{ ref('int_instalments__found') }}
    where is_proved

),

used as (

    select distinct left_key from used_invoices

),

payments as (

    select
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.payment_date,
        payments.payer_name_key,
        payments.has_party,
        -- `Carlski Dec room` is of that name.
        string_split(concat_ws(' ', payments.payer_name_key, {{ fold_text("concat_ws(' ', payments.reference, payments.memo)") }}), ' ') as words,
        left_items.open_amount,
        cast(floor((payments.payment_date - date '2000-01-01') / 28) as integer) as period

    from {{ ref('int_payments__evidenced') }} as payments

    inner join left_items
        on payments.payment_key = left_items.item_key

    left join told_payments
        on payments.payment_key = told_payments.right_key

    where told_payments.right_key is null
        and payments.original_payment_id is null

),

documents as (

    select
        invoices.invoice_key,
        invoices.entity,
        invoices.currency_code,
        invoices.settled_by,
        invoices.issue_date,
        invoices.due_date,
        invoices.number_token,
        invoices.name_key,
        left_items.open_amount

    from {{ ref('int_invoices__evidenced') }} as invoices

    inner join left_items
        on invoices.invoice_key = left_items.item_key

    left join used
        on invoices.invoice_key = used.left_key

    where used.left_key is null

),

invoices as (

    select
        *,
        unnest([-1, 0, 1, 2, 3]) + cast(floor((issue_date - date '2000-01-01') / 28) as integer) as period
    from documents

),

crowds as (

    select
        entity,
        currency_code,
        open_amount,
        period
    from invoices
    group by entity, currency_code, open_amount, period
    having count(*) > 60

),

generic_words as (

    select word from {{ ref('generic_words') }}

),

payment_words as (

    select
        payment_key,
        entity,
        currency_code,
        direction,
        open_amount,
        payment_date,
        unnest(list_filter(list_distinct(words), lambda word: length(word) >= 4)) as word
    from payments

),

telling_words as (

    select payment_words.*

    from payment_words

    left join generic_words
        on payment_words.word = generic_words.word

    where generic_words.word is null

),

document_words as (

    select
        *,
        unnest(list_filter(string_split(name_key, ' '), lambda word: length(word) >= 4 and word not in {{ legal_forms() }})) as word
    from documents

),

-- Who shares a word of the debtor's name may be of the family, however many share the amount.
akin as (

    select distinct
        document_words.invoice_key as left_key,
        telling_words.payment_key as right_key

    from telling_words

    inner join document_words
        on telling_words.entity = document_words.entity
        and telling_words.currency_code = document_words.currency_code
        and telling_words.direction = document_words.settled_by
        and telling_words.open_amount = document_words.open_amount
        and telling_words.word = document_words.word

    where telling_words.payment_date between document_words.issue_date - 10 and document_words.due_date + 60

),

found as (

    select
        invoices.invoice_key as left_key,
        payments.payment_key as right_key

    from payments

    inner join invoices
        on payments.entity = invoices.entity
        and payments.currency_code = invoices.currency_code
        and payments.open_amount = invoices.open_amount
        and payments.direction = invoices.settled_by
        and payments.period = invoices.period

    left join crowds
        on invoices.entity = crowds.entity
        and invoices.currency_code = crowds.currency_code
        and invoices.open_amount = crowds.open_amount
        and invoices.period = crowds.period

    where crowds.period is null

    union all

    select * from akin

),

met as (

    select distinct
        left_key,
        right_key
    from found

),

near as (

    select
        met.left_key,
        met.right_key,
        documents.entity,
        documents.currency_code,
        documents.due_date,
        documents.number_token,
        payments.payment_date,
        payments.payer_name_key,
        payments.has_party,
        payments.payment_date - documents.due_date as days_apart,
        akin.left_key is not null
        or coalesce(list_has_any(string_split(payments.payer_name_key, ' '), string_split(documents.name_key, ' ')), false) as is_akin

    from met

    inner join documents
        on met.left_key = documents.invoice_key

    inner join payments
        on met.right_key = payments.payment_key

    left join akin
        on met.left_key = akin.left_key
        and met.right_key = akin.right_key

    where payments.payment_date between documents.issue_date - 10 and documents.due_date + 60

),

-- Who bears one of the names first, then the nearest.
pairs as (

    select
        *,
        count(*) over (partition by left_key) as left_count,
        count(*) over (partition by right_key) as right_count,
        row_number() over (
            partition by left_key
            order by is_akin desc, abs(days_apart) asc, payment_date asc, payer_name_key asc nulls last, right_key asc
        ) as left_rank,
        row_number() over (
            partition by right_key
            order by is_akin desc, abs(days_apart) asc, due_date asc, number_token asc nulls last, left_key asc
        ) as right_rank
    from near
    -- A party of the books that owes nothing has paid ahead, not for a stranger.
    where not has_party or is_akin

),

final as (

    select
        left_key,
        right_key,
        entity,
        currency_code,
        days_apart
    from pairs
    where left_rank <= 2
        and right_rank <= 2
        and (is_akin or (left_count <= 12 and right_count <= 12))

)

select * from final
