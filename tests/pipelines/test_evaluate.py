"""Scoring, on marts so small that every number can be counted by hand."""

import duckdb
import pytest

from pipelines.errors import CounterfoilError
from pipelines.evaluate import as_text, evaluate, score

INVOICES = """invoice_id,entity,number,party_id,party_name,issue_date,currency,total,status
I1,maple,1,P1,Ann,2026-01-01,USD,100.00,open
I2,maple,2,P1,Ann,2026-01-02,USD,100.00,open
I3,maple,3,P2,Bob,2026-01-01,USD,50.10,open
I4,maple,4,P2,Bob,2026-03-01,USD,50.10,open
I5,maple,5,P3,Cid,2026-01-01,USD,7.00,void
"""
PAYMENTS = """payment_id,entity,direction,party_id,party_name,date,currency,amount
Y1,maple,in,P1,Ann,2026-01-10,USD,100.00
Y2,maple,in,P2,Bob,2026-01-11,USD,50.10
Y3,maple,in,P3,Cid,2026-01-12,USD,7.00
"""
BANK_LINES = """line_id,entity,account,date,currency,amount,description
L1,maple,operating,2026-01-12,USD,100.00,ANN
L2,maple,operating,2026-01-13,USD,50.10,BOB
"""
TRUTH = """left_type,left_id,right_type,right_id,amount,case
invoice,I1,payment,Y1,100.00,plain
invoice,I3,payment,Y2,50.10,twin
payment,Y1,bank_line,L1,100.00,plain
payment,Y2,bank_line,L2,50.10,plain
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "exchange"
    folder.mkdir()
    for name, text in {
        "invoices": INVOICES,
        "payments": PAYMENTS,
        "bank_lines": BANK_LINES,
        "truth": TRUTH,
    }.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture
def scored(tmp_path, folder):
    """Score a list of pairs: match, left, right, status, proposal rank; and of unmatched ids."""

    def run(pairs, unmatched=()):
        file = tmp_path / "published.duckdb"
        kinds = {"I": "invoice", "Y": "payment", "L": "bank_line"}
        amounts = {"I": "100.00", "Y": "50.10", "L": "7.00"}
        with duckdb.connect(str(file)) as connection:
            connection.execute(
                """
                create schema marts;
                create table marts.match_allocations (
                    match_key text, leg text, left_type text, left_source_id text, right_type text,
                    right_source_id text, amount decimal(18, 4), status text,
                    proposal_rank integer
                );
                create table marts.unmatched_items (item_type text, source_id text);
                """
            )
            for match, left, right, status, proposal_rank in pairs:
                connection.execute(
                    "insert into marts.match_allocations values (?, 'any', ?, ?, ?, ?, ?, ?, ?)",
                    [
                        match,
                        kinds[left[0]],
                        left,
                        kinds[right[0]],
                        right,
                        amounts[left[0]],
                        status,
                        proposal_rank,
                    ],
                )
            for item in unmatched:
                connection.execute(
                    "insert into marts.unmatched_items values (?, ?)", [kinds[item[0]], item]
                )
        return score(file, folder)

    return run


def test_a_pair_in_the_truth_is_right_and_counts_for_recall(scored):
    leg = scored([("m1", "I1", "Y1", "auto", None)])["legs"]["settlement"]

    assert (leg["auto_pairs"], leg["right_pairs"], leg["wrong_pairs"]) == (1, 1, 0)
    assert (leg["auto_precision"], leg["economic_precision"], leg["wrong_money"]) == (1, 1, 0)
    assert (leg["auto_recall"], leg["assisted_recall"]) == (0.5, 0.5)


def test_a_twin_that_was_open_is_equivalent_and_right_only_economically(scored):
    leg = scored([("m1", "I2", "Y1", "auto", None)])["legs"]["settlement"]

    assert (leg["right_pairs"], leg["equivalent_pairs"], leg["wrong_pairs"]) == (0, 1, 0)
    assert (leg["auto_precision"], leg["economic_precision"]) == (0, 1)
    assert (leg["auto_recall"], leg["wrong_money"]) == (0, 0)


def test_a_twin_beside_the_true_invoice_is_wrong(scored):
    leg = scored([("m1", "I1", "Y1", "auto", None), ("m2", "I2", "Y1", "auto", None)])["legs"]

    assert leg["settlement"]["right_pairs"] == 1
    assert leg["settlement"]["equivalent_pairs"] == 0
    assert leg["settlement"]["wrong_pairs"] == 1
    assert leg["settlement"]["wrong_money"] == 0.5


def test_a_twin_not_yet_issued_is_wrong_and_in_the_case_it_spoils(scored):
    result = scored([("m1", "I4", "Y2", "auto", None)])

    assert result["legs"]["settlement"]["wrong_pairs"] == 1
    assert result["cases"]["settlement/twin"]["wrong_pairs"] == 1
    assert result["legs"]["settlement"]["wrong_money"] == 1


def test_a_twin_settled_before_that_day_is_wrong(scored, folder):
    with (folder / "payments.csv").open("a") as file:
        file.write("Y0,maple,in,P1,Ann,2026-01-05,USD,100.00\n")
    with (folder / "truth.csv").open("a") as file:
        file.write("invoice,I2,payment,Y0,100.00,plain\n")

    leg = scored([("m1", "I2", "Y1", "auto", None)])["legs"]["settlement"]

    assert (leg["equivalent_pairs"], leg["wrong_pairs"]) == (0, 1)


def test_a_suggestion_helps_only_assisted_recall_and_lengthens_the_queue(scored):
    leg = scored(
        [
            ("m1", "I2", "Y1", "suggested", 2),
            ("m2", "I1", "Y1", "suggested", 1),
            ("m3", "I4", "Y2", "suggested", 7),
            ("m4", "I3", "Y2", "suggested", None),
        ]
    )["legs"]["settlement"]

    assert (leg["auto_recall"], leg["assisted_recall"]) == (0, 1)
    assert leg["auto_precision"] is None
    assert (leg["queue_length"], leg["first_suggestion_precision"]) == (2, 0.5)
    assert leg["assisted_f1"] == 0.5


def test_all_of_the_first_set_counts_beside_the_links(scored):
    leg = scored(
        [
            ("m1", "I1", "Y1", "suggested", 3),
            ("m1", "I2", "Y1", "suggested", 1),
            ("m2", "I4", "Y1", "suggested", 2),
            ("m3", "I3", "Y2", "auto", None),
        ]
    )["legs"]["settlement"]

    assert (leg["best_pairs"], leg["best_right_pairs"], leg["true_pairs"]) == (3, 2, 2)
    assert leg["assisted_f1"] == 0.8


def test_money_is_summed_exactly_and_each_leg_apart(scored):
    result = scored([("m1", "Y2", "L2", "auto", None), ("m1", "Y1", "L1", "auto", None)])

    assert result["legs"]["clearing"]["auto_amount"] == "100.2000"
    assert result["legs"]["clearing"]["auto_recall"] == 1
    assert result["legs"]["settlement"]["auto_pairs"] == 0
    assert result["all"]["auto_recall"] == 0.5


def test_an_item_neither_allocated_nor_listed_is_a_silent_loss(scored):
    result = scored(
        [("m1", "I1", "Y1", "auto", None), ("m2", "Y2", "L2", "broken", None)],
        unmatched=["I2", "I3", "I4", "I5", "L1"],
    )

    assert result["silent_loss"] == {
        "count": 1,
        "by_type": {"payment": 1},
        "examples": ["payment Y3"],
    }


def test_the_text_names_every_leg_and_case(scored):
    text = "\n".join(as_text(scored([("m1", "I1", "Y1", "auto", None)])))

    assert "settlement " in text and "settlement/plain" in text and "clearing/plain" in text
    assert "50.000%" in text and "silent loss: " in text


def test_a_folder_without_truth_is_said_to_be_matched_and_not_scored():
    seconds = {"seconds": {"load": 1.0}, "peak_memory_mb": 9}

    assert as_text(seconds) == [
        "the folder has no truth file: matched, not scored",
        "load 1.0 s; peak memory 9 MB",
    ]


def test_a_folder_with_nothing_in_it_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(CounterfoilError, match=str(tmp_path)):
        evaluate(tmp_path)
