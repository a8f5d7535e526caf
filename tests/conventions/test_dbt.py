"""dbt by itself, and the data tests on data."""

from __future__ import annotations

from pathlib import Path

import dbt.tracking
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from tests.conftest import Warehouse

from .conftest import ROOT


def test_every_data_test_holds_on_a_small_world(warehouse: Warehouse) -> None:
    tests = [node for node in warehouse.report.nodes if node.resource_type == "test"]

    assert tests
    assert not warehouse.report.findings


@pytest.mark.timeout(600)
def test_plain_dbt_build_works_in_a_fresh_clone_unit_tests_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERFOIL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    folders = {
        "--project-dir": ROOT,
        "--profiles-dir": ROOT,
        "--target-path": tmp_path / "target",
        "--log-path": tmp_path / "logs",
    }
    arguments = [str(each) for option in folders.items() for each in option]

    outcome = dbtRunner().invoke(["--quiet", "build", *arguments])
    DuckDBConnectionManager.close_all_connections()

    assert outcome.exception is None
    results = list(outcome.result)
    assert {result.node.resource_type for result in results} >= {
        "model",
        "seed",
        "test",
        "unit_test",
    }
    assert not [
        f"{result.node.name}: {result.message}"
        for result in results
        if result.status not in ("success", "pass")
    ]
    assert dbt.tracking.active_user and dbt.tracking.active_user.do_not_track
