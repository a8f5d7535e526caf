"""Published files: whole, new each time, and named only when they are on disk."""

import json
import os
import stat

import duckdb
import pytest

from pipelines import publish
from pipelines.errors import PublishError


def published(home):
    return sorted(file.name for file in home.published.iterdir())


def tables(file):
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()


def test_what_was_built_for_people_is_published_and_nothing_of_the_work_file(built):
    file = publish.publish(built("run1"))
    assert file.name == "warehouse-run1.duckdb"
    assert {("marts.invoices",), ("reports.rpt_overview",)} <= set(tables(file))
    assert not [name for (name,) in tables(file) if name.startswith("raw_operations")]
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute(
            'select "select", amount::text from reports.rpt_overview'
        ).fetchall() == [(1, "2.5000")]
        assert connection.execute("select count(*) from marts.invoices").fetchall() == [(2,)]


def test_comments_and_constraints_come_along(built):
    file = publish.publish(built("run1"))
    with duckdb.connect(str(file), read_only=True) as connection:
        comments = connection.execute(
            "select comment from duckdb_tables() where comment is not null union all "
            "select comment from duckdb_columns() where comment is not null"
        ).fetchall()
        constraints = connection.execute(
            "select constraint_type, constraint_column_names from duckdb_constraints() order by all"
        ).fetchall()
    assert comments == [("One pair; it's signed.",), ("Signed, in major units.",)]
    assert ("PRIMARY KEY", ["match_key", "left_key", "right_key"]) in constraints
    assert ("NOT NULL", ["amount"]) in constraints


def test_the_pointer_names_the_file_the_run_and_the_heads(built):
    home = built("run1")
    assert publish.current(home) is None and publish.pointer(home) is None
    file = publish.publish(home, {"run_events": {"sequence": 3, "hash": "ab"}})
    said = publish.pointer(home)
    assert publish.current(home) == file
    assert (said["run_id"], said["kind"]) == ("run1", "demo")
    assert said["heads"] == {"run_events": {"sequence": 3, "hash": "ab"}}
    for path in (file, home.published / "current.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_build_published_twice_is_the_same_file(built):
    home = built("run1")
    first = publish.publish(home)
    before = first.stat()
    assert publish.publish(home) == first
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_last_three_files_stay_and_never_less_than_the_current(built):
    for number in (1, 2, 3, 4, 9):
        home = built(f"run{number}")
        publish.publish(home)
    publish.publish(built("run0"))
    assert published(home) == [
        "current.json",
        "warehouse-run0.duckdb",
        "warehouse-run4.duckdb",
        "warehouse-run9.duckdb",
    ]


def test_a_reader_of_an_older_file_keeps_what_it_opened(built):
    home = built("run1")
    with duckdb.connect(str(publish.publish(home)), read_only=True) as reader:
        for number in range(2, 7):
            publish.publish(built(f"run{number}", "delete from marts.invoices"))
        assert reader.execute("select count(*) from marts.invoices").fetchall() == [(2,)]


def test_a_build_that_did_not_pass_cannot_be_published(home, built):
    with pytest.raises(
        PublishError, match="holds no build that finished and passed its tests: run"
    ):
        publish.publish(home)
    built("run1")
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"drop table {publish.FINISHED_BUILD}")
    with pytest.raises(PublishError, match="run `counterfoil build`"):
        publish.publish(home)
    built("run1")
    home.marts.unlink()
    with pytest.raises(PublishError, match="run `counterfoil build`"):
        publish.publish(home)
    assert published(home) == []


@pytest.mark.parametrize("moment", ["rename", "replace"])
def test_a_publish_that_dies_leaves_yesterday_current_and_is_done_by_the_next(
    built, monkeypatch, moment
):
    home = built("run1")
    yesterday = publish.publish(home)
    built("run2", "delete from marts.invoices")
    with monkeypatch.context() as dying:
        dying.setattr(os, moment, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish.publish(home)
    assert publish.current(home) == yesterday
    today = publish.publish(home)
    assert json.loads((home.published / "current.json").read_text())["file"] == today.name
    assert published(home)[-2:] == ["warehouse-run1.duckdb", "warehouse-run2.duckdb"]
    assert not list(home.published.glob(".warehouse*"))
