"""What the framework does for any connector, shown with a small platform of our own."""

from __future__ import annotations

import datetime
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import connectors, http
from pipelines.connector import (
    Api,
    Basic,
    Change,
    Changed,
    Changes,
    Connector,
    HeaderLink,
    JsonLink,
    Limits,
    Parent,
    Resource,
    Row,
)
from pipelines.load import load, load_tables
from pipelines.raw import MONEY, RawTable, amount, column_name
from pipelines.settings import Home, write_atomically

SECRET = "correct-horse-battery"
LIMITS = Limits(requests_per_second=1000)
INVOICES = Resource(name="invoices", path="{company}/invoices", complete=True, columns=("note",))


class Platform:
    """Answers by path: a list, or a function of the query that gives status, headers and body."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.home = Home.open(folder / "home", "demo")
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                platform.asked.append(self.path)
                answer = platform.answers.get(parts.path.strip("/"), (404, {}, "no such thing"))
                if callable(answer):
                    answer = answer({n: v[0] for n, v in parse_qs(parts.query).items()})
                if not isinstance(answer, tuple):
                    answer = (200, {}, json.dumps(answer))
                status, headers, body = answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def load(self, connector: Connector, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
        monkeypatch.setattr(connectors, "find", lambda platform: connector)
        write_atomically(
            self.home.connections_file,
            '[connections.main]\nplatform = "toy"\ncompanies = ["north", "south"]\n'
            f'base_url = "{self.url}"\n',
        )
        write_atomically(
            self.home.secrets_file,
            f'[connections.main]\nusername = "counterfoil"\npassword = "{SECRET}"\n',
        )
        return load(self.home).errors

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def current(self, table: str) -> list[tuple[Any, ...]]:
        return self.sql(
            f"select _company, id from raw_toy.{table} where _valid_to is null order by all"
        )


def toy(*resources: Resource, **more: Any) -> Connector:
    return Connector(
        platform="toy",
        base_url="https://toy.example/",
        auth=Basic(),
        probe="",
        limits=LIMITS,
        resources=resources,
        **more,
    )


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    platform = Platform(tmp_path)
    yield platform
    platform.server.shutdown()
    platform.server.server_close()


@pytest.fixture
def loaded(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, ...]]:
    """Loads a connector of the given resources from the platform; returns the errors."""
    return lambda *resources, **more: platform.load(toy(*resources, **more), monkeypatch)


Load = Callable[..., tuple[str, ...]]


# lists


def test_what_is_no_longer_in_a_complete_list_has_vanished(
    platform: Platform, loaded: Load
) -> None:
    platform.answers = {"north/invoices": [{"id": "1"}, {"id": "2"}], "south/invoices": []}
    assert not loaded(INVOICES)
    platform.answers["north/invoices"] = [{"id": "2"}]
    platform.answers["south/invoices"] = [{"id": "1"}]
    assert not loaded(INVOICES)

    assert platform.current("invoices") == [("north", "2"), ("south", "1")]
    assert platform.sql("select count(*) from raw_toy.invoices") == [(3,)]


def test_a_complete_list_that_has_become_empty_closes_its_last_row_and_no_other_companys(
    platform: Platform, loaded: Load
) -> None:
    platform.answers = {"north/invoices": [{"id": "1"}], "south/invoices": [{"id": "1"}]}
    assert not loaded(INVOICES)
    platform.answers["north/invoices"] = []
    assert not loaded(INVOICES)

    assert platform.current("invoices") == [("south", "1")]


def test_a_list_that_fails_half_way_loads_and_closes_nothing(
    platform: Platform, loaded: Load
) -> None:
    platform.answers = {"north/invoices": [{"id": "1"}], "south/invoices": [{"id": "1"}]}
    assert not loaded(INVOICES)
    platform.answers = {"north/invoices": [{"id": "2"}]}

    (error,) = loaded(INVOICES)

    assert "HTTP 404" in error and "south/invoices" in error
    assert platform.current("invoices") == [("north", "1"), ("south", "1")]


def test_volatile_fields_make_no_version_and_secret_ones_are_not_stored(
    platform: Platform, loaded: Load
) -> None:
    resource = replace(INVOICES, volatile=("seen.at",), secret=("link",))
    for visit in ("1", "2"):
        row = {"id": "1", "seen": {"at": visit, "by": "x"}, "link": SECRET}
        platform.answers = {"north/invoices": [row], "south/invoices": []}
        assert not loaded(resource)

    ((payload,),) = platform.sql("select _payload from raw_toy.invoices")
    assert json.loads(payload) == {"id": "1", "seen": {"at": "1", "by": "x"}}


# children


LINES = Resource(
    name="lines",
    path="{company}/invoices/{parent}/lines",
    key=("invoice", "id"),
    complete=True,
    parent=Parent(resource="invoices", where=lambda row: row["note"] != "draft"),
    prepare=lambda row, parent: {**row, "invoice": (parent or {})["id"]},
)


def test_children_are_asked_for_once_per_version_of_their_parent(
    platform: Platform, loaded: Load
) -> None:
    platform.answers = {
        "north/invoices": [{"id": "1", "note": "a"}, {"id": "2", "note": "draft"}],
        "south/invoices": [],
        "north/invoices/1/lines": [{"id": "x"}, {"id": "y"}],
    }
    for _ in range(2):
        assert not loaded(INVOICES, LINES)
    assert [path for path in platform.asked if "lines" in path] == ["/north/invoices/1/lines"]
    assert platform.sql("select invoice, id from raw_toy.lines order by all") == [
        ("1", "x"),
        ("1", "y"),
    ]

    platform.answers["north/invoices"] = [{"id": "1", "note": "b"}]
    platform.answers["north/invoices/1/lines"] = [{"id": "y"}]
    assert not loaded(INVOICES, LINES)
    assert platform.current("lines") == [("north", "y")]

    platform.answers["north/invoices"] = [{"id": "1", "note": "c"}]
    platform.answers["north/invoices/1/lines"] = []
    assert not loaded(INVOICES, LINES)
    assert platform.current("lines") == []


def test_a_child_that_is_declared_later_is_asked_for_every_parent_there_is(
    platform: Platform, loaded: Load
) -> None:
    rows = [{"id": id, "at": f"2026-05-{id}T09:00:00Z"} for id in ("10", "12")]
    platform.answers = {"north/payments": since(rows), "south/payments": []}
    platform.answers |= {f"north/payments/{id}/parts": [{"id": "x"}] for id in ("10", "12")}
    parts = Resource(
        name="parts",
        path="{company}/payments/{parent}/parts",
        key=("payment", "id"),
        parent=Parent(resource="payments"),
        prepare=lambda row, parent: {**row, "payment": (parent or {})["id"]},
    )
    assert not loaded(PAYMENTS)
    assert not loaded(PAYMENTS, parts)

    assert len(platform.current("parts")) == 2


# change feeds


PAYMENTS = Resource(
    name="payments", path="{company}/payments", changed=Changed(field="at", param="since")
)


def moment(minute: int) -> datetime.datetime:
    return datetime.datetime(2026, 5, 12, 9, minute, tzinfo=datetime.UTC)


def since(rows: list[Row]) -> Callable[[dict[str, str]], list[Row]]:
    return lambda query: [row for row in rows if row["at"] >= query["since"]]


def test_a_feed_deletes_and_its_position_moves_with_what_it_says(
    platform: Platform, loaded: Load
) -> None:
    asked: list[datetime.datetime | None] = []

    def read(api: Api, since: datetime.datetime | None) -> Iterator[Change]:
        asked.append(since)
        if api.company == "north" and since:
            gone = {"id": "1", "gone": True}
            yield Change(at=moment(30), resource="payments", row=gone, is_deleted=True)

    rows = [{"id": id, "at": "2026-05-12T09:00:00Z"} for id in ("1", "2")]
    platform.answers = {"north/payments": since(rows), "south/payments": []}
    feed = Changes(read=read, lag=datetime.timedelta(0))
    for _ in range(3):
        assert not loaded(PAYMENTS, changes=feed)
        rows[:] = rows[1:]

    assert platform.sql(
        "select id, _is_deleted from raw_toy.payments where _valid_to is null order by id"
    ) == [("1", True), ("2", False)]
    assert asked == [None, None, moment(0), None, moment(30), None]


def test_after_a_pause_longer_than_the_feed_reaches_everything_is_read_again(
    platform: Platform, loaded: Load
) -> None:
    rows = [{"id": id, "at": "2026-05-12T09:00:00Z"} for id in ("1", "2")]
    platform.answers = {"north/payments": since(rows), "south/payments": since(rows)}
    feed = Changes(read=lambda api, since: iter(()), reach=datetime.timedelta(0))
    assert not loaded(PAYMENTS, changes=feed)
    platform.answers["north/payments"] = since(rows[1:])
    assert not loaded(PAYMENTS, changes=feed)

    assert platform.current("payments") == [("north", "2"), ("south", "1"), ("south", "2")]


def test_a_feed_that_cannot_tell_has_the_list_read_again(platform: Platform, loaded: Load) -> None:
    def read(api: Api, since: datetime.datetime | None) -> Iterator[Change]:
        if since and api.company == "north":
            yield Change(at=moment(30), resource="payments")

    rows = [{"id": id, "at": f"2026-05-{id}T09:00:00Z"} for id in ("10", "12")]
    platform.answers = {"north/payments": since(rows), "south/payments": since(rows)}
    assert not loaded(PAYMENTS, changes=Changes(read=read))
    platform.answers["north/payments"] = since(rows[1:])
    left = [("north", "12"), ("south", "10"), ("south", "12")]
    for feed in (Changes(read=read), None, None):  # what one run may close, no later one may
        assert not loaded(PAYMENTS, changes=feed)
        assert platform.current("payments") == left


# the way out


def test_links_to_another_host_are_not_followed(platform: Platform, loaded: Load) -> None:
    page = {"data": [], "next": "http://127.0.0.1:9/steal"}
    platform.answers = {"north/invoices": page}

    (error,) = loaded(replace(INVOICES, rows="data", paging=JsonLink(next_url_path="next")))

    assert "links to a host that is not its own" in error


def test_redirects_are_not_followed(platform: Platform, loaded: Load) -> None:
    platform.answers = {"north/invoices": (302, {"Location": "/elsewhere"}, "")}

    (error,) = loaded(INVOICES)

    assert "redirects are not followed" in error
    assert platform.asked == ["/north/invoices"]


def test_secrets_stay_out_of_errors(platform: Platform, loaded: Load) -> None:
    platform.answers = {"north/invoices": (400, {"Request-Id": "r7"}, f"bad key {SECRET}")}

    (error,) = loaded(
        replace(INVOICES, params={"api_key": SECRET, "q": "x"}), request_id_header="Request-Id"
    )

    assert SECRET not in error
    assert "api_key=***&q=x" in error and "bad key ***" in error and "(Request-Id r7)" in error


def test_a_wait_longer_than_we_wait_is_told_instead(platform: Platform, loaded: Load) -> None:
    platform.answers = {"north/invoices": (429, {"Retry-After": "3600"}, "")}

    (error,) = loaded(INVOICES)

    assert "HTTP 429" in error and "run the load again after 3600 s" in error


def test_retry_after_is_understood_as_seconds_and_as_a_date() -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90)

    assert http.retry_after("7") == 7.0
    assert 80 < (http.retry_after(format_datetime(later, usegmt=True)) or 0) <= 90
    assert http.retry_after("soon") is None


def test_a_bucket_lets_bursts_through_and_holds_the_average() -> None:
    bucket = http.Bucket(rate=50.0, size=5)
    began = time.monotonic()
    for _ in range(15):
        bucket.take()

    assert 0.18 <= time.monotonic() - began < 1.0


def test_lists_may_continue_by_a_header(platform: Platform, loaded: Load) -> None:
    def page(query: dict[str, str]) -> Any:
        number = int(query.get("page", 1))
        link = {"Link": f'<{platform.url}north/invoices?page={number + 1}>; rel="next"'}
        return (200, link if number < 3 else {}, json.dumps([{"id": str(number)}]))

    platform.answers = {"north/invoices": page, "south/invoices": []}
    assert not loaded(replace(INVOICES, paging=HeaderLink()))

    assert [id for _, id in platform.current("invoices")] == ["1", "2", "3"]


# values


@given(
    st.decimals(min_value=-(10**28), max_value=10**28, places=9, allow_nan=False),
    st.sampled_from([str, lambda value: value]),
)
def test_every_amount_that_fits_is_kept_to_the_last_digit(
    value: Decimal, written: Callable[[Decimal], object]
) -> None:
    kept = amount(written(value), 9)

    assert kept == value
    assert pa.array([kept], pa.decimal128(38, 9)).to_pylist() == [value]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("1,234.50", "is no number"),
        ("1_000", "is no number"),
        ("NaN", "is no number"),
        (True, "is no number"),
        ([], "is no number"),
        (Decimal("1E+999"), "more than 29 digits before the point"),
        (10**29, "more than 29 digits before the point"),
        (Decimal("0.0000000001"), "more than 9 digits after the point"),
        (Decimal("1E-999"), "more than 9 digits after the point"),
    ],
)
def test_an_amount_that_would_not_survive_is_refused(value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        amount(value, 9)


def test_columns_are_named_after_their_wire_path() -> None:
    assert column_name("CustomerRef.value") == "customer_ref__value"


def test_an_amount_is_refused_by_name(platform: Platform, loaded: Load) -> None:
    rows = [{"id": "1"}, {"id": "2", "total": {"due": "12,50"}}]
    platform.answers = {"north/invoices": rows, "south/invoices": []}

    (error,) = loaded(replace(INVOICES, money=("total.due",)))

    assert error.startswith("toy main: invoices 2: total.due is '12,50', which is no number")


def test_a_row_without_its_key_is_refused_by_name(platform: Platform, loaded: Load) -> None:
    platform.answers = {"north/invoices": [{"number": "7"}]}

    (error,) = loaded(INVOICES)

    assert error.startswith('toy main: invoices: a row has no id: {"number":"7"}')


# tables that come from elsewhere


def test_tables_read_elsewhere_are_delivered_the_same_way(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home", "demo")
    columns = (("_connection_id", "varchar"), ("file", "varchar"), ("amount", MONEY))
    lines = RawTable(
        name="lines",
        columns=columns,
        key=("_connection_id", "file"),
        write="latest",
        within=("_connection_id", "file"),
    )

    def rows(*files: str) -> pa.Table:
        found = [{"_connection_id": "a", "file": file, "amount": Decimal("1.5")} for file in files]
        return pa.Table.from_pylist(found, schema=lines.schema)

    load_tables(home, "bank_files", "a", [(lines, [rows("x", "x", "y")])])
    report = load_tables(home, "bank_files", "a", [(lines, [rows("y")])])

    with duckdb.connect(str(home.warehouse)) as warehouse:
        kept = warehouse.execute("select file, amount from raw_files.lines order by 1").fetchall()
    assert [file for file, _ in kept] == ["x", "x", "y"]
    assert report["lines"].rows == 1
