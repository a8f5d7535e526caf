"""Open the operations store, brought to the newest schema, and read or write it in transactions."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from pipelines.settings import Home

MIGRATIONS = Path(__file__).parent / "migrations"
WRITER = 0x636F756E  # the advisory lock that appends take on PostgreSQL


def now() -> str:
    """This moment, as the store writes moments."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Store:
    """One home's operations store. Guards the engine and how transactions begin."""

    def __init__(self, url: str) -> None:
        """Open the store at a URL of SQLAlchemy's kind, creating or upgrading its tables."""
        self.engine = _sqlite(url) if make_url(url).get_backend_name() == "sqlite" else _other(url)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @classmethod
    def open(cls, home: Home) -> Store:
        """The store of a home."""
        return cls(home.operations_url)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view; takes no lock that a writer would wait for."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is the only writer from its start; durable when the block ends."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(counterfoil_writes=True)
            with connection.begin():
                if self.engine.dialect.name == "postgresql":
                    connection.execute(text(f"select pg_advisory_xact_lock({WRITER})"))
                yield connection


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    # Only a new file is touched: to open and close one that SQLite has open would drop its locks.
    if path and not os.path.exists(path):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so DDL is transactional too
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on"):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("counterfoil_writes")
        connection.exec_driver_sql("begin immediate" if writes else "begin")

    return engine


def _other(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True)
