"""The published file, read-only, and of it the schema `reports`.

`published/current.json` is looked at on every run of a page; the file that it names is never
written again, so answers are cached under its name. Amounts come as Decimal and are summed by
the database.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from pipelines import publish, settings
from pipelines.errors import ConfigurationError
from pipelines.settings import Home

Row = dict[str, Any]

NUMBER = re.compile(r"[+-]?[\d.,\s]*\d")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # and full-width


@dataclass(frozen=True, kw_only=True)
class Published:
    """The file to read now."""

    file: Path
    run_id: str
    published_at: str


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A part of a where clause and the values of its question marks."""

    sql: str
    values: tuple[Any, ...] = ()


def home() -> Home:
    """The home that COUNTERFOIL_HOME names."""
    return settings.home()


def published(home: Home) -> Published | None:
    """What the pointer of a home says now; nothing before the first publish.

    Raises:
        ConfigurationError: the pointer is damaged, or its file is gone.
    """
    pointer = home.published / "current.json"
    remedy = "run `counterfoil publish`"
    try:
        said = publish.pointer(home)
        if said is None:
            return None
        name, run_id, published_at = (str(said[key]) for key in ("file", "run_id", "published_at"))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ConfigurationError(
            f"{pointer} cannot be read ({type(error).__name__}): {remedy}"
        ) from None
    file = home.published / name
    if file.parent != home.published or file.suffix != ".duckdb":
        raise ConfigurationError(f"{pointer} names {name!r}, which is no published file: {remedy}")
    if not file.is_file():
        raise ConfigurationError(f"{pointer} names {name}, which is gone: {remedy}")
    return Published(file=file, run_id=run_id, published_at=published_at)


# conditions


def equal(column: str, value: Any) -> Condition:
    return Condition(sql=f"{_quoted(column)} = ?", values=(value,))


def one_of(column: str, values: Sequence[Any]) -> Condition:
    """The column has one of the values; no values, no rows."""
    return Condition(sql=f"{_quoted(column)} in (select unnest(?))", values=(list(values),))


def either(*conditions: Condition) -> Condition:
    """One of the conditions holds; no conditions, no rows."""
    sql = " or ".join(condition.sql for condition in conditions)
    values = tuple(value for condition in conditions for value in condition.values)
    return Condition(sql=f"({sql or 'false'})", values=values)


def mentions(text: str, columns: Sequence[str], amount: str | None = None) -> Condition:
    """Every word stands in some column, whatever its case and accents; or it is the amount."""
    found = f"concat_ws(' ', {', '.join(map(_quoted, columns))})"
    words = text.split()
    each = " and ".join(
        f"contains(strip_accents(lower({found})), strip_accents(lower(?)))" for _ in words
    )
    number = _number(text) if amount else None
    if number is None:
        return Condition(sql=f"({each or 'true'})", values=tuple(words))
    return Condition(sql=f"(({each}) or abs({_quoted(amount or '')}) = ?)", values=(*words, number))


def _number(text: str) -> Decimal | None:
    if NUMBER.fullmatch(text.strip()):
        with contextlib.suppress(InvalidOperation):
            return abs(Decimal(re.sub(r"[,\s]", "", text)))
    return None


# reading


def report(
    name: str,
    *where: Condition,
    order: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[Row]:
    """Rows of a report.

    Args:
        order: Column names; `-name` sorts from the largest down, `|name|` by size alone.
    """
    sql, values = _select(name, "*", where)
    sql += _ordered(order)
    if limit is not None:
        sql += f" limit {int(limit)} offset {int(offset)}"
    return _rows(str(_file()), sql, values)


def totals(name: str, by: Sequence[str], amount: str, *where: Condition) -> list[Row]:
    """One row per combination of `by`: `row_count`, and `amount` as the sum of its size."""
    columns = ", ".join(map(_quoted, by))
    sums = f"count(*) as row_count, sum(abs({_quoted(amount)})) as amount"
    sql, values = _select(name, f"{columns}, {sums}" if by else sums, where)
    if by:
        sql += f" group by {columns} order by {columns}"
    return _rows(str(_file()), sql, values)


def export(name: str, columns: Sequence[str], *where: Condition, order: Sequence[str] = ()) -> str:
    """Rows of a report as CSV, with every text defused that a spreadsheet takes for a formula.

    A demo home says in every line that it is one.
    """
    file, is_demo = _file(), home().kind == "demo"
    sql, values = _select(name, ", ".join(map(_quoted, columns)), where)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([*columns, *(["demo"] if is_demo else [])])
    with _opened(str(file)) as connection:
        cursor = connection.execute(sql + _ordered(order), values)
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                mark = ["demo data"] if is_demo else []
                writer.writerow([defused(value) for value in row] + mark)
    return written.getvalue()


def defused(value: Any) -> Any:
    """A text that a spreadsheet would run, with an apostrophe before it; all else as it is."""
    return (
        f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _rows(file: str, sql: str, values: list[Any]) -> list[Row]:
    with _opened(file) as connection:
        cursor = connection.execute(sql, values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextlib.contextmanager
def _opened(file: str) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        connection = duckdb.connect(file, read_only=True)
    except duckdb.Error as error:
        raise ConfigurationError(
            f"{file} cannot be opened ({type(error).__name__}): run `counterfoil publish`"
        ) from None
    with contextlib.closing(connection):
        yield connection


def _file() -> Path:
    now = published(home())
    if now is None:
        raise ConfigurationError("nothing is published yet: run `counterfoil run`")
    return now.file


def _select(name: str, columns: str, where: Sequence[Condition]) -> tuple[str, list[Any]]:
    sql = f"select {columns} from reports.{_quoted(name)}"
    if where:
        sql += " where " + " and ".join(condition.sql for condition in where)
    return sql, [value for condition in where for value in condition.values]


def _ordered(order: Sequence[str]) -> str:
    return f" order by {', '.join(map(_term, order))}" if order else ""


def _term(term: str) -> str:
    way = "desc" if term.startswith("-") else "asc"
    name = term.removeprefix("-")
    column = f"abs({_quoted(name.strip('|'))})" if name.startswith("|") else _quoted(name)
    return f"{column} {way} nulls last"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
