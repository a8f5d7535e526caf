"""The plain group: what its truth may claim, and that its folder is read."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from bench.worlds import plain_group
from bench.worlds.plain_group_ledger import COLUMNS
from pipelines.files import exchange
from tests.bench.test_regular import SCHEMAS, SIDES, Rows, items, sides
from tests.cases import score

SEED, INVOICES = 8, 4_000
# Pairs that reduce what a payment is for, and so stand in truth with a negative amount.
CREDITS = ("credit_netted", "refund")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {name: tmp_path_factory.mktemp(name) for name in ("ordinary", "harder")}
    for name, out in found.items():
        plain_group.write(out, SEED, INVOICES, harder=name == "harder")
    return found


@pytest.fixture(scope="module", params=["ordinary", "harder"])
def folder(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Path:
    return folders[request.param]


def read(folder: Path) -> Rows:
    return {name: score.rows(folder, name) for name in COLUMNS}


def test_a_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        plain_group.write(tmp_path / name, seed, 400)

    for name in COLUMNS:
        once, again, other = (
            (tmp_path / each / f"{name}.csv").read_bytes() for each in ("one", "again", "other")
        )
        assert once == again
        assert once != other


def test_the_loader_takes_every_row(folder: Path, tmp_path: Path) -> None:
    read_in = exchange.Exchange(exchange.paths(folder), tmp_path)
    try:
        for name in ("invoices", "payments", "bank_lines", "remittance_lines"):
            batches = read_in.batches(name, "books", SCHEMAS[name])
            assert sum(len(batch) for batch in batches) == len(score.rows(folder, name))
    finally:
        read_in.close()


def test_ids_and_pairs_are_unique_and_stay_within_an_entity(folder: Path) -> None:
    rows = read(folder)
    known = items(rows)

    assert len(known) == sum(len(rows[name]) for name, _, _ in SIDES.values())
    assert len({sides(pair) for pair in rows["truth"]}) == len(rows["truth"])
    for pair in rows["truth"]:
        left, right = (known[side] for side in sides(pair))
        assert left["entity"] == right["entity"], pair


def test_only_pairs_of_credit_notes_and_of_refunds_are_negative(folder: Path) -> None:
    rows = read(folder)
    known = items(rows)

    negative = [pair for pair in rows["truth"] if Decimal(pair["amount"]) < 0]
    assert {pair["left_type"] for pair in negative} == {"invoice", "payment"}
    for pair in rows["truth"]:
        left, _ = (known[side] for side in sides(pair))
        is_refund = pair["case"] == "refund"
        is_credit = pair["left_type"] == "invoice" and Decimal(left["total"]) < 0
        assert (Decimal(pair["amount"]) < 0) == (is_refund or is_credit), pair
        assert not is_credit or pair["case"].startswith(CREDITS), pair


def test_pairs_sum_to_no_more_than_the_item_and_a_line_and_what_it_pays_are_used_whole(
    folder: Path,
) -> None:
    """A payment lies on its line less the fee; a note that is netted lessens what one pays."""
    rows = read(folder)
    known = items(rows)
    sums: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for pair in rows["truth"]:
        left, right = sides(pair)
        sums[*left, "left"] += Decimal(pair["amount"])
        sums[*right, "right"] += Decimal(pair["amount"])

    for (kind, key, side), total in sums.items():
        item = known[kind, key]
        whole = abs(Decimal(item[SIDES[kind][2]]))
        assert 0 < abs(total) <= whole, (kind, key, side)
        if kind == "bank_line":
            assert abs(total) == whole, key
        elif kind == "payment" and side == "left":
            assert abs(total) == whole - Decimal(item["fee"] or 0), key


def test_harder_names_fewer_numbers(folders: dict[str, Path]) -> None:
    shares = {}
    for name, folder in folders.items():
        rows = read(folder)
        known = items(rows)
        named = []
        for pair in rows["truth"]:
            if pair["right_type"] == "payment":
                invoice, payment = (known[side] for side in sides(pair))
                named.append(invoice["number"] in payment["reference"] + payment["memo"])
        shares[name] = sum(named) / len(named)

    assert shares["harder"] < shares["ordinary"]


def test_a_huge_one_has_a_single_entity_and_others_have_more(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    plain_group.write(tmp_path, SEED, INVOICES, huge=True)

    assert len({invoice["entity"] for invoice in score.rows(tmp_path, "invoices")}) == 1
    for folder in folders.values():
        assert len({invoice["entity"] for invoice in score.rows(folder, "invoices")}) > 1
