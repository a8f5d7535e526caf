-- One row per bank line that may be money nobody recorded: no recorded payment may be it, even a doubtful
-- one, and it is no return, no transfer and nothing of the bank's own.
with

engaged_lines as (

    select right_key as bank_line_key from {{ ref('int_clearing__assigned') }}
    where status = 'auto'
        or (status = 'suggested' and (lost_because <> 'no_evidence_of_who' or reference_level <> 'none'))
        -- What an own rule forbids to link is recorded all the same.
        or lost_because = 'rule_is_off'

    union all

    select left_key as bank_line_key from {{ ref('int_returns__assigned') }}
    where status = 'auto'

    union all

    select right_key as bank_line_key from {{ ref('int_returns__assigned') }}

    union all

    select left_key as bank_line_key from {{ ref('int_transfers__assigned') }}

    union all

    select right_key as bank_line_key from {{ ref('int_transfers__assigned') }}

),

engaged as (

    select distinct bank_line_key from engaged_lines

),

final as (

    select bank_lines.bank_line_key

    from {{ ref('int_bank_lines__evidenced') }} as bank_lines

    left join engaged
        on bank_lines.bank_line_key = engaged.bank_line_key

    where engaged.bank_line_key is null
        and bank_lines.line_class in ('other', 'deposit')

)

select * from final
