"""Figures of the Match page."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.format import Badge, badge, bits, money
from dashboard.warehouse import Row

TONES = {
    "settled": "rgba(47,125,107,0.45)",
    "doubt": "rgba(217,154,43,0.45)",
    "trouble": "rgba(184,68,47,0.5)",
    "quiet": "rgba(138,152,163,0.35)",
}


def evidence_chart(evidence: Sequence[tuple[str, str, int]]) -> go.Figure:
    """What each kind of evidence weighs, for and against.

    Args:
        evidence: What it is about, what was found, and its weight in thousandths of a bit.
    """
    titles = [f"<b>{title}</b><br>{found}" for title, found, _ in evidence]
    weights = [weight for _, _, weight in evidence]
    figure = go.Figure(
        go.Bar(
            x=[weight / 1000 for weight in weights],
            y=titles,
            orientation="h",
            text=[bits(weight) if weight else "0, says nothing" for weight in weights],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
            marker={
                "color": ["#2f7d6b" if weight > 0 else "#ffffff" for weight in weights],
                "line": {
                    "color": [
                        "#2f7d6b" if weight > 0 else "#b8442f" if weight else "#aab4bd"
                        for weight in weights
                    ],
                    "width": 1.5,
                },
            },
        )
    )
    furthest = max([abs(weight) / 1000 for weight in weights] + [1])
    least = min([weight / 1000 for weight in weights] + [0])
    figure.update_layout(
        height=56 * len(titles) + 60,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={
            "title": "bits",
            "range": [least - furthest * 0.15 if least else 0, furthest * 1.35],
            "zeroline": True,
            "zerolinecolor": "#8a98a3",
        },
        yaxis={"autorange": "reversed", "automargin": True, "ticks": ""},
        bargap=0.5,
        showlegend=False,
    )
    return figure


def chain_chart(lines: Sequence[Row]) -> go.Figure:
    """The way of the money from document to bank line.

    Args:
        lines: Links with `left_type`, `left_key`, `left_label`, the same for right, `amount`,
            `currency_code`, `status` and `is_contested`.
    """
    numbers: dict[str, int] = {}
    labels: list[str] = []

    def node(line: Row, end: str) -> int:
        """The fees of a settlement are one node, all else has its own."""
        is_fee = line[f"{end}_type"] == "fee"
        key = "fees" if is_fee else line[f"{end}_key"]
        if key not in numbers:
            numbers[key] = len(numbers)
            said = "Fees and charges" if is_fee else line[f"{end}_label"] or line[f"{end}_type"]
            labels.append(_short(said))
        return numbers[key]

    sources = [node(line, "left") for line in lines]
    targets = [node(line, "right") for line in lines]
    doubts: dict[int, set[str]] = {}
    for line, ends in zip(lines, zip(sources, targets, strict=True), strict=True):
        for number in ends:
            doubts.setdefault(number, set()).add(_badge(line).sign)
    for number, signs in doubts.items():  # what only proposals link says so without colour, too
        if len(signs) == 1 and signs != {"✓"}:
            labels[number] = f"{signs.pop()} {labels[number]}"
    figure = go.Figure(
        go.Sankey(
            textfont={"color": "#1d2730", "shadow": "none", "size": 12},
            node={
                "label": labels,
                "align": "right",
                "pad": 22,
                "thickness": 12,
                "color": "#1f5f6b",
                "hovertemplate": "%{label}<extra></extra>",
            },
            link={
                "source": sources,
                "target": targets,
                "value": [max(abs(float(line["amount"])), 0.01) for line in lines],
                "color": [TONES[_badge(line).tone] for line in lines],
                "customdata": [
                    f"{_badge(line).text}: {money(line['amount'], line['currency_code'])}"
                    for line in lines
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
        )
    )
    figure.update_layout(
        height=max(160, 38 * len(set(sources)) + 60), margin={"l": 8, "r": 8, "t": 16, "b": 16}
    )
    return figure


def _badge(line: Row) -> Badge:
    return badge(line["status"], line["is_contested"])


def _short(label: str, length: int = 44) -> str:
    """A label without the characters that Plotly takes for markup, cut to fit."""
    plain = label.replace("<", "‹").replace(">", "›")
    return plain if len(plain) <= length else f"{plain[: length - 1]}…"
