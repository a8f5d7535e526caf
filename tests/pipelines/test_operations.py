"""The operations store: what is written stays, and what was changed shows."""

import datetime
import multiprocessing
import os
import sqlite3
import stat
import time

import duckdb
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from pipelines.errors import ConfigurationError, FourEyesRefused, LockHeld, OperationsError
from pipelines.operations import chain, people
from pipelines.operations import lock as locking
from pipelines.operations.raw import RAW_TABLES, Run, carry
from pipelines.operations.store import Store, now
from pipelines.operations.tables import (
    APPEND_ONLY,
    CHAINED,
    METADATA,
    alerts,
    approvals,
    decisions,
    locks,
)
from pipelines.operations.tokens import TokenStore
from pipelines.settings import Home


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_KEY", Fernet.generate_key().decode())
    monkeypatch.delenv("COUNTERFOIL_OPERATIONS_URL", raising=False)
    return Home.open(tmp_path / "home", "demo")


@pytest.fixture
def store(home):
    with Store.open(home) as store:
        yield store


@pytest.fixture
def filled(store):
    """A store with at least one row in every append-only table."""
    for user_id in ("ann", "bob"):
        people.add_user(store, user_id, user_id.title())
        people.grant_role(store, user_id, "reviewer", "ann")
        people.grant_role(store, user_id, "approver", "ann")
    for number in range(3):
        decision_id = people.decide(
            store,
            user_id="ann",
            decision_type="confirm",
            subject_type="match",
            subject_key=f"m{number}",
            members=[{"item_key": "i1", "amount": "12.30"}],
            reason="Größe ≠ 0 \u2028 \x7f",
        )
        people.approve(store, decision_id=decision_id, user_id="bob", verdict="approved")
        tell(store, f"run {number}", "{}")
    rows = {
        "inbox": {
            "connection_id": "c",
            "delivery_id": "d",
            "topic": "t",
            "body": b"{}",
            "received_at": now(),
        },
        "postings": {
            "posting_id": "p",
            "connection_id": "c",
            "decision_id": decision_id,
            "state": "requested",
            "detail": "{}",
            "occurred_at": now(),
        },
        "alerts": {
            "alert_id": "a",
            "alert_type": "gap",
            "state": "raised",
            "detail": "{}",
            "occurred_at": now(),
        },
        "access_log": {"user_id": "ann", "action": "export", "occurred_at": now()},
    }
    with store.writing() as connection:
        for name, row in rows.items():
            connection.execute(METADATA.tables[name].insert(), row)
    return store


def tell(store, run_id, detail):
    row = {"run_id": run_id, "trigger": "person", "step": "run", "event": "finished"}
    with store.writing() as connection:
        chain.append(connection, "run_events", row | {"detail": detail, "occurred_at": now()})


def tamper(home, *statements):
    """Change the file behind the store's back, triggers taken away first."""
    with sqlite3.connect(home.path / "operations.sqlite") as connection:
        triggers = connection.execute("select name from sqlite_master where type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"drop trigger {name}")
        for statement in statements:
            connection.execute(statement)


def test_migrations_lead_to_the_tables_that_the_code_declares(store):
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_file_is_for_the_owner_alone_and_every_commit_reaches_the_disk(home, store):
    assert stat.S_IMODE((home.path / "operations.sqlite").stat().st_mode) == 0o600
    with store.reading() as connection:
        facts = [
            connection.scalar(text(f"pragma {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert facts == ["wal", 2, 1]


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "update {name} set {column} = {column}",
        "update or replace {name} set sequence = sequence + 1000",
        "delete from {name}",
        "insert or replace into {name} select * from {name}",
        "insert into {name} select * from {name} where true"
        " on conflict (sequence) do update set {column} = excluded.{column}",
    ],
)
def test_what_is_written_cannot_be_changed(filled, home, name, statement):
    column = METADATA.tables[name].columns.keys()[1]
    with sqlite3.connect(home.path / "operations.sqlite") as connection:
        before = connection.execute(f"select * from {name}").fetchall()
        assert before
        with pytest.raises(sqlite3.DatabaseError, match=f"{name} is append-only"):
            connection.execute(statement.format(name=name, column=column))
        assert connection.execute(f"select * from {name}").fetchall() == before


def test_an_untouched_chain_verifies(filled):
    assert chain.verify(filled) == []
    assert {name: head["sequence"] for name, head in chain.heads(filled).items()} == {
        name: 3 for name in CHAINED
    }


@pytest.mark.parametrize("name", CHAINED)
def test_a_change_of_any_column_shows(filled, home, name):
    for column in METADATA.tables[name].columns:
        value = "99" if column.name == "sequence" else "'changed'"
        with sqlite3.connect(home.path / "operations.sqlite") as connection:
            copy = sqlite3.connect(home.path / "copy.sqlite")
            connection.backup(copy)
            copy.close()
        url = f"sqlite:///{home.path / 'copy.sqlite'}"
        with sqlite3.connect(home.path / "copy.sqlite") as copy:
            triggers = copy.execute("select name from sqlite_master where type = 'trigger'")
            for (trigger,) in triggers.fetchall():
                copy.execute(f"drop trigger {trigger}")
            copy.execute("pragma ignore_check_constraints = on")
            copy.execute(f"update {name} set {column.name} = {value} where sequence = 2")
            copy.commit()
        with Store(url) as tampered:
            assert any(problem.startswith(f"{name} ") for problem in chain.verify(tampered)), column


@pytest.mark.parametrize("name", CHAINED)
def test_a_row_taken_out_shows(filled, home, name):
    tamper(home, f"delete from {name} where sequence = 2")
    assert chain.verify(filled) == [f"{name} 3: does not follow the row before it"]


def test_rows_cut_off_the_end_show_by_the_heads_kept_in_run_events(filled, home):
    tell(filled, "run 4", '{"heads": ' + str(chain.heads(filled)).replace("'", '"') + "}")
    tamper(home, "delete from approvals where sequence = 3")
    assert chain.verify(filled) == ["approvals 3: run run 4 saw another one here or it is gone"]


def test_rows_cut_off_run_events_show_by_the_heads_kept_outside(filled, home):
    kept = chain.heads(filled)
    tamper(home, "delete from run_events where sequence = 3")
    assert chain.verify(filled) == []
    assert chain.verify(filled, kept) == [
        "run_events 3: a published file saw another one here or it is gone"
    ]


def test_a_chain_rewritten_from_the_middle_shows_by_a_kept_head(filled, home):
    kept = chain.heads(filled)
    with filled.reading() as connection:
        rows = connection.execute(select(decisions).order_by(decisions.c.sequence)).mappings().all()
    previous, statements = rows[0]["hash"], []
    for row in rows[1:]:
        forged = dict(row) | {"subject_key": "another", "previous_hash": previous}
        previous, before = chain.link(previous, forged), previous
        statements.append(
            f"update decisions set subject_key = 'another', hash = '{previous}', "
            f"previous_hash = '{before}' where sequence = {row['sequence']}"
        )
    tamper(home, *statements)
    assert chain.verify(filled) == []
    assert chain.verify(filled, kept) == [
        "decisions 3: a published file saw another one here or it is gone"
    ]


@examples(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=3, max_size=3)
)
def test_duckdb_recomputes_the_same_hash_in_one_query(values):
    row = {"sequence": 7, **dict(zip("abc", values, strict=True)), "d": None}
    with duckdb.connect() as connection:
        [(found,)] = connection.execute(
            "select sha256($previous || to_json({'a': $a, 'b': $b, 'c': $c, 'd': null, "
            "'sequence': cast(7 as bigint)}))",
            {"previous": chain.GENESIS, **{name: row[name] for name in "abc"}},
        ).fetchall()
    assert found == chain.link(chain.GENESIS, row)


def test_the_query_in_the_documentation_finds_a_change_in_the_warehouse(filled, home):
    query = chain.__doc__.partition("published file:")[2].partition("A chain shows")[0]
    carry(home, filled, Run(run_id="r", trigger="person", as_of_date=datetime.date(2026, 1, 1)))
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            "create schema audit; create table audit.run_events as select "
            "* replace (cast(occurred_at as timestamp) as occurred_at) "
            "from raw_operations.run_events"
        )
        assert connection.execute(query).fetchall() == []
        connection.execute("update audit.run_events set detail = '' where sequence = 2")
        assert connection.execute(query).fetchall() == [(2,)]


def test_four_eyes_are_two_persons_eyes(filled):
    own = people.decide(
        filled,
        user_id="bob",
        decision_type="confirm",
        subject_type="match",
        subject_key="m",
        members=[],
    )
    with pytest.raises(FourEyesRefused, match="bob made decision .*: a second person has to"):
        people.approve(filled, decision_id=own, user_id="bob", verdict="approved")
    row = {"decision_id": own, "verdict": "approved", "decided_by": "bob", "approved_by": "bob"}
    row |= {"approval_id": "x", "approved_at": now()}
    with pytest.raises(IntegrityError, match="approvals_four_eyes"), filled.writing() as connection:
        chain.append(connection, "approvals", row)
    row |= {"decided_by": "ann"}
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), filled.writing() as connection:
        chain.append(connection, "approvals", row)


def test_only_who_has_the_role_decides_and_only_while_he_has_it(filled):
    def decide():
        return people.decide(
            filled,
            user_id="ann",
            decision_type="confirm",
            subject_type="match",
            subject_key="m",
            members=[],
        )

    assert decide()
    people.revoke_role(filled, "ann", "reviewer", "bob")
    with pytest.raises(OperationsError, match="ann is no reviewer"):
        decide()


def test_a_refused_decision_leaves_no_gap(filled):
    with pytest.raises(OperationsError):
        people.approve(filled, decision_id="none", user_id="bob", verdict="approved")
    tell(filled, "after", "{}")
    assert chain.verify(filled) == []


def test_an_alert_is_raised_once(filled):
    row = {"alert_id": "a", "alert_type": "gap", "state": "raised", "detail": "{}"}
    with pytest.raises(DatabaseError, match="append-only"), filled.writing() as connection:
        connection.execute(alerts.insert(), row | {"occurred_at": now()})


def _tell_often(url, name):
    with Store(url) as store:
        for number in range(25):
            tell(store, f"{name} {number}", "{}")


def test_writers_in_several_processes_make_one_chain(home, store):
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_tell_often, args=(home.operations_url, n)) for n in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert chain.verify(store) == []
    assert chain.heads(store)["run_events"]["sequence"] == 75


def _open_twice_tell_and_die(url, opened, go_on):
    with Store(url) as store:
        tell(store, "second", "{}")
        Store(url).close()
        opened.set()
        go_on.wait(30)
        tell(store, "third", "{}")
        os._exit(9)


def test_what_a_killed_process_wrote_stays_even_if_others_opened_and_closed(home, store):
    tell(store, "first", "{}")
    store.close()
    spawn = multiprocessing.get_context("spawn")
    opened, go_on = spawn.Event(), spawn.Event()
    other = spawn.Process(
        target=_open_twice_tell_and_die, args=(home.operations_url, opened, go_on)
    )
    other.start()
    assert opened.wait(30)
    Store.open(home).close()
    go_on.set()
    other.join()
    assert chain.heads(store)["run_events"]["sequence"] == 3


def test_a_token_is_kept_encrypted_and_the_newest_counts(home, store):
    tokens = TokenStore(home, store)
    assert tokens.get("books") is None
    tokens.put("books", {"refresh_token": "first-secret"})
    tokens.put("books", {"refresh_token": "second-secret"})
    assert TokenStore(home).get("books") == {"refresh_token": "second-secret"}
    raw = b"".join(file.read_bytes() for file in home.path.glob("operations.sqlite*"))
    assert b"first-secret" not in raw and b"second-secret" not in raw


def test_a_key_can_be_retired_once_tokens_are_sealed_anew(home, store, monkeypatch):
    TokenStore(home, store).put("books", {"refresh_token": "secret"})
    old, new = os.environ["COUNTERFOIL_KEY"], Fernet.generate_key().decode()
    monkeypatch.setenv("COUNTERFOIL_KEY", f"{new},{old}")
    assert TokenStore(home, store).reseal() == 1
    monkeypatch.setenv("COUNTERFOIL_KEY", new)
    assert TokenStore(home, store).get("books") == {"refresh_token": "secret"}


def test_a_token_whose_key_is_gone_is_not_taken_for_none(home, store, monkeypatch):
    TokenStore(home, store).put("books", {"refresh_token": "secret"})
    with store.writing() as connection:
        connection.execute(METADATA.tables["tokens"].update(), {"sealed": b"other"})
    with pytest.raises(ConfigurationError, match="the token of connection 'books' was sealed with"):
        TokenStore(home, store).get("books")


def test_a_lock_has_one_holder_and_is_free_afterwards(store):
    with locking.lock(store), pytest.raises(LockHeld, match="'run' is held by .*: wait for it"):
        with locking.lock(store):
            pass
    with locking.lock(store):
        pass


def test_a_lock_without_a_heartbeat_is_taken_over_and_its_holder_told(store):
    with locking.lock(store) as first:
        with store.writing() as connection:
            connection.execute(
                locks.update(), {"owner": "elsewhere:1", "heartbeat_at": "2020-01-01T00:00:00Z"}
            )
        with locking.lock(store) as second:
            second.check()
            with pytest.raises(LockHeld, match="lost the lock 'run' after a pause"):
                first.check()
        with store.reading() as connection:
            assert connection.execute(select(locks)).first() is None


def _hold_and_die(url):
    with Store(url) as store, locking.lock(store):
        os._exit(9)


def test_the_lock_of_a_killed_process_is_taken_over_at_once(home, store):
    spawn = multiprocessing.get_context("spawn")
    killed = spawn.Process(target=_hold_and_die, args=(home.operations_url,))
    killed.start()
    killed.join()
    assert killed.exitcode == 9
    with store.reading() as connection:
        assert connection.execute(select(locks)).first() is not None
    with locking.lock(store):
        pass


def test_a_held_lock_beats(store, monkeypatch):
    monkeypatch.setattr(locking, "HEARTBEAT_SECONDS", 0.05)
    with locking.lock(store):
        with store.reading() as connection:
            before = connection.scalar(select(locks.c.heartbeat_at))
        time.sleep(0.5)
        with store.reading() as connection:
            assert connection.scalar(select(locks.c.heartbeat_at)) > before


def test_secrets_and_bodies_never_enter_the_warehouse(home, filled):
    TokenStore(home, filled).put("books", {"refresh_token": "secret"})
    run = Run(run_id="r", trigger="person", as_of_date=datetime.date(2026, 1, 1))
    carry(home, filled, run)
    with duckdb.connect(str(home.warehouse)) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name like 'raw%'"
        ).fetchall()
        carried = connection.execute("select members from raw_operations.decisions").fetchall()
    assert {table for table, _ in columns} == set(RAW_TABLES)
    assert not {"tokens", "sessions", "locks"} & {table for table, _ in columns}
    assert not {"body", "sealed"} & {column for _, column in columns}
    assert carried == [('[{"amount":"12.30","item_key":"i1"}]',)] * 3


def test_carrying_twice_gives_the_same_tables(home, filled):
    run = Run(run_id="r", trigger="person", as_of_date=datetime.date(2026, 1, 1))

    def all_rows():
        carry(home, filled, run)
        with duckdb.connect(str(home.warehouse)) as connection:
            return {
                name: connection.execute(f"from raw_operations.{name}").fetchall()
                for name in RAW_TABLES
            }

    first = all_rows()
    assert first == all_rows()
    assert len(first["approvals"]) == 3
    assert [row[0] for row in first["runs"]] == ["run 0", "run 1", "run 2"]


def test_approvals_name_who_decided(filled):
    with filled.reading() as connection:
        rows = connection.execute(select(approvals.c.decided_by, approvals.c.approved_by)).all()
    assert set(rows) == {("ann", "bob")}
