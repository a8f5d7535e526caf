"""The simulated cash application and bank-to-ledger sets: what their truth may claim."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from bench.worlds import cash_application, ledger
from bench.worlds.cash_application import Folder

WORLDS: dict[str, Callable[[int, int], Folder]] = {
    "cash_application": cash_application.build,
    "ledger": ledger.build,
}
SIDES = {
    "invoice": ("invoices", "invoice_id", "total"),
    "payment": ("payments", "payment_id", "amount"),
    "bank_line": ("bank_lines", "line_id", "amount"),
}
# Drawn, and in truth by their absence.
UNPAIRED = {
    "duplicate_payment_second",
    "stranger_equal_amount",
    "unrelated",
    "on_account",
    "near_amount_strangers",
    "outstanding_cheque",
    "deposit_in_transit",
    "bank_charge",
    "interest",
    "line_not_booked",
    "void_only",
}

Rows = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def rows(world: str, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    folder = tmp_path_factory.mktemp(world)
    WORLDS[world](7, 600).write(folder)
    return {file.stem: read(file) for file in folder.glob("*.csv")}


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def items(rows: Rows) -> dict[tuple[str, str], dict[str, str]]:
    return {(kind, row[key]): row for kind, (name, key, _) in SIDES.items() for row in rows[name]}


def sides(pair: dict[str, str]) -> list[tuple[str, str]]:
    return [(pair["left_type"], pair["left_id"]), (pair["right_type"], pair["right_id"])]


def test_a_seed_gives_the_same_bytes_and_another_gives_others(world: str, tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        WORLDS[world](seed, 200).write(tmp_path / name)
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    truths = [(tmp_path / name / "truth.csv").read_bytes() for name in ("one", "other")]
    assert truths[0] != truths[1]


def test_ids_are_unique_and_truth_names_no_other(rows: Rows) -> None:
    known = items(rows)

    assert len(known) == sum(len(rows[name]) for name, _, _ in SIDES.values())
    assert not [side for pair in rows["truth"] for side in sides(pair) if side not in known]
    payments = {row["payment_id"] for row in rows["payments"]}
    assert {row["payment_id"] for row in rows["remittance_lines"]} <= payments
    assert len({tuple(sides(pair)) for pair in rows["truth"]}) == len(rows["truth"])


def test_pairs_stay_within_one_entity_and_currency_and_flow_one_way(rows: Rows) -> None:
    known = items(rows)

    for pair in rows["truth"]:
        left, right = (known[side] for side in sides(pair))
        assert left["entity"] == right["entity"], pair
        assert left["currency"] == right["currency"], pair
        if pair["right_type"] == "bank_line":
            assert (left["direction"] == "in") == (Decimal(right["amount"]) > 0), pair
            assert left["account"] == right["account"], pair


def test_pairs_of_an_item_sum_to_no_more_than_the_item(rows: Rows) -> None:
    known = items(rows)
    sums: defaultdict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for pair in rows["truth"]:
        for side in sides(pair):
            sums[*side, pair["left_type"], pair["right_type"]] += Decimal(pair["amount"])

    for (kind, key, *_), total in sums.items():
        amount = Decimal(known[kind, key][SIDES[kind][2]])
        assert 0 < abs(total) <= abs(amount), (kind, key)
        assert kind == "bank_line" or (total > 0) == (amount > 0), (kind, key)


def test_every_situation_is_drawn_and_stands_in_truth_or_is_meant_not_to(world: str) -> None:
    folder = WORLDS[world](5, 400)
    links = Counter(row["case"] for row in folder.rows["truth"])
    module = {"cash_application": cash_application, "ledger": ledger}[world]

    assert {situation.__name__ for _, situation in module.SITUATIONS} <= folder.situations.keys()
    assert not [case for case, drawn in folder.situations.items() if drawn < 1]
    assert {case for case in folder.situations if not links[case]} <= UNPAIRED
    assert not UNPAIRED & links.keys()


def test_a_silent_payment_that_is_not_called_ambiguous_has_one_answer(tmp_path: Path) -> None:
    """Among what the customer has open that day, no other set of up to four meets the amount."""
    cash_application.build(11, 600).write(tmp_path)
    rows = {file.stem: read(file) for file in tmp_path.glob("*.csv")}
    known = items(rows)
    settled: dict[str, str] = {}
    silent: dict[str, dict[str, str]] = {}
    for pair in rows["truth"]:
        if pair["left_type"] == "invoice":
            payment = known["payment", pair["right_id"]]
            settled[pair["left_id"]] = max(settled.get(pair["left_id"], ""), payment["date"])
            if pair["case"] in {"no_remittance_single", "no_remittance_sum"}:
                silent[pair["right_id"]] = known["invoice", pair["left_id"]]

    assert silent
    for key, invoice in silent.items():
        payment = known["payment", key]
        open_then = [
            int(Decimal(each["total"]) * 100)
            for each in rows["invoices"]
            if each["party_id"] == invoice["party_id"]
            and each["status"] == "open"
            and each["issue_date"] <= payment["date"]
            and settled.get(each["invoice_id"], "9999") >= payment["date"]
        ]
        target = int(Decimal(payment["amount"]) * 100)
        assert cash_application.sets_that_meet(open_then, target) == 1, key


def test_a_netted_credit_note_is_paired_against_its_sign(rows: Rows) -> None:
    known = items(rows)
    netted = [pair for pair in rows["truth"] if pair["case"].startswith("credit_memo")]
    credits = [pair for pair in netted if pair["amount"].startswith("-")]
    payments = {pair["right_id"] for pair in netted}

    assert bool(credits) == bool(rows["invoices"])
    assert {pair["right_id"] for pair in credits} == payments
    for key in payments:
        total = sum(Decimal(pair["amount"]) for pair in netted if pair["right_id"] == key)
        assert total == Decimal(known["payment", key]["amount"])
