"""The pictures of docs/benchmarks.md: `python -m bench.pictures RESULTS.json FOLDER`.

Needs the environment of the benchmark, and a Chromium that BROWSER_PATH names.
"""

from __future__ import annotations

import json
import sys
from itertools import cycle
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

COLOURS = {
    "counterfoil": "#0b6e4f",
    "notebook_sql": "#8d6a9f",
    "pandas_rapidfuzz": "#c8553d",
    "splink_linker": "#2d5da1",
}
SYMBOLS = {"circle": "●", "square": "■", "diamond": "◆"}
LEAST_SHARE = 0.0001  # of wrong money: a picture with logarithms has no place for none
WIDTH, HEIGHT = 760, 420


def measured(results: dict[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
    """The sizes at which a contender has figures."""
    return [
        (int(size), one["contenders"][name])
        for size, one in results["sizes"].items()
        if "wall_seconds" in one["contenders"].get(name, {})
    ]


def seconds(results: dict[str, Any]) -> go.Figure:
    """Seconds by number of invoices, both logarithmic."""
    figure = go.Figure()
    for name, title in results["titles"].items():
        found = measured(results, name)
        figure.add_scatter(
            x=[size for size, _ in found],
            y=[one["wall_seconds"] for _, one in found],
            name=title,
            mode="lines+markers",
            line={"color": COLOURS[name], "width": 2},
            marker={"size": 9},
        )
    sizes = [int(size) for size in results["sizes"]]
    figure.update_xaxes(
        title="invoices",
        type="log",
        tickvals=sizes,
        ticktext=[f"{size:,}" for size in sizes],
    )
    figure.update_yaxes(title="seconds", type="log", dtick=1, minor={"showgrid": True})
    return styled(figure, "Seconds from folder to links; counterfoil: to published marts")


def wrong_money(results: dict[str, Any]) -> go.Figure:
    """Share of wrong money against recall, one mark a contender and size."""
    figure = go.Figure()
    symbols = dict(zip(map(int, results["sizes"]), cycle(SYMBOLS), strict=False))
    told = ", ".join(f"{SYMBOLS[symbol]} {size:,}" for size, symbol in symbols.items())
    for name, title in results["titles"].items():
        found = measured(results, name)
        figure.add_scatter(
            x=[100 * (one["legs"]["all"]["auto_recall"] or 0) for _, one in found],
            y=[100 * max(one["legs"]["all"]["wrong_money"] or 0, LEAST_SHARE) for _, one in found],
            name=title,
            mode="markers",
            marker={
                "size": 12,
                "color": COLOURS[name],
                "symbol": [symbols[size] for size, _ in found],
            },
        )
        curve = found[-1][1].get("at_cut_offs", {}) if found else {}
        if curve:
            figure.add_scatter(
                x=[100 * (one["auto_recall"] or 0) for one in curve.values()],
                y=[100 * max(one["wrong_money"] or 0, LEAST_SHARE) for one in curve.values()],
                name=f"{title}, {found[-1][0]:,} invoices, other thresholds",
                mode="lines+markers",
                line={"color": COLOURS[name], "width": 1, "dash": "dot"},
                marker={"size": 5},
            )
    figure.update_xaxes(title=f"automatic recall, % ({told} invoices)", range=[0, 100])
    figure.update_yaxes(
        title="wrong money, % of all linked",
        type="log",
        tickvals=[0.01, 0.1, 1, 10],
        range=[-2.2, 1.3],
    )
    return styled(figure, "Wrong money against recall of automatic links: best is low and right")


def styled(figure: go.Figure, title: str) -> go.Figure:
    """The same look for all."""
    figure.update_layout(
        title={"text": title, "font": {"size": 15}},
        template="plotly_white",
        legend={"orientation": "h", "y": -0.2},
        margin={"l": 70, "r": 20, "t": 50, "b": 80},
    )
    return figure


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text())
    out = Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for picture in (seconds, wrong_money):
        picture(told).write_image(out / f"{picture.__name__}.png", width=WIDTH, height=HEIGHT)
