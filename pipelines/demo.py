"""The demo home: a world of its own, and the sandbox that serves its platforms."""

from __future__ import annotations

import contextlib
import datetime
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import tomlkit

from pipelines import settings
from pipelines.sandbox import demo, servers
from pipelines.sandbox.store import ObjectStore
from pipelines.settings import Home

PORT = 8700


def prepare(home: Home) -> None:
    """Write the demo's world, connections and secrets, unless they are there."""
    if home.connections_file.exists():
        return
    world = demo.demo_world()
    store = ObjectStore(objects(home))
    demo.write_world(world, store, home.sandbox)
    store.close()
    settings.write_atomically(home.secrets_file, tomlkit.dumps({"connections": demo.SECRETS}))
    document = demo.demo_connections(
        PORT, home.sandbox, lambda number: settings.account_number_hash(home, number), world
    )
    settings.save_connections(home, {"as_of_date": world.end.isoformat(), **document})


def objects(home: Home) -> Path:
    """Where the simulated platforms keep what they know."""
    return home.sandbox / "objects.sqlite"


def clock(home: Home) -> float:
    """The moment at which the sandbox's clock starts: the morning after the world's last day."""
    morning = datetime.time(8, tzinfo=datetime.UTC)
    next_day = settings.as_of_date(home) + datetime.timedelta(days=1)
    return datetime.datetime.combine(next_day, morning).timestamp()


@contextlib.contextmanager
def served(home: Home) -> Iterator[None]:
    """Have the demo's platforms served for the block, unless `counterfoil sandbox` does already."""
    if not objects(home).exists() or _is_served(home):
        yield
        return
    with servers.running(objects(home), now=clock(home)) as base_url:
        _point_at(home, base_url)
        yield


def serve(home: Home, port: int) -> None:
    """Serve the demo's platforms until interrupted, and let its connections know where."""
    _point_at(home, f"http://{servers.HOST}:{port}")
    servers.serve(objects(home), port, now=clock(home))


def _is_served(home: Home) -> bool:
    urls = {urlsplit(each.base_url or "") for each in settings.load_connections(home)}
    addresses = {(url.hostname, url.port) for url in urls if url.hostname and url.port}
    for address in addresses:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return True
    return False


def _point_at(home: Home, base_url: str) -> None:
    document = tomlkit.parse(home.connections_file.read_text()).unwrap()
    for connection in document["connections"].values():
        if "base_url" in connection:
            path = urlsplit(connection["base_url"]).path
            connection["base_url"] = f"{base_url}{path}"
    settings.save_connections(home, document)
