"""Rotating tokens, encrypted at rest."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import select

from pipelines import settings
from pipelines.errors import ConfigurationError
from pipelines.operations.store import Store, now
from pipelines.operations.tables import tokens
from pipelines.settings import Home


class TokenStore:
    """The tokens of a home's connections. A token put here is durable before `put` returns."""

    def __init__(self, home: Home, store: Store | None = None) -> None:
        self._store = store or Store.open(home)
        self._cipher = settings.cipher(home)
        self._home = home

    def get(self, connection_id: str) -> dict[str, Any] | None:
        """The token last put for a connection.

        Raises:
            ConfigurationError: none of the keys at hand opens it.
        """
        with self._store.reading() as connection:
            sealed = connection.scalar(
                select(tokens.c.sealed).where(tokens.c.connection_id == connection_id)
            )
        if sealed is None:
            return None
        try:
            token: dict[str, Any] = json.loads(self._cipher.decrypt(sealed))
        except InvalidToken:
            raise ConfigurationError(
                f"the token of connection {connection_id!r} was sealed with a key that is not at "
                f"hand: add that key to COUNTERFOIL_KEY or run "
                f"`counterfoil connections authorize {connection_id}`"
            ) from None
        return token

    def put(self, connection_id: str, token: dict[str, Any]) -> None:
        """Replace a connection's token. The old one is gone only when the new one is on disk."""
        row = {
            "connection_id": connection_id,
            "sealed": self._cipher.encrypt(json.dumps(token).encode()),
            "updated_at": now(),
        }
        with self._store.writing() as connection:
            connection.execute(tokens.delete().where(tokens.c.connection_id == connection_id))
            connection.execute(tokens.insert(), row)

    def reseal(self) -> int:
        """Encrypt every secret with the newest key, so that older keys can be retired."""
        with self._store.writing() as connection:
            rows = connection.execute(select(tokens.c.connection_id, tokens.c.sealed)).all()
            for row in rows:
                connection.execute(
                    tokens.update().where(tokens.c.connection_id == row.connection_id),
                    {"sealed": self._cipher.rotate(row.sealed)},
                )
        settings.reseal(self._home)
        return len(rows)
