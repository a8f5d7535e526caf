"""Scores a published warehouse case by case against a folder that `tests.cases.folder` wrote.

    python -m tests.cases.score WAREHOUSE DIR --out FILE

Read is `marts.match_allocations`, `marts.unmatched_items` and `marts.exceptions` alone. Of a pair
that stands more than once the strongest status counts; what the books state or a person confirmed
is as good as automatic for a right link and never a false one. A false automatic link is

    wrong       an automatic pair of two labelled items that is no right one
    forbidden   a wrong one that the case names
    ASK         a right one that should have been asked

The confidence limit is of the share of *instances* with a false link: links of one instance hang
together, instances do not.
"""

from __future__ import annotations

import contextlib
import csv
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import duckdb
import typer

Item = tuple[str, str]
Pair = tuple[Item, Item]

CONFIDENCE = 0.95
KINDS = {"invoice": 0, "credit_note": 0, "payment": 1, "bank_line": 2}
NAMES = ("invoice", "payment", "bank_line")
STRENGTH = {"suggested": 1, "book": 2, "confirmed": 2, "manual": 2, "auto": 3}
SHOWN_REASONS = 4
HEADER = (
    ("case", "instances", "right links", "auto", "suggested", "missing", "as labelled")
    + ("wrong auto", "forbidden auto", "ASK auto", "false instances", "at most (95 %)")
    + ("wrong money", "checks met (failed)", "reasons")
)


@dataclass
class Found:
    """What the marts say."""

    status: dict[Pair, str] = field(default_factory=dict)
    amount: dict[Pair, Decimal] = field(default_factory=dict)
    pairs_of: dict[Item, list[Pair]] = field(default_factory=dict)
    reasons: dict[Item, dict[str, Decimal]] = field(default_factory=dict)
    exceptions: dict[Item, set[str]] = field(default_factory=dict)


@dataclass
class Score:
    """The counts of one case."""

    instances: int = 0
    links: int = 0
    auto: int = 0
    suggested: int = 0
    as_labelled: int = 0
    wrong: int = 0
    forbidden: int = 0
    ask_auto: int = 0
    auto_amount: Decimal = Decimal(0)
    wrong_amount: Decimal = Decimal(0)
    checks: int = 0
    checks_met: int = 0
    false_instances: set[str] = field(default_factory=set)
    failed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: Score) -> None:
        for name, value in vars(other).items():
            if isinstance(value, set | Counter):
                getattr(self, name).update(value)
            else:
                setattr(self, name, getattr(self, name) + value)

    def cells(self) -> tuple[str, ...]:
        reasons = sorted(self.reasons.items(), key=lambda each: (-each[1], each[0]))[:SHOWN_REASONS]
        failed = [f"{check}: {count}" for check, count in sorted(self.failed.items())]
        total = sum(self.reasons.values())
        limit = upper_limit(len(self.false_instances), self.instances)
        return (
            *map(str, (self.instances, self.links, self.auto, self.suggested)),
            str(self.links - self.auto - self.suggested),
            share(self.as_labelled, self.links),
            *map(str, (self.wrong, self.forbidden, self.ask_auto, len(self.false_instances))),
            f"{limit:.2%}",
            share(self.wrong_amount, self.auto_amount),
            " ".join((share(self.checks_met, self.checks), *failed)),
            ", ".join(f"{reason} {share(count, total)}" for reason, count in reasons),
        )


def upper_limit(wrong: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The upper limit after Clopper and Pearson, one-sided.

    It is the share at which so few wrong ones, or fewer, would be seen with a chance of
    1 - confidence; found by halving, since the chance falls as the share grows.
    """
    if wrong >= trials:
        return 1.0
    low, high = wrong / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        chance = math.fsum(_binomial(seen, trials, middle) for seen in range(wrong + 1))
        low, high = (middle, high) if chance > 1 - confidence else (low, middle)
    return high


def _binomial(seen: int, trials: int, chance: float) -> float:
    ways = math.lgamma(trials + 1) - math.lgamma(seen + 1) - math.lgamma(trials - seen + 1)
    return math.exp(ways + seen * math.log(chance) + (trials - seen) * math.log1p(-chance))


def share(part: int | Decimal, whole: int | Decimal) -> str:
    return f"{Decimal(part) / Decimal(whole):.1%}" if whole else "-"


def read(warehouse: Path) -> Found:
    """Everything the scoring needs from the marts."""
    found = Found()
    with contextlib.closing(duckdb.connect(str(warehouse), read_only=True)) as connection:
        for left_type, left, right_type, right, status, amount in connection.execute(
            "select left_type, left_source_id, right_type, right_source_id, status,"
            " sum(abs(amount)) from marts.match_allocations where leg <> 'mirror' group by all"
        ).fetchall():
            if left_type not in KINDS or right_type not in KINDS or status not in STRENGTH:
                continue
            pair = ordered((left_type, left), (right_type, right))
            if STRENGTH[status] > STRENGTH.get(found.status.get(pair, ""), 0):
                found.status[pair] = status
            if status == "auto":
                found.amount[pair] = found.amount.get(pair, Decimal(0)) + amount
        for pair in found.status:
            for item in pair:
                found.pairs_of.setdefault(item, []).append(pair)
        for kind, source_id, reason, amount in connection.execute(
            "select item_type, source_id, reason, max(abs(unmatched_amount))"
            " from marts.unmatched_items group by all"
        ).fetchall():
            item = (NAMES[KINDS[kind]], source_id) if kind in KINDS else (kind, source_id)
            found.reasons.setdefault(item, {})[reason] = amount
        for kind, source_id, exception in connection.execute(
            """
            with items as (
                select 'invoice' as item_type, invoice_key as item_key, source_id
                from marts.invoices
                union all
                select 'payment', payment_key, source_id from marts.payments
                union all
                select 'bank_line', bank_line_key, source_id from marts.bank_lines
            ),
            named as (
                select item_type, item_key, exception_type from marts.exceptions
                union all  -- a finding about a match is one about both its sides
                select side.item_type, side.item_key, exceptions.exception_type
                from marts.exceptions
                join (
                    select match_key, left_type as item_type, left_key as item_key
                    from marts.match_allocations
                    union all
                    select match_key, right_type, right_key from marts.match_allocations
                ) as side on exceptions.item_key = side.match_key
            )
            select items.item_type, items.source_id, named.exception_type
            from named join items using (item_type, item_key)
            group by all
            """
        ).fetchall():
            found.exceptions.setdefault((kind, source_id), set()).add(exception)
    return found


def ordered(one: Item, other: Item) -> Pair:
    """A pair in one order: invoice, payment, bank line, then by id."""
    first, second = sorted((KINDS[kind], name) for kind, name in (one, other))
    return (NAMES[first[0]], first[1]), (NAMES[second[0]], second[1])


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def score(found: Found, folder: Path) -> dict[str, Score]:
    """The score of each case that has instances, by name."""
    cases = {row["case"]: row for row in rows(folder, "cases") if int(row["instances"])}
    scores = {name: Score(instances=int(row["instances"])) for name, row in cases.items()}
    by_number = {name[:2]: one for name, one in scores.items()}

    outcomes: dict[Pair, str] = {}
    for row in rows(folder, "truth"):
        pair = _pair(row, "left", "right")
        outcomes[pair] = row["outcome"]
    expected = rows(folder, "expected")
    outcomes |= {
        _pair(row, "item", "other"): row["value"] for row in expected if row["check"] == "pair"
    }
    allowed = {_pair(row, "item", "other") for row in expected if row["check"] == "allowed"}
    forbidden = {_pair(row, "left", "right") for row in rows(folder, "forbidden")}

    for pair, outcome in outcomes.items():
        _count_right(by_number[pair[1][1][:2]], pair, outcome, found)
    for pair, status in found.status.items():
        one = by_number.get(pair[1][1][:2])
        if one is None or status != "auto":
            continue
        amount = found.amount[pair]
        one.auto_amount += amount
        if outcomes.get(pair) == "ASK":
            one.ask_auto += 1
        elif pair in outcomes or pair in allowed:
            continue
        else:
            one.wrong += 1
            one.forbidden += pair in forbidden
        one.wrong_amount += amount
        one.false_instances.add(pair[1][1][:7])
    right = {pair for pair, outcome in outcomes.items() if outcome != "ASK"} | allowed
    for row in expected:
        if row["check"] not in ("pair", "allowed"):
            one, is_met = scores[row["case"]], _is_met(row, found, right)
            one.checks += 1
            one.checks_met += is_met
            one.failed.update([] if is_met else [row["check"]])
    for item, reasons in found.reasons.items():
        if (by_case := by_number.get(item[1][:2])) and item[0] in NAMES:
            by_case.reasons.update(reasons.keys())
    return scores


def _count_right(one: Score, pair: Pair, outcome: str, found: Found) -> None:
    strength = STRENGTH.get(found.status.get(pair, ""), 0)
    one.links += 1
    one.auto += strength > 1
    one.suggested += strength == 1
    met = {"AUTO": strength > 1, "ASK": strength == 1, "EITHER": strength > 0}
    one.as_labelled += met[outcome]


def _pair(row: dict[str, str], one: str, other: str) -> Pair:
    return ordered(
        (row[f"{one}_type"], row[f"{one}_id"]), (row[f"{other}_type"], row[f"{other}_id"])
    )


def _is_met(row: dict[str, str], found: Found, right: set[Pair]) -> bool:
    item = (row["item_type"], row["item_id"])
    pairs = found.pairs_of.get(item, [])
    reasons = found.reasons.get(item, {})
    match row["check"]:
        case "suggested":
            return found.status.get(_pair(row, "item", "other")) == "suggested"
        case "unlinked":
            return found.status.get(_pair(row, "item", "other")) in (None, "suggested")
        case "asked":
            return any(found.status[pair] == "suggested" for pair in pairs)
        case "untouched":
            return all(found.status[pair] != "auto" or pair in right for pair in pairs)
        case "closed":
            return not reasons
        case "open":
            fitting = set(row["value"].split("|")) & set(reasons) if row["value"] else set(reasons)
            wanted = Decimal(row["amount"]) if row["amount"] else None
            return any(wanted in (None, reasons[reason]) for reason in fitting)
        case "exception":
            seen = found.exceptions.get(item, set())
            return row["value"] in seen if row["value"] else bool(seen)
    raise ValueError(f"no check is named {row['check']!r}")


def table(scores: dict[str, Score], cases: Iterable[dict[str, str]]) -> str:
    """A Markdown table, one row a case; those without instances say why."""
    whole = Score()
    lines = ["| " + " | ".join(HEADER) + " |", "|---" + "|---:" * 13 + "|---|"]
    for row in cases:
        name = f"{row['number']} {row['title']}"
        if row["case"] in scores:
            whole.add(scores[row["case"]])
            cells = scores[row["case"]].cells()
        elif int(row["instances"]) == 0:
            why = f"waits for {row['waits']}" if row["waits"] else row["elsewhere"]
            cells = ("",) * 13 + (why or "not written to this folder",)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.insert(2, "| all | " + " | ".join(whole.cells()) + " |")
    return "\n".join(lines) + "\n"


def main(
    warehouse: Annotated[Path, typer.Argument(help="A published warehouse file.")],
    folder: Annotated[Path, typer.Argument(help="What it was built from.")],
    out: Annotated[Path, typer.Option(help="The table to write, in Markdown.")],
) -> None:
    """Score a warehouse case by case."""
    scores = score(read(warehouse), folder)
    out.write_text(table(scores, rows(folder, "cases")), encoding="utf-8")
    wrong = sum(one.wrong + one.ask_auto for one in scores.values())
    typer.echo(f"{out}: {len(scores)} cases, {wrong} false automatic links")


if __name__ == "__main__":
    typer.run(main)
