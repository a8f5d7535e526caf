"""What holds for the links of random worlds, whatever is changed that they must not follow.

A pack is a number of labelled worlds of different kinds and seeds as companies of one folder, with
one unrelated document, payment and bank line beside them in each company. It is built as it is and
in variations, and the published marts are compared. What was seen goes into invariants.md.

COUNTERFOIL_SOAK_PACKS=20 pytest -m soak tests/soak/test_invariants.py
"""

from __future__ import annotations

import contextlib
import os
import platform
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.evaluate import evaluate
from tests.evaluation.variations import (
    IDS,
    Row,
    again,
    renumbered,
    repeated,
    rewritten,
    rows_of,
    selected,
    shuffled,
    write,
)
from tests.evaluation.worlds import WORLDS

FIRST = int(os.environ.get("COUNTERFOIL_SOAK_SEED", "1"))
PACKS = range(FIRST, FIRST + int(os.environ.get("COUNTERFOIL_SOAK_PACKS", "4")))
KINDS = (
    "provider",
    "provider_harder",
    "provider_one_entity",
    "sandbox",
    "cash_application",
    "regular",
)
WORLDS_A_PACK = 2 * len(KINDS)
SIZES = (300, 800)
EXAMPLES = 8
AS_OF = "2026-11-20"
# Of the payments, and of the links that get a twin: few enough that they seldom meet each other.
DRAWN = 0.12

BY_NAME = {
    "payer_amount",
    "text_amount",
    "lone_amount",
    "party_amount",
    "party_habit",
    "party_turn",
    "party_last",
    "alias_amount",
    "beneficiary_amount",
    "direct_month",
    "direct_payer",
    "direct_habit",
    "direct_turn",
}
BY_KEY = {"reference_amount", "number_amount", "check_amount", "number_single", "direct_number"}
Rows = Counter[tuple[Any, ...]]
Marts = dict[str, Rows]
Pair = tuple[str, str, str]  # leg, left and right
NUMBER = re.compile(r"\S*[0-9]{3,}\S*")
RANGE = re.compile(r"([0-9]{3,}) ?(?:[-–—]|TO|THRU|THROUGH) ?[0-9]{1,6}(?![0-9])")

FILE = {"invoice": "invoices", "payment": "payments", "bank_line": "bank_lines"}
RANK = {"suggested": 1, "auto": 2}

LINKS = """
select leg, left_type, left_source_id, right_type, right_source_id,
    cast(amount as varchar), currency_code, status, rule, cast(probability as varchar)
from marts.match_allocations
"""
UNMATCHED = """
select leg, item_type, source_id, cast(amount as varchar), cast(unmatched_amount as varchar), reason
from marts.unmatched_items
"""
ADJUSTMENTS = """
with items as (
    select invoice_key as item_key, source_id from marts.invoices
    union all select payment_key, source_id from marts.payments
    union all select bank_line_key, source_id from marts.bank_lines
)
select adjustment_type, item_type, source_id, cast(amount as varchar), currency_code, reason
from marts.adjustments left join items using (item_key)
"""
NAMED = """
with items as (
    select invoice_key as item_key, source_id from marts.invoices
    union all select payment_key, source_id from marts.payments
    union all select bank_line_key, source_id from marts.bank_lines
)
select leg, left_items.source_id, right_items.source_id, max(reference_level)
from marts.match_candidates
inner join items as left_items on left_key = left_items.item_key
inner join items as right_items on right_key = right_items.item_key
where leg in ('settlement', 'clearing')
group by all
having count(*) = 1
"""
QUERIES = {"links": LINKS, "unmatched": UNMATCHED, "adjustments": ADJUSTMENTS}

# From the files and what the marts say is linked, adjusted, refunded or listed; never from the sums
# that the marts carry themselves.
CONSERVATION = """
with

final as (
    select * from marts.match_allocations
    where status in ('book', 'auto', 'confirmed', 'manual')
),

listed as (
    select item_type, leg, source_id, sum(unmatched_amount) as amount, count(*) as rows
    from marts.unmatched_items
    group by all
),

adjusted as (
    select item_type, invoices.source_id as source_id, adjustments.amount, match_key
    from marts.adjustments
    inner join marts.invoices on item_key = invoice_key and item_type = 'invoice'
    union all
    select item_type, payments.source_id, adjustments.amount, match_key
    from marts.adjustments
    inner join marts.payments on item_key = payment_key and item_type = 'payment'
    where adjustment_type = 'rounding'
    union all
    select item_type, bank_lines.source_id, adjustments.amount, match_key
    from marts.adjustments
    inner join marts.bank_lines on item_key = bank_line_key and item_type = 'bank_line'
),

-- Of a link in two currencies the line's side are the adjustments of its match.
converted as (
    select distinct match_key from marts.adjustments
    where item_type = 'bank_line' and match_key is not null
),

-- A credit note inside a payment stands there with a minus.
uses as (
    select 'invoice' as item_type, 'settlement' as leg, left_source_id as source_id,
        abs(amount) as amount
    from final where left_type = 'invoice' and leg in ('settlement', 'direct', 'application')
    union all
    select 'invoice', 'settlement', right_source_id, amount
    from final where leg = 'application'
    union all
    select item_type, 'settlement', source_id, amount
    from adjusted where item_type in ('invoice', 'payment')
    union all
    select 'payment', 'settlement', right_source_id, amount
    from final where right_type = 'payment' and leg = 'settlement'
    union all
    select 'payment', 'settlement', source_id, refunded_amount
    from marts.payments where refunded_amount <> 0
    union all
    select 'payment', 'clearing', left_source_id, final.amount * if(direction = 'in', 1, -1)
    from final
    inner join marts.payments on left_key = payment_key
    where leg = 'clearing' and left_type = 'payment'
    union all
    -- A gateway's fee is a row of its payout once that is banked, and is never in transit before.
    select 'payment', 'clearing', payment_id, cast(fee as decimal(18, 4))
    from payments_file
    left join final on payment_id = left_source_id and leg = 'clearing'
    where fee is not null and left_source_id is null
    union all
    select 'bank_line', 'clearing', right_source_id, final.amount
    from final
    anti join converted using (match_key)
    where leg = 'clearing' and right_type = 'bank_line'
    union all
    select 'bank_line', 'clearing', right_source_id, final.amount * sign(bank_lines.amount)
    from final
    inner join marts.bank_lines on right_key = bank_line_key
    where leg = 'direct'
    union all
    select item_type, 'clearing', source_id, amount from adjusted where item_type = 'bank_line'
),

-- What the bank took back, and what went to another own account, is the whole line; a line that a
-- payment or document cleared before it was taken back stays theirs.
whole as (
    select distinct 'bank_line' as item_type, 'clearing' as leg, source_id, bank_lines.amount
    from final
    inner join marts.bank_lines on bank_line_key in (left_key, right_key)
    anti join uses using (source_id)
    where final.leg in ('return', 'transfer')
),

used as (
    select item_type, leg, source_id, sum(amount) as amount
    from (from uses union all from whole)
    group by all
),

items as (
    select
        'invoice' as item_type, 'settlement' as leg, invoice_id as source_id,
        if(
            coalesce(status, 'open') in ('draft', 'void'), 0, abs(cast(total as decimal(18, 4)))
        ) as amount
    from invoices_file
    union all
    select 'payment', 'settlement', payment_id, cast(amount as decimal(18, 4)) from payments_file
    union all
    select 'payment', 'clearing', payment_id, cast(amount as decimal(18, 4)) from payments_file
    union all
    select 'bank_line', 'clearing', line_id, cast(amount as decimal(18, 4)) from bank_lines_file
)

select
    items.item_type, items.leg, items.source_id, items.amount,
    coalesce(used.amount, 0) as used, coalesce(listed.amount, 0) as open
from items
left join used using (item_type, leg, source_id)
left join listed using (item_type, leg, source_id)
where items.amount <> coalesce(used.amount, 0) + coalesce(listed.amount, 0)
    or coalesce(used.amount, 0) * sign(items.amount) not between 0 and abs(items.amount)
    or coalesce(listed.rows, 0) > 1
    or (used.source_id is null and listed.source_id is null and items.amount <> 0)
order by all
"""


@dataclass
class Finding:
    """How many things of one kind were compared in a pack, and which did not hold."""

    what: str
    compared: int
    broken: list[str] = field(default_factory=list)
    is_asserted: bool = True


@dataclass
class Pack:
    """Several worlds as the companies of one folder."""

    seed: int
    root: Path
    names: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.root / "pack"

    @property
    def draw(self) -> random.Random:
        return random.Random(f"pack {self.seed}")

    def write(self) -> None:
        """Simulate the worlds, and put them into one folder with and one without strangers."""
        draw = self.draw
        for number in range(WORLDS_A_PACK):
            kind, seed = KINDS[number % len(KINDS)], draw.randrange(1000, 1_000_000)
            size = draw.randint(*SIZES)
            name = f"w{number}"
            self.names[name] = f"{kind} {seed} {size}"
            WORLDS[kind](seed, size // 2 if kind == "cash_application" else size, self.root / name)
        together = {name: contents(self.root / name, name) for name in self.names}
        half = [together[name] for name in sorted(self.names)[::2]]
        save(self.root / "half", half)
        save(self.folder, [*together.values(), strangers(list(together.values()))])

    def said(self, item: str) -> str:
        """An item with kind, seed and size of its world."""
        name, _, rest = item.partition("/")
        return f"{self.names.get(name, name)}: {rest}"


def contents(folder: Path, name: str) -> dict[str, list[Row]]:
    """The rows of a world's files, with ids and companies of its own."""
    found = {}
    for file in sorted(folder.glob("*.csv")):
        if file.stem == "truth":
            continue
        rows, _ = rows_of(file)
        rows = renumbered(lambda item: item and f"{name}/{item}")(file.stem, rows)
        for row in rows:
            if "entity" in row:
                row["entity"] += f" {name}"
            for column in ("party_id", "resident_id"):
                if row.get(column):
                    row[column] = f"{name} {row[column]}"
        found[file.stem] = rows
    return found


def strangers(worlds: list[dict[str, list[Row]]]) -> dict[str, list[Row]]:
    """Beside the items of each company one of each kind that nothing else in it resembles."""
    found: dict[str, list[Row]] = {"invoices": [], "payments": [], "bank_lines": []}
    seen: set[tuple[str, str]] = set()
    for world in worlds:
        for file, date, amount in (
            ("invoices", "issue_date", "total"),
            ("payments", "date", "amount"),
            ("bank_lines", "date", "amount"),
        ):
            for row in sorted(world[file], key=lambda row: row[IDS[file][0]]):
                if (file, row["entity"]) in seen:
                    continue
                seen.add((file, row["entity"]))
                who = {"invoices": "Qvexlor", "payments": "Bryzmund", "bank_lines": "Ktofsky"}[file]
                kept = ("entity", "currency", "account", "direction", date)
                new = {
                    IDS[file][0]: f"stranger/{file} {row['entity']}",
                    amount: f"{970_000 + len(seen)}.{len(seen) % 89 + 10}",
                    "method": "wire",
                    "party_name": f"{who} Wyzant",
                    "party_id": f"{who} {row['entity']}",
                    "description": f"{who} Wyzant",
                }
                old = {name: row[name] for name in kept if name in row}
                found[file].append(old | {name: new[name] for name in new if name in row})
    return found


def save(folder: Path, worlds: Iterable[dict[str, list[Row]]]) -> None:
    """Write the rows of several worlds as one folder."""
    together: dict[str, list[Row]] = defaultdict(list)
    for world in worlds:
        for file, rows in world.items():
            together[file] += rows
    folder.mkdir()
    for file, rows in together.items():
        write(folder / f"{file}.csv", rows, dict.fromkeys(name for row in rows for name in row))


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """dbt and every DuckDB that this process opens work on so many threads."""
    opened = duckdb.connect

    def connect(*args: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        connection = opened(*args, **options)
        connection.execute(f"set threads = {count}")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", connect)
        patch.setenv("COUNTERFOIL_THREADS", str(count))
        patch.setenv("COUNTERFOIL_AS_OF", AS_OF)
        yield


def built(folder: Path, count: int = 2) -> Path:
    """The published file of a folder, built on so many threads, gate tests included."""
    file = folder.with_suffix(".duckdb")
    with threads(count):
        evaluate(folder, warehouse=file)
    return file


def digests(published: Path) -> dict[str, tuple[Any, ...]]:
    """Of every mart and report: how many rows, and a hash over them all."""
    tables = selected(
        published,
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where schema_name in ('marts', 'reports') order by all",
    )
    return {
        table: selected(
            published,
            "select count(*), md5(string_agg(line, '' order by line))"
            f" from (select md5(cast(t as varchar)) as line from {table} as t)",
        )[0]
        for (table,) in tables
    }


def read(published: Path, rename: Callable[[str], str] = str) -> Marts:
    """Links, remainders and adjustments, with each item's id replaced."""

    def replaced(name: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
        places = (2, 4) if name == "links" else (2,)
        return tuple(rename(it) if at in places and it else it for at, it in enumerate(row))

    return {
        name: Counter(replaced(name, row) for row in selected(published, query))
        for name, query in QUERIES.items()
    }


def automatic(found: Marts) -> Rows:
    return Counter({link: count for link, count in found["links"].items() if link[7] == "auto"})


def statuses(published: Path) -> dict[tuple[str, str, str], int]:
    """Leg, left and right id of each pair, and the best status it has."""
    best: dict[tuple[str, str, str], int] = {}
    for leg, _, left, _, right, *_, status, _, _ in selected(published, LINKS):
        best[leg, left, right] = max(best.get((leg, left, right), 0), RANK.get(status, 0))
    return best


def told(row: Iterable[Any], say: Callable[[str], str]) -> str:
    """A row as words, its ids as `say` tells them."""
    return " ".join(say(word) if "/" in word else word for word in map(str, row))


def compared(
    what: str, before: Rows, after: Rows, say: Callable[[str], str], is_asserted: bool = True
) -> Finding:
    """What stands on one side only, each as its own line."""
    gone = sorted(f"- {told(row, say)}" for row in (before - after).elements())
    come = sorted(f"+ {told(row, say)}" for row in (after - before).elements())
    return Finding(what, before.total(), gone + come, is_asserted)


def balanced(what: str, folder: Path, published: Path, say: Callable[[str], str]) -> Finding:
    """Each cent of each item of the files is used once or listed as open."""
    with contextlib.closing(duckdb.connect(str(published), read_only=True)) as connection:
        for name in FILE.values():
            connection.execute(
                f"create temp table {name}_file as from read_csv('{folder / name}.csv',"
                " all_varchar = true, nullstr = '', delim = ',', quote = '\"', escape = '\"')"
            )
        broken = connection.execute(CONSERVATION).fetchall()
        items = sum(
            connection.execute(f"select count(*) from {name}_file").fetchall()[0][0]
            for name in FILE.values()
        )
    return Finding(
        f"conservation, single use, nothing lost: {what}",
        items,
        [told(row, say) for row in broken],
    )


def by_content(folder: Path) -> dict[str, str]:
    """Of each id, all that its row says beside ids."""
    found = {}
    for file in FILE.values():
        rows, columns = rows_of(folder / f"{file}.csv")
        for row in rows:
            said = "|".join(row[name] for name in columns if name not in IDS[file])
            found[row[IDS[file][0]]] = f"{file}|{said}"
    return found


def ids_rows_and_threads(pack: Pack, base: Path) -> Iterator[Finding]:
    """Other ids, other orders, one and four threads: the same marts."""

    def renamed(item: str) -> str:
        return item and f"{random.Random(f'{pack.seed} {item}').getrandbits(60):x}"

    old = {renamed(item): item for item in by_content(pack.folder)}
    files = {}
    for count in (1, 4):
        target = pack.root / f"renamed_on_{count}"
        rewritten(pack.folder, target, renumbered(renamed), shuffled((pack.seed, count)))
        files[count] = built(target, count)
    one, four = digests(files[1]), digests(files[4])
    yield Finding(
        "marts and reports identical: another order of rows, 1 and 4 threads",
        len(one),
        [table for table in one if one[table] != four.get(table)],
    )
    before, after = read(base), read(files[4], lambda item: old.get(item, item))
    yield compared(
        "automatic links the same pairs: other ids, other order, 2 and 4 threads",
        automatic(before),
        automatic(after),
        pack.said,
    )
    content = by_content(pack.folder)
    texts = [
        {
            name: Counter(
                tuple(content.get(it, it) if isinstance(it, str) else it for it in row)
                for row in rows.elements()
            )
            for name, rows in found.items()
        }
        for found in (before, after)
    ]
    for name in QUERIES:
        # Of equal amounts only few are proposed; which of them may follow from the ids.
        yield compared(
            f"{name} equal up to the ids",
            texts[0][name],
            texts[1][name],
            str,
            name == "adjustments",
        )
    yield compared(
        "proposals the same pairs (equal items may change places)",
        before["links"] - automatic(before),
        after["links"] - automatic(after),
        pack.said,
        is_asserted=False,
    )
    shape = "select leg, status, rule, is_contested from marts.matches"
    yield compared(
        "matches by leg, status and rule",
        Counter(selected(base, shape)),
        Counter(selected(files[4], shape)),
        str,
        is_asserted=False,
    )
    yield balanced("renumbered, four threads", pack.root / "renamed_on_4", files[4], str)


def unrelated_rows(pack: Pack, base: Path) -> Iterator[Finding]:
    """Other companies, and an unrelated item of each kind in the own one, change nothing."""
    half = built(pack.root / "half")
    before, after = read(half), read(base)
    ours = tuple(f"{name}/" for name in sorted(pack.names)[::2])

    def is_ours(row: tuple[Any, ...]) -> bool:
        return any(str(word).startswith(ours) for word in row)

    for name in QUERIES:
        own, kept = (
            Counter({row: count for row, count in found[name].items() if is_ours(row)})
            for found in (before, after)
        )
        yield compared(f"{name} the same: unrelated rows and companies", own, kept, pack.said)
    yield balanced("half of the worlds", pack.root / "half", half, pack.said)


def naming_a_range(pack: Pack, named: set[Pair]) -> set[str]:
    """Payments whose text names a range that begins with the number of an invoice they name."""
    texts: dict[str, str] = defaultdict(str)
    for file, columns in (
        ("payments", ("reference", "memo")),
        ("remittance_lines", ("invoice_reference", "memo")),
    ):
        for row in rows_of(pack.folder / f"{file}.csv")[0]:
            texts[row["payment_id"]] += " ".join(row[column] for column in columns) + " "
    invoices, _ = rows_of(pack.folder / "invoices.csv")
    numbers = {row["invoice_id"]: row["number"] for row in invoices}
    return {
        payment
        for _, invoice, payment in named
        for begin in RANGE.findall(texts[payment].upper())
        if numbers.get(invoice, "").endswith(begin)
    }


def redeposited(pack: Pack) -> set[str]:
    """Payments whose text calls them a redeposit, which speaks against a first settlement."""
    payments, _ = rows_of(pack.folder / "payments.csv")
    return {
        row["payment_id"]
        for row in payments
        if "REDEPOSIT" in f"{row['reference']} {row['memo']}".upper()
    }


def less_evidence(pack: Pack, base: Path) -> Iterator[Finding]:
    """Payments that say nothing, nor their bank lines any number, are linked no more surely."""
    payments, _ = rows_of(pack.folder / "payments.csv")
    draw = pack.draw
    drawn = {row["payment_id"] for row in payments if draw.random() < DRAWN}
    lines = {
        right
        for leg, _, left, _, right, _, _, status, *_ in selected(base, LINKS)
        if leg == "clearing" and status == "auto" and left in drawn
    }

    def change(file: str, rows: list[Row]) -> list[Row]:
        if file == "remittance_lines":
            return [row for row in rows if row["payment_id"] not in drawn]
        if file == "bank_lines":
            return [
                row
                | (
                    {"reference": "", "description": NUMBER.sub("", row["description"])}
                    if row["line_id"] in lines
                    else {}
                )
                for row in rows
            ]
        if file != "payments":
            return rows
        return [
            row | ({"reference": "", "memo": ""} if row["payment_id"] in drawn else {})
            for row in rows
        ]

    target = rewritten(pack.folder, pack.root / "silent", change)
    published = built(target)
    before, after = statuses(base), statuses(published)
    rules = {
        (leg, left, right): rule
        for leg, _, left, _, right, *_, rule, _ in selected(published, LINKS)
    }
    were = {
        (leg, left, right): rule for leg, _, left, _, right, *_, rule, _ in selected(base, LINKS)
    }
    pairs = {pair for pair in {*before, *after} if drawn & {pair[1], pair[2]}}
    raised = [pair for pair in sorted(pairs) if after.get(pair, 0) > before.get(pair, 0)]
    named = {
        (leg, left, right)
        for leg, left, right, level in selected(base, NAMED)
        if level not in ("none", "other_number") and drawn & {left, right}
    }
    removed = "reference, memo and remittance of its payment, numbers of its line removed"
    # A payment that names a number is no part of a series, not even of the invoice it names; what a
    # range of numbers means is asked, whatever else would prove its payer's documents; and so is a
    # set of the payer's documents beside another number that the payment names.
    series = {pair for pair in named if rules.get(pair) == "party_instalments"}
    ranged = {pair for pair in named - series if pair[2] in naming_a_range(pack, named)}
    counts = Counter(pair[2] for pair in named)
    beside = {
        pair
        for pair in named - series - ranged
        if rules.get(pair) in ("party_set", "party_set_habit") and counts[pair[2]] > 1
    }
    again_sent = redeposited(pack)
    redeposits = {pair for pair in named - series - ranged - beside if pair[2] in again_sent}
    told = named - series - ranged - beside - redeposits
    for what, rank, of, is_asserted in (
        (f"no pair that the text named is raised to auto: {removed}", 2, told, True),
        (f"nor as a part of a series: {removed}", 2, series, False),
        (f"nor where the text named a range of numbers: {removed}", 2, ranged, False),
        (f"nor in a set beside another number that it named: {removed}", 2, beside, False),
        (f"nor where the text called it a redeposit: {removed}", 2, redeposits, False),
        (f"no other pair is raised to auto: {removed}", 2, pairs - named, False),
        (f"no pair is raised to suggested: {removed}", 1, pairs, False),
    ):
        broken = [
            f"{pair[0]} {pack.said(pair[1])} {pack.said(pair[2])}:"
            f" {were.get(pair, 'none')} to {rules[pair]}"
            for pair in raised
            if after[pair] == rank and pair in of
        ]
        yield Finding(what, len(of), broken, is_asserted)
    yield balanced("evidence removed", target, published, pack.said)


def second_candidates(pack: Pack, base: Path) -> Iterator[Finding]:
    """A second equal item: a link by name becomes a question, one by number takes only one."""
    draw = pack.draw
    twins: dict[str, set[str]] = defaultdict(set)
    drawn: list[tuple[str, str, str, str, str]] = []
    totals = dict(selected(base, "select source_id, total_amount from marts.invoices"))
    rows = sorted(selected(base, LINKS))
    for leg, left_type, left, right_type, right, amount, _, status, rule, _ in rows:
        # A second part may well be due, and a document with a credit note has no equal.
        if left in totals and Decimal(amount) != totals[left]:
            continue
        if status != "auto" or rule not in BY_NAME | BY_KEY or draw.random() > DRAWN:
            continue
        if left.startswith("stranger/") or right.startswith("stranger/"):
            continue
        item_type, item = draw.choice(((left_type, left), (right_type, right)))
        if item_type in FILE:
            twins[FILE[item_type]].add(item)
            drawn.append((rule, leg, left, right, item))
    target = rewritten(pack.folder, pack.root / "twins", repeated(twins))
    published = built(target)
    after = statuses(published)
    found: dict[str, Finding] = {}
    for rule, leg, left, right, item in drawn:
        other = right if item == left else left
        side = "right" if item == right else "left"
        pairs = [
            (leg, it, other) if side == "left" else (leg, other, it) for it in (item, again(item))
        ]
        linked = sum(after.get(pair, 0) == RANK["auto"] for pair in pairs)
        twin = {"invoices": "document", "payments": "payment", "bank_lines": "bank line"}[
            next(file for file, items in twins.items() if item in items)
        ]
        limit = 0 if rule in BY_NAME else 1
        wanted = "a question" if limit == 0 else "at most one is linked"
        what = f"{rule} ({leg}), a second equal {twin}: {wanted}"
        finding = found.setdefault(what, Finding(what, 0))
        finding.compared += 1
        if linked > limit:
            finding.broken.append(f"{pack.said(left)} {pack.said(right)}: {linked} automatic")
    yield from (found[what] for what in sorted(found))
    yield balanced("second equal items", target, published, pack.said)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", PACKS)
def test_links_follow_nothing_but_what_is_evidence(seed: int, tmp_path: Path) -> None:
    pack = Pack(seed, tmp_path)
    pack.write()
    base = built(pack.folder)
    findings = [balanced("as they are", pack.folder, base, pack.said)]
    SEEN[pack.seed] = (pack, findings)
    for variation in (ids_rows_and_threads, unrelated_rows, less_evidence, second_candidates):
        for finding in variation(pack, base):
            findings.append(finding)
        report()
    broken = {
        finding.what: finding.broken[:5]
        for finding in findings
        if finding.broken and finding.is_asserted
    }
    if not broken:
        shutil.rmtree(tmp_path)
    assert not broken


SEEN: dict[int, tuple[Pack, list[Finding]]] = {}


def report() -> None:
    """Write down what was seen so far."""
    whole: dict[str, list[tuple[int, Finding]]] = defaultdict(list)
    for seed, (_, findings) in SEEN.items():
        for finding in findings:
            whole[finding.what].append((seed, finding))
    lines = [
        "# Invariants over random worlds",
        "",
        f"{len(SEEN)} packs of {WORLDS_A_PACK} worlds, {SIZES[0]} to {SIZES[1]} documents each (of "
        "cash application half as many payments), each pack built six times, gate tests "
        "included: as it is, twice with other ids and other orders of rows (on one thread and on "
        "four), its half alone without the unrelated rows, with evidence removed, with second "
        "equal items. "
        f"As of {AS_OF}. Python {platform.python_version()}, DuckDB {duckdb.__version__}.",
        "",
        "Asserted is what must hold. The rest is told: which of many equal amounts are proposed "
        "may follow from the ids; and a text that names another invoice speaks against this one: "
        "without it a pair may stand higher. A range of numbers is always a question, and so is a "
        "set of documents beside a number that is not of it.",
        "",
        "| what | compared | not so | packs | asserted |",
        "|---|---:|---:|---:|---|",
    ]
    for what, seen in whole.items():
        total = sum(finding.compared for _, finding in seen)
        broken = sum(len(finding.broken) for _, finding in seen)
        asserted = "yes" if seen[0][1].is_asserted else "no"
        lines.append(f"| {what} | {total:,} | {broken:,} | {len(seen)} | {asserted} |")
    lines += ["", "## Not so", "", f"At most {EXAMPLES} of each pack.", ""]
    lines += [
        f"- pack {seed}, {what}: `{example}`"
        for what, seen in whole.items()
        for seed, finding in seen
        for example in finding.broken[:EXAMPLES]
    ]
    lines += ["", "## Worlds", "", "Kind, seed and size.", ""]
    for seed, (pack, _) in SEEN.items():
        worlds = ", ".join(f"{name} {it}" for name, it in pack.names.items())
        lines.append(f"- pack {seed}: {worlds}")
    Path(__file__).with_name("invariants.md").write_text("\n".join(lines) + "\n")
