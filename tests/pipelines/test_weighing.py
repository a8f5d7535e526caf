"""Weights and reliability, on tables so small that they can be counted by hand."""

import contextlib
import math
import random

import duckdb
import pytest

from pipelines import calibrate, weighing

WEIGHTS = {
    ("clearing", "payer", "same_name"): 9000,
    ("clearing", "payer", "none"): 0,
    ("clearing", "reference", "month"): 3000,
    ("clearing", "reference", "none"): 0,
    ("clearing", "days", "near"): 2500,
    ("clearing", "days", "far"): -1000,
    ("clearing", "rival", "none_of_them"): 8000,
    ("settlement", "payer", "same_party"): 8000,
    ("settlement", "rival", "none_of_them"): 8000,
    ("direct", "payer", "same_party"): 8000,
    ("direct", "rival", "none_of_them"): 8000,
}
DAYS = ["days"]


class Tables:
    """The three tables, filled item by item."""

    def __init__(self):
        self.items, self.pairs, self.chance = [], [], []

    def item(self, part="fit", right="near", rivals=(), proves=DAYS, payers=("none", "none")):
        """A proved item with the days of its right pair (None: not found) and of its rivals."""
        key = f"item {len(self.items)}"
        origin = "now" if part == "open" else "hidden"
        self.items.append((0, "clearing", key, part, [] if part == "open" else list(proves)))
        for number, days in enumerate((right, *rivals)):
            is_right = number == 0 and part != "open"
            payer = payers[0] if is_right else payers[1]
            row = (0, origin, "clearing", key, key, f"{key} line {number}")
            levels = ("none", payer, "exact", days, "unknown")
            fate = ("clearing_rivals", False, True, False)
            if days is not None:
                self.pairs.append((*row, *levels, number, *fate, is_right))
        return self

    def drawn(self, items, **levels):
        self.chance += [(0, "clearing", "payer", level, n, items) for level, n in levels.items()]
        return self

    def reference(self, item, levels):
        """Other levels of reference for the pairs of an item, the last being -1."""
        key = self.items[item][2]
        found = [number for number, pair in enumerate(self.pairs) if pair[3] == key]
        for number, level in zip(found, levels, strict=True):
            self.pairs[number] = (*self.pairs[number][:6], level, *self.pairs[number][7:])
        return self

    def of_rule(self, rule):
        """The pairs of the last item by another rule."""
        for number, pair in enumerate(self.pairs):
            if pair[3] == self.items[-1][2]:
                self.pairs[number] = (*pair[:12], rule, *pair[13:])
        return self

    def calibrated(self, tolerated_error=0.001):
        with contextlib.closing(duckdb.connect()) as connection:
            weighing.create(connection)
            for name in ("items", "pairs", "chance"):
                rows = getattr(self, name)
                marks = ", ".join("?" * len(rows[0])) if rows else ""
                if rows:
                    connection.executemany(f"insert into {name} values ({marks})", rows)
            return weighing.calibrate(connection, WEIGHTS, tolerated_error)


def level(result, evidence, name):
    [found] = [
        one
        for one in result["levels"]
        if (one.leg, one.evidence, one.level) == ("clearing", evidence, name)
    ]
    return found


def a_world():
    """Eighty near and forty far proved pairs to fit on, and as many to check, among rivals."""
    tables = Tables()
    for part in ("fit", "check"):
        for _ in range(80):
            tables.item(part, "near", ["far", "far"])
        for _ in range(40):
            tables.item(part, "far", ["near"])
    for _ in range(30):
        tables.item("open", "far", ["far"])
    return tables


def test_a_weight_is_the_share_among_proved_pairs_over_that_among_the_others():
    result = a_world().calibrated()

    near, far = level(result, "days", "near"), level(result, "days", "far")
    assert (near.proved_pairs, near.other_pairs) == (80, 40)
    assert near.weight == round(1000 * math.log2((81 / 122) / (41 / 202)))
    assert far.weight == round(1000 * math.log2((41 / 122) / (161 / 202)))
    assert result["weights"]["clearing", "days", "near"] == near.weight


def test_a_level_that_few_proved_pairs_have_keeps_its_weight_and_is_marked():
    tables = Tables()
    for _ in range(19):
        tables.item("fit", "far", ["near"] * 10)
    for _ in range(200):
        tables.item("fit", "near", ["far"])
    result = tables.calibrated()

    assert level(result, "days", "far").weight == -1000
    assert level(result, "days", "far").kept_because == "too few pairs"
    assert level(result, "payer", "same_name").kept_because == "nothing proves it"
    assert not level(result, "days", "near").kept_because
    said = "\n".join(calibrate.as_text(result | {"tolerated_error": 0.001}))
    assert "far              -1000   -1000      19     200  kept: too few pairs" in said


def test_a_month_is_weighed_against_rivals_where_a_number_proved_the_pair():
    tables = Tables()
    for number in range(40):
        tables.item("fit", "near", ["far"] * 4, ["month"], ("none", "none"))
        tables.item("fit", "near", ["far"], ["reference"], ("none", "none"))
        if number < 30:
            tables.reference(-2, ["month", "none", "none", "none", "month"])
    found = level(tables.calibrated(), "reference", "month")

    assert (found.proved_pairs, found.other_pairs) == (30, 30)
    assert found.weight == round(1000 * math.log2((31 / 42) / (31 / 162)))


def test_a_rule_is_told_only_where_enough_was_checked_and_not_too_much_was_said():
    def rule(checked, wrong):
        """Pairs that lead over nothing, of one rule; `wrong` of them are."""
        tables = Tables()
        for number in range(400):
            tables.item("fit", "near", [])
            tables.item("check", "near", []).of_rule("payer_amount")
            if number < checked:
                right = "near" if number >= wrong else None
                tables.item("check", right, [] if right else ["near"]).of_rule("clearing_rivals")
        return {one.rule: one for one in tables.calibrated()["rules"]}["clearing_rivals"]

    assert not rule(100, 0).untold_because
    assert rule(99, 0).untold_because == "too few pairs"
    crowded = rule(100, 50)
    assert (crowded.checked_pairs, crowded.right_pairs) == (100, 50)
    assert crowded.said_share > 0.7 and crowded.untold_because == "too much is said"


def test_of_money_that_may_settle_nothing_proved_pairs_tell_nothing():
    seen = {"checked_pairs": 1000, "right_pairs": 1000, "said_share": 0.9}
    limits = {"lower_share": 0.99, "upper_share": 1.0}
    rules = [
        weighing.Rule(leg="settlement", rule=rule, **seen, **limits)
        for rule in ("party_amount_rivals", "party_other_amount")
    ]

    assert [rule.untold_because for rule in rules] == ["it may settle nothing", ""]


def test_what_is_neither_linked_nor_proposed_says_nothing_of_its_rule():
    tables = a_world()
    tables.pairs = [(*pair[:-3], False, *pair[-2:]) for pair in tables.pairs]

    assert not tables.calibrated()["rules"]


def test_a_weight_stays_within_its_bound():
    tables = Tables()
    for number in range(500):
        tables.item("fit", "near", ["far"] if number > 10 else ["near"])

    assert level(tables.calibrated(), "days", "near").weight == weighing.BOUNDS["days"]


def test_a_payer_is_measured_against_chance_and_misses_what_no_block_finds():
    tables = Tables().drawn(60, same_name=10, none=990)
    for _ in range(30):
        tables.item("fit", "near", ["far"], ["payer"], ("same_name", "same_name"))
    for _ in range(30):
        tables.item("fit", None, [], ["payer"])
    found = level(tables.calibrated(), "payer", "same_name")

    # 30 of 60 proved items, not of 30 found; the rivals' names, all the same, say nothing.
    assert found.weight == round(1000 * math.log2((31 / 62) / (11 / 1002)))
    assert found.other_pairs == 10


def test_what_proved_a_pair_is_not_estimated_from_it():
    tables = Tables().drawn(30, same_name=10, none=990)
    for _ in range(40):
        tables.item("fit", "near", ["far"] * 3, DAYS, ("same_name", "none"))
    result = tables.calibrated()

    assert level(result, "payer", "same_name").proved_pairs == 0
    assert level(result, "payer", "same_name").kept_because == "nothing proves it"


def test_weights_rest_on_one_part_and_the_table_on_the_other():
    tables = a_world()
    before = tables.calibrated()
    for _ in range(50):
        tables.item("check", "far", ["near"] * 5)
    after = tables.calibrated()

    assert before["weights"] == after["weights"]
    assert sum(band.checked_pairs for band in before["bands"]) == 80 * 3 + 40 * 2
    assert sum(band.checked_pairs for band in after["bands"]) == 80 * 3 + 40 * 2 + 50 * 6
    assert sum(band.right_pairs for band in after["bands"]) == 170


def test_said_meets_seen_where_the_check_is_like_the_fit():
    table = [band for band in a_world().calibrated()["bands"] if band.leg == "clearing"]
    best = max((band for band in table if band.checked_pairs), key=lambda band: band.band)

    assert best.lower_share <= best.right_pairs / best.checked_pairs <= best.upper_share
    assert best.right_pairs / best.checked_pairs > 0.6


def test_a_greater_lead_is_never_less_likely_and_bands_leave_no_gap():
    result = a_world().calibrated()
    for leg in ("clearing", "settlement", "direct"):
        table = [band for band in result["bands"] if band.leg == leg]
        shares = [p for band in table for p in (band.probability_from, band.probability_to)]
        assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
        assert all(a.lead_to == b.lead_from for a, b in zip(table, table[1:], strict=False))


def test_below_a_few_thousand_proved_pairs_rules_decide():
    result = a_world().calibrated() | {"tolerated_error": 0.001}
    said = calibrate.as_text(result)

    assert not result["legs"]["clearing"]["is_enough"]
    assert said[0] == "clearing: 240 proved pairs, weights from 120, checked on 120"
    assert "rules decide, and the probability only ranks" in said[1]


def test_a_threshold_says_whether_enough_was_seen_to_show_it():
    few, many = Tables(), Tables()
    for tables, times in ((few, 1), (many, 40)):
        for _ in range(100 * times):
            tables.item("fit", "near")
            tables.item("check", "near", ["far"])
    shown = [tables.calibrated()["legs"]["clearing"]["threshold"] for tables in (few, many)]

    assert [(one["wrong_pairs"], one["is_shown"]) for one in shown] == [(0, False), (0, True)]
    assert shown[1]["upper_limit"] <= 0.001 < shown[0]["upper_limit"]


def test_no_threshold_is_named_where_every_lead_errs():
    tables = Tables()
    for number in range(200):
        tables.item("fit", "near")
        tables.item("check", *(("near", ["far"]) if number % 2 else ("far", ["near"])))

    assert tables.calibrated()["legs"]["clearing"]["threshold"] is None


def test_the_more_items_have_no_right_candidate_the_more_none_of_them_weighs():
    def none(open_days):
        tables = Tables()
        for number in range(200):
            tables.item("fit", *(("near", []) if number % 4 else (None, ["far"])))
        for _ in range(200):
            tables.item("open", open_days)
        return tables.calibrated()["legs"]["clearing"]["none_of_them"]

    likely, unlikely = none("near"), none("far")
    assert likely["share"] < unlikely["share"]
    assert likely["weight"] < unlikely["weight"]


def test_a_changed_first_proposal_is_told():
    tables = a_world()
    tables.pairs = [pair for pair in tables.pairs if pair[1] == "hidden"]
    now = (0, "now", "clearing")
    for left, payer, days in (("pay_1", "same_name", "far"), ("pay_2", "none", "near")):
        levels = ("none", payer, "exact", days, "unknown")
        fate = ("clearing_rivals", False, True, False)
        tables.pairs.append((*now, left, left, "line", *levels, 0, *fate, False))
    result = tables.calibrated()
    assert result["legs"]["clearing"]["first_proposals_changed"] == 0

    tables.drawn(120, same_name=500, none=500)
    for _ in range(60):
        tables.item("fit", "near", ["far"], ["payer"], ("none", "none"))
        tables.item("fit", "near", ["far"], ["payer"], ("same_name", "none"))
    result = tables.calibrated()
    assert result["changed"] == [("clearing", ("pay_1", "line"), ("pay_2", "line"))]


def test_new_ids_and_another_order_of_rows_give_the_same_files(tmp_path):
    tables = a_world().drawn(120, same_name=30, none=970)
    calibrate.write(tmp_path / "one", tables.calibrated() | {"model_version": 2})
    random.Random(7).shuffle(tables.pairs)
    random.Random(8).shuffle(tables.items)
    renamed = {item[2]: f"other {number}" for number, item in enumerate(tables.items)}
    tables.items = [(*item[:2], renamed[item[2]], *item[3:]) for item in tables.items]
    tables.pairs = [
        (*pair[:3], renamed[pair[3]], renamed[pair[4]], f"{renamed[pair[4]]}{pair[5]}", *pair[6:])
        for pair in tables.pairs
    ]
    calibrate.write(tmp_path / "other", tables.calibrated() | {"model_version": 2})

    for name, rows in zip(calibrate.FILES, (9, 9, 1), strict=True):
        one, other = (tmp_path / folder / name for folder in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()
        assert len(one.read_text().splitlines()) > rows


@pytest.mark.parametrize(("right", "pairs"), [(0, 10), (10, 10), (5, 10)])
def test_the_limits_of_a_share_hold_it(right, pairs):
    lower, upper = weighing.wilson(right, pairs)

    assert 0 <= lower <= right / pairs <= upper <= 1
