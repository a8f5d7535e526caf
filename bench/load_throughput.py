"""How fast rows come from an API into raw tables, and in how much memory.

    python bench/load_throughput.py [--sizes 50000 200000 800000]

A server in a process of its own prints pages of flat rows; each size is loaded by a fresh process
into a fresh home, twice: the second run reads everything again and finds nothing new.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import resource
import socket
import tempfile
import time
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines import connectors
from pipelines.connector import Basic, Changed, Connector, JsonCursor, Limits, Resource
from pipelines.load import load
from pipelines.settings import Home, write_atomically

PAGE = 1000
ROW = (
    '{{"id":"pay_{0:09d}","number":"R-{0}","status":"settled","customer_id":"cus_{1}",'
    '"customer_name":"Resident {1}","currency":"USD","amount":{2}.{3:02d},"fee":0.{3:02d},'
    '"method":"ach","reference":"INV-{0}","memo":null,"account":"operating",'
    '"paid_on":"2026-05-12","is_test":false,"updated_at":"2026-05-12T09:{4:02d}:00Z"}}'
)
CONNECTOR = Connector(
    platform="bench",
    base_url="http://127.0.0.1/",
    auth=Basic(),
    probe="",
    paging=JsonCursor(cursor_path="next", cursor_param="after"),
    limits=Limits(requests_per_second=1e6),
    resources=(
        Resource(
            name="payments",
            path="payments",
            rows="data",
            changed=Changed(field="updated_at", param="updated_since"),
            columns=("number", "status", "customer_id", "customer_name", "currency", "method")
            + ("reference", "memo", "account", "paid_on", "is_test", "updated_at"),
            money=("amount", "fee"),
        ),
    ),
)


def serve(rows: int, pipe: Pipe) -> None:
    """Print `rows` rows, a thousand a page, until killed."""

    async def page(request: Request) -> Response:
        first = int(request.query_params.get("after", 0))
        last = min(first + PAGE, rows)
        body = ",".join(
            ROW.format(number, number % 997, number % 5000, number % 100, number * 60 // rows)
            for number in range(first, last)
        )
        following = "null" if last == rows else f'"{last}"'
        return Response(f'{{"data":[{body}],"next":{following}}}', media_type="application/json")

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    pipe.send(listener.getsockname()[1])
    app = Starlette(routes=[Route("/payments", page)])
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])


def measure(port: int, pipe: Pipe) -> None:
    """Load twice; tell the seconds of both and the peak of resident memory in megabytes."""
    connectors.find = lambda platform: CONNECTOR
    with tempfile.TemporaryDirectory() as folder:
        home = Home.open(Path(folder) / "home", "demo")
        write_atomically(
            home.connections_file,
            f'[connections.one]\nplatform = "bench"\nbase_url = "http://127.0.0.1:{port}/"\n',
        )
        write_atomically(
            home.secrets_file, '[connections.one]\nusername = "x"\npassword = "12345"\n'
        )
        seconds = []
        for _ in range(2):
            began = time.perf_counter()
            report = load(home)
            seconds.append(time.perf_counter() - began)
            if report.errors:
                raise SystemExit(report.errors[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send((*seconds, peak, report.connections[0].tables["payments"].new_versions))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 200_000, 800_000])
    fresh = multiprocessing.get_context("spawn")
    for size in parser.parse_args().sizes:
        ours, theirs = fresh.Pipe()
        server = fresh.Process(target=serve, args=(size, theirs), daemon=True)
        server.start()
        with contextlib.closing(ours):
            loader = fresh.Process(target=measure, args=(ours.recv(), theirs))
            loader.start()
            first, again, peak, news = ours.recv()
            loader.join()
        server.terminate()
        print(
            f"{size:>9,} rows: {size / first:>7,.0f} rows/s first, {size / again:>7,.0f} again "
            f"({news} new), peak {peak:,.0f} MB"
        )


if __name__ == "__main__":
    main()
