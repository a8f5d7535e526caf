"""Bank statements and exchange folders: one reader a format, and what loads what they read.

A reader is a generator over one file. It yields records (see `records`), keeps nothing of what it
has yielded, takes dates as they are written, and refuses a file it cannot read exactly.

    detect.py           which reader, by the first bytes and never by the file's name
    ofx.py              OFX 1.x and 2.x, QFX
    camt.py             CAMT.053 statements; .052 and .054 for what they are
    csv_statements.py   banks' CSV downloads, by the layouts in csv_profiles.toml
    exchange.py         the exchange format: invoices, payments and bank lines of any system
    loading.py          a connection's folder into `raw_files` or `raw_exchange`

Options of a connection, in connections.toml:

    [connections.bank_main]
    platform = "bank_files"
    options.folder = "/srv/statements"      # every file below it is read
    options.intraday_is_evidence = false    # true: CAMT.052 entries count as the bank's word
    options.flip_reversals = false          # true: this bank signs CAMT reversals the wrong way

    [[connections.bank_main.options.csv]]   # for CSV downloads, which seldom name their account
    files = "operating/*.csv"               # relative to the folder; the first entry that fits
    profile = "chase_checking"              # may be left out where the header proves the layout
    account_number = "55501234"             # or: account_number_hash and account_last4
    currency_code = "USD"

    [connections.bank_main.options.csv_profiles.county_bank]    # keys as in csv_profiles.toml
    columns = {booking_date = "Day", amount = "Sum", description = "Text"}
    date_format = "%d.%m.%Y"

    [connections.books]
    platform = "exchange"
    options.folder = "/srv/exchange"        # invoices.csv, payments.csv, bank_lines.csv, ...
"""
