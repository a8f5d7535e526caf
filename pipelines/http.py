"""The one way out to a platform: polite, patient, exact, and silent about secrets."""

from __future__ import annotations

import datetime
import email.utils
import random
import re
import threading
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter

from pipelines.auth import Credentials
from pipelines.connector import Limits
from pipelines.errors import AuthError, LoadError, PlatformError
from pipelines.raw import decode

ATTEMPTS = 7
LONGEST_WAIT = 300.0
TIMEOUT = (10.0, 120.0)
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
SECRET_NAME = re.compile(r"key|token|secret|password|signature|^code$|^sig$", re.IGNORECASE)


class NotFound(PlatformError):
    """The platform has no such thing (404, 410)."""


class Bucket:
    """Tokens that fill at a rate; `take` waits for one."""

    def __init__(self, rate: float, size: int) -> None:
        self._rate, self._size = rate, float(size)
        self._tokens, self._at = float(size), time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._size, self._tokens + (now - self._at) * self._rate) - 1
            self._at = now
            wait = -self._tokens / self._rate
        if wait > 0:
            time.sleep(wait)


class Client(requests.Session):
    """A session for one connection. `send` returns only answers worth reading.

    It keeps to the limits, tries again what may pass (429, 5xx, cut connections, pages that are
    not JSON), renews expired credentials once, and puts the decoded page where `response.json()`
    finds it, every number exact. Everything else is raised as one line that names the place and
    the remedy, and no secret.

    Args:
        name: Whom errors speak of, e.g. `stripe stripe_main`.
        hosts: URLs whose hosts may be asked; links that lead elsewhere are refused.
    """

    def __init__(
        self,
        *,
        name: str,
        hosts: Iterable[str],
        limits: Limits,
        request_id_header: str | None = None,
    ) -> None:
        super().__init__()
        self.name, self.limits = name, limits
        self.credentials: Credentials | None = None
        self.secrets: set[str] = set()  # never seen in an error
        self._hosts = {urlsplit(url).netloc for url in hosts}
        self._request_id_header = request_id_header
        self._bucket = Bucket(limits.requests_per_second, limits.concurrent)
        self._slots = threading.Semaphore(limits.concurrent)
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=max(limits.concurrent, 4)))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send until there is an answer worth reading.

        Raises:
            AuthError: 401 or 403 that new credentials do not cure.
            NotFound: 404 or 410.
            PlatformError: anything else that trying again does not cure.
        """
        if urlsplit(request.url or "").netloc not in self._hosts:
            raise PlatformError(
                f"{self.where(request)}: the platform links to a host that is not its own; "
                f"known: {', '.join(sorted(self._hosts))}. Nothing was sent"
            )
        kwargs |= {"allow_redirects": False, "stream": False}
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT
        renewed, attempt = False, 0
        while True:
            attempt += 1
            response = None
            try:
                with self._slots:
                    self._bucket.take()
                    response = super().send(request, **kwargs)
            except requests.exceptions.RequestException as error:
                problem = f"no answer ({self._scrub(_cause(error))})"
            else:
                status = response.status_code
                if status < 300:
                    try:
                        page = decode(response.content) if response.content.strip() else None
                    except (msgspec.DecodeError, UnicodeDecodeError) as error:
                        problem = f"the page is not JSON ({error})"
                    else:
                        response.__dict__["json"] = lambda page=page, **_: page
                        return response
                elif status == 401 and not renewed and self._renew(request):
                    renewed, attempt = True, attempt - 1
                    continue
                elif status not in TRY_AGAIN:
                    raise self._refusal(request, response)
                else:
                    problem = f"HTTP {status}{self._said(response)}"
            wait = self._wait(response, attempt)
            if attempt >= ATTEMPTS or wait > LONGEST_WAIT:
                later = f" after {wait:.0f} s" if wait > LONGEST_WAIT else ""
                raise PlatformError(
                    f"{self.where(request)}: {problem}, {attempt} times: run the load again"
                    f"{later}; if it stays, ask the platform{self._request_id(response)}"
                )
            time.sleep(wait)

    def where(self, request: requests.PreparedRequest) -> str:
        """Whom and what was asked, without secrets."""
        parts = urlsplit(str(request.url))
        query = urlencode(
            [
                (name, "***" if SECRET_NAME.search(name) else value)
                for name, value in parse_qsl(parts.query, keep_blank_values=True)
            ],
            safe="*{}[]/:, '=<>",
        )
        netloc = parts.netloc.rpartition("@")[2]
        url = urlunsplit((parts.scheme, netloc, parts.path, query, ""))
        return f"{self.name}: {request.method} {self._scrub(url)}"

    def _renew(self, request: requests.PreparedRequest) -> bool:
        refused = request.headers.get("Authorization", "")
        if self.credentials is None or not self.credentials.renew(str(refused)):
            return False
        self.credentials(request)
        return True

    def _refusal(self, request: requests.PreparedRequest, response: requests.Response) -> LoadError:
        status = response.status_code
        said = f"{self.where(request)}: HTTP {status}{self._said(response)}"
        asked = self._request_id(response)
        if status in (401, 403):
            remedy = (
                "renew its secrets or authorize it again"
                if status == 401
                else "give the credentials the right to read this"
            )
            return AuthError(f"{said}: {remedy}{asked}")
        if status in (404, 410):
            return NotFound(f"{said}: check the connection's companies and base_url{asked}")
        if 300 <= status < 400:
            return PlatformError(f"{said}: redirects are not followed; correct base_url{asked}")
        return PlatformError(
            f"{said}: the request is not what this version of the platform expects; "
            f"compare the connector with its documentation{asked}"
        )

    def _wait(self, response: requests.Response | None, attempt: int) -> float:
        """Seconds until the next try: what the platform asks for, else doubling with jitter."""
        asked = retry_after(response.headers.get("Retry-After")) if response is not None else None
        if asked is not None:
            return asked
        if response is not None and response.status_code == 429:
            return self.limits.pause_after_429 * random.uniform(1.0, 1.2)
        return min(0.25 * 2.0**attempt, 30.0) * random.uniform(0.5, 1.0)

    def _said(self, response: requests.Response) -> str:
        words = " ".join(response.text[:2000].split())
        return f", {self._scrub(words)[:200]}" if words else ""

    def _request_id(self, response: requests.Response | None) -> str:
        if response is None or not self._request_id_header:
            return ""
        value = response.headers.get(self._request_id_header)
        return f" ({self._request_id_header} {value})" if value else ""

    def _scrub(self, said: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            if len(secret) > 3:
                said = said.replace(secret, "***").replace(quote_plus(secret), "***")
        return re.sub(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}", r"\1 ***", said)


def retry_after(value: str | None) -> float | None:
    """Seconds a Retry-After header asks for, given as seconds or as a date; None: nothing."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=datetime.UTC)
    return max(0.0, (at - datetime.datetime.now(datetime.UTC)).total_seconds())


def _cause(error: BaseException) -> str:
    """The innermost reason of a chain of exceptions, without the object dumps around it."""
    while error.args and isinstance(error.args[0], BaseException):
        error = error.args[0]
    reason = getattr(error, "reason", None)
    words = str(reason if isinstance(reason, BaseException) else error)
    return re.sub(r"<[^>]*>:?\s*", "", words) or type(error).__name__
