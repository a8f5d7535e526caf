"""What all tests share: no network, nothing of the user's, and one small warehouse built once."""

from __future__ import annotations

import datetime
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

if TYPE_CHECKING:
    from pipelines.build import BuildReport
    from pipelines.settings import Home

OFFLINE = Path(__file__).parent / "offline"
_spec = importlib.util.spec_from_file_location("offline", OFFLINE / "sitecustomize.py")
assert _spec and _spec.loader
offline = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(offline)

CONNECTIONS = """
as_of_date = "2026-11-01"

[connections.exchange_main]
platform = "exchange"
options.folder = "{folder}"

[connections.bank_main]
platform = "bank_files"
options.folder = "{folder}/statements"

[connections.stripe_main]
platform = "stripe"
base_url = "http://127.0.0.1:9/"

[connections.quickbooks_main]
platform = "quickbooks_online"
base_url = "http://127.0.0.1:9/"

[[entity_map]]
connection_id = "exchange_main"
company_code = "*"
entity = "*"

[[bank_account_map]]
connection_id = "exchange_main"
source_account = "*"
account_id = "*"
entity = "*"
currency_code = "*"
account_name = "*"
"""


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """A home built from a small simulated exchange folder, with every platform's models."""

    home: Home
    folder: Path
    report: BuildReport


@pytest.fixture(autouse=True, scope="session")
def a_world_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, and nothing a test starts, sees the user's home, keys or network."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COUNTERFOIL_")]:
            patch.delenv(name)
        patch.setenv("COUNTERFOIL_HOME", str(tmp_path_factory.mktemp("none") / "home"))
        patch.setenv("COUNTERFOIL_KEY", Fernet.generate_key().decode())
        patch.setenv("PYTHONPATH", str(OFFLINE), prepend=os.pathsep)
        yield


@pytest.fixture(autouse=True)
def refused() -> Iterator[list[str]]:
    """What this test was refused. It fails if that is anything, even if the error was swallowed."""
    offline.refused.clear()
    yield offline.refused
    assert not offline.refused, f"wanted to speak to {', '.join(offline.refused)}"


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Built once for all tests that only read it. It is never published: do that in a copy."""
    from pipelines import build
    from pipelines.files.loading import load_files
    from pipelines.operations.raw import Run
    from pipelines.sandbox.exchange import write_exchange
    from pipelines.sandbox.world import simulate
    from pipelines.settings import Home, write_atomically

    path = tmp_path_factory.mktemp("warehouse")
    folder = path / "exchange"
    write_exchange(simulate(seed=7, invoices=300), folder)
    (folder / "statements").mkdir()
    home = Home.open(path / "home", "demo")
    write_atomically(home.connections_file, CONNECTIONS.format(folder=folder))
    loaded = load_files(home)
    assert not loaded.errors, loaded.errors
    run = Run(run_id="small", trigger="person", as_of_date=datetime.date(2026, 11, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "SPARING", ())  # the conventions read dbt's manifest
        return Warehouse(home=home, folder=folder, report=build.build(home, run))
