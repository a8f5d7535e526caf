"""Measure the engine on every labelled world and write docs/evaluation.md.

    python -m tests.evaluation.report [--only WORLD] [--cases FILE]

Takes about ten minutes on two cores. The table of cases is written beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipelines.evaluate import evaluate
from tests.cases import folder as cases
from tests.cases import score as cases_score
from tests.evaluation.worlds import WORLDS

RUNS = (
    ("sandbox", 7, 20_000),
    ("provider", 1, 20_000),
    ("provider", 2, 20_000),
    ("provider_harder", 3, 20_000),
    ("provider_one_entity", 4, 20_000),
    ("regular", 1, 20_000),
    ("regular", 2, 20_000),
    ("regular_harder", 3, 20_000),
    ("state_rates", 1, 20_000),
    ("state_rates", 2, 20_000),
    ("state_rates_harder", 3, 20_000),
    ("foster_group", 1, 20_000),
    ("foster_group", 2, 20_000),
    ("foster_group_harder", 3, 20_000),
    ("plain_group", 1, 20_000),
    ("plain_group_harder", 3, 20_000),
    ("plain_group_huge", 5, 20_000),
    ("care_homes", 1, 20_000),
    ("care_homes_harder", 2, 20_000),
    ("cash_application", 1, 2_000),
    ("ledger", 1, 2_000),
)
CASES = (1, 200)
DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = """# Measured

What `counterfoil evaluate` says of builds of labelled worlds: written by `python -m
tests.evaluation.report`, from the published marts alone. How each figure is counted stands in
`pipelines/evaluate.py`; *F1 of the first* weighs the links and the first proposal of each payment
or bank line. The provider, regular, state rates, foster group, plain group, care homes, cash
application and ledger worlds were written without knowledge of the engine, the plain group with the
errors of another matcher in view; the sandbox was written beside it. Of *regular* payers most name
the invoice's number, and who names none pays in order; so it is at *state rates*, where agencies
pay lists and fewer lines say who paid; at a *foster group* many offices take cheques and cash to
the bank, several gateways pay out, and one party in five pays past the books; of a *plain group*
most payers or their banks name a number or a whole name and pay the oldest bill first, and four
private receipts in ten are never recorded; in the others they pay ahead, skip and pay for each
other, and a third of what reaches the bank lies in deposits without a slip, which only ask.

"""
COLUMNS = ("world", "seed", "size", "leg", "auto pairs", "auto precision", "economic") + (
    (
        "wrong money",
        "auto recall",
        "with proposals",
        "F1 of the first",
        "first proposal right",
        "queue",
    )
)
CASES_HEAD = """
## Case by case

{each} drawn instances of each case of the case list: links that must be found, links that must
not appear, and what must be asked. A false automatic link is one that is wrong, or right but
should have been asked; *at most* is the upper limit of the share of instances with one, at 95 %.

"""


def percent(share: float | None) -> str:
    """A share of one with two places."""
    return "–" if share is None else f"{100 * share:.2f} %"


def rows(world: str, seed: int, size: int) -> list[str]:
    """The table's rows of one world."""
    with tempfile.TemporaryDirectory() as scratch:
        WORLDS[world](seed, size, Path(scratch))
        result = evaluate(Path(scratch))
    if result["silent_loss"]["count"]:
        raise SystemExit(f"{world}: {result['silent_loss']}")
    return [
        line(
            (world, str(seed), f"{size:,}", leg, f"{one['auto_pairs']:,}"),
            (one["auto_precision"], one["economic_precision"], one["wrong_money"]),
            (one["auto_recall"], one["assisted_recall"], one["assisted_f1"]),
            (one["first_suggestion_precision"],),
            (f"{one['queue_length']:,}",),
        )
        for leg, one in [("all", result["all"]), *sorted(result["legs"].items())]
    ]


def line(*groups: Sequence[str | float | None]) -> str:
    """One row of the table; what is no text is a share."""
    cells = [cell if isinstance(cell, str) else percent(cell) for group in groups for cell in group]
    return f"| {' | '.join(cells)} |"


def case_table() -> str:
    """The table of cases, from a build of one folder that holds them all."""
    seed, each = CASES
    with tempfile.TemporaryDirectory() as scratch:
        folder, warehouse = Path(scratch) / "folder", Path(scratch) / "built.duckdb"
        cases.write(folder, cases.instances(seed, each))
        evaluate(folder, warehouse=warehouse)
        scores = cases_score.score(cases_score.read(warehouse), folder)
        return cases_score.table(scores, cases_score.rows(folder, "cases"))


def main(
    only: Annotated[str | None, typer.Option(help="Print the rows of one world and stop.")] = None,
) -> None:
    """Write docs/evaluation.md."""
    if only:
        typer.echo("\n".join(line for run in RUNS if run[0] == only for line in rows(*run)))
        return
    lines = [line(COLUMNS), line(("---",) * 4 + ("---:",) * (len(COLUMNS) - 4))]
    for run in RUNS:
        found = rows(*run)
        typer.echo(found[0])
        lines += found
    text = HEAD + "\n".join(lines) + "\n" + CASES_HEAD.format(each=CASES[1]) + case_table()
    (DOCS / "evaluation.md").write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
