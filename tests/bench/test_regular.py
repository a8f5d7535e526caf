"""The provider of regular payers: what its truth may claim, and that its folder is read."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bench.worlds import regular
from pipelines.files import exchange
from pipelines.files.tables import RAW_TABLES

SEED, INVOICES = 7, 4_000
SIDES = {
    "invoice": ("invoices", "invoice_id", "total"),
    "payment": ("payments", "payment_id", "amount"),
    "bank_line": ("bank_lines", "line_id", "amount"),
}
SCHEMAS = {table.name: table.schema for table in RAW_TABLES["exchange"]}
# Too rare to occur in payments of every kind.
RARE = ("_swapped", "_typo", "_other", "_cut", "_damaged", "_damaged_short", "_bare_short")

Rows = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module", params=["ordinary", "harder"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("regular")
    regular.write(regular.build(SEED, INVOICES, request.param == "harder"), out)
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
        regular.write(regular.build(seed, 400), tmp_path / name)

    for name in regular.COLUMNS:
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


def test_numbers_are_unique_within_an_entity(rows: Rows) -> None:
    numbers = {(row["entity"], row["number"]) for row in rows["invoices"]}

    assert len(numbers) == len(rows["invoices"])


def test_pairs_stay_within_one_entity(rows: Rows) -> None:
    known = items(rows)

    for pair in rows["truth"]:
        left, right = (known[side] for side in sides(pair))
        assert left["entity"] == right["entity"], pair


def test_pairs_of_an_item_sum_to_no_more_than_the_item(rows: Rows) -> None:
    """A line is used whole; an invoice that nobody recorded a payment of counts like another."""
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


def test_what_is_sent_back_settles_nothing_but_had_reached_the_bank(rows: Rows) -> None:
    settling = {pair["right_id"] for pair in rows["truth"] if pair["left_type"] == "invoice"}
    returned = {pair["left_id"] for pair in rows["truth"] if pair["case"] == "line_returned"}

    assert returned
    assert not returned & settling


def test_a_truth_that_cannot_be_is_refused() -> None:
    world = regular.build(SEED, 400)
    pair = next(pair for pair in world.truth if pair.left.item_type == "invoice")

    world.truth.append(pair)
    with pytest.raises(ValueError, match=f"{pair.left.id} .*stands twice in the truth"):
        regular.check(world)
    world.truth[-1] = replace(pair, cents=0)
    with pytest.raises(ValueError, match=f"{pair.left.id} .*of 0.00, which is nothing"):
        regular.check(world)
    world.truth = [replace(pair, cents=pair.left.cents + 1)]
    with pytest.raises(ValueError, match=f"invoice {pair.left.id} .*which is more"):
        regular.check(world)


def test_most_name_the_number_and_who_does_not_pays_in_order(rows: Rows) -> None:
    known = items(rows)
    written: defaultdict[str, str] = defaultdict(str)
    for row in rows["payments"]:
        written[row["payment_id"]] += f"{row['reference']} {row['memo']} "
    for row in rows["remittance_lines"]:
        written[row["payment_id"]] += f"{row['invoice_reference']} "
    named = []
    silent: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for pair in rows["truth"]:
        if pair["right_type"] == "payment":
            invoice, payment = (known[side] for side in sides(pair))
            named.append(invoice["number"] in written[pair["right_id"]])
            if pair["case"] in ("no_number_same_party", "no_number_foreign_name"):
                silent[invoice["resident_id"]].append((invoice["issue_date"], payment["date"]))
    in_order = [
        earlier[1] <= later[1]
        for dates in silent.values()
        for earlier, later in zip(sorted(dates), sorted(dates)[1:], strict=False)
    ]

    assert sum(named) > 0.5 * len(named)
    assert in_order
    assert sum(in_order) > 0.95 * len(in_order)


def test_every_case_occurs_but_the_rarest_and_none_without_a_name() -> None:
    cases: set[str] = set()
    for harder in (False, True):
        for seed in (1, 2):
            world = regular.build(seed, 10_000, harder)
            cases |= {row["case"] for row in regular.rows(world)["truth"]}

    assert cases <= set(regular.CASES)
    assert not [case for case in set(regular.CASES) - cases if not case.endswith(RARE)]


def test_there_are_about_as_many_items_as_in_life(rows: Rows) -> None:
    invoices = len(rows["invoices"])

    assert abs(invoices / INVOICES - 1) < 0.05
    assert 0.6 < len(rows["payments"]) / invoices < 0.95
    assert 0.5 < len(rows["bank_lines"]) / invoices < 1.0


def test_ids_and_order_do_not_tell_when_something_was_made(rows: Rows) -> None:
    days = [row["issue_date"] for row in rows["invoices"]]
    by_id = [row["issue_date"] for row in sorted(rows["invoices"], key=lambda it: it["invoice_id"])]

    for order in (days, by_id):
        falls = sum(later < earlier for earlier, later in zip(order, order[1:], strict=False))
        assert 0.4 < falls / len(order) < 0.55
