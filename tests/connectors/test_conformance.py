"""What every connector must do. Runs once per file in pipelines/connectors.

A new connector is covered as soon as conftest.py can make its platform's objects; it needs a test
of its own only for something no sibling does.
"""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import dlt
import pytest

from pipelines import http
from pipelines import load as load_module
from pipelines.connector import OAuth2
from pipelines.load import load
from pipelines.raw import resource_table
from pipelines.reading import Reading
from pipelines.settings import Home, write_atomically

from .conftest import NOW, Sandbox, write_home


def keys(sandbox: Sandbox, numbers: range) -> list[str]:
    return sorted(sandbox.platform.id(number) for number in numbers)


def test_every_declared_table_exists_before_a_row_has_come(sandbox: Sandbox) -> None:
    sandbox.load_well()

    made = {name for (name,) in sandbox.sql("select table_name from duckdb_tables()")}
    assert made >= {resource.name for resource in sandbox.connector.resources}


def test_every_declared_column_is_there_and_none_is_a_guess(sandbox: Sandbox) -> None:
    sandbox.put(range(5))
    sandbox.load_well()

    columns = sandbox.sql(
        "select table_name, column_name, lower(data_type) from duckdb_columns() "
        "where schema_name = '{raw}' and not starts_with(table_name, '_dlt')"
    )
    declared = {
        (resource.name, name, type_)
        for resource in sandbox.connector.resources
        for name, type_ in resource_table(resource).all_columns
    }
    assert set(columns) == declared


def test_two_connections_with_colliding_ids_keep_their_rows_apart(sandbox: Sandbox) -> None:
    sandbox.put(range(3), "100", to=0)
    sandbox.put(range(3), "200", to=1)

    for _ in range(2):
        sandbox.load_well()
        assert [amount for _, amount in sandbox.current("one")] == [Decimal(100)] * 3
        assert [amount for _, amount in sandbox.current("two")] == [Decimal(200)] * 3


def test_every_page_is_read_to_the_end(sandbox: Sandbox) -> None:
    count = 2 * sandbox.platform.page + 1
    sandbox.put(range(count))

    report = sandbox.load_well("one")

    assert [key for key, _ in sandbox.current()] == keys(sandbox, range(count))
    assert report.connections[0].tables[sandbox.platform.table].rows == count


def test_a_second_run_over_unchanged_data_adds_no_rows(sandbox: Sandbox) -> None:
    sandbox.put(range(20))
    sandbox.load_well()
    before = sandbox.sql("select * from {raw}.{table} order by all")

    report = sandbox.load_well()

    assert sandbox.sql("select * from {raw}.{table} order by all") == before
    done = [table for each in report.connections for table in each.tables.values()]
    assert sum(table.new_versions + table.vanished for table in done) == 0


def test_an_incremental_run_asks_for_news_only_and_misses_none(sandbox: Sandbox) -> None:
    old, then = NOW - 20 * 86_400, NOW - 3600
    sandbox.put(range(500), at=old)
    sandbox.put(range(500, 510), at=then)
    sandbox.load_well("one")

    sandbox.put(range(510, 520), at=then)  # the same moment as the newest row already read
    sandbox.put(range(520, 530), at=then + 60)
    report = sandbox.load_well("one")

    assert [key for key, _ in sandbox.current()] == keys(sandbox, range(530))
    done = report.connections[0].tables[sandbox.platform.table]
    assert (done.rows, done.new_versions) == (30, 20)


def test_every_version_of_a_row_is_kept_even_when_it_returns_to_an_old_one(
    sandbox: Sandbox,
) -> None:
    start = NOW - 3600
    sandbox.put((1,), "100", at=start)
    sandbox.load_well("one")
    for step, amount in enumerate(("200", "100"), start=1):
        sandbox.edit(1, amount, at=start + 60 * step)
        sandbox.load_well("one")

    versions = sandbox.sql(
        "select {amount}, _valid_to is null from {raw}.{table} order by _valid_from"
    )
    assert versions == [(Decimal(100), False), (Decimal(200), False), (Decimal(100), True)]


def test_a_deleted_row_becomes_a_tombstone_once(sandbox: Sandbox) -> None:
    id = sandbox.platform.put_deletable(sandbox.store, sandbox.platform.companies[0], NOW - 3600)
    sandbox.load_well("one")
    sandbox.platform.delete(sandbox.store, sandbox.platform.companies[0], id, NOW - 60)

    for _ in range(2):
        sandbox.load_well("one")
        rows = sandbox.sql(
            "select _is_deleted, _valid_to is null from {raw}.{deletable} "
            f"where {{deletable_key}} = '{id}' order by _valid_from"
        )
        assert rows == [(False, False), (True, True)]


def test_a_token_that_expires_while_pages_are_turned_is_renewed_or_named(
    sandbox: Sandbox,
) -> None:
    count = 2 * sandbox.platform.page
    sandbox.put(range(count))
    sandbox.faults(kind="expired_token", nth=2)

    report = sandbox.load("one")

    if isinstance(sandbox.connector.auth, OAuth2):
        assert not report.errors
        assert len(sandbox.current()) == count
    else:
        (error,) = report.errors
        assert "HTTP 401" in error and "renew its secrets" in error
    sandbox.no_faults()
    sandbox.load_well("one")
    assert len(sandbox.current()) == count


def test_a_new_refresh_token_is_kept_before_it_is_used(sandbox: Sandbox) -> None:
    if not isinstance(sandbox.connector.auth, OAuth2):
        pytest.skip("no tokens rotate here")
    sandbox.put(range(3))
    sandbox.tokens.dies = True
    with pytest.raises(KeyboardInterrupt):
        sandbox.load("one")
    assert all("/oauth2/" in call["path"] for call in sandbox.calls())

    sandbox.tokens.dies = False
    sandbox.load_well("one")
    first = sandbox.tokens.kept["one"]
    sandbox.conditions(now=time.time() + 3700, refresh_token_grace=0)
    sandbox.load_well("one")

    assert sandbox.tokens.kept["one"]["refresh_token"] != first["refresh_token"]
    sandbox.tokens.kept["one"] = first  # as if the new one had been lost
    sandbox.conditions(now=time.time() + 7400)
    (error,) = sandbox.load("one").errors
    assert "invalid_grant" in error and "counterfoil connections authorize one" in error
    assert first["refresh_token"] not in error


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "too_many_requests", "retry_after": 1},
        {"kind": "server_error", "status": 503},
        {"kind": "cut"},
        {"kind": "half_page"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_what_passes_is_waited_out(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    count = 2 * sandbox.platform.page
    sandbox.put(range(count))
    sandbox.faults(nth=2, **fault)

    began = time.monotonic()
    sandbox.load_well("one")

    assert [key for key, _ in sandbox.current()] == keys(sandbox, range(count))
    assert time.monotonic() - began >= fault.get("retry_after", 0)


@pytest.mark.parametrize("kind", ["server_error", "cut", "half_page"])
def test_what_does_not_pass_is_one_clear_line_and_nothing_is_loaded(
    sandbox: Sandbox, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ATTEMPTS", 2)
    sandbox.put(range(3), to=0)
    sandbox.put(range(3), to=1)
    sandbox.load_well("two")
    sandbox.faults(kind=kind, count=0)

    (error,) = sandbox.load("one").errors

    assert sandbox.connector.platform in error and sandbox.url in error
    assert "run the load again" in error and "\n" not in error
    assert not any(
        secret in error for secret in sandbox.platform.secrets("x").values() if len(secret) > 3
    )
    assert (sandbox.current("one"), len(sandbox.current("two"))) == ([], 3)


def test_one_connection_that_fails_does_not_hinder_the_other(sandbox: Sandbox) -> None:
    sandbox.put(range(3), to=1)
    text = sandbox.home.secrets_file.read_text()
    write_atomically(sandbox.home.secrets_file, text.replace("[connections.one]", "[other]"))

    report = sandbox.load()

    assert [bool(each.error) for each in report.connections] == [True, False]
    assert "looked in the environment as CONNECTIONS__ONE__" in report.errors[0]
    assert str(sandbox.home.secrets_file) in report.errors[0]
    assert len(sandbox.current("two")) == 3


@pytest.mark.parametrize("amount", ["99999999999999999999", "0", "-1", "90071992547409930"])
def test_amounts_arrive_exactly(sandbox: Sandbox, amount: str) -> None:
    sandbox.put((1,), amount)
    sandbox.load_well("one")
    ((_, loaded),) = sandbox.current()

    assert loaded == Decimal(amount)


def test_an_amount_that_is_infinite_is_refused_in_one_line(sandbox: Sandbox) -> None:
    sandbox.put(range(3))
    sandbox.faults(kind="infinite_amount", count=0)

    (error,) = sandbox.load("one").errors

    assert f"{sandbox.connector.platform} one: {sandbox.platform.table}" in error
    assert "1E+999" in error and "more than" in error and "\n" not in error
    sandbox.no_faults()
    sandbox.load_well("one")
    assert len(sandbox.current()) == 3


def test_a_field_nobody_announced_lands_in_the_payload_and_adds_no_column(
    sandbox: Sandbox,
) -> None:
    sandbox.put(range(3))
    sandbox.load_well("one")
    columns = sandbox.sql("describe {raw}.{table}")
    sandbox.faults(kind="extra_field", count=0)

    sandbox.load_well("one")

    assert sandbox.sql("describe {raw}.{table}") == columns
    fields = "select _payload->>'field_nobody_announced' from {raw}.{table} where _valid_to is null"
    assert sandbox.sql(fields) == [("new",)] * 3


def test_a_row_that_comes_twice_in_a_run_has_one_current_version(sandbox: Sandbox) -> None:
    count = 2 * sandbox.platform.page
    sandbox.put(range(count))
    sandbox.faults(kind="duplicate_row", nth=2)

    sandbox.load_well("one")

    assert [key for key, _ in sandbox.current()] == keys(sandbox, range(count))


@pytest.mark.parametrize("step", ["read", "extract", "normalize", "load"])
def test_a_run_that_died_anywhere_is_cured_by_the_next(
    sandbox: Sandbox, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.put(range(20), at=NOW - 20 * 86_400)
    sandbox.load_well("one")
    sandbox.put(range(20, 40), at=NOW - 3600)
    owner: Any = Reading if step == "read" else dlt.Pipeline
    does = getattr(owner, step)

    def does_and_dies(self: Any, *given: Any, **named: Any) -> None:
        does(self, *given, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(owner, step, does_and_dies)
        sandbox.load("one")
    sandbox.put(range(40, 60), at=NOW - 60)
    sandbox.load_well("one")

    assert [key for key, _ in sandbox.current()] == keys(sandbox, range(60))
    assert sandbox.sql("select count(*) from {raw}.{table}") == [(60,)]


def test_a_work_file_that_was_thrown_away_is_filled_again_from_the_start(
    sandbox: Sandbox,
) -> None:
    sandbox.put(range(20), at=NOW - 20 * 86_400)
    sandbox.load_well("one")
    sandbox.home.warehouse.unlink()

    sandbox.load_well("one")

    assert len(sandbox.current()) == 20


def test_progress_is_told_while_rows_come(sandbox: Sandbox) -> None:
    sandbox.put(range(7))
    told: list[tuple[str, str, int]] = []

    load(sandbox.home, ("one",), tokens=sandbox.tokens, on_progress=lambda *it: told.append(it))

    assert ("one", sandbox.platform.table, 7) in told


def test_the_connection_can_be_tried_without_loading(sandbox: Sandbox) -> None:
    sandbox.put((1,))
    load_module.test_connection(sandbox.home, "one", sandbox.tokens)

    assert not sandbox.home.warehouse.exists()


def test_a_live_home_refuses_the_platforms_own_sandbox_and_test_keys(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    live = Home.open(tmp_path / "live", "live")
    hosts = sandbox.connector.sandbox_hosts
    base = f"https://{hosts[0]}/" if hosts else sandbox.connector.base_url
    write_home(live, sandbox.connector, sandbox.platform, "https://real.example")
    text = live.connections_file.read_text()
    declared = f"https://real.example{sandbox.platform.root}"
    write_atomically(live.connections_file, text.replace(declared, base))

    if not hosts and not getattr(sandbox.connector.auth, "test_key", None):
        pytest.skip("nothing tells a test of this platform from the real one")
    (error,) = load(live, ("one",), tokens=sandbox.tokens).errors
    assert "a live home reads real books only" in error
