{#- Generated from seeds/currencies.csv by `python -m pipelines.declared`; a test holds the two
    equal. What one minor unit is in major units; an unknown currency gives null, so its amount is
    missed by a test rather than guessed. -#}
{% macro currency_factor(currency, two_decimals=[]) -%}
    case
        {%- if two_decimals %}
        when upper({{ currency }}) in ('{{ two_decimals | join("', '") }}') then cast(0.01 as decimal(5, 4))
        {%- endif %}
        when upper({{ currency }}) in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX',
            'VND', 'VUV', 'XAF', 'XOF', 'XPF'
        ) then cast(1 as decimal(5, 4))
        when upper({{ currency }}) in (
            'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD',
            'BDT', 'BGN', 'BMD', 'BND', 'BOB', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD',
            'CDF', 'CHF', 'CNY', 'COP', 'CRC', 'CUP', 'CVE', 'CZK', 'DKK', 'DOP', 'DZD', 'EGP',
            'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GTQ', 'GYD',
            'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IRR', 'JMD', 'KES', 'KGS', 'KHR',
            'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'MAD', 'MDL', 'MKD', 'MMK', 'MNT',
            'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK',
            'NPR', 'NZD', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'QAR', 'RON', 'RSD', 'RUB',
            'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN',
            'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH',
            'USD', 'UYU', 'UZS', 'VES', 'WST', 'YER', 'ZAR', 'ZMW'
        ) then cast(0.01 as decimal(5, 4))
        when upper({{ currency }}) in (
            'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'
        ) then cast(0.001 as decimal(5, 4))
        when upper({{ currency }}) in (
            'CLF'
        ) then cast(0.0001 as decimal(5, 4))
    end
{%- endmacro %}
