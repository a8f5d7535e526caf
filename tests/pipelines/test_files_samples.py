"""Files of other projects, read and compared with what independent readers found in them.

The samples lie beside the repository where they are at hand; without them there is nothing to do.
"""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.files import camt, csv_statements, ofx
from pipelines.files.records import Detail, Line, Statement

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
EXPECTED = SAMPLES / "expected_bank_files.json"
READERS = {"ofx": ofx, "camt": camt, "csv": csv_statements}

# What we say otherwise, and why: sample, what, ours.
DIFFERENCES: dict[tuple[str, str], str] = {}

# The CSV samples have no expected values; these are read off by eye.
CSV = {
    "csv/sample_statement.csv": (
        "DE123456789",
        "EUR",
        "2500.00",
        "3800.00",
        ["2500.00", "-1200.00"],
    ),
    "csv/sample_split_amounts.csv": (
        "DE4455667788",
        "EUR",
        "1000.00",
        "2050.25",
        ["1250.50", "-200.25"],
    ),
}

pytestmark = pytest.mark.skipif(not EXPECTED.exists(), reason="no samples at hand")


def expected_files():
    if not EXPECTED.exists():
        return {}
    files = json.loads(EXPECTED.read_text())["files"]
    return {name: one for name, one in files.items() if name.split("/")[0] in READERS}


def read(name):
    records = list(READERS[name.split("/")[0]].read(SAMPLES / name))
    for statement in (one for one in records if isinstance(one, Statement)):
        number = statement.statement_number
        lines = [one for one in records if isinstance(one, Line) and one.statement_number == number]
        details = [
            one for one in records if isinstance(one, Detail) and one.statement_number == number
        ]
        yield statement, lines, details


def number(text):
    return None if text is None else Decimal(text)


def squeezed(text):
    return " ".join(text.split()) if text else None


@pytest.mark.parametrize("name", expected_files())
def test_a_sample_reads_as_others_read_it(name):
    found = list(read(name))
    accounts = expected_files()[name]["accounts"]
    assert len(found) == len(accounts)
    for (statement, lines, details), account in zip(found, accounts, strict=True):
        amounts = [line.amount for line in lines]
        ours = {
            "account": statement.account_number,
            "currency": statement.currency_code,
            "opening": statement.opening_amount,
            "closing": statement.closing_amount,
            "count": len(lines),
            "sum_in": sum((one for one in amounts if one > 0), Decimal(0)),
            "sum_out": sum((one for one in amounts if one < 0), Decimal(0)),
        }
        theirs = {what: account[what] for what in ours}
        for what in ("opening", "closing", "sum_in", "sum_out"):
            theirs[what] = number(theirs[what])
        if "statement" in account:
            ours["statement"], theirs["statement"] = statement.statement_id, account["statement"]
        for line, other in zip(lines, account["transactions"], strict=True):
            where = line.line_number
            ours[f"{where} date"] = line.booking_date
            theirs[f"{where} date"] = date.fromisoformat(other["date"][:10])
            ours[f"{where} amount"], theirs[f"{where} amount"] = (
                line.amount,
                number(other["amount"]),
            )
            ours[f"{where} id"], theirs[f"{where} id"] = line.native_id, other["bank_id"]
            if "name" in other:
                texts = (line.counterparty_name, line.description, line.check_number)
                ours[f"{where} texts"] = (*texts, (line.type_code or "").lower())
                theirs[f"{where} texts"] = (
                    squeezed(other["name"]),
                    squeezed(other["text"]),
                    other["check"],
                    other["type"],
                )
            if "value_date" in other:
                ours[f"{where} value date"] = str(line.value_date)
                theirs[f"{where} value date"] = other["value_date"]
                ours[f"{where} reversal"] = line.is_reversal
                theirs[f"{where} reversal"] = other["reversal"]
            ours[f"{where} details"] = [
                (
                    None if one.amount is None else abs(one.amount),
                    one.currency_code,
                    one.counterparty_name,
                    one.end_to_end_reference,
                    one.description,
                    one.reference,
                )
                for one in details
                if one.line_number == where
            ]
            theirs[f"{where} details"] = [
                (
                    number(one["amount"]),
                    one["currency"],
                    one["counterparty"],
                    one["end_to_end"],
                    one["text"],
                    one["creditor_ref"],
                )
                for one in other.get("details", ())
            ]
        known = {what for sample, what in DIFFERENCES if sample == name}
        assert {what: ours[what] for what in ours if what not in known} == {
            what: theirs[what] for what in ours if what not in known
        }


@pytest.mark.parametrize("name", CSV)
def test_a_csv_sample_proves_its_own_layout(name):
    ((statement, lines, _),) = read(name)
    found = (statement.account_number, statement.currency_code)
    balances = (str(statement.opening_amount), str(statement.closing_amount))
    assert (*found, *balances, [str(line.amount) for line in lines]) == CSV[name]


def test_every_sample_is_compared():
    names = {f"{folder}/{path.name}" for folder in READERS for path in (SAMPLES / folder).iterdir()}
    assert names == set(expected_files()) | set(CSV)
