"""What fills `raw_files` and `raw_exchange`: the folder of a connection, read whole and delivered.

A bank file is content, named by its SHA-256: read once, kept as an original, and read again only
where its options have changed. One that is refused stays out whole while its neighbours load.
An exchange folder is a snapshot: all of it loads, or nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.errors import ConfigurationError, CounterfoilError, FileRefused, UsageError
from pipelines.files import camt, csv_statements, exchange, ofx
from pipelines.files.detect import file_format
from pipelines.files.records import Detail, Line, Record, refused
from pipelines.files.tables import (
    EXCHANGE_FILES,
    RAW_TABLES,
    STATEMENT_LINE_DETAILS,
    STATEMENT_LINES,
    STATEMENTS,
)
from pipelines.load import (
    ConnectionReport,
    LoadReport,
    OnProgress,
    TableReport,
    Writer,
    load_tables,
)
from pipelines.raw import RawTable
from pipelines.settings import (
    FILE_PLATFORMS,
    Connection,
    Home,
    account_number_hash,
    load_connections,
    private_folder,
    sync_folder,
)

logger = logging.getLogger(__name__)

READERS = 1  # raised when the readers come to read the same bytes otherwise: all are read again
BATCH_ROWS = 20_000
PIECE = 1 << 20
OPTIONS = ("folder", "intraday_is_evidence", "flip_reversals", "currency_code", "csv") + (
    "csv_profiles",
)
CSV_OPTIONS = ("files", "profile", "account_number", "account_number_hash", "account_last4") + (
    "currency_code",
)
HASH_ONLY = "\0"  # stands for the number of an account of which only the hash is known


def load_files(
    home: Home,
    connection_ids: Collection[str] | None = None,
    *,
    on_progress: OnProgress | None = None,
    writer: Writer | None = None,
) -> LoadReport:
    """Bring the files of every connection to files into the work file.

    A connection's `error` has one line for each file that was refused; the others were loaded.

    Args:
        connection_ids: Only these; connections to platforms are loaded by `pipelines.load`.
        on_progress: Told connection, table and rows read so far.
        writer: Held while the warehouse is open; whoever else writes the work file holds it too.
    """
    known = {connection.connection_id: connection for connection in load_connections(home)}
    for id_ in connection_ids or ():
        if id_ not in known:
            raise UsageError(f"no connection {id_!r}. Known: {', '.join(known) or 'none'}")
    chosen = [
        connection
        for id_, connection in known.items()
        if connection.platform in FILE_PLATFORMS
        and (connection_ids is None or id_ in connection_ids)
    ]
    on_progress, writer = on_progress or (lambda *_: None), writer or threading.Lock()
    return LoadReport(
        connections=tuple(_load(home, connection, on_progress, writer) for connection in chosen)
    )


def _load(
    home: Home, connection: Connection, on_progress: OnProgress, writer: Writer
) -> ConnectionReport:
    began = time.monotonic()
    load = _load_bank_files if connection.platform == "bank_files" else _load_exchange
    tables: Mapping[str, TableReport] = {}
    refusals: list[str] = []
    try:
        with tempfile.TemporaryDirectory(dir=home.path, prefix=".files-") as scratch:
            tables = load(home, connection, Path(scratch), on_progress, writer, refusals)
    except CounterfoilError as problem:
        refusals.append(f"{connection.connection_id}: {problem}")
    except Exception as problem:
        logger.debug("load of %s failed", connection.connection_id, exc_info=True)
        words = " ".join(str(problem).split())[:300]
        refusals.append(
            f"{connection.connection_id}: {type(problem).__name__}: {words}: "
            f"nothing of this connection was loaded; correct that and run the load again"
        )
    return ConnectionReport(
        connection_id=connection.connection_id,
        platform=connection.platform,
        seconds=time.monotonic() - began,
        tables=tables,
        error="\n".join(refusals) or None,
    )


# bank files


def _load_bank_files(
    home: Home,
    connection: Connection,
    scratch: Path,
    on_progress: OnProgress,
    writer: Writer,
    refusals: list[str],
) -> Mapping[str, TableReport]:
    reading = _Reading(home, connection)
    progress = partial(on_progress, connection.connection_id)
    loaded = _loaded(home, writer, STATEMENTS, ("file_sha256", "read_as"), connection)
    spools: list[_Spool] = []
    for number, path in enumerate(_files_below(reading.folder)):
        name = path.relative_to(reading.folder).as_posix()
        read_as = reading.read_as(name)
        spool: _Spool | None = None
        try:
            if (_sha256(path), read_as) in loaded:
                continue
            copy, sha256 = _copied(path, private_folder(scratch / f"{number}"))
            spool = _Spool(copy.parent, (connection.connection_id, sha256), progress)
            for record in reading.records(copy, name):
                spool.add(record, name, read_as, reading)
            spool.finish()
        except (FileRefused, OSError) as problem:
            said = str(problem).replace(path.name, name, 1)
            if isinstance(problem, OSError):
                said = f"{name}: cannot be read: {problem.strerror}; see to it and load again"
            refusals.append(f"{connection.connection_id}: {said}")
            if spool is not None:
                spool.discard()
            continue
        _archive(copy, home, sha256)
        loaded.add((sha256, read_as))
        spools.append(spool)
    if not spools:
        return {}
    tables = [(table, _batches(spools, table)) for table in RAW_TABLES["bank_files"]]
    return load_tables(home, "bank_files", connection.connection_id, tables, writer=writer)


class _Reading:
    """How the files of a connection are to be read: its options, checked."""

    def __init__(self, home: Home, connection: Connection) -> None:
        where = f"connection {connection.connection_id!r}"
        self.options = connection.options
        _check_keys(f"{where}: options", self.options, OPTIONS)
        self.folder = _folder(connection)
        self.csv: list[dict[str, Any]] = list(self.options.get("csv", ()))
        for entry in self.csv:
            _check_keys(f"{where}: options.csv", entry, CSV_OPTIONS)
        declared = self.options.get("csv_profiles", {})
        self.profiles = {**csv_statements.known_profiles()}
        self.profiles |= csv_statements.profiles_from(declared)
        self.hash = cache(partial(account_number_hash, home))

    def entry(self, name: str) -> dict[str, Any]:
        """What the connection says about a CSV file; the first entry that fits."""
        fits = (entry for entry in self.csv if fnmatchcase(name, entry.get("files", "*")))
        return next(fits, {})

    def read_as(self, name: str) -> str:
        """What else than its bytes decides how a file is read; keyed, as it may name an account."""
        others = {key: value for key, value in self.options.items() if key not in ("folder", "csv")}
        said = json.dumps([READERS, others, self.entry(name)], sort_keys=True, default=str)
        return self.hash(said)[:16]

    def records(self, path: Path, name: str) -> Iterator[Record]:
        match file_format(path):
            case "ofx":
                return ofx.read(path)
            case "camt":
                flip = bool(self.options.get("flip_reversals", False))
                return camt.read(path, flip_reversals=flip)
        entry = self.entry(name)
        hash_only = (
            HASH_ONLY + entry["account_number_hash"] if entry.get("account_number_hash") else None
        )
        return csv_statements.read(
            path,
            profile=entry.get("profile"),
            profiles=self.profiles,
            account_number=entry.get("account_number") or hash_only,
            currency_code=entry.get("currency_code"),
        )

    def account(self, number: str, name: str) -> tuple[str, str | None]:
        """The hash and the last four digits a bank account goes by."""
        if number.startswith(HASH_ONLY):
            return number.removeprefix(HASH_ONLY), self.entry(name).get("account_last4")
        number = "".join(number.split())
        return self.hash(number), number[-4:] if len(number) > 4 else None

    def is_evidence(self, format_: str) -> bool:
        """Whether the lines of a format are the bank's word about the account.

        A notification (.054) repeats what a statement says; so does an intraday report (.052),
        unless the connection has nothing better.
        """
        if format_ == "camt052":
            return bool(self.options.get("intraday_is_evidence", False))
        return format_ != "camt054"


class _Spool:
    """What one file says, on disk until all of it has been read."""

    def __init__(self, folder: Path, file: tuple[str, str], progress: Any) -> None:
        self.folder, self.file, self.progress = folder, file, progress
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.writers: dict[str, Any] = {}
        self.counts: dict[str, int] = {}

    def add(self, record: Record, name: str, read_as: str, reading: _Reading) -> None:
        """Take one record; the account number is left behind here."""
        if isinstance(record, Detail):
            return self._add(STATEMENT_LINE_DETAILS, record)
        hashed, last4 = reading.account(record.account_number, name)
        currency = (record.currency_code or reading.options.get("currency_code") or "").upper()
        if re.fullmatch("[A-Z]{3}", currency) is None:
            remedy = "set currency_code in the connection's options"
            raise refused(Path(name), None, f"names no currency ({currency!r})", remedy)
        evidence = reading.is_evidence(record.file_format)
        if isinstance(record, Line):
            line = record._replace(account_number=hashed, currency_code=currency)
            return self._add(STATEMENT_LINES, (*line, evidence))
        statement = record._replace(account_number=hashed, currency_code=currency)
        if statement.statement_id:
            masked = _masked(statement.statement_id, record.account_number, last4)
            statement = statement._replace(statement_id=masked)
        shown = _masked(name, record.account_number, last4)
        self._add(STATEMENTS, (*statement, shown, last4, evidence, read_as))

    def finish(self) -> None:
        """No more records come; `batches` may be asked."""
        for table in RAW_TABLES["bank_files"]:
            if self.rows.get(table.name):
                self._flush(table)
        for writer in self.writers.values():
            writer.close()

    def discard(self) -> None:
        for writer in self.writers.values():
            writer.close()
        for path in self.folder.iterdir():
            path.unlink()

    def batches(self, table: RawTable) -> Iterator[pa.Table]:
        if table.name in self.writers:
            with pa.ipc.open_file(self._path(table)) as file:
                for number in range(file.num_record_batches):
                    yield pa.Table.from_batches([file.get_batch(number)])

    def _add(self, table: RawTable, values: tuple[Any, ...]) -> None:
        rows = self.rows.setdefault(table.name, [])
        rows.append(self.file + values)
        if len(rows) >= BATCH_ROWS:
            self._flush(table)

    def _flush(self, table: RawTable) -> None:
        rows = self.rows.pop(table.name)
        if table.name not in self.writers:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self.writers[table.name] = pa.ipc.new_file(
                self._path(table), table.schema, options=options
            )
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(columns, table.schema, strict=True)
        ]
        self.writers[table.name].write_batch(pa.record_batch(arrays, schema=table.schema))
        self.counts[table.name] = self.counts.get(table.name, 0) + len(rows)
        self.progress(table.name, self.counts[table.name])

    def _path(self, table: RawTable) -> str:
        return str(self.folder / f"{table.name}.arrow")


def _batches(spools: list[_Spool], table: RawTable) -> Iterator[pa.Table]:
    for spool in spools:
        yield from spool.batches(table)


# exchange


def _load_exchange(
    home: Home,
    connection: Connection,
    scratch: Path,
    on_progress: OnProgress,
    writer: Writer,
    refusals: list[str],
) -> Mapping[str, TableReport]:
    _check_keys(
        f"connection {connection.connection_id!r}: options", connection.options, ("folder",)
    )
    found = exchange.paths(_folder(connection))
    found.pop("truth", None)
    copies = {name: _copied(path, scratch) for name, path in found.items()}
    files = {(copy.name, sha256) for copy, sha256 in copies.values()}
    columns = ("file_name", "file_sha256")
    if files == _loaded(home, writer, EXCHANGE_FILES, columns, connection):
        return {}
    id_ = connection.connection_id
    folder = exchange.Exchange({name: copy for name, (copy, _) in copies.items()}, scratch)
    with contextlib.closing(folder):

        def batches(table: RawTable) -> Iterator[pa.Table]:
            if table is EXCHANGE_FILES:
                names, hashes = zip(*sorted(files), strict=True)
                columns = [[id_] * len(files), names, hashes]
                yield pa.Table.from_arrays(list(map(pa.array, columns)), schema=table.schema)
                return
            rows = 0
            for batch in folder.batches(table.name, id_, table.schema):
                rows += batch.num_rows
                on_progress(id_, table.name, rows)
                yield batch

        for copy, sha256 in copies.values():
            _archive(copy, home, sha256)
        tables = [(table, batches(table)) for table in RAW_TABLES["exchange"]]
        return load_tables(home, "exchange", id_, tables, writer=writer)


# both


def _folder(connection: Connection) -> Path:
    folder = Path(str(connection.options.get("folder", ""))).expanduser()
    if not connection.options.get("folder") or not folder.is_dir():
        raise ConfigurationError(
            f"options.folder {connection.options.get('folder')!r} is no folder: "
            f"correct it in connections.toml"
        )
    return folder


def _files_below(folder: Path) -> list[Path]:
    """Every file but hidden ones, by path, so that two loads read in the same order."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _loaded(
    home: Home,
    writer: Writer,
    table: RawTable,
    columns: tuple[str, ...],
    connection: Connection,
) -> set[tuple[str, ...]]:
    """What earlier loads delivered. The warehouse is the truth: a new one is filled again."""
    if not home.warehouse.exists():
        return set()
    schema = "raw_exchange" if connection.platform == "exchange" else "raw_files"
    with writer, duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        try:
            return set(
                warehouse.execute(
                    f"select distinct {', '.join(columns)} from {schema}.{table.name} "
                    "where _connection_id = ?",
                    [connection.connection_id],
                ).fetchall()
            )
        except duckdb.CatalogException:
            return set()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copied(path: Path, folder: Path) -> tuple[Path, str]:
    """A copy that nobody changes while it is being read, and its SHA-256."""
    copy, digest = folder / path.name, hashlib.sha256()
    with path.open("rb") as file, copy.open("xb") as kept:
        while piece := file.read(PIECE):
            digest.update(piece)
            kept.write(piece)
        kept.flush()
        os.fsync(kept.fileno())
    return copy, digest.hexdigest()


def _archive(copy: Path, home: Home, sha256: str) -> None:
    """Keep what was read, under the name of its content, for good."""
    original = private_folder(home.originals) / sha256
    if not original.exists():
        copy.chmod(0o400)
        os.link(copy, original)
        sync_folder(original.parent)


def _masked(text: str, account_number: str, last4: str | None) -> str:
    """Text without the account number that banks like to put into ids and file names."""
    return text.replace(account_number, f"*{last4 or ''}") if account_number else text


def _check_keys(where: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise ConfigurationError(f"{where}: unknown {unknown[0]!r}; known: {', '.join(known)}")
