"""The exchange format: a folder of CSV or Parquet files that carries one reconciliation problem.

DuckDB reads every column as text and looks for the first value that is none of what its column
promises; only then is the file walked once more, slowly, to name the line.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.errors import FileRefused
from pipelines.files.records import DECIMALS, WHOLE_DIGITS, refused

REMEDY = "nothing of its folder was loaded: correct the file and load again"
MEMORY = "1GB"
BATCH_ROWS = 100_000
SUFFIXES = (".csv", ".parquet")
AMOUNT = rf"-?0*[0-9]{{1,{WHOLE_DIGITS}}}(\.[0-9]{{1,{DECIMALS}}}0*)?"
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


@dataclass(frozen=True, kw_only=True)
class ExchangeFile:
    """What the format says about one file.

    Args:
        required: Columns that must exist and whose values must not be empty.
        present: Columns that must exist; their values may be empty.
        key: The column whose values are unique, if there is one.
        choices: The only values of a column.
    """

    name: str
    required: tuple[str, ...]
    present: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ("amount",)
    dates: tuple[str, ...] = ()
    key: str | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_loaded: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.present + self.optional


FILES = (
    ExchangeFile(
        name="invoices",
        required=("invoice_id", "entity", "direction", "issue_date", "currency", "total"),
        present=("number", "party_id", "party_name"),
        optional=("due_date", "status", "reference", "memo", "resident_id", "resident_name")
        + ("service_from", "service_to", "tax", "discount", "discount_date")
        + ("applies_to_invoice_id",),
        amounts=("total", "tax", "discount"),
        dates=("issue_date", "due_date", "service_from", "service_to", "discount_date"),
        key="invoice_id",
        choices={"direction": ("receivable", "payable")},
    ),
    ExchangeFile(
        name="payments",
        required=("payment_id", "entity", "direction", "date", "currency", "amount"),
        optional=("party_id", "party_name", "method", "reference", "memo", "fee", "payout_id")
        + ("account",),
        amounts=("amount", "fee"),
        dates=("date",),
        key="payment_id",
        choices={"direction": ("in", "out")},
    ),
    ExchangeFile(
        name="bank_lines",
        required=("line_id", "entity", "account", "date", "currency", "amount"),
        present=("description",),
        optional=("counterparty", "reference", "type"),
        dates=("date",),
        key="line_id",
    ),
    ExchangeFile(name="allocations", required=("payment_id", "invoice_id", "amount")),
    ExchangeFile(
        name="remittance_lines",
        required=("payment_id",),
        # Payers list amounts beside a name, or beside nothing, too.
        present=("invoice_reference",),
        optional=("amount", "memo"),
    ),
    ExchangeFile(
        name="truth",
        required=("left_type", "left_id", "right_type", "right_id", "amount"),
        optional=("case",),
        choices={"left_type": ("invoice", "payment"), "right_type": ("payment", "bank_line")},
        is_loaded=False,
    ),
)


def paths(folder: Path) -> dict[str, Path]:
    """The files of a folder that the format knows, by name; one that is not there has no items.

    Raises:
        FileRefused: a file is there twice, or none that could be loaded is there at all.
    """
    found: dict[str, Path] = {}
    for file, suffix in itertools.product(FILES, SUFFIXES):
        path = folder / f"{file.name}{suffix}"
        if path.exists() and file.name in found:
            raise refused(path, None, f"is there as {found[file.name].name} too", "remove one")
        if path.exists():
            found[file.name] = path
    if not any(file.name in found and file.is_loaded for file in FILES):
        names = ", ".join(file.name for file in FILES if file.is_loaded)
        raise FileRefused(f"{folder}: holds none of {names} (.csv or .parquet); correct the folder")
    return found


class Exchange:
    """The files of one folder, read and checked, in a database of their own in `scratch`."""

    def __init__(self, files: Mapping[str, Path], scratch: Path) -> None:
        """Read and check all files, so that one that is refused keeps the others out.

        Raises:
            FileRefused: with file, line, column and value.
        """
        self._database = duckdb.connect(str(scratch / "exchange.duckdb"))
        self._database.execute(
            f"set memory_limit = '{MEMORY}'; set temp_directory = '{_quoted(scratch)}'; "
            "set force_compression = 'uncompressed'"  # it is read once
        )
        self._read = {
            file.name: _File(file, files.get(file.name), self._database) for file in FILES
        }

    def close(self) -> None:
        self._database.close()

    def batches(self, name: str, connection_id: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """The rows of one file in the schema of its raw table."""
        query = self._read[name].query(connection_id, has_payments=self._read["payments"].is_there)
        if query is None:
            return
        rows: Any = self._database.cursor().sql(query).to_arrow_reader(BATCH_ROWS)
        for batch in rows:
            yield pa.Table.from_batches([batch]).cast(schema)


class _File:
    """One file in the scratch database, every column as text."""

    def __init__(
        self, file: ExchangeFile, path: Path | None, database: duckdb.DuckDBPyConnection
    ) -> None:
        self.file, self.path, self.database = file, path, database
        if path is None:
            return
        self._check_header()
        try:
            database.execute(f"create table {file.name} as select * from {self._relation()}")
        except duckdb.Error as error:
            raise self._malformed(error) from None
        self._check_values()

    @cached_property
    def header(self) -> list[str]:
        assert self.path is not None
        if self.path.suffix == ".parquet":
            try:
                described = self.database.execute(
                    f"describe from read_parquet('{_quoted(self.path)}')"
                ).fetchall()
            except duckdb.Error as error:
                raise self._refused(None, f"is no Parquet: {_first_line(error)}") from None
            inexact = [name for name, type_, *_ in described if type_ in ("DOUBLE", "FLOAT")]
            for name in inexact:
                if name in self.file.amounts:
                    raise self._refused(f"column {name}", "is a float, which no amount may be")
            return [name for name, *_ in described]
        with self.path.open("rb") as binary:
            if not binary.read(1):
                raise self._refused(None, "is empty")
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as text:
                return next(csv.reader(text), [])
        except UnicodeDecodeError:
            raise self._malformed(None) from None

    @property
    def is_there(self) -> bool:
        return self.path is not None

    def query(self, connection_id: str, has_payments: bool) -> str | None:
        """The rows as their raw table has them. Those without ids have what their payment says."""
        if self.path is None:
            return None
        table, known = self.file.name, self.file.columns
        types = dict.fromkeys(self.file.amounts, "decimal(38, 9)")
        types |= dict.fromkeys(self.file.dates, "date")
        columns = {
            column: f"cast({table}.{_name(column)} as {types.get(column, 'varchar')})"
            if column in self.header
            else f"cast(null as {types.get(column, 'varchar')})"
            for column in known
        }
        others = ", ".join(
            f"'{_quoted(column)}', {table}.{_name(column)}"
            for column in self.header
            if column not in known
        )
        extra = f"cast(json_object({others}) as varchar)" if others else "cast(null as varchar)"
        joined = ""
        if self.file.key is None:
            same = ", ".join((*columns.values(), extra))
            columns["_occurrence"] = f"row_number() over (partition by {same})"
            columns["_company"] = "payments.entity" if has_payments else "cast(null as varchar)"
            columns["_currency"] = "payments.currency" if has_payments else "cast(null as varchar)"
            joined = "left join payments using (payment_id)" if has_payments else ""
        columns = {"_connection_id": f"'{_quoted(connection_id)}'", **columns, "_extra": extra}
        texts = ", ".join(f"coalesce(cast({one} as varchar), '')" for one in columns.values())
        columns["_version_hash"] = f"md5(concat_ws(chr(31), {texts}))"
        selected = ", ".join(f"{value} as {_name(name)}" for name, value in columns.items())
        return f"select {selected} from {table} {joined}"

    def _relation(self) -> str:
        assert self.path is not None
        if self.path.suffix == ".parquet":
            columns = ", ".join(
                f"nullif(cast({_name(column)} as varchar), '') as {_name(column)}"
                for column in self.header
            )
            return f"(select {columns} from read_parquet('{_quoted(self.path)}'))"
        columns = ", ".join(f"'{_quoted(column)}': 'varchar'" for column in self.header)
        return (
            f"read_csv('{_quoted(self.path)}', auto_detect = false, header = true, delim = ',', "
            f"quote = '\"', escape = '\"', nullstr = '', strict_mode = true, encoding = 'utf-8', "
            f"columns = {{{columns}}})"
        )

    def _check_header(self) -> None:
        twice = {name for name in self.header if self.header.count(name) > 1}
        if twice or "" in self.header:
            problem = f"has two columns {min(twice)!r}" if twice else "has a column without a name"
            raise self._refused("line 1", problem)
        for column in self.file.required + self.file.present:
            if column not in self.header:
                raise self._refused("line 1", f"has no column {column!r}")

    def _check_values(self) -> None:
        """Refuse the first value, by line and then by column, that is not what it should be."""
        checks = [
            (column, problem, condition)
            for column in self.header
            for problem, condition in self._conditions(column, _name(column))
        ]
        first = ", ".join(f"min(rowid) filter (where {condition})" for _, _, condition in checks)
        rows = self.database.execute(f"select {first} from {self.file.name}").fetchone() or ()
        wrong = [(row, *check) for row, check in zip(rows, checks, strict=True) if row is not None]
        if wrong:
            row, column, problem, _ = min(wrong, key=lambda one: one[0])
            self._refuse_value(row, column, problem)
        if self.file.key is not None:
            key = _name(self.file.key)
            again = self.database.execute(
                f"select min(rowid) from {self.file.name} semi join (select {key} from "
                f"{self.file.name} group by {key} having count(*) > 1) using ({key}) "
                f"where rowid not in (select min(rowid) from {self.file.name} group by {key})"
            ).fetchone()
            if again is not None and again[0] is not None:
                self._refuse_value(again[0], self.file.key, "stands in an earlier line too")

    def _conditions(self, column: str, name: str) -> Iterator[tuple[str, str]]:
        """What may be wrong with a value of a column, and the SQL that finds it."""
        if column in self.file.required:
            yield "must not be empty", f"coalesce(trim({name}), '') = ''"
        if column in self.file.amounts:
            yield (
                f"is no plain decimal of {WHOLE_DIGITS} digits and {DECIMALS} decimals at most",
                f"not regexp_full_match({name}, '{AMOUNT}')",
            )
        if column in self.file.dates:
            day = f"year(try_cast({name} as date)) between 1950 and 2199"
            yield (
                "is no day of the calendar as YYYY-MM-DD",
                f"{name} is not null and not (regexp_full_match({name}, '{DAY}') "
                f"and coalesce({day}, false))",
            )
        if column in self.file.choices:
            known = self.file.choices[column]
            listed = ", ".join(f"'{choice}'" for choice in known)
            yield f"is none of {', '.join(known)}", f"{name} not in ({listed})"

    def _refuse_value(self, row: int, column: str, problem: str) -> None:
        found = self.database.execute(
            f"select {_name(column)} from {self.file.name} where rowid = {row}"
        ).fetchone()
        value = found[0] if found else None
        place = f"{self._place(row)}, column {column}"
        raise self._refused(place, f"{value!r} {problem}" if value is not None else problem)

    def _place(self, row: int) -> str:
        """The line of a row counted from 0, which quoted line ends may have moved."""
        assert self.path is not None
        if self.path.suffix == ".parquet":
            return f"row {row + 1}"
        with self.path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text)
            begins, records = 1, -2
            for record in reader:
                records += bool(record)
                if records == row:
                    return f"line {begins}"
                begins = reader.line_num + 1
        return f"row {row + 1}"

    def _malformed(self, error: duckdb.Error | None) -> FileRefused:
        """What keeps a CSV file from being read at all, found by reading it line by line."""
        assert self.path is not None
        if self.path.suffix == ".csv":
            with self.path.open("rb") as binary:
                for number, line in enumerate(binary, start=1):
                    try:
                        line.decode()
                    except UnicodeDecodeError as problem:
                        shown = line[problem.start : problem.start + 1]
                        return self._refused(f"line {number}", f"byte {shown!r} is not UTF-8")
            try:
                with self.path.open(encoding="utf-8-sig", newline="") as text:
                    reader = csv.reader(text, strict=True)
                    begins = 1
                    for record in reader:
                        if record and len(record) != len(self.header):
                            return self._refused(
                                f"line {begins}",
                                f"has {len(record)} values for {len(self.header)} columns",
                            )
                        begins = reader.line_num + 1
            except csv.Error as problem:
                return self._refused(f"line {begins}", f"is not whole CSV: {problem}")
        said = re.search(r"Line: (\d+)", str(error))
        place = f"line {said[1]}" if said else None
        return self._refused(place, f"cannot be read: {_first_line(error)}")

    def _refused(self, place: str | None, problem: str) -> FileRefused:
        assert self.path is not None
        return refused(self.path, place, problem, REMEDY)


def _first_line(error: duckdb.Error | None) -> str:
    return str(error).partition("\n")[0]


def _name(column: str) -> str:
    """A column's name in SQL."""
    return '"' + column.replace('"', '""') + '"'


def _quoted(text: object) -> str:
    """Text inside single quotes in SQL."""
    return str(text).replace("'", "''")
