"""Rules of a home's own: what is read, and that each line which cannot be is refused and told."""

import re

import pytest

from pipelines import rules
from pipelines.cli import main
from pipelines.errors import RulesRefused
from pipelines.operations.store import Store
from pipelines.rules import FILE, Known, read
from pipelines.run import run
from pipelines.settings import Home, write_atomically

HEADER = "entity,account,setting,name,value,reason\n"
NAMED = Known(
    entities=frozenset({"maple", "cedar"}),
    accounts=frozenset({("maple", "operating"), ("cedar", "savings")}),
)
MAPS = """
[connections.books]
platform = "exchange"
options.folder = "{folder}"

[[entity_map]]
connection_id = "books"
company_code = "1"
entity = "maple"

[[bank_account_map]]
connection_id = "books"
source_account = "35"
account_id = "operating"
entity = "maple"
currency_code = "USD"
account_name = "Operating"
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "rules"


@pytest.fixture
def ruled(folder):
    """Read rules from text; the header is put before it."""

    def rows(text, known=NAMED, header=HEADER):
        folder.mkdir(exist_ok=True)
        (folder / FILE).write_text(header + text)
        return read(folder, known)

    return rows


def test_a_folder_without_rules_has_none(folder):
    assert read(folder, NAMED) == ()
    folder.mkdir()
    assert read(folder, NAMED) == ()


def test_a_rule_a_window_and_a_tolerance_are_read_as_written(ruled):
    rows = ruled(
        "maple,operating,rule,reference_amount,off,\n"
        "\n"
        '*,,days_after,clearing.check,90,"Cheques lie, here"\n'
        " cedar ,,tolerance,short_list_share,0.10,\n"
    )

    assert [tuple(row.values()) for row in rows] == [
        ("maple", "operating", "rule", "reference_amount", "off", None),
        ("*", None, "days_after", "clearing.check", "90", "Cheques lie, here"),
        ("cedar", None, "tolerance", "short_list_share", "0.10", None),
    ]


def test_columns_may_stand_in_any_order_and_after_a_byte_order_mark(ruled):
    [row] = ruled(
        "off,party_amount,rule,,maple,\n", header="\ufeffvalue,name,setting,account,entity,reason\n"
    )

    assert row["entity"] == "maple" and row["value"] == "off"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "maple,,rule,party_amont,off,",
            "name 'party_amont': unknown: did you mean 'party_amount'?",
        ),
        ("maple,,rul,party_amount,off,", "setting 'rul': unknown: did you mean 'rule'?"),
        (
            "mapel,,rule,party_amount,off,",
            "entity 'mapel': unknown: did you mean 'maple'? known: ce",
        ),
        ("maple,savings,rule,check_amount,off,", "account 'savings': unknown: known: operating"),
        ("maple,,rule,party_amount,no,", "value 'no': unknown: known: auto, off, suggested"),
        ("maple,,rule,party_amount,,", "value: empty: every line needs one"),
        (",,rule,party_amount,off,", "entity: empty: every line needs one"),
        ("maple,,rule,clearing_rivals,auto,", "value 'auto': clearing_rivals only proposes"),
        ("maple,,rule,book_allocation,off,", "name 'book_allocation': it is the books' word"),
        ("maple,,rule,mirror_number,off,", "name 'mirror_number': cannot be set: it says which"),
        (
            "maple,operating,rule,party_amount,off,",
            "account 'operating': party_amount links no ban",
        ),
        ("*,operating,rule,check_amount,off,", "account 'operating': belongs to one entity"),
        (
            "maple,operating,tolerance,over_share,0.1,",
            "account 'operating': only a rule can be set",
        ),
        (
            "maple,,days_after,clearing.cheque,9,",
            "name 'clearing.cheque': unknown: did you mean 'c",
        ),
        ("maple,,days_after,clearing,9,", "name 'clearing': unknown"),
        ("maple,,days_after,clearing.check,soon,", "value 'soon': not whole days: write whole day"),
        ("maple,,days_after,clearing.check,1.5,", "value '1.5': not whole days"),
        ("maple,,days_after,clearing.check,-1,", "value '-1': out of range: write 0 to 400"),
        ("maple,,days_before,clearing.check,401,", "value '401': out of range: write 0 to 400"),
        ("maple,,days_before,clearing.check,٣,", "value '٣': not whole days"),
        ("maple,,tolerance,short_list_share,0.51,", "value '0.51': out of range: write 0 to 0.5"),
        ("maple,,tolerance,short_list_share,-0.1,", "value '-0.1': out of range"),
        ('maple,,tolerance,short_list_share,"0,1",', "value '0,1': not a share with a point"),
        ("maple,,tolerance,short_list_share,1e-1,", "value '1e-1': not a share"),
        ("maple,,tolerance,short_list_share,0.12345,", "value '0.12345': not a share"),
        ("maple,,tolerance,discount_grace_days,61,", "value '61': out of range: write 0 to 60"),
        ("maple,,tolerance,discount_grace_days,0.5,", "value '0.5': not whole days"),
        ("maple,,tolerance,shares,0.1,", "name 'shares': unknown"),
        ("maple,,rule,party_amount,off,because, of", "7 values for 6 columns: quote a comma"),
        ("maple,,rule,party_amount", "4 values for 6 columns"),
        ('maple,,rule,"party_amount,off,', "not CSV: "),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_file_line_and_reason(ruled, folder, line, says):
    with pytest.raises(RulesRefused) as refused:
        ruled(f"cedar,,rule,party_amount,suggested,\n{line}\n")

    assert str(refused.value).startswith(f"{folder / FILE}:3: {says}")
    assert "\n" not in str(refused.value)


def test_the_same_thing_said_twice_is_refused_with_both_lines(ruled, folder):
    with pytest.raises(RulesRefused) as refused:
        ruled("maple,,rule,party_amount,off,\nmaple,,rule,party_amount,suggested,\n")

    assert str(refused.value) == (
        f"{folder / FILE}:3: name 'party_amount': said already in {folder / FILE}:2: "
        f"keep one of the two"
    )


def test_what_the_seed_says_is_not_said_again(ruled, tmp_path, monkeypatch):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for name in ("match_rules", "match_windows", "match_tolerances"):
        (seeds / f"{name}.csv").write_bytes((rules.SEEDS / f"{name}.csv").read_bytes())
    (seeds / FILE).write_text(f"{HEADER}maple,,rule,party_amount,off,\n")
    monkeypatch.setattr(rules, "SEEDS", seeds)

    with pytest.raises(RulesRefused, match=re.escape(f"said already in {seeds / FILE}:2")):
        ruled("maple,,rule,party_amount,off,\n")
    assert len(ruled("maple,,rule,alias_amount,off,\n")) == 1


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("entity,account,setting,name,value\n", "no column 'reason': the columns are entity,acc"),
        (
            "entity,account,setting,rule,value,reason\n",
            "no column 'name', unknown column 'rule': the columns are",
        ),
        ("entity,entity,account,setting,name,value,reason\n", "a column twice"),
        ("", "no column 'entity'"),
    ],
)
def test_a_header_that_is_none_is_refused(ruled, folder, header, says):
    with pytest.raises(RulesRefused) as refused:
        ruled("", header=header)

    assert str(refused.value).startswith(f"{folder / FILE}:1: {says}")


def test_a_file_that_is_no_text_and_one_of_another_name_are_refused(folder):
    folder.mkdir()
    (folder / FILE).write_bytes(b"\xff\xfe\x00")
    (folder / "match_rules.csv").write_text("rule,leg\n")

    with pytest.raises(RulesRefused) as refused:
        read(folder, NAMED)

    other, text = str(refused.value).splitlines()
    assert other == f"{folder / 'match_rules.csv'}: not a file of rules: known: {FILE}"
    assert text.startswith(f"{folder / FILE}:1: cannot be read as UTF-8 text: ")


def test_every_refusal_is_told_at_once(ruled):
    with pytest.raises(RulesRefused) as refused:
        ruled("maple,,rule,party_amont,off,\nmaple,,rule,alias_amount,off,\nmapel,,rule,x,off,\n")

    assert [line.split(":")[1] for line in str(refused.value).splitlines()] == ["2", "4"]


def test_an_entity_is_refused_only_where_the_maps_can_know_it(ruled):
    assert ruled("mapel,savings,rule,check_amount,off,\n", known=Known())
    with pytest.raises(RulesRefused, match="entity 'mapel'"):
        ruled("mapel,,rule,check_amount,off,\n")


def test_the_maps_of_a_home_say_what_a_rule_may_name(tmp_path):
    home = Home.open(tmp_path / "home", "demo")
    maps = MAPS.format(folder=tmp_path)
    write_atomically(home.connections_file, maps)
    assert rules.known(home) == Known(
        entities=frozenset({"maple"}), accounts=frozenset({("maple", "operating")})
    )

    write_atomically(
        home.connections_file, maps.replace('company_code = "1"', 'company_code = "*"')
    )
    assert rules.known(home) == Known()


def test_a_run_with_a_bad_rule_ends_before_it_loads_and_keeps_what_is_published(
    tmp_path, monkeypatch, capsys
):
    home = Home.open(tmp_path / "home", "demo")
    write_atomically(home.connections_file, MAPS.format(folder=tmp_path))
    home.rules.mkdir()
    (home.rules / FILE).write_text(
        f"{HEADER}maple,,rule,party_amont,off,\nmapel,,rule,party_amount,off,\n"
    )
    write_atomically(home.published / "current.json", '{"file": "yesterday"}')
    monkeypatch.setattr("pipelines.run._complete_the_last", lambda home, store: None)
    monkeypatch.setenv("COUNTERFOIL_HOME", str(home.path))
    monkeypatch.setattr("sys.argv", ["counterfoil", "build"])

    with pytest.raises(SystemExit) as ended:
        main()

    told = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert [line.split(": ")[:2] for line in told if line.startswith("error")] == [
        ["error", f"{home.rules / FILE}:2"],
        ["error", f"{home.rules / FILE}:3"],
    ]
    assert not home.warehouse.exists()
    assert (home.published / "current.json").read_text() == '{"file": "yesterday"}'
    with pytest.raises(RulesRefused):
        run(home, "person", steps=["load", "build"])
    with Store.open(home) as store, store.reading() as connection:
        steps = connection.exec_driver_sql("select distinct step from run_events").fetchall()
    assert steps == [("run",)]
