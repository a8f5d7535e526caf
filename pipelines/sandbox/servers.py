"""The sandbox as a service on loopback: `python -m pipelines.sandbox.servers --store FILE`.

Mounts   /stripe/v1/..., /quickbooks_online/v3/company/..., /quickbooks_online/oauth2/...
Control  POST /_sandbox/faults adds rules (a list of them, see `faults.Rule`), DELETE takes them
         all away; GET /_sandbox/calls says what was asked, DELETE forgets it; POST
         /_sandbox/conditions sets `now`, `access_token_lifetime`, `refresh_token_grace`.
"""

import argparse
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from pipelines.sandbox import quickbooks_server, stripe_server
from pipelines.sandbox.faults import Conditions, Disturbance, Rule
from pipelines.sandbox.store import ObjectStore

HOST = "127.0.0.1"


def application(store: ObjectStore, conditions: Conditions) -> Starlette:
    """Every platform's server and the sandbox's own controls, behind the faults."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            conditions.forget_faults()
        else:
            try:
                rules = msgspec.json.decode(await request.body(), type=list[Rule])
            except (msgspec.ValidationError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
            conditions.rules.extend(rules)
        return JSONResponse({"rules": len(conditions.rules)})

    async def calls(request: Request) -> Response:
        asked = list(conditions.calls)
        if request.method == "DELETE":
            conditions.calls.clear()
        return JSONResponse({"calls": asked})

    async def change(request: Request) -> Response:
        given = await request.json()
        for name in ("access_token_lifetime", "refresh_token_grace"):
            if name in given:
                setattr(conditions, name, int(given[name]))
        if "now" in given:
            conditions.now = moved_to(float(given["now"]))
        return JSONResponse({"now": conditions.now()})

    return Starlette(
        routes=[
            Route("/_sandbox/faults", faults, methods=["POST", "DELETE"]),
            Route("/_sandbox/calls", calls, methods=["GET", "DELETE"]),
            Route("/_sandbox/conditions", change, methods=["POST"]),
            Mount("/stripe", routes=stripe_server.StripeServer(store, conditions).routes()),
            Mount(
                "/quickbooks_online",
                routes=quickbooks_server.QuickBooksServer(store, conditions).routes(),
            ),
        ],
        middleware=[
            Middleware(
                Disturbance,
                conditions=conditions,
                errors={
                    "/stripe": stripe_server.error_body,
                    "/quickbooks_online": quickbooks_server.error_body,
                },
            )
        ],
    )


def moved_to(now: float) -> Callable[[], float]:
    """A clock that says `now` now and runs on."""
    offset = now - time.time()
    return lambda: time.time() + offset


def server(
    store_path: Path, port: int, faults: Sequence[Rule], now: float | None
) -> tuple[uvicorn.Server, socket.socket]:
    """A server bound to its port (0: any free one) but not running yet."""
    conditions = Conditions(rules=list(faults))
    if now is not None:
        conditions.now = moved_to(now)
    # asyncio sends small answers at once only on a socket that says it is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    config = uvicorn.Config(
        application(ObjectStore(store_path), conditions),
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=60,
    )
    return uvicorn.Server(config), listener


def serve(
    store_path: Path,
    port: int,
    faults: Sequence[Rule] | None = None,
    *,
    now: float | None = None,
    announce: Callable[[int], None] | None = None,
) -> None:
    """Serve until interrupted. `announce` hears the port as soon as calls are accepted."""
    sandbox, listener = server(store_path, port, faults or (), now)
    if announce is not None:
        announce(listener.getsockname()[1])
    sandbox.run(sockets=[listener])


@contextmanager
def running(
    store_path: Path, faults: Sequence[Rule] | None = None, *, now: float | None = None
) -> Iterator[str]:
    """The sandbox in a thread of this process; yields its base URL, `http://127.0.0.1:PORT`."""
    sandbox, listener = server(store_path, 0, faults or (), now)
    thread = threading.Thread(target=sandbox.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        sandbox.should_exit = True
        sandbox.force_exit = True
        thread.join()
        listener.close()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m pipelines.sandbox.servers")
    parser.add_argument("--store", type=Path, required=True, help="the world's SQLite file")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    parser.add_argument("--faults", default="[]", help="a JSON list of rules")
    parser.add_argument("--now", type=float, help="epoch seconds the sandbox's clock starts at")
    given = parser.parse_args(argv)
    serve(
        given.store,
        given.port,
        msgspec.json.decode(given.faults, type=list[Rule]),
        now=given.now,
        announce=lambda port: say(str(port)),
    )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
