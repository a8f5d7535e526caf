"""OFX and QFX files: what is read, and what is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import FileRefused
from pipelines.files import ofx
from pipelines.files.records import Line, Statement

FIXTURES = Path(__file__).parent / "fixtures" / "files"
NOVEMBER = (FIXTURES / "november.ofx").read_text()


def lines(records):
    return [one for one in records if isinstance(one, Line)]


def statements(records):
    return [one for one in records if isinstance(one, Statement)]


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "bank.ofx"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def refusal(written):
    def refuse(text):
        with pytest.raises(FileRefused) as caught:
            list(ofx.read(written(text)))
        message = str(caught.value)
        assert message.startswith("bank.ofx: ") and "\n" not in message
        assert message.endswith("download it again or ask the bank for a correct one")
        return message

    return refuse


def test_an_sgml_file_is_read_whole():
    records = list(ofx.read(FIXTURES / "november.ofx"))
    assert statements(records) == [
        Statement(
            statement_number=1,
            file_format="ofx",
            account_number="7700 1234",
            currency_code="USD",
            statement_id="20261101-20261130",
            bank_code="011000015",
            account_type="CHECKING",
            closing_amount=Decimal("2106.00"),
            closing_date=date(2026, 11, 30),
            period_start=date(2026, 11, 1),
            period_end=date(2026, 11, 30),
            line_count=4,
        )
    ]
    first = lines(records)[0]
    assert first == Line(
        statement_number=1,
        line_number=1,
        line_order=1,
        file_format="ofx",
        account_number="7700 1234",
        booking_date=date(2026, 11, 3),
        amount=Decimal("1240.50"),
        value_date=date(2026, 11, 4),
        currency_code="USD",
        native_id="A1",
        type_code="CREDIT",
        counterparty_name="COUNTY AGENCY",
        description="ROOM AND BOARD & CARE NOV",
    )


def test_a_day_is_the_one_written_whatever_zone_follows():
    found = lines(ofx.read(FIXTURES / "november.ofx"))
    assert (found[0].booking_date, found[3].booking_date) == (
        date(2026, 11, 3),
        date(2026, 11, 30),
    )


def test_a_repeated_fitid_keeps_both_lines():
    found = lines(ofx.read(FIXTURES / "november.ofx"))
    assert [(one.native_id, one.check_number) for one in found[1:3]] == [
        ("A2", "1042"),
        ("A2", None),
    ]


def test_unescaped_signs_in_a_name_are_text():
    assert lines(ofx.read(FIXTURES / "november.ofx"))[2].description == "AT&T WIRELESS <5% off"


def test_a_payee_an_empty_memo_and_other_aggregates_do_not_disturb_a_line():
    line = lines(ofx.read(FIXTURES / "november.ofx"))[3]
    assert (line.counterparty_name, line.description) == ("Smith Plumbing", "Smith Plumbing")
    assert (line.reference, line.original_currency_code) == ("R-9", "CAD")
    assert (line.exchange_rate, line.original_amount) == ("1.1", None)
    assert (line.corrects_native_id, line.correction_action) == ("A0", "REPLACE")
    assert line.account_number == "7700 1234"


def test_an_xml_file_with_a_card_and_an_account_is_read_whole():
    records = list(ofx.read(FIXTURES / "card.qfx"))
    card, savings = statements(records)
    assert (card.account_number, card.account_type) == ("4111222233334444", "CREDITCARD")
    assert (card.line_count, savings.line_count) == (2, 0)
    assert (savings.statement_number, savings.closing_amount) == (2, Decimal("-0.01"))
    assert (savings.period_start, savings.period_end) == (None, date(2026, 10, 31))
    purchase, hold = lines(records)
    assert purchase.counterparty_name == "Café <Olé> & Söhne"
    assert (purchase.amount, hold.amount) == (Decimal("-12.5"), Decimal("1240.75"))
    assert (purchase.status, hold.status, hold.description) == ("booked", "pending", "Pump 7")


def test_a_file_that_lies_about_its_encoding_is_read_as_what_it_is(written):
    text = NOVEMBER.replace("COUNTY AGENCY", "Zoë Agency")
    for encoding in ("utf-8", "cp1252", "utf-8-sig"):
        assert lines(ofx.read(written(text, encoding)))[0].counterparty_name == "Zoë Agency"
    declared = text.replace("1252", "1251").replace("Zoë", "Зоя")
    assert lines(ofx.read(written(declared, "cp1251")))[0].counterparty_name == "Зоя Agency"


def test_attributes_and_lower_case_do_not_disturb(written):
    text = NOVEMBER.replace("<OFX>", '<OFX xmlns="urn:x" a="b">').replace("STMTTRN>", "stmttrn>")
    assert lines(ofx.read(written(text))) == lines(ofx.read(FIXTURES / "november.ofx"))


def test_pieces_may_end_anywhere(monkeypatch):
    whole = {name: list(ofx.read(FIXTURES / name)) for name in ("november.ofx", "card.qfx")}
    for size in (1, 7, 64):
        monkeypatch.setattr(ofx, "PIECE", size)
        assert {name: list(ofx.read(FIXTURES / name)) for name in whole} == whole


def test_a_file_cut_off_anywhere_is_refused(written):
    ends = range(20, len(NOVEMBER.rstrip()) - 1, 37)
    for end in ends:
        with pytest.raises(FileRefused):
            list(ofx.read(written(NOVEMBER[:end])))


def test_a_cut_off_file_says_where_it_ends(refusal):
    assert "line 20: ends inside <STMTTRN>: the file is cut off" in refusal(
        NOVEMBER[: NOVEMBER.index("<NAME>CHECK")]
    )


def test_a_missing_piece_in_the_middle_is_refused(refusal):
    cut = NOVEMBER.replace("</BANKTRANLIST>", "")
    assert "</STMTRS> closes inside <BANKTRANLIST>: part of the file is missing" in refusal(cut)
    assert "<STMTTRN> opens inside the <STMTTRN> before it" in refusal(
        NOVEMBER.replace("</STMTTRN>", "", 1)
    )


def test_a_file_without_a_statement_says_what_the_bank_said(refusal):
    text = "<OFX><SONRS><STATUS><CODE>15500<MESSAGE>Signon invalid</STATUS></SONRS></OFX>"
    assert "holds no bank or card statement (status 15500 Signon invalid)" in refusal(text)


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("1e999", "is not an amount"),
        ("NaN", "is not an amount"),
        ("$12.00", "is not an amount"),
        ("12.00.1", "is not an amount"),
        ("1,240", "may mean thousands or thousandths"),
        ("1,24,00.10", "is not an amount"),
        ("100000000000000", "more than 14 digits"),
        ("0.0000000001", "more than 14 digits or 9 decimals"),
        ("٣", "is not an amount"),
    ],
)
def test_an_amount_that_cannot_be_read_exactly_is_refused(refusal, amount, problem):
    message = refusal(NOVEMBER.replace("-17.25", amount, 1))
    assert f"line 20: entry 2: TRNAMT {amount!r}" in message and problem in message


@pytest.mark.parametrize(
    "day", ["20260231", "2026", "00000000", "99991231", "20261305", "tomorrow"]
)
def test_a_day_that_no_calendar_has_is_refused(refusal, day):
    message = refusal(NOVEMBER.replace("<DTPOSTED>20261105", f"<DTPOSTED>{day}", 1))
    assert f"line 20: entry 2: DTPOSTED '{day}' is no day of the calendar" in message


def test_entities_are_refused(refusal):
    bomb = '<?OFX OFXHEADER="200"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    message = refusal(bomb + NOVEMBER[NOVEMBER.index("<OFX>") :].replace("COUNTY", "&b;"))
    assert "declares a document type or entities" in message


def test_a_value_without_end_is_refused(refusal):
    endless = NOVEMBER.replace("COUNTY AGENCY", "A" * 3_000_000)
    assert "one value is longer than 1048576 characters" in refusal(endless)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["<A ", "<![CDATA[", "<!--", "<?", "<", "&", "<A =", " "])
def test_hostile_repetition_is_refused_in_no_time(refusal, piece):
    refusal("<OFX>" + piece * 500_000)
    refusal("<OFX>" + piece + " " * 2_000_000)


def test_a_line_needs_date_amount_and_account(refusal):
    assert "entry 2: has no DTPOSTED" in refusal(NOVEMBER.replace("<DTPOSTED>20261105", "", 1))
    assert "entry 2: has no TRNAMT" in refusal(NOVEMBER.replace("<TRNAMT>-17.25", "", 1))
    assert "names no account (ACCTID)" in refusal(NOVEMBER.replace("<ACCTID>7700 1234", ""))
