"""Where the sandbox keeps its platforms' objects: one SQLite file, one table a collection.

The world writes native objects through it, the servers read and write it; WAL mode lets both
hold it at once. A body is the JSON text exactly as the platform's API would print it, so a
server answers lists by joining stored text and numbers are never parsed on the way.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import RLock
from typing import Any, TypeAlias

import msgspec

Row: TypeAlias = tuple[str, int, int, str] | tuple[str, int, int, str, str | None]

SCHEMA = """
create table if not exists tombstones (
    collection text not null, id text not null, deleted integer not null, body text not null,
    primary key (collection, id)
) without rowid;
create index if not exists tombstones_deleted on tombstones (collection, deleted, id);
create table if not exists state (
    platform text not null, key text not null, value text not null, primary key (platform, key)
) without rowid;
"""

# Fields that servers filter on often enough to need an index, by platform and collection.
LOOKUPS = {
    ("stripe", "invoices"): ("customer",),
    ("stripe", "invoice_payments"): ("invoice", "payment.payment_intent"),
    ("stripe", "charges"): ("payment_intent", "customer"),
    ("stripe", "refunds"): ("charge", "payment_intent"),
    ("stripe", "disputes"): ("charge",),
    ("stripe", "credit_notes"): ("invoice",),
    ("stripe", "balance_transactions"): ("source",),
    ("stripe", "customer_balance_transactions"): ("customer",),
}


_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def parsed(body: str | bytes) -> Any:
    """A body as Python objects; a number with a point becomes a Decimal and stays exact."""
    return _decoder.decode(body)


def printed(value: Any) -> str:
    """JSON text; a Decimal is printed as the number it was, trailing noughts included."""
    return _encoder.encode(value).decode()


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One object as stored. Times are epoch seconds; `group_id` is e.g. the payout it is in."""

    id: str
    created: int
    updated: int
    body: str
    group_id: str | None = None


def field(path: str) -> str:
    """The SQL expression of a body's field, e.g. `payment.type`; the path must be trusted text."""
    return f"json_extract(body, '$.{path}')"


class ObjectStore:
    """Native objects by (platform, company, collection, id). Safe to share between threads.

    A company is the tenant inside a platform: Stripe's account, QuickBooks' realm.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._sql = sqlite3.connect(
            self.path, check_same_thread=False, isolation_level=None, timeout=60
        )
        self._sql.execute("pragma journal_mode = wal")
        self._sql.execute("pragma synchronous = normal")
        self._sql.executescript(SCHEMA)
        self._known: set[str] = set()

    def close(self) -> None:
        self._sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside happens or nothing does. May be nested."""
        with self._lock:
            if self._sql.in_transaction:
                yield
                return
            self._sql.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._sql.execute("rollback")
                self._known.clear()
                raise
            self._sql.execute("commit")

    # -- objects ------------------------------------------------------------------------------

    def put_many(self, platform: str, company: str, collection: str, rows: Iterable[Row]) -> None:
        """Add or replace objects: (id, created epoch, updated epoch, body[, group id])."""
        with self.transaction():
            table = self._table(platform, company, collection)
            self._sql.executemany(
                f"insert into {table} (id, created, updated, body, group_id)"
                " values (?, ?, ?, ?, ?) on conflict (id) do update set created = excluded.created,"
                " updated = excluded.updated, body = excluded.body, group_id = excluded.group_id",
                (row if len(row) == 5 else (*row, None) for row in rows),
            )
            self._sql.execute(
                f"delete from tombstones where collection = ? and id in (select id from {table})",
                (_name(platform, company, collection),),
            )

    def delete(self, platform: str, company: str, collection: str, id: str, at_epoch: int) -> bool:
        """Remove an object and remember that, when, and what it was. False if it is not there."""
        with self.transaction():
            table = self._table(platform, company, collection)
            self._sql.execute(
                f"insert or replace into tombstones select ?, id, ?, body from {table}"
                " where id = ?",
                (_name(platform, company, collection), at_epoch, id),
            )
            return self._sql.execute(f"delete from {table} where id = ?", (id,)).rowcount == 1

    def get(self, platform: str, company: str, collection: str, id: str) -> Stored | None:
        found = self.select(platform, company, collection, "id = ?", (id,))
        return found[0] if found else None

    def select(
        self,
        platform: str,
        company: str,
        collection: str,
        where: str = "true",
        values: Sequence[object] = (),
        *,
        order: str = "created, id",
        limit: int = -1,
        offset: int = 0,
    ) -> list[Stored]:
        """Objects by a SQL condition over id, created, updated, group_id and `field(...)`s."""
        with self._lock:
            rows = self._sql.execute(
                f"select id, created, updated, body, group_id"
                f" from {self._table(platform, company, collection)}"
                f" where {where} order by {order} limit ? offset ?",
                (*values, limit, offset),
            ).fetchall()
        return [
            Stored(id=id, created=created, updated=updated, body=body, group_id=group_id)
            for id, created, updated, body, group_id in rows
        ]

    def count(
        self,
        platform: str,
        company: str,
        collection: str,
        where: str = "true",
        values: Sequence[object] = (),
    ) -> int:
        table = self._table(platform, company, collection)
        with self._lock:
            sql = f"select count(*) from {table} where {where}"
            return int(self._sql.execute(sql, values).fetchone()[0])

    def sums(
        self, platform: str, company: str, collection: str, by: Sequence[str], amount: str
    ) -> dict[tuple[str, ...], int]:
        """The integer field `amount` summed by the values of other fields."""
        keys = ", ".join(field(name) for name in by)
        table = self._table(platform, company, collection)
        with self._lock:
            rows = self._sql.execute(
                f"select {keys}, sum({field(amount)}) from {table} group by {keys} order by {keys}"
            ).fetchall()
        return {tuple(row[:-1]): row[-1] for row in rows}

    def tombstone(
        self, platform: str, company: str, collection: str, id: str
    ) -> tuple[int, str] | None:
        """When a deleted object was deleted, and its last body."""
        with self._lock:
            row: tuple[int, str] | None = self._sql.execute(
                "select deleted, body from tombstones where collection = ? and id = ?",
                (_name(platform, company, collection), id),
            ).fetchone()
        return row

    def tombstones(
        self, platform: str, company: str, collection: str, since: int, limit: int = -1
    ) -> list[tuple[str, int]]:
        """(id, deleted epoch) of what was deleted at or after `since`, oldest first."""
        with self._lock:
            return self._sql.execute(
                "select id, deleted from tombstones where collection = ? and deleted >= ?"
                " order by deleted, id limit ?",
                (_name(platform, company, collection), since, limit),
            ).fetchall()

    def companies(self, platform: str) -> list[str]:
        """The companies anything was ever written for, in order."""
        with self._lock:
            names = self._sql.execute(
                "select name from sqlite_master where type = 'table' and name like ?",
                (f"{platform}/%",),
            ).fetchall()
        return sorted({name.split("/")[1] for (name,) in names})

    # -- what a server must not forget: tokens, replayed answers, counters ----------------------

    def recall(self, platform: str, key: str) -> str | None:
        with self._lock:
            row = self._sql.execute(
                "select value from state where platform = ? and key = ?", (platform, key)
            ).fetchone()
        return row[0] if row else None

    def remember(self, platform: str, key: str, value: str) -> None:
        with self.transaction():
            self._sql.execute(
                "insert or replace into state values (?, ?, ?)", (platform, key, value)
            )

    def next_number(self, platform: str, key: str, first: int = 1) -> int:
        """Counts up from `first`; no number is given out twice."""
        with self.transaction():
            number = int(self.recall(platform, key) or first)
            self.remember(platform, key, str(number + 1))
        return number

    def _table(self, platform: str, company: str, collection: str) -> str:
        """The quoted table of a collection, made when first named."""
        name = _name(platform, company, collection)
        table = f'"{name}"'
        if name not in self._known:
            indexes = {"created": "created, id", "updated": "updated, id"} | {
                path: field(path) for path in LOOKUPS.get((platform, collection), ())
            }
            if platform == "quickbooks_online":
                indexes["number"] = "cast(id as integer)"
            statements = [
                f"create table if not exists {table} (id text primary key, created integer not"
                " null, updated integer not null, group_id text, body text not null)",
                f'create index if not exists "{name} group" on {table} (group_id, created, id)'
                " where group_id is not null",
                *(
                    f'create index if not exists "{name} {index}" on {table} ({columns})'
                    for index, columns in indexes.items()
                ),
            ]
            with self.transaction():
                for statement in statements:
                    self._sql.execute(statement)
            self._known.add(name)
        return table


def _name(platform: str, company: str, collection: str) -> str:
    name = f"{platform}/{company}/{collection}"
    if '"' in name:
        raise ValueError(f"a collection's name holds no quote: {name}")
    return name
