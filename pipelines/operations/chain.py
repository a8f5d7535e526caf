"""Append to the hash-chained tables, and recompute their chains.

A row's hash is SHA-256 over the previous row's hash followed by the row as canonical JSON: its
columns but the two hashes, in alphabetical order, no spaces, text as it is, control characters as
`\\u001F`. In DuckDB, over the published file:

    select sequence from audit.run_events
    qualify previous_hash <> coalesce(lag(hash) over (order by sequence), repeat('0', 64))
        or hash <> sha256(previous_hash || to_json({
            'detail': detail, 'event': event,
            'occurred_at': strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ'), 'run_id': run_id,
            'sequence': sequence, 'step': step, 'trigger': trigger}))

A chain shows that no row was changed, inserted or taken out before its last one. That the last
ones were not cut off show the heads kept elsewhere: every run that finished wrote the heads of the
other chains into `run_events`, and `published/current.json` has the head of `run_events`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from pipelines.operations.store import Store
from pipelines.operations.tables import CHAINED, METADATA

GENESIS = "0" * 64
_ESCAPE = re.compile(r"\\\\|\\u(00[01].)")  # an escaped backslash, or a control character


def canonical(row: Mapping[str, Any]) -> str:
    """The row as the one JSON text it can be."""
    named = {name: row[name] for name in sorted(row) if name not in ("previous_hash", "hash")}
    text = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
    return _ESCAPE.sub(lambda found: "\\u" + found[0][2:].upper() if found[1] else found[0], text)


def link(previous_hash: str, row: Mapping[str, Any]) -> str:
    """The hash of a row that follows the one with `previous_hash`."""
    return hashlib.sha256((previous_hash + canonical(row)).encode()).hexdigest()


def append(connection: Connection, table_name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Add a row at the end of a chain, inside a transaction that is the only writer.

    Args:
        row: Every column but `sequence`, `previous_hash` and `hash`.

    Returns:
        The row as it was written.
    """
    table = METADATA.tables[table_name]
    last = connection.execute(
        select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
    ).first()
    sequence, previous_hash = (last.sequence + 1, last.hash) if last else (1, GENESIS)
    complete = {column.name: row.get(column.name) for column in table.columns}
    complete |= {"sequence": sequence, "previous_hash": previous_hash}
    complete["hash"] = link(previous_hash, complete)
    connection.execute(table.insert(), complete)
    return complete


def heads(store: Store) -> dict[str, dict[str, Any]]:
    """The last sequence and hash of each chain; what to keep elsewhere."""
    found = {}
    with store.reading() as connection:
        for name in CHAINED:
            table = METADATA.tables[name]
            last = connection.execute(
                select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
            ).first()
            found[name] = {"sequence": last.sequence, "hash": last.hash} if last else None
    return {name: head for name, head in found.items() if head}


def verify(
    store: Store,
    kept_heads: Mapping[str, Mapping[str, Any]] | None = None,
    also: Mapping[str, Mapping[int, str]] | None = None,
) -> list[str]:
    """Recompute every chain and look up every head that was kept.

    Args:
        kept_heads: Heads from outside the store, as `heads` gave them then.
        also: The hashes of chains outside the store by sequence, whose heads are kept in it.

    Returns:
        One sentence a defect; none when all is as it was written.
    """
    problems: list[str] = []
    hashes: dict[str, Mapping[int, str]] = dict(also or {})
    kept = [("a published file", kept_heads or {})]
    with store.reading() as connection:
        for name in CHAINED:
            table = METADATA.tables[name]
            found: dict[int, str] = {}
            previous_hash = GENESIS
            rows = connection.execute(select(table).order_by(table.c.sequence)).mappings()
            for expected, each in enumerate(rows, start=1):
                row = dict(each)
                if row["sequence"] != expected or row["previous_hash"] != previous_hash:
                    problems.append(f"{name} {row['sequence']}: does not follow the row before it")
                if row["hash"] != link(row["previous_hash"], row):
                    problems.append(f"{name} {row['sequence']}: is not what was written")
                elif name == "run_events":
                    detail = json.loads(row["detail"])
                    kept.append((f"run {row['run_id']}", detail.get("heads", {})))
                previous_hash = found[row["sequence"]] = row["hash"]
            hashes[name] = found
    for witness, heads_then in kept:
        for name, head in heads_then.items():
            if name in hashes and hashes[name].get(head["sequence"]) != head["hash"]:
                problems.append(
                    f"{name} {head['sequence']}: {witness} saw another one here or it is gone"
                )
    return problems
