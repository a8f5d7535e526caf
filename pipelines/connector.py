"""What a connector says about its platform. One file in `pipelines/connectors` is one `Connector`.

A connector imports from this module only. It declares; `pipelines.load` reads what is declared.
Where a platform does something no sibling does, the declaration names a small function in the
connector's own file: `Resource.prepare`, `Resource.is_deleted`, `Parent.where`, `Changes.read`.

Rows are plain dicts as the platform sent them. Every number in them is exact: an int or a Decimal,
never a float.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar

from pipelines.auth import Auth, Basic, Bearer, OAuth2
from pipelines.paging import (
    HeaderLink,
    JsonCursor,
    JsonLink,
    Offset,
    OnePage,
    PageNumber,
    Paginator,
    TextPosition,
)

__all__ = [
    "Api",
    "Auth",
    "Basic",
    "Bearer",
    "Change",
    "Changed",
    "Changes",
    "Connector",
    "Decimal",
    "HeaderLink",
    "JsonCursor",
    "JsonLink",
    "Limits",
    "OAuth2",
    "Offset",
    "OnePage",
    "PageNumber",
    "Paginator",
    "Parent",
    "Resource",
    "Row",
    "TextPosition",
]

Row = dict[str, Any]
_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How hard a platform may be asked; per connection.

    Args:
        requests_per_second: Average over any longer time; short bursts reach `concurrent`. A
            connection's option of this name overrides it.
        concurrent: Requests in flight at once.
        pause_after_429: Seconds to wait when a 429 names no Retry-After.
    """

    requests_per_second: float = 5.0
    concurrent: int = 4
    pause_after_429: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Changed:
    """How to ask a list only for what changed. The cursor is the largest value seen.

    Args:
        field: Dotted path of the value in a row, e.g. `MetaData.LastUpdatedTime`.
        param: Query parameter that takes the lower bound, e.g. `created[gte]`. None when the
            bound is written as `{since}` inside a value of `params`.
        format: How the platform writes the moment: `epoch` is whole seconds; `iso` is ISO 8601,
            sent as `2026-01-31T09:30:00Z`; anything else is a strftime pattern.
        start: Lower bound of the first run, UTC.
        lag: How far before the cursor the next run asks again, for rows that appear late.
    """

    field: str
    param: str | None = None
    format: Literal["epoch", "iso"] | str = "iso"
    start: datetime.datetime = datetime.datetime(2015, 1, 1, tzinfo=datetime.UTC)
    lag: datetime.timedelta = datetime.timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Parent:
    """One call for each row of another resource that this run has read.

    The child's `path` and `params` may hold `{parent}`, which becomes the parent row's `field`.

    Args:
        resource: Name of the parent, declared before the child.
        field: Dotted path in the parent row.
        where: Which parents are asked for; all of them by default.
        always: Ask again even though the parent row is the same as when it was last asked for.
        carried: The child rows that the parent row itself carries, or None if it does not carry
            all of them and must be asked for.
    """

    resource: str
    field: str = "id"
    where: Callable[[Row], bool] | None = None
    always: bool = False
    carried: Callable[[Row], list[Row] | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One list of a platform and the raw table it becomes, `raw_<platform>.<name>`.

    A column is named after its wire path in snake case, levels joined by `__`:
    `CustomerRef.value` becomes `customer_ref__value`. Whatever is not declared stays in `_payload`.

    Args:
        name: The table, plural, snake case.
        path: Below the connector's base URL; may hold `{company}` and, for a child, `{parent}`.
        rows: Dotted path to the list in a page; a missing path is an empty page; "" means that
            the page is the list or the one object itself.
        key: Wire paths that tell the rows of one company apart. Always columns, never null.
        columns: Wire paths of scalars, kept as text.
        money: Wire paths of amounts in major units, numbers or text: decimal(38,9).
        minor_units: Wire paths of whole amounts in minor units: decimal(38,0).
        json: Wire paths of lists and objects, kept as JSON text in which decimals are texts.
        params: Query parameters; values may hold `{company}`, `{since}`, `{parent}`.
        body: Request body for platforms that list by POST, sent as JSON; strings as in `params`.
        changed: How to ask for changes only. None: every run reads the whole list.
        complete: Each run reads the whole list (for a child: the whole list of that parent), so a
            row that is no longer in it has vanished and is marked by `_valid_to`. The `key` of such
            a child begins with the path that names its parent.
        parent: One call for each row of another resource.
        paging: Overrides the connector's.
        prepare: Turns a row as it came, with its parent row or None, into the row the columns are
            taken from, e.g. to add the parent's id. `_payload` is the row as it came.
        is_deleted: Tells a tombstone among the rows of the list.
        volatile: Wire paths that change without meaning, left out of `_version_hash`.
        secret: Wire paths of secrets, and of links that open without a password: never stored.
    """

    name: str
    path: str
    rows: str = ""
    key: tuple[str, ...] = ("id",)
    columns: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    minor_units: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    changed: Changed | None = None
    complete: bool = False
    parent: Parent | None = None
    paging: Paginator | None = None
    prepare: Callable[[Row, Row | None], Row] | None = None
    is_deleted: Callable[[Row], bool] | None = None
    volatile: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


class Api(Protocol):
    """What a hook may ask of the platform, for one company of one connection.

    Paths lie below the connector's base URL. `{company}` in a path or a value of `params` is
    replaced. Retries, limits, credentials and exact numbers are taken care of.
    """

    company: str

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """One answer, decoded. Raises PlatformError when the platform refuses."""

    def find(self, path: str, params: Mapping[str, Any] | None = None) -> Any | None:
        """One answer, or None when there is no such thing (404, 410)."""

    def pages(
        self,
        path: str,
        rows: str,
        params: Mapping[str, Any] | None = None,
        paging: Paginator | None = None,
    ) -> Iterator[list[Row]]:
        """All pages of a list, each as its rows, by the connector's paging unless told."""

    def each(self, function: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[_Out]:
        """`function` of every item in order, several at once as the limits allow."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing a change feed said, in the order of the feed.

    Args:
        at: When it happened by the platform's clock. The largest one seen is where the next run
            asks from.
        resource: Name of the resource the row belongs to; None only moves the position.
        row: The object as it is now, or, when deleted, whatever names its key. None with a
            resource: the feed cannot tell what changed in it, so its list is read from the start
            and rows no longer in it are marked as vanished.
        is_deleted: The object is gone: the row is stored as a tombstone.
    """

    at: datetime.datetime
    resource: str | None = None
    row: Row | None = None
    is_deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class Changes:
    """A feed that names what changed, for edits and deletes the lists cannot be asked for.

    It is read once a run and company, before the lists.

    Args:
        read: Yields what changed at or after a moment. On a company's first run the moment is
            None: yield one bare `Change(at=...)`, the feed's newest position, or nothing, and the
            largest cursor the lists have seen becomes the position.
        lag: How far before the position the next run asks again.
        reach: How far back the feed goes. When the last run is longer ago by our clock, the lists
            are read from their start again and rows no longer in them are marked as vanished.
    """

    read: Callable[[Api, datetime.datetime | None], Iterator[Change]]
    lag: datetime.timedelta = datetime.timedelta(minutes=10)
    reach: datetime.timedelta = datetime.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Connector:
    """A platform: where it is, how to get in, how to turn pages, what to read.

    Args:
        platform: The connector's file name.
        base_url: Ends with `/`. A connection may name another, e.g. the sandbox's.
        auth: Bearer, Basic or OAuth2; names the secrets, never holds them.
        probe: A cheap path that answers when the credentials are good; may hold `{company}`.
        headers: Sent with every request, e.g. the pinned API version.
        paging: How lists continue, unless a resource says otherwise.
        resources: Read in this order; parents before children.
        limits: How hard the platform may be asked.
        changes: The platform's change feed.
        request_id_header: Answer header that the platform's support asks for.
        sandbox_hosts: Hosts of the platform's own sandbox, refused by live homes.
    """

    platform: str
    base_url: str
    auth: Auth
    resources: tuple[Resource, ...]
    probe: str
    headers: Mapping[str, str] = field(default_factory=dict)
    paging: Paginator = field(default_factory=OnePage)
    limits: Limits = Limits()
    changes: Changes | None = None
    request_id_header: str | None = None
    sandbox_hosts: tuple[str, ...] = ()
