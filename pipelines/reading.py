"""One run's reading of one connection: the only loop over companies, lists, parents and pages.

It ends on disk, in one spool a resource, before anything is handed to dlt: a run that fails half
way leaves no trace, and what a load may close is known exactly before it begins.
"""

from __future__ import annotations

import collections
import copy
import dataclasses
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from dlt.sources.helpers.rest_client.client import RESTClient

from pipelines.connector import Changed, Connector, Paginator, Resource, Row
from pipelines.errors import PlatformError
from pipelines.http import Client, NotFound
from pipelines.raw import Spool, find, text
from pipelines.settings import Connection

_In = TypeVar("_In")
_Out = TypeVar("_Out")

# What a company's last runs left behind, per company: `cursors` by resource, `asked` (for which
# parents a child was read, with their version) by resource, the feed's `position`, and `read_at`.
State = dict[str, dict[str, Any]]


class CompanyApi:
    """The platform as one company of one connection sees it; what hooks call `Api`."""

    def __init__(self, connector: Connector, base_url: str, client: Client, company: str) -> None:
        self.company = company
        self._connector, self._client = connector, client
        self._rest = RESTClient(
            base_url=base_url,
            headers=dict(connector.headers),
            auth=client.credentials,
            paginator=connector.paging,
            session=client,
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """One answer, decoded."""
        response: requests.Response = self._rest.get(
            self._in_path(path, {}), params=self._filled(params or {}, {})
        )
        return response.json()

    def find(self, path: str, params: Mapping[str, Any] | None = None) -> Any | None:
        """One answer, or None when there is no such thing."""
        try:
            return self.get(path, params)
        except NotFound:
            return None

    def pages(
        self,
        path: str,
        rows: str,
        params: Mapping[str, Any] | None = None,
        paging: Paginator | None = None,
        body: Mapping[str, Any] | None = None,
        **words: str,
    ) -> Iterator[list[Row]]:
        """All pages of a list, each as its rows. `words` fill `{word}` in path, params and body."""
        yield from self._rest.paginate(
            self._in_path(path, words),
            method="GET" if body is None else "POST",
            params=self._filled(params or {}, words),
            json=None if body is None else self._filled(body, words),
            paginator=copy.deepcopy(paging or self._connector.paging),
            data_selector=rows or "$",
            hooks={"response": []},
        )

    def each(self, function: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[_Out]:
        """`function` of every item in order, several at once."""
        concurrent = self._connector.limits.concurrent
        waiting: collections.deque[Future[_Out]] = collections.deque()
        with ThreadPoolExecutor(concurrent) as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(function, item))
                    if len(waiting) > 2 * concurrent:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _in_path(self, path: str, words: Mapping[str, str]) -> str:
        for name, value in {"company": self.company, **words}.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return path

    def _filled(self, value: Any, words: Mapping[str, str]) -> Any:
        if isinstance(value, Mapping):
            return {name: self._filled(inner, words) for name, inner in value.items()}
        if isinstance(value, str):
            for name, word in {"company": self.company, **words}.items():
                value = value.replace(f"{{{name}}}", word)
        return value


@dataclasses.dataclass(frozen=True)
class Scope:
    """Which rows a load of one resource may close, beyond those it holds itself.

    Args:
        companies: Read from the start: rows that did not come have vanished.
        parents: Pairs of company and parent whose list, read again, is empty now.
    """

    companies: tuple[str, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()


class Reading:
    """Everything one run reads of one connection.

    Args:
        state: As the last load left it; never changed here.
        folder: Where the spools go.
        on_rows: Told a resource's name and its rows so far.
    """

    def __init__(
        self,
        connector: Connector,
        connection: Connection,
        client: Client,
        state: State,
        folder: Path,
        on_rows: Callable[[str, int], None] = lambda resource, rows: None,
    ) -> None:
        self.spools = {
            resource.name: Spool(connector, resource, connection.connection_id, folder, on_rows)
            for resource in connector.resources
        }
        self.scopes: dict[str, Scope] = {}
        self.state: State = {}
        self._connector, self._connection = connector, connection
        self._before = state
        self._apis = {
            company: CompanyApi(
                connector, connection.base_url or connector.base_url, client, company
            )
            for company in connection.companies
        }
        self._from_start: set[tuple[str, str]] = set()

    def read(self) -> None:
        """Read it all; `spools`, `scopes` and `state` are then as they are to be loaded."""
        for company in self._apis:
            self.state[company] = {
                "read_at": datetime.datetime.now(datetime.UTC).isoformat(),
                "cursors": {},
                "asked": {},
                "position": self._before.get(company, {}).get("position"),
            }
            self._read_feed(company)
            for resource in self._connector.resources:
                if resource.parent and resource.name not in self._asked_before(company):
                    self._from_start.add((company, resource.parent.resource))
        for resource in self._connector.resources:
            emptied: list[tuple[str, str]] = []
            for company in self._apis:
                if resource.parent:
                    emptied += self._read_children(resource, company)
                else:
                    self._read_list(resource, company)
            whole = (
                company
                for company in self._apis
                if not resource.parent
                and (resource.complete or (company, resource.name) in self._from_start)
            )
            self.scopes[resource.name] = Scope(companies=tuple(whole), parents=tuple(emptied))
            self.spools[resource.name].finish()
        for state in self.state.values():
            if self._connector.changes and not state["position"]:
                state["position"] = max(state["cursors"].values(), default=None)

    def _read_feed(self, company: str) -> None:
        changes, before = self._connector.changes, self._before.get(company)
        if changes is None:
            return
        since = None
        if before:
            read_at = datetime.datetime.fromisoformat(before["read_at"])
            if datetime.datetime.now(datetime.UTC) - read_at > changes.reach:
                self._from_start |= {
                    (company, resource.name)
                    for resource in self._connector.resources
                    if resource.changed and not resource.parent
                }
            elif before["position"]:
                since = datetime.datetime.fromisoformat(before["position"]) - changes.lag
        newest = self.state[company]["position"]
        for change in changes.read(self._apis[company], since):
            newest = max(filter(None, (newest, _moment_text(change.at))))
            if change.resource is None:
                continue
            if change.row is None:
                self._from_start.add((company, change.resource))
            else:
                self.spools[change.resource].add(
                    company, (change.row,), is_deleted=change.is_deleted
                )
        self.state[company]["position"] = newest

    def _read_list(self, resource: Resource, company: str) -> None:
        spool, changed = self.spools[resource.name], resource.changed
        params, words, newest = dict(resource.params), {}, None
        if changed:
            newest = self._before.get(company, {}).get("cursors", {}).get(resource.name)
            if newest and (company, resource.name) not in self._from_start:
                words["since"] = written(
                    datetime.datetime.fromisoformat(newest) - changed.lag, changed.format
                )
            else:
                words["since"] = written(changed.start, changed.format)
            if changed.param:
                params[changed.param] = "{since}"
        for rows in self._apis[company].pages(
            resource.path, resource.rows, params, resource.paging, resource.body, **words
        ):
            if changed:
                seen = [self._moment(resource, changed, row) for row in rows]
                newest = max(filter(None, (newest, *seen)), default=None)
            spool.add(company, rows)
        if newest:
            self.state[company]["cursors"][resource.name] = newest

    def _read_children(self, resource: Resource, company: str) -> list[tuple[str, str]]:
        """Ask for every parent that is new or changed; return those whose list is now empty."""
        parent, api, spool = resource.parent, self._apis[company], self.spools[resource.name]
        assert parent is not None
        before = self._asked_before(company).get(resource.name, {})
        asked = self.state[company]["asked"].setdefault(resource.name, {})
        emptied = []

        def parents() -> Iterator[tuple[str, Row]]:
            for row, version in self.spools[parent.resource].rows(company):
                id_ = text(find(row, tuple(parent.field.split("."))))
                if id_ and (parent.where is None or parent.where(row)):
                    asked[id_] = version[:12]
                    if parent.always or before.get(id_) != asked[id_]:
                        yield id_, row

        def children(item: tuple[str, Row]) -> tuple[str, Row, list[Row]]:
            carried = parent.carried(item[1]) if parent.carried else None
            if carried is not None:
                return *item, carried
            pages = api.pages(
                resource.path,
                resource.rows,
                resource.params,
                resource.paging,
                resource.body,
                parent=item[0],
            )
            try:
                return *item, [row for rows in pages for row in rows]
            except NotFound:  # the parent has vanished since it was listed
                return *item, []

        for id_, row, rows in api.each(children, parents()):
            spool.add(company, rows, parent=row)
            if resource.complete and not rows and id_ in before:
                emptied.append((company, id_))
        return emptied

    def _asked_before(self, company: str) -> dict[str, dict[str, str]]:
        asked: dict[str, dict[str, str]] = self._before.get(company, {}).get("asked", {})
        return asked

    def _moment(self, resource: Resource, changed: Changed, row: Row) -> str | None:
        value = find(row, tuple(changed.field.split(".")))
        if value is None:
            return None
        try:
            return _moment_text(moment(value, changed.format))
        except (ValueError, OverflowError, TypeError):
            raise PlatformError(
                f"{self._connector.platform} {self._connection.connection_id}: {resource.name}: "
                f"{changed.field} is {text(value)!r:.80}, not a moment written as "
                f"{changed.format}: correct `changed` in "
                f"pipelines/connectors/{self._connector.platform}.py"
            ) from None


def moment(value: Any, format: str) -> datetime.datetime:
    """A moment as a platform writes it; one without a zone is UTC."""
    if format == "epoch":
        return datetime.datetime.fromtimestamp(int(value), datetime.UTC)
    if format == "iso":
        at = datetime.datetime.fromisoformat(value)
    else:
        at = datetime.datetime.strptime(value, format)
    return at if at.tzinfo else at.replace(tzinfo=datetime.UTC)


def written(at: datetime.datetime, format: str) -> str:
    """A moment as a platform wants it, rounded down to what the format can say."""
    at = at.astimezone(datetime.UTC)
    if format == "epoch":
        return str(int(at.timestamp()))
    return at.strftime("%Y-%m-%dT%H:%M:%SZ" if format == "iso" else format)


def _moment_text(at: datetime.datetime) -> str:
    """A moment such that texts order as moments do."""
    return at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
