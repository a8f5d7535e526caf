"""What a crash or a power cut left of dlt's own files never keeps the next load from its work."""

import shutil

import duckdb
import pyarrow as pa
import pytest

from pipelines.load import load_tables
from pipelines.raw import RawTable
from pipelines.settings import Home

THINGS = RawTable(
    name="things",
    columns=(("_connection_id", "varchar"), ("thing_id", "varchar"), ("name", "varchar")),
    key=("_connection_id", "thing_id"),
    write="latest",
    within=("_connection_id",),
)


def deliver(home, name):
    rows = {"_connection_id": ["c"], "thing_id": ["1"], "name": [name]}
    load_tables(home, "exchange", "c", [(THINGS, [pa.table(rows).cast(THINGS.schema)])])


@pytest.mark.parametrize("damage", ["gone", "empty", "half"])
def test_any_damaged_file_of_dlt_is_thrown_away_and_the_load_goes_on(tmp_path, damage):
    home = Home.open(tmp_path / "home", "demo")
    deliver(home, "first")
    left = home.dlt / "exchange__c"
    kept = shutil.copytree(left, tmp_path / "kept")
    paths = [
        path.relative_to(kept) for path in sorted(kept.rglob("*")) if "loaded/" not in str(path)
    ]
    assert len(paths) > 8
    for number, path in enumerate(paths):
        shutil.rmtree(left)
        shutil.copytree(kept, left)
        hit = left / path
        if hit.is_dir() and damage == "gone":
            shutil.rmtree(hit)
        elif hit.is_dir():
            continue
        elif damage == "gone":
            hit.unlink()
        else:
            whole = hit.read_bytes()
            hit.write_bytes(b"" if damage == "empty" else whole[: len(whole) // 2])
        deliver(home, f"after {number}")
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            found = connection.execute("select name from raw_exchange.things").fetchall()
        assert found == [(f"after {number}",)], path
