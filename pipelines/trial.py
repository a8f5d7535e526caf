"""What changed rules would do before they go live: `counterfoil evaluate [DIR] --rules RULES`.

The same data are built twice in a home that is thrown away: an exchange folder with the rules that
ship and with the changed ones, or a copy of a home's data with its rules and with the changed ones.
Then the links of both builds are compared, pair by pair:

    made, promoted      automatic now; before nothing, or a proposal
    broken, demoted     automatic before; now nothing, or a proposal
    resized             automatic in both, of another amount
    proposed, withdrawn a proposal only now, or only before

Nothing of the home is changed. A folder with `truth` is scored both ways as well.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines import rules, settings
from pipelines.build import Progress, build
from pipelines.errors import LoadError, UsageError
from pipelines.evaluate import as_text as score_text
from pipelines.evaluate import has_truth, score, scratch_home
from pipelines.files.loading import load_files
from pipelines.operations.lock import lock
from pipelines.operations.raw import Run
from pipelines.operations.store import Store
from pipelines.publish import publish, quoted
from pipelines.settings import Home

CHANGES = ("made", "promoted", "demoted", "broken", "resized", "proposed", "withdrawn")
COLUMNS = (
    "change",
    "leg",
    "rule",
    "left_type",
    "left_id",
    "right_type",
    "right_id",
    "currency_code",
    "amount",
    "rule_before",
    "rule_after",
)
COMPARE = """
create table pairs as
with

allocations as (
    select 'before' as build, * from before.marts.match_allocations
    union all
    select 'after', * from after.marts.match_allocations
),

-- A pair that stands in several matches counts by the best of them.
ranked as (
    select
        *,
        if(status = 'suggested', 1, 2) as standing,
        row_number() over (
            partition by build, leg, left_type, left_key, right_type, right_key
            order by if(status = 'suggested', 1, 2) desc, abs(amount) desc, match_key
        ) as place
    from allocations
    where status <> 'broken'
)

select
    leg,
    left_type,
    right_type,
    coalesce(min(left_source_id), left_key) as left_id,
    coalesce(min(right_source_id), right_key) as right_id,
    currency_code,
    coalesce(max(standing) filter (where build = 'before'), 0) as standing_before,
    coalesce(max(standing) filter (where build = 'after'), 0) as standing_after,
    coalesce(sum(amount) filter (where build = 'before'), 0) as amount_before,
    coalesce(sum(amount) filter (where build = 'after'), 0) as amount_after,
    min(rule) filter (where build = 'before') as rule_before,
    min(rule) filter (where build = 'after') as rule_after
from ranked
where place = 1
group by leg, left_type, left_key, right_type, right_key, currency_code;

create table changes as
select
    case (standing_before, standing_after)
        when (0, 2) then 'made'
        when (1, 2) then 'promoted'
        when (2, 1) then 'demoted'
        when (2, 0) then 'broken'
        when (2, 2) then 'resized'
        when (0, 1) then 'proposed'
        when (1, 0) then 'withdrawn'
    end as change,
    *,
    -- The rule that is answerable: the one that links, or that did.
    if(standing_before > standing_after, rule_before, rule_after) as rule,
    case
        when standing_before > standing_after then abs(amount_before)
        when standing_before < standing_after then abs(amount_after)
        else abs(amount_after - amount_before)
    end as amount
from pairs
where standing_before <> standing_after
    or (standing_before = 2 and amount_before <> amount_after);
"""


def trial(
    rules_folder: Path,
    *,
    folder: Path | None = None,
    home: Home | None = None,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Build with the rules that are and with those of `rules_folder`, and compare the links.

    Args:
        rules_folder: What would take the place of the home's folder `rules`.
        folder: An exchange folder; without one the data of `home` are built.

    Returns:
        `changes`: pairs and money by change, leg, rule and currency; `links`: every changed pair;
        `unchanged`: how many pairs stand as before; `current` and `changed`: both scores, if the
        folder has truth.

    Raises:
        RulesRefused: one of the rules cannot be, or is for an entity or account that nothing bears.
        UsageError: there are no rules, or no data to try them on.
    """
    if not (rules_folder / rules.FILE).exists():
        raise UsageError(f"{rules_folder} holds no {rules.FILE}: put the changed rules there")
    tell = on_progress or (lambda line: None)
    seconds: dict[str, float] = {}

    def timed(step: str, deed: Callable[[], Any]) -> Any:
        tell(step)
        started = time.monotonic()
        result = deed()
        seconds[step] = round(time.monotonic() - started, 3)
        return result

    with contextlib.ExitStack() as stack:
        scratch = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="counterfoil-trial-"))
        )
        if folder is not None:
            known = rules.Known()
            rules.read(rules_folder, known)
            tried = scratch_home(scratch, folder)
            store = stack.enter_context(Store.open(tried))
            loaded = timed("load", lambda: load_files(tried))
            if loaded.errors:
                raise LoadError("; ".join(loaded.errors))
        elif home is not None:
            known = rules.known(home)
            rules.read(rules_folder, known)
            store = stack.enter_context(Store.open(home))
            tried = timed("copy", lambda: _copy(home, store, scratch / "home"))
        else:
            raise UsageError("there is neither a folder nor a home to try the rules on")
        day = settings.as_of_date(tried)

        def built(name: str) -> Path:
            run = Run(run_id=name, trigger="person", as_of_date=day)
            build(tried, run, store=store, tests="gate", on_progress=on_progress)
            return publish(tried)

        before = timed("current rules", lambda: built("current"))
        rules.read(rules_folder, _seen(before, known))
        shutil.rmtree(tried.rules, ignore_errors=True)
        tried.rules.mkdir()
        shutil.copyfile(rules_folder / rules.FILE, tried.rules / rules.FILE)
        after = timed("changed rules", lambda: built("changed"))
        result = compare(before, after)
        if folder is not None and has_truth(folder):
            result["current"] = score(before, folder)
            result["changed"] = score(after, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return result | {"seconds": seconds, "peak_memory_mb": round(peak / 1024)}


def compare(before: Path, after: Path) -> dict[str, Any]:
    """What two published files link differently; see the words at the top."""
    order = f"list_position({list(CHANGES)}, change)"
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute(f"attach {quoted(before)} as before (read_only)")
        connection.execute(f"attach {quoted(after)} as after (read_only)")
        connection.execute(COMPARE)
        counted = connection.execute(
            f"""
            select change, leg, rule, currency_code, count(*) as pairs, sum(amount) as amount
            from changes
            group by change, leg, rule, currency_code
            order by {order}, leg, rule, currency_code
            """
        )
        changes = list(_rows(counted))
        links = connection.execute(
            f"select {', '.join(COLUMNS)} from changes order by {order}, {', '.join(COLUMNS[1:])}"
        )
        listed = list(_rows(links))
        [(pairs,)] = connection.execute("select count(*) from pairs").fetchall()
    return {"changes": changes, "links": listed, "unchanged": pairs - len(listed)}


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in cursor.description or ()]
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        yield row | {"amount": str(row["amount"])}


def _copy(home: Home, store: Store, path: Path) -> Home:
    """A home of the same kind with the same data and rules, and nothing secret."""
    if not home.warehouse.exists():
        raise UsageError(f"{home.path} has loaded nothing yet: run `counterfoil load`")
    for name in ("published", "history", "dbt"):
        settings.private_folder(path / name)
    with lock(store):
        for file in ("home.json", "connections.toml", "warehouse.duckdb"):
            if (home.path / file).exists():
                shutil.copyfile(home.path / file, path / file)
        if home.rules.is_dir():
            shutil.copytree(home.rules, path / "rules")
    return Home.open(path)


def _seen(published: Path, named: rules.Known) -> rules.Known:
    """What the maps name; where they leave it open, what the data bear."""
    with contextlib.closing(duckdb.connect(str(published), read_only=True)) as connection:
        entities = connection.execute(
            "select entity from marts.invoices union select entity from marts.payments "
            "union select entity from marts.bank_lines"
        ).fetchall()
        accounts = connection.execute("select entity, account_id from marts.bank_accounts")
        return rules.Known(
            entities=named.entities or frozenset(entity for (entity,) in entities),
            accounts=named.accounts or frozenset(accounts.fetchall()),
        )


def as_text(result: dict[str, Any], examples: int) -> list[str]:
    """The result for a terminal: pairs and money by change, some links of each, then the scores."""
    lines = []
    changes = result["changes"]
    if changes:
        lines.append(f"{'':10} {'leg':12} {'rule':22} {'currency':8} {'pairs':>9} {'money':>18}")
    for row in changes:
        money = f"{_money(row['amount']):>18}"
        lines.append(
            f"{row['change']:10} {row['leg']:12} {row['rule']:22} {row['currency_code'] or '':8} "
            f"{row['pairs']:>9,} {money}"
        )
    lines.append(f"{result['unchanged']:,} pairs stand as before")
    for change in CHANGES:
        links = [link for link in result["links"] if link["change"] == change]
        for link in links[:examples]:
            ruled = " -> ".join(
                rule for rule in (link["rule_before"], link["rule_after"]) if rule is not None
            )
            lines.append(
                f"{change}: {link['left_type']} {link['left_id']} and {link['right_type']} "
                f"{link['right_id']}, {_money(link['amount'])} {link['currency_code']}, {ruled}"
            )
        if len(links) > examples > 0:
            lines.append(f"{change}: {len(links) - examples:,} more, see --json")
    for name in ("current", "changed"):
        if name in result:
            lines += [f"{name} rules", *score_text(result[name] | {"cases": {}})]
    spent = ", ".join(f"{step} {value:.1f} s" for step, value in result["seconds"].items())
    return [*lines, f"{spent}; peak memory {result['peak_memory_mb']} MB"]


def _money(amount: str) -> str:
    whole, _, part = amount.partition(".")
    return f"{int(whole):,}.{part.removesuffix('00')}"
