-- One row per mapped bank line, with its class (a rule of the seed bank_line_classes, first wins) and
-- the name it carries: the counterparty, else the words of the text that are neither generic nor numbers.
with

bank_lines as (

    select
        *,
        {{ fold_text("concat_ws(' ', description, counterparty_name, reference)") }} as folded_text,
        {{ fold_text("coalesce(counterparty_name, description)") }} as name_text
    from {{ ref('int_bank_lines__merged') }}
    where entity <> 'unmapped'

),

name_texts as (

    select distinct name_text
    from bank_lines

),

words as (

    select
        name_text,
        unnest(string_split(name_text, ' ')) as word
    from name_texts

),

-- The words that may be a name, sorted, so that their order in the text does not matter.
names as (

    select
        words.name_text,
        string_agg(words.word, ' ' order by words.word) as name_key

    from words

    left join {{ ref('generic_words') }} as generic_words
        on words.word = generic_words.word

    where generic_words.word is null
        and length(words.word) > 1
        and not regexp_matches(words.word, '[0-9]')
        and words.word not in ('JR', 'SR', 'II', 'III', 'MR', 'MRS', 'MS', 'DR')

    group by words.name_text

),

final as (

    select
        bank_lines.bank_line_key,
        bank_lines.entity,
        bank_lines.account_key,
        bank_lines.account_id,
        bank_lines.currency_code,
        bank_lines.amount,
        bank_lines.booking_date,
        coalesce(
            nullif(ltrim(bank_lines.check_number, '0'), ''),
            nullif(ltrim(regexp_extract(bank_lines.folded_text, '\b(?:CK|CHK|CHECK|CHQ|CHEQUE)(?: NO| PAID| DEPOSIT| DEP)*(?: ITEM)? ?0*([0-9]{2,8})\b', 1), '0'), ''),
            nullif(ltrim(regexp_extract(bank_lines.folded_text, '\b(?:DRAFT|DEPOSIT) ([0-9]{3,5})\b', 1), '0'), ''),
            -- `CHECK DEPOSIT ROSA LANE 4205`
            nullif(ltrim(regexp_extract(bank_lines.folded_text, '\b(?:CK|CHK|CHECK|CHQ|CHEQUE)(?: DEPOSIT| DEP)?(?: [A-Z]+){1,4} ([0-9]{3,6})\b', 1), '0'), ''),
            -- A serial of its own in the reference of what is paper.
            case
                when regexp_full_match(bank_lines.reference, '[0-9]{3,5}')
                    and (
                        regexp_matches(bank_lines.folded_text, '\b(?:DEPOSIT|DEP|CHECK|CHEQUE|CHQ|DRAFT|LOCKBOX|LBX)\b')
                        or starts_with(bank_lines.folded_text, bank_lines.reference || ' ')
                    )
                    then nullif(ltrim(bank_lines.reference, '0'), '')
            end
        ) as check_number,
        bank_lines.folded_text,
        -- Hours and days are no references, and the number of a cheque is no document's.
        concat_ws(
            ' ',
            regexp_replace(
                regexp_replace(
                    regexp_replace(bank_lines.description, '\b(?:TIME|DATE): ?[0-9]+', ' ', 'g'),
                    '(^|[ ;,(])(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])(?:/(?:20)?[0-9]{2})?($|[ ;,)])', '\1 \2', 'g'
                ),
                '\b(?:CK|CHK|CHECK|CHQ|CHEQUE)(?: NO| PAID| DEPOSIT| DEP)*(?: ITEM)?[ #.:-]*[0-9]{2,8}\b', ' ', 'gi'
            ),
            bank_lines.reference,
            bank_lines.counterparty_name
        ) as reference_text,
        {{ month_named("concat_ws(' ', regexp_replace(bank_lines.description, '\\b(?:DESC )?DATE: ?[A-Za-z]+', ' ', 'g'), bank_lines.reference)") }} as named_month,
        case
            when bank_lines.is_reversal then 'return'
            -- The bank's own word for a charge; the text of one may end at `RETURNED ITEM CHARGEBACK F`.
            when bank_lines.amount < 0 and regexp_full_match(upper(bank_lines.line_type), '(?:BANK )?FEES?|SRVCHG|SERVICE CHARGE') then 'bank_fee'
            else coalesce(
                    {{ bank_line_class('bank_lines.folded_text', '(bank_lines.amount >= 0)') }},
                    case
                        when regexp_full_match(upper(bank_lines.line_type), 'RETURN(?:ED)?(?: ITEM)?|RTN|NSF|CHARGE ?BACK|REVERSAL') then 'return'
                        when bank_lines.amount > 0 and regexp_full_match(upper(bank_lines.line_type), 'INT(?:EREST)?') then 'interest'
                    end,
                    'other'
                )
        end as line_class,
        -- How the money came: a cheque does not arrive as a transfer, nor a transfer as a deposit slip.
        case
            when regexp_matches(bank_lines.folded_text, '\b(?:ACH|ORIG CO|ZELLE|VENMO|WIRE|FEDWIRE|DES|PREAUTHORIZED|ELECTRONIC|EFT|CCD|PPD|SEPA|ONLINE PAYMENT|ONLINE PMT|BILL ?PAY|MONEY TRANSFER)\b') then 'electronic'
            when regexp_matches(bank_lines.folded_text, '\b(?:CHECK|CHEQUE|CASH|COUNTER|BRANCH|LOCKBOX|REMOTE|MOBILE) (?:[A-Z]+ )?DEP|^E?DEPOSIT') then 'paper'
            else 'unknown'
        end as medium,
        nullif(regexp_extract(bank_lines.folded_text, '\bIBAN ([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})\b', 1), '') as payer_account,
        names.name_key

    from bank_lines

    left join names
        on bank_lines.name_text = names.name_text

)

select * from final
