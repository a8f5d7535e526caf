-- One row per automatic link and what speaks against it: a payment that may have settled the invoice
-- instead (same debtor and amount, not later, or a redeposit, and left without any invoice; or of nobody
-- known, where few documents fit), or that names it again after a return; for a document of a list that falls
-- short what its own debtor brings to the cent; for links without a number, and
-- for sets, what is left over and names the document, or its month ahead; for links without a number another
-- open invoice of the same amount, a bank line that names the document or is a later cheque that came before (no
-- rival key then); and for a set a twin of one of its members.
with

links as (

    select
        left_key,
        right_key,
        rule,
        settled_amount
    from {{ ref('int_number_pairs__assigned') }}

    union all

    select
        left_key,
        right_key,
        rule,
        settled_amount
    from {{ ref('int_payer_pairs__assigned') }}

),

left_items as (

    select * from {{ ref('int_settlement_items__left') }}
    where item_type = 'payment' and not is_touched

),

payments as (

    select * from {{ ref('int_payments__evidenced') }}

),

invoices as (

    select * from {{ ref('int_invoices__evidenced') }}

),

possible_payers as (

    select
        payers.payment_key,
        payers.person_key,
        true as is_told

    from {{ ref('int_payers__resolved') }} as payers

    inner join left_items
        on payers.payment_key = left_items.item_key

    union all

    select
        pairs.right_key as payment_key,
        pairs.person_key,
        false as is_told

    from {{ ref('int_payer_pairs__compared') }} as pairs

    inner join left_items
        on pairs.right_key = left_items.item_key

),

-- Who pays as the payment says, or only as learned.
payers as (

    select
        payment_key,
        person_key,
        bool_or(is_told) as is_told
    from possible_payers
    group by payment_key, person_key

),

explained as (

    select
        right_key,
        bool_or(reference_level <> 'none') as is_proved
    from {{ ref('int_returns__assigned') }}
    where status = 'auto'
    group by right_key

),

-- What was told by no reference may have been another payment of whom the return names.
doubtful_returns as (

    select
        bank_lines.entity,
        bank_lines.currency_code,
        -bank_lines.amount as amount,
        bank_lines.booking_date,
        case when explained.right_key is not null then names.name_key end as name_key

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join explained
        on bank_lines.bank_line_key = explained.right_key

    left join {{ ref('int_text_names__resolved') }} as names
        on bank_lines.bank_line_key = names.item_key

    where bank_lines.line_class = 'return'
        and (explained.right_key is null or (not explained.is_proved and names.name_key is not null))

),

used as (

    select distinct right_key
    from {{ ref('int_payer_pairs__assigned') }}

    union all

    select distinct right_key
    from {{ ref('int_debt_sets__found') }}
    where is_proved

    union all

    select right_key
    from {{ ref('int_instalments__found') }}
    where is_proved

),

used_invoices as (

    select distinct left_key
    from {{ ref('int_payer_pairs__assigned') }}

    union all

    select distinct left_key
    from {{ ref('int_debt_sets__found') }}
    where is_proved

    union all

    select distinct left_key
    from {{ ref('int_instalments__found') }}
    where is_proved

),

open_invoices as (

    select
        invoices.*,
        left_items.open_amount

    from invoices

    inner join {{ ref('int_settlement_items__left') }} as left_items
        on invoices.invoice_key = left_items.item_key
        and left_items.item_type = 'invoice'

    left join used_invoices
        on invoices.invoice_key = used_invoices.left_key

    where used_invoices.left_key is null

),

tokens as (

    select * from {{ ref('int_reference_tokens__extracted') }}
    where item_type = 'payment'

),

naming as (

    select distinct payment_key as item_key
    from {{ ref('int_payment_numbers__read') }}

),

leftovers as (

    select
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.payment_date,
        payments.named_month,
        payments.is_redeposit,
        left_items.open_amount,
        payers.person_key,
        payers.is_told

    from left_items

    inner join payments
        on left_items.item_key = payments.payment_key

    inner join payers
        on payments.payment_key = payers.payment_key

    left join used
        on payments.payment_key = used.right_key

    where used.right_key is null
        and payments.original_payment_id is null

),

debts as (

    select
        links.left_key,
        links.right_key,
        links.rule,
        links.settled_amount,
        invoices.entity,
        invoices.person_key,
        invoices.currency_code,
        invoices.settled_by,
        invoices.issue_date,
        invoices.total_amount,
        payments.payment_date

    from links

    inner join invoices
        on links.left_key = invoices.invoice_key

    inner join payments
        on links.right_key = payments.payment_key

    where links.rule in (
            'number_single', 'number_discount', 'number_near', 'party_habit', 'party_turn', 'party_month', 'party_amount', 'party_discount', 'alias_amount'
        )

),

contested as (

    select
        debts.left_key,
        debts.right_key,
        leftovers.payment_key as rival_payment_key

    from debts

    inner join leftovers
        on debts.entity = leftovers.entity
        and debts.person_key = leftovers.person_key
        and debts.currency_code = leftovers.currency_code
        and debts.settled_by = leftovers.direction
        and debts.settled_amount = leftovers.open_amount
        and debts.settled_amount = debts.total_amount
        and leftovers.is_told

    where leftovers.payment_date between debts.issue_date and debts.payment_date
        or (leftovers.is_redeposit and leftovers.payment_date between debts.payment_date and debts.payment_date + 45)
        -- Without a number the later of two near each other may as well be the one.
        or (
            debts.rule in ('party_month', 'party_amount', 'party_discount', 'alias_amount')
            and leftovers.payment_date between debts.payment_date and debts.payment_date + 20
        )

),

-- What its debtor brings to the cent and nothing else takes was no document of another's list that falls short.
listed_and_paid as (

    select
        links.left_key,
        links.right_key,
        leftovers.payment_key as rival_payment_key

    from links

    inner join invoices
        on links.left_key = invoices.invoice_key

    inner join leftovers
        on invoices.entity = leftovers.entity
        and invoices.person_key = leftovers.person_key
        and invoices.currency_code = leftovers.currency_code
        and invoices.settled_by = leftovers.direction
        and invoices.total_amount = leftovers.open_amount
        and leftovers.is_told
        and leftovers.payment_date between invoices.issue_date and invoices.issue_date + 60
        and leftovers.payment_key <> links.right_key

    where links.rule = 'number_list_short'

),

-- What came the same day and has an older bill of that amount to pay says nothing against a number: nobody
-- pays one bill twice a day while another waits.
older_bills as (

    select
        contested.left_key,
        contested.right_key

    from contested

    inner join debts
        on contested.left_key = debts.left_key
        and contested.right_key = debts.right_key
        and debts.rule = 'number_single'

    left join payments
        on contested.rival_payment_key = payments.payment_key
        and payments.payment_date = debts.payment_date
        and payments.is_redeposit is not true

    left join open_invoices
        on debts.entity = open_invoices.entity
        and debts.person_key = open_invoices.person_key
        and debts.currency_code = open_invoices.currency_code
        and debts.settled_by = open_invoices.settled_by
        and debts.settled_amount = open_invoices.open_amount
        and open_invoices.issue_date < debts.issue_date
        and open_invoices.issue_date <= payments.payment_date

    group by contested.left_key, contested.right_key
    having count(distinct open_invoices.invoice_key) >= count(distinct contested.rival_payment_key)

),

undisputed as (

    select contested.*

    from contested

    left join older_bills
        on contested.left_key = older_bills.left_key
        and contested.right_key = older_bills.right_key

    where older_bills.left_key is null

),

-- Materialized, as is `named_again`, so that no plan begins with the amounts: links, payments and returns of
-- one amount are too many.
naming_payments as materialized (

    select
        read_numbers.invoice_key,
        read_numbers.reading,
        payments.payment_key,
        payments.currency_code,
        payments.amount,
        payments.direction,
        payments.payment_date

    from {{ ref('int_payment_numbers__read') }} as read_numbers

    inner join payments
        on read_numbers.payment_key = payments.payment_key

),

credited as (

    select distinct right_key
    from {{ ref('int_settlement_links__booked') }}
    where leg = 'application'

),

-- Who paid the whole of what was credited later did not pay the rest, whoever may have paid for the debtor.
paid_before_credit as (

    select
        debts.left_key,
        debts.right_key,
        pairs.right_key as rival_payment_key

    from debts

    inner join credited
        on debts.left_key = credited.right_key

    inner join {{ ref('int_payer_pairs__compared') }} as pairs
        on debts.person_key = pairs.person_key
        and debts.currency_code = pairs.currency_code
        and debts.total_amount = pairs.payment_open_amount
        and debts.right_key <> pairs.right_key
        and pairs.payment_date between debts.issue_date and debts.payment_date

    left join used
        on pairs.right_key = used.right_key

    where debts.settled_amount < debts.total_amount
        and debts.rule in ('number_near', 'party_month', 'party_amount', 'alias_amount')
        and used.right_key is null

    union all

    select
        debts.left_key,
        debts.right_key,
        naming_payments.payment_key as rival_payment_key

    from debts

    inner join credited
        on debts.left_key = credited.right_key

    inner join naming_payments
        on debts.left_key = naming_payments.invoice_key
        and debts.right_key <> naming_payments.payment_key
        and debts.currency_code = naming_payments.currency_code
        and debts.settled_by = naming_payments.direction
        and debts.total_amount = naming_payments.amount
        and naming_payments.payment_date between debts.issue_date and debts.payment_date

    inner join left_items
        on naming_payments.payment_key = left_items.item_key

    left join used
        on naming_payments.payment_key = used.right_key

    where debts.settled_amount < debts.total_amount
        and debts.rule in ('number_near', 'party_month', 'party_amount', 'alias_amount')
        and used.right_key is null

),

-- Who pays ahead is a month off everywhere: a payment that is left over up to 35 days before the document
-- may be its own, then this link's payment the next document's, and so on in a row.
in_rows as (

    select
        debts.*,
        leftovers.payment_key as leftover_key,
        row_number() over (
            partition by debts.left_key, debts.right_key
            order by leftovers.payment_date desc nulls last, leftovers.payment_key asc
        ) as leftover_rank

    from debts

    left join leftovers
        on debts.entity = leftovers.entity
        and debts.person_key = leftovers.person_key
        and debts.currency_code = leftovers.currency_code
        and debts.settled_by = leftovers.direction
        and debts.settled_amount = leftovers.open_amount
        and debts.settled_amount = debts.total_amount
        and leftovers.is_told
        and leftovers.payment_date between debts.issue_date - 35 and debts.issue_date - 1

    where debts.rule in ('party_month', 'party_amount', 'alias_amount')

),

followed as (

    select
        *,
        lag(right_key) over (
            partition by entity, person_key, currency_code, settled_amount
            order by issue_date asc, payment_date asc, left_key asc
        ) as right_key_before,
        lag(payment_date) over (
            partition by entity, person_key, currency_code, settled_amount
            order by issue_date asc, payment_date asc, left_key asc
        ) as payment_date_before
    from in_rows
    where leftover_rank = 1

),

chained as (

    select
        *,
        count(*) filter (where coalesce(payment_date_before not between issue_date - 35 and issue_date - 1, true)) over (
            partition by entity, person_key, currency_code, settled_amount
            order by issue_date asc, payment_date asc, left_key asc
            rows between unbounded preceding and current row
        ) as chain_number
    from followed

),

ahead as (

    select
        left_key,
        right_key,
        coalesce(leftover_key, right_key_before) as rival_payment_key,
        count(leftover_key) over (
            partition by entity, person_key, currency_code, settled_amount, chain_number
            order by issue_date asc, payment_date asc, left_key asc
            rows between unbounded preceding and current row
        ) as leftover_count
    from chained

),

-- What names another document by its whole number was not meant for this one.
numbers as (

    select
        entity,
        number_token
    from invoices
    where is_number_unique and number_token is not null

),

meant_elsewhere as (

    select distinct
        contested.left_key,
        contested.right_key,
        contested.rival_payment_key

    from contested

    inner join tokens
        on contested.rival_payment_key = tokens.item_key

    inner join numbers
        on tokens.entity = numbers.entity
        and tokens.token = numbers.number_token

    inner join invoices
        on contested.left_key = invoices.invoice_key
        and numbers.number_token <> invoices.number_token

    where damerau_levenshtein(tokens.token, invoices.number_token) > 1

),

named_again as materialized (

    select
        debts.left_key,
        debts.right_key,
        debts.entity,
        debts.currency_code,
        debts.settled_amount,
        debts.payment_date,
        later.payment_key as later_payment_key,
        later.payment_date as later_payment_date,
        invoices.name_key,
        payments.payer_name_key

    from debts

    inner join naming_payments as later
        on debts.left_key = later.invoice_key
        and debts.right_key <> later.payment_key
        and debts.currency_code = later.currency_code
        and debts.settled_amount <= later.amount
        and debts.settled_by = later.direction
        and later.payment_date between debts.payment_date + 1 and debts.payment_date + 75

    inner join invoices
        on debts.left_key = invoices.invoice_key

    inner join payments
        on debts.right_key = payments.payment_key

),

-- What nobody knows the payer of, came first and fits few documents may be for this one. Counted by periods of
-- four weeks, so that an amount that very many share is not joined over years.
amount_periods as (

    select
        entity,
        currency_code,
        settled_by,
        total_amount,
        cast(floor((issue_date - date '2000-01-01') / 28) as integer) as period,
        count(*) as invoice_count
    from invoices
    group by entity, currency_code, settled_by, total_amount, period

),

of_nobody as (

    select
        payments.payment_key,
        payments.entity,
        payments.currency_code,
        payments.direction,
        payments.payment_date,
        left_items.open_amount

    from left_items

    inner join payments
        on left_items.item_key = payments.payment_key

    left join payers
        on payments.payment_key = payers.payment_key
        and payers.is_told

    left join used
        on payments.payment_key = used.right_key

    where payers.payment_key is null
        and used.right_key is null
        and payments.original_payment_id is null

),

nameless as (

    select
        of_nobody.*,
        unnest([0, 1, 2]) as periods_before

    from of_nobody

    left join naming
        on of_nobody.payment_key = naming.item_key

    where naming.item_key is null

),

few_fitting as (

    select
        nameless.payment_key,
        nameless.entity,
        nameless.currency_code,
        nameless.direction,
        nameless.payment_date,
        nameless.open_amount

    from nameless

    inner join amount_periods
        on nameless.entity = amount_periods.entity
        and nameless.currency_code = amount_periods.currency_code
        and nameless.direction = amount_periods.settled_by
        and nameless.open_amount = amount_periods.total_amount
        and cast(floor((nameless.payment_date - date '2000-01-01') / 28) as integer) - nameless.periods_before = amount_periods.period

    group by
        nameless.payment_key, nameless.entity, nameless.currency_code, nameless.direction, nameless.payment_date, nameless.open_amount
    having sum(amount_periods.invoice_count) <= 8

),

paid_by_nobody as (

    select
        debts.left_key,
        debts.right_key,
        few_fitting.payment_key as rival_payment_key

    from debts

    inner join few_fitting
        on debts.entity = few_fitting.entity
        and debts.currency_code = few_fitting.currency_code
        and debts.settled_by = few_fitting.direction
        and debts.settled_amount = few_fitting.open_amount
        and debts.settled_amount = debts.total_amount
        and few_fitting.payment_date between debts.issue_date and debts.payment_date

    -- Who names the very number is believed.
    where debts.rule not in ('number_single', 'number_discount')

),

-- What nobody known brought before and names the document but for a slip of the pen; what it names by the
-- letter is no document of that amount.
slips as (

    select distinct
        debts.left_key,
        debts.right_key,
        of_nobody.payment_key as rival_payment_key,
        tokens.token

    from of_nobody

    inner join tokens
        on of_nobody.payment_key = tokens.item_key
        and length(tokens.token) >= 5

    inner join debts
        on of_nobody.entity = debts.entity
        and of_nobody.currency_code = debts.currency_code
        and of_nobody.direction = debts.settled_by
        and of_nobody.open_amount = debts.settled_amount
        and debts.settled_amount = debts.total_amount
        and of_nobody.payment_date between debts.issue_date and debts.payment_date

    inner join invoices
        on debts.left_key = invoices.invoice_key

    where {{ one_slip('tokens.token', 'invoices.number_token') }}

),

nearly_named as (

    select slips.*

    from slips

    inner join debts
        on slips.left_key = debts.left_key
        and slips.right_key = debts.right_key

    -- Void documents are named, too.
    left join {{ ref('int_invoices__mirrored') }} as named
        on debts.entity = named.entity
        and slips.token = named.number_token
        and debts.total_amount = named.total_amount

    where named.economic_key is null

),

open_rows as (

    select
        person_key,
        currency_code,
        open_amount,
        min(issue_date) as first_date
    from open_invoices
    group by person_key, currency_code, open_amount

),

-- Two payments of one debtor and amount within twenty days, for bills that are further apart: one of them
-- may be the other again, and a link without a number cannot say which.
repeated as (

    select
        debts.left_key,
        debts.right_key,
        min(others.right_key) as rival_payment_key

    from debts

    inner join invoices
        on debts.person_key = invoices.person_key
        and debts.currency_code = invoices.currency_code
        and abs(invoices.issue_date - debts.issue_date) > 20

    inner join links as others
        on invoices.invoice_key = others.left_key
        and debts.settled_amount = others.settled_amount

    inner join payments
        on others.right_key = payments.payment_key
        and abs(payments.payment_date - debts.payment_date) <= 20

    left join open_rows as thirds
        on debts.person_key = thirds.person_key
        and debts.currency_code = thirds.currency_code
        and debts.settled_amount = thirds.open_amount
        and thirds.first_date <= debts.payment_date

    where debts.rule in ('party_month', 'party_amount', 'party_discount', 'alias_amount')
        -- Who pays two bills that were both there and names the later one catches up with the earlier, if no third is open.
        and not (
            others.rule in ('number_single', 'number_list', 'remittance_amounts')
            and debts.issue_date < invoices.issue_date
            and invoices.issue_date <= debts.payment_date
            and thirds.person_key is null
        )
    group by debts.left_key, debts.right_key

),

-- Who names the document with its amount and came first may have paid it, whoever it was.
named_before as (

    select
        debts.left_key,
        debts.right_key,
        earlier.payment_key as rival_payment_key

    from debts

    inner join naming_payments as earlier
        on debts.left_key = earlier.invoice_key
        and debts.right_key <> earlier.payment_key
        and debts.currency_code = earlier.currency_code
        and debts.settled_amount = earlier.amount
        and debts.settled_by = earlier.direction
        and earlier.payment_date between debts.issue_date and debts.payment_date

    inner join left_items
        on earlier.payment_key = left_items.item_key

    left join used
        on earlier.payment_key = used.right_key

    where used.right_key is null
        and debts.settled_amount = debts.total_amount

),

cleared as (

    select
        left_key,
        right_key
    from {{ ref('int_clearing__assigned') }}
    where status = 'auto'

),

cleared_payments as (

    select distinct left_key from cleared

),

explained_lines as (

    select right_key as bank_line_key from cleared

    union all

    select right_key as bank_line_key from {{ ref('int_returns__assigned') }}
    where status = 'auto'

    union all

    select left_key as bank_line_key from {{ ref('int_returns__assigned') }}
    where status = 'auto'

),

naming_lines as (

    select
        read_numbers.invoice_key,
        bank_lines.currency_code,
        abs(bank_lines.amount) as amount,
        case when bank_lines.amount > 0 then 'in' else 'out' end as direction,
        bank_lines.booking_date,
        read_numbers.reading

    from {{ ref('int_numbers__read') }} as read_numbers

    inner join {{ ref('int_bank_lines__evidenced') }} as bank_lines
        on read_numbers.item_key = bank_lines.bank_line_key

    left join explained_lines
        on bank_lines.bank_line_key = explained_lines.bank_line_key

    where read_numbers.item_type = 'bank_line'
        and read_numbers.reading <> 'digits'
        and explained_lines.bank_line_key is null

),

-- A free line of that amount names the document, and the payment has a line of its own: money that nobody recorded.
named_by_line as (

    select distinct
        debts.left_key,
        debts.right_key

    from debts

    inner join cleared_payments
        on debts.right_key = cleared_payments.left_key

    inner join naming_lines
        on debts.left_key = naming_lines.invoice_key
        and debts.currency_code = naming_lines.currency_code
        and debts.settled_amount = naming_lines.amount
        and debts.settled_by = naming_lines.direction
        and naming_lines.booking_date between debts.issue_date - 10 and debts.payment_date + 45

    where debts.rule in ('party_habit', 'party_turn', 'party_month', 'party_amount', 'party_discount', 'alias_amount')

    union all

    -- What names the document and pays all of it before the payment's own line does: the payment is the second.
    select distinct
        debts.left_key,
        debts.right_key

    from debts

    inner join cleared
        on debts.right_key = cleared.left_key

    inner join {{ ref('int_bank_lines__evidenced') }} as own_lines
        on cleared.right_key = own_lines.bank_line_key

    inner join naming_lines
        on debts.left_key = naming_lines.invoice_key
        and debts.currency_code = naming_lines.currency_code
        and debts.settled_amount = naming_lines.amount
        and debts.settled_by = naming_lines.direction
        and naming_lines.booking_date between debts.issue_date - 10 and own_lines.booking_date - 1

    where debts.rule in ('number_single', 'number_discount', 'number_near')
        and debts.settled_amount = debts.total_amount
        and naming_lines.reading not in ('digits', 'bare_number')

),

numbered_lines as (

    select distinct item_key
    from {{ ref('int_numbers__read') }}
    where item_type = 'bank_line' and reading <> 'digits'

),

-- What is left of lines: neither a payment's nor taken back, naming no document, and no bill's by habit or turn.
loose_lines as (

    select
        bank_lines.bank_line_key,
        bank_lines.account_key,
        bank_lines.amount,
        bank_lines.booking_date,
        unnest(list_distinct(string_split(bank_lines.folded_text, ' '))) as word

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join explained_lines
        on bank_lines.bank_line_key = explained_lines.bank_line_key

    left join numbered_lines
        on bank_lines.bank_line_key = numbered_lines.item_key

    left join {{ ref('int_payer_pairs__assigned') }} as told
        on bank_lines.bank_line_key = told.right_key

    where bank_lines.line_class <> 'return'
        and explained_lines.bank_line_key is null
        and numbered_lines.item_key is null
        and told.right_key is null

),

single_lines as (

    select
        left_key,
        min(right_key) as right_key
    from cleared
    group by left_key
    having count(*) = 1

),

-- The payment's own line of what was linked by party and amount alone.
lone_lines as (

    select
        debts.left_key,
        debts.right_key,
        debts.issue_date,
        bank_lines.account_key,
        bank_lines.amount,
        bank_lines.booking_date,
        unnest(list_distinct(string_split(bank_lines.folded_text, ' '))) as word

    from debts

    inner join single_lines
        on debts.right_key = single_lines.left_key

    inner join {{ ref('int_bank_lines__evidenced') }} as bank_lines
        on single_lines.right_key = bank_lines.bank_line_key

    where debts.rule = 'party_amount'
        and debts.settled_amount = debts.total_amount

),

-- Materialized, so that no plan begins with amounts: sender by sender, two words of a name each.
same_senders as materialized (

    select
        lone_lines.left_key,
        lone_lines.right_key,
        loose_lines.bank_line_key

    from lone_lines

    inner join loose_lines
        on lone_lines.account_key = loose_lines.account_key
        and lone_lines.amount = loose_lines.amount
        and lone_lines.word = loose_lines.word
        and loose_lines.booking_date between lone_lines.issue_date - 5 and lone_lines.booking_date
        and loose_lines.booking_date >= lone_lines.booking_date - 25

    left join {{ ref('generic_words') }} as generic_words
        on lone_lines.word = generic_words.word

    where generic_words.word is null
        and length(lone_lines.word) >= 3
        and not regexp_matches(lone_lines.word, '[0-9]')
    group by lone_lines.left_key, lone_lines.right_key, loose_lines.bank_line_key
    having count(*) >= 2

),

-- The one line that the same sender sent since the bill, without a record and for no other link's doubt: the
-- bill was paid before.
sent_before as (

    select
        left_key,
        right_key
    from same_senders
    qualify count(*) over (partition by left_key, right_key) = 1
        and count(*) over (partition by bank_line_key) = 1

),

-- The cheques of free lines, by whom they name. Materialized, so that no plan begins with amounts.
free_checks as materialized (

    select
        bank_lines.entity,
        bank_lines.currency_code,
        bank_lines.amount,
        bank_lines.booking_date,
        try_cast(bank_lines.check_number as bigint) as check_place,
        names.name_key

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    inner join {{ ref('int_text_names__resolved') }} as names
        on bank_lines.bank_line_key = names.item_key
        and names.item_type = 'bank_line'

    left join explained_lines
        on bank_lines.bank_line_key = explained_lines.bank_line_key

    where bank_lines.check_number is not null
        and explained_lines.bank_line_key is null

),

-- Who wrote a later cheque that came before this one wrote this one for an older bill.
overtaken_checks as (

    select distinct
        debts.left_key,
        debts.right_key

    from debts

    inner join payments
        on debts.right_key = payments.payment_key

    inner join free_checks
        on debts.entity = free_checks.entity
        and debts.currency_code = free_checks.currency_code
        and debts.settled_amount = free_checks.amount
        and payments.payer_name_key = free_checks.name_key
        and free_checks.check_place between try_cast(payments.check_number as bigint) + 1 and try_cast(payments.check_number as bigint) + 20
        and free_checks.booking_date between debts.issue_date and debts.payment_date

    where payments.method = 'check'
        and debts.rule in ('party_habit', 'party_turn', 'party_month', 'party_amount', 'alias_amount')

),

set_members as (

    select
        sets.left_key,
        sets.right_key,
        sets.open_amount,
        sets.is_habit,
        invoices.entity,
        invoices.person_key,
        invoices.currency_code,
        invoices.settled_by,
        invoices.issue_date,
        payments.payment_date

    from {{ ref('int_debt_sets__found') }} as sets

    inner join invoices
        on sets.left_key = invoices.invoice_key

    inner join payments
        on sets.right_key = payments.payment_key

    where sets.is_proved

),

-- What was linked without a number.
unnumbered as (

    select
        left_key,
        right_key,
        false as is_set,
        entity,
        person_key,
        currency_code,
        settled_by,
        settled_amount as amount,
        issue_date,
        payment_date
    from debts
    where rule in ('party_habit', 'party_turn', 'party_month', 'party_amount', 'party_discount', 'alias_amount')

    union all

    select
        left_key,
        right_key,
        true as is_set,
        entity,
        person_key,
        currency_code,
        settled_by,
        open_amount as amount,
        issue_date,
        payment_date
    from set_members

),

-- What names a document, or ahead of it the document's month, and is left over may have paid it: with others, in
-- part or in advance.
spoken_for as (

    select
        unnumbered.left_key,
        unnumbered.right_key,
        unnumbered.is_set,
        naming_payments.payment_key as rival_payment_key

    from unnumbered

    inner join naming_payments
        on unnumbered.left_key = naming_payments.invoice_key
        and unnumbered.right_key <> naming_payments.payment_key
        and unnumbered.currency_code = naming_payments.currency_code
        and unnumbered.settled_by = naming_payments.direction
        and naming_payments.payment_date between unnumbered.issue_date - 45 and unnumbered.payment_date + 20

    inner join left_items
        on naming_payments.payment_key = left_items.item_key

    left join used
        on naming_payments.payment_key = used.right_key

    where used.right_key is null
        and naming_payments.reading <> 'digits'

    union all

    select
        unnumbered.left_key,
        unnumbered.right_key,
        unnumbered.is_set,
        leftovers.payment_key as rival_payment_key

    from unnumbered

    inner join invoices
        on unnumbered.left_key = invoices.invoice_key

    inner join leftovers
        on unnumbered.entity = leftovers.entity
        and unnumbered.person_key = leftovers.person_key
        and unnumbered.currency_code = leftovers.currency_code
        and unnumbered.settled_by = leftovers.direction
        and unnumbered.amount = leftovers.open_amount
        and month(invoices.service_date) = leftovers.named_month
        and leftovers.payment_date between unnumbered.issue_date - 100 and unnumbered.issue_date - 1

),

first_challenges as (

    select
        undisputed.left_key,
        undisputed.right_key,
        undisputed.rival_payment_key,
        cast(null as varchar) as rival_invoice_key

    from undisputed

    left join meant_elsewhere
        on undisputed.left_key = meant_elsewhere.left_key
        and undisputed.right_key = meant_elsewhere.right_key
        and undisputed.rival_payment_key = meant_elsewhere.rival_payment_key

    where meant_elsewhere.left_key is null

    union all

    select
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from listed_and_paid

    union all

    select
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from repeated

    union all

    select
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from paid_before_credit

    union all

    select distinct
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from nearly_named

    union all

    select
        left_key,
        right_key,
        cast(null as varchar) as rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from named_by_line

    union all

    select
        left_key,
        right_key,
        cast(null as varchar) as rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from sent_before

    union all

    select
        left_key,
        right_key,
        cast(null as varchar) as rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from overtaken_checks

    union all

    select
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from ahead
    where leftover_count > 0

    union all

    select
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from named_before

    union all

    select
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from paid_by_nobody

    union all

    select
        left_key,
        right_key,
        rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from spoken_for
    where not is_set

    union all

    -- What names the same invoice again after the bank took that amount back from nobody we know, or from the
    -- same payer.
    select distinct
        named_again.left_key,
        named_again.right_key,
        named_again.later_payment_key as rival_payment_key,
        cast(null as varchar) as rival_invoice_key

    from named_again

    inner join doubtful_returns
        on named_again.entity = doubtful_returns.entity
        and named_again.currency_code = doubtful_returns.currency_code
        and named_again.settled_amount = doubtful_returns.amount
        and doubtful_returns.booking_date between named_again.payment_date and named_again.later_payment_date + 3
        and (doubtful_returns.name_key is null or doubtful_returns.name_key in (named_again.name_key, named_again.payer_name_key))

    union all

    -- Without a number no other invoice of that amount may be open that the payment could as well be early or in time for.
    select
        debts.left_key,
        debts.right_key,
        cast(null as varchar) as rival_payment_key,
        open_invoices.invoice_key as rival_invoice_key

    from debts

    inner join open_invoices
        on debts.entity = open_invoices.entity
        and debts.person_key = open_invoices.person_key
        and debts.currency_code = open_invoices.currency_code
        and debts.settled_by = open_invoices.settled_by
        and debts.settled_amount = open_invoices.open_amount

    where debts.rule in ('party_amount', 'party_discount', 'alias_amount')
        and debts.payment_date between open_invoices.issue_date - 35 and open_invoices.due_date + 25

),

-- The payment of a doubted link is left over, too: it may have settled what a later one names.
freed as (

    select distinct
        debts.right_key,
        debts.person_key,
        debts.entity,
        debts.currency_code,
        debts.settled_by,
        debts.settled_amount,
        debts.issue_date,
        debts.payment_date

    from debts

    inner join first_challenges
        on debts.left_key = first_challenges.left_key
        and debts.right_key = first_challenges.right_key

    where debts.rule in ('party_habit', 'party_turn', 'party_month', 'party_amount', 'alias_amount')

),

challenges as (

    select * from first_challenges

    union all

    select
        debts.left_key,
        debts.right_key,
        freed.right_key as rival_payment_key,
        cast(null as varchar) as rival_invoice_key

    from debts

    inner join freed
        on debts.entity = freed.entity
        and debts.person_key = freed.person_key
        and debts.currency_code = freed.currency_code
        and debts.settled_by = freed.settled_by
        and debts.settled_amount = freed.settled_amount
        and debts.settled_amount = debts.total_amount
        and freed.payment_date between debts.issue_date and debts.payment_date

    where debts.rule in ('number_single', 'number_discount', 'number_near')
        and debts.right_key <> freed.right_key
        and (debts.rule <> 'number_single' or freed.payment_date < debts.payment_date or freed.issue_date >= debts.issue_date)

),

doubted_links as (

    select distinct
        left_key,
        right_key
    from challenges

),

-- Free documents of the payer, for all that names alone say.
free_invoices as (

    select
        invoices.invoice_key,
        invoices.person_key,
        invoices.currency_code,
        invoices.issue_date,
        -- What a credit took off may be in the payer's next payment.
        unnest(
            case
                when credited.right_key is null then [left_items.open_amount]
                else list_distinct([left_items.open_amount, invoices.total_amount])
            end
        ) as amount

    from invoices

    inner join {{ ref('int_settlement_items__left') }} as left_items
        on invoices.invoice_key = left_items.item_key
        and left_items.item_type = 'invoice'

    left join {{ ref('int_payer_pairs__assigned') }} as named
        on invoices.invoice_key = named.left_key

    left join doubted_links
        on named.left_key = doubted_links.left_key
        and named.right_key = doubted_links.right_key

    left join set_members
        on invoices.invoice_key = set_members.left_key

    left join credited
        on invoices.invoice_key = credited.right_key

    where set_members.left_key is null
        and (named.left_key is null or doubted_links.left_key is not null)

),

-- A member of a set that no habit tells has a twin: one that is free, or one that an earlier payment of the
-- payer settles, so that the two are settled in the wrong order.
twins as (

    select
        set_members.left_key,
        set_members.right_key,
        free_invoices.invoice_key as twin_key,
        cast(null as varchar) as twin_payment_key

    from set_members

    inner join free_invoices
        on set_members.person_key = free_invoices.person_key
        and set_members.currency_code = free_invoices.currency_code
        and set_members.open_amount = free_invoices.amount
        and free_invoices.issue_date between set_members.payment_date - 100 and set_members.payment_date + 5

    where not set_members.is_habit

    union all

    select
        set_members.left_key,
        set_members.right_key,
        debts.left_key as twin_key,
        debts.right_key as twin_payment_key

    from set_members

    inner join debts
        on set_members.person_key = debts.person_key
        and set_members.currency_code = debts.currency_code
        and set_members.open_amount = debts.settled_amount
        and set_members.issue_date < debts.issue_date
        and set_members.payment_date > debts.payment_date
        and set_members.issue_date <= debts.payment_date

    where not set_members.is_habit
        and debts.rule in ('party_habit', 'party_turn', 'party_month', 'party_amount', 'alias_amount')

),

twinned_sets as (

    select
        right_key,
        min(twin_key) as twin_key
    from twins
    group by right_key

),

-- A set stands or falls as a whole.
spoken_sets as (

    select
        right_key,
        min(rival_payment_key) as rival_payment_key
    from spoken_for
    where is_set
    group by right_key

),

final as (

    select * from challenges

    union all

    select
        set_members.left_key,
        set_members.right_key,
        spoken_sets.rival_payment_key,
        cast(null as varchar) as rival_invoice_key

    from set_members

    inner join spoken_sets
        on set_members.right_key = spoken_sets.right_key

    union all

    select
        set_members.left_key,
        set_members.right_key,
        cast(null as varchar) as rival_payment_key,
        twinned_sets.twin_key as rival_invoice_key

    from set_members

    inner join twinned_sets
        on set_members.right_key = twinned_sets.right_key

    union all

    select
        twin_key as left_key,
        twin_payment_key as right_key,
        min(right_key) as rival_payment_key,
        cast(null as varchar) as rival_invoice_key
    from twins
    where twin_payment_key is not null
    group by twin_key, twin_payment_key

)

select * from final
