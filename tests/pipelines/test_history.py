"""The history: what changed with each published run, and that nobody can rewrite it."""

import json
import shutil

import duckdb
import pytest

from pipelines import history, publish
from pipelines.operations import chain
from pipelines.operations.chain import link
from pipelines.operations.store import Store


@pytest.fixture
def ran(built):
    """Build with changes, publish, and write the history."""

    def run(run_id, *changes):
        home = built(run_id, *changes)
        return home, history.append(home, publish.publish(home))

    return run


def rows(home, name, columns):
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from ({history.read(home, name)})").fetchall()


def test_only_what_changed_is_written(ran):
    ran("run1")
    ran("run2")
    home, _ = ran(
        "run3",
        "update marts.match_allocations set status = 'confirmed'",
        "update marts.invoices set total_amount = 60.20 where invoice_key = 'i2'",
        "insert into marts.bank_lines values ('b', 'c', '9', 'maple', '2026-01-09', 'USD', -5)",
        "delete from marts.payments",
        "insert into marts.exceptions values ('e1', 'open')",
    )

    assert rows(home, "match_history", "run_id, change_type, status, previous_status") == [
        ("run1", "appeared", "suggested", None),
        ("run3", "changed", "confirmed", "suggested"),
    ]
    columns = "run_id, change_type, item_key, cast(amount as text), cast(previous_amount as text)"
    assert rows(home, "source_changes", columns) == [
        ("run1", "appeared", "i1", "100.0000", None),
        ("run1", "appeared", "i2", "50.1000", None),
        ("run1", "appeared", "p1", "100.0000", None),
        ("run3", "appeared", "b", "-5.0000", None),
        ("run3", "changed", "i2", "60.2000", "50.1000"),
        ("run3", "gone", "p1", "100.0000", "100.0000"),
    ]
    assert rows(home, "exception_history", "run_id, change_type, exception_key, status") == [
        ("run3", "appeared", "e1", "open")
    ]


def test_what_is_gone_and_comes_back_appears_again(ran):
    ran("run1")
    ran("run2", "create table kept as from marts.payments; delete from marts.payments")
    ran("run3")
    home, _ = ran("run4", "insert into marts.payments from kept")
    found = rows(home, "source_changes", "item_key, run_id, change_type")
    assert [row[1:] for row in found if row[0] == "p1"] == [
        ("run1", "appeared"),
        ("run2", "gone"),
        ("run4", "appeared"),
    ]


def test_a_run_is_written_once(ran, built):
    home, first = ran("run1")
    before = sorted((path, path.stat().st_mtime_ns) for path in home.history.rglob("*"))
    assert history.append(home, publish.current(home)) == first
    assert sorted((path, path.stat().st_mtime_ns) for path in home.history.rglob("*")) == before


def test_a_rebuild_from_nothing_writes_no_change(ran, built):
    home, _ = ran("run1")
    home.warehouse.unlink()
    home, entry = ran("run2")
    assert entry.sequence == 2
    assert len(rows(home, "match_history", "*")) == 1


def test_a_folder_half_written_is_no_history_and_is_cleared_away(ran, built):
    home, _ = ran("run1")
    draft = home.history / ".draft-run2"
    shutil.copytree(home.history / "00000001-run1", draft)
    assert [entry.run_id for entry in history.entries(home)] == ["run1"]
    ran("run3")
    assert not draft.exists()
    assert [entry.run_id for entry in history.entries(home)] == ["run1", "run3"]
    assert history.verify(home) == []


def test_an_empty_history_has_its_columns(home):
    for name, columns in history.TABLES.items():
        with duckdb.connect() as connection:
            described = connection.execute(f"describe {history.read(home, name)}").fetchall()
        assert {row[0]: row[1].lower() for row in described} == columns
    assert history.head(home) == {} and history.verify(home) == []


def writable(path):
    path.chmod(0o600)
    return path


def test_files_are_read_only_and_a_change_of_one_shows(ran):
    home, _ = ran("run1")
    ran("run2")
    assert history.verify(home) == []
    file = home.history / "00000001-run1" / "match_history.parquet"
    assert file.stat().st_mode & 0o777 == 0o400
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 1
    writable(file).write_bytes(changed)
    assert history.verify(home) == [
        "history/00000001-run1/match_history.parquet: is not what was written, or is gone"
    ]


def test_a_changed_manifest_shows(ran):
    home, _ = ran("run1")
    ran("run2")
    file = home.history / "00000001-run1" / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["recorded_at"] = "2020-01-01T00:00:00.000000Z"
    file.write_text(json.dumps(manifest))
    assert history.verify(home) == ["history/00000001-run1/manifest.json: is not what was written"]
    manifest["hash"] = link(manifest["previous_hash"], manifest)
    file.write_text(json.dumps(manifest))
    assert history.verify(home) == ["history/00000002-run2: does not follow the folder before it"]


def test_a_folder_taken_out_shows(ran):
    for number in (1, 2, 3):
        home, _ = ran(f"run{number}")
    shutil.rmtree(home.history / "00000002-run2")
    assert history.verify(home) == ["history/00000003-run3: does not follow the folder before it"]


def test_folders_cut_off_the_end_show_by_a_head_kept_elsewhere(ran):
    home, _ = ran("run1")
    ran("run2")
    kept = history.head(home)
    with Store.open(home) as store:
        assert chain.verify(store, kept, {"history": history.hashes(home)}) == []
        shutil.rmtree(home.history / "00000002-run2")
        assert history.verify(home) == []
        assert chain.verify(store, kept, {"history": history.hashes(home)}) == [
            "history 2: a published file saw another one here or it is gone"
        ]
