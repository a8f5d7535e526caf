"""The Overview page, on a tiny published file."""

from pipelines.settings import Home

from .conftest import PUBLISHED, Open, publish, said


def test_it_says_what_is_matched_suggested_and_open(published: Home, open_page: Open) -> None:
    page = said(open_page(currency="USD"))

    assert "1,000.00" in page and "943.00" in page and "97.50" in page
    assert "49% settled" in page
    assert "2 items" in page


def test_currencies_are_never_added_up(published: Home, open_page: Open) -> None:
    dollars, canadian = said(open_page(currency="USD")), said(open_page(currency="CAD"))

    assert "7,777.00" in canadian and "7,777.00" not in dollars
    assert "8,720.00" not in dollars + canadian


def test_an_entity_s_figures_are_its_own(published: Home, open_page: Open) -> None:
    app = open_page(currency="USD")
    app.selectbox(key="entity").set_value("cedar_homes").run()

    assert "40.00" in said(app) and "943.00" not in said(app)


def test_suggested_is_told_apart_from_matched_without_colour(
    published: Home, open_page: Open
) -> None:
    page = said(open_page(currency="USD"))

    assert "suggested, a person decides" in page
    assert 'class="cf-suggested"' in page
    assert "Broken, needs review" in page


def test_an_exception_has_a_count_money_a_meaning_and_a_next_step(
    published: Home, open_page: Open
) -> None:
    page = said(open_page(currency="USD"))

    assert "Contested link" in page and "250.00" in page
    assert "A link in the books is contradicted." in page and "Open the match." in page


def test_it_says_how_new_each_connection_is(published: Home, open_page: Open) -> None:
    page = said(open_page())

    assert "stripe_main" in page and "30 Oct 2026" in page and "1 day before" in page


def test_a_figure_leads_to_its_list(published: Home, open_page: Open) -> None:
    page = said(open_page(currency="USD"))

    assert "unmatched?what=Documents+without+their+payment&amp;currency=USD" in page


def test_with_nothing_loaded_it_says_so(home: Home, open_page: Open) -> None:
    publish(home, {"rpt_overview": [PUBLISHED["rpt_overview"][-1]]})

    assert "No documents, payments or bank lines are loaded yet." in said(open_page())
