"""Figures of the Overview page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

import plotly.graph_objects as go

from dashboard.format import money
from dashboard.warehouse import Row

# Matched is full, suggested is hatched, open is empty: told apart without colour.
LOOKS = {
    "matched": ("Matched", {"color": "#2f7d6b"}),
    "suggested": (
        "Suggested",
        {
            "color": "#fbe3b3",
            "pattern": {"shape": "/", "fgcolor": "#c98a1b", "size": 6},
            "line": {"color": "#c98a1b", "width": 1},
        },
    ),
    "open": ("Open", {"color": "#ffffff", "line": {"color": "#8a98a3", "width": 1}}),
}


def months_chart(rows: Sequence[Row], currency_code: str) -> go.Figure:
    """Money by month and state.

    Args:
        rows: `figure` (matched, suggested or open), `period_month` and `amount`, in one currency.
    """
    sums: dict[tuple[str, object], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["figure"], row["period_month"]] += row["amount"]
    months = sorted({row["period_month"] for row in rows if row["period_month"]})
    figure = go.Figure()
    for state, (title, marker) in LOOKS.items():
        amounts = [sums[state, month] for month in months]
        figure.add_bar(
            name=title,
            x=months,
            y=[float(amount) for amount in amounts],
            customdata=[money(amount, currency_code) for amount in amounts],
            hovertemplate=f"%{{x|%b %Y}}<br>{title} %{{customdata}}<extra></extra>",
            marker=marker,
        )
    figure.update_layout(
        barmode="stack",
        bargap=0.25,
        height=320,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.12, "x": 0, "traceorder": "normal"},
        xaxis={"tickformat": "%b\n%Y", "dtick": "M1" if len(months) <= 14 else None},
        yaxis={"title": currency_code, "tickformat": "~s", "rangemode": "tozero"},
        hovermode="closest",
    )
    return figure
