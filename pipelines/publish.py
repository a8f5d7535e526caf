"""Publish a finished build: a new read-only file, then one pointer that says which is the current.

Readers open the file that `published/current.json` names and look at that pointer again when they
like. A file is complete and on disk before it is named, is never written again, and its name is
never used twice, because DuckDB remembers files by their path.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import PublishError
from pipelines.operations.store import now
from pipelines.settings import Home, sync_folder, write_atomically

KEPT = 3
FINISHED_BUILD = "raw_operations.finished_build"  # one row, written when a build has passed


def publish(home: Home, heads: Mapping[str, Any] | None = None) -> Path:
    """Copy what a build has made for people to see to a new file and make it the current one.

    The file is named after the run that built them. Publishing a build twice changes nothing.

    Args:
        heads: The heads of the store's hash chains, kept beside the file as a witness.

    Raises:
        PublishError: there is no finished build to publish.
    """
    run_id = _finished_build(home)
    file = home.published / f"warehouse-{run_id}.duckdb"
    if not file.exists():
        _write(home, file)
    pointer = {
        "file": file.name,
        "run_id": run_id,
        "published_at": now(),
        "kind": home.kind,
        "heads": heads or {},
    }
    write_atomically(home.published / "current.json", json.dumps(pointer, indent=2) + "\n")
    _keep_the_last(home, file)
    return file


def pointer(home: Home) -> dict[str, Any] | None:
    """What `current.json` says; nothing before the first publish."""
    try:
        said: dict[str, Any] = json.loads((home.published / "current.json").read_text())
    except FileNotFoundError:
        return None
    return said


def current(home: Home) -> Path | None:
    """The file to read now; nothing before the first publish."""
    said = pointer(home)
    return home.published / said["file"] if said else None


def run_of(file: Path) -> str:
    """The run whose build a published file holds."""
    return file.stem.removeprefix("warehouse-")


def _finished_build(home: Home) -> str:
    """The run whose build is in the work file, if it finished and passed its gate."""
    if home.warehouse.exists() and home.marts.exists():
        with contextlib.closing(duckdb.connect(str(home.warehouse), read_only=True)) as connection:
            with contextlib.suppress(duckdb.CatalogException):
                [(run_id,)] = connection.execute(f"from {FINISHED_BUILD}").fetchall()
                return str(run_id)
    raise PublishError(
        f"{home.warehouse} holds no build that finished and passed its tests: "
        f"run `counterfoil build`"
    )


def quoted(path: Path) -> str:
    """A path as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def _write(home: Home, file: Path) -> None:
    draft = file.with_name(f".{file.name}.draft")
    for abandoned in home.published.glob(".warehouse-*"):
        abandoned.unlink()
    with contextlib.closing(duckdb.connect(str(home.marts), read_only=True)):  # nobody writes it
        shutil.copyfile(home.marts, draft)
    with draft.open("rb") as opened:
        os.fsync(opened.fileno())
    draft.chmod(0o600)
    os.rename(draft, file)
    sync_folder(home.published)


def _keep_the_last(home: Home, newest: Path) -> None:
    others = sorted(set(home.published.glob("warehouse-*.duckdb")) - {newest}, reverse=True)
    for file in others[KEPT - 1 :]:
        file.unlink()
