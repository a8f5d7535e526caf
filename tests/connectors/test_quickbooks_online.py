"""What only QuickBooks Online does. What every connector must do is in test_conformance."""

import dataclasses
import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import duckdb
import pytest
import requests
from cryptography.fernet import Fernet

from pipelines.connector import Change, Row
from pipelines.connectors import quickbooks_online
from pipelines.connectors.quickbooks_online import CONNECTOR, OldestFirst, deletes
from pipelines.load import LoadReport, load
from pipelines.operations.tokens import TokenStore
from pipelines.sandbox.servers import running
from pipelines.sandbox.store import ObjectStore
from pipelines.settings import Home, write_atomically

MAPLE, CEDAR = "9341450000000001", "9341450000000002"
NOW = datetime.datetime(2026, 6, 30, 12, tzinfo=datetime.UTC)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    store = ObjectStore(tmp_path / "objects.sqlite")
    for realm in (MAPLE, CEDAR):
        put(store, realm, "CompanyInfo", "1", '"CompanyName":"A provider"')
    return store


@pytest.fixture
def sandbox(store: ObjectStore) -> Iterator[str]:
    with running(store.path, now=NOW.timestamp()) as url:
        yield url


@pytest.fixture
def home(tmp_path: Path, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("COUNTERFOIL_KEY", Fernet.generate_key().decode())
    home = Home.open(tmp_path / "home", kind="demo")
    home.connections_file.write_text(
        '[connections.books]\nplatform = "quickbooks_online"\n'
        f'companies = ["{MAPLE}", "{CEDAR}"]\n'
        f'base_url = "{sandbox}/quickbooks_online/v3/company/"\n'
        "options = {requests_per_second = 1000}\n"
    )
    write_atomically(
        home.secrets_file,
        '[connections.books]\nclient_id = "sandbox-client"\nclient_secret = "sandbox-secret"\n'
        'refresh_token = "sandbox-refresh-1"\n',
    )
    return home


def put(
    store: ObjectStore,
    realm: str,
    entity: str,
    id: str,
    fields: str,
    at: datetime.datetime = NOW - datetime.timedelta(days=1),
) -> None:
    """Store an object as the platform would print it; `fields` is JSON without its braces."""
    moment = f"{at:%Y-%m-%dT%H:%M:%S}+00:00"
    times = f'"MetaData":{{"CreateTime":"{moment}","LastUpdatedTime":"{moment}"}}'
    body = f'{{"Id":"{id}","SyncToken":"0",{fields},{times}}}'
    epoch = int(at.timestamp())
    store.put_many("quickbooks_online", realm, entity, [(id, epoch, epoch, body)])


def loaded(home: Home) -> LoadReport:
    report = load(home)
    assert not report.errors
    return report


def rows(home: Home, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        return warehouse.sql(query).fetchall()


def current(home: Home, columns: str, table: str) -> list[tuple[object, ...]]:
    return rows(
        home,
        f"select {columns} from raw_quickbooks_online.{table}"
        " where _valid_to is null and not _is_deleted order by all",
    )


def queries(sandbox: str, entity: str) -> list[str]:
    """The queries of one kind of object that the sandbox was asked."""
    asked = (
        parse_qs(call["query"]).get("query", [""])[0]
        for call in requests.get(f"{sandbox}/_sandbox/calls", timeout=10).json()["calls"]
    )
    return [text for text in asked if f" FROM {entity} " in text]


# pages


def test_pages_follow_the_last_change_and_positions_count_only_inside_a_moment(
    store: ObjectStore, home: Home, sandbox: str
) -> None:
    early, late = NOW - datetime.timedelta(days=3), NOW - datetime.timedelta(days=2)
    for number in range(2300):
        at = early if number < 1500 else late
        put(store, MAPLE, "Invoice", str(number), f'"TotalAmt":{number}.10,"Balance":0', at)

    loaded(home)

    assert current(home, "count(*), count(distinct id), sum(total_amt)", "invoices") == [
        (2300, 2300, sum(range(2300)) + 230)
    ]
    pages = [text.split(">= ")[1] for text in queries(sandbox, "Invoice")][:5]
    order = "ORDERBY MetaData.LastUpdatedTime ASC"
    assert pages[:3] == [
        f"'2015-01-01T00:00:00Z' {order} STARTPOSITION 1 MAXRESULTS 1000",
        f"'{early:%Y-%m-%dT%H:%M:%S}+00:00' {order} STARTPOSITION 1 MAXRESULTS 1000",
        f"'{early:%Y-%m-%dT%H:%M:%S}+00:00' {order} STARTPOSITION 1001 MAXRESULTS 1000",
    ]


def test_an_edit_while_pages_are_turned_loses_no_row() -> None:
    changed = {str(number): f"2026-05-{number + 1:02}T00:00:00-07:00" for number in range(9)}
    text = "SELECT * FROM Invoice WHERE MetaData.LastUpdatedTime >= '2015' STARTPOSITION {position}"
    request, paging, seen = (
        requests.Request(params={"query": text}),
        OldestFirst(param="query", size=4),
        [],
    )
    paging.init_request(request)
    while paging.has_next_page:
        since, position = re.findall(r"'(.*)' STARTPOSITION (.*)", request.params["query"])[0]
        late = sorted((at, id) for id, at in changed.items() if at >= since)
        page = [{"Id": id, "MetaData": {"LastUpdatedTime": at}} for at, id in late]
        page = page[int(position) - 1 :][:4]
        seen += [row["Id"] for row in page]
        changed["0"] = "2026-06-01T00:00:00-07:00"
        paging.update_state(requests.Response(), page)
        paging.update_request(request)

    assert set(seen) == set(changed) and seen[-1] == "0"


def test_a_kind_without_objects_is_an_empty_table_although_its_page_has_no_list(
    home: Home,
) -> None:
    loaded(home)

    assert current(home, "count(*)", "transfers") == [(0,)]


def test_inactive_customers_come_too(store: ObjectStore, home: Home) -> None:
    put(store, MAPLE, "Customer", "8", '"DisplayName":"R. Lane","Active":false')

    loaded(home)

    assert current(home, "id, active", "customers") == [("8", "false")]


def test_the_same_id_in_two_companies_and_in_two_kinds_is_not_one_row(
    store: ObjectStore, home: Home
) -> None:
    put(store, MAPLE, "Invoice", "57", '"TotalAmt":1.00')
    put(store, CEDAR, "Invoice", "57", '"TotalAmt":2.00')
    put(store, CEDAR, "Payment", "57", '"TotalAmt":3.00')
    loaded(home)
    put(store, CEDAR, "Invoice", "57", '"TotalAmt":2.50', NOW)
    loaded(home)

    assert current(home, "_company, id, total_amt", "invoices") == [
        (MAPLE, "57", 1),
        (CEDAR, "57", 2.5),
    ]
    assert current(home, "_company, total_amt", "payments") == [(CEDAR, 3)]


def test_an_amount_inside_a_line_keeps_every_digit(store: ObjectStore, home: Home) -> None:
    line = '"Line":[{"Amount":99999999999999.9999,"LinkedTxn":[]}]'
    put(store, MAPLE, "Payment", "1", f'"TotalAmt":99999999999999.9999,{line}')

    loaded(home)

    assert current(home, "cast(total_amt as varchar), line ->> '$[0].Amount'", "payments") == [
        ("99999999999999.999900000", "99999999999999.9999")
    ]


# deletes


def test_a_deleted_object_becomes_a_tombstone_and_a_void_an_edit(
    store: ObjectStore, home: Home
) -> None:
    put(store, MAPLE, "Payment", "1", '"TotalAmt":10.00')
    put(store, MAPLE, "Payment", "2", '"TotalAmt":20.00')
    loaded(home)
    store.delete("quickbooks_online", MAPLE, "Payment", "1", int(NOW.timestamp()))
    put(store, MAPLE, "Payment", "2", '"TotalAmt":0,"PrivateNote":"Voided"', NOW)
    loaded(home)

    assert current(home, "id, total_amt, private_note", "payments") == [("2", 0, "Voided")]
    tombstones = "select id, _is_deleted, total_amt from raw_quickbooks_online.payments where"
    assert rows(home, f"{tombstones} _is_deleted and _valid_to is null") == [("1", True, None)]

    versions = "select count(*) from raw_quickbooks_online.payments"
    before = rows(home, versions)
    loaded(home)
    assert rows(home, versions) == before


def test_deletes_are_found_when_one_kind_fills_change_data_capture(
    store: ObjectStore, home: Home
) -> None:
    for number in range(1200):
        put(store, MAPLE, "Invoice", str(number), '"TotalAmt":1.00')
    put(store, MAPLE, "Payment", "1", '"TotalAmt":1.00')
    loaded(home)
    for number in range(1200):
        put(store, MAPLE, "Invoice", str(number), '"TotalAmt":2.00', NOW)
    for kind, id in (("Invoice", "0"), ("Invoice", "1199"), ("Payment", "1")):
        store.delete("quickbooks_online", MAPLE, kind, id, int(NOW.timestamp()) + 1)
    loaded(home)

    assert current(home, "count(*), min(total_amt)", "invoices") == [(1198, 2)]
    assert current(home, "count(*)", "payments") == [(0,)]


class Feed:
    """Change data capture with so many invoices and payments, and what it was asked."""

    company = MAPLE

    def __init__(self, invoices: int, payments: int) -> None:
        self.kinds = {"Invoice": invoices, "Payment": payments}
        self.asked: list[tuple[str, str]] = []

    def get(self, path: str, params: dict[str, str]) -> Row:
        if path.endswith("/query"):
            return {"QueryResponse": {}, "time": NOW.isoformat()}
        self.asked.append((params["entities"], params["changedSince"]))
        left, answers = 1000, []
        for kind in params["entities"].split(","):
            count = min(self.kinds.get(kind, 0), left)
            left -= count
            gone = {"status": "Deleted", "MetaData": {"LastUpdatedTime": NOW.isoformat()}}
            answers.append({kind: [{"Id": str(id), **gone} for id in range(count)]})
        return {"CDCResponse": [{"QueryResponse": answers}], "time": NOW.isoformat()}


def heard(feed: Feed, days: int = 2) -> list[Change]:
    return list(deletes(feed, NOW - datetime.timedelta(days=days)))


def test_999_objects_are_believed_and_1000_are_asked_for_kind_by_kind() -> None:
    believed, split = Feed(500, 499), Feed(600, 600)

    assert sum(change.is_deleted for change in heard(believed)) == 999
    assert len(believed.asked) == 1
    assert sum(change.is_deleted for change in heard(split)) == 1200
    kinds = split.asked[0][0].split(",")
    assert [kind for kind, _ in split.asked[1:]] == kinds and len(kinds) == 14


def test_a_kind_that_alone_has_1000_is_compared_as_a_whole() -> None:
    changes = heard(Feed(1000, 1))

    assert [(each.resource, each.row) for each in changes if not each.is_deleted] == [
        (None, None),
        ("invoices", None),
    ]
    assert [each.resource for each in changes if each.is_deleted] == ["payments"]


def test_change_data_capture_is_never_asked_for_more_than_29_days() -> None:
    feed = Feed(0, 0)

    heard(feed, days=400)

    assert [since for _, since in feed.asked] == ["2026-06-01T12:00:00Z"]


def test_after_a_pause_longer_than_the_feed_whatever_is_gone_has_vanished(
    store: ObjectStore, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, MAPLE, "Invoice", "1", '"TotalAmt":1.00')
    put(store, MAPLE, "Invoice", "2", '"TotalAmt":2.00')
    loaded(home)
    store.delete("quickbooks_online", MAPLE, "Invoice", "1", int(NOW.timestamp()))
    at_once = dataclasses.replace(CONNECTOR.changes, reach=datetime.timedelta(0))
    monkeypatch.setattr(
        quickbooks_online, "CONNECTOR", dataclasses.replace(CONNECTOR, changes=at_once)
    )
    loaded(home)

    found = "select id, _is_deleted, _valid_to is null from raw_quickbooks_online.invoices"
    assert rows(home, f"{found} order by id") == [("1", False, False), ("2", False, True)]


# tokens


def test_the_rotated_refresh_token_is_kept_and_used_by_the_next_run(
    store: ObjectStore, home: Home, sandbox: str
) -> None:
    loaded(home)
    first = TokenStore(home).get("books")
    TokenStore(home).put("books", {**first, "expires_at": "2020-01-01T00:00:00+00:00"})
    loaded(home)
    second = TokenStore(home).get("books")

    assert first and second
    assert "sandbox-refresh-1" != first["refresh_token"] != second["refresh_token"]


def test_a_withdrawn_consent_stops_the_load_and_says_what_to_do(home: Home) -> None:
    TokenStore(home).put("books", {"refresh_token": "withdrawn"})

    (error,) = load(home).errors

    assert "invalid_grant" in error and "counterfoil connections authorize books" in error
