"""The same items give the same marts, in whatever order they came and on however many threads."""

from __future__ import annotations

import contextlib
import csv
import datetime
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipelines.build import build
from pipelines.files.loading import load_files
from pipelines.operations.raw import Run
from pipelines.settings import Home, write_atomically

if TYPE_CHECKING:
    from conftest import Warehouse

RUN = Run(run_id="small", trigger="person", as_of_date=datetime.date(2026, 11, 1))


def digests(home: Home) -> dict[str, tuple[int, str | None]]:
    """Of every published table outside audit: how many rows, and a hash over them all."""
    with contextlib.closing(duckdb.connect(str(home.marts), read_only=True)) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('marts', 'reports') order by all"
        ).fetchall()
        assert len(tables) > 20
        found = {}
        for schema, table in tables:
            row = connection.execute(
                "select count(*), md5(string_agg(line, '' order by line))"
                f" from (select md5(cast(t as varchar)) as line from {schema}.{table} as t)"
            ).fetchone()
            assert row is not None
            found[f"{schema}.{table}"] = (row[0], row[1])
        return found


def packed_keys(home: Home) -> set[str]:
    """Keys of some tables, of the marts and before, that DuckDB has packed."""
    found = set()
    for file, table in (
        (home.marts, "marts.invoices"),
        (home.warehouse, "intermediate.int_invoices__evidenced"),
    ):
        with contextlib.closing(duckdb.connect(str(file), read_only=True)) as connection:
            found |= {
                f"{table}.{column}"
                for (column,) in connection.execute(
                    f"select column_name from pragma_storage_info('{table}')"
                    " where column_name in ('invoice_key', 'person_key', 'economic_key')"
                    " and segment_type = 'VARCHAR' and compression = 'DICT_FSST'"
                ).fetchall()
            }
    return found


def home_over(warehouse: Warehouse, folder: Path, path: Path) -> Home:
    """A home with the connections of the shared warehouse, over another folder."""
    home = Home.open(path, "demo")
    given = warehouse.home.connections_file.read_text()
    write_atomically(home.connections_file, given.replace(str(warehouse.folder), str(folder)))
    assert not load_files(home).errors
    return home


def shuffled(folder: Path, target: Path) -> Path:
    """The same folder with the rows of every file in another order."""
    shutil.copytree(folder, target)
    for file in target.glob("*.csv"):
        with file.open(newline="") as lines:
            header, *rows = csv.reader(lines)
        random.Random(11).shuffle(rows)
        with file.open("w", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows([header, *rows])
    return target


def test_rows_in_another_order_on_four_threads_give_identical_marts(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_over(warehouse, shuffled(warehouse.folder, tmp_path / "shuffled"), tmp_path / "h")
    monkeypatch.setenv("COUNTERFOIL_THREADS", "4")

    build(home, RUN, tests="gate")

    assert digests(home) == digests(warehouse.home)


def test_a_build_of_many_rows_keeps_its_keys_as_they_are_and_gives_identical_marts(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_over(warehouse, warehouse.folder, tmp_path / "home")
    monkeypatch.setattr("pipelines.build.LARGE", 0)

    build(home, RUN, tests="gate")

    assert digests(home) == digests(warehouse.home)
    assert (packed_keys(home), bool(packed_keys(warehouse.home))) == (set(), True)


def test_a_second_load_and_build_on_one_thread_changes_no_mart(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_over(warehouse, warehouse.folder, tmp_path / "home")
    assert not load_files(home).errors
    monkeypatch.setenv("COUNTERFOIL_THREADS", "1")

    build(home, RUN, tests="gate")

    assert digests(home) == digests(warehouse.home)
