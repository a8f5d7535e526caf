"""How counterfoil gets in. Declarations name secrets; their values come from dlt's providers."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from dlt.common.configuration.providers import EnvironProvider, SecretsTomlProvider
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth, HttpBasicAuth
from requests.auth import AuthBase

from pipelines.errors import AuthError, ConfigurationError, LoadError, PlatformError
from pipelines.settings import LOOPBACK, Connection, Home

if TYPE_CHECKING:
    from pipelines.http import Client

REDIRECT = "http://localhost:8765/callback"
EARLY = datetime.timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """`Authorization: Bearer <secret>`.

    Args:
        secret: Name of the secret, e.g. `secret_key`.
        test_key: Regular expression that test-mode keys begin with, refused by live homes.
    """

    secret: str = "token"
    test_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Basic:
    """HTTP Basic; `username` and `password` name secrets. A password of None is sent empty."""

    username: str = "username"
    password: str | None = "password"
    test_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class OAuth2:
    """Authorization code with consent, then refresh; secrets `client_id` and `client_secret`.

    A first refresh token may be given as the secret `refresh_token`; from then on the tokens live
    in the token store. A connection whose base URL is on loopback finds both endpoints below the
    same root, and `options` of a connection may name `authorize_url` and `token_url`.

    Args:
        authorize_url: Where the person consents.
        token_url: Where codes and refresh tokens are exchanged.
        scope: Space-separated.
        client_auth: Whether the client's id and secret go as HTTP Basic or in the form.
        company_param: Parameter of the redirect that names the company, e.g. `realmId`.
        pkce: Send a code challenge (S256).
    """

    authorize_url: str
    token_url: str
    scope: str = ""
    client_auth: Literal["basic", "form"] = "basic"
    company_param: str | None = None
    pkce: bool = True


Auth = Bearer | Basic | OAuth2


class Tokens(Protocol):
    """Where OAuth tokens live: the operations store, encrypted. `put` is durable on return."""

    def get(self, connection_id: str) -> dict[str, Any] | None: ...

    def put(self, connection_id: str, token: dict[str, Any]) -> None: ...


class Credentials(AuthBase):
    """What signs requests. One that can be renewed says so."""

    def renew(self, refused: str) -> bool:
        """Get new credentials after a 401 to a request signed `refused`; False: cannot."""
        return False


class Fixed(Credentials):
    """Credentials that never change: one of dlt's own authenticators."""

    def __init__(self, auth: AuthBase) -> None:
        self._auth = auth

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed: requests.PreparedRequest = self._auth(request)
        return signed


def secret(home: Home, connection_id: str, name: str, *, required: bool = True) -> str:
    """A secret of a connection, from the environment or the home's secrets.toml.

    Raises:
        ConfigurationError: it is in neither place, or the file can be read by others.
    """
    file = home.secrets_file
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ConfigurationError(f"{file} can be read by others: run `chmod 600 {file}`")
    places = []
    for provider in (EnvironProvider(), SecretsTomlProvider(str(home.path))):
        value, key = provider.get_value(name, str, "", "connections", connection_id)
        if value not in (None, ""):
            return str(value)
        places.append(
            f"the environment as {key}"
            if isinstance(provider, EnvironProvider)
            else f"{file} as {name} in [connections.{connection_id}]"
        )
    if not required:
        return ""
    raise ConfigurationError(
        f"connection {connection_id!r}: no secret {name!r}; looked in {' and in '.join(places)}: "
        f"put it into one of them"
    )


def credentials(
    auth: Auth,
    home: Home,
    connection: Connection,
    token_url: str,
    client: Client,
    tokens: Callable[[], Tokens],
) -> Credentials:
    """What signs the requests of a connection. Its secrets are told to the client, to be hidden.

    Raises:
        ConfigurationError: a secret is missing, or a live home was given a test-mode key.
    """

    def read(name: str) -> str:
        value = secret(home, connection.connection_id, name)
        client.secrets.add(value)
        return value

    match auth:
        case Bearer():
            value = read(auth.secret)
            _refuse_test_key(auth.test_key, auth.secret, value, home, connection)
            return Fixed(BearerTokenAuth(value))
        case Basic():
            username = read(auth.username)
            _refuse_test_key(auth.test_key, auth.username, username, home, connection)
            return Fixed(HttpBasicAuth(username, read(auth.password) if auth.password else ""))
        case OAuth2():
            (
                read("client_id"),
                read("client_secret"),
            )  # missing ones are told before anything is asked
            return OAuth(auth, home, connection, token_url, client, tokens())


def _refuse_test_key(
    pattern: str | None, name: str, value: str, home: Home, connection: Connection
) -> None:
    if home.kind == "live" and pattern and re.match(pattern, value):
        raise ConfigurationError(
            f"connection {connection.connection_id!r}: {name} is a test-mode key, and a live home "
            f"reads real books only: use a live key, or a demo home"
        )


def endpoint(
    name: str, url: str, connection: Connection, base_url: str, default_base_url: str
) -> str:
    """Where an OAuth endpoint of a connection is: beside its base URL when that is on loopback."""
    if told := connection.options.get(name):
        return str(told)
    if urlsplit(base_url).hostname not in LOOPBACK:
        return url
    return base_url.removesuffix(urlsplit(default_base_url).path) + urlsplit(url).path


class OAuth(Credentials):
    """Access tokens that are renewed shortly before they expire, and when refused.

    A new refresh token is in the store before anything is asked with what came beside it. So a
    crash leaves either the old one, whose successor nobody has used, or the new one, kept.
    """

    def __init__(
        self,
        auth: OAuth2,
        home: Home,
        connection: Connection,
        token_url: str,
        client: Client,
        tokens: Tokens,
    ) -> None:
        self._auth, self._home, self._connection = auth, home, connection
        self._token_url, self._client, self._tokens = token_url, client, tokens
        self._lock = threading.Lock()
        self._token = tokens.get(connection.connection_id) or {}
        self._hide()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        with self._lock:
            if datetime.datetime.now(datetime.UTC) > self._expiry() - EARLY:
                self._refresh()
            request.headers["Authorization"] = f"Bearer {self._token['access_token']}"
        return request

    def renew(self, refused: str) -> bool:
        if not refused.startswith("Bearer "):
            return False
        with self._lock:  # whoever waited here finds that another thread has renewed already
            if refused == f"Bearer {self._token.get('access_token')}":
                self._refresh()
        return True

    def exchange(self, **form: str) -> None:
        """Trade a code or a refresh token for tokens, and keep them.

        Raises:
            AuthError: the platform says `invalid_grant`; only a person can cure that.
        """
        id_ = self._connection.connection_id
        client_id, client_secret = (
            secret(self._home, id_, name) for name in ("client_id", "client_secret")
        )
        self._client.secrets |= {client_id, client_secret, *form.values()} - {form["grant_type"]}
        asked_at = datetime.datetime.now(datetime.UTC)
        in_form = {"client_id": client_id, "client_secret": client_secret}
        try:
            response = self._client.post(
                self._token_url,
                data=form | (in_form if self._auth.client_auth == "form" else {}),
                auth=(client_id, client_secret) if self._auth.client_auth == "basic" else None,
                headers={"Accept": "application/json"},
            )
        except LoadError as error:
            if "invalid_grant" not in str(error):
                raise
            raise AuthError(
                f"{self._client.name}: the platform no longer accepts our consent "
                f"(invalid_grant); nothing was read: run `counterfoil connections authorize {id_}`"
            ) from None
        given = response.json()
        if not isinstance(given, dict) or not given.get("access_token"):
            raise PlatformError(f"{self._client.name}: {self._token_url} answered without a token")
        lifetime = datetime.timedelta(seconds=int(given.get("expires_in") or 3600))
        self._token = {
            "access_token": given["access_token"],
            "refresh_token": given.get("refresh_token") or form.get("refresh_token"),
            "expires_at": (asked_at + lifetime).isoformat(),
        }
        self._tokens.put(id_, self._token)
        self._hide()

    def _refresh(self) -> None:
        id_ = self._connection.connection_id
        kept = self._tokens.get(id_) or {}
        if kept.get("access_token") not in (None, self._token.get("access_token")):
            self._token = kept  # another process has renewed
            self._hide()
            return
        refresh_token = kept.get("refresh_token") or secret(
            self._home, id_, "refresh_token", required=False
        )
        if not refresh_token:
            raise AuthError(
                f"{self._client.name}: nobody has consented yet: "
                f"run `counterfoil connections authorize {id_}`"
            )
        self.exchange(grant_type="refresh_token", refresh_token=refresh_token)

    def _expiry(self) -> datetime.datetime:
        known = self._token.get("expires_at")
        if not known:
            return datetime.datetime.min.replace(tzinfo=datetime.UTC) + EARLY
        return datetime.datetime.fromisoformat(known)

    def _hide(self) -> None:
        for name in ("access_token", "refresh_token"):
            if value := self._token.get(name):
                self._client.secrets.add(value)


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A consent under way: the URL a person opens, and what must come back."""

    url: str
    redirect_uri: str
    state: str
    verifier: str | None


def ask_for_consent(
    auth: OAuth2, home: Home, connection: Connection, authorize_url: str, redirect_uri: str
) -> Consent:
    """Where a person consents, with a state and, if the platform knows it, a code challenge."""
    state = secrets.token_urlsafe(24)
    verifier = secrets.token_urlsafe(48) if auth.pkce else None
    asked = {
        "client_id": secret(home, connection.connection_id, "client_id"),
        "response_type": "code",
        "scope": auth.scope,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    if verifier:
        digest = hashlib.sha256(verifier.encode()).digest()
        asked["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked["code_challenge_method"] = "S256"
    return Consent(
        url=f"{authorize_url}?{urlencode(asked)}",
        redirect_uri=redirect_uri,
        state=state,
        verifier=verifier,
    )


def accept_consent(
    auth: OAuth2, oauth: OAuth, connection: Connection, consent: Consent, redirected: str
) -> str | None:
    """Take the URL the platform redirected to; keep the tokens; return the company it names.

    Raises:
        AuthError: the person declined, or the redirect is not the answer to this consent.
    """
    given = {
        name: values[0] for name, values in parse_qs(urlsplit(redirected.strip()).query).items()
    }
    id_ = connection.connection_id
    if not secrets.compare_digest(given.get("state", ""), consent.state):
        raise AuthError(
            f"connection {id_!r}: the redirect does not answer this consent (its state differs): "
            f"run `counterfoil connections authorize {id_}` again and use the newest page"
        )
    if "code" not in given:
        said = given.get("error_description") or given.get("error") or "no code"
        raise AuthError(f"connection {id_!r}: consent was not given ({said}): authorize it again")
    company = given.get(auth.company_param) if auth.company_param else None
    if company and connection.companies != ("default",) and company not in connection.companies:
        raise AuthError(
            f"connection {id_!r}: consent was given for company {company}, which is not one of "
            f"{', '.join(connection.companies)}: choose one of those, or add it to the connection"
        )
    form = {"grant_type": "authorization_code", "code": given["code"]}
    if consent.verifier:
        form["code_verifier"] = consent.verifier
    oauth.exchange(**form, redirect_uri=consent.redirect_uri)
    return company


def wait_for_redirect(redirect_uri: str, seconds: float) -> str | None:
    """Listen on loopback for the browser coming back; None when nobody came in time."""
    came: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path == urlsplit(redirect_uri).path:
                came.append(self.path)
            self.send_response(200 if came else 404)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"Thank you. You may close this page." if came else b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the path holds the code."""

    with HTTPServer(("127.0.0.1", urlsplit(redirect_uri).port or 80), Page) as server:
        until = time.monotonic() + seconds
        while not came and (left := until - time.monotonic()) > 0:
            server.timeout = left
            server.handle_request()
    return came[0] if came else None
