"""Payments in another currency than the account: linked at the bank's own rate, or told why not."""

import contextlib
import datetime
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines import settings
from pipelines.build import build
from pipelines.files.loading import account_number_hash, load_files
from pipelines.operations.raw import Run
from pipelines.settings import Home

STATEMENT = Path(__file__).parent / "fixtures" / "files" / "statement.camt053.xml"
ACCOUNT = "GB00HILL00000000001234"
TOLD = '<c:AmtDtls><c:InstdAmt><c:Amt Ccy="USD">330.10</c:Amt></c:InstdAmt></c:AmtDtls>'
RATED = (
    '<c:AmtDtls><c:InstdAmt><c:Amt Ccy="USD">330.10</c:Amt><c:CcyXchg><c:SrcCcy>USD</c:SrcCcy>'
    "<c:TrgtCcy>EUR</c:TrgtCcy><c:XchgRate>0.9118</c:XchgRate></c:CcyXchg></c:InstdAmt></c:AmtDtls>"
    '<c:Chrgs><c:TtlChrgsAndTaxAmt Ccy="EUR">0.99</c:TtlChrgsAndTaxAmt></c:Chrgs>'
)
FILES = {
    "invoices": """
invoice_id,entity,direction,number,party_id,party_name,issue_date,currency,total
I1,maple,receivable,MH-1001,P1,Ann Alder,2026-10-01,USD,3000.00
I2,maple,receivable,MH-1002,P2,Bob Birch,2026-10-01,USD,500.00
I3,maple,receivable,MH-1003,P3,Cid Clove,2026-10-01,USD,71.35
I4,maple,receivable,MH-1004,P4,Dot Dill,2026-10-01,USD,900.00
""",
    "payments": """
payment_id,entity,direction,party_id,party_name,date,currency,amount,method,reference
Y1,maple,in,P1,Ann Alder,2026-10-12,USD,3000.00,wire,MH-1001
Y2,maple,in,P2,Bob Birch,2026-10-12,USD,500.00,wire,MH-1002
Y3,maple,in,P3,Cid Clove,2026-10-12,ZZZ,71.35,wire,MH-1003
Y5,hill,in,P5,Ada Payer,2026-11-01,USD,330.10,wire,
Y6,maple,out,P6,Fay Fern,2026-10-12,USD,200.00,wire,
""",
    "bank_lines": """
line_id,entity,account,date,currency,amount,description
L1,maple,euros,2026-10-13,EUR,2757.30,"WIRE IN ANN ALDER USD 3,000.00 RATE 0.9231 FEE 12.00"
L2,maple,euros,2026-10-13,EUR,3000.00,WIRE IN ANN ALDER
L3,maple,euros,2026-10-13,EUR,461.55,WIRE IN BOB BIRCH USD 500.00
L4,maple,euros,2026-10-13,EUR,71.35,WIRE IN CID CLOVE
L5,maple,euros,2026-10-13,EUR,830.79,WIRE IN DOT DILL MH-1004
L6,maple,euros,2026-10-13,EUR,-196.62,WIRE OUT FAY FERN ORIG 200 USD @ 0.9231 CHARGES 12.00
""",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home over an exchange folder and a bank file in euros, built with its gate tests."""
    path = tmp_path_factory.mktemp("currencies")
    folder = path / "exchange"
    (path / "bank").mkdir()
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text.lstrip())
    statement = STATEMENT.read_text()
    assert TOLD in statement
    (path / "bank" / "statement.xml").write_text(statement.replace(TOLD, RATED))
    home = Home.open(path / "home", "demo")
    accounts = {"account_id": "euros", "entity": "hill", "currency_code": "EUR", "account_name": ""}
    settings.save_connections(
        home,
        {
            "connections": {
                "exchange": {"platform": "exchange", "options": {"folder": str(folder)}},
                "bank": {"platform": "bank_files", "options": {"folder": str(path / "bank")}},
            },
            "entity_map": [{"connection_id": "exchange", "company_code": "*", "entity": "*"}],
            "bank_account_map": [
                dict.fromkeys(settings.BANK_ACCOUNT_MAP, "*") | {"connection_id": "exchange"},
                {
                    "connection_id": "bank",
                    "source_account": account_number_hash(home, ACCOUNT),
                    **accounts,
                },
            ],
        },
    )
    assert not load_files(home).errors
    build(
        home,
        Run(run_id="one", trigger="person", as_of_date=datetime.date(2026, 11, 20)),
        tests="gate",
    )
    return home


def rows(home, sql):
    with contextlib.closing(duckdb.connect(str(home.marts), read_only=True)) as connection:
        return connection.execute(sql).fetchall()


def test_a_payment_meets_the_line_that_says_its_currency_and_a_rate_and_no_equal_figure(home):
    assert rows(
        home,
        "select left_source_id, right_source_id, amount, currency_code, rule"
        " from marts.match_allocations where leg = 'clearing' and status = 'auto' order by 1",
    ) == [
        ("Y1", "L1", Decimal("3000.00"), "USD", "converted_amount"),
        ("Y5", "B-1", Decimal("330.10"), "USD", "converted_amount"),
        ("Y6", "L6", Decimal("-200.00"), "USD", "converted_amount"),
    ]


def test_exchange_and_charge_stand_apart_and_sum_to_the_line(home):
    told = rows(
        home,
        "select lines.source_id, adjustment_type, adjustments.amount, adjustments.currency_code"
        " from marts.adjustments join marts.bank_lines as lines on item_key = bank_line_key"
        " order by 1, 2 desc",
    )
    assert told == [
        ("B-1", "fx", Decimal("300.99"), "EUR"),
        ("B-1", "fee", Decimal("-0.99"), "EUR"),
        ("L1", "fx", Decimal("2769.30"), "EUR"),
        ("L1", "fee", Decimal("-12.00"), "EUR"),
        ("L6", "fx", Decimal("-184.62"), "EUR"),
        ("L6", "fee", Decimal("-12.00"), "EUR"),
    ]
    assert rows(
        home,
        "select source_id, bucket, explained_amount, unexplained_amount, exchange_rate"
        " from marts.bank_lines where bucket = 'cleared' order by 1",
    ) == [
        ("B-1", "cleared", Decimal("300.00"), 0, Decimal("0.9118")),
        ("L1", "cleared", Decimal("2757.30"), 0, Decimal("0.9231")),
        ("L6", "cleared", Decimal("-196.62"), 0, Decimal("0.9231")),
    ]


def test_a_person_reads_what_the_bank_s_file_says_of_the_conversion(home):
    assert rows(
        home,
        "select distinct right_label from reports.rpt_match where right_source_id = 'B-1'",
    ) == [
        (
            "Bank euros · INV-7 and INV-8 SEPA CREDIT · RF18-7 E2E-7"
            " · EUR 300.00 from USD 330.10 at 0.9118 less 0.99",
        )
    ]


def test_only_the_charge_is_an_entry_to_make(home):
    assert rows(
        home,
        "select adjustment_type, amount, currency_code, journal_side"
        " from marts.proposed_journals order by amount",
    ) == [
        ("fee", Decimal("0.99"), "EUR", "expense"),
        ("fee", Decimal("12.00"), "EUR", "expense"),
        ("fee", Decimal("12.00"), "EUR", "expense"),
    ]


def test_what_lacks_a_rate_or_a_common_currency_says_so(home):
    said = {
        (source_id, leg): reason
        for source_id, leg, reason in rows(
            home, "select source_id, leg, reason from marts.unmatched_items"
        )
    }
    assert said["Y2", "clearing"] == said["L3", "clearing"] == "exchange_rate_missing"
    assert said["Y3", "clearing"] == said["L4", "clearing"] == "exchange_rate_missing"
    assert said["Y3", "settlement"] == said["I3", "settlement"] == "currency_differs"
    assert said["I4", "settlement"] == said["L5", "clearing"] == "currency_differs"


SPANS = "assert_no_match_spans_entities_or_currencies"
LINE_TWICE = "assert_no_cent_of_a_bank_line_is_used_twice"
OWN_RATE = "assert_an_exchange_is_the_bank_s_own"
OF_THE_LINK = (
    " and match_key in"
    " (select match_key from {allocations} where left_source_id = 'Y1' and leg = 'clearing')"
)
EXCHANGE = "{adjustments} where adjustment_type = 'fx'" + OF_THE_LINK
CHARGE = "{adjustments} where adjustment_type = 'fee'" + OF_THE_LINK
TO_AN_EQUAL_FIGURE = (
    "update {allocations} set STATUS right_key ="
    " (select bank_line_key from {lines} where source_id = 'L2')"
    " where left_source_id = 'Y1' and leg = 'clearing'"
)


def exchange(change):
    return EXCHANGE.replace("where", f"set {change} where", 1)


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        pytest.param("select 1", (), id="nothing"),
        pytest.param(f"delete from {EXCHANGE}", (SPANS, LINE_TWICE), id="no exchange"),
        pytest.param(f"delete from {CHARGE}", (LINE_TWICE,), id="no charge"),
        pytest.param(
            "update " + exchange("currency_code = 'USD'"), (SPANS,), id="not the line's currency"
        ),
        pytest.param(
            "update " + exchange("amount = 2900"), (LINE_TWICE, OWN_RATE), id="nobody's rate"
        ),
        pytest.param(
            TO_AN_EQUAL_FIGURE.replace("STATUS", ""), (SPANS,), id="3,000 dollars as 3,000 euros"
        ),
        pytest.param(
            TO_AN_EQUAL_FIGURE.replace("STATUS", "status = 'suggested',"),
            (SPANS,),
            id="3,000 dollars proposed as 3,000 euros",
        ),
        pytest.param(
            "update {allocations} set currency_code = 'EUR'"
            " where leg = 'settlement' and left_source_id = 'I1'",
            (SPANS,),
            id="an invoice in dollars settled in euros",
        ),
    ],
)
def test_a_gate_fails_where_money_changes_its_currency_by_itself(home, tmp_path, change, failing):
    for file in (home.warehouse, home.marts):
        shutil.copyfile(file, tmp_path / file.name)
    compiled = home.dbt / "target/compiled/counterfoil/tests/data/marts"
    tables = {
        "allocations": "published.marts.match_allocations",
        "adjustments": "published.marts.adjustments",
        "lines": "published.marts.bank_lines",
    }
    with duckdb.connect(str(tmp_path / home.warehouse.name)) as connection:
        connection.execute(f"attach '{tmp_path / home.marts.name}' as published")
        connection.execute(change.format(**tables))
        failed = [
            test
            for test in (SPANS, LINE_TWICE, OWN_RATE)
            if connection.execute((compiled / f"{test}.sql").read_text()).fetchall()
        ]
    assert failed == list(failing)
