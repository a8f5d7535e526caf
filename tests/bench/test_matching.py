"""The matching benchmark: what is measured, and that everybody's links are scored alike."""

from __future__ import annotations

import ast
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench import benchmarks_page, peers
from bench.matching import PEERS, CommandFailed, as_marts, items, measure, steps, without_truth
from bench.peers import notebook_sql
from bench.peers.folder import take_in_order
from pipelines.evaluate import score
from pipelines.sandbox.exchange import write_exchange
from pipelines.sandbox.world import simulate

STRANGER = (
    "select * replace ('inv_of_nobody' as left_source_id, 1000 as amount) "
    "from links where left_type = 'invoice' limit 1"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_exchange(simulate(7, 300, 2, months=12), folder)
    return folder


@pytest.fixture(scope="module")
def links(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scratch = tmp_path_factory.mktemp("notebook")
    file = scratch / "links.parquet"
    notebook_sql.link(without_truth(world, scratch / "seen"), file)
    return file


def scored(links: Path, world: Path, tmp_path: Path, **options: Any) -> dict[str, Any]:
    whole: dict[str, Any] = score(as_marts(links, tmp_path / "scored.duckdb", **options), world)
    return whole["all"]


def test_the_notebooks_links_are_scored_as_ours_are(
    links: Path, world: Path, tmp_path: Path
) -> None:
    found = scored(links, world, tmp_path)

    [(pairs, money)] = duckdb.sql(f"select count(*), sum(abs(amount)) from '{links}'").fetchall()
    assert found["auto_pairs"] == pairs
    assert Decimal(found["auto_amount"]) == money
    assert found["true_pairs"] == items(world)["truth"]
    assert 0.8 < found["auto_precision"] < 1
    assert 0.4 < found["auto_recall"] < 1


def test_a_link_of_an_item_that_nobody_knows_is_wrong(
    links: Path, world: Path, tmp_path: Path
) -> None:
    before = scored(links, world, tmp_path)
    more = tmp_path / "more.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table links as from '{links}'")
        connection.execute(f"insert into links {STRANGER}")
        connection.execute(f"copy links to '{more}'")

    after = scored(more, world, tmp_path)

    assert after["right_pairs"] == before["right_pairs"]
    assert after["wrong_pairs"] == before["wrong_pairs"] + 1
    assert Decimal(after["wrong_amount"]) == Decimal(before["wrong_amount"]) + 1000


def test_a_cut_off_makes_proposals_of_what_is_less_probable(
    links: Path, world: Path, tmp_path: Path
) -> None:
    every = scored(links, world, tmp_path, cut_off=1)
    none = scored(links, world, tmp_path, cut_off=1.5)

    assert every["auto_pairs"] == scored(links, world, tmp_path)["auto_pairs"]
    assert none["auto_pairs"] == 0
    assert none["assisted_recall"] == every["auto_recall"]


def test_a_contender_does_not_see_the_truth(world: Path, tmp_path: Path) -> None:
    seen = without_truth(world, tmp_path / "seen")

    assert {file.name for file in world.iterdir()} - {file.name for file in seen.iterdir()} == {
        "truth.csv"
    }
    assert (seen / "invoices.csv").read_bytes() == (world / "invoices.csv").read_bytes()


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_knows_nothing_of_the_product(name: str) -> None:
    [folder] = peers.__path__
    modules = {
        imported
        for file in (Path(folder) / f"{name}.py", Path(folder) / "folder.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for imported in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert "bench.peers.folder" in modules
    assert not {module for module in modules if module.startswith(("pipelines", "dashboard"))}


def test_no_money_is_taken_twice() -> None:
    left, right = {"a": 100, "b": 50}, {"x": 120, "y": 50}
    pairs = [("a", "x", 0.9), ("b", "x", 0.8), ("a", "y", 0.7), ("b", "y", 0.6)]

    taken = list(take_in_order(pairs, left, right))

    assert [(pair[:2], cents) for pair, cents in taken] == [
        (("a", "x"), 100),
        (("b", "x"), 20),
        (("b", "y"), 30),
    ]


def test_the_memory_of_children_is_counted() -> None:
    hold = "import time; held = bytearray(150_000_000); time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{hold}'])"

    measured = measure([sys.executable, "-c", parent], most_minutes=1)

    assert measured is not None
    assert measured.peak_mb > 140
    assert measured.wall_seconds >= 0.5


def test_what_takes_too_long_is_ended_and_what_fails_says_why() -> None:
    sleep = "import time; time.sleep(60)"

    assert measure([sys.executable, "-c", sleep], most_minutes=0.005) is None
    with pytest.raises(CommandFailed, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], most_minutes=1)


def test_steps_are_the_layers_of_models_and_the_tests() -> None:
    def node(name: str, seconds: float, kind: str = "model") -> dict[str, Any]:
        return {"name": name, "resource_type": kind, "seconds": seconds, "rows": 10}

    found = steps(
        {
            "seconds": {"load": 2.0, "build": 9.0, "publish": 1.0},
            "nodes": [
                node("stg_exchange__invoices", 0.5),
                node("int_invoices__unioned", 0.25),
                node("int_deposit_sets__searched", 1.5),
                node("match_allocations", 0.125),
                node("assert_payments_add_up", 0.75, "test"),
                node("currencies", 5.0, "seed"),
            ],
        },
        {"invoices": 7, "payments": 5, "truth": 9},
    )

    assert {name: (one["seconds"], one["rows"]) for name, one in found.items()} == {
        "load": (2.0, 12),
        "staging and canonical": (0.75, 20),
        "evidence": (0, 0),
        "matching": (1.5, 10),
        "marts and reports": (0.12, 10),
        "gate tests": (0.75, 0),
        "build, by the clock": (9.0, 0),
        "publish": (1.0, 0),
    }


def test_the_page_says_who_has_no_figures_and_how_steps_grow() -> None:
    shares = dict.fromkeys(benchmarks_page.SHARES, 0.5)

    def ours(seconds: float) -> dict[str, Any]:
        return {
            "wall_seconds": seconds,
            "cpu_seconds": seconds,
            "peak_mb": 2048,
            "legs": {"all": shares},
            "steps": {"matching": {"seconds": seconds, "rows": 5}},
            "nodes": [{"name": "matches", "seconds": seconds, "rows": 5}],
        }

    def size(seconds: float, peer: dict[str, Any]) -> dict[str, Any]:
        counted = dict.fromkeys(("invoices", "payments", "bank_lines", "truth"), 100)
        return {"items": counted, "contenders": {"counterfoil": ours(seconds), "peer": peer}}

    page = benchmarks_page.page(
        {
            "seed": 7,
            "machine": {"system": "Linux", "cores": 2, "memory_gb": 8, "versions": {"duckdb": "2"}},
            "titles": {"counterfoil": "counterfoil", "peer": "a peer"},
            "sizes": {
                "100": size(10, {"failed": "exit code -9"}),
                "200": size(25, {"ended_after_minutes": 30.0}),
            },
            "dense": ours(50) | {"size": 200, "items": size(0, {})["items"]},
        }
    )

    assert "| counterfoil | 10.0 | 10.0 | 2.00 | 50.00 % |" in page
    assert "| a peer | failed, exit code -9 |" in page
    assert "| a peer | ended after 30 minutes |" in page
    assert "| matching | 10.0 | 5 | 25.0 | 5 | × 2.5 |" in page
    assert "| ratio |  |  | 2.00 |  | 2.00 |" in page
