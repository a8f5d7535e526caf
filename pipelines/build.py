"""Build the models with dbt, in this process: into the work file of a home, and its marts.

What people may see is built into a file that a build begins anew, so that a publish need only copy
it: nothing that was deleted is left in it, and nothing is packed twice.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from pipelines import settings
from pipelines.errors import BuildError, GateFailed
from pipelines.operations.raw import Run, carry
from pipelines.operations.store import Store
from pipelines.publish import FINISHED_BUILD
from pipelines.settings import Home

Progress = Callable[[str], None]

GATE = "gate"
QUIET = ("--no-send-anonymous-usage-stats", "--no-version-check", "--log-level", "none")
SELDOM = (50_000, 20, 50)  # at its own pace Python looks through all that dbt holds all the time
LARGE = 150_000  # rows of all raw tables; of few, asking for columns costs more than it saves
SPARING = ("--no-write-json",)  # dbt's artifacts cost seconds, and nothing of ours reads them


@dataclass(frozen=True, kw_only=True)
class Node:
    """What became of one model, seed or test.

    Args:
        rows: What the table holds now; for a test, the rows it found. Null if unknown.
    """

    name: str
    resource_type: str
    status: str
    seconds: float
    rows: int | None
    message: str
    is_gate: bool


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """What a build did. Its failed tests are findings to report; a failed gate raises instead."""

    nodes: tuple[Node, ...]
    seconds: float

    @property
    def findings(self) -> tuple[Node, ...]:
        return tuple(
            node
            for node in self.nodes
            if node.resource_type == "test" and node.status in ("fail", "warn", "error")
        )


def build(
    home: Home,
    run: Run,
    *,
    store: Store | None = None,
    tests: Literal["all", "gate"] = "all",
    on_progress: Progress | None = None,
) -> BuildReport:
    """Bring the store's tables into the work file, then build every model and run the tests.

    Raises:
        GateFailed: a test of our own transformations found rows; nothing may be published.
        BuildError: a model could not be built.
    """
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        carry(home, store or stack.enter_context(Store.open(home)), run)
    for file in (home.marts, home.marts.with_name(f"{home.marts.name}.wal")):
        file.unlink(missing_ok=True)
    arguments = ["build", *QUIET, *SPARING, "--exclude-resource-types", "unit_test"]
    if tests == "gate":
        chosen = ("resource_type:seed", "resource_type:model", f"tag:{GATE}")
        arguments += ["--indirect-selection", "empty", "--select", *chosen]
    results = _invoke(home, run, arguments, on_progress)
    rows = _rows_by_table(home)
    report = BuildReport(
        nodes=tuple(_node(result, rows) for result in results),
        seconds=time.monotonic() - started,
    )
    _refuse_failures(home, report)
    with contextlib.closing(duckdb.connect(str(home.marts))) as connection:
        connection.execute("checkpoint")  # all of it is in the file before the build is finished
    with contextlib.closing(duckdb.connect(str(home.warehouse))) as connection:
        connection.execute(
            f"create or replace table {FINISHED_BUILD} as select $1 as run_id", [run.run_id]
        )
    return report


def rebuild(
    home: Home,
    run: Run,
    *,
    select: Sequence[str],
    exclude: Sequence[str],
    on_progress: Progress | None = None,
) -> None:
    """Build some models again on what the work file holds now, without tests.

    Raises:
        BuildError: a model could not be built.
    """
    arguments = ["run", *QUIET, *SPARING, "--select", *select, "--exclude", *exclude]
    results = _invoke(home, run, arguments, on_progress)
    nodes = tuple(_node(result, {}) for result in results)
    _refuse_failures(home, BuildReport(nodes=nodes, seconds=0))


def _invoke(home: Home, run: Run, arguments: list[str], on_progress: Progress | None) -> list[Any]:
    """Run dbt in process. It keeps the file locked afterwards unless its connections are closed."""

    def tell(event: Any) -> None:
        if on_progress and event.info.name == "NodeFinished":
            node = event.data.node_info
            on_progress(f"{node.node_status} {node.resource_type} {node.node_name}")

    platforms = {connection.platform for connection in settings.load_connections(home)}
    told = settings.environment(
        COUNTERFOIL_WAREHOUSE=str(home.warehouse),
        COUNTERFOIL_PLATFORMS=",".join(sorted(platforms)),
        COUNTERFOIL_AS_OF=run.as_of_date.isoformat(),
        COUNTERFOIL_RUN_ID=run.run_id,
        COUNTERFOIL_IS_LARGE=str(_raw_rows(home) > LARGE).lower(),
        DO_NOT_TRACK="1",
    )
    try:
        with told, _rare_collections():
            outcome = dbtRunner(callbacks=[tell]).invoke(
                [
                    *arguments,
                    *("--project-dir", str(settings.PROJECT)),
                    *("--profiles-dir", str(settings.PROJECT)),
                    *("--target-path", str(home.dbt / "target")),
                    *("--log-path", str(home.dbt / "logs")),
                ]
            )
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt's
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    results = getattr(outcome.result, "results", None)
    if results is None:
        reason = " ".join(str(outcome.exception).split())
        raise BuildError(f"dbt stopped before it built anything: {reason}; see {home.dbt / 'logs'}")
    return list(results)


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage in cycles seldom: dbt and the set search make many objects, few cycles."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _node(result: Any, rows: dict[tuple[str, str], int]) -> Node:
    node = result.node
    is_test = node.resource_type == "test"
    return Node(
        name=node.name,
        resource_type=str(node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        rows=result.failures if is_test else rows.get((node.schema, node.alias)),
        message=" ".join((result.message or "").split()),
        is_gate=is_test and GATE in node.tags,
    )


def _raw_rows(home: Home) -> int:
    with contextlib.closing(duckdb.connect(str(home.warehouse), read_only=True)) as connection:
        found = connection.execute(
            "select sum(estimated_size) from duckdb_tables() where starts_with(schema_name, 'raw_')"
        ).fetchone()
    return int(found[0] or 0) if found else 0


def _rows_by_table(home: Home) -> dict[tuple[str, str], int]:
    rows: dict[tuple[str, str], int] = {}
    for file in (home.warehouse, home.marts):
        with contextlib.closing(duckdb.connect(str(file), read_only=True)) as connection:
            found = connection.execute(
                "select schema_name, table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        rows |= {(schema, table): count for schema, table, count in found}
    return rows


def _refuse_failures(home: Home, report: BuildReport) -> None:
    failed = [node for node in report.nodes if node.status in ("error", "runtime error", "fail")]
    gates = [node for node in failed if node.is_gate]
    if gates:
        raise GateFailed(
            f"{len(gates)} of the tests that guard the result failed, nothing was published: "
            f"{'; '.join(f'{gate.name}: {gate.message}' for gate in gates[:5])}"
        )
    broken = [node for node in failed if node.resource_type != "test"]
    skipped = [
        node for node in report.nodes if node.status == "skipped" and node.resource_type != "test"
    ]
    if broken or skipped:
        named = broken or [node for node in failed if node.resource_type == "test"] or skipped
        raise BuildError(
            f"{len(broken)} models failed and {len(skipped)} were skipped: "
            f"{'; '.join(f'{node.name}: {node.message}' for node in named[:3])}; "
            f"see {home.dbt / 'logs'}"
        )
