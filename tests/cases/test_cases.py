"""The labelled cases: complete, the same for a seed, consistent, loadable; and how they score."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.files import exchange
from pipelines.files.tables import RAW_TABLES
from tests.cases import folder, score
from tests.cases.registry import all_cases, generated
from tests.cases.world import ROOT, YEAR, Case, Instance, Item, Link, Outcome

SEEDS = (1, 2)
EACH = 12
OUTCOMES: set[Outcome] = {"AUTO", "ASK", "EITHER"}
LEGS = {("invoice", "payment"), ("payment", "bank_line"), ("invoice", "bank_line")}
ALIKE = {("bank_line", "bank_line"), ("invoice", "invoice")}
RAW = {table.name: table for table in RAW_TABLES["exchange"]}
WITHOUT = [one for one in all_cases() if not one.make]


def name(one: Case) -> str:
    return one.name


@pytest.fixture(params=generated(), ids=name)
def filled(request: pytest.FixtureRequest) -> list[Instance]:
    return [request.param.instance(seed, serial) for seed in SEEDS for serial in range(EACH)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases")
    folder.write(path, folder.instances(seed=1, each=3))
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_is_complete() -> None:
    assert [one.number for one in all_cases()] == list(range(1, 86))
    assert len({one.name for one in generated()}) == len(generated())


@pytest.mark.parametrize("one", WITHOUT, ids=lambda one: f"{one.number:02}")
def test_a_case_without_generator_is_covered_elsewhere_or_waits(one: Case) -> None:
    if one.waits:
        pytest.skip(f"{one.title}: waits for {one.waits}")
    assert one.elsewhere
    file, _, test = one.elsewhere.partition("::")
    assert test in (ROOT / file).read_text()


def test_an_instance_depends_on_seed_and_place_alone(filled: list[Instance]) -> None:
    for one in filled:
        assert one.case.instance(one.seed, one.serial) == one
    others = [one.case.instance(one.seed + 9, one.serial) for one in filled]
    assert others != filled


def test_ids_are_the_instances_own(filled: list[Instance]) -> None:
    for one in filled:
        ids = [item.item_id for item in one.items]
        assert len(ids) == len(set(ids)) > 0
        assert all(item_id.startswith(f"{one.key}-") for item_id in ids)


def test_amounts_and_days_are_those_of_a_year(filled: list[Instance]) -> None:
    for one in filled:
        for item in one.items:
            assert item.amount >= 0 and date(YEAR - 1, 1, 1) < item.day < date(YEAR, 11, 1)
        for payment in one.payments:
            assert not payment.row["amount"].startswith("-")


def test_every_label_names_items_that_fit(filled: list[Instance]) -> None:
    for one in filled:
        for link in one.links:
            assert (link.left.kind, link.right.kind) in LEGS
            assert link.left.entity == link.right.entity
            kinds = (link.left.kind, link.right.kind)
            assert link.left.currency == link.right.currency or kinds == ("payment", "bank_line")
            assert link.outcome in OUTCOMES
        for pair in one.forbidden:
            assert (pair.left.kind, pair.right.kind) in LEGS | ALIKE
        named = [item for link in one.links for item in (link.left, link.right)]
        named += [item for pair in one.forbidden for item in (pair.left, pair.right)]
        named += [item for each in one.expected for item in (each.item, each.other) if item]
        assert all(any(item is own for own in one.items) for item in named)
        assert named


def test_right_and_forbidden_have_nothing_in_common(filled: list[Instance]) -> None:
    for one in filled:
        right = [(link.left.item_id, link.right.item_id) for link in one.links]
        never = [(pair.left.item_id, pair.right.item_id) for pair in one.forbidden]
        free = [
            (each.item.item_id, each.other.item_id)
            for each in one.expected
            if each.other and each.check in ("pair", "allowed")
        ]
        assert len(right) == len(set(right))
        assert len(never) == len(set(never))
        assert not set(right) & set(never)
        assert not set(never) & set(free)


def test_no_cent_is_linked_twice(filled: list[Instance]) -> None:
    for one in filled:
        used: Counter[tuple[str, str]] = Counter()
        amounts = {item.item_id: item.amount for item in one.items}
        spent = Counter(amounts)
        for link in one.links:
            if is_credit_netted(link):
                spent[link.right.item_id] += link.amount
        for link in one.links:
            sides = (link.left, link.right)
            shared = [spent[each.item_id] for each in sides if is_alike(each, link)]
            assert 0 < link.amount <= min(shared), one.key
            for item in (link.left, link.right):
                used[side(item, link)] += signed(item, link)
        for (item_id, _), amount in used.items():
            assert amount <= amounts[item_id], f"{item_id} is used beyond its amount"


def side(item: Item, link: Link) -> tuple[str, str]:
    """An item and the side it is used from: a payment is linked to invoices and to the bank."""
    is_clearing = link.right.kind == "bank_line" and link.left.kind == "payment"
    return item.item_id, "bank" if is_clearing and item.kind == "payment" else "use"


def signed(item: Item, link: Link) -> int:
    """What a link takes of an item: a refund inside a payout leaves more of its line."""
    is_netted = (
        item.kind == "bank_line"
        and link.left.row.get("direction") == "out"
        and link.left.kind == "payment"
        and not item.row["amount"].startswith("-")
    ) or (item.kind == "payment" and is_credit_netted(link))
    amount = link.amount if is_alike(item, link) else item.amount
    return -amount if is_netted else amount


def is_credit_netted(link: Link) -> bool:
    """Whether a credit note leaves more of a payment for the documents beside it."""
    return (
        link.right.kind == "payment"
        and link.left.kind == "invoice"
        and link.left.row["total"].startswith("-")
        and (link.left.row["direction"] == "receivable") == (link.right.row["direction"] == "in")
    )


def is_alike(item: Item, link: Link) -> bool:
    """Whether the link's amount, told in its left side's currency, is in the item's own."""
    return item.currency == link.left.currency


def test_instances_share_entities_but_no_names_and_no_numbers() -> None:
    parties: dict[tuple[str, str], set[str]] = defaultdict(set)
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    entities: Counter[str] = Counter()
    for one in folder.instances(seed=1, each=40):
        for item in one.invoices:
            parties[item.entity, item.row["party_name"].split()[-1]].add(one.key)
            numbers[item.entity, "".join(filter(str.isdigit, item.number))].add(one.key)
        entities.update({item.entity for item in one.items if item.entity.startswith("home-")})
    firms = {"LLC", "Inc", "Plan", "Network", "Agency", "Health", "Services", "Board"}
    firms |= {"Service", "Laundry", "Maintenance", "Supply"}
    assert max(entities.values()) > 20
    assert not {key for key, owners in parties.items() if len(owners) > 1 and key[1] not in firms}
    shared = {key: owners for key, owners in numbers.items() if len(owners) > 1}
    assert all(all(owner.startswith("31-") for owner in owners) for owners in shared.values())


def test_the_folder_loads_and_what_is_right_stays_out_of_it(written: Path, tmp_path: Path) -> None:
    read = exchange.Exchange(exchange.paths(written), tmp_path)
    try:
        for table in (RAW[file.name] for file in exchange.FILES if file.is_loaded):
            loaded = sum(batch.num_rows for batch in read.batches(table.name, "c", table.schema))
            assert loaded == len(rows(written / f"{table.name}.csv")) > 0
    finally:
        read.close()
    loadable = {file.name for file in exchange.FILES}
    assert {path.stem for path in written.glob("*.csv")} - loadable == {
        "forbidden",
        "expected",
        "cases",
    }


def test_the_same_seed_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    folder.write(tmp_path, folder.instances(seed=1, each=3))
    for path in written.glob("*.csv"):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


# The scoring, on a warehouse so small that it can be counted by hand


PAIRS = """
create schema marts;
create table marts.match_allocations (
    match_key text, leg text, left_type text, left_key text, left_source_id text, right_type text,
    right_key text, right_source_id text, amount decimal(18, 4), status text
);
create table marts.unmatched_items (
    item_type text, source_id text, reason text, unmatched_amount decimal(18, 4)
);
create table marts.exceptions (item_type text, item_key text, exception_type text);
create table marts.invoices (invoice_key text, source_id text);
create table marts.payments (payment_key text, source_id text);
create table marts.bank_lines (bank_line_key text, source_id text);
"""


def scored(
    written: Path, warehouse: Path, row: dict[str, str], status: str, unmatched: str = ""
) -> score.Score:
    """The score of a labelled pair's case where that pair alone stands, with this status."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(PAIRS)
        connection.execute(
            "insert into marts.match_allocations values ('m', 'any', ?, '', ?, ?, '', ?, 100, ?)",
            [row["left_type"], row["left_id"], row["right_type"], row["right_id"], status],
        )
        if unmatched:
            connection.execute(
                "insert into marts.unmatched_items values ('payment', ?, 'rest_on_account', ?)",
                [row["right_id"], unmatched],
            )
    return score.score(score.read(warehouse), written)[row["case"]]


def labelled(written: Path, file: str, case: str, outcome: str = "") -> dict[str, str]:
    return next(
        row
        for row in rows(written / f"{file}.csv")
        if row["case"] == case and (not outcome or row["outcome"] == outcome)
    )


def test_a_forbidden_link_is_false_only_if_automatic(written: Path, tmp_path: Path) -> None:
    pair = labelled(written, "forbidden", "38_same_rate")

    asked = scored(written, tmp_path / "asked.duckdb", pair, "suggested")
    false = scored(written, tmp_path / "false.duckdb", pair, "auto")

    assert (asked.wrong, asked.forbidden, len(asked.false_instances)) == (0, 0, 0)
    assert (false.wrong, false.forbidden, len(false.false_instances)) == (1, 1, 1)
    assert false.wrong_amount == false.auto_amount == Decimal(100)


def test_what_should_be_asked_is_right_as_a_proposal_and_false_as_a_link(
    written: Path, tmp_path: Path
) -> None:
    pair = labelled(written, "truth", "22_transposed", "ASK")

    asked = scored(written, tmp_path / "asked.duckdb", pair, "suggested")
    linked = scored(written, tmp_path / "linked.duckdb", pair, "auto")

    assert (asked.suggested, asked.as_labelled, len(asked.false_instances)) == (1, 1, 0)
    assert (linked.auto, linked.as_labelled, linked.ask_auto, linked.wrong) == (1, 0, 1, 0)
    assert len(linked.false_instances) == 1


def test_a_remainder_is_met_to_the_cent(written: Path, tmp_path: Path) -> None:
    pair = labelled(written, "truth", "09_over_payment", "AUTO")
    [rest] = [
        row["amount"]
        for row in rows(written / "expected.csv")
        if row["item_id"] == pair["right_id"]
    ]

    met = scored(written, tmp_path / "met.duckdb", pair, "auto", rest)
    off = scored(written, tmp_path / "off.duckdb", pair, "auto", "0.01")

    assert (met.as_labelled, met.checks_met) == (off.as_labelled, 1)
    assert off.checks_met == 0


@pytest.mark.parametrize(
    ("wrong", "trials", "limit"),
    # 1 - 0.05 ** (1 / n) for none; the others as in printed tables.
    [(0, 200, 0.014867), (0, 20, 0.139108), (1, 10, 0.394163), (5, 5, 1.0), (3, 100, 0.075713)],
)
def test_the_confidence_limit_is_that_of_clopper_and_pearson(
    wrong: int, trials: int, limit: float
) -> None:
    assert score.upper_limit(wrong, trials) == pytest.approx(limit, abs=1e-5)
