"""The command line: what it prints, what it exits with, and what a run leaves behind."""

import json
import sys

import duckdb
import pytest

from pipelines import build, cli, history, publish, run, settings
from pipelines.build import BuildReport, Node
from pipelines.errors import BuildError, CounterfoilError, GateFailed, LoadError, LockHeld
from pipelines.load import ConnectionReport, LoadReport, TableReport
from pipelines.operations import chain
from pipelines.operations.lock import lock
from pipelines.operations.store import Store
from pipelines.operations.tables import run_events

BOOKS = """
[connections.books]
platform = "exchange"
options.folder = "{folder}"

[[entity_map]]
connection_id = "books"
company_code = "*"
entity = "*"

[[bank_account_map]]
connection_id = "books"
source_account = "*"
account_id = "*"
entity = "*"
currency_code = "*"
account_name = "*"
"""
FILES = {
    "invoices": "invoice_id,entity,direction,number,party_id,party_name,issue_date,currency,total\n"
    "I1,maple,receivable,MH-1001,P1,Ann Alder,2026-01-01,USD,100.00\n"
    "I2,maple,receivable,MH-1002,P2,Bob Birch,2026-01-01,USD,50.10\n",
    "payments": "payment_id,entity,direction,party_id,party_name,date,currency,amount,reference\n"
    "Y1,maple,in,P1,Ann Alder,2026-01-05,USD,100.00,MH-1001\n",
    "bank_lines": "line_id,entity,account,date,currency,amount,description\n"
    "L1,maple,operating,2026-01-06,USD,100.00,ANN ALDER MH-1001\n",
}


@pytest.fixture
def call(monkeypatch, capsys):
    """Run a command as the shell would; gives exit code, output and errors."""

    def run_command(*arguments):
        monkeypatch.setattr(sys, "argv", ["counterfoil", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run_command


@pytest.fixture
def steps(monkeypatch, built):
    """Loads and builds that do what the test wants them to."""

    class Steps:
        loaded = (
            ConnectionReport(
                connection_id="books",
                platform="exchange",
                seconds=0.1,
                tables={"invoices": TableReport(rows=2, new_versions=1, vanished=0)},
            ),
        )
        error = None
        changes = ()

        def load(self, *_):
            return LoadReport(connections=self.loaded)

        def build(self, home, this, **_):
            if self.error:
                raise self.error
            built(this.run_id, *self.changes)
            return BuildReport(nodes=(), seconds=0.1)

    steps = Steps()
    monkeypatch.setattr(run, "load_all", steps.load)
    monkeypatch.setattr(run, "build", steps.build)
    return steps


def events(home):
    with Store.open(home) as store, store.reading() as connection:
        rows = connection.execute(run_events.select().order_by(run_events.c.sequence)).all()
    return [(row.step, row.event) for row in rows]


def test_a_run_tells_of_every_step_and_publishes(home, steps, call):
    code, out, _ = call("run", "--trigger", "schedule")
    assert code == 0
    assert "books: 2 rows read, 1 new versions" in out
    assert "published " in out and "head of run_events: 10 " in out
    assert events(home) == [
        ("run", "started"),
        *(
            (step, event)
            for step in ("load", "build", "publish", "history")
            for event in ("started", "finished")
        ),
        ("run", "finished"),
    ]
    assert call("verify")[0] == 0


def test_steps_can_be_done_one_by_one(home, steps, call):
    for command in ("load", "build", "publish"):
        assert call(command)[0] == 0
    assert publish.current(home) is not None
    assert len(history.entries(home)) == 1


def test_an_unknown_trigger_is_a_usage_error(home, call):
    code, _, err = call("run", "--trigger", "moon")
    assert code == 2
    assert err == (
        "error: no trigger 'moon'; known: invoice, bank_feed, gateway, schedule, person\n"
    )


def test_an_option_that_does_not_exist_is_a_usage_error(home, call):
    assert call("run", "--nothing")[0] == 2


def test_without_a_home_the_error_says_what_to_do(tmp_path, monkeypatch, call):
    monkeypatch.setenv("COUNTERFOIL_HOME", str(tmp_path / "nowhere"))
    code, _, err = call("status")
    assert code == 2 and "run `counterfoil demo`" in err and err.count("\n") == 1


def test_a_failed_gate_exits_3_and_yesterday_stays_current(home, steps, call):
    call("run")
    yesterday = publish.current(home)
    steps.error = GateFailed("1 of the tests that guard the result failed")
    code, _, err = call("run")
    assert (code, err.splitlines()[-1]) == (3, "error: 1 of the tests that guard the result failed")
    assert publish.current(home) == yesterday
    assert events(home)[-2:] == [("build", "failed"), ("run", "failed")]


def test_a_connection_that_fails_does_not_stop_the_others(home, steps, call):
    steps.loaded += (
        ConnectionReport(
            connection_id="stripe", platform="stripe", seconds=0, tables={}, error="stripe: 503"
        ),
    )
    code, _, err = call("run")
    assert code == 1 and err.splitlines()[-1] == "error: stripe: 503"
    assert publish.current(home) is not None


def test_nothing_is_built_when_no_connection_could_be_read(home, steps):
    steps.loaded = (
        ConnectionReport(
            connection_id="stripe", platform="stripe", seconds=0, tables={}, error="stripe: 503"
        ),
    )
    with pytest.raises(LoadError, match="no connection could be read: stripe: 503"):
        run.run(home, "person")
    assert publish.current(home) is None


def test_a_second_run_waits_for_nobody(home, steps, call):
    with Store.open(home) as store, lock(store):
        code, _, err = call("run")
    assert code == LockHeld.exit_code == 1
    assert "the lock 'run' is held by" in err


def test_the_next_run_completes_what_a_killed_one_began(home, steps, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(history, "append", die)
        with pytest.raises(Killed):
            run.run(home, "schedule")
    published = publish.run_of(publish.current(home))
    assert history.entries(home) == []

    steps.changes = ("update marts.match_allocations set status = 'auto'",)
    report = run.run(home, "person")
    assert [entry.run_id for entry in history.entries(home)] == [published, report.run_id]
    assert ("run", "interrupted") in events(home)
    with Store.open(home) as store:
        assert chain.verify(store, report.heads, {"history": history.hashes(home)}) == []


def test_status_says_what_is_matched_and_left_over_in_money(home, steps, call):
    assert "nothing published yet" in call("status")[1]
    call("run")
    code, out, _ = call("status", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["matched"] == [
        {
            "leg": "settlement",
            "currency_code": "USD",
            "matched": 0,
            "matched_amount": "0.0000",
            "suggested": 1,
            "suggested_amount": "100.0000",
            "unmatched": 1,
            "unmatched_amount": "50.1000",
        }
    ]
    assert said["unmatched"] == [
        {"item_type": "invoice", "currency_code": "USD", "items": 1, "unmatched_amount": "50.1000"}
    ]
    shown = call("status")[1]
    assert "100.00 " in shown and "50.10 " in shown


def test_verify_exits_1_when_history_was_changed(home, steps, call):
    call("run")
    manifest = history.entries(home)[0].folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"rows": 1', '"rows": 2'))
    code, out, err = call("verify")
    assert code == 1
    assert "manifest.json: is not what was written: compare with a backup" in err


def test_connections_are_added_listed_and_refused(home, call, tmp_path):
    code, out, _ = call(
        "connections",
        "add",
        "books",
        "--platform",
        "exchange",
        "--folder",
        str(tmp_path),
        "--company",
        "*=*",
    )
    assert code == 0 and "added books" in out
    assert json.loads(call("connections", "list", "--json")[1]) == [
        {
            "connection_id": "books",
            "platform": "exchange",
            "companies": ["default"],
            "source": str(tmp_path),
        }
    ]
    code, _, err = call("connections", "add", "books", "--platform", "exchange")
    assert code == 2 and "connection 'books' exists" in err
    code, _, err = call("connections", "add", "x", "--platform", "strype")
    assert code == 2 and "no platform 'strype'; known: " in err
    code, _, err = call("connections", "add", "y", "--platform", "stripe")
    assert code == 2 and "a demo home reads the sandbox only" in err
    assert len(settings.load_connections(home)) == 1


def test_the_first_connection_makes_a_live_home(tmp_path, monkeypatch, call):
    monkeypatch.setenv("COUNTERFOIL_HOME", str(tmp_path / "firm"))
    code, _, _ = call(
        "connections", "add", "s", "--platform", "stripe", "--company", "acct_1=maple"
    )
    assert code == 0
    assert settings.home().kind == "live"
    assert settings.load_entity_map(settings.home())[0]["entity"] == "maple"


def test_doctor_finds_trouble_and_says_what_to_do(home, call, monkeypatch):
    code, out, _ = call("doctor")
    assert code == 0 and out.count("ok ") == 7
    monkeypatch.setenv("COUNTERFOIL_KEY", "not a key")
    code, out, err = call("doctor")
    assert code == 2 and "trouble  keys: COUNTERFOIL_KEY: a key is not" in out
    assert "1 of the checks found trouble" in err


def node(name, status, kind="test", is_gate=False):
    return Node(
        name=name,
        resource_type=kind,
        status=status,
        seconds=0.1,
        rows=1,
        message="why",
        is_gate=is_gate,
    )


@pytest.mark.parametrize(
    ("nodes", "error", "message"),
    [
        ([node("a", "fail", is_gate=True), node("m", "skipped", "model")], GateFailed, "a: why"),
        ([node("m", "error", "model"), node("n", "skipped", "model")], BuildError, "m: why"),
        ([node("t", "fail"), node("n", "skipped", "model")], BuildError, "t: why"),
    ],
)
def test_a_broken_build_is_refused(home, nodes, error, message):
    with pytest.raises(error, match=message) as raised:
        build._refuse_failures(home, BuildReport(nodes=tuple(nodes), seconds=1))
    assert type(raised.value) is error


def test_a_failed_test_that_is_no_gate_is_a_finding(home):
    report = BuildReport(nodes=(node("t", "warn"), node("ok", "pass")), seconds=1)
    build._refuse_failures(home, report)
    assert [finding.name for finding in report.findings] == ["t"]


def test_every_error_has_an_exit_code_and_a_sentence():
    def below(kind):
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    for kind in below(CounterfoilError):
        assert kind.exit_code in (1, 2, 3) and kind.__doc__.strip().endswith(".")


def marts(home):
    """Every published table but what tells of runs."""
    with duckdb.connect(str(publish.current(home)), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('marts', 'reports') order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(
                f"from {schema}.{table} order by all"
            ).fetchall()
            for schema, table in tables
        }


def test_a_real_run_matches_an_exchange_folder_and_a_second_changes_nothing(home, call, tmp_path):
    folder = tmp_path / "exchange"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    home.connections_file.write_text(BOOKS.format(folder=folder))

    code, out, err = call("run", "--profile")
    assert code == 0, err
    assert "books: " in out and "published " in out
    first = marts(home)
    found = json.loads(call("status", "--json")[1])
    legs = {row["leg"]: row["matched_amount"] for row in found["matched"]}
    assert legs == {"settlement": "100.0000", "clearing": "100.0000"}

    code, _, err = call("run")
    assert code == 0, err
    assert marts(home) == first
    assert call("verify")[0] == 0
    with duckdb.connect() as connection:
        runs = connection.execute(
            f"select distinct history_sequence from ({history.read(home, 'match_history')})"
        ).fetchall()
    assert runs == [(1,)]
