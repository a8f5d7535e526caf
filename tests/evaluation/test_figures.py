"""A fall in any guarded figure fails the build: guarded.csv says what each small world must give.

`at_least` and `at_most` stand a little off what was measured, so that a changed tie does not fail
the build and a lost rule does. Whoever makes the engine better raises them.
"""

import csv
from pathlib import Path

import pytest

from pipelines.evaluate import evaluate
from tests.evaluation.worlds import WORLDS, figures

GUARDED = Path(__file__).with_name("guarded.csv")


def guarded() -> dict[tuple[str, int, int], list[dict[str, str]]]:
    """The rows of guarded.csv by world, seed and size."""
    runs: dict[tuple[str, int, int], list[dict[str, str]]] = {}
    with GUARDED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            runs.setdefault((row["world"], int(row["seed"]), int(row["size"])), []).append(row)
    return runs


@pytest.mark.parametrize(("run", "rows"), guarded().items(), ids=lambda it: str(it)[:40])
def test_no_guarded_figure_has_fallen(
    run: tuple[str, int, int], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    world, seed, size = run
    WORLDS[world](seed, size, tmp_path / "folder")
    seen = figures(evaluate(tmp_path / "folder"))
    fallen = [
        f"{row['figure']} is {seen[row['figure']]:.5f}, guarded {row['bound']} {row['value']}"
        for row in rows
        if not (
            seen[row["figure"]] >= float(row["value"])
            if row["bound"] == "at_least"
            else seen[row["figure"]] <= float(row["value"])
        )
    ]
    assert not fallen, f"{world}: {'; '.join(fallen)}"
