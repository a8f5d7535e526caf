"""How counterfoil gets in. Declarations name secrets; their values come from dlt's providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """`Authorization: Bearer <secret>`.

    Args:
        secret: Name of the secret, e.g. `secret_key`.
        test_key: Regular expression of a test-mode key, refused by live homes.
    """

    secret: str = "token"
    test_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Basic:
    """HTTP Basic; `username` and `password` name secrets, an empty `password` sends none."""

    username: str = "username"
    password: str = "password"
    test_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class OAuth2:
    """Authorization code with consent, then refresh; secrets `client_id` and `client_secret`.

    A connection whose base URL is on loopback finds both endpoints there, at the same paths.

    Args:
        authorize_url: Where the person consents.
        token_url: Where codes and refresh tokens are exchanged.
        scope: Space-separated.
        client_auth: Whether the client's id and secret go as HTTP Basic or in the form.
        company_param: Parameter of the redirect that names the company, e.g. `realmId`.
        rotates: Every refresh may answer with a new refresh token that replaces the old one.
        pkce: Send a code challenge (S256).
    """

    authorize_url: str
    token_url: str
    scope: str = ""
    client_auth: Literal["basic", "form"] = "basic"
    company_param: str | None = None
    rotates: bool = True
    pkce: bool = True


Auth = Bearer | Basic | OAuth2
