"""The sandbox every connector is tested against, and how each platform's objects are made there."""

from __future__ import annotations

import datetime
import json
import time
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest

from pipelines import connectors
from pipelines.connector import Connector
from pipelines.load import LoadReport, load
from pipelines.sandbox import servers
from pipelines.sandbox.store import ObjectStore
from pipelines.settings import Home, write_atomically

NOW = int(time.time())


class Stripe:
    """Charges, which are never deleted, and customers, which are."""

    table, key, amount = "charges", "id", "amount"
    list_path = "/stripe/v1/charges"
    deletable, deletable_key = "customers", "id"
    page = 100
    root = "/stripe/v1/"
    companies = ("acct_one", "acct_two")

    def secrets(self, company: str) -> dict[str, str]:
        return {"secret_key": f"sk_test_{company}"}

    def declared_companies(self, company: str) -> list[str]:
        return ["default"]

    def prepare(self, store: ObjectStore) -> None:
        for company in self.companies:
            store.put_many("stripe", company, "charges", ())

    def id(self, number: int) -> str:
        return f"ch_{number:06d}"

    def put(
        self, store: ObjectStore, company: str, numbers: Iterable[int], amount: str, at: int
    ) -> None:
        rows = [
            (
                self.id(number),
                at,
                at,
                f'{{"id":"{self.id(number)}","object":"charge","amount":{amount},'
                f'"amount_captured":{amount},"amount_refunded":0,"currency":"usd","created":{at},'
                f'"status":"succeeded","metadata":{{}},"livemode":false}}',
            )
            for number in numbers
        ]
        store.put_many("stripe", company, "charges", rows)

    def edit(self, store: ObjectStore, company: str, number: int, amount: str, at: int) -> None:
        id = self.id(number)
        stored = store.get("stripe", company, "charges", id)
        assert stored is not None
        body = json.loads(stored.body) | {"amount": int(amount)}
        store.put_many("stripe", company, "charges", [(id, stored.created, at, json.dumps(body))])
        self._event(store, company, "charge.updated", body, at)

    def put_deletable(self, store: ObjectStore, company: str, at: int) -> str:
        body = {"id": "cus_1", "object": "customer", "created": at, "balance": 0, "metadata": {}}
        store.put_many("stripe", company, "customers", [("cus_1", at, at, json.dumps(body))])
        return "cus_1"

    def delete(self, store: ObjectStore, company: str, id: str, at: int) -> None:
        store.delete("stripe", company, "customers", id, at)
        self._event(store, company, "customer.deleted", {"id": id, "object": "customer"}, at)

    def _event(
        self, store: ObjectStore, company: str, type: str, body: dict[str, Any], at: int
    ) -> None:
        id = f"evt_{at}_{body['id']}"
        event = {"id": id, "object": "event", "type": type, "created": at, "data": {"object": body}}
        store.put_many("stripe", company, "events", [(id, at, at, json.dumps(event))])

    def wire(self, amount: str) -> str:
        return amount


class QuickBooks:
    """Payments."""

    table, key, amount = "payments", "id", "total_amt"
    list_path = "/quickbooks_online/v3/company/*/query"
    deletable, deletable_key = "payments", "id"
    page = 1000
    root = "/quickbooks_online/v3/company/"
    companies = ("9341450000000001", "9341450000000002")

    def secrets(self, company: str) -> dict[str, str]:
        return {
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
            "refresh_token": f"sandbox-refresh-{company}",
        }

    def declared_companies(self, company: str) -> list[str]:
        return [company]

    def prepare(self, store: ObjectStore) -> None:
        for company in self.companies:
            store.put_many("quickbooks_online", company, "Payment", ())
            moment = datetime.datetime.fromtimestamp(NOW, datetime.UTC).isoformat()
            body = json.dumps({"Id": "1", "MetaData": {"LastUpdatedTime": moment}})
            store.put_many("quickbooks_online", company, "CompanyInfo", [("1", NOW, NOW, body)])

    def id(self, number: int) -> str:
        return str(number)

    def put(
        self, store: ObjectStore, company: str, numbers: Iterable[int], amount: str, at: int
    ) -> None:
        moment = datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat()
        rows = [
            (
                self.id(number),
                at,
                at,
                f'{{"Id":"{number}","SyncToken":"0","TotalAmt":{amount},"UnappliedAmt":0,'
                f'"TxnDate":"2026-05-12","CustomerRef":{{"value":"8"}},"Line":[{{"Amount":{amount},'
                f'"LinkedTxn":[{{"TxnId":"96","TxnType":"Invoice"}}]}}],"MetaData":'
                f'{{"CreateTime":"{moment}","LastUpdatedTime":"{moment}"}}}}',
            )
            for number in numbers
        ]
        store.put_many("quickbooks_online", company, "Payment", rows)

    def edit(self, store: ObjectStore, company: str, number: int, amount: str, at: int) -> None:
        self.put(store, company, (number,), amount, at)

    def put_deletable(self, store: ObjectStore, company: str, at: int) -> str:
        self.put(store, company, (900_001,), "1.00", at)
        return "900001"

    def delete(self, store: ObjectStore, company: str, id: str, at: int) -> None:
        store.delete("quickbooks_online", company, "Payment", id, at)


PLATFORMS: dict[str, Any] = {"stripe": Stripe(), "quickbooks_online": QuickBooks()}


@dataclass
class Tokens:
    """A token store in memory that can die while it writes."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    dies: bool = False
    puts: int = 0

    def get(self, connection_id: str) -> dict[str, Any] | None:
        return self.kept.get(connection_id)

    def put(self, connection_id: str, token: dict[str, Any]) -> None:
        self.puts += 1
        if self.dies:
            raise KeyboardInterrupt
        self.kept[connection_id] = token


@dataclass
class Sandbox:
    """A running sandbox with a demo home whose connections `one` and `two` read it."""

    url: str
    store: ObjectStore
    home: Home
    platform: Any
    connector: Connector
    tokens: Tokens = field(default_factory=Tokens)
    connections: ClassVar = ("one", "two")

    def load(self, *connection_ids: str) -> LoadReport:
        return load(self.home, connection_ids or self.connections, tokens=self.tokens)

    def load_well(self, *connection_ids: str) -> LoadReport:
        report = self.load(*connection_ids)
        assert not report.errors, report.errors
        return report

    def put(self, numbers: Iterable[int], amount: str = "1234", at: int = NOW, to: int = 0) -> None:
        self.platform.put(self.store, self.platform.companies[to], numbers, amount, at)

    def edit(self, number: int, amount: str, at: int) -> None:
        self.platform.edit(self.store, self.platform.companies[0], number, amount, at)

    def faults(self, **rule: Any) -> None:
        self._ask("faults", "POST", [{"path": self.platform.list_path, **rule}])

    def no_faults(self) -> None:
        self._ask("faults", "DELETE")

    def calls(self) -> list[dict[str, Any]]:
        """What was asked since the last time."""
        calls: list[dict[str, Any]] = self._ask("calls", "GET")["calls"]
        self._ask("calls", "DELETE")
        return calls

    def conditions(self, **given: Any) -> None:
        self._ask("conditions", "POST", given)

    def _ask(self, what: str, method: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{what}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query, in which `{raw}` is the platform's schema."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            query = query.format(raw=f"raw_{self.connector.platform}", **vars(type(self.platform)))
            return connection.execute(query).fetchall()

    def current(self, connection_id: str = "one") -> list[tuple[str, Any]]:
        """Key and amount of the current rows of the platform's main table."""
        return self.sql(
            "select {key}, {amount} from {raw}.{table} where _valid_to is null "
            f"and not _is_deleted and _connection_id = '{connection_id}' order by {{key}}"
        )


@pytest.fixture(params=connectors.names())
def connector(request: pytest.FixtureRequest) -> Connector:
    return connectors.find(request.param)


@pytest.fixture
def sandbox(connector: Connector, tmp_path: Path) -> Iterator[Sandbox]:
    platform = PLATFORMS.get(connector.platform)
    assert platform, f"add {connector.platform} to PLATFORMS in tests/connectors/conftest.py"
    store = ObjectStore(tmp_path / "store.sqlite")
    platform.prepare(store)
    home = Home.open(tmp_path / "home", "demo")
    with servers.running(store.path) as url:
        write_home(home, connector, platform, url)
        yield Sandbox(url=url, store=store, home=home, platform=platform, connector=connector)
    store.close()


def write_home(home: Home, connector: Connector, platform: Any, url: str) -> None:
    lines, secrets = [], []
    for id, company in zip(Sandbox.connections, platform.companies, strict=True):
        lines += [
            f"[connections.{id}]",
            f'platform = "{connector.platform}"',
            f"companies = {json.dumps(platform.declared_companies(company))}",
            f'base_url = "{url}{platform.root}"',
            "options = {requests_per_second = 2000}",
        ]
        secrets += [f"[connections.{id}]"]
        secrets += [f'{name} = "{value}"' for name, value in platform.secrets(company).items()]
    write_atomically(home.connections_file, "\n".join(lines) + "\n")
    write_atomically(home.secrets_file, "\n".join(secrets) + "\n")
