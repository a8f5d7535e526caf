"""Carry the store, the history and what people stated into `raw_operations` of the work file.

They flow into a build like any other source. Every table is replaced as a whole, all in one
transaction and each in a fixed order, so the same store gives the same tables. Tokens, sessions and
the bodies of webhooks never leave the store.
"""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import select

from pipelines import history, rules, settings
from pipelines.operations.store import Store
from pipelines.operations.tables import METADATA
from pipelines.publish import FINISHED_BUILD
from pipelines.settings import Home

_Rows = list[dict[str, Any]]

# Tables of the store that auditors see, whole but for the columns in WITHHELD.
CARRIED = (
    "run_events",
    "decisions",
    "approvals",
    "postings",
    "alerts",
    "access_log",
    "inbox",
    "users",
    "role_grants",
)
WITHHELD = ("body", "os_user")

# Every table here and its columns: a build in a fresh clone creates them empty from this.
RAW_TABLES: dict[str, dict[str, str]] = {
    name: {
        column.name: "bigint" if column.name == "sequence" else "varchar"
        for column in METADATA.tables[name].columns
        if column.name not in WITHHELD
    }
    for name in CARRIED
} | {
    "connections": {name: "varchar" for name in ("connection_id", "platform", "kind")},
    "entity_map": {name: "varchar" for name in settings.ENTITY_MAP},
    "bank_account_map": {name: "varchar" for name in settings.BANK_ACCOUNT_MAP},
    "match_overrides": {name: "varchar" for name in rules.COLUMNS},
    # The one run this build belongs to.
    "current_run": {
        "run_id": "varchar",
        "trigger": "varchar",
        "as_of_date": "date",
        "home_kind": "varchar",
    },
    # What the events say, one row a run; `outcome` is running, finished, failed or interrupted.
    "runs": {
        "run_id": "varchar",
        "trigger": "varchar",
        "started_at": "timestamp",
        "finished_at": "timestamp",
        "outcome": "varchar",
        "as_of_date": "date",
        "error": "varchar",
    },
    # One row a connection that a run loaded or tried to.
    "loads": {
        "run_id": "varchar",
        "connection_id": "varchar",
        "platform": "varchar",
        "outcome": "varchar",
        "row_count": "bigint",
        "error": "varchar",
        "finished_at": "timestamp",
    },
    # One row a resource that a run loaded: what the source handed over.
    "load_counts": {
        "run_id": "varchar",
        "connection_id": "varchar",
        "platform": "varchar",
        "resource": "varchar",
        "row_count": "bigint",
        "new_versions": "bigint",
        "vanished": "bigint",
    },
    **history.TABLES,
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """The run a build belongs to."""

    run_id: str
    trigger: str
    as_of_date: datetime.date


def carry(home: Home, store: Store, run: Run) -> None:
    """Replace `raw_operations` in the work file with what is known now.

    Raises:
        RulesRefused: a rule of the home's own cannot be.
    """
    tables = _from_the_store(store)
    events = tables["run_events"]
    tables |= {
        "connections": [
            {"connection_id": each.connection_id, "platform": each.platform, "kind": home.kind}
            for each in settings.load_connections(home)
        ],
        "entity_map": list(settings.load_entity_map(home)),
        "bank_account_map": list(settings.load_bank_account_map(home)),
        "match_overrides": list(rules.of_home(home)),
        "current_run": [
            {
                "run_id": run.run_id,
                "trigger": run.trigger,
                "as_of_date": run.as_of_date.isoformat(),
                "home_kind": home.kind,
            }
        ],
        "runs": _runs(events),
        "loads": [
            {"run_id": event["run_id"], "finished_at": event["occurred_at"], **loaded}
            | {"row_count": sum(table["rows"] for table in loaded["tables"].values())}
            for event, loaded in _loaded(events)
        ],
        "load_counts": [
            {"run_id": event["run_id"], **loaded, **counts, "resource": resource}
            | {"row_count": counts["rows"]}
            for event, loaded in _loaded(events)
            for resource, counts in sorted(loaded["tables"].items())
        ],
    }
    with contextlib.closing(duckdb.connect(str(home.warehouse))) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("begin")
        connection.execute("create schema if not exists raw_operations")
        connection.execute(f"drop table if exists {FINISHED_BUILD}")
        for name, columns in RAW_TABLES.items():
            query = history.read(home, name) if name in history.TABLES else None
            if query is None:
                rows = tables[name]
                text = {c: [None if r.get(c) is None else str(r[c]) for r in rows] for c in columns}
                connection.register(
                    "given", pa.table(text, pa.schema([(c, pa.string()) for c in columns]))
                )
                typed = ", ".join(f"cast({c} as {type_}) as {c}" for c, type_ in columns.items())
                query = f"select {typed} from given"
            connection.execute(f"create or replace table raw_operations.{name} as {query}")
        connection.execute("commit")


def _from_the_store(store: Store) -> dict[str, _Rows]:
    with store.reading() as connection:
        return {
            name: [
                dict(row)
                for row in connection.execute(
                    select(
                        *(METADATA.tables[name].c[column] for column in RAW_TABLES[name])
                    ).order_by(*METADATA.tables[name].primary_key)
                ).mappings()
            ]
            for name in CARRIED
        }


def _runs(events: _Rows) -> _Rows:
    runs: dict[str, dict[str, Any]] = {}
    for event in events:
        detail = json.loads(event["detail"])
        run = runs.setdefault(
            event["run_id"],
            {
                "run_id": event["run_id"],
                "trigger": event["trigger"],
                "started_at": event["occurred_at"],
                "outcome": "running",
                "as_of_date": detail.get("as_of_date"),
            },
        )
        if event["step"] == "run" and event["event"] != "started":
            run["outcome"] = event["event"]
            run["finished_at"] = event["occurred_at"]
            run["error"] = detail.get("error")
    return list(runs.values())


def _loaded(events: _Rows) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Each connection of each load step, as `pipelines.run` wrote it."""
    for event in events:
        if event["step"] == "load":
            for loaded in json.loads(event["detail"]).get("connections", ()):
                yield event, loaded
