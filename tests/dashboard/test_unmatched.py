"""The Unmatched page, on a tiny published file."""

import csv
import datetime
import io

from streamlit.testing.v1 import AppTest

from dashboard import warehouse
from pipelines.settings import Home

from .conftest import FORMULA, Open, left_over, publish, said


def numbers(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["Number or reference"])


def test_it_lists_what_is_left_over_oldest_first(published: Home, open_page: Open) -> None:
    app = open_page("unmatched", currency="USD")

    assert numbers(app)[0] == "MH-2026-00002"
    assert len(numbers(app)) == 4


def test_totals_keep_directions_and_currencies_apart(published: Home, open_page: Open) -> None:
    page = said(open_page("unmatched", currency="USD"))

    assert "1,040.50" in page and "1,234.50" in page
    assert "7,777.00" not in page


def test_filters_narrow_the_list_and_its_totals(published: Home, open_page: Open) -> None:
    app = open_page("unmatched", currency="USD")
    app.selectbox(key="entity").set_value("cedar_homes").run()

    assert numbers(app) == ["CH-2026-00001"]
    assert "Rows 1 to 1 of 1" in said(app)


def test_one_kind_of_item_can_be_looked_at_alone(published: Home, open_page: Open) -> None:
    app = open_page("unmatched", currency="USD", what="Bank lines without explanation")

    assert numbers(app) == ["id_line"]


def test_a_search_finds_names_without_accents_and_amounts(published: Home, open_page: Open) -> None:
    app = open_page("unmatched", currency="USD")

    assert numbers(app.text_input(key="search").set_value("unal zoe").run()) == ["MH-2026-00001"]
    assert numbers(app.text_input(key="search").set_value("1,234.50").run()) == ["id_line"]


def test_a_search_for_wildcards_is_a_search_for_these_signs(
    published: Home, open_page: Open
) -> None:
    app = open_page("unmatched", currency="USD")
    app.text_input(key="search").set_value("%' or 1=1 --").run()

    assert "Nothing is left over that fits these filters." in said(app)


def test_the_largest_is_the_largest_whatever_its_sign(published: Home, open_page: Open) -> None:
    app = open_page("unmatched", currency="USD")
    app.selectbox(key="sort").set_value("Largest first").run()

    assert numbers(app)[0] == "id_line"


def test_a_page_holds_five_hundred_rows_and_the_next_the_rest(home: Home, open_page: Open) -> None:
    publish(home, {"rpt_unmatched": [left_over(f"{number:04}", "1") for number in range(501)]})
    app = open_page("unmatched")
    assert len(numbers(app)) == 500

    app.number_input[0].set_value(2).run()
    assert numbers(app) == ["id_0500"]


def test_a_memo_that_looks_like_a_formula_is_shown_as_it_is(
    published: Home, open_page: Open
) -> None:
    app = open_page("unmatched", currency="USD", what="Bank lines without explanation")

    assert list(app.dataframe[0].value["Who or bank text"]) == [FORMULA]


def test_an_export_is_defused_and_says_that_it_is_a_demo(published: Home) -> None:
    columns = ("description", "unmatched_amount", "item_date")
    written = warehouse.export("rpt_unmatched", columns, warehouse.equal("item_type", "bank_line"))

    [row] = csv.DictReader(io.StringIO(written))
    assert row == {
        "description": f"'{FORMULA}",
        "unmatched_amount": "-1234.5000",
        "item_date": str(datetime.date(2026, 10, 1)),
        "demo": "demo data",
    }


def test_with_nothing_left_over_it_says_so(home: Home, open_page: Open) -> None:
    publish(home, {})

    assert "Everything is matched." in said(open_page("unmatched"))
