"""Nothing we use reports home: not what we start, nor what somebody starts by hand in a clone."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import dbt.tracking
import dlt
import pytest
import yaml
from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.common.runtime import anon_tracker
from typer.testing import CliRunner

from pipelines import cli, load, settings
from tests.conftest import Warehouse

from .conftest import ROOT

STREAMLIT = """
from streamlit import config
config._main_script_path = "dashboard/app.py"
print(config.get_option("browser.gatherUsageStats"))
"""


def test_dlt_is_told_to_report_nothing() -> None:
    with settings.environment(**load.DLT):
        assert resolve_configuration(RuntimeConfiguration()).dlthub_telemetry is False


def test_a_load_starts_no_telemetry_of_dlt(warehouse: Warehouse) -> None:
    assert dlt.__version__ and anon_tracker._ANON_TRACKER_ENDPOINT is None


def test_a_build_of_ours_tracks_nothing(warehouse: Warehouse) -> None:
    assert dbt.tracking.active_user is None or dbt.tracking.active_user.do_not_track


def test_plain_dbt_in_a_clone_tracks_nothing() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())

    assert project["flags"]["send_anonymous_usage_stats"] is False


def test_the_dashboard_of_a_clone_gathers_no_statistics() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", STREAMLIT], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert ran.stdout.split() == ["False"]


def test_the_dashboard_we_start_gathers_no_statistics(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def run(arguments: list[str], **_: Any) -> None:
        started.append(arguments)

    monkeypatch.setattr(cli.subprocess, "run", run)
    monkeypatch.setenv("COUNTERFOIL_HOME", str(warehouse.home.path))
    CliRunner().invoke(cli.app, ["dashboard"], catch_exceptions=False)

    [arguments] = started
    assert arguments[arguments.index("--browser.gatherUsageStats") + 1] == "false"
