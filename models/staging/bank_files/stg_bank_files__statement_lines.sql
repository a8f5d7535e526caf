-- One row per entry of a bank file; overlapping files repeat entries, which is settled downstream.
-- Dropped: entries for information only; entries of notifications and intraday reports, which a
-- statement repeats; and what the bank itself took back by a correction (OFX CORRECTFITID). An id that
-- a bank gives to several entries of one statement names none of them.
with

source as (

    select
        *,
        bool_or(corrects_native_id is not null) over (
            partition by
                _connection_id,
                account_number_hash,
                coalesce(corrects_native_id, native_id, concat_ws('/', file_sha256, statement_number, line_number))
        ) as is_corrected,
        count(*) over (
            partition by _connection_id, file_sha256, statement_number, native_id
        ) as entries_of_that_id
    from {{ source('bank_files', 'statement_lines') }}
    where
        is_evidence
        and status in ('booked', 'pending')

),

final as (

    select
        -- keys
        {{ row_key(["'bank_files'", '_connection_id', "'line'", 'file_sha256', 'statement_number', 'line_number']) }} as line_key,
        'bank_files' as platform,
        _connection_id as connection_id,
        account_number_hash as source_account,
        case when entries_of_that_id = 1 then {{ clean_text('native_id') }} end as line_id,
        {{ row_key(["'bank_files'", '_connection_id', "'statement'", 'file_sha256', 'statement_number']) }} as statement_key,

        -- attributes
        case file_format when 'camt053' then 'camt' else file_format end as file_format,
        status,
        {{ clean_text('type_code') }} as line_type,
        {{ clean_text('counterparty_name') }} as counterparty_name,
        {{ clean_text('description') }} as description,
        nullif(concat_ws(' ', reference, case when end_to_end_reference is distinct from reference then end_to_end_reference end), '') as reference,
        -- some banks write 0 for no cheque
        case when ltrim(check_number, '0') <> '' then {{ clean_text('check_number') }} end as check_number,
        is_reversal,
        currency_code,
        upper({{ clean_text('original_currency_code') }}) as original_currency_code,
        try_cast(exchange_rate as decimal(18, 10)) as exchange_rate,

        -- amounts: signed, money in is positive; a charge is what the bank kept
        {{ money('amount') }} as amount,
        {{ money('original_amount') }} as original_amount,
        {{ money('charge_amount') }} as charge_amount,

        -- dates and times
        booking_date,
        value_date,
        cast(line_order as integer) as line_order,

        -- lineage
        _dlt_load_id as load_id

    from source
    where
        (corrects_native_id is null and not is_corrected)
        or (corrects_native_id is not null and coalesce(correction_action, 'REPLACE') <> 'DELETE')

)

select * from final
