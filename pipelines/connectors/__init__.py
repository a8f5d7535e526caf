"""The connectors, one file each. `names()` and `find()` are the only ways to them."""

from __future__ import annotations

import importlib
import pkgutil

from pipelines.connector import Connector
from pipelines.errors import UsageError


def names() -> tuple[str, ...]:
    """Every platform there is a connector for, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def find(platform: str) -> Connector:
    """The connector of a platform.

    Raises:
        UsageError: there is no such file in this folder.
    """
    if platform not in names():
        raise UsageError(
            f"no connector named {platform!r}. Known: {', '.join(names()) or 'none'}. "
            f"To support it, add pipelines/connectors/{platform}.py."
        )
    connector: Connector = importlib.import_module(f"{__name__}.{platform}").CONNECTOR
    return connector
