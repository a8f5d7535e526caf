"""What holds for the links of any world: ids do not matter, and equals settle nothing."""

from __future__ import annotations

import contextlib
import csv
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench.worlds import provider
from pipelines.evaluate import evaluate

Row = dict[str, str]
Links = set[tuple[str, str, str, str]]

worlds = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
seeds = st.integers(min_value=100, max_value=10_000)
IDS = {
    "invoices": ("invoice_id", "applies_to_invoice_id"),
    "payments": ("payment_id",),
    "bank_lines": ("line_id",),
    "remittance_lines": ("payment_id",),
}


def world(seed: int, folder: Path) -> Path:
    """A small world, without its truth."""
    provider.simulate(provider.Wanted(seed=seed, invoices=250), folder)
    (folder / "truth.csv").unlink()
    return folder


def rewritten(folder: Path, target: Path, change: Callable[[str, list[Row]], list[Row]]) -> Path:
    """A copy of a folder with the rows of each file changed."""
    shutil.copytree(folder, target)
    for file in target.glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            rows, names = list(reader), reader.fieldnames or ()
        with file.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(file.stem, rows))
    return target


def automatic(folder: Path, rule: str = "") -> Links:
    """Leg, ids and amount of each automatic link, of one rule or all."""
    with tempfile.TemporaryDirectory() as kept:
        evaluate(folder, warehouse=Path(kept) / "warehouse.duckdb")
        published = str(Path(kept) / "warehouse.duckdb")
        with contextlib.closing(duckdb.connect(published, read_only=True)) as connection:
            return set(
                connection.execute(
                    "select leg, left_source_id, right_source_id, cast(amount as varchar)"
                    " from marts.match_allocations"
                    " where status = 'auto' and rule in (select coalesce(nullif($1, ''), rule))",
                    [rule],
                ).fetchall()
            )


@worlds
@given(seed=seeds)
def test_other_ids_move_no_automatic_link(seed: int) -> None:
    def renamed(value: str) -> str:
        return value and str(random.Random(f"{seed} {value}").getrandbits(60))

    def change(file: str, rows: list[Row]) -> list[Row]:
        columns = IDS.get(file, ())
        return [row | {name: renamed(row[name]) for name in columns if name in row} for row in rows]

    with tempfile.TemporaryDirectory() as scratch:
        folder = world(seed, Path(scratch) / "world")
        links = automatic(folder)
        others = automatic(rewritten(folder, Path(scratch) / "renamed", change))

    assert len(links) > 50
    assert others == {
        (leg, renamed(left), renamed(right), amount) for leg, left, right, amount in links
    }


@worlds
@given(seed=seeds)
def test_a_second_equal_payment_makes_every_link_by_name_a_question(seed: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = world(seed, Path(scratch) / "world")
        named = {left for _, left, _, _ in automatic(folder, "payer_amount")}

        def change(file: str, rows: list[Row]) -> list[Row]:
            twins = [
                row | {"payment_id": f"{row['payment_id']} again"}
                for row in rows
                if file == "payments" and row["payment_id"] in named
            ]
            return rows + twins

        after = {
            left
            for leg, left, _, _ in automatic(rewritten(folder, Path(scratch) / "twins", change))
            if leg == "clearing"
        }

    assert len(named) > 5
    assert not named & {left.removesuffix(" again") for left in after}
