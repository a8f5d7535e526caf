"""A run killed at sixty moments, and run again: nothing is lost, nothing twice, nothing torn.

The home has been published once, of a part of the world. Then the rest of the world appears, and
the run that brings it is killed (SIGKILL, with all its threads and the sandbox it serves) at
moments spread evenly over its load, its build and its publish. After each kill what is published
must be what an undisturbed run leaves, of before or of after; and the next run must finish and
leave exactly what an undisturbed run leaves. What was seen goes into report.md.
"""

import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import tomlkit

from pipelines import history, publish, settings
from pipelines.operations import chain
from pipelines.operations.store import Store
from pipelines.operations.tables import run_events
from pipelines.sandbox import demo
from pipelines.sandbox.store import ObjectStore
from pipelines.sandbox.world import simulate
from pipelines.settings import Home

KILLS = 60
STEPS = ("load", "build", "publish")
INVOICES = 240
COMMAND = (sys.executable, "-m", "pipelines.cli", "run")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """A home before the measured run, kept as a template; each run works on a copy in one place."""
    root = tmp_path_factory.mktemp("kills")
    os.environ["COUNTERFOIL_KEY_FILE"] = str(root / "keys")
    os.environ["COUNTERFOIL_HOME"] = str(root / "home")
    return Campaign(root)


class Campaign:
    """The template, the copy that is worked on, and what an undisturbed run leaves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = Home.open(root / "home", "demo")
        whole = self._world()
        part = json.loads(json.dumps(whole))
        part["connections"]["quickbooks_main"]["companies"].pop()
        hidden = self.home.sandbox / "later"
        hidden.mkdir()
        statements = sorted(self.home.sandbox.glob("statements/*/*"))
        for number, file in enumerate(statements):
            if number % 3 == 0:
                file.rename(hidden / f"{number}")
        settings.save_connections(self.home, part)
        self.run_to_its_end()
        for number, file in enumerate(statements):
            if number % 3 == 0:
                (hidden / f"{number}").rename(file)
        settings.save_connections(self.home, whole)
        self.before = self.published()
        shutil.copytree(self.home.path, root / "template")
        self.run_to_its_end()
        self.after = self.published()
        self.undisturbed = self.seconds
        assert self.before != self.after

    def _world(self) -> dict:
        world = simulate(11, INVOICES)
        store = ObjectStore(self.home.sandbox / "objects.sqlite")
        demo.write_world(world, store, self.home.sandbox)
        store.close()
        settings.write_atomically(
            self.home.secrets_file, tomlkit.dumps({"connections": demo.SECRETS})
        )
        document = demo.demo_connections(
            8700,
            self.home.sandbox,
            lambda number: settings.account_number_hash(self.home, number),
            world,
        )
        return {"as_of_date": world.end.isoformat(), **document}

    def restore(self) -> None:
        """Put the template where the measured run works."""
        shutil.rmtree(self.home.path)
        shutil.copytree(self.root / "template", self.home.path)

    def run_to_its_end(self) -> float:
        """Run; its last words if it fails. Returns seconds."""
        started = time.monotonic()
        ended = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr[-2000:]
        self.seconds = self.seconds_of_steps()
        return time.monotonic() - started

    def run_and_kill(self, step: str, after: float) -> None:
        """Run, wait for a step to start, wait on, and kill."""
        running = subprocess.Popen(
            COMMAND,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        before = len(self.events())
        while running.poll() is None:
            if (step, "started") in self.events()[before:]:
                time.sleep(after)
                break
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()

    def events(self) -> list[tuple[str, str]]:
        """Step and event of all that was told."""
        with Store.open(self.home) as store, store.reading() as connection:
            rows = connection.execute(run_events.select().order_by(run_events.c.sequence)).all()
        return [(row.step, row.event) for row in rows]

    def seconds_of_steps(self) -> dict[str, float]:
        """What each step of the last run took; publishing and its history are one."""
        with Store.open(self.home) as store, store.reading() as connection:
            rows = connection.execute(run_events.select().order_by(run_events.c.sequence)).all()
        took = {
            row.step: float(json.loads(row.detail)["seconds"])
            for row in rows
            if row.event == "finished"
        }
        return {
            "load": took["load"],
            "build": took["build"],
            "publish": took["publish"] + took["history"],
        }

    def published(self) -> dict[str, list]:
        """Every row of every published mart and report, but for which run saw it first."""
        file = publish.current(self.home)
        with duckdb.connect(str(file), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where schema_name in ('marts', 'reports') order by all"
            ).fetchall()
            return {
                f"{schema}.{table}": connection.execute(
                    f"select columns(c -> not regexp_matches(c, '(^|_)(run|load)_id$')) "
                    f"from {schema}.{table} order by all".replace("c ->", "lambda c:")
                ).fetchall()
                for schema, table in tables
            }

    def raw_versions(self) -> dict[str, int]:
        """How many rows every raw table has, old versions included."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where schema_name in "
                "('raw_stripe', 'raw_quickbooks_online', 'raw_files') "
                "and not starts_with(table_name, '_dlt') order by all"
            ).fetchall()
            return {
                f"{schema}.{table}": connection.execute(
                    f"select count(*) from {schema}.{table}"
                ).fetchall()[0][0]
                for schema, table in tables
            }


def differing(found: dict, wanted: dict) -> list[str]:
    return [name for name in wanted if found.get(name) != wanted[name]]


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_run_killed_anywhere_is_completed_by_the_next(campaign):
    whole = campaign.raw_versions()
    rows, caught = [], Counter()
    for number in range(KILLS):
        step = STEPS[number * len(STEPS) // KILLS]
        share = (number % (KILLS // len(STEPS)) + 0.5) / (KILLS // len(STEPS))
        campaign.restore()
        campaign.run_and_kill(step, share * campaign.seconds[step])
        in_step, event = campaign.events()[-1]
        caught[step if in_step in (step, "history") else in_step] += 1
        seen = campaign.published()
        is_new = seen != campaign.before
        assert not is_new or seen == campaign.after, (step, share, "a torn file is published")
        took = campaign.run_to_its_end()
        assert differing(campaign.published(), campaign.after) == [], (step, share)
        assert campaign.raw_versions() == whole, (step, share)
        with Store.open(campaign.home) as store:
            kept = publish.pointer(campaign.home)["heads"]
            also = {"history": history.hashes(campaign.home)}
            assert chain.verify(store, kept, also) + history.verify(campaign.home) == []
        leftovers = [
            path.name
            for folder in (campaign.home.published, campaign.home.history)
            for path in folder.glob(".*")
        ]
        assert leftovers == [], (step, share)
        rows.append((number + 1, step, share, f"{in_step} {event}", is_new, took))
        report(campaign, rows, caught)
    assert len(rows) == KILLS
    assert all(caught[step] >= 10 for step in STEPS), caught


def report(campaign: Campaign, rows: list[tuple], caught: Counter) -> None:
    """Write down what was seen so far."""
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in campaign.undisturbed.items())
    lines = [
        "# Runs killed and completed",
        "",
        f"{len(rows)} of {KILLS} kills (SIGKILL) of the same run, each followed by one run to the "
        "end. After every kill the published file was whole; after every second run marts, "
        "reports and the number of raw versions equalled those of an undisturbed run, and every "
        "hash chain verified.",
        "",
        f"Undisturbed: {steps}. Python {platform.python_version()}, DuckDB {duckdb.__version__}, "
        f"{os.cpu_count()} cores.",
        "",
        "Caught in: "
        + ", ".join(f"{step} {caught[step]}" for step in STEPS)
        + (f", elsewhere {sum(caught.values()) - sum(caught[step] for step in STEPS)}."),
        "",
        "| kill | aimed at | last event | published was | completed in s |",
        "|---:|---|---|---|---:|",
    ]
    lines += [
        f"| {number} | {step} {share:.1%} | {last} | {'new' if is_new else 'old'} | {took:.1f} |"
        for number, step, share, last, is_new, took in rows
    ]
    Path(__file__).with_name("report.md").write_text("\n".join(lines) + "\n")
