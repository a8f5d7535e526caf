"""The command that makes the model of matching anew: what it tells, writes and takes back."""

import csv
from collections import Counter
from decimal import Decimal
from itertools import chain, repeat

import duckdb
import pytest
import typer

from bench import model
from pipelines import calibrate

PUBLISHED = """
create schema marts;
create table marts.match_allocations (
    leg text, rule text, status text, left_type text, left_key text, left_source_id text,
    right_type text, right_key text, right_source_id text, amount decimal(18, 4),
    probability decimal(5, 4)
);
create table marts.match_candidates (
    leg text, rule text, left_key text, right_key text, lead integer
);
create schema reports;
create table reports.rpt_reliability as
select
    'settlement' as leg, 0 as lead_from, 1000 as lead_to,
    cast(0.2 as decimal(5, 4)) as probability_from, cast(1 as decimal(5, 4)) as probability_to
"""
LINK = ("settlement", "invoice", "i1", "payment", "p1", Decimal(100), "party_amount")


@pytest.fixture
def published(tmp_path):
    """A function from pairs (rule, status, ids, lead) and true ids to what is read of them."""

    def run(rows, true):
        with duckdb.connect(str(tmp_path / "published.duckdb")) as connection:
            connection.execute(PUBLISHED)
            for rule, status, left, right, lead, is_told in rows:
                connection.execute(
                    "insert into marts.match_allocations values "
                    "('settlement', $1, $2, 'invoice', 'k' || $3, $3, 'payment', 'k' || $4, $4, "
                    "100, if($5, 0.5, null))",
                    [rule, status, left, right, is_told],
                )
                connection.execute(
                    "insert into marts.match_candidates values "
                    "('settlement', $1, 'k' || $2, 'k' || $3, $4)",
                    [rule, left, right, lead],
                )
        with (tmp_path / "truth.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("left_type", "left_id", "right_type", "right_id", "amount"))
            writer.writerows(("invoice", left, "payment", right, "100.00") for left, right in true)
        return model.read(tmp_path / "published.duckdb", tmp_path / "truth.csv")

    return run


def measured(links=(LINK,), first_right=3, rules=None):
    return model.Measured(
        world="maple",
        links=Counter(links),
        queue_length=5,
        first_right=first_right,
        rules=rules or {},
    )


def rule(pairs, right, said, sure=(0, 0, 0), is_told=True):
    sure_pairs, sure_right, sure_said = sure
    return model.RuleMeasured(
        is_told, pairs, right, Decimal(said), sure_pairs, sure_right, Decimal(sure_said)
    )


def test_a_rule_is_judged_by_the_truth_and_only_automatic_rows_are_links(published):
    links, rules = published(
        [
            ("party_amount", "auto", "i1", "p1", 1000 - 1, True),
            ("party_amount_rivals", "suggested", "i2", "p2", 900, False),
            ("party_amount_rivals", "suggested", "i3", "p2", 500, False),
            ("book_allocation", "book", "i5", "p4", 0, False),
        ],
        true=[("i1", "p1"), ("i3", "p2"), ("i5", "p4")],
    )

    assert links == Counter([LINK])
    # From 0.2 at a lead of nothing to 1 at a bit; what has no probability is held against it, too.
    assert rules == {
        ("settlement", "party_amount"): rule(1, 1, "0.9992", (1, 1, "0.9992")),
        ("settlement", "party_amount_rivals"): rule(2, 1, "1.52", (1, 0, "0.92"), is_told=False),
    }


def test_a_pair_that_stands_in_two_sets_counts_once_with_its_greater_lead(published):
    sets = [("party_set_rivals", "suggested", "i1", "p1", lead, False) for lead in (250, 500)]
    _, rules = published(sets, [("i1", "p1")])

    assert rules == {("settlement", "party_set_rivals"): rule(1, 1, "0.6", is_told=False)}


def test_worlds_are_told_together():
    key = ("settlement", "payer_unknown")
    told = model.as_text(
        [
            measured(rules={key: rule(10, 4, 5), ("direct", "direct_rivals"): rule(4, 1, 2)}),
            measured(rules={key: rule(30, 16, 9, (2, 1, "1.9"))}),
        ]
    )

    assert told[0] == "maple: first proposal right for 3 of 5, 1 automatic rows"
    lines = {line.split()[1]: line.split()[2:] for line in told[3:]}
    assert lines["payer_unknown"] == ["40", "0.3500", "0.5000", "2", "0.9500", "0.5000"]
    assert lines["direct_rivals"] == ["4", "0.5000", "0.2500", "0", "-", "-"]


@pytest.mark.parametrize(
    ("sure", "is_told", "remark"),
    [
        ((100, 91, 96), True, ""),
        ((100, 90, 96), True, "says too much"),
        ((99, 80, 96), True, ""),
        ((100, 80, 96), False, "not told"),
    ],
)
def test_a_rule_that_says_too_much_where_it_is_sure_is_marked(sure, is_told, remark):
    assert model.remark(rule(200, 150, 150, sure, is_told)).strip() == remark


def test_only_weights_that_moved_are_told():
    before = {("clearing", "days", "near"): 1000, ("clearing", "days", "far"): -1000}
    [line] = model.moved(before, before | {("clearing", "days", "far"): -1500})

    assert line.split() == ["clearing", "days", "far", "-1000", "-1500"]


@pytest.fixture
def seeds(tmp_path, monkeypatch):
    """A function that runs the command on seeds with version 2 of a model of one level.

    Its arguments are the weights of one calibration after another, the last one's again and again,
    and the links that the new model is to have.
    """
    folder = tmp_path / "seeds"
    key = ("clearing", "days", "near")

    def result(version, weight):
        weights = {"model_version": version, "weights": {key: weight}, "bands": [], "rules": []}
        return weights | {"legs": {}, "levels": [], "tolerated_error": 0.001}

    calibrate.write(folder, result(2, 1000))

    def run(*weights, links=(LINK,), write=True):
        seen = [measured(), measured(links=links)]
        results = chain((result(3, weight) for weight in weights), repeat(result(3, weights[-1])))
        monkeypatch.setenv("COUNTERFOIL_AS_OF", model.AS_OF)  # put back after the test
        monkeypatch.setattr(model, "SEEDS", folder)
        monkeypatch.setattr(model, "MEASURED_ON", (("maple", 1, 10),))
        monkeypatch.setattr(
            model, "worlds", lambda of, scratch: [scratch / name for name, *_ in of]
        )
        monkeypatch.setattr(model, "measure", lambda *_: seen.pop(0))
        monkeypatch.setattr(calibrate, "calibrate", lambda *_: next(results))
        model.main(write=write)

    run.folder, run.key = folder, key
    return run


def test_a_model_that_moved_is_written_as_the_next_version(seeds, capsys):
    seeds(1500)

    assert calibrate.read_weights(seeds.folder) == (3, {seeds.key: 1500})
    assert "version 3 is written" in capsys.readouterr().out


def test_a_model_is_calibrated_again_until_it_gives_itself(seeds, capsys):
    seeds(1500, 1600, 1550)

    assert calibrate.read_weights(seeds.folder) == (3, {seeds.key: 1550})
    out, err = capsys.readouterr()
    assert out.count("written:") == 3 and "not settled" not in err


def test_a_model_that_never_gives_itself_is_told(seeds, capsys):
    seeds(*range(1500, 1600))

    assert "not settled after 4 rounds" in capsys.readouterr().err


def test_the_same_model_stays_as_it_is_and_so_does_one_that_is_not_to_be_written(seeds, capsys):
    seeds(1000)
    assert "version 2 in seeds/ is what this command gives" in capsys.readouterr().out
    seeds(1500, write=False)

    assert calibrate.read_weights(seeds.folder) == (2, {seeds.key: 1000})


def test_a_model_that_changes_an_automatic_link_is_taken_back(seeds, capsys):
    with pytest.raises(typer.Exit):
        seeds(1500, links=[(*LINK[:4], "p2", *LINK[5:])])

    assert calibrate.read_weights(seeds.folder) == (2, {seeds.key: 1000})
    assert "2 automatic rows changed" in capsys.readouterr().err


def test_the_seeds_of_the_model_are_of_one_version():
    versions = set()
    for name in calibrate.FILES:
        with (model.SEEDS / name).open(encoding="utf-8", newline="") as file:
            versions |= {row["model_version"] for row in csv.DictReader(file)}

    assert len(versions) == 1
