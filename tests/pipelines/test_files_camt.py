"""CAMT files: what is read, and what is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import FileRefused
from pipelines.files import camt
from pipelines.files.records import Detail, Line, Statement

FIXTURES = Path(__file__).parent / "fixtures" / "files"
STATEMENT = (FIXTURES / "statement.camt053.xml").read_text()


def of(kind, records):
    return [one for one in records if isinstance(one, kind)]


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "bank.xml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def refusal(written):
    def refuse(text):
        with pytest.raises(FileRefused) as caught:
            list(camt.read(written(text)))
        message = str(caught.value)
        assert message.startswith("bank.xml: ") and "\n" not in message
        assert message.endswith("download it again or ask the bank for a correct one")
        return message

    return refuse


def test_a_statement_is_read_whole_with_prefix_and_envelope():
    records = list(camt.read(FIXTURES / "statement.camt053.xml"))
    assert of(Statement, records) == [
        Statement(
            statement_number=1,
            file_format="camt053",
            account_number="GB00HILL00000000001234",
            currency_code="EUR",
            statement_id="S-12",
            bank_code="HILLGB2L",
            sequence_number="12",
            opening_amount=Decimal("-50.00"),
            opening_date=date(2026, 10, 31),
            closing_amount=Decimal("248.95"),
            closing_date=date(2026, 11, 30),
            period_start=date(2026, 11, 1),
            period_end=date(2026, 11, 30),
            line_count=3,
        )
    ]
    assert of(Line, records)[0] == Line(
        statement_number=1,
        line_number=1,
        line_order=1,
        file_format="camt053",
        account_number="GB00HILL00000000001234",
        booking_date=date(2026, 11, 2),
        amount=Decimal("300.00"),
        value_date=date(2026, 11, 3),
        currency_code="EUR",
        native_id="B-1",
        type_code="PMNT-RCDT-ESCT",
        counterparty_name="Ada Payer",
        description="INV-7 and INV-8 SEPA CREDIT",
        reference="RF18-7",
        end_to_end_reference="E2E-7",
        original_amount=Decimal("330.10"),
        original_currency_code="USD",
    )


RECORD = '<c:Rcrd><c:Amt Ccy="{}">9</c:Amt></c:Rcrd>'


def conversion(said, charges=""):
    """The first line of the statement, where its sole transaction says this of an exchange."""
    told = '<c:AmtDtls><c:InstdAmt><c:Amt Ccy="USD">330.10</c:Amt></c:InstdAmt></c:AmtDtls>'
    assert told in STATEMENT
    return STATEMENT.replace(told, f"<c:AmtDtls>{said}</c:AmtDtls>{charges}")


@pytest.mark.parametrize("kind", ["InstdAmt", "CntrValAmt", "TxAmt"])
def test_the_bank_s_rate_stands_beside_any_of_its_amounts(written, kind):
    said = (
        f'<c:{kind}><c:Amt Ccy="USD">330.10</c:Amt><c:CcyXchg><c:SrcCcy>USD</c:SrcCcy>'
        f"<c:TrgtCcy>EUR</c:TrgtCcy><c:XchgRate>0.9118</c:XchgRate></c:CcyXchg></c:{kind}>"
    )
    line = of(Line, camt.read(written(conversion(said))))[0]
    assert (line.original_amount, line.original_currency_code) == (Decimal("330.10"), "USD")
    assert (line.exchange_rate, line.charge_amount) == ("0.9118", None)


@pytest.mark.parametrize("rate", ["", "0", "about 1", "1.1.1"])
def test_a_rate_that_is_none_says_nothing(written, rate):
    said = f"<c:TxAmt><c:CcyXchg><c:XchgRate>{rate}</c:XchgRate></c:CcyXchg></c:TxAmt>"
    assert of(Line, camt.read(written(conversion(said))))[0].exchange_rate is None


@pytest.mark.parametrize(
    ("charges", "kept"),
    [
        ('<c:TtlChrgsAndTaxAmt Ccy="EUR">12.00</c:TtlChrgsAndTaxAmt>', "12.00"),
        ('<c:TtlChrgsAndTaxAmt Ccy="USD">12.00</c:TtlChrgsAndTaxAmt>', None),
        (RECORD.format("EUR") + RECORD.format("EUR"), "18"),
        (RECORD.format("EUR") + RECORD.format("USD"), None),
        ('<c:Amt Ccy="EUR">4</c:Amt><c:CdtDbtInd>CRDT</c:CdtDbtInd>', None),
    ],
)
def test_a_charge_is_kept_where_it_is_in_the_account_s_currency(written, charges, kept):
    text = conversion("", f"<c:Chrgs>{charges}</c:Chrgs>")
    line = of(Line, camt.read(written(text)))[0]
    assert line.charge_amount == (Decimal(kept) if kept else None)


def test_a_batch_is_one_line_and_its_details_move_no_money():
    records = list(camt.read(FIXTURES / "statement.camt053.xml"))
    line, details = of(Line, records)[1], of(Detail, records)[1:]
    assert (line.amount, line.is_reversal) == (Decimal("-1.05"), True)
    assert (line.reference, line.type_code) == ("RUN-9", "NRTI+123")
    assert (line.counterparty_name, line.end_to_end_reference) == (None, None)
    first, second = details
    assert (first.amount, second.amount) == (Decimal("-0.60"), Decimal("0.40"))
    assert (first.counterparty_name, first.return_reason) == ("Bo", "AC04")
    assert first.end_to_end_reference is None


def test_an_entry_that_is_not_booked_yet_is_pending_on_its_value_date():
    line = of(Line, camt.read(FIXTURES / "statement.camt053.xml"))[2]
    assert (line.status, line.booking_date) == ("pending", date(2026, 12, 1))


def test_reversals_are_flipped_only_for_a_bank_that_signs_them_the_wrong_way():
    records = list(camt.read(FIXTURES / "statement.camt053.xml", flip_reversals=True))
    assert [line.amount for line in of(Line, records)] == [
        Decimal("300.00"),
        Decimal("1.05"),
        Decimal(9),
    ]
    assert of(Detail, records)[1].amount == Decimal("0.60")


def test_a_detail_without_an_amount_gets_none():
    records = list(camt.read(FIXTURES / "notification.camt054.xml"))
    (line,) = of(Line, records)
    assert (line.file_format, line.amount) == ("camt054", Decimal("30.00"))
    assert [(one.native_id, one.amount, one.counterparty_name) for one in of(Detail, records)] == [
        ("B-9", Decimal("10.00"), "Zoë"),
        ("B-9", None, "Cy"),
    ]


def test_a_statement_whose_balances_do_not_add_up_is_read(written):
    records = camt.read(written(STATEMENT.replace("248.95", "7.00")))
    assert of(Statement, records)[0].closing_amount == Decimal("7.00")


def test_two_statements_in_one_file_are_numbered(written):
    again = STATEMENT[STATEMENT.index("<c:Stmt>") : STATEMENT.index("</c:BkToCstmrStmt>")]
    records = list(
        camt.read(written(STATEMENT.replace("</c:BkToCstmrStmt>", again + "</c:BkToCstmrStmt>")))
    )
    assert [one.statement_number for one in of(Statement, records)] == [1, 2]
    assert [one.line_number for one in of(Line, records)] == [1, 2, 3, 1, 2, 3]


def test_a_cut_off_file_is_refused(refusal):
    for end in range(60, len(STATEMENT) - 2, 311):
        assert "is not whole XML" in refusal(STATEMENT[:end])


def test_a_wrong_namespace_is_refused_with_the_known_ones(refusal):
    message = refusal(STATEMENT.replace("camt.053.001.08", "pain.001.001.09"))
    assert (
        "namespace 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09' is not CAMT; known:" in message
    )
    assert "namespace '' is not CAMT" in refusal("<Document><BkToCstmrStmt/></Document>")


def test_xml_of_another_kind_is_refused(refusal):
    assert "holds no CAMT statement" in refusal("<Invoice/>")


def test_an_entity_bomb_is_refused_before_it_goes_off(refusal):
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "boom">{entities}]>'
    prolog = '<?xml version="1.0" encoding="UTF-8"?>'
    message = refusal(STATEMENT.replace(prolog, prolog + bomb).replace("INV-8", "&e11;"))
    assert "declares a document type or entities" in message


def test_a_file_from_outside_is_not_fetched(refusal, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><Document>&e;</Document>'
    assert "hidden" not in refusal(outside)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("300.00<", "1e999<", "Amt '1e999' is not an amount"),
        ("300.00<", "300,00<", "Amt '300,00' is not an amount"),
        ("300.00<", "EUR 300<", "Amt 'EUR 300' is not an amount"),
        ("300.00<", "-300.00<", "Amt '-300.00' is negative"),
        ("2026-11-02T", "2026-02-31T", "BookgDt '2026-02-31T23:30:00-05:00' is no day"),
        (">CRDT</c:CdtDbtInd><c:Sts>", "></c:CdtDbtInd><c:Sts>", "CdtDbtInd is None; known"),
        (">BOOK<", ">LOST<", "status 'LOST'; known: BOOK, PDNG, FUTR, INFO"),
    ],
)
def test_a_value_that_is_none_is_refused_with_its_entry(refusal, before, after, problem):
    message = refusal(STATEMENT.replace(before, after, 1))
    assert message.startswith(f"bank.xml: statement 1, entry 1: {problem}")


def test_an_account_without_a_number_is_refused(refusal):
    message = refusal(STATEMENT.replace("GB00HILL00000000001234", ""))
    assert "names no account" in message
