"""Load connections into the raw tables of the work file: read, pack, and deliver.

Each connection is a dlt pipeline of its own. Connections are read and packed side by side; packages
are delivered one after another under the writer lock. The warehouse is the truth about how far a
connection has come: every run begins with the state that was delivered last, so a run that died
anywhere is cured by the next one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import dlt
import duckdb
import pyarrow as pa
from dlt.common.pipeline import LoadInfo
from dlt.extract import DltResource

from pipelines import auth, connectors
from pipelines.auth import OAuth2, Tokens
from pipelines.connector import Connector
from pipelines.errors import AuthError, ConfigurationError, CounterfoilError, UsageError
from pipelines.http import Client
from pipelines.raw import DLT_TYPES, RawTable
from pipelines.reading import CompanyApi, Reading, Scope, State
from pipelines.settings import (
    FILE_PLATFORMS,
    Connection,
    Home,
    environment,
    load_connections,
    private_folder,
)

logger = logging.getLogger(__name__)

SIDE_BY_SIDE = 8
MEMORY = "256MB"  # while packages are delivered; what does not fit goes to disk

# What dlt can only be told through the environment.
DLT = {
    "RUNTIME__LOG_LEVEL": "ERROR",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "LOAD__WORKERS": "1",
}

OnProgress = Callable[[str, str, int], None]
Writer = AbstractContextManager[Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TableReport:
    """What one load did to one raw table. Vanished rows are no longer at the source."""

    rows: int
    new_versions: int
    vanished: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectionReport:
    """What one load did for one connection; `error` is None when all of it was delivered."""

    connection_id: str
    platform: str
    seconds: float
    tables: Mapping[str, TableReport]
    error: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What one load did, connections in the order of their ids."""

    connections: tuple[ConnectionReport, ...]

    @property
    def errors(self) -> tuple[str, ...]:
        return tuple(each.error for each in self.connections if each.error)


def load(
    home: Home,
    connection_ids: Collection[str] | None = None,
    *,
    on_progress: OnProgress | None = None,
    tokens: Tokens | None = None,
    writer: Writer | None = None,
) -> LoadReport:
    """Bring every platform's news into the work file. One connection's failure is its own.

    Args:
        connection_ids: Only these; connections to files are loaded by `pipelines.files`.
        on_progress: Told connection, table and rows read so far, from several threads.
        tokens: Where OAuth tokens live; the home's operations store by default.
        writer: Held while a package is delivered; whoever else writes the work file holds it too.
    """
    connections = _chosen(home, connection_ids)
    writer = writer or threading.Lock()
    is_new = not home.warehouse.exists()

    def load_one(connection: Connection) -> ConnectionReport:
        began, tables, error = time.monotonic(), {}, None
        try:
            tables = _load_connection(home, connection, on_progress, tokens, writer, is_new)
        except CounterfoilError as problem:
            error = str(problem)
        except Exception as problem:
            logger.debug("load of %s failed", connection.connection_id, exc_info=True)
            error = _unforeseen(connection, problem)
        return ConnectionReport(
            connection_id=connection.connection_id,
            platform=connection.platform,
            seconds=time.monotonic() - began,
            tables=tables,
            error=error,
        )

    with environment(**DLT), ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return LoadReport(connections=tuple(pool.map(load_one, connections)))


def load_tables(
    home: Home,
    platform: str,
    connection_id: str,
    tables: Sequence[tuple[RawTable, Iterable[pa.Table]]],
    *,
    writer: Writer | None = None,
) -> dict[str, TableReport]:
    """Deliver Arrow tables that were not read from an API, e.g. the contents of files.

    Args:
        platform: The tables go to `raw_<platform>`; `bank_files` go to `raw_files`.
        tables: With each raw table its rows in batches, in the schema `RawTable.schema`. For
            `versions` within `_connection_id` the batches are the complete snapshot.
    """
    with environment(**DLT):
        is_new = not home.warehouse.exists()
        pipeline = _pipeline(home, platform, connection_id)
        writer = writer or threading.Lock()
        _resume(home, pipeline, writer, is_new)
        items = [
            Item(
                table=table,
                batches=batches,
                scope=_scope(table, connection_id, Scope()),
                closes=table.within == ("_connection_id",),
            )
            for table, batches in tables
        ]
        return _deliver(home, pipeline, items, None, writer)


def test_connection(home: Home, connection_id: str, tokens: Tokens | None = None) -> None:
    """Ask a platform for something cheap, once per company.

    Raises:
        LoadError: the platform cannot be reached or refuses.
    """
    connection = _one(home, connection_id)
    connector = connectors.find(connection.platform)
    with environment(**DLT):
        client = open_client(home, connector, connection, tokens)
        for company in connection.companies:
            api = CompanyApi(connector, _base_url(connector, connection), client, company)
            api.get(connector.probe)


def authorize(
    home: Home,
    connection_id: str,
    *,
    show: Callable[[str], None],
    ask: Callable[[], str] | None = None,
    redirect_uri: str = auth.REDIRECT,
    seconds: float = 300.0,
    tokens: Tokens | None = None,
) -> str | None:
    """Get a person's consent and keep the tokens. Returns the company it was given for, if told.

    Args:
        show: Shows the URL to open.
        ask: Asks for the URL the browser was sent to; None: listen on `redirect_uri`, on loopback.

    Raises:
        UsageError: the platform is not entered by consent.
        AuthError: consent was declined, is not for this connection, or did not come in time.
    """
    connection = _one(home, connection_id)
    connector = connectors.find(connection.platform)
    if not isinstance(connector.auth, OAuth2):
        raise UsageError(
            f"connection {connection_id!r}: {connection.platform} needs no consent, only secrets "
            f"in {home.secrets_file}"
        )
    with environment(**DLT):
        client = open_client(home, connector, connection, tokens)
        assert isinstance(client.credentials, auth.OAuth)
        consent = auth.ask_for_consent(
            connector.auth,
            home,
            connection,
            _endpoint("authorize_url", connector.auth.authorize_url, connector, connection),
            redirect_uri,
        )
        show(consent.url)
        redirected = ask() if ask else auth.wait_for_redirect(redirect_uri, seconds)
        if not redirected:
            raise AuthError(
                f"connection {connection_id!r}: nobody consented within {seconds:.0f} s: "
                f"authorize it again, or paste the URL the browser was sent to"
            )
        return auth.accept_consent(
            connector.auth, client.credentials, connection, consent, redirected
        )


def open_client(
    home: Home, connector: Connector, connection: Connection, tokens: Tokens | None = None
) -> Client:
    """The session a connection's requests go through, signed in.

    Raises:
        ConfigurationError: a secret is missing, or a live home meets a platform's own sandbox.
    """
    base_url = _base_url(connector, connection)
    if home.kind == "live" and urlsplit(base_url).hostname in connector.sandbox_hosts:
        raise ConfigurationError(
            f"connection {connection.connection_id!r} points at {connector.platform}'s sandbox "
            f"({urlsplit(base_url).hostname}), and a live home reads real books only"
        )
    rate = connection.options.get("requests_per_second", connector.limits.requests_per_second)
    token_url = ""
    if isinstance(connector.auth, OAuth2):
        token_url = _endpoint("token_url", connector.auth.token_url, connector, connection)
    client = Client(
        name=f"{connector.platform} {connection.connection_id}",
        hosts=filter(None, (base_url, token_url)),
        limits=dataclasses.replace(connector.limits, requests_per_second=float(rate)),
        request_id_header=connector.request_id_header,
    )
    client.credentials = auth.credentials(
        connector.auth, home, connection, token_url, client, lambda: tokens or _tokens(home)
    )
    return client


# one connection


def _load_connection(
    home: Home,
    connection: Connection,
    on_progress: OnProgress | None,
    tokens: Tokens | None,
    writer: Writer,
    is_new: bool,
) -> dict[str, TableReport]:
    connector = connectors.find(connection.platform)
    client = open_client(home, connector, connection, tokens)
    pipeline = _pipeline(home, connection.platform, connection.connection_id)
    state = _resume(home, pipeline, writer, is_new)

    def on_rows(table: str, rows: int) -> None:
        if on_progress:
            on_progress(connection.connection_id, table, rows)

    folder = home.dlt / "reading" / connection.connection_id
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    private_folder(folder)
    try:
        reading = Reading(connector, connection, client, state, folder, on_rows)
        reading.read()
        items = [
            Item(
                table=spool.table,
                batches=spool.batches(),
                scope=_scope(spool.table, connection.connection_id, reading.scopes[name]),
                closes=reading.scopes[name] != Scope(),
            )
            for name, spool in reading.spools.items()
        ]
        return _deliver(home, pipeline, items, reading.state, writer)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _chosen(home: Home, connection_ids: Collection[str] | None) -> tuple[Connection, ...]:
    known = {connection.connection_id: connection for connection in load_connections(home)}
    for id_ in connection_ids or ():
        if id_ not in known:
            raise UsageError(f"no connection {id_!r}. Known: {', '.join(known) or 'none'}")
    return tuple(
        connection
        for id_, connection in known.items()
        if connection.platform not in FILE_PLATFORMS
        and (connection_ids is None or id_ in connection_ids)
    )


def _one(home: Home, connection_id: str) -> Connection:
    for connection in _chosen(home, (connection_id,)):
        return connection
    raise UsageError(f"connection {connection_id!r} reads files: there is nothing to sign in to")


def _base_url(connector: Connector, connection: Connection) -> str:
    return connection.base_url or connector.base_url


def _endpoint(name: str, url: str, connector: Connector, connection: Connection) -> str:
    return auth.endpoint(
        name, url, connection, _base_url(connector, connection), connector.base_url
    )


def _tokens(home: Home) -> Tokens:
    from pipelines.operations.tokens import TokenStore  # the store is opened only for OAuth

    return TokenStore(home)


def _unforeseen(connection: Connection, problem: BaseException) -> str:
    while problem.__cause__ is not None:
        problem = problem.__cause__
    words = " ".join(str(problem).split())[:300]
    return (
        f"{connection.platform} {connection.connection_id}: {type(problem).__name__}: {words}: "
        f"run the load again; if it stays, report it with this line"
    )


# dlt


@dataclasses.dataclass(frozen=True, kw_only=True)
class Item:
    """One raw table to deliver.

    Args:
        scope: SQL condition of the rows that it may close.
        closes: It may close rows even when it holds none.
    """

    table: RawTable
    batches: Iterable[pa.Table]
    scope: str
    closes: bool


def _scope(table: RawTable, connection_id: str, scope: Scope) -> str:
    """The rows a load may close, as SQL: those that share `within` with a loaded row, and more.

    It is said at every load: a schema remembers what it was told last.
    """
    within = ", ".join(table.within)
    conditions = [f"({within}) in (select {within} from {{staging_table}})"]
    if scope.companies:
        conditions.append(f"_company in ({', '.join(map(_literal, scope.companies))})")
    for company, parent in scope.parents:
        conditions.append(
            f"(_company = {_literal(company)} and {table.within[-1]} = {_literal(parent)})"
        )
    if table.within == ("_connection_id",):
        conditions = ["true"]
    return f"(_connection_id = {_literal(connection_id)} and ({' or '.join(conditions)}))"


def _literal(value: str) -> str:
    doubled = value.replace("'", "''").replace("{", "{{").replace("}", "}}")
    return f"'{doubled}'"


def _pipeline(home: Home, platform: str, connection_id: str) -> dlt.Pipeline:
    """The pipeline of a connection; what a crash left unreadable of it is thrown away."""
    name = f"{platform}__{connection_id}"
    dataset = "files" if platform == "bank_files" else platform

    def pipeline() -> dlt.Pipeline:
        return dlt.pipeline(
            name,
            destination=dlt.destinations.duckdb(str(home.warehouse)),
            dataset_name=f"raw_{dataset}",
            pipelines_dir=str(home.dlt),
        )

    try:
        return pipeline()
    except (OSError, ValueError) as problem:
        logger.warning("%s: left by a crash, dropped: %s", name, problem)
        shutil.rmtree(home.dlt / name, ignore_errors=True)
        return pipeline()


def _platform(pipeline: dlt.Pipeline) -> str:
    return pipeline.pipeline_name.partition("__")[0]


def _resume(home: Home, pipeline: dlt.Pipeline, writer: Writer, is_new: bool) -> State:
    """Deliver what a crash left packed, then take the state from the warehouse."""
    with writer, _warehouse(home):
        try:
            if not is_new and pipeline.has_pending_data:
                pipeline.normalize()
                pipeline.load()
        except Exception as problem:  # whatever it is, what it held is read again
            logger.warning("%s: left by a crash, dropped: %s", pipeline.pipeline_name, problem)
        pipeline.drop()
        pipeline.sync_destination()
    source = pipeline.state.get("sources", {}).get(_platform(pipeline), {})
    companies: State = source.get("companies", {})
    return companies


def _deliver(
    home: Home,
    pipeline: dlt.Pipeline,
    items: Sequence[Item],
    state: State | None,
    writer: Writer,
) -> dict[str, TableReport]:
    rows = dict.fromkeys((item.table.name for item in items), 0)

    def resource(item: Item) -> DltResource:
        def batches() -> Iterator[pa.Table]:
            if state is not None:
                dlt.current.source_state()["companies"] = state
            for batch in item.batches:
                rows[item.table.name] += batch.num_rows
                yield batch
            if not rows[item.table.name] and (item.closes or not _is_made(pipeline, item.table)):
                yield item.table.schema.empty_table()

        table = item.table
        disposition: dict[str, Any] | str = table.write
        if table.write == "versions":
            disposition = {
                "disposition": "merge",
                "strategy": "scd2",
                "row_version_column_name": "_version_hash",
                "validity_column_names": ["_valid_from", "_valid_to"],
                "destination_scope": item.scope,
            }
        elif table.write == "latest":
            disposition = {"disposition": "merge", "strategy": "delete-insert"}
        hints: dict[str, Any] = {
            "columns": {
                name: {**DLT_TYPES[type_], "nullable": name not in table.key}
                for name, type_ in table.columns
            },
            "write_disposition": disposition,
            "merge_key": list(table.within) if table.write == "latest" else None,
            "schema_contract": {"data_type": "freeze"},
        }
        made: DltResource = dlt.resource(batches, name=table.name, **hints)
        return made

    @dlt.source(name=_platform(pipeline), max_table_nesting=0)
    def source() -> list[DltResource]:
        return [resource(item) for item in items]

    pipeline.extract(source(), loader_file_format="parquet")
    pipeline.normalize()
    with writer, _warehouse(home):
        delivered = pipeline.load()
        return _report(pipeline, items, rows, delivered)


@contextlib.contextmanager
def _warehouse(home: Home) -> Iterator[None]:
    """Hold the work file open, so that dlt's many short connections to it are cheap, and small."""
    with duckdb.connect(str(home.warehouse)) as connection:
        # In any order a file is read by all threads at once, however little memory there is.
        connection.execute(
            f"set memory_limit = '{MEMORY}'; set global preserve_insertion_order = false"
        )
        try:
            yield
        finally:
            connection.execute("reset memory_limit; reset global preserve_insertion_order")


def _is_made(pipeline: dlt.Pipeline, table: RawTable) -> bool:
    known = pipeline.default_schema.tables.get(table.name) if pipeline.schema_names else None
    return known is not None and known["columns"].keys() >= {name for name, _ in table.columns}


def _report(
    pipeline: dlt.Pipeline, items: Sequence[Item], rows: Mapping[str, int], delivered: LoadInfo
) -> dict[str, TableReport]:
    """Count what the packages just delivered did."""
    if not delivered.loads_ids:
        return {}
    loads = ", ".join(map(_literal, delivered.loads_ids))
    # dlt names a load after its moment, which is also where versions it closed end
    moments = ", ".join(str(round(float(load_id) * 1e6)) for load_id in delivered.loads_ids)
    report = {}
    with pipeline.sql_client() as sql:
        for item in items:
            table = item.table
            name, key = sql.make_qualified_table_name(table.name), ", ".join(table.key)
            vanished = "0"
            if table.write == "versions":
                vanished = (
                    f"select count(*) from {name} where _valid_to is not null "
                    f"and list_bool_or([abs(epoch_us(_valid_to) - m) <= 2 for m in [{moments}]]) "
                    f"and ({key}) not in (select {key} from {name} where _dlt_load_id in ({loads}))"
                )
            counts = sql.execute_sql(
                f"select count(*), ({vanished}) from {name} where _dlt_load_id in ({loads})"
            )
            ((new_versions, gone),) = counts or ()
            report[table.name] = TableReport(
                rows=rows[table.name], new_versions=new_versions, vanished=gone
            )
    return report
