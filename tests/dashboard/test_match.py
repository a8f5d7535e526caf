"""The Match page, on a tiny published file."""

from pipelines.settings import Home

from .conftest import PUBLISHED, SETTLED, Open, link, publish, said


def test_a_proposal_says_first_that_it_settles_nothing(published: Home, open_page: Open) -> None:
    page = said(open_page("match", match="doubtful"))

    assert "Suggested, not settled" in page
    assert "It settles nothing until a person decides." in page
    assert "More than one invoice fits." in page and "USD 943.00" in page


def test_a_rival_shows_its_evidence_and_why_it_lost(published: Home, open_page: Open) -> None:
    page = said(open_page("match", match="doubtful"))

    assert "2 other pairs" in page
    assert "Nothing tells it from another pair" in page and "+14.0" in page
    assert "match?match=other" in page


def test_a_proposal_says_whether_it_fits_with_the_others(published: Home, open_page: Open) -> None:
    doubtful = said(open_page("match", match="doubtful"))

    assert "Another proposal fits better with the rest" in doubtful
    assert doubtful.count("It fits best with all other proposals") == 1
    assert "Among the proposals" not in said(open_page("match", match="settled"))


def test_the_weight_of_the_evidence_is_shown_and_is_no_probability(
    published: Home, open_page: Open
) -> None:
    page = said(open_page("match", match="doubtful"))

    assert "+13.5 bits" in page and "0.5 bits behind one" in page
    assert "97" not in page


def test_a_contested_link_never_looks_settled(published: Home, open_page: Open) -> None:
    page = said(open_page("match", match="contested"))

    assert "Contested, linked in the books" in page and "cf-settled" not in page
    assert "our own evidence contradicts it: the bank took the money back." in page


def test_the_chain_reaches_the_bank_line(published: Home, open_page: Open) -> None:
    page = said(open_page("match", match="settled"))

    assert "Payment line 9" in page and "match?match=banked" in page
    assert "No bank line is reached" not in page


def test_a_payment_that_was_taken_back_is_no_step_of_the_way(home: Home, open_page: Open) -> None:
    taken_back = {"left_type": "returned_payment", "leg": "return", "right_type": "bank_line"}
    links = [*PUBLISHED["rpt_match"], link("back", "card 9", "line 8", **SETTLED | taken_back)]
    publish(home, {**PUBLISHED, "rpt_match": links})

    page = said(open_page("match", match="settled"))
    assert "match?match=banked" in page and "match?match=back" not in page


def test_a_way_that_ends_before_the_bank_says_so(published: Home, open_page: Open) -> None:
    assert "not seen at the bank yet" in said(open_page("match", match="doubtful"))


def test_what_a_source_says_is_text_and_never_markup(published: Home, open_page: Open) -> None:
    page = said(open_page("match", match="contested"))

    assert "&lt;b&gt;wire&lt;/b&gt; 7" in page and "<b>wire</b>" not in page


def test_a_key_that_is_gone_says_so(published: Home, open_page: Open) -> None:
    page = said(open_page("match", match="<script>"))

    assert "There is no such match" in page and "<script>" not in page


def test_a_match_is_found_by_number_and_by_id(published: Home, open_page: Open) -> None:
    app = open_page("match")

    assert "match?match=settled" in said(app.text_input(key="search").set_value("mh-9").run())
    assert "match?match=banked" in said(app.text_input(key="search").set_value("id_line 9").run())
    assert "No match" in said(app.text_input(key="search").set_value("nobody").run())
