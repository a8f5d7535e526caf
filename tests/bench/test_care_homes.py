"""The simulated group of care homes: what its truth may claim, and that its folder is read."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from bench.worlds import care_homes
from pipelines.files import exchange
from pipelines.files.tables import RAW_TABLES

SEED, INVOICES = 7, 4_000
SIDES = {
    "invoice": ("invoices", "invoice_id", "total"),
    "payment": ("payments", "payment_id", "amount"),
    "bank_line": ("bank_lines", "line_id", "amount"),
}
SCHEMAS = {table.name: table.schema for table in RAW_TABLES["exchange"]}
CREDIT_CASES = {"credit_netted", "bill_credit_netted"}

Rows = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module", params=["ordinary", "harder"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("care_homes")
    care_homes.write(care_homes.build(SEED, INVOICES, request.param == "harder"), out)
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> Rows:
    found = {}
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            found[file.stem] = list(csv.DictReader(lines))
    return found


def items(rows: Rows) -> dict[tuple[str, str], dict[str, str]]:
    return {(kind, row[key]): row for kind, (name, key, _) in SIDES.items() for row in rows[name]}


def sides(pair: dict[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    return (pair["left_type"], pair["left_id"]), (pair["right_type"], pair["right_id"])


def test_a_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        care_homes.write(care_homes.build(seed, 400), tmp_path / name)

    for name in care_homes.COLUMNS:
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


def test_ids_are_unique_and_truth_names_no_other(rows: Rows) -> None:
    known = items(rows)

    assert len(known) == sum(len(rows[name]) for name, _, _ in SIDES.values())
    assert not [side for pair in rows["truth"] for side in sides(pair) if side not in known]
    assert len({sides(pair) for pair in rows["truth"]}) == len(rows["truth"])
    payments = {row["payment_id"] for row in rows["payments"]}
    assert {row["payment_id"] for row in rows["remittance_lines"]} <= payments
    invoices = {row["invoice_id"] for row in rows["invoices"]}
    assert {row["applies_to_invoice_id"] for row in rows["invoices"]} <= invoices | {""}


def test_pairs_stay_within_one_home_and_flow_one_way(rows: Rows) -> None:
    known = items(rows)

    for pair in rows["truth"]:
        left, right = (known[side] for side in sides(pair))
        assert left["entity"] == right["entity"], pair
        if pair["left_type"] == "payment":
            assert (left["direction"] == "in") == (Decimal(right["amount"]) > 0), pair
            assert left["date"] <= right["date"], pair
        else:
            assert left["status"] not in ("draft", "void"), pair


def test_pairs_of_an_item_sum_to_no_more_than_the_item(rows: Rows) -> None:
    """A netted credit note counts against the invoices beside it; a line is used whole."""
    known = items(rows)
    sums: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for pair in rows["truth"]:
        left, right = sides(pair)
        amount = Decimal(pair["amount"])
        assert amount > 0, pair
        netted = pair["case"] in CREDIT_CASES and known[left]["total"].startswith("-")
        sums[*left, "left"] += amount
        sums[*right, "right"] += -amount if netted else amount

    for (kind, key, side), total in sums.items():
        whole = abs(Decimal(known[kind, key][SIDES[kind][2]]))
        assert 0 < total <= whole, (kind, key, side)
        assert kind != "bank_line" or total == whole, key


def test_what_an_agency_takes_back_is_a_negative_line_and_in_no_pair(rows: Rows) -> None:
    taken = {
        row["payment_id"] for row in rows["remittance_lines"] if row["memo"] == "WO recoupment"
    }
    settled: defaultdict[str, Decimal] = defaultdict(Decimal)
    for pair in rows["truth"]:
        if pair["left_type"] == "invoice" and pair["right_id"] in taken:
            settled[pair["right_id"]] += Decimal(pair["amount"])

    assert taken
    assert settled == {
        row["payment_id"]: Decimal(row["amount"])
        for row in rows["payments"]
        if row["payment_id"] in taken
    }


def test_every_case_occurs_and_none_without_a_name() -> None:
    cases: set[str] = set()
    for harder in (False, True):
        for seed in (1, 2):
            world = care_homes.build(seed, 10_000, harder)
            cases |= {row["case"] for row in care_homes.rows(world)["truth"]}

    assert cases == set(care_homes.CASES)


def test_there_are_about_as_many_items_as_in_life(rows: Rows) -> None:
    invoices = len(rows["invoices"])

    assert abs(invoices / INVOICES - 1) < 0.05
    assert 0.6 < len(rows["payments"]) / invoices < 0.95
    assert 0.7 < len(rows["bank_lines"]) / invoices < 1.9
