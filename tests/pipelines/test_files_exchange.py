"""Exchange folders: what is read, and what is refused with file, line, column and value."""

from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from pipelines.errors import FileRefused
from pipelines.files import exchange
from pipelines.files.tables import RAW_TABLES

INVOICES = (
    "invoice_id,entity,direction,number,party_id,party_name,issue_date,currency,total,colour\n"
    'I1,maple,receivable,INV-1,,"Smith, ""Bo""",2026-01-05,USD,10.50,blue\n'
    "I2,maple,receivable,,P2,,2026-01-06,USD,-4,\n"
)
PAYMENTS = (
    "payment_id,entity,direction,date,currency,amount\n"
    "P1,maple,in,2026-01-07,USD,10.50\n"
    "P2,cedar,out,2026-01-08,EUR,3\n"
)
SCHEMAS = {table.name: table.schema for table in RAW_TABLES["exchange"]}


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        where = tmp_path / "exchange"
        where.mkdir(exist_ok=True)
        for name, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            (where / f"{name}.csv").write_bytes(data)
        return where

    return write


@pytest.fixture
def read(folder, tmp_path):
    opened = []

    def rows(name, **files):
        scratch = tmp_path / f"scratch-{len(opened)}"
        scratch.mkdir()
        opened.append(exchange.Exchange(exchange.paths(folder(**files)), scratch))
        batches = list(opened[-1].batches(name, "books", SCHEMAS[name]))
        return pa.concat_tables(batches).to_pylist() if batches else []

    yield rows
    for one in opened:
        one.close()


@pytest.fixture
def refusal(read):
    def refuse(**files):
        with pytest.raises(FileRefused) as caught:
            read("invoices", **files)
        message = str(caught.value)
        assert "\n" not in message
        assert message.endswith("nothing of its folder was loaded: correct the file and load again")
        return message

    return refuse


def test_amounts_are_exact_and_empty_is_null(read):
    first, second = read("invoices", invoices=INVOICES)
    assert first["party_name"] == 'Smith, "Bo"'
    assert (first["total"], first["issue_date"]) == (Decimal("10.50"), date(2026, 1, 5))
    assert (first["party_id"], first["due_date"], second["number"]) == (None, None, None)
    assert second["total"] == Decimal(-4)
    assert (first["_connection_id"], first["_extra"]) == ("books", '{"colour":"blue"}')


def test_line_ends_and_a_byte_order_mark_change_nothing(read):
    plain = read("invoices", invoices=INVOICES)
    windows = INVOICES.replace("\n", "\r\n").encode("utf-8-sig")
    assert read("invoices", invoices=windows) == plain


def test_a_version_changes_with_any_value_and_not_with_how_it_is_written(read):
    versions = [row["_version_hash"] for row in read("invoices", invoices=INVOICES)]
    lines = INVOICES.splitlines(keepends=True)
    reordered = lines[0] + lines[2].replace(",-4,", ",-4.00,") + lines[1]
    assert [row["_version_hash"] for row in read("invoices", invoices=reordered)] == versions[::-1]
    for before, after in (("blue", "red"), ("INV-1", "INV-2"), ("10.50", "10.51")):
        changed = read("invoices", invoices=INVOICES.replace(before, after))
        assert changed[0]["_version_hash"] != versions[0]
        assert changed[1]["_version_hash"] == versions[1]


def test_equal_allocations_are_two_and_belong_to_their_payments_entity(read):
    allocations = "payment_id,invoice_id,amount\nP1,I1,5\nP1,I1,5.00\nP2,I9,1\nP7,I1,1\n"
    rows = read("allocations", invoices=INVOICES, payments=PAYMENTS, allocations=allocations)
    found = sorted((row["payment_id"], row["_occurrence"]) for row in rows)
    assert found == [("P1", 1), ("P1", 2), ("P2", 1), ("P7", 1)]
    assert len({row["_version_hash"] for row in rows}) == 4
    owners = {row["payment_id"]: (row["_company"], row["_currency"]) for row in rows}
    assert owners == {"P1": ("maple", "USD"), "P2": ("cedar", "EUR"), "P7": (None, None)}


def test_a_payer_may_list_an_amount_without_a_reference(read):
    said = "payment_id,invoice_reference,amount,memo\nP1,,5,ROSA LANE\n"
    (line,) = read("remittance_lines", payments=PAYMENTS, remittance_lines=said)
    assert (line["invoice_reference"], line["amount"], line["memo"]) == (None, 5, "ROSA LANE")


def test_a_missing_file_has_no_items(read):
    assert read("payments", invoices=INVOICES) == []


def test_parquet_is_read_like_csv(read, folder):
    where = folder(invoices=INVOICES)
    plain = read("invoices")
    duckdb.sql(
        f"""copy (
            select * replace (total::decimal(18, 2) as total, issue_date::date as issue_date)
            from read_csv('{where}/invoices.csv', all_varchar = true)
        ) to '{where}/invoices.parquet'"""
    )
    (where / "invoices.csv").unlink()
    assert read("invoices") == plain


def test_a_float_column_is_no_amount(refusal, folder):
    where = folder(invoices=INVOICES)
    duckdb.sql(
        f"copy (select * replace (1.5::double as total) from '{where}/invoices.csv') "
        f"to '{where}/invoices.parquet'"
    )
    (where / "invoices.csv").unlink()
    assert "invoices.parquet: column total: is a float, which no amount may be" in refusal()


def test_a_parquet_file_that_is_none_is_refused(refusal, folder):
    (folder() / "invoices.parquet").write_bytes(b"PAR1 or not")
    assert "invoices.parquet: is no Parquet" in refusal()


def test_a_bad_value_in_parquet_names_its_row(refusal, folder):
    where = folder(invoices=INVOICES)
    duckdb.sql(
        f"copy (select * replace ('x' as total) from '{where}/invoices.csv') "
        f"to '{where}/invoices.parquet'"
    )
    (where / "invoices.csv").unlink()
    assert "invoices.parquet: row 1, column total: 'x' is no plain decimal" in refusal()


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("10.50", "1e999", "line 2, column total: '1e999' is no plain decimal"),
        ("10.50", '"1,050.00"', "line 2, column total: '1,050.00' is no plain decimal"),
        ("10.50", "$10.50", "line 2, column total: '$10.50' is no plain decimal"),
        ("10.50", "NaN", "line 2, column total: 'NaN' is no plain decimal"),
        ("10.50", "+10.50", "line 2, column total: '+10.50' is no plain decimal"),
        ("10.50", "0.0000000001", "line 2, column total: '0.0000000001' is no plain"),
        ("10.50", "9" * 15, f"line 2, column total: '{'9' * 15}' is no plain decimal of 14"),
        ("10.50", "", "line 2, column total: must not be empty"),
        ("2026-01-06", "2026-02-31", "line 3, column issue_date: '2026-02-31' is no day"),
        ("2026-01-06", "01/06/2026", "line 3, column issue_date: '01/06/2026' is no day"),
        ("2026-01-06", "20260106", "line 3, column issue_date: '20260106' is no day"),
        ("I2,", "I1,", "line 3, column invoice_id: 'I1' stands in an earlier line too"),
        ("I2,", ",", "line 3, column invoice_id: must not be empty"),
        ("I2,maple", "I2, ", "line 3, column entity: ' ' must not be empty"),
        ("receivable,INV", "owed,INV", "column direction: 'owed' is none of receivable, payable"),
        (",blue", "", "line 2: has 9 values for 10 columns"),
        (",blue", ",blue,green", "line 2: has 11 values for 10 columns"),
        ("2026-01-06,USD,-4,", '"2026-01-06,USD,-4,', "line 3: is not whole CSV"),
        (",total,", ",sum,", "line 1: has no column 'total'"),
        (",colour", ",total", "line 1: has two columns 'total'"),
        (",colour", ",", "line 1: has a column without a name"),
    ],
)
def test_a_value_that_is_none_refuses_the_folder(refusal, before, after, problem):
    assert f"invoices.csv: {problem}" in refusal(
        invoices=INVOICES.replace(before, after, 1)
    ).replace("invoices.csv: line 2, column direction", "invoices.csv: column direction")


def test_quoted_line_ends_do_not_move_the_line_that_is_named(refusal):
    text = INVOICES.replace("INV-1", '"INV\n1"').replace(",-4,", ",four,")
    assert "invoices.csv: line 4, column total: 'four'" in refusal(invoices=text)


def test_the_first_bad_line_is_named_not_the_first_bad_column(refusal):
    text = INVOICES.replace("2026-01-06", "never").replace("10.50", "ten")
    assert "line 2, column total: 'ten'" in refusal(invoices=text)


def test_latin_1_is_refused_with_its_line(refusal):
    text = INVOICES.replace("maple,receivable,,P2", "Zoë,receivable,,P2").encode("latin-1")
    assert "invoices.csv: line 3: byte b'\\xeb' is not UTF-8" in refusal(invoices=text)


def test_an_empty_file_is_refused(refusal):
    assert "invoices.csv: is empty" in refusal(invoices="")


def test_a_header_alone_has_no_items(read):
    assert read("invoices", invoices=INVOICES.partition("\n")[0] + "\n") == []


def test_one_bad_file_keeps_the_others_out(refusal):
    bad = PAYMENTS.replace("10.50", "1O.50")
    assert "payments.csv: line 2, column amount" in refusal(invoices=INVOICES, payments=bad)


def test_a_folder_without_a_known_file_is_refused(folder):
    with pytest.raises(FileRefused, match="holds none of invoices, payments, bank_lines"):
        exchange.paths(folder(truth="x"))


def test_a_file_in_two_forms_is_refused(folder):
    where = folder(invoices=INVOICES)
    (where / "invoices.parquet").touch()
    with pytest.raises(FileRefused, match="invoices.parquet: is there as invoices.csv too"):
        exchange.paths(where)


def test_text_that_looks_like_sql_is_text(read):
    text = INVOICES.replace("colour", '"it\'s ""x"""').replace("blue", "'); drop table invoices;--")
    assert read("invoices", invoices=text)[0]["_extra"] == (
        '{"it\'s \\"x\\"":"\'); drop table invoices;--"}'
    )
