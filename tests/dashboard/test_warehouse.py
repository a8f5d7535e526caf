"""What the dashboard reads, and what it says when there is nothing to read."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dashboard import warehouse
from pipelines.errors import ConfigurationError
from pipelines.settings import Home

from .conftest import PUBLISHED, Open, publish, said


def test_without_a_home_a_page_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_page: Open
) -> None:
    monkeypatch.setenv("COUNTERFOIL_HOME", str(tmp_path / "none"))
    page = said(open_page())

    assert "no home at" in page and "counterfoil demo" in page


def test_before_the_first_publish_a_page_says_so(home: Home, open_page: Open) -> None:
    page = said(open_page())

    assert "Nothing is published yet" in page and "counterfoil run" in page
    assert "Demo data" in page


@pytest.mark.parametrize(
    ("pointer", "complaint"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"file": "warehouse-r1.duckdb"}', "cannot be read"),
        (json.dumps({"file": "gone.duckdb", "run_id": "", "published_at": ""}), "is gone"),
        (
            json.dumps({"file": "../warehouse.duckdb", "run_id": "", "published_at": ""}),
            "is no published file",
        ),
    ],
)
def test_a_damaged_pointer_says_what_is_wrong_and_what_to_do(
    home: Home, open_page: Open, pointer: str, complaint: str
) -> None:
    (home.published / "current.json").write_text(pointer)
    page = said(open_page())

    assert complaint in page and "counterfoil publish" in page


def test_a_file_that_is_no_database_says_so(published: Home, open_page: Open) -> None:
    (published.published / "warehouse-r1.duckdb").write_text("not a database")

    assert "cannot be opened" in said(open_page())


@pytest.mark.parametrize("page", ["overview", "unmatched", "match"])
def test_every_page_of_a_demo_home_says_so(published: Home, open_page: Open, page: str) -> None:
    assert "Demo data." in said(open_page(page))


def test_a_live_home_says_nothing_of_a_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_page: Open
) -> None:
    home = Home.open(tmp_path / "live", "live")
    home.published.mkdir(exist_ok=True)
    monkeypatch.setenv("COUNTERFOIL_HOME", str(home.path))
    publish(home, PUBLISHED)

    assert "demo" not in said(open_page()).lower()
    assert "demo" not in warehouse.export("rpt_unmatched", ("source_id",))


def test_a_new_publish_is_shown_on_the_next_look(published: Home, open_page: Open) -> None:
    app = open_page("unmatched")
    publish(published, {}, run_id="r2")

    assert "Everything is matched." in said(app.run()) and "run r2" in said(app)


def test_sums_are_exact(home: Home) -> None:
    rows = [dict(PUBLISHED["rpt_unmatched"][0], unmatched_amount=Decimal("0.1"))] * 3
    publish(home, {"rpt_unmatched": rows})

    [total] = warehouse.totals("rpt_unmatched", (), "unmatched_amount")
    assert total == {"row_count": 3, "amount": Decimal("0.3000")}


def test_rows_of_one_side_or_the_other_are_found_and_none_for_no_values(published: Home) -> None:
    lefts, rights = (
        warehouse.one_of("left_key", ["MH-9"]),
        warehouse.one_of("right_key", ["line 9"]),
    )
    nobody = warehouse.one_of("left_key", [])

    found = warehouse.report("rpt_match", warehouse.either(lefts, rights, nobody))
    assert {row["match_key"] for row in found} == {"settled", "banked"}
    assert warehouse.report("rpt_match", warehouse.either(nobody)) == []


def test_nothing_outside_the_reports_can_be_read(published: Home) -> None:
    with pytest.raises(duckdb.CatalogException):
        warehouse.report("main.sqlite_master")


def test_a_published_file_cannot_be_written(published: Home) -> None:
    file = warehouse.published(published)
    assert file

    with warehouse._opened(str(file.file)) as connection, pytest.raises(duckdb.Error):
        connection.execute("delete from reports.rpt_match")


def test_a_reader_without_a_publish_is_told(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="run `counterfoil run`"):
        warehouse.report("rpt_match")


def test_the_dashboard_loads_neither_dlt_nor_dbt() -> None:
    code = (
        "import sys, dashboard.frame, dashboard.charts.match, dashboard.charts.overview; "
        "sys.exit(bool({'dlt', 'dbt'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@sum", "'@sum"), ("  =1", "'  =1"),
        ("\t=1", "'\t=1"), ("＝1", "'＝1"), ("plain", "plain"), ("", ""), (None, None),
        (Decimal("-1.50"), Decimal("-1.50")),
    ],
)  # fmt: skip
def test_a_text_is_defused_and_a_number_is_not(said: object, written: object) -> None:
    assert warehouse.defused(said) == written
