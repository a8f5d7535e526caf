"""Folders of files into the raw tables: whole or not at all, once, and without account numbers."""

import shutil
import stat
from pathlib import Path

import duckdb
import pytest
import tomlkit

from pipelines.errors import UsageError
from pipelines.files import loading
from pipelines.files.loading import load_files
from pipelines.files.tables import RAW_TABLES
from pipelines.settings import account_number_hash

FIXTURES = Path(__file__).parent / "fixtures" / "files"
CSV = (
    "Date,Description,Amount,Running Bal.\n"
    "11/05/2026,CHECK 1042,-17.25,2206.00\n"
    "11/03/2026,COUNTY AGENCY,1240.50,2223.25\n"
)
INVOICES = (
    "invoice_id,entity,direction,number,party_id,party_name,issue_date,currency,total\n"
    "I1,maple,receivable,INV-1,P1,Smith,2026-01-05,USD,10.50\n"
    "I2,maple,receivable,INV-2,P1,Smith,2026-01-06,USD,20.00\n"
)


@pytest.fixture
def connect(home, tmp_path):
    """A function that declares one connection to a new folder, which it returns."""

    def declare(platform, **options):
        folder = tmp_path / platform
        folder.mkdir(exist_ok=True)
        options = {"folder": str(folder)} | options
        connection = {"platform": platform, "options": options}
        home.connections_file.write_text(tomlkit.dumps({"connections": {"mine": connection}}))
        return folder

    return declare


@pytest.fixture
def rows(home):
    def query(sql):
        with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    return query


def loaded(home):
    (report,) = load_files(home).connections
    return report


def test_a_bad_file_is_refused_while_the_others_load(home, connect, rows):
    folder = connect("bank_files")
    shutil.copy(FIXTURES / "november.ofx", folder)
    (folder / "sub").mkdir()
    shutil.copy(FIXTURES / "statement.camt053.xml", folder / "sub" / "s.xml")
    (folder / "sub" / "cut.ofx").write_text((FIXTURES / "november.ofx").read_text()[:900])
    (folder / "scan.pdf").write_bytes(b"%PDF-1.7")
    (folder / "empty.csv").write_bytes(b" \n")
    (folder / ".hidden").write_text("not read")
    report = loaded(home)
    assert [line.split(";")[0] for line in report.error.splitlines()] == [
        "mine: empty.csv: is empty",
        "mine: scan.pdf: is a PDF",
        "mine: sub/cut.ofx: line 21: ends inside a tag: the file is cut off",
    ]
    assert rows("select file_name, line_count from raw_files.statements order by all") == [
        ("november.ofx", 4),
        ("sub/s.xml", 3),
    ]
    assert rows("select count(*), sum(amount)::varchar from raw_files.statement_lines") == [
        (7, "1413.950000000")
    ]
    assert rows("select count(*) from raw_files.statement_line_details") == [(3,)]


def test_a_file_that_cannot_be_opened_is_one_line_too(home, connect, rows):
    folder = connect("bank_files")
    (folder / "gone.ofx").symlink_to(folder / "nowhere")
    shutil.copy(FIXTURES / "november.ofx", folder)
    unreadable = folder / "locked.ofx"
    unreadable.write_text("x")
    with pytest.MonkeyPatch.context() as patched:
        copied = loading._copied

        def refuse(path, to):
            if path == unreadable:
                raise PermissionError(13, "Permission denied")
            return copied(path, to)

        patched.setattr(loading, "_copied", refuse)
        assert loaded(home).error == (
            "mine: locked.ofx: cannot be read: Permission denied; see to it and load again"
        )
    assert rows("select count(*) from raw_files.statement_lines") == [(4,)]


def test_the_tables_are_as_declared(home, connect, rows):
    shutil.copy(FIXTURES / "notification.camt054.xml", connect("bank_files"))
    loaded(home)
    for table in RAW_TABLES["bank_files"]:
        found = rows(
            "select column_name, lower(data_type) from information_schema.columns "
            f"where table_schema = 'raw_files' and table_name = '{table.name}'"
        )
        assert set(found) == set(table.all_columns)


def test_the_exchange_tables_are_as_declared(home, connect, rows):
    (connect("exchange") / "invoices.csv").write_text(INVOICES)
    loaded(home)
    for table in RAW_TABLES["exchange"]:
        found = rows(
            "select column_name, lower(data_type) from information_schema.columns "
            f"where table_schema = 'raw_exchange' and table_name = '{table.name}'"
        )
        assert set(found) == set(table.all_columns), table.name


def test_the_same_bytes_twice_change_nothing(home, connect, rows):
    folder = connect("bank_files")
    shutil.copy(FIXTURES / "november.ofx", folder)
    assert loaded(home).tables["statement_lines"].rows == 4
    shutil.copy(FIXTURES / "november.ofx", folder / "again.qfx")
    assert loaded(home).tables == {}
    assert rows("select count(*), count(distinct _dlt_load_id) from raw_files.statement_lines") == [
        (4, 1)
    ]


def test_a_file_is_read_again_when_its_options_change(home, connect, rows):
    folder = connect("bank_files")
    shutil.copy(FIXTURES / "statement.camt053.xml", folder)
    loaded(home)
    connect("bank_files", flip_reversals=True)
    assert loaded(home).tables["statement_lines"].rows == 3
    found = rows(
        "select amount::int, count(*) from raw_files.statement_lines group by 1 order by 1"
    )
    assert found == [(1, 1), (9, 1), (300, 1)]


def test_originals_are_kept_read_only_and_named_by_their_content(home, connect, rows):
    shutil.copy(FIXTURES / "november.ofx", connect("bank_files"))
    loaded(home)
    ((sha256,),) = rows("select file_sha256 from raw_files.statements")
    original = home.originals / sha256
    assert original.read_bytes() == (FIXTURES / "november.ofx").read_bytes()
    assert stat.S_IMODE(original.stat().st_mode) == 0o400
    assert not list(home.path.glob(".files-*"))


def test_an_account_number_is_in_no_column(home, connect, rows):
    folder = connect("bank_files")
    text = (FIXTURES / "statement.camt053.xml").read_text()
    text = text.replace(">S-12<", ">GB00HILL00000000001234-12<")
    (folder / "GB00HILL00000000001234 nov.xml").write_text(text)
    loaded(home)
    ((hashed, last4, id_, name),) = rows(
        "select account_number_hash, account_last4, statement_id, file_name "
        "from raw_files.statements"
    )
    assert hashed == account_number_hash(home, "GB00HILL00000000001234")
    assert (last4, id_, name) == ("1234", "*1234-12", "*1234 nov.xml")
    for table in RAW_TABLES["bank_files"]:
        assert "00000000001234" not in str(rows(f"from raw_files.{table.name}"))


def test_a_csv_has_the_account_its_connection_gives_it(home, connect, rows):
    entries = [
        {"files": "other/*", "account_number": "1"},
        {"files": "*.csv", "account_number": "7700 1234", "currency_code": "USD"},
    ]
    folder = connect("bank_files", csv=entries)
    (folder / "download.csv").write_text(CSV)
    shutil.copy(FIXTURES / "november.ofx", folder)
    assert loaded(home).error is None
    assert rows("select distinct account_number_hash from raw_files.statement_lines") == [
        (account_number_hash(home, "77001234"),)
    ]
    known = {"account_number_hash": "abc", "account_last4": "1234", "currency_code": "USD"}
    connect("bank_files", csv=[known])
    loaded(home)
    assert rows(
        "select account_number_hash, account_last4 from raw_files.statements "
        "where file_format = 'csv'"
    ) == [("abc", "1234")]


def test_only_what_a_bank_states_is_evidence_unless_told(home, connect, rows):
    folder = connect("bank_files")
    shutil.copy(FIXTURES / "notification.camt054.xml", folder)
    intraday = (FIXTURES / "notification.camt054.xml").read_bytes()
    for before, after in (
        (b"camt.054", b"camt.052"),
        (b"BkToCstmrDbtCdtNtfctn", b"BkToCstmrAcctRpt"),
    ):
        intraday = intraday.replace(before, after)
    (folder / "intraday.xml").write_bytes(intraday.replace(b"Ntfctn", b"Rpt"))
    evidence = "select file_format, is_evidence from raw_files.statement_lines order by all"
    loaded(home)
    assert rows(evidence) == [("camt052", False), ("camt054", False)]
    connect("bank_files", intraday_is_evidence=True)
    loaded(home)
    assert rows(evidence) == [("camt052", True), ("camt054", False)]


def test_a_statement_without_currency_needs_one_from_its_connection(home, connect):
    folder = connect("bank_files")
    text = (FIXTURES / "november.ofx").read_text().replace("<CURDEF>USD", "<CURDEF>")
    (folder / "november.ofx").write_text(text)
    assert "november.ofx: names no currency (''); set currency_code" in loaded(home).error
    connect("bank_files", currency_code="USD")
    assert loaded(home).error is None


def test_two_connections_keep_the_same_file_apart(home, connect, rows):
    folder = connect("bank_files")
    shutil.copy(FIXTURES / "november.ofx", folder)
    connection = {"platform": "bank_files", "options": {"folder": str(folder)}}
    document = {"connections": {"a": connection, "b": connection}}
    home.connections_file.write_text(tomlkit.dumps(document))
    load_files(home)
    assert rows("select _connection_id, count(*) from raw_files.statement_lines group by 1") == [
        ("a", 4),
        ("b", 4),
    ]


def test_a_folder_is_a_snapshot_whose_versions_are_kept(home, connect, rows):
    folder = connect("exchange")
    (folder / "invoices.csv").write_text(INVOICES)
    assert loaded(home).tables["invoices"].new_versions == 2
    assert loaded(home).tables == {}
    changed = INVOICES.replace("10.50", "11.50").replace("I2,", "I3,")
    (folder / "invoices.csv").write_text(changed)
    loaded(home)
    assert rows(
        "select invoice_id, total::varchar, _valid_to is null from raw_exchange.invoices "
        "order by all"
    ) == [
        ("I1", "10.500000000", False),
        ("I1", "11.500000000", True),
        ("I2", "20.000000000", False),
        ("I3", "20.000000000", True),
    ]
    assert len(list(home.originals.iterdir())) == 2


def test_a_folder_that_is_refused_changes_nothing(home, connect, rows):
    folder = connect("exchange")
    (folder / "invoices.csv").write_text(INVOICES)
    loaded(home)
    (folder / "invoices.csv").write_text(INVOICES.replace("20.00", "2O.00"))
    report = loaded(home)
    assert report.error.startswith("mine: invoices.csv: line 3, column total: '2O.00' is no plain")
    assert rows("select count(*) from raw_exchange.invoices where _valid_to is null") == [(2,)]


def test_truth_is_never_loaded(home, connect, rows):
    folder = connect("exchange")
    (folder / "invoices.csv").write_text(INVOICES)
    (folder / "truth.csv").write_text("anything")
    assert loaded(home).error is None
    assert rows("select count(*) from information_schema.tables where table_name = 'truth'") == [
        (0,)
    ]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"folder": "/nowhere"}, "options.folder '/nowhere' is no folder: correct it"),
        ({"foldr": "x"}, "options: unknown 'foldr'; known: folder, intraday_is_evidence"),
        ({"csv": [{"file": "x"}]}, "options.csv: unknown 'file'; known: files, profile"),
        ({"csv_profiles": {"x": {}}}, "CSV profile 'x': needs columns"),
    ],
)
def test_options_that_mean_nothing_are_refused(home, connect, options, problem):
    connect("bank_files", **options)
    assert problem in loaded(home).error


def test_only_known_connections_are_loaded(home, connect):
    connect("bank_files")
    with pytest.raises(UsageError, match="no connection 'yours'. Known: mine"):
        load_files(home, ["yours"])
    assert load_files(home, []).connections == ()


def test_batches_may_end_anywhere(home, connect, rows, monkeypatch):
    monkeypatch.setattr(loading, "BATCH_ROWS", 2)
    shutil.copy(FIXTURES / "november.ofx", connect("bank_files"))
    loaded(home)
    found = rows("select line_number from raw_files.statement_lines order by 1")
    assert found == [(1,), (2,), (3,), (4,)]
