"""A person's first consent, against the sandbox's QuickBooks, whose consent page agrees at once."""

from __future__ import annotations

import base64
import hashlib
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines import auth, connectors
from pipelines import load as load_module
from pipelines.errors import AuthError, ConfigurationError, UsageError
from pipelines.sandbox import servers
from pipelines.sandbox.store import ObjectStore
from pipelines.settings import Connection, Home, write_atomically

from .conftest import PLATFORMS, Sandbox, write_home

CONNECTOR = connectors.find("quickbooks_online")
QUICKBOOKS = PLATFORMS["quickbooks_online"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    store = ObjectStore(tmp_path / "store.sqlite")
    QUICKBOOKS.prepare(store)
    home = Home.open(tmp_path / "home", "demo")
    with servers.running(store.path) as url:
        write_home(home, CONNECTOR, QUICKBOOKS, url)
        text = home.secrets_file.read_text()
        write_atomically(home.secrets_file, text.replace("refresh_token", "nothing"))
        yield Sandbox(url=url, store=store, home=home, platform=QUICKBOOKS, connector=CONNECTOR)
    store.close()


class Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> None:
        """Follow nothing."""


def consent(url: str) -> str:
    """Open the consent page as a browser would; return where it sends the browser."""
    try:
        urllib.request.build_opener(Stays).open(url)
    except urllib.error.HTTPError as answer:
        return str(answer.headers["Location"])
    raise AssertionError("the consent page sent nobody anywhere")


def authorize(sandbox: Sandbox, answer: Callable[[str], str], id: str = "one") -> str | None:
    shown: list[str] = []
    return load_module.authorize(
        sandbox.home,
        id,
        show=shown.append,
        ask=lambda: answer(shown[0]),
        tokens=sandbox.tokens,
    )


def test_a_pasted_redirect_opens_the_connection(sandbox: Sandbox) -> None:
    (error,) = sandbox.load("one").errors
    assert "nobody has consented yet" in error

    assert authorize(sandbox, consent) == QUICKBOOKS.companies[0]

    sandbox.put(range(3))
    sandbox.load_well("one")
    assert len(sandbox.current()) == 3


def test_the_browser_may_come_back_by_itself(sandbox: Sandbox) -> None:
    redirect_uri = "http://localhost:8971/callback"

    def browse(url: str) -> None:
        def go() -> None:
            urllib.request.urlopen(consent(url)).read()

        threading.Timer(0.3, go).start()

    company = load_module.authorize(
        sandbox.home,
        "one",
        show=browse,
        redirect_uri=redirect_uri,
        seconds=20,
        tokens=sandbox.tokens,
    )
    assert company == QUICKBOOKS.companies[0]
    assert set(sandbox.tokens.kept["one"]) == {"access_token", "refresh_token", "expires_at"}


def test_nobody_coming_back_is_told(sandbox: Sandbox) -> None:
    with pytest.raises(AuthError, match="nobody consented within 0 s"):
        load_module.authorize(
            sandbox.home,
            "one",
            show=lambda url: None,
            redirect_uri="http://localhost:8972/callback",
            seconds=0.1,
            tokens=sandbox.tokens,
        )


def test_a_redirect_that_answers_another_consent_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(AuthError, match="does not answer this consent"):
        authorize(sandbox, lambda url: consent(url).replace("state=", "state=x"))
    assert not sandbox.tokens.kept


def test_a_person_who_declines_is_believed(sandbox: Sandbox) -> None:
    def decline(url: str) -> str:
        state = parse_qs(urlsplit(url).query)["state"][0]
        return f"http://localhost/callback?error=access_denied&state={state}"

    with pytest.raises(AuthError, match=r"consent was not given \(access_denied\)"):
        authorize(sandbox, decline)


def test_consent_for_a_company_that_is_not_the_connections_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(AuthError, match="which is not one of 9341450000000002"):
        authorize(sandbox, consent, id="two")
    assert not sandbox.tokens.kept


def test_a_code_challenge_is_sent_and_its_verifier_kept(sandbox: Sandbox) -> None:
    assert isinstance(CONNECTOR.auth, auth.OAuth2)
    connection = Connection(connection_id="one", platform="quickbooks_online")
    asked = auth.ask_for_consent(
        replace(CONNECTOR.auth, pkce=True), sandbox.home, connection, "https://x/", auth.REDIRECT
    )
    query = parse_qs(urlsplit(asked.url).query)

    digest = hashlib.sha256((asked.verifier or "").encode()).digest()
    assert query["code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
    assert query["code_challenge_method"] == ["S256"]


def test_a_platform_with_keys_needs_no_consent(sandbox: Sandbox) -> None:
    stripe = sandbox.home.connections_file.read_text().replace("quickbooks_online", "stripe", 1)
    write_atomically(sandbox.home.connections_file, stripe)

    with pytest.raises(UsageError, match="stripe needs no consent"):
        authorize(sandbox, consent)


def test_secrets_come_from_the_environment_first(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTIONS__ONE__CLIENT_ID", "from-the-environment")

    assert auth.secret(sandbox.home, "one", "client_id") == "from-the-environment"
    assert auth.secret(sandbox.home, "two", "client_id") == "sandbox-client"


def test_secrets_that_others_can_read_are_refused(sandbox: Sandbox) -> None:
    sandbox.home.secrets_file.chmod(0o644)

    with pytest.raises(ConfigurationError, match="can be read by others: run `chmod 600"):
        auth.secret(sandbox.home, "one", "client_id")
