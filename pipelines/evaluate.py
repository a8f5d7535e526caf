"""Score a build against known true links: `counterfoil evaluate DIR`.

DIR is an exchange folder with a `truth` file. It is loaded, built and published in a home of its
own that is thrown away, and scored from the published marts alone; the truth never enters the
warehouse. What is counted is said in the documentation of the exchange format; in short, of the
pairs with status `auto`

    right        stand in the truth
    equivalent   do not, but their invoice is a twin of the one that does: same payer, same total,
                 open on that day; each excuses one wrong pair for one missed pair
    wrong        are neither

and with proposals: `assisted_recall` counts every pair that is linked or proposed, `assisted_f1`
weighs the links and what is proposed first for each payment or bank line, in precision and recall.

Counting is done in SQL on integers and decimals; only the shares printed at the end are rounded.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines import settings
from pipelines.build import Progress, build
from pipelines.errors import LoadError
from pipelines.files.loading import load_files
from pipelines.operations.raw import Run
from pipelines.publish import publish, quoted
from pipelines.settings import Home

CONNECTION_ID = "evaluated"

PREPARE = """
create table truth as
select
    case
        when left_type = 'invoice' and right_type = 'payment' then 'settlement'
        when left_type = 'payment' and right_type = 'bank_line' then 'clearing'
        when left_type = 'invoice' and right_type = 'bank_line' then 'direct'
    end as leg,
    left_id,
    right_id,
    min({case}) as case_name,
    sum(cast(amount as decimal(18, 4))) as amount
from {truth}
group by all;

-- One row a pair, whatever number of matches it stands in; the best status counts.
create table pairs as
select
    case
        when left_type = 'invoice' and right_type = 'payment' then 'settlement'
        when left_type = 'payment' and right_type = 'bank_line' then 'clearing'
        when left_type = 'invoice' and right_type = 'bank_line' then 'direct'
    end as leg,
    left_source_id as left_id,
    right_source_id as right_id,
    bool_or(status = 'auto') as is_auto,
    coalesce(sum(abs(amount)) filter (where status = 'auto'), 0) as auto_amount
from published.marts.match_allocations
where status in ('auto', 'suggested')
    and (left_type, right_type) in (
        ('invoice', 'payment'), ('payment', 'bank_line'), ('invoice', 'bank_line')
    )
group by all;

create table judged as
select
    *,
    truth.left_id is not null as is_true,
    pairs.left_id is not null as is_found,
    coalesce(pairs.is_auto, false) as is_found_auto
from pairs full join truth using (leg, left_id, right_id);

-- The day of a payment or a bank line, and what every invoice had truly received before it.
create table days as
select 'settlement' as leg, payment_id as right_id, cast(date as date) as day from {payments}
union all
select 'direct', line_id, cast(date as date) from {bank_lines};

create table receipts as
select truth.left_id as invoice_id, days.day, truth.amount
from truth join days using (leg, right_id);

create table invoices as
select
    invoice_id,
    concat_ws(chr(31), entity, coalesce(party_id, party_name), currency,
        cast(cast(total as decimal(18, 4)) as varchar)) as twin_key,
    cast(issue_date as date) as issue_date,
    abs(cast(total as decimal(18, 4))) as total
from {invoices}
where coalesce({status}, 'open') not in ('draft', 'void')
    and coalesce(party_id, party_name) is not null;

create table equivalent as
with

twins as (
    select
        judged.leg, judged.left_id, judged.right_id, invoices.twin_key, invoices.total,
        coalesce(sum(receipts.amount), 0) as received
    from judged
    join invoices on judged.left_id = invoices.invoice_id
    join days on judged.leg = days.leg and judged.right_id = days.right_id
    left join receipts on judged.left_id = receipts.invoice_id and receipts.day < days.day
    where judged.is_found_auto
        and not judged.is_true
        and invoices.issue_date <= days.day
    group by all
),

wrong as (
    select
        *,
        row_number() over (partition by leg, right_id, twin_key order by left_id) as twin_rank
    from twins
    where received < total
),

missed as (
    select
        judged.leg, judged.right_id, invoices.twin_key,
        row_number() over (
            partition by judged.leg, judged.right_id, invoices.twin_key order by judged.left_id
        ) as twin_rank
    from judged
    join invoices on judged.left_id = invoices.invoice_id
    where judged.is_true and not judged.is_found_auto and judged.leg <> 'clearing'
)

select wrong.leg, wrong.left_id, wrong.right_id
from wrong join missed using (leg, right_id, twin_key, twin_rank);

-- A pair that is not true belongs to the case of the true link it stands in the way of.
create table cases as
select leg, right_id as item_id, 'right' as side, min(case_name) as case_name
from truth group by all
union all
select leg, left_id, 'left', min(case_name) from truth group by all;

-- What is proposed first for each payment or bank line, and whether all of it is right.
create table firsts as
select
    pairs.leg,
    pairs.right_id,
    allocations.match_key,
    list(pairs.left_id) as left_ids,
    min(allocations.proposal_rank) as proposal_rank,
    bool_and(truth.left_id is not null) as is_right
from published.marts.match_allocations as allocations
join pairs
    on allocations.left_source_id = pairs.left_id
    and allocations.right_source_id = pairs.right_id
    and (allocations.left_type, allocations.right_type) = (
        if(pairs.leg = 'clearing', 'payment', 'invoice'),
        if(pairs.leg = 'settlement', 'payment', 'bank_line')
    )
left join truth
    on pairs.leg = truth.leg
    and pairs.left_id = truth.left_id
    and pairs.right_id = truth.right_id
where allocations.status = 'suggested'
group by pairs.leg, pairs.right_id, allocations.match_key
qualify row_number() over (
    partition by pairs.leg, pairs.right_id
    order by min(allocations.proposal_rank) nulls last, allocations.match_key
) = 1;

create table first_pairs as
select distinct leg, unnest(left_ids) as left_id, right_id from firsts;

create table scored as
select
    judged.leg,
    coalesce(
        judged.case_name, by_right.case_name, by_left.case_name, 'no true link'
    ) as case_name,
    judged.is_true,
    judged.is_found,
    judged.is_found_auto,
    equivalent.leg is not null as is_equivalent,
    judged.is_found_auto or first_pairs.leg is not null as is_best,
    judged.auto_amount
from judged
left join equivalent using (leg, left_id, right_id)
left join first_pairs using (leg, left_id, right_id)
left join cases as by_right
    on judged.leg = by_right.leg and judged.right_id = by_right.item_id and by_right.side = 'right'
left join cases as by_left
    on judged.leg = by_left.leg and judged.left_id = by_left.item_id and by_left.side = 'left';

-- One row a payment or bank line that somebody has to look at, judged by what is proposed first.
create table queue as
select
    firsts.leg,
    coalesce(cases.case_name, 'no true link') as case_name,
    firsts.is_right
from firsts
left join cases
    on firsts.leg = cases.leg and firsts.right_id = cases.item_id and cases.side = 'right';

create table lost as
with

items as (
    select 'invoice' as item_type, invoice_id as source_id from {invoices}
    union all
    select 'payment', payment_id from {payments}
    union all
    select 'bank_line', line_id from {bank_lines}
)

select items.* from items
anti join (
    select left_type as item_type, left_source_id as source_id
    from published.marts.match_allocations
    union all
    select right_type, right_source_id from published.marts.match_allocations
    union all
    select item_type, source_id from published.marts.unmatched_items
) using (item_type, source_id);
"""

COUNT = """
select
    {group} as group_name,
    count(*) filter (where is_found_auto) as auto_pairs,
    count(*) filter (where is_found_auto and is_true) as right_pairs,
    count(*) filter (where is_equivalent) as equivalent_pairs,
    count(*) filter (where is_found_auto and not is_true and not is_equivalent) as wrong_pairs,
    count(*) filter (where is_true) as true_pairs,
    count(*) filter (where is_true and is_found) as found_pairs,
    count(*) filter (where is_best) as best_pairs,
    count(*) filter (where is_true and is_best) as best_right_pairs,
    coalesce(sum(auto_amount), 0) as auto_amount,
    coalesce(sum(auto_amount) filter (where not is_true and not is_equivalent), 0) as wrong_amount
from scored
group by all
order by all
"""
COUNT_QUEUE = """
select {group} as group_name, count(*) as queue_length, count(*) filter (where is_right)
from queue
group by all
"""
# What each file must offer for the scoring, so that a missing one means no such items.
FILES = {
    "invoices": (
        "invoice_id",
        "entity",
        "party_id",
        "party_name",
        "currency",
        "total",
        "issue_date",
    ),
    "payments": ("payment_id", "date"),
    "bank_lines": ("line_id", "date"),
    "truth": ("left_type", "left_id", "right_type", "right_id", "amount"),
}


def evaluate(
    folder: Path,
    *,
    warehouse: Path | None = None,
    profile: bool = False,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Load, build and publish an exchange folder in a home of its own; score it if it has truth.

    Args:
        warehouse: Where to keep a copy of the published file.
        profile: Say also what each model and test took, and how many rows it has.

    Raises:
        LoadError: the folder is refused.
    """
    tell = on_progress or (lambda line: None)
    seconds: dict[str, float] = {}

    def timed(step: str, deed: Callable[[], Any]) -> Any:
        tell(step)
        started = time.monotonic()
        result = deed()
        seconds[step] = round(time.monotonic() - started, 3)
        return result

    with tempfile.TemporaryDirectory(prefix="counterfoil-evaluate-") as scratch:
        home = scratch_home(Path(scratch), folder)
        run = Run(run_id="evaluate", trigger="person", as_of_date=settings.as_of_date(home))
        loaded = timed("load", lambda: load_files(home))
        if loaded.errors:
            raise LoadError("; ".join(loaded.errors))
        report = timed("build", lambda: build(home, run, tests="gate", on_progress=on_progress))
        published = timed("publish", lambda: publish(home))
        result: dict[str, Any] = {}
        if has_truth(folder):
            result = timed("score", lambda: score(published, folder))
        if warehouse:
            shutil.copyfile(published, warehouse)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result |= {"seconds": seconds, "peak_memory_mb": round(peak / 1024)}
    if profile:
        nodes = sorted(report.nodes, key=lambda node: -node.seconds)
        result["nodes"] = [asdict(node) | {"seconds": round(node.seconds, 3)} for node in nodes]
    return result


def score(published: Path, folder: Path) -> dict[str, Any]:
    """Score the marts of a published file against the truth of an exchange folder."""
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute(f"attach {quoted(published)} as published (read_only)")
        names = {name: _relation(folder, name) for name in FILES}
        offered = {
            name: {column for column, *_ in connection.execute(f"describe from {it}").fetchall()}
            for name, it in names.items()
        }
        connection.execute(
            PREPARE.format(
                **names,
                case='"case"' if "case" in offered["truth"] else "null",
                status="status" if "status" in offered["invoices"] else "null",
            )
        )
        lost = connection.execute("from lost order by all").fetchall()
        return {
            "all": _metrics(connection, "'all'").get("all", {}),
            "legs": _metrics(connection, "leg"),
            "cases": _metrics(connection, "leg || '/' || case_name"),
            "silent_loss": {
                "count": len(lost),
                "by_type": dict(Counter(kind for kind, _ in lost)),
                "examples": [f"{kind} {source_id}" for kind, source_id in lost[:10]],
            },
        }


def has_truth(folder: Path) -> bool:
    """Whether an exchange folder knows the true links."""
    return any((folder / f"truth.{suffix}").exists() for suffix in ("csv", "parquet"))


def scratch_home(path: Path, folder: Path) -> Home:
    """A demo home inside `path` that reads one exchange folder."""
    home = Home.open(path / "home", "demo")
    document = {
        "connections": {
            CONNECTION_ID: {"platform": "exchange", "options": {"folder": str(folder.resolve())}}
        },
        "entity_map": [{"connection_id": CONNECTION_ID, "company_code": "*", "entity": "*"}],
        "bank_account_map": [
            dict.fromkeys(settings.BANK_ACCOUNT_MAP, "*") | {"connection_id": CONNECTION_ID}
        ],
    }
    settings.save_connections(home, document)
    return home


def _relation(folder: Path, name: str) -> str:
    """What to select one file of the folder from: all text, empty as null; no rows if missing."""
    if (folder / f"{name}.parquet").exists():
        return f"read_parquet({quoted(folder / f'{name}.parquet')})"
    if (folder / f"{name}.csv").exists():
        options = "all_varchar = true, header = true, nullstr = '', delim = ',', quote = '\"'"
        return f"read_csv({quoted(folder / f'{name}.csv')}, {options})"
    columns = ", ".join(f"cast(null as varchar) as {column}" for column in FILES[name])
    return f"(select {columns} where false)"


def _metrics(connection: duckdb.DuckDBPyConnection, group: str) -> dict[str, dict[str, Any]]:
    queues = {
        name: (length, right)
        for name, length, right in connection.execute(COUNT_QUEUE.format(group=group)).fetchall()
    }
    cursor = connection.execute(COUNT.format(group=group))
    columns = [column[0] for column in cursor.description or ()]
    metrics: dict[str, dict[str, Any]] = {}
    for values in cursor.fetchall():
        row = dict(zip(columns, values, strict=True))
        name = row.pop("group_name")
        queue_length, right_first = queues.pop(name, (0, 0))
        right, economic = row["right_pairs"], row["right_pairs"] + row["equivalent_pairs"]
        metrics[name] = {
            **{
                key: str(value) if isinstance(value, Decimal) else value
                for key, value in row.items()
            },
            "queue_length": queue_length,
            "first_suggestions_right": right_first,
            "auto_precision": _share(right, row["auto_pairs"]),
            "economic_precision": _share(economic, row["auto_pairs"]),
            "auto_recall": _share(right, row["true_pairs"]),
            "assisted_recall": _share(row["found_pairs"], row["true_pairs"]),
            "assisted_f1": _share(
                2 * row["best_right_pairs"], row["best_pairs"] + row["true_pairs"]
            ),
            "first_suggestion_precision": _share(right_first, queue_length),
            "wrong_money": _share(row["wrong_amount"], row["auto_amount"]),
        }
    return metrics


def _share(part: int | Decimal, whole: int | Decimal) -> float | None:
    """A share to eight places; nothing where there is nothing to share."""
    return float(round(Decimal(part) / Decimal(whole), 8)) if whole else None


def as_text(result: dict[str, Any]) -> list[str]:
    """The result for a terminal: one line a leg, then the cases that are not perfect."""
    shares = (
        "auto_precision",
        "economic_precision",
        "auto_recall",
        "assisted_recall",
        "assisted_f1",
        "first_suggestion_precision",
        "wrong_money",
    )
    counts = ("queue_length", "wrong_pairs", "equivalent_pairs", "true_pairs")
    titles = (
        "auto prec",
        "econ prec",
        "recall",
        "assisted",
        "F1",
        "1st sugg",
        "wrong $",
        "queue",
        "wrong",
        "equiv",
        "true",
    )
    if "legs" not in result:
        lines = ["the folder has no truth file: matched, not scored"]
    else:
        lines = [f"{'':32}" + "".join(f"{title:>10}" for title in titles)]
        for name, row in {**result["legs"], "all": result["all"], **result["cases"]}.items():
            cells = ["-" if row.get(key) is None else f"{row[key]:.3%}" for key in shares]
            cells += [str(row.get(key, 0)) for key in counts]
            lines.append(f"{name:32}" + "".join(f"{cell:>10}" for cell in cells))
        lost = result["silent_loss"]
        lines.append(f"silent loss: {lost['count']} {', '.join(lost['examples'])}".rstrip())
    if "seconds" in result:
        spent = ", ".join(f"{step} {value:.1f} s" for step, value in result["seconds"].items())
        lines.append(f"{spent}; peak memory {result['peak_memory_mb']} MB")
    for node in result.get("nodes", ()):
        lines.append(f"{node['seconds']:8.2f} s {node['rows'] or 0:>10} rows  {node['name']}")
    return lines
