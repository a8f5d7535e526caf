"""What was known when: one folder a published run, written once, each chained to the one before.

    history/00000012-20261122T090000Z-3f2a1c/
        manifest.json             run, moment, files with SHA-256 and rows, hash of the one before
        match_history.parquet     allocations that appeared, changed or are gone since
        source_changes.parquet    documents, payments, settlements and bank lines likewise
        exception_history.parquet exceptions likewise

A rebuild of the warehouse reads these and never writes them, so it cannot rewrite the past. The
state before a run is what all folders say in order; nothing else is kept. A folder appears whole,
by a rename, or not at all; a run that has one gets no second.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.operations.chain import GENESIS, link
from pipelines.operations.store import now
from pipelines.publish import quoted, run_of
from pipelines.settings import Home, sync_folder, write_atomically

# Columns as the raw tables of the same name have them. An allocation is its match and two items;
# it has changed when one of STATE has. What people wrote is left out: this is kept for years.
MATCH_HISTORY = {
    "history_sequence": "bigint",
    "run_id": "varchar",
    "recorded_at": "timestamp",
    "change_type": "varchar",  # appeared, changed, gone
    "match_key": "varchar",
    "leg": "varchar",
    "left_type": "varchar",
    "left_key": "varchar",
    "left_source_id": "varchar",
    "right_type": "varchar",
    "right_key": "varchar",
    "right_source_id": "varchar",
    "amount": "decimal(18,4)",
    "currency_code": "varchar",
    "status": "varchar",
    "rule": "varchar",
    "previous_amount": "decimal(18,4)",
    "previous_status": "varchar",
}
SOURCE_CHANGES = {
    "history_sequence": "bigint",
    "run_id": "varchar",
    "recorded_at": "timestamp",
    "change_type": "varchar",
    "item_type": "varchar",
    "item_key": "varchar",
    "connection_id": "varchar",
    "source_id": "varchar",
    "entity": "varchar",
    "item_date": "date",
    "currency_code": "varchar",
    "amount": "decimal(18,4)",
    "status": "varchar",
    "previous_amount": "decimal(18,4)",
    "previous_status": "varchar",
}
EXCEPTION_HISTORY = {
    "history_sequence": "bigint",
    "run_id": "varchar",
    "recorded_at": "timestamp",
    "change_type": "varchar",
    "exception_key": "varchar",
    "status": "varchar",
    "previous_status": "varchar",
}
TABLES = {
    "match_history": MATCH_HISTORY,
    "source_changes": SOURCE_CHANGES,
    "exception_history": EXCEPTION_HISTORY,
}
IDENTITY = {
    "match_history": ("match_key", "left_type", "left_key", "right_key"),
    "source_changes": ("item_type", "item_key"),
    "exception_history": ("exception_key",),
}
STATE = {
    "match_history": ("amount", "status", "rule"),
    "source_changes": ("item_date", "currency_code", "amount", "status"),
    "exception_history": ("status",),
}
# What a published file says now, in the words of the tables above.
PRESENT = {
    "match_history": "select * from published.marts.match_allocations",
    "source_changes": """
        select
            'invoice' as item_type, invoice_key as item_key, connection_id, source_id, entity,
            issue_date as item_date, currency_code, total_amount as amount,
            platform_status as status
        from published.marts.invoices
        union all
        select
            'payment', payment_key, connection_id, source_id, entity,
            payment_date, currency_code, amount, platform_status
        from published.marts.payments
        union all
        select
            'settlement', settlement_key, connection_id, source_id, entity,
            arrival_date, currency_code, amount, platform_status
        from published.marts.settlements
        union all
        select
            'bank_line', bank_line_key, connection_id, source_id, entity,
            booking_date, currency_code, amount, null
        from published.marts.bank_lines
    """,
    "exception_history": """
        select exception_key, state as status from published.marts.exceptions
    """,
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One run's folder."""

    folder: Path
    sequence: int
    run_id: str

    @property
    def hash(self) -> str:
        return str(json.loads((self.folder / "manifest.json").read_text())["hash"])


def entries(home: Home) -> list[Entry]:
    """The folders written so far, oldest first."""
    found = []
    for folder in sorted(home.history.glob("[0-9]*-*")):
        sequence, _, run_id = folder.name.partition("-")
        found.append(Entry(folder=folder, sequence=int(sequence), run_id=run_id))
    return found


def head(home: Home) -> dict[str, dict[str, Any]]:
    """The last folder's number and hash, to be kept elsewhere."""
    so_far = entries(home)
    if not so_far:
        return {}
    return {"history": {"sequence": so_far[-1].sequence, "hash": so_far[-1].hash}}


def append(home: Home, published: Path) -> Entry:
    """Write down what a published file changed against the state before it, once for each run."""
    run_id = run_of(published)
    so_far = entries(home)
    for entry in so_far:
        if entry.run_id == run_id:
            return entry
    previous_hash = so_far[-1].hash if so_far else GENESIS
    sequence = so_far[-1].sequence + 1 if so_far else 1
    recorded_at = now()
    for abandoned in home.history.glob(".draft-*"):
        shutil.rmtree(abandoned)
    draft = home.history / f".draft-{run_id}"
    draft.mkdir(mode=0o700)
    files = []
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute(f"attach {quoted(published)} as published (read_only)")
        for name in TABLES:
            file = draft / f"{name}.parquet"
            connection.execute(_changes(home, name, sequence, run_id, recorded_at))
            [(rows,)] = connection.execute("select count(*) from changes").fetchall()
            connection.execute(f"copy changes to {quoted(file)} (format parquet, compression zstd)")
            _settle(file)
            files.append({"name": file.name, "sha256": _sha256(file), "rows": rows})
    manifest = {
        "sequence": sequence,
        "run_id": run_id,
        "recorded_at": recorded_at,
        "files": files,
        "previous_hash": previous_hash,
    }
    manifest["hash"] = link(previous_hash, manifest)
    write_atomically(draft / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    folder = home.history / f"{sequence:08d}-{run_id}"
    os.rename(draft, folder)
    sync_folder(home.history)
    return Entry(folder=folder, sequence=sequence, run_id=run_id)


def read(home: Home, name: str) -> str:
    """A query for everything one of the tables has ever said, typed, in order; also when empty."""
    columns = TABLES[name]
    typed = ", ".join(f"cast({column} as {type_}) as {column}" for column, type_ in columns.items())
    files = [quoted(entry.folder / f"{name}.parquet") for entry in entries(home)]
    if not files:
        empty = ", ".join(f"cast(null as {type_}) as {column}" for column, type_ in columns.items())
        return f"select {empty} where false"
    order = ", ".join(("history_sequence", *IDENTITY[name]))
    return f"select {typed} from read_parquet([{', '.join(files)}]) order by {order}"


def hashes(home: Home) -> dict[int, str]:
    """The hash of every folder by its number, as its manifest says."""
    return {entry.sequence: entry.hash for entry in entries(home)}


def verify(home: Home) -> list[str]:
    """Recompute every hash. One sentence a defect; none when all is as it was written.

    That no folder was cut off the end is for `chain.verify`, which knows the heads kept elsewhere.
    """
    problems = []
    previous_hash, expected = GENESIS, 1
    for entry in entries(home):
        manifest = json.loads((entry.folder / "manifest.json").read_text())
        where = f"history/{entry.folder.name}"
        if (entry.sequence, manifest["previous_hash"]) != (expected, previous_hash):
            problems.append(f"{where}: does not follow the folder before it")
        if manifest["hash"] != link(manifest["previous_hash"], manifest):
            problems.append(f"{where}/manifest.json: is not what was written")
        for described in manifest["files"]:
            file = entry.folder / described["name"]
            if not file.exists() or _sha256(file) != described["sha256"]:
                problems.append(f"{where}/{file.name}: is not what was written, or is gone")
        previous_hash, expected = manifest["hash"], entry.sequence + 1
    return problems


def _changes(home: Home, name: str, sequence: int, run_id: str, recorded_at: str) -> str:
    """A statement that makes the table `changes`: the present against the last known state."""
    identity, state = IDENTITY[name], STATE[name]
    keys = ", ".join(identity)
    is_new, is_gone = f"past.{identity[0]} is null", f"present.{identity[0]} is null"
    differs = " or ".join(f"present.{column} is distinct from past.{column}" for column in state)
    made = {
        "history_sequence": str(sequence),
        "run_id": f"'{run_id}'",
        "recorded_at": f"'{recorded_at}'",
        "change_type": f"case when {is_new} then 'appeared' when {is_gone} then 'gone' "
        f"else 'changed' end",
        "previous_amount": "past.amount",
        "previous_status": "past.status",
    } | {key: key for key in identity}
    selected = ", ".join(
        f"cast({made.get(column) or f'if({is_gone}, past.{column}, present.{column})'} as {type_}) "
        f"as {column}"
        for column, type_ in TABLES[name].items()
    )
    return f"""
        create or replace temp table changes as
        with

        history as ({read(home, name)}),

        past as (
            select * from history
            qualify row_number() over (partition by {keys} order by history_sequence desc) = 1
                and change_type <> 'gone'
        ),

        present as ({PRESENT[name]})

        select {selected}
        from present
        full join past using ({keys})
        where {is_new} or {is_gone} or {differs}
        order by {keys}
    """


def _settle(file: Path) -> None:
    """Make a file durable and read-only."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
    file.chmod(0o400)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
