"""The provider at state-set rates: what its truth may claim, and that its folder is read."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from bench.worlds import state_rates
from pipelines.files import exchange
from tests.bench.test_regular import SCHEMAS, SIDES, Rows, items, sides

SEED, INVOICES = 7, 4_000


@pytest.fixture(scope="module", params=["ordinary", "harder"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("state_rates")
    is_harder = request.param == "harder"
    wanted = state_rates.Wanted(seed=SEED, invoices=INVOICES, harder=is_harder)
    state_rates.simulate(wanted, out)
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> Rows:
    found = {}
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            found[file.stem] = list(csv.DictReader(lines))
    return found


def test_a_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        state_rates.simulate(state_rates.Wanted(seed=seed, invoices=400), tmp_path / name)

    for name in ("invoices", "payments", "bank_lines", "truth"):
        once, again, other = (
            (tmp_path / each / f"{name}.csv").read_bytes() for each in ("one", "again", "other")
        )
        assert once == again
        assert once != other


def test_the_loader_takes_every_row(folder: Path, rows: Rows, tmp_path: Path) -> None:
    read = exchange.Exchange(exchange.paths(folder), tmp_path)
    try:
        for name in ("invoices", "payments", "bank_lines", "remittance_lines"):
            batches = read.batches(name, "books", SCHEMAS[name])
            assert sum(len(batch) for batch in batches) == len(rows[name])
    finally:
        read.close()


def test_ids_numbers_and_pairs_are_unique_and_stay_within_an_entity(rows: Rows) -> None:
    known = items(rows)

    assert len(known) == sum(len(rows[name]) for name, _, _ in SIDES.values())
    assert len({sides(pair) for pair in rows["truth"]}) == len(rows["truth"])
    numbers = {(row["entity"], row["number"]) for row in rows["invoices"]}
    assert len(numbers) == len(rows["invoices"])
    for pair in rows["truth"]:
        left, right = (known[side] for side in sides(pair))
        assert left["entity"] == right["entity"], pair


def test_pairs_of_an_item_sum_to_no_more_than_the_item_and_a_line_is_used_whole(rows: Rows) -> None:
    known = items(rows)
    sums: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for pair in rows["truth"]:
        left, right = sides(pair)
        assert Decimal(pair["amount"]) > 0, pair
        sums[*left, "left"] += Decimal(pair["amount"])
        sums[*right, "right"] += Decimal(pair["amount"])

    for (kind, key, side), total in sums.items():
        whole = Decimal(known[kind, key][SIDES[kind][2]])
        assert total <= whole, (kind, key, side)
        assert kind != "bank_line" or total == whole, key


def test_agencies_price_lists_in_part_and_pay_some_of_them_short(rows: Rows) -> None:
    priced: defaultdict[str, list[str]] = defaultdict(list)
    for line in rows["remittance_lines"]:
        priced[line["payment_id"]].append(line["amount"])

    assert any(any(amounts) and not all(amounts) for amounts in priced.values())
    assert {pair["case"] for pair in rows["truth"]} >= {"agency_list", "agency_short", "oldest"}
