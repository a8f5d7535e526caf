-- One row per transaction inside an entry of a CAMT file: the cheques of a deposit, the payments of
-- a batch. It moves no money of its own. A notification (.054) says them for an entry of which the
-- statement has the sum only: native_id is the entry's own id in both.
with

source as (

    select * from {{ source('bank_files', 'statement_line_details') }}

),

final as (

    select
        -- keys
        {{ row_key(["'bank_files'", '_connection_id', "'detail'", 'file_sha256', 'statement_number', 'line_number', 'detail_number']) }} as detail_key,
        {{ row_key(["'bank_files'", '_connection_id', "'line'", 'file_sha256', 'statement_number', 'line_number']) }} as line_key,
        'bank_files' as platform,
        _connection_id as connection_id,
        {{ clean_text('native_id') }} as native_id,
        cast(detail_number as integer) as detail_number,

        -- attributes
        {{ clean_text('counterparty_name') }} as counterparty_name,
        {{ clean_text('description') }} as description,
        {{ clean_text('reference') }} as reference,
        {{ clean_text('end_to_end_reference') }} as end_to_end_reference,
        {{ clean_text('return_reason') }} as return_reason,
        currency_code,

        -- amounts: signed like the entry, null where the file repeats none
        {{ money('amount') }} as amount,

        -- lineage
        _dlt_load_id as load_id

    from source

)

select * from final
