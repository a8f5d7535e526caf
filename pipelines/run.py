"""One run: load, build, publish, history; under a lock, told step by step in `run_events`.

Every step can be repeated and gives the same. So a run that was killed needs no repair: the next
one says that it was interrupted, writes the history of what it had published, and does the rest.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines import history, publish, rules, settings
from pipelines.build import BuildReport, Progress, build
from pipelines.errors import CounterfoilError, LoadError, UsageError
from pipelines.files.loading import load_files
from pipelines.load import ConnectionReport, LoadReport, load
from pipelines.operations import chain
from pipelines.operations.lock import lock
from pipelines.operations.raw import Run
from pipelines.operations.store import Store
from pipelines.operations.store import now as moment
from pipelines.operations.tables import run_events
from pipelines.settings import Home

STEPS = ("load", "build", "publish")  # publishing includes writing its history
TRIGGERS = ("invoice", "bank_feed", "gateway", "schedule", "person")


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What a run did. A step that was not asked for is None.

    Args:
        heads: Of all chains at the end of the run, to be kept elsewhere.
    """

    run_id: str
    loaded: LoadReport | None
    built: BuildReport | None
    published: Path | None
    heads: Mapping[str, Any]
    seconds: Mapping[str, float]


def run(
    home: Home,
    trigger: str,
    *,
    steps: Collection[str] = STEPS,
    connection_ids: Collection[str] | None = None,
    on_progress: Progress | None = None,
) -> RunReport:
    """Bring the published file up to date, or do some of the steps towards it.

    A connection that cannot be read is told in the report; what the others said is published.

    Raises:
        LockHeld: another run is at work.
        LoadError: no connection could be read.
        CounterfoilError: a step failed; what was published before stays current.
    """
    if trigger not in TRIGGERS:
        raise UsageError(f"no trigger {trigger!r}; known: {', '.join(TRIGGERS)}")
    loaded, built, file = None, None, None
    with Store.open(home) as store, lock(store) as held:
        _complete_the_last(home, store)
        this = Run(run_id=_new_id(), trigger=trigger, as_of_date=settings.as_of_date(home))
        telling = Telling(store, this, on_progress)
        with telling.step("run", {"as_of_date": this.as_of_date.isoformat()}) as ended:
            if "build" in steps:
                rules.of_home(home)  # a build would refuse them, after a long load
            if "load" in steps:
                with telling.step("load") as detail:
                    loaded = load_all(home, connection_ids, on_progress)
                    detail["connections"] = [_told(each) for each in loaded.connections]
                    if loaded.connections and len(loaded.errors) == len(loaded.connections):
                        raise LoadError(f"no connection could be read: {'; '.join(loaded.errors)}")
            if "build" in steps:
                held.check()
                with telling.step("build") as detail:
                    built = build(home, this, store=store, on_progress=on_progress)
                    detail["findings"] = [finding.name for finding in built.findings]
            if "publish" in steps:
                held.check()
                with telling.step("publish") as detail:
                    file = publish.publish(home, chain.heads(store) | history.head(home))
                    detail["file"] = file.name
                with telling.step("history") as detail:
                    entry = history.append(home, file)
                    detail |= {"sequence": entry.sequence, "hash": entry.hash}
            heads = chain.heads(store) | history.head(home)
            ended["heads"] = {name: heads[name] for name in heads if name != "run_events"}
        heads = chain.heads(store) | history.head(home)
    return RunReport(
        run_id=this.run_id,
        loaded=loaded,
        built=built,
        published=file,
        heads=heads,
        seconds=telling.seconds,
    )


def load_all(
    home: Home,
    connection_ids: Collection[str] | None = None,
    on_progress: Progress | None = None,
) -> LoadReport:
    """Load platforms and files, and tell of it every two seconds."""
    told_at = 0.0

    def tell(connection_id: str, table: str, rows: int) -> None:
        nonlocal told_at
        if on_progress and time.monotonic() - told_at > 2:
            told_at = time.monotonic()
            on_progress(f"load {connection_id} {table}: {rows} rows")

    platforms = load(home, connection_ids, on_progress=tell)
    files = load_files(home, connection_ids, on_progress=tell)
    both = sorted(platforms.connections + files.connections, key=lambda each: each.connection_id)
    return LoadReport(connections=tuple(both))


class Telling:
    """Tells `run_events` when a step starts and how it ends. Guards who is telling."""

    def __init__(self, store: Store, run: Run, on_progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._store = store
        self._run = run
        self._on_progress = on_progress

    @contextlib.contextmanager
    def step(self, step: str, detail: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Tell of a step; what the block puts into the yielded dict is told at its end."""
        if self._on_progress and step != "run":
            self._on_progress(step)
        started = time.monotonic()
        self.event(step, "started", detail or {})
        ended: dict[str, Any] = {}
        try:
            yield ended
        except Exception as error:
            code = error.exit_code if isinstance(error, CounterfoilError) else 1
            said = str(error) if isinstance(error, CounterfoilError) else repr(error)
            self.event(step, "failed", ended | {"error": said, "exit_code": code})
            raise
        self.seconds[step] = round(time.monotonic() - started, 3)
        self.event(step, "finished", ended | {"seconds": f"{self.seconds[step]:.3f}"})

    def event(self, step: str, event: str, detail: dict[str, Any]) -> None:
        """Append one event."""
        row = {
            "run_id": self._run.run_id,
            "trigger": self._run.trigger,
            "step": step,
            "event": event,
            "detail": json.dumps(detail, sort_keys=True, separators=(",", ":")),
            "occurred_at": moment(),
        }
        with self._store.writing() as connection:
            chain.append(connection, "run_events", row)


def _told(each: ConnectionReport) -> dict[str, Any]:
    """A loaded connection as `run_events` keeps it; `loads` and `load_counts` are made of it."""
    return {
        "connection_id": each.connection_id,
        "platform": each.platform,
        "outcome": "failed" if each.error else "finished",
        "error": each.error,
        "tables": {name: asdict(table) for name, table in sorted(each.tables.items())},
    }


def _complete_the_last(home: Home, store: Store) -> None:
    """Say which runs were interrupted, and write the history of a file that was published."""
    ended = run_events.select().where(run_events.c.step == "run").order_by(run_events.c.sequence)
    with store.reading() as connection:
        last = {event.run_id: event for event in connection.execute(ended)}
    for event in last.values():
        if event.event == "started":
            unfinished = Run(
                run_id=event.run_id, trigger=event.trigger, as_of_date=datetime.date.min
            )
            Telling(store, unfinished, None).event("run", "interrupted", {})
    file = publish.current(home)
    if file:
        history.append(home, file)


def _new_id() -> str:
    started = datetime.datetime.now(datetime.UTC)
    return f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
