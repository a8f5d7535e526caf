"""Figures as pure functions."""

import datetime
from decimal import Decimal

from dashboard.charts.match import chain_chart, evidence_chart
from dashboard.charts.overview import months_chart

AUGUST, SEPTEMBER = datetime.date(2026, 8, 1), datetime.date(2026, 9, 1)


def test_months_are_summed_by_state_and_told_apart_without_colour() -> None:
    rows = [
        {"figure": "matched", "period_month": AUGUST, "amount": Decimal("0.1")},
        {"figure": "matched", "period_month": AUGUST, "amount": Decimal("0.2")},
        {"figure": "suggested", "period_month": SEPTEMBER, "amount": Decimal("5")},
    ]
    matched, suggested, left = months_chart(rows, "USD").data

    assert list(matched.x) == [AUGUST, SEPTEMBER]
    assert list(matched.customdata) == ["USD 0.30", "USD 0.00"]
    assert list(suggested.y) == [0, 5] and sum(left.y) == 0
    assert suggested.marker.pattern.shape == "/" and left.marker.color == "#ffffff"


def test_evidence_against_is_empty_and_says_how_much() -> None:
    [bar] = evidence_chart([("Who pays", "The same party", 8000), ("Timing", "Far", -1000)]).data

    assert list(bar.x) == [8, -1]
    assert list(bar.text) == ["+8.0", "-1.0"]
    assert bar.marker.color[1] == "#ffffff"


def test_the_chain_joins_each_thing_once_and_the_fees_to_one() -> None:
    def link(left_type: str, left: str, right: str, amount: str, status: str = "auto") -> dict:
        return {
            "left_type": left_type, "left_key": left, "left_label": left,
            "right_type": "bank_line" if right == "line" else "payment", "right_key": right,
            "right_label": right, "amount": Decimal(amount), "currency_code": "USD",
            "status": status, "is_contested": False,
        }  # fmt: skip

    [sankey] = chain_chart(
        [
            link("invoice", "<i>", "payment", "10", "suggested"),
            link("payment", "payment", "line", "10"),
            link("fee", "one", "line", "-0.3"),
            link("fee", "two", "line", "-0.2"),
        ]
    ).data

    assert list(sankey.node.label) == ["? ‹i›", "payment", "Fees and charges", "line"]
    assert list(sankey.link.target) == [1, 3, 3, 3]
    assert sankey.link.customdata[0] == "Suggested, not settled: USD 10.00"
