"""What goes wrong in the sandbox, on demand: rules say which call fails and how.

A rule is JSON at `POST /_sandbox/faults` or a `Rule` given at start, for example
`{"kind": "cut", "path": "/stripe/v1/charges", "nth": 2}`: the second such call breaks off.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Kind = Literal[
    "too_many_requests",  # 429, with Retry-After if `retry_after` is given
    "rate_limit",  # 429 whenever more than `per_second` calls came within a second
    "server_error",  # `status`, nothing is executed
    "slow",  # answers after `seconds`
    "cut",  # executes, then closes the connection in the middle of the body
    "half_page",  # executes, then sends half the body as if it were all
    "expired_token",  # what the caller authenticates with has expired
    "infinite_amount",  # the first amount of the first row reads 1e999
    "extra_field",  # every row has a field that no document mentions
    "duplicate_row",  # the last row of the page before comes again
]
AMOUNT = re.compile(r'("(?:amount|total|net|TotalAmt|Amount|CurrentBalance)"\s*:\s*)-?[0-9.]+')


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One fault. `path` is a shell pattern of the whole path; `count` 0 means for ever."""

    kind: Kind
    path: str = "*"
    method: str = "*"
    nth: int = 1
    count: int = 1
    status: int = 503
    seconds: float = 1.0
    retry_after: float | None = None
    per_second: int = 25

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            known = ", ".join(get_args(Kind))
            raise ValueError(f"no fault is named {self.kind!r}: take one of {known}")

    def fires(self, call: int) -> bool:
        return call >= self.nth and (self.count == 0 or call < self.nth + self.count)


@dataclass(kw_only=True)
class Conditions:
    """Under which conditions the servers answer: the time, the faults, what was asked so far."""

    now: Callable[[], float] = time.time
    access_token_lifetime: int = 3600
    refresh_token_grace: int = 60
    rules: list[Rule] = field(default_factory=list)
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=100_000))
    _seen: dict[int, int] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=deque)
    _last_row: dict[str, str] = field(default_factory=dict)

    def due(self, method: str, path: str) -> Rule | None:
        """The first rule that strikes this call. Every rule that fits counts the call."""
        due = None
        for number, rule in enumerate(self.rules):
            if rule.method in ("*", method) and fnmatchcase(path, rule.path):
                self._seen[number] = self._seen.get(number, 0) + 1
                if due is None and self._strikes(rule, self._seen[number]):
                    due = rule
        return due

    def _strikes(self, rule: Rule, call: int) -> bool:
        if rule.kind != "rate_limit":
            return rule.fires(call)
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= rule.per_second:
            return True
        self._recent.append(now)
        return False

    def forget_faults(self) -> None:
        self.rules.clear()
        self._seen.clear()

    def rows(self, scope: Scope, collection: str, bodies: list[str]) -> list[str]:
        """The rows a list answer shows: the true ones, unless a rule disturbs them."""
        rule: Rule | None = scope.get("fault")
        page = f"{scope['path']} {collection}"
        shown = list(bodies)
        if rule is not None and rule.kind == "duplicate_row" and page in self._last_row:
            shown.insert(0, self._last_row[page])
        if rule is not None and rule.kind == "extra_field":
            shown = [body.rstrip()[:-1] + ',"field_nobody_announced":"new"}' for body in shown]
        if rule is not None and rule.kind == "infinite_amount" and shown:
            shown[0] = AMOUNT.sub(r"\g<1>1e999", shown[0], count=1)
        if bodies:
            self._last_row[page] = bodies[-1]
        return shown


class Disturbance:
    """Middleware: notes every call and lets the rule that is due have its way with it.

    `errors` gives, by mount (`/stripe`), a platform's own body for a status.
    """

    def __init__(
        self,
        app: ASGIApp,
        conditions: Conditions,
        errors: Mapping[str, Callable[[int], str]],
    ) -> None:
        self.app = app
        self.conditions = conditions
        self.errors = errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self.app(scope, receive, send)
            return
        rule = self.conditions.due(scope["method"], scope["path"])
        call: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "status": None,
            "fault": rule.kind if rule else None,
        }
        self.conditions.calls.append(call)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                call["status"] = message["status"]
            await send(message)

        match rule:
            case None:
                await self.app(scope, receive, noting)
            case Rule(kind="too_many_requests" | "rate_limit", retry_after=seconds):
                headers = {} if seconds is None else {"Retry-After": f"{seconds:g}"}
                await self.refuse(429, headers, scope, receive, noting)
            case Rule(kind="server_error", status=status):
                await self.refuse(status, {}, scope, receive, noting)
            case Rule(kind="slow", seconds=seconds):
                await asyncio.sleep(seconds)
                await self.app(scope, receive, noting)
            case Rule(kind="cut" | "half_page" as kind):
                await self.break_off(kind == "cut", scope, receive, noting)
            case _:  # the servers themselves know what an expired token and a row are
                await self.app({**scope, "fault": rule}, receive, noting)

    async def refuse(
        self, status: int, headers: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        mount = "/" + scope["path"].split("/")[1]
        body = self.errors[mount](status) if mount in self.errors else "{}"
        response = Response(body, status, headers, media_type="application/json")
        await response(scope, receive, send)

    async def break_off(self, cut: bool, scope: Scope, receive: Receive, send: Send) -> None:
        """Half the body: with the whole length announced (cut) or with its own (half a page)."""
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self.app(scope, receive, keep)
        half = body[: len(body) // 2]
        if not cut:
            kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
            start["headers"] = [*kept, (b"content-length", str(len(half)).encode())]
        await send(start)
        await send({"type": "http.response.body", "body": half, "more_body": cut})
