"""What holds for the links of any world: ids do not matter, and equals settle nothing."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench.worlds import provider
from pipelines.evaluate import evaluate
from tests.evaluation.variations import again, renumbered, repeated, rewritten, selected

Links = set[tuple[str, str, str, str]]

worlds = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
seeds = st.integers(min_value=100, max_value=10_000)


def world(seed: int, folder: Path) -> Path:
    """A small world, without its truth."""
    provider.simulate(provider.Wanted(seed=seed, invoices=250), folder)
    (folder / "truth.csv").unlink()
    return folder


def automatic(folder: Path, rule: str = "") -> Links:
    """Leg, ids and amount of each automatic link, of one rule or all."""
    with tempfile.TemporaryDirectory() as kept:
        published = Path(kept) / "warehouse.duckdb"
        evaluate(folder, warehouse=published)
        return set(
            selected(
                published,
                "select leg, left_source_id, right_source_id, cast(amount as varchar)"
                " from marts.match_allocations"
                " where status = 'auto' and rule in (select coalesce(nullif($1, ''), rule))",
                rule,
            )
        )


@worlds
@given(seed=seeds)
def test_other_ids_move_no_automatic_link(seed: int) -> None:
    def renamed(value: str) -> str:
        return value and str(random.Random(f"{seed} {value}").getrandbits(60))

    with tempfile.TemporaryDirectory() as scratch:
        folder = world(seed, Path(scratch) / "world")
        links = automatic(folder)
        others = automatic(rewritten(folder, Path(scratch) / "renamed", renumbered(renamed)))

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
        twins = rewritten(folder, Path(scratch) / "twins", repeated({"payments": named}))
        after = {left for leg, left, _, _ in automatic(twins) if leg == "clearing"}

    assert len(named) > 5
    assert not after & (named | {again(left) for left in named})
