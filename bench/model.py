"""The frozen model of matching, made anew: `python -m bench.model [--write]`.

The worlds of MADE_FROM are written and calibrated over together. What comes out is compared with
the seeds: either they are what this command gives, or it says what moves, and `--write` writes it
as the next version and repeats that until a model gives itself. The same code, seeds and worlds
give the same bytes.

Then the model in `seeds/` is measured on worlds that took no part, whose true links are known,
with `--write` before and after. Rules link, not weights: where a new model changes an automatic
link, the old seeds are put back and the exit code is 1.

Takes about ten minutes on two cores, with `--write` twice that.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import duckdb
import typer

from pipelines import calibrate
from pipelines.evaluate import evaluate
from pipelines.publish import quoted
from pipelines.settings import PROJECT
from pipelines.weighing import LEAST_CHECKED, MOST_OVERSAID, Weights
from tests.evaluation.worlds import WORLDS

SEEDS = PROJECT / "seeds"
AS_OF = "2026-11-20"
MADE_FROM = (
    ("provider", 101, 20_000),
    ("provider", 102, 20_000),
    ("provider", 103, 20_000),
    ("sandbox", 201, 10_000),
    ("sandbox", 202, 10_000),
    ("sandbox", 203, 10_000),
)
MOST_ROUNDS = 4
MEASURED_ON = (("provider", 1, 10_000), ("sandbox", 7, 10_000))

Links = Counter[tuple[Any, ...]]

READ_LINKS = """
select leg, left_type, left_source_id, right_type, right_source_id, amount, rule
from published.marts.match_allocations
where status = 'auto'
"""
COUNT_RULES = """
with

truth as (
    select distinct left_type, left_id, right_type, right_id
    from read_csv($1, all_varchar = true)
),

leads as (
    select leg, left_key, right_key, rule, max(lead) as lead
    from published.marts.match_candidates
    group by all
),

-- One row a pair and rule, however many sets it stands in. What a payout holds has no lead of its
-- own and is left out.
pairs as (
    select
        leg,
        rule,
        left_type,
        left_source_id as left_id,
        right_type,
        right_source_id as right_id,
        max(lead) as lead,
        bool_or(probability is not null) as is_told
    from published.marts.match_allocations
    join leads using (leg, left_key, right_key, rule)
    where left_type in ('invoice', 'payment') and right_type in ('payment', 'bank_line')
        and status in ('auto', 'suggested')
    group by all
),

weighed as (
    select
        pairs.*,
        cast(
            probability_from + (probability_to - probability_from)
            * (greatest(least(lead, lead_to), lead_from) - lead_from) / (lead_to - lead_from)
            as decimal(5, 4)
        ) as said
    from pairs
    join published.reports.rpt_reliability as bands
        on pairs.leg = bands.leg and lead >= lead_from and lead < lead_to
)

select
    leg,
    rule,
    bool_or(is_told),
    count(*),
    count(truth.left_id),
    sum(said),
    count(*) filter (where said >= 0.9),
    count(truth.left_id) filter (where said >= 0.9),
    coalesce(sum(said) filter (where said >= 0.9), 0)
from weighed
left join truth using (left_type, left_id, right_type, right_id)
group by all
order by all
"""


class RuleMeasured(NamedTuple):
    """What one rule links or proposes where the true links are known.

    Args:
        is_told: Whether its pairs have a probability.
        said: Sum of what the bands say of them, told or not.
        sure_pairs: Those of which the bands say at least 0.9, and so on.
    """

    is_told: bool
    pairs: int
    right: int
    said: Decimal
    sure_pairs: int
    sure_right: int
    sure_said: Decimal


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The model in use on one world that took no part."""

    world: str
    links: Links
    queue_length: int
    first_right: int
    rules: dict[tuple[str, str], RuleMeasured]


def worlds(of: Iterable[tuple[str, int, int]], scratch: Path) -> list[Path]:
    """Write worlds, each into a folder of its own."""
    folders = []
    for name, seed, size in of:
        folders.append(scratch / f"{name}-{seed}")
        WORLDS[name](seed, size, folders[-1])
    return folders


def measure(folder: Path, scratch: Path) -> Measured:
    """Match a labelled folder with the model in use, and judge its links and proposals."""
    published = scratch / "published.duckdb"
    whole = evaluate(folder, warehouse=published)["all"]
    links, rules = read(published, folder / "truth.csv")
    return Measured(
        world=folder.name,
        links=links,
        queue_length=whole["queue_length"],
        first_right=whole["first_suggestions_right"],
        rules=rules,
    )


def read(published: Path, truth: Path) -> tuple[Links, dict[tuple[str, str], RuleMeasured]]:
    """Automatic rows of a published file, and what each leg's rules give against the truth."""
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute(f"attach {quoted(published)} as published (read_only)")
        links = Counter(connection.execute(READ_LINKS).fetchall())
        rows = connection.execute(COUNT_RULES, [str(truth)]).fetchall()
    return links, {(leg, rule): RuleMeasured(*rest) for leg, rule, *rest in rows}


def changed(before: Sequence[Measured], after: Sequence[Measured]) -> int:
    """How many automatic rows are only in one of both."""
    pairs = zip(before, after, strict=True)
    return sum(((a.links - b.links) + (b.links - a.links)).total() for a, b in pairs)


def moved(before: Weights, after: Weights) -> list[str]:
    """One line for each weight that is another one now, in thousandths of a bit."""
    return [
        f"  {leg:10} {evidence:10} {level:14} {before[leg, evidence, level]:7} {weight:7}"
        for (leg, evidence, level), weight in after.items()
        if before[leg, evidence, level] != weight
    ]


def is_in_use(result: dict[str, Any], version: int, scratch: Path) -> bool:
    """Whether a model, written as this version, is that of the seeds byte by byte."""
    calibrate.write(scratch / "model", result | {"model_version": version})
    return all(
        (SEEDS / name).read_bytes() == (scratch / "model" / name).read_bytes()
        for name in calibrate.FILES
    )


def as_text(measured: Sequence[Measured]) -> list[str]:
    """First proposals by world, and what each rule says and is on all of them together."""
    lines = [
        f"{one.world}: first proposal right for {one.first_right} of {one.queue_length}, "
        f"{one.links.total()} automatic rows"
        for one in measured
    ]
    lines.append(
        f"  {'leg':10} {'rule':20} {'pairs':>6} {'said':>7} {'right':>7}   from 0.9: "
        f"{'pairs':>6} {'said':>7} {'right':>7}"
    )
    for leg, rule in sorted({key for one in measured for key in one.rules}):
        found = [one.rules[leg, rule] for one in measured if (leg, rule) in one.rules]
        whole = RuleMeasured(*(sum(column) for column in zip(*found, strict=True)))
        lines.append(
            f"  {leg:10} {rule:20} {whole.pairs:6} {share(whole.said, whole.pairs)} "
            f"{share(whole.right, whole.pairs)}             {whole.sure_pairs:6} "
            f"{share(whole.sure_said, whole.sure_pairs)} "
            f"{share(whole.sure_right, whole.sure_pairs)}{remark(whole)}"
        )
    return lines


def share(part: Decimal | int, whole: int) -> str:
    """A share of one in seven places of a terminal."""
    return f"{part / whole:7.4f}" if whole else f"{'-':>7}"


def remark(rule: RuleMeasured) -> str:
    """Whether a rule has no probability, or has one that says too much where it is sure."""
    if not rule.is_told:
        return "  not told"
    gap = rule.sure_said - rule.sure_right
    is_shown = rule.sure_pairs >= LEAST_CHECKED
    return "  says too much" if is_shown and gap > rule.sure_pairs * Decimal(MOST_OVERSAID) else ""


def main(
    write: Annotated[bool, typer.Option(help="Write the next version into seeds/.")] = False,
) -> None:
    """Make the model of matching anew, say what moves, measure the model in use."""
    os.environ["COUNTERFOIL_AS_OF"] = AS_OF
    version, before = calibrate.read_weights(SEEDS)
    with tempfile.TemporaryDirectory(prefix="counterfoil-model-") as temporary:
        scratch = Path(temporary)
        typer.echo("worlds and calibration", err=True)
        folders = worlds(MADE_FROM, scratch)
        result = calibrate.calibrate(None, folders)
        is_same = is_in_use(result, version, scratch)
        tell(calibrate.as_text(result))
        if is_same:
            tell([f"version {version} in seeds/ is what this command gives"])
        else:
            tell([f"other than version {version}: was, now", *moved(before, result["weights"])])
        typer.echo("measuring", err=True)
        unseen = worlds(MEASURED_ON, scratch)
        seen = [measure(folder, scratch) for folder in unseen]
        tell([f"measured with version {version}", *as_text(seen)])
        if is_same or not write:
            return
        kept = {name: (SEEDS / name).read_bytes() for name in calibrate.FILES}
        typer.echo("calibration with the new weights", err=True)
        settle(result, version + 1, folders, scratch)
        then = [measure(folder, scratch) for folder in unseen]
        tell([f"measured with version {version + 1}", *as_text(then)])
        if count := changed(seen, then):
            for name, held in kept.items():
                (SEEDS / name).write_bytes(held)
            typer.echo(f"{count} automatic rows changed: the old seeds are back", err=True)
            raise typer.Exit(1)
        tell([f"version {version + 1} is written; automatic links are the same rows"])


def settle(result: dict[str, Any], version: int, folders: Sequence[Path], scratch: Path) -> None:
    """Write a model, and calibrate again until it gives itself.

    A pair that is found in two ways is told by the evidence that weighs more, so what is counted
    depends a little on the weights.
    """
    for _ in range(MOST_ROUNDS):
        weights = calibrate.read_weights(SEEDS)[1]
        tell(["written:", *moved(weights, result["weights"])])
        calibrate.write(SEEDS, result | {"model_version": version})
        result = calibrate.calibrate(None, folders)
        if is_in_use(result, version, scratch):
            return
    typer.echo(f"not settled after {MOST_ROUNDS} rounds", err=True)


def tell(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(line)


if __name__ == "__main__":
    typer.run(main)
