"""The raw tables that files fill."""

from __future__ import annotations

from pipelines.files.exchange import FILES, ExchangeFile
from pipelines.files.records import Detail, Line, Statement
from pipelines.raw import MONEY, RawTable

FILE = ("_connection_id", "file_sha256")
INTEGERS = ("statement_number", "line_number", "line_order", "line_count", "detail_number")


def _table(name: str, columns: tuple[str, ...], key: tuple[str, ...]) -> RawTable:
    """A table whose rows come and go with their file."""
    return RawTable(
        name=name,
        columns=tuple((column, _type(column)) for column in FILE + columns),
        key=(*FILE, *key),
        write="latest",
        within=FILE,
    )


def _type(column: str) -> str:
    if column in INTEGERS:
        return "bigint"
    if column.startswith("is_"):
        return "boolean"
    if column == "amount" or column.endswith("_amount"):
        return MONEY
    return "date" if column.endswith("_date") or column.startswith("period_") else "varchar"


def _hashed(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("account_number_hash" if name == "account_number" else name for name in fields)


# `is_evidence` is false where a line repeats or announces what a statement will say.
STATEMENTS = _table(
    "statements",
    (*_hashed(Statement._fields), "file_name", "account_last4", "is_evidence", "read_as"),
    ("statement_number",),
)
STATEMENT_LINES = _table(
    "statement_lines",
    (*_hashed(Line._fields), "is_evidence"),
    ("statement_number", "line_number"),
)
STATEMENT_LINE_DETAILS = _table(
    "statement_line_details",
    Detail._fields,
    ("statement_number", "line_number", "detail_number"),
)


# equal rows of a file without ids are numbered; entity and currency are those of the payment
KEYLESS = (("_occurrence", "bigint"), ("_company", "varchar"), ("_currency", "varchar"))


def _exchange_table(file: ExchangeFile) -> RawTable:
    types = dict.fromkeys(file.amounts, MONEY) | dict.fromkeys(file.dates, "date")
    return RawTable(
        name=file.name,
        columns=(
            ("_connection_id", "varchar"),
            *((column, types.get(column, "varchar")) for column in file.columns),
            *(KEYLESS if file.key is None else ()),
            ("_extra", "varchar"),
            ("_version_hash", "varchar"),
        ),
        key=("_connection_id", "_version_hash"),
    )


EXCHANGE_FILES = RawTable(
    name="files",
    columns=(("_connection_id", "varchar"), ("file_name", "varchar"), ("file_sha256", "varchar")),
    key=("_connection_id", "file_name", "file_sha256"),
    write="latest",
)

RAW_TABLES: dict[str, tuple[RawTable, ...]] = {
    "bank_files": (STATEMENTS, STATEMENT_LINES, STATEMENT_LINE_DETAILS),
    "exchange": (*(_exchange_table(file) for file in FILES if file.is_loaded), EXCHANGE_FILES),
}
