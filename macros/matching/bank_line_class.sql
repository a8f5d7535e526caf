{#- Generated from seeds/bank_line_classes.csv by `python -m pipelines.declared`; a test holds the
    two equal. The class of a bank line by its folded text: that of the first rule which fits, else
    null. Most texts fit none, and one look for all patterns tells so. -#}
{% macro bank_line_class(text, is_in) -%}
    case
        when not regexp_matches(
            {{ text }},
            '(?:\b(RETURN|RETURNED|RTN|RTD|RETN|NSF|REVERSAL|REVERSED|CHARGEBACK|REJECT|R0[1-9]|RETD)\b.*\b(FEE|CHARGE|CHRG)\b)|(?:\b(NSF|OVERDRAFT|RETURNED ITEM|RETURNED CHECK) (FEE|CHARGE|CHRG)\b)|(?:\b(RETURN|RETURNED|RTN|RTD|RETN|NSF|REVERSAL|REVERSED|CHARGE ?BACK|REJECT|RETD|R0[1-9]|RET (ITEM|DEP|CK|CHK|CHQ|CHECK)|UNPAID (ITEM|CK|CHK|CHQ|CHECK|CHEQUE)|DISHONOU?RED)\b)|(?:\b(TRANSFER|XFER|TFR|SWEEP)\b.*\b(OPERATING|PAYROLL|SAVINGS|CHECKING|RESERVE|INTERNAL|MONEY MARKET|OWN ACCOUNT|ACCT [0-9X]+|ACCOUNT [0-9X]+|XX[X]+[0-9]*)\b)|(?:\b(SERVICE CHARGE|MAINTENANCE FEE|ANALYSIS FEE|ACCOUNT FEE|MONTHLY FEE|BANK FEE|WIRE FEE|SERVICE FEE)\b)|(?:\bINTEREST (PAID|PAYMENT|EARNED|CREDIT)\b|^INTEREST$)|(?:\b(PAYROLL|NET PAY|PR TAX|EFTPS|IRS USATAXPYMT|WAGES|GUSTO|PAYCHEX|ADP WAGE|ADP TAX|PATRIOT SOFTWARE)\b)|(?:\b(STRIPE|PAYPAL|SQUARE INC|SQ SETTLEMENT|ADYEN|WORLDPAY|PAYSAFE|ELAVON|HEARTLAND|PAYMENTECH|BRAINTREE|SUMUP|GOCARDLESS|PYMT SOLN|CARDCONNECT|AUTHNET|BANKCARD|MTOT DEP|MERCHANT (BNKCD|BANKCD|SVCS?|SERVICES))\b)|(?:\b(E?DEPOSIT|LOCKBOX|LBX|RDC|COUNTER CREDIT|CHECK DEP|BRANCH DEP|MOBILE DEP|COUNTER DEP|REMOTE DEP)\b)'
        ) then null
        when not {{ is_in }} and regexp_matches(
            {{ text }},
            '\b(RETURN|RETURNED|RTN|RTD|RETN|NSF|REVERSAL|REVERSED|CHARGEBACK|REJECT|R0[1-9]|RETD)\b.*\b(FEE|CHARGE|CHRG)\b'
        ) then 'bank_fee'
        when not {{ is_in }} and regexp_matches(
            {{ text }},
            '\b(NSF|OVERDRAFT|RETURNED ITEM|RETURNED CHECK) (FEE|CHARGE|CHRG)\b'
        ) then 'bank_fee'
        when regexp_matches(
            {{ text }},
            '\b(RETURN|RETURNED|RTN|RTD|RETN|NSF|REVERSAL|REVERSED|CHARGE ?BACK|REJECT|RETD|R0[1-9]|RET (ITEM|DEP|CK|CHK|CHQ|CHECK)|UNPAID (ITEM|CK|CHK|CHQ|CHECK|CHEQUE)|DISHONOU?RED)\b'
        ) then 'return'
        when regexp_matches(
            {{ text }},
            '\b(TRANSFER|XFER|TFR|SWEEP)\b.*\b(OPERATING|PAYROLL|SAVINGS|CHECKING|RESERVE|INTERNAL|MONEY MARKET|OWN ACCOUNT|ACCT [0-9X]+|ACCOUNT [0-9X]+|XX[X]+[0-9]*)\b'
        ) then 'transfer'
        when not {{ is_in }} and regexp_matches(
            {{ text }},
            '\b(SERVICE CHARGE|MAINTENANCE FEE|ANALYSIS FEE|ACCOUNT FEE|MONTHLY FEE|BANK FEE|WIRE FEE|SERVICE FEE)\b'
        ) then 'bank_fee'
        when {{ is_in }} and regexp_matches(
            {{ text }},
            '\bINTEREST (PAID|PAYMENT|EARNED|CREDIT)\b|^INTEREST$'
        ) then 'interest'
        when not {{ is_in }} and regexp_matches(
            {{ text }},
            '\b(PAYROLL|NET PAY|PR TAX|EFTPS|IRS USATAXPYMT|WAGES|GUSTO|PAYCHEX|ADP WAGE|ADP TAX|PATRIOT SOFTWARE)\b'
        ) then 'payroll'
        when regexp_matches(
            {{ text }},
            '\b(STRIPE|PAYPAL|SQUARE INC|SQ SETTLEMENT|ADYEN|WORLDPAY|PAYSAFE|ELAVON|HEARTLAND|PAYMENTECH|BRAINTREE|SUMUP|GOCARDLESS|PYMT SOLN|CARDCONNECT|AUTHNET|BANKCARD|MTOT DEP|MERCHANT (BNKCD|BANKCD|SVCS?|SERVICES))\b'
        ) then 'gateway'
        when {{ is_in }} and regexp_matches(
            {{ text }},
            '\b(E?DEPOSIT|LOCKBOX|LBX|RDC|COUNTER CREDIT|CHECK DEP|BRANCH DEP|MOBILE DEP|COUNTER DEP|REMOTE DEP)\b'
        ) then 'deposit'
    end
{%- endmacro %}
