"""One run at a time, over processes and machines that share a store."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import threading
import uuid
from collections.abc import Iterator

from sqlalchemy import Row, select

from pipelines.errors import LockHeld
from pipelines.operations.store import Store, now
from pipelines.operations.tables import locks

HEARTBEAT_SECONDS = 5.0
STALE_SECONDS = 60.0


class Lock:
    """A lock we hold. `check` before each step that another run must not do at the same time."""

    def __init__(self, store: Store, name: str, token: str) -> None:
        self._store = store
        self._name = name
        self._token = token

    def check(self) -> None:
        """Renew the lock.

        Raises:
            LockHeld: it went stale (this process slept too long) and another run took it over.
        """
        with self._store.writing() as connection:
            renewed = connection.execute(
                locks.update().where(locks.c.name == self._name, locks.c.token == self._token),
                {"heartbeat_at": now()},
            )
        if renewed.rowcount != 1:
            raise LockHeld(
                f"lost the lock {self._name!r} after a pause of over {STALE_SECONDS:.0f} s: "
                f"another run has taken over and does the work"
            )


@contextlib.contextmanager
def lock(store: Store, name: str = "run") -> Iterator[Lock]:
    """Hold a named lock for the block; a heartbeat keeps it, a stale one is taken over.

    Stale means: its process is gone from this machine, or its heartbeat stopped
    `STALE_SECONDS` ago.

    Raises:
        LockHeld: another process has it.
    """
    token = uuid.uuid4().hex
    row = {"name": name, "owner": f"{socket.gethostname()}:{os.getpid()}", "token": token}
    with store.writing() as connection:
        holder = connection.execute(select(locks).where(locks.c.name == name)).first()
        if holder and not _stale(holder):
            raise LockHeld(
                f"the lock {name!r} is held by {holder.owner} since {holder.acquired_at}: "
                f"wait for it to finish"
            )
        moment = now()
        connection.execute(locks.delete().where(locks.c.name == name))
        connection.execute(locks.insert(), row | {"acquired_at": moment, "heartbeat_at": moment})
    held = Lock(store, name, token)
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(held, stop), daemon=True)
    heart.start()
    try:
        yield held
    finally:
        stop.set()
        heart.join()
        with store.writing() as connection:
            connection.execute(locks.delete().where(locks.c.name == name, locks.c.token == token))


def _beat(held: Lock, stop: threading.Event) -> None:
    while not stop.wait(HEARTBEAT_SECONDS):
        try:
            held.check()
        except LockHeld:
            return  # the run notices at its next own check


def _stale(holder: Row[tuple[str, ...]]) -> bool:
    host, _, process = holder.owner.rpartition(":")
    if host == socket.gethostname() and not _alive(int(process)):
        return True
    beat = datetime.datetime.fromisoformat(holder.heartbeat_at)
    age = datetime.datetime.now(datetime.UTC) - beat
    return age.total_seconds() > STALE_SECONDS


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
