-- One row per blocked pair inside its window, each kind of evidence with its level and weight.
with

pairs as (

    select * from {{ ref('int_clearing_pairs__blocked') }}

),

clearables as (

    select * from {{ ref('int_clearables__prepared') }}

),

bank_lines as (

    select * from {{ ref('int_bank_lines__evidenced') }}

),

names as (

    select
        item_key as bank_line_key,
        entity,
        name_key,
        name_level
    from {{ ref('int_text_names__resolved') }}
    -- An initial that fits several people tells nobody apart.
    where item_type = 'bank_line' and (name_level <> 'initial_name' or name_count = 1)

),

named_lines as (

    select distinct bank_line_key from names

),

-- Whom beside the payer both the payment and the line name: whom an agency or a payee pays for.
beneficiaries as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join clearables
        on pairs.left_key = clearables.left_key

    inner join {{ ref('int_text_names__resolved') }} as payment_names
        on pairs.left_key = payment_names.item_key
        and payment_names.item_type = 'payment'
        and payment_names.name_level in ('same_name', 'cut_name')
        and payment_names.name_key is distinct from clearables.name_key

    inner join names
        on pairs.right_key = names.bank_line_key
        and payment_names.name_key = names.name_key
        and names.name_level in ('same_name', 'cut_name')

),

-- What the bank took back reached it before that day, never after.
taken_back as (

    select
        returns.left_key,
        max(return_lines.booking_date) as returned_date

    from {{ ref('int_returns__assigned') }} as returns

    inner join bank_lines as return_lines
        on returns.right_key = return_lines.bank_line_key

    where returns.status = 'auto' and returns.left_type = 'payment'
    group by returns.left_key

),

-- A payout that the bank took back is sent again on a line of its own.
returned_lines as (

    select distinct left_key as bank_line_key
    from {{ ref('int_returns__assigned') }}
    where status = 'auto' and left_type = 'bank_line'

),

numbers as (

    select
        item_key,
        invoice_key
    from {{ ref('int_numbers__read') }}
    where reading <> 'digits'

),

numbered as (

    select distinct item_key from numbers

),

-- One number with two signs turned is what the other side says, where the two are not one debtor's.
turned as (

    select distinct
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join numbers as left_numbers
        on pairs.left_key = left_numbers.item_key

    inner join numbers as right_numbers
        on pairs.right_key = right_numbers.item_key

    inner join {{ ref('int_invoices__evidenced') }} as left_invoices
        on left_numbers.invoice_key = left_invoices.invoice_key

    inner join {{ ref('int_invoices__evidenced') }} as right_invoices
        on right_numbers.invoice_key = right_invoices.invoice_key

    where not pairs.has_shared_invoice
        and left_invoices.person_key is distinct from right_invoices.person_key
        and list_contains({{ turned_tokens('left_invoices.number_token') }}, right_invoices.number_token)

),

-- Both name invoices, and none that the other names: two payments of one payer.
at_odds as (

    select
        pairs.left_key,
        pairs.right_key

    from pairs

    inner join numbered as left_numbered
        on pairs.left_key = left_numbered.item_key

    inner join numbered as right_numbered
        on pairs.right_key = right_numbered.item_key

    left join turned
        on pairs.left_key = turned.left_key
        and pairs.right_key = turned.right_key

    where not pairs.has_shared_invoice
        and turned.left_key is null

),

windows as (

    select * from {{ ref('match_windows') }}
    where leg = 'clearing'

),

own_windows as (
    {{ own_windows('clearing') }}
),

-- A gateway is known by its name, or by the words that start the lines of three or more payouts which
-- nothing else of their sum could be.
payout_lines as (

    select
        pairs.left_key,
        pairs.right_key,
        clearables.entity,
        {{ sender_words('bank_lines.folded_text') }} as signature,
        count(*) over (partition by pairs.left_key) as line_count,
        count(*) over (partition by pairs.right_key) as payout_count

    from pairs

    inner join clearables
        on pairs.left_key = clearables.left_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    left join own_windows
        on clearables.entity = own_windows.entity
        and clearables.method = own_windows.method

    inner join windows
        on clearables.method = windows.method
        and bank_lines.booking_date between clearables.item_date - {{ window_days('days_before') }} and clearables.item_date + {{ window_days('days_after') }}

    where clearables.method = 'gateway_payout'
        and bank_lines.line_class in ('gateway', 'other', 'deposit')

),

gateways as (

    select
        entity,
        signature
    from payout_lines
    where line_count = 1 and payout_count = 1 and signature <> ''
    group by entity, signature
    having count(*) >= 3

),

gateway_pairs as (

    select distinct
        payout_lines.left_key,
        payout_lines.right_key

    from payout_lines

    inner join gateways
        on payout_lines.entity = gateways.entity
        and payout_lines.signature = gateways.signature

),

levelled as (

    select
        clearables.left_type,
        pairs.left_key,
        'bank_line' as right_type,
        pairs.right_key,
        clearables.entity,
        clearables.currency_code,
        bank_lines.account_key,
        -- In the payment's currency, which is the line's own unless the bank converted it.
        clearables.expected_amount as amount,
        bank_lines.line_class,
        clearables.item_date,
        bank_lines.booking_date,
        bank_lines.booking_date - clearables.item_date as days_apart,
        case
            when pairs.has_shared_token then 'whole_token'
            when pairs.has_same_check then 'check_number'
            when pairs.has_shared_invoice then 'same_invoice'
            when clearables.method = 'gateway_payout' and (bank_lines.line_class = 'gateway' or gateway_pairs.left_key is not null) then 'gateway'
            when clearables.method in ('deposit_slip', 'batch_payment')
                and bank_lines.line_class = 'deposit'
                and clearables.account_key = bank_lines.account_key then 'slip'
            when pairs.is_own_record then 'own_record'
            else 'none'
        end as reference_level,
        coalesce(names.name_level, case when pairs.has_learned_name then 'learned_name' else 'none' end) as payer_level,
        -- Charges of one amount recur, and the books enter them by the month.
        clearables.method = 'bank_entry' as is_bank_entry,
        pairs.has_same_check,
        pairs.has_same_text,
        pairs.has_shared_word,
        -- A cheque lies among others at the bank, what is sent does not.
        clearables.left_type = 'payment'
        and clearables.method not in ('check', 'cash')
        and bank_lines.medium <> 'paper'
        and bank_lines.booking_date - clearables.item_date between -1 and 5 as may_be_told_by_words,
        -- A cheque may lie for weeks; what is sent electronically arrives within days.
        clearables.method not in ('ach', 'eft', 'wire', 'card') as is_slow,
        clearables.method in ('check', 'cash', 'other') and bank_lines.medium <> 'electronic' as is_paper,
        -- What a bank pays for its customer comes either way, so where something else tells whose it is, the books may call it a cheque.
        clearables.method in ('check', 'cash')
        and bank_lines.medium = 'electronic'
        and not (
            clearables.method = 'check'
            and coalesce(regexp_matches(bank_lines.folded_text, '\b(?:BILL ?PAY|CHECKFREE)'), false)
            and (names.name_level is not null or pairs.has_shared_token or pairs.has_shared_invoice)
        )
        or clearables.method in ('ach', 'wire', 'eft') and bank_lines.medium = 'paper' as is_other_medium,
        -- A cheque that is cashed after months may be written off by then; a payout that failed comes weeks later.
        bank_lines.booking_date > clearables.item_date + {{ window_days('days_after') }}
        and not (clearables.left_type = 'settlement' and pairs.has_shared_token) as is_stale,
        -- What two alone bear joins them for longer, unless something else fits.
        coalesce(pairs.has_sole_token, false)
        and clearables.left_type = 'payment'
        and bank_lines.booking_date > clearables.item_date + {{ window_days('days_after') }}
        and bank_lines.booking_date <= clearables.item_date + coalesce(own_late_windows.days_after, late_windows.days_after) as is_late,
        -- A trace of its own, not the number of an invoice.
        coalesce(pairs.has_sole_token, false) and not pairs.has_shared_invoice as has_sole_trace,
        coalesce(pairs.has_sole_token, false) as has_sole_number,
        at_odds.left_key is not null as names_other_invoice,
        left_numbered.item_key is not null as names_an_invoice,
        -- A cheque's line that bears numbers, and none of them this cheque's, is another cheque's.
        case
            when clearables.method <> 'check' or clearables.check_number is null then false
            when bank_lines.check_number is not null then bank_lines.check_number <> clearables.check_number
            else coalesce(
                    not list_contains(
                        list_transform(regexp_extract_all(bank_lines.folded_text, '\b[0-9]{3,5}\b'), lambda number: ltrim(number, '0')),
                        clearables.check_number
                    )
                    and regexp_matches(bank_lines.folded_text, '\b[0-9]{3,5}\b'),
                    false
                )
        end as is_other_check,
        clearables.method = 'gateway_payout' and returned_lines.bank_line_key is not null as is_sent_again,
        coalesce(clearables.is_redeposit, false) as is_redeposit,
        coalesce(regexp_matches(bank_lines.folded_text, '\bRE ?DEPOSIT'), false) as says_redeposit,
        -- Cheques and cash reach the bank without a name but by chance.
        names.name_level is null and clearables.method in ('check', 'cash') and bank_lines.medium <> 'paper' as is_name_doubtful,
        clearables.name_key is not null and named_lines.bank_line_key is not null as names_somebody,
        beneficiaries.left_key is not null as names_beneficiary,
        -- Where many write cheques, a number of three digits is several people's.
        coalesce(length(clearables.check_number) <= 3, false) as has_short_check_number,
        pairs.amount_level,
        case
            when abs(bank_lines.booking_date - clearables.item_date) <= 2 then 'near'
            when abs(bank_lines.booking_date - clearables.item_date) <= 7 then 'usual'
            else 'far'
        end as days_level,
        case
            when clearables.account_key is null then 'unknown'
            when clearables.account_key = bank_lines.account_key then 'same'
            else 'other'
        end as account_level

    from pairs

    inner join clearables
        on pairs.left_key = clearables.left_key

    inner join bank_lines
        on pairs.right_key = bank_lines.bank_line_key

    left join names
        on pairs.right_key = names.bank_line_key
        and clearables.name_key = names.name_key

    left join named_lines
        on pairs.right_key = named_lines.bank_line_key

    left join beneficiaries
        on pairs.left_key = beneficiaries.left_key
        and pairs.right_key = beneficiaries.right_key

    left join at_odds
        on pairs.left_key = at_odds.left_key
        and pairs.right_key = at_odds.right_key

    left join numbered as left_numbered
        on pairs.left_key = left_numbered.item_key

    left join taken_back
        on pairs.left_key = taken_back.left_key

    left join returned_lines
        on pairs.right_key = returned_lines.bank_line_key

    left join gateway_pairs
        on pairs.left_key = gateway_pairs.left_key
        and pairs.right_key = gateway_pairs.right_key

    left join own_windows as own_late_windows
        on clearables.entity = own_late_windows.entity
        and own_late_windows.method = 'late'

    inner join windows as late_windows
        on late_windows.method = 'late'

    left join own_windows
        on clearables.entity = own_windows.entity
        and clearables.method = own_windows.method

    inner join windows
        on clearables.method = windows.method
        and (
            bank_lines.booking_date between clearables.item_date - {{ window_days('days_before') }} and clearables.item_date + {{ window_days('days_after') }}
            or (pairs.has_same_check and bank_lines.booking_date between clearables.item_date and clearables.item_date + 400)
            or (
                clearables.left_type = 'settlement'
                and pairs.has_shared_token
                and bank_lines.booking_date between clearables.item_date and clearables.item_date + 30
            )
            or (
                clearables.left_type = 'payment'
                and pairs.has_sole_token
                and bank_lines.booking_date between clearables.item_date and clearables.item_date + coalesce(own_late_windows.days_after, late_windows.days_after)
            )
        )

    where taken_back.left_key is null
        or bank_lines.booking_date <= taken_back.returned_date

),

referenced as (

    select
        *,
        bool_or(reference_level in ('whole_token', 'check_number', 'same_invoice')) over (partition by right_key) as has_line_reference,
        payer_level <> 'none'
        and reference_level = 'none'
        and left_type = 'payment'
        and not (is_name_doubtful or is_other_check or names_other_invoice)
        and is_other_medium is not true as is_by_name,
        -- As many payments as a line may be by the name alone, and as many of them as name an invoice.
        count(*) filter (where is_by_name and abs(days_apart) <= 10) over (partition by right_key) as name_count,
        count(*) filter (where is_by_name and abs(days_apart) <= 10 and names_an_invoice) over (partition by right_key) as numbered_name_count,
        -- The line is the cheque of which both bear the number, whatever else a second payment shares with it.
        left_type = 'payment' and not has_same_check and bool_or(has_same_check) over (partition by right_key) as is_of_told_check
    from levelled

),

-- Instalments of one number are alike: where the payer's name and the amount are found within two days, a
-- line that bears the number days later is hardly this payment's.
distances as (

    select
        *,
        payer_level <> 'none'
        and count(*) filter (where payer_level <> 'none' and days_apart <= 25) over (partition by left_key) = 1
        and count(*) filter (where payer_level <> 'none' and days_apart <= 25) over (partition by right_key) = 1 as is_lone_name,
        reference_level = 'whole_token'
        and left_type = 'payment'
        and not has_sole_number
        and not is_slow
        and abs(days_apart) >= 4
        and coalesce(
            min(abs(days_apart)) filter (where payer_level <> 'none' and reference_level = 'none' and not names_other_invoice and is_other_medium is not true)
                over (partition by left_key),
            99
        ) <= 2 as has_nearer_name,
        -- A line that names nobody's document and carries the name may be this payment's.
        min(abs(days_apart)) filter (where is_by_name and not has_line_reference) over (partition by left_key) as name_days,
        -- And it is hardly another's that names an invoice, too: who pays twice names one invoice.
        min(abs(days_apart)) filter (where is_by_name and not has_line_reference and numbered_name_count <= 1) over (partition by left_key) as lone_name_days,
        -- What came back and is put in again is told from the first time by that word, where a line says it.
        (says_redeposit and not is_redeposit)
        or (is_redeposit and not says_redeposit and bool_or(says_redeposit) over (partition by left_key)) as is_other_deposit,
        -- One number written in two ways on two lines: the very words tell whose is which.
        reference_level = 'same_invoice'
        and (
            bool_or(reference_level = 'whole_token') over (partition by left_key)
            or bool_or(reference_level = 'whole_token') over (partition by right_key)
        ) as has_told_rival
    from referenced

),

-- The number says one line, and another line that is as near and bears no number says the name: two payments
-- of one payer, of which one names the number twice. What names somebody else than the payer is no better.
numbered_lines as (

    select
        *,
        reference_level in ('whole_token', 'same_invoice')
        and left_type = 'payment'
        and not has_sole_trace
        and not has_nearer_name
        and (
            -- A number that no other payment or line bears, or beside it whom the payment is for, tells payments of one payer apart.
            coalesce(case when has_sole_number or names_beneficiary then lone_name_days else name_days end <= least(abs(days_apart) + 1, 10), false)
            or (reference_level = 'same_invoice' and payer_level = 'none' and names_somebody)
        ) as is_number_contested
    from distances

),

-- Neither line is told by name then, for this payment or for another.
touched as (

    select
        *,
        is_number_contested
        or (
            reference_level = 'none'
            and payer_level <> 'none'
            and (
                bool_or(is_number_contested) over (partition by left_key)
                -- Another line near names whom this payment is for, and nobody who pays.
                or (not names_beneficiary and bool_or(names_beneficiary and name_count = 0 and not has_line_reference and days_apart between -3 and 5) over (partition by left_key))
            )
        ) as is_touched
    from numbered_lines

),

contested as (

    select
        *,
        is_touched or (reference_level = 'none' and bool_or(is_touched) over (partition by right_key)) as is_contested
    from touched

),

-- The payment's own words, or one word where nothing else near has the amount.
worded as (

    select
        * exclude (has_same_text, has_shared_word, may_be_told_by_words)
        replace (
            case when is_told_by_words and has_same_text then 'same_text' else reference_level end as reference_level,
            case when is_told_by_words and has_shared_word then 'shared_word' else payer_level end as payer_level
        )

    from (
        select
            *,
            may_be_told_by_words and (has_same_text or has_shared_word) and reference_level = 'none' and payer_level = 'none' as is_told_by_words
        from contested
    ) as told

),

final as (

    select
        worded.*,
        {{ match_weight('reference') }} + {{ match_weight('payer') }} + {{ match_weight('days') }} + {{ match_weight('account') }} as weight,
        -- A rival far in time is a weaker one: classes part by kind of evidence, then by nearness.
        case
            when worded.is_contested or worded.is_other_medium or worded.is_of_told_check or (worded.is_bank_entry and worded.reference_level = 'own_record') or (worded.is_stale and not worded.is_late) or worded.amount_level = 'converted_in_doubt' then 9
            -- The line names another, who may have written a cheque of that number and amount.
            when worded.reference_level = 'check_number' and worded.has_short_check_number and worded.names_somebody and worded.payer_level = 'none' and not worded.names_beneficiary then 9
            when worded.has_nearer_name or worded.is_late then 5
            when worded.reference_level in ('whole_token', 'check_number') and not worded.is_other_deposit then 1
            when worded.reference_level = 'same_invoice' and worded.days_level <> 'far' and not worded.is_other_deposit
                then case when worded.has_told_rival then 3 else 1 end
            when worded.reference_level in ('whole_token', 'check_number') then 3
            when worded.is_sent_again then 9
            when worded.reference_level in ('slip', 'own_record') and worded.days_level = 'near' then 2
            when worded.reference_level in ('gateway', 'slip', 'own_record') then 3
            when worded.names_other_invoice or worded.is_other_check or worded.is_name_doubtful then 9
            when worded.payer_level <> 'none' and worded.names_beneficiary and worded.days_apart between -3 and 5 then 3
            when worded.is_told_by_words then 6
            when worded.payer_level <> 'none' and worded.days_apart between -3 and 5 then 4
            -- What comes later by name alone may be the next month's, which nobody recorded.
            when worded.payer_level <> 'none' and worded.is_slow and worded.days_apart between -3 and 7 then 5
            -- A cheque may lie for two weeks, and books may be written up days late, if that name and amount are found
            -- once on either side.
            when worded.is_lone_name and worded.is_paper and worded.days_apart between -3 and 14 then 7
            when worded.is_lone_name and worded.payer_level = 'same_name' and worded.days_apart = -4 then 7
            -- So may what is sent be, and what leaves takes longer.
            when worded.is_lone_name
                and worded.payer_level in ('same_name', 'learned_name')
                and worded.days_apart between 6 and case when worded.amount < 0 then 10 else 7 end
                then 7
            else 9
        end as evidence_class

    from worded
    {{ join_match_weights('worded', 'clearing', ['reference', 'payer', 'days', 'account']) }}

    -- A charge, interest or pay run of the bank's text is nobody's payment, whatever it equals.
    where worded.account_level <> 'other'
        and (
            worded.line_class not in ('bank_fee', 'interest', 'payroll')
            or worded.reference_level in ('own_record', 'check_number')
        )

)

select * from final
