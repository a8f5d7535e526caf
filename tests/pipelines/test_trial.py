"""What changed rules would do: two published files compared, and two builds of one small world."""

import hashlib
import json

import duckdb
import pytest

from pipelines.errors import RulesRefused, UsageError
from pipelines.rules import FILE
from pipelines.trial import as_text, compare, trial

HEADER = "entity,account,setting,name,value,reason\n"
FILES = {
    "invoices": "invoice_id,entity,direction,number,party_id,party_name,issue_date,currency,total\n"
    "I1,maple,receivable,MH-1001,P1,Ann Alder,2026-01-01,USD,100.00\n"
    "I2,maple,receivable,MH-1002,P2,Bob Birch,2026-01-01,USD,50.10\n"
    "I3,cedar,receivable,CH-2001,P3,Cid Clove,2026-01-01,USD,71.35\n"
    "I4,maple,receivable,MH-1004,P4,Dot Dill,2026-01-01,USD,33.20\n",
    "payments": "payment_id,entity,direction,party_id,party_name,date,currency,amount,reference\n"
    "Y1,maple,in,P1,Ann Alder,2026-01-10,USD,100.00,MH-1001\n"
    "Y2,maple,in,P2,Bob Birch,2026-01-11,USD,50.10,MH-1002\n"
    "Y3,cedar,in,P3,Cid Clove,2026-01-11,USD,71.35,CH-2001\n"
    "Y4,maple,in,P4,Dot Dill,2026-01-12,USD,33.20,\n",
    "bank_lines": "line_id,entity,account,date,currency,amount,description\n"
    "L1,maple,operating,2026-01-12,USD,100.00,MH-1001 ANN ALDER\n",
    "truth": "left_type,left_id,right_type,right_id,amount\n"
    "invoice,I1,payment,Y1,100.00\n"
    "invoice,I2,payment,Y2,50.10\n"
    "invoice,I3,payment,Y3,71.35\n"
    "invoice,I4,payment,Y4,33.20\n"
    "payment,Y1,bank_line,L1,100.00\n",
}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "exchange"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture
def ruled(tmp_path):
    def write(text):
        folder = tmp_path / "rules"
        folder.mkdir(exist_ok=True)
        (folder / FILE).write_text(HEADER + text)
        return folder

    return write


@pytest.fixture
def published(tmp_path):
    """A published file of allocations: match, left, right, amount, status, rule."""

    def write(name, links):
        file = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute(
                """
                create schema marts;
                create table marts.match_allocations (
                    match_key text, leg text, left_type text, left_key text, left_source_id text,
                    right_type text, right_key text, right_source_id text, amount decimal(18, 4),
                    currency_code text, status text, rule text
                );
                """
            )
            for match, left, right, amount, status, rule in links:
                connection.execute(
                    "insert into marts.match_allocations values "
                    "($1, 'settlement', 'invoice', $2, $2, 'payment', $3, $3, $4, 'USD', $5, $6)",
                    [match, left, right, amount, status, rule],
                )
        return file

    return write


def test_each_way_in_which_a_pair_may_change_is_told_with_its_rule_and_money(published):
    before = published(
        "before",
        [
            ("m1", "same", "y1", "10", "auto", "number_single"),
            ("m2", "broken", "y2", "20", "auto", "party_amount"),
            ("m3", "demoted", "y3", "30", "auto", "party_amount"),
            ("m4", "promoted", "y4", "40", "suggested", "number_doubtful"),
            ("m5", "withdrawn", "y5", "50", "suggested", "party_set_rivals"),
            ("m6", "resized", "y6", "60", "auto", "number_list_short"),
            ("m7", "booked", "y7", "70", "book", "book_allocation"),
        ],
    )
    after = published(
        "after",
        [
            ("m1", "same", "y1", "10", "auto", "number_single"),
            ("m3", "demoted", "y3", "30", "suggested", "party_amount"),
            ("m4", "promoted", "y4", "40", "auto", "number_single"),
            ("m6", "resized", "y6", "45", "auto", "number_list_short"),
            ("m7", "booked", "y7", "70", "broken", "book_allocation"),
            ("m8", "made", "y8", "80", "auto", "party_amount"),
            ("m9", "proposed", "y9", "90", "suggested", "party_amount_rivals"),
        ],
    )

    result = compare(before, after)

    assert [tuple(row.values()) for row in result["changes"]] == [
        ("made", "settlement", "party_amount", "USD", 1, "80.0000"),
        ("promoted", "settlement", "number_single", "USD", 1, "40.0000"),
        ("demoted", "settlement", "party_amount", "USD", 1, "30.0000"),
        ("broken", "settlement", "book_allocation", "USD", 1, "70.0000"),
        ("broken", "settlement", "party_amount", "USD", 1, "20.0000"),
        ("resized", "settlement", "number_list_short", "USD", 1, "15.0000"),
        ("proposed", "settlement", "party_amount_rivals", "USD", 1, "90.0000"),
        ("withdrawn", "settlement", "party_set_rivals", "USD", 1, "50.0000"),
    ]
    assert result["unchanged"] == 1


def test_a_pair_of_several_matches_counts_by_its_best(published):
    before = published("before", [("m1", "i", "y", "10", "auto", "number_single")])
    after = published(
        "after",
        [
            ("m1", "i", "y", "10", "auto", "number_single"),
            ("m2", "i", "y", "10", "suggested", "party_set_rivals"),
        ],
    )

    assert compare(before, after)["changes"] == []


def test_the_text_shows_so_many_links_of_each_change_and_counts_the_rest(published):
    before = published("before", [(f"m{n}", f"i{n}", "y", 1000, "auto", "r") for n in range(5)])
    result = compare(before, published("after", []))

    text = as_text(result | {"seconds": {"x": 1.0}, "peak_memory_mb": 9}, 2)

    assert text[1].split() == ["broken", "settlement", "r", "USD", "5", "5,000.00"]
    assert text[2:6] == [
        "0 pairs stand as before",
        "broken: invoice i0 and payment y, 1,000.00 USD, r",
        "broken: invoice i1 and payment y, 1,000.00 USD, r",
        "broken: 3 more, see --json",
    ]


def test_without_rules_or_data_there_is_nothing_to_try(tmp_path, ruled):
    with pytest.raises(UsageError, match=f"{tmp_path} holds no {FILE}"):
        trial(tmp_path, folder=tmp_path)
    with pytest.raises(UsageError, match="neither a folder nor a home"):
        trial(ruled(""))


@pytest.mark.timeout(600)
def test_a_rule_turned_off_breaks_exactly_the_links_of_that_rule(folder, ruled):
    """Of one entity; what another rule links, and the same rule elsewhere, stays."""
    result = trial(
        ruled("maple,,rule,number_single,off,\nmaple,,rule,party_amount,suggested,\n"),
        folder=folder,
    )

    settled = [link for link in result["links"] if link["leg"] == "settlement"]
    assert [(link["change"], link["left_id"], link["rule"]) for link in settled] == [
        ("demoted", "I4", "party_amount"),
        ("broken", "I1", "number_single"),
        ("broken", "I2", "number_single"),
    ]
    assert {link["change"] for link in result["links"]} <= {"demoted", "broken"}
    assert result["current"]["legs"]["settlement"]["auto_pairs"] == 4
    assert result["changed"]["legs"]["settlement"]["auto_pairs"] == 1
    assert result["changed"]["silent_loss"]["count"] == 0


def test_a_rule_for_what_nothing_bears_is_refused_before_the_second_build(
    folder, ruled, published, monkeypatch
):
    file = published("current", [])
    with duckdb.connect(str(file)) as connection:
        for table in ("invoices", "payments", "bank_lines"):
            connection.execute(f"create table marts.{table} as select 'maple' as entity")
        connection.execute(
            "create table marts.bank_accounts as "
            "select 'maple' as entity, 'operating' as account_id"
        )
    built = []
    monkeypatch.setattr("pipelines.trial.build", lambda home, run, **_: built.append(run.run_id))
    monkeypatch.setattr("pipelines.trial.publish", lambda home: file)
    monkeypatch.setattr("pipelines.trial.score", lambda published, folder: {})

    for line, says in (
        ("mapel,,rule,number_single,off,", "entity 'mapel': unknown: did you mean 'maple'"),
        ("maple,savings,rule,check_amount,off,", "account 'savings': unknown: known: operating"),
    ):
        with pytest.raises(RulesRefused, match=says):
            trial(ruled(f"{line}\n"), folder=folder)
    trial(ruled("maple,operating,rule,check_amount,off,\n"), folder=folder)

    assert built == ["current", "current", "current", "changed"]


@pytest.mark.timeout(900)
def test_rules_that_say_what_holds_anyway_change_nothing_and_the_home_stays(warehouse, ruled):
    def state():
        return {
            str(file.relative_to(home.path)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(home.path.rglob("*"))
            if file.is_file() and not file.name.startswith("operations.sqlite")
        }

    home = warehouse.home
    before = state()

    result = trial(
        ruled(
            "*,,rule,number_single,auto,\n"
            "*,,days_after,settlement.*,400,\n"
            "*,,days_before,clearing.check,3,\n"
            "*,,tolerance,short_list_share,0.25,\n"
            "*,,tolerance,discount_grace_days,0,\n"
        ),
        home=home,
    )

    assert result["changes"] == []
    assert result["unchanged"] > 100
    assert "current" not in result
    assert state() == before
    json.dumps(result)
