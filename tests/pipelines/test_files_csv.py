"""Banks' CSV files: layouts by name, by header, by proof; and what is refused."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.errors import ConfigurationError, FileRefused
from pipelines.files import csv_statements
from pipelines.files.csv_statements import bank_amount, known_profiles, profiles_from
from pipelines.files.records import BadValue, Line, Statement

JAN_5, JAN_9 = date(2026, 1, 5), date(2026, 1, 9)

# a profile's file, newest first where the bank writes it so: (date, amount, description) expected
BANKS = {
    "chase_checking": (
        "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\n"
        "DEBIT,01/09/2026,UTILITY,-20.00,ACH_DEBIT,  ,,\n"
        "CREDIT,01/05/2026,AGENCY,100.00,ACH_CREDIT,180.00,,\n",
        [(JAN_9, "-20.00", "UTILITY"), (JAN_5, "100.00", "AGENCY")],
    ),
    "chase_card": (
        "Card,Transaction Date,Post Date,Description,Category,Type,Amount,Memo\n"
        "1234,01/08/2026,01/09/2026,FUEL,Gas,Sale,-20.00,\n",
        [(JAN_9, "-20.00", "FUEL")],
    ),
    "bank_of_america_checking": (
        "Description,,Summary Amt.\n"
        'Beginning balance as of 01/01/2026,,"1,000.00"\n'
        'Total credits,,"1,100.00"\n'
        "Total debits,,-20.00\n"
        'Ending balance as of 01/31/2026,,"2,080.00"\n'
        "\n"
        "Date,Description,Amount,Running Bal.\n"
        '01/01/2026,Beginning balance as of 01/01/2026,,"1,000.00"\n'
        '01/05/2026,AGENCY,"1,100.00","2,100.00"\n'
        '01/09/2026,UTILITY,-20.00,"2,080.00"\n',
        [(JAN_5, "1100.00", "AGENCY"), (JAN_9, "-20.00", "UTILITY")],
    ),
    "bank_of_america_card": (
        "Posted Date,Reference Number,Payee,Address,Amount\n"
        '01/09/2026,24431,"FUEL CO","TOWN ME",-20.00\n',
        [(JAN_9, "-20.00", "FUEL CO TOWN ME")],
    ),
    "wells_fargo": (
        '"01/09/2026","-20.00","*","1042","CHECK"\n"01/05/2026","100.00","*","","AGENCY"\n',
        [(JAN_9, "-20.00", "CHECK"), (JAN_5, "100.00", "AGENCY")],
    ),
    "us_bank": (
        '"Date","Transaction","Name","Memo","Amount"\n'
        '"01/05/2026","CREDIT","AGENCY","NOV RENT","100.00"\n',
        [(JAN_5, "100.00", "AGENCY NOV RENT")],
    ),
    "capital_one_card": (
        "Transaction Date,Posted Date,Card No.,Description,Category,Debit,Credit\n"
        "2026-01-08,2026-01-09,1234,FUEL,Gas,20.00,\n"
        "2026-01-04,2026-01-05,1234,PAYMENT,Payment,,100.00\n",
        [(JAN_9, "-20.00", "FUEL"), (JAN_5, "100.00", "PAYMENT")],
    ),
    "capital_one_360": (
        "Account Number,Transaction Description,Transaction Date,Transaction Type,"
        "Transaction Amount,Balance\n"
        "55501234,UTILITY,01/09/26,Debit,20.00,80.00\n"
        "55501234,AGENCY,01/05/26,Credit,100.00,100.00\n",
        [(JAN_9, "-20.00", "UTILITY"), (JAN_5, "100.00", "AGENCY")],
    ),
    "citi": (
        "Status,Date,Description,Debit,Credit\n"
        'Cleared,01/09/2026,"FUEL",20.00,\n'
        'Pending,01/05/2026,"PAYMENT",,-100.00\n',
        [(JAN_9, "-20.00", "FUEL"), (JAN_5, "100.00", "PAYMENT")],
    ),
    "amex": (
        "Date,Description,Amount,Category\n"
        "01/09/2026,FUEL,20.00,Gas\n"
        "01/05/2026,PAYMENT,-100.00,\n",
        [(JAN_9, "-20.00", "FUEL"), (JAN_5, "100.00", "PAYMENT")],
    ),
    "mercury": (
        "Date,Description,Amount,Status,Bank\n"
        "01-09-2026,UTILITY,-20.00,Sent,x\n"
        "01-08-2026,LOST,-1.00,Failed,x\n",
        [(JAN_9, "-20.00", "UTILITY")],
    ),
    "relay": (
        "Date,Description,Amount,Balance\n2026-01-05,AGENCY,100.00,100.00\n",
        [(JAN_5, "100.00", "AGENCY")],
    ),
    "schwab_checking": (
        "Date,Status,Type,CheckNumber,Description,Withdrawal,Deposit,RunningBalance\n"
        '01/09/2026,Posted,CHECK,1042,CHECK,"$20.00",,"$80.00"\n'
        '01/05/2026,Posted,ACH,,AGENCY,,"$100.00","$100.00"\n'
        '01/05/2026,Pending,ACH,,LATER,,"$7.00",""\n',
        [(JAN_9, "-20.00", "CHECK"), (JAN_5, "100.00", "AGENCY")],
    ),
    "starling": (
        "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP)\n"
        "05/01/2026,Agency,RENT,FASTER PAYMENT,100.00,100.00\n",
        [(JAN_5, "100.00", "Agency RENT")],
    ),
    "barclays": (
        "Number,Date,Account,Amount,Subcategory,Memo\n ,09/01/2026,20-00-00 1,-20.00,DD,UTILITY\n",
        [(JAN_9, "-20.00", "UTILITY")],
    ),
    "hsbc_uk": ("09/01/2026,UTILITY,-20.00\n", [(JAN_9, "-20.00", "UTILITY")]),
    "natwest": (
        "Date, Type, Description, Value, Balance, Account Name\n"
        "09/01/2026,D/D,UTILITY,-20.00,80,x\n",
        [(JAN_9, "-20.00", "UTILITY")],
    ),
}


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "bank.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def read(written):
    def reader(text, encoding="utf-8", **options):
        options = {"account_number": "55501234", "currency_code": "USD"} | options
        records = list(csv_statements.read(written(text, encoding), **options))
        return records[:-1], records[-1]

    return reader


@pytest.fixture
def refusal(read):
    def refuse(text, **options):
        with pytest.raises(FileRefused) as caught:
            read(text, **options)
        message = str(caught.value)
        assert message.startswith("bank.csv: ") and "\n" not in message
        return message

    return refuse


def facts(lines):
    return [(line.booking_date, str(line.amount), line.description) for line in lines]


@pytest.mark.parametrize("bank", BANKS)
def test_a_bank_is_read_by_its_name(read, bank):
    text, expected = BANKS[bank]
    lines, statement = read(text, profile=bank, currency_code=None)
    assert facts(lines) == expected
    assert statement.currency_code == known_profiles()[bank].currency_code


def test_every_bank_has_an_example():
    assert set(BANKS) == set(known_profiles())


@pytest.mark.parametrize(
    "bank",
    [name for name, one in known_profiles().items() if one.header and not one.named_only],
)
def test_a_header_of_its_own_names_the_bank(read, bank):
    text, expected = BANKS[bank]
    assert facts(read(text)[0]) == expected


def test_balances_and_order_come_from_the_rows(read):
    for profile in ("bank_of_america_checking", "schwab_checking"):
        lines, statement = read(BANKS[profile][0])
        ordered = sorted(lines, key=lambda line: line.line_order)
        assert [line.booking_date for line in ordered] == [JAN_5, JAN_9]
        assert (statement.period_start, statement.period_end) == (JAN_5, JAN_9)
        assert statement.opening_amount + Decimal(lines[0].amount + lines[1].amount) == (
            statement.closing_amount
        )


def test_a_pending_row_is_no_part_of_the_balance(read):
    lines, statement = read(BANKS["chase_checking"][0])
    assert [line.status for line in lines] == ["pending", "booked"]
    assert (statement.opening_amount, statement.closing_amount) == (Decimal(80), Decimal(180))
    assert (statement.line_count, statement.period_end) == (2, JAN_5)


def test_an_unknown_bank_is_read_when_its_balances_prove_the_signs(read):
    lines, statement = read(
        "Exported;;;\n\nPosting Date;Text;Amount;Balance;Currency;IBAN\n"
        "31.01.2026;UTILITY;-1.020,00;980,00;EUR;DE1\n31.01.2026;AGENCY;1.000,00;2.000,00;EUR;DE1\n",
        account_number=None,
        currency_code=None,
    )
    assert facts(lines) == [
        (date(2026, 1, 31), "-1020.00", "UTILITY"),
        (date(2026, 1, 31), "1000.00", "AGENCY"),
    ]
    assert [line.line_order for line in lines] == [-1, -2]
    assert (statement.account_number, statement.currency_code) == ("DE1", "EUR")
    assert (statement.opening_amount, statement.closing_amount) == (Decimal(1000), Decimal(980))


def test_debit_and_credit_columns_prove_their_signs_themselves(read):
    lines, _ = read(
        "Date,Details,Paid Out,Paid In\n2026-01-09,UTILITY,20.00,\n2026-01-05,AGENCY,,100\n"
    )
    assert facts(lines) == [(JAN_9, "-20.00", "UTILITY"), (JAN_5, "100", "AGENCY")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Date,Text,Amount\n2026-01-09,FUEL,20.00\n", "does not prove the sign of its amounts"),
        (
            "Date,Text,Amount,Balance\n2026-01-05,A,20,100\n2026-01-09,B,20,80\n",
            "does not prove the sign of its amounts",
        ),
        ("Date,Text,Debit,Credit\n01/02/2026,A,20,\n", "may be %d/%m/%Y or %m/%d/%Y"),
        ("Date,Text,Debit,Credit\nyesterday,A,20,\n", "may be none known here"),
        ('Date,Text,Debit,Credit\n2026-01-05,A,"1,234",\n', "whose decimal mark is not certain"),
        ("a,b\n1,2\n", "has no header of a known bank"),
        ("Date,Text,Debit,Credit\n", "has no dates in its first rows"),
    ],
)
def test_a_layout_that_the_file_does_not_prove_is_not_guessed(refusal, text, problem):
    message = refusal(text)
    assert problem in message and message.endswith("under `options.csv`")


def test_a_layout_of_ones_own(read):
    profiles = profiles_from(
        {
            "county": {
                "columns": {"booking_date": "Day", "amount": "Sum", "description": ["Text", "Who"]},
                "date_format": "%d.%m.%Y",
                "decimal_mark": ",",
                "delimiter": ";",
                "skip_rows": 1,
            }
        }
    )
    lines, _ = read(
        "County Bank\nDay;Sum;Text;Who\n09.01.2026;-1.020,50;RENT;Ada\n",
        profile="county",
        profiles=profiles,
    )
    assert facts(lines) == [(JAN_9, "-1020.50", "RENT Ada")]


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"columns": {}}, "needs date_format"),
        (
            {"columns": {}, "date_format": "%d", "colour": 1},
            "unknown key 'colour'; known: absolute",
        ),
        ({"columns": {"day": 1}, "date_format": "%d"}, "unknown field 'day'; known: booking_date"),
        ({"columns": {"booking_date": 1}, "date_format": "%d"}, "names no column for amount"),
        ({"columns": {}, "date_format": "%d", "sign": "odd"}, "sign is 'odd'; known: signed"),
    ],
)
def test_a_profile_that_means_nothing_is_refused(declared, problem):
    with pytest.raises(ConfigurationError, match="CSV profile 'mine': ") as caught:
        profiles_from({"mine": declared})
    assert problem in str(caught.value)


def test_an_unknown_profile_lists_the_known_ones(read):
    with pytest.raises(ConfigurationError, match="no CSV profile 'chaise'; known: amex, bank_of"):
        read("x\n", profile="chaise")


def test_latin_1_and_byte_order_marks_are_read(read):
    text = BANKS["us_bank"][0].replace("AGENCY", "Zoë")
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        assert read(text, encoding)[0][0].counterparty_name == "Zoë"


CHASE = BANKS["chase_checking"][0]


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("100.00,ACH", "1e999,ACH", "line 3: amount '1e999' is not an amount"),
        ("100.00,ACH", '"100,00",ACH', "line 3: amount '100,00' is not an amount"),
        ("100.00,ACH", "€100.00,ACH", "line 3: amount '€100.00' is not in USD"),
        ("100.00,ACH", ",ACH", "line 3: amount '' is not an amount"),
        ("01/05/2026", "02/31/2026", "line 3: date '02/31/2026' is no day of the calendar"),
        ("01/05/2026", "", "line 3: has no date"),
        ("AGENCY,", "AGENCY,,,x", "line 3: has 10 values where the header names 7 columns"),
        (",100.00,ACH_CREDIT,180.00,,", ",1", "line 3: has 4 values where the header names 7"),
        ("AGENCY", '"AGENCY', "is not whole CSV: unexpected end of data"),
    ],
)
def test_a_row_that_does_not_fit_refuses_the_file(refusal, before, after, problem):
    assert problem in refusal(CHASE.replace(before, after, 1))


def test_a_file_that_names_no_account_is_refused(refusal):
    assert "line 2: names no account" in refusal(CHASE, account_number=None)


def test_a_download_without_entries_is_a_statement_of_none(read):
    lines, statement = read(CHASE.partition("\n")[0] + "\n")
    assert (lines, statement.line_count, statement.closing_amount) == ([], 0, None)


def test_equal_rows_are_all_kept(read):
    row = CHASE.splitlines(keepends=True)[2]
    assert len(read(CHASE + row + row)[0]) == 4


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.56", "1234.56"),
        ("-$1,234.56", "-1234.56"),
        ("(12.00)", "-12.00"),
        ("($12.00)", "-12.00"),
        ("12.00-", "-12.00"),
        ("12.00 DR", "-12.00"),
        ("12.00CR", "12.00"),
        ("\u221212.00", "-12.00"),
        ("USD 12", "12"),
        ("12 USD", "12"),
        ("+12.", "12"),
        (".5", "0.5"),
    ],
)
def test_an_amount_as_banks_print_it(text, amount):
    assert bank_amount(text, what="amount", currency="USD") == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "-", "(-12)", "-12-", "--12", "12 EUR", "1,2", "1_0", "0x10", "∞"]
)
def test_an_amount_that_may_mean_two_things_means_none(text):
    with pytest.raises(BadValue):
        bank_amount(text, what="amount", currency="USD")


def test_the_records_are_statements_and_lines(read):
    lines, statement = read(CHASE)
    assert all(isinstance(line, Line) for line in lines) and isinstance(statement, Statement)
