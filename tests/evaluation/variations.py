"""Exchange folders changed in ways that links must not follow, and the links read back.

A change gets a file's name and rows and returns the rows it shall have.
"""

from __future__ import annotations

import contextlib
import csv
import random
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, str]
Change = Callable[[str, list[Row]], list[Row]]

# Which columns of a file hold an item's own id.
IDS = {
    "invoices": ("invoice_id", "applies_to_invoice_id"),
    "payments": ("payment_id",),
    "bank_lines": ("line_id",),
    "remittance_lines": ("payment_id",),
}


def rows_of(file: Path) -> tuple[list[Row], tuple[str, ...]]:
    """The rows of a file, and its columns."""
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        return list(reader), tuple(reader.fieldnames or ())


def write(file: Path, rows: Iterable[Row], columns: Iterable[str]) -> None:
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rewritten(folder: Path, target: Path, *changes: Change) -> Path:
    """A copy of a folder with the rows of each file changed."""
    shutil.copytree(folder, target)
    for file in target.glob("*.csv"):
        rows, columns = rows_of(file)
        for change in changes:
            rows = change(file.stem, rows)
        write(file, rows, columns)
    return target


def shuffled(salt: object) -> Change:
    """The rows of each file in another order."""

    def change(file: str, rows: list[Row]) -> list[Row]:
        return random.Random(f"{salt} {file}").sample(rows, len(rows))

    return change


def renumbered(rename: Callable[[str], str]) -> Change:
    """Another id for each item, wherever it is referred to."""

    def change(file: str, rows: list[Row]) -> list[Row]:
        columns = IDS.get(file, ())
        return [row | {name: rename(row[name]) for name in columns if name in row} for row in rows]

    return change


def repeated(items: Mapping[str, Iterable[str]]) -> Change:
    """A second row, equal but for its id, of these ids of each file."""

    def change(file: str, rows: list[Row]) -> list[Row]:
        wanted = set(items.get(file, ()))
        own = IDS.get(file, ("",))[0]
        return rows + [row | {own: again(row[own])} for row in rows if row.get(own) in wanted]

    return change


def again(item: str) -> str:
    """The id of an item's second row."""
    return f"{item} again"


def selected(published: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a query finds in a published file."""
    with contextlib.closing(duckdb.connect(str(published), read_only=True)) as connection:
        return connection.execute(query, list(values)).fetchall()
