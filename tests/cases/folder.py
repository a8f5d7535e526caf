"""Writes instances of every case as one exchange folder, with what is right beside it.

    python -m tests.cases.folder --out DIR --instances 200 --seed 1

Beside the files of the format lie three that no reader of it loads: `forbidden.csv` (pairs that
must not be automatic), `expected.csv` (what else must hold, see `world.Check`) and `cases.csv`
(every case, also those that wait). `truth.csv` has two columns more: outcome and instance.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipelines.files import exchange
from tests.cases.registry import all_cases, generated
from tests.cases.world import Instance, Place, money, slots

SHARED_ENTITIES = 40
TRUTH = ("left_type", "left_id", "right_type", "right_id", "amount", "case", "outcome", "instance")
FORBIDDEN = ("left_type", "left_id", "right_type", "right_id", "case", "why", "instance")
EXPECTED = ("case", "instance", "check", "item_type", "item_id", "other_type", "other_id") + (
    "value",
    "amount",
)
CASES = ("number", "case", "title", "outcome", "instances", "waits", "elsewhere")


def instances(seed: int, each: int, only: Iterable[int] = ()) -> Iterator[Instance]:
    """So many instances of each case, spread over the shared entities."""
    wanted = set(only)
    cases = [one for one in generated() if not wanted or one.number in wanted]
    entities = max(SHARED_ENTITIES, -(-len(cases) * each // slots()))
    for place, one in enumerate(cases):
        for serial in range(each):
            slot, entity = divmod(place * each + serial, entities)
            yield one.instance(seed, serial, Place(f"home-{entity + 1:02}", slot))


def write(folder: Path, filled: Iterable[Instance]) -> dict[str, int]:
    """Write the whole folder; files of the same name are replaced. Says how many rows of each."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[dict[str, str]]] = {file.name: [] for file in exchange.FILES}
    rows |= {"forbidden": [], "expected": [], "cases": []}
    made: dict[int, int] = {}
    for one in filled:
        made[one.case.number] = made.get(one.case.number, 0) + 1
        rows["invoices"] += (item.row for item in one.invoices)
        rows["payments"] += (item.row for item in one.payments)
        rows["bank_lines"] += (item.row for item in one.bank_lines)
        rows["allocations"] += one.allocations
        rows["remittance_lines"] += one.remittance_lines
        rows["truth"] += _truth(one)
        rows["forbidden"] += _forbidden(one)
        rows["expected"] += _expected(one)
    rows["cases"] += (
        {
            "number": str(case.number),
            "case": case.name,
            "title": case.title,
            "outcome": case.outcome,
            "instances": str(made.get(case.number, 0)),
            "waits": case.waits or "",
            "elsewhere": case.elsewhere or "",
        }
        for case in all_cases()
    )
    columns = {file.name: file.columns for file in exchange.FILES}
    columns |= {"truth": TRUTH, "forbidden": FORBIDDEN, "expected": EXPECTED, "cases": CASES}
    for name, kept in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns[name], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
    return {name: len(kept) for name, kept in rows.items()}


def _truth(one: Instance) -> Iterator[dict[str, str]]:
    for link in one.links:
        yield {
            "left_type": link.left.kind,
            "left_id": link.left.item_id,
            "right_type": link.right.kind,
            "right_id": link.right.item_id,
            "amount": money(link.amount),
            "case": one.case.name,
            "outcome": link.outcome,
            "instance": one.key,
        }


def _forbidden(one: Instance) -> Iterator[dict[str, str]]:
    for pair in one.forbidden:
        yield {
            "left_type": pair.left.kind,
            "left_id": pair.left.item_id,
            "right_type": pair.right.kind,
            "right_id": pair.right.item_id,
            "case": one.case.name,
            "why": pair.why,
            "instance": one.key,
        }


def _expected(one: Instance) -> Iterator[dict[str, str]]:
    for each in one.expected:
        yield {
            "case": one.case.name,
            "instance": one.key,
            "check": each.check,
            "item_type": each.item.kind,
            "item_id": each.item.item_id,
            "other_type": each.other.kind if each.other else "",
            "other_id": each.other.item_id if each.other else "",
            "value": each.value,
            "amount": "" if each.amount is None else money(each.amount),
        }


def main(
    out: Annotated[Path, typer.Option(help="The folder to write; made when missing.")],
    instances_: Annotated[int, typer.Option("--instances", help="So many of each case.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = 1,
    case: Annotated[list[int] | None, typer.Option(help="Only this case; may be repeated.")] = None,
) -> None:
    """Write labelled instances of the matching cases."""
    written = write(out, instances(seed, instances_, case or ()))
    typer.echo(f"{out}: " + ", ".join(f"{count} {name}" for name, count in written.items()))


if __name__ == "__main__":
    typer.run(main)
