"""`counterfoil calibrate`: what it proves, what it writes and what it refuses."""

import csv
import json
import sys

import duckdb
import pytest

from pipelines import calibrate, cli, weighing
from pipelines.errors import ConfigurationError, UsageError
from pipelines.sandbox.exchange import write_exchange
from pipelines.sandbox.world import simulate
from pipelines.settings import PROJECT

PROVED_FROM = """
create schema intermediate;
create table intermediate.int_payments__evidenced (
    payment_key text, entity text, direction text, payment_date date, amount decimal(18, 4),
    method text, payer_name_key text, reference text, memo text
);
create table intermediate.int_clearables__prepared (
    left_type text, left_key text, entity text, item_date date, expected_amount decimal(18, 4),
    method text
);
create table intermediate.int_settlement_links__booked (leg text, left_key text, right_key text);
create table intermediate.int_book_links__contested as select 'pay_39' as payment_key;
create table intermediate.int_number_pairs__compared (
    left_key text, right_key text, reference_level text, payer_level text, amount_level text,
    has_common_price boolean
);
create table intermediate.int_clearing_pairs__compared (
    left_key text, right_key text, reference_level text, amount_level text
);
"""


@pytest.fixture
def proved():
    """A function from rows to what is proved: keys of both sides, proof, what it may estimate."""

    def run(booked=(), numbered=(), referenced=(), prefix=""):
        with duckdb.connect() as work:
            work.execute(PROVED_FROM)
            for number in range(40):
                work.execute(
                    "insert into intermediate.int_payments__evidenced values "
                    "($1, 'maple', 'in', date '2026-01-01' + $2::int, 100, 'ach', 'ANN', 'x', '')",
                    [f"{prefix}pay_{number}", number],
                )
            for table, rows in (
                ("settlement_links__booked", [("settlement", *row) for row in booked]),
                ("number_pairs__compared", numbered),
                ("clearing_pairs__compared", referenced),
            ):
                for row in rows:
                    marks = ", ".join("?" * len(row))
                    work.execute(f"insert into intermediate.int_{table} values ({marks})", row)
            work.execute(calibrate.PROVE)
            return work.execute(
                "select left_key, right_key, proof, proves, part from calibration.parted "
                "order by item_key"
            ).fetchall()

    return run


def test_a_pair_is_proved_only_if_neither_side_is_in_another_and_nobody_contests_it(proved):
    whole = ("whole_token", "same_party", "open_amount", False)
    found = proved(
        booked=[("i1", "pay_1"), ("i2", "pay_2"), ("i2", "pay_3"), ("i9", "pay_39")],
        numbered=[("i4", "pay_4", *whole), ("i5", "pay_5", *whole), ("i6", "pay_5", *whole)],
        referenced=[
            ("pay_7", "line_7", "check_number", "exact"),
            ("pay_8", "line_8", "none", "exact"),
            ("pay_9", "line_9", "whole_token", "converted_in_doubt"),
        ],
    )

    assert [(left, right, proof) for left, right, proof, *_ in found] == [
        ("i1", "pay_1", "books"),
        ("i4", "pay_4", "number"),
        ("pay_7", "line_7", "reference"),
    ]


def test_evidence_that_helped_to_prove_a_pair_is_not_estimated_from_it(proved):
    found = proved(
        numbered=[
            ("i1", "pay_1", "whole_token", "foreign", "open_amount", False),
            ("i2", "pay_2", "whole_token", "same_party", "part", False),
            ("i3", "pay_3", "remittance", "same_party", "open_amount", True),
            ("i4", "pay_4", "whole_token", "foreign", "part", False),
            ("i5", "pay_5", "digits", "same_party", "open_amount", False),
        ]
    )

    assert {
        left: set(proves) & {"reference", "payer", "amount"} for left, _, _, proves, _ in found
    } == {
        "i1": {"payer"},
        "i2": {"amount"},
        "i3": {"amount"},
    }


def test_a_month_is_estimated_from_what_a_number_proves_but_not_from_the_books(proved):
    found = proved(
        booked=[("i1", "pay_1")],
        numbered=[("i2", "pay_2", "whole_token", "same_party", "open_amount", False)],
    )

    assert {left: "month" in proves for left, _, _, proves, _ in found} == {"i1": False, "i2": True}


def test_the_parts_of_fit_and_check_do_not_depend_on_ids(proved):
    parts = [
        [
            part
            for *_, part in proved(booked=[(f"i{n}", f"{to}pay_{n}") for n in range(39)], prefix=to)
        ]
        for to in ("", "renumbered_")
    ]

    assert parts[0] == parts[1]
    assert {"fit", "check", "stay"} == set(parts[0])


def test_a_home_without_a_finished_build_is_refused_in_one_line(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["counterfoil", "calibrate"])
    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == ConfigurationError.exit_code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: no finished build in ") and "counterfoil build" in line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"out": PROJECT / "seeds"}, "holds the model in use"),
        ({"tolerated_error": 1.5}, "lies between 0 and 1"),
    ],
)
def test_the_model_in_use_is_never_overwritten_and_an_error_is_a_share(home, options, said):
    with pytest.raises(UsageError, match=said):
        calibrate.calibrate(home, **options)


def test_a_folder_gives_a_new_version_of_the_seeds_and_a_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COUNTERFOIL_AS_OF", "2026-11-20")
    write_exchange(simulate(5, 600, 1, months=12), tmp_path / "world", True)
    before = {file: file.read_bytes() for file in (PROJECT / "seeds").iterdir()}
    monkeypatch.setattr(
        sys,
        "argv",
        [
            *("counterfoil", "calibrate", str(tmp_path / "world")),
            *("--json", str(tmp_path / "said.json"), "--out", str(tmp_path / "model")),
        ],
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()

    out = capsys.readouterr().out
    assert not ended.value.code
    assert "rules decide, and the probability only ranks" in out
    assert "said    seen" in out and "would change" in out
    assert before == {file: file.read_bytes() for file in (PROJECT / "seeds").iterdir()}

    version, weights = calibrate.read_weights()
    new_version, new_weights = calibrate.read_weights(tmp_path / "model")
    assert (new_version, list(new_weights)) == (version + 1, list(weights))
    with (tmp_path / "model" / calibrate.RELIABILITY).open() as file:
        bands = list(csv.DictReader(file))
    assert {band["model_version"] for band in bands} == {str(new_version)}
    with (tmp_path / "model" / calibrate.RULES).open() as file:
        rules = {row["rule"]: row for row in csv.DictReader(file)}
    assert int(rules["party_amount"]["checked_pairs"]) > 0
    few = [row for row in rules.values() if int(row["checked_pairs"]) < weighing.LEAST_CHECKED]
    assert {row["is_told"] for row in few} == {"false"}

    said = json.loads((tmp_path / "said.json").read_text())
    found = said["legs"]["settlement"]
    assert found["fitted_on"] > 20 and found["checked_on"] > 20
    right = sum(int(band["right_pairs"]) for band in bands if band["leg"] == "settlement")
    # With the proof withheld most proved pairs are still among the candidates, and the payer is
    # evidence that was learned, not put in.
    assert 0.5 * found["checked_on"] < right <= found["checked_on"]
    [payer] = [
        one
        for one in said["levels"]
        if (one["leg"], one["evidence"], one["level"]) == ("settlement", "payer", "same_party")
    ]
    assert not payer["kept_because"] and payer["weight"] > 2000
