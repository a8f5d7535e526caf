"""The few pieces of HTML that pages share. Whatever comes from a source goes through `text`."""

from __future__ import annotations

import html
from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlencode

from dashboard.format import money, share

STYLE = """<style>
.stMainBlockContainer { padding-top: 4.2rem; padding-bottom: 3rem; max-width: 1500px; }
.stMain h1 { padding: .2rem 0 .4rem 0; }
.stMain h2 { padding: .9rem 0 .2rem 0; }
.stMain [data-testid="stHtml"] a { color: #1f5f6b; }
.cf-demo { background: repeating-linear-gradient(135deg, #fff3d6 0 14px, #ffecc0 14px 28px);
  border: 1px solid #e0b95c; border-radius: .4rem; padding: .4rem .8rem; font-size: .9rem;
  color: #5c4308; }
.cf-run { color: #5c6b77; font-size: .85rem; }
.cf-pill { display: inline-block; white-space: nowrap; border-radius: 1rem; font-size: .82rem;
  padding: .1rem .65rem; border: 1.5px solid; line-height: 1.4; }
.cf-sign { font-weight: 700; margin-right: .35rem; }
.cf-settled { color: #14594b; border-color: #2f7d6b; background: #e7f3ef; }
.cf-doubt { color: #7a4b00; border-color: #c98a1b; border-style: dashed; background: #fff6e2; }
.cf-trouble { color: #8c2312; border-color: #b8442f; border-style: double; border-width: 3px;
  background: #fdece8; }
.cf-quiet { color: #4d5a65; border-color: #aab4bd; border-style: dotted; background: #fff; }
.cf-scroll { overflow-x: auto; }
table.cf { border-collapse: collapse; width: 100%; font-size: .9rem; }
table.cf th { text-align: left; font-weight: 600; color: #5c6b77; font-size: .8rem;
  border-bottom: 1.5px solid #c7d0d7; padding: .3rem .6rem; white-space: nowrap; }
table.cf td { border-bottom: 1px solid #e4e9ec; padding: .45rem .6rem; vertical-align: top; }
table.cf tr:last-child td { border-bottom: none; }
table.cf .cf-right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table.cf .cf-small, .cf-small { color: #5c6b77; font-size: .82rem; }
table.cf tr.cf-this td { background: #eef4f5; }
@media (max-width: 640px) {
  table.cf, table.cf tbody { display: block; }
  table.cf thead { display: none; }
  table.cf tr { display: block; border: 1px solid #d8dee3; border-radius: .4rem;
    margin: .5rem 0; padding: .3rem 0; }
  table.cf td, table.cf .cf-right { display: flex; justify-content: space-between; gap: 1rem;
    border: none; padding: .2rem .7rem; text-align: right; white-space: normal; }
  table.cf td::before { content: attr(data-title); color: #5c6b77; font-size: .8rem;
    text-align: left; flex: none; max-width: 45%; }
  table.cf td[data-title=""]::before { display: none; }
  table.cf td[data-title=""] > div { flex: auto; text-align: left; }
}
.cf-bar { display: flex; height: 1.05rem; min-width: min(22vw, 22rem); border-radius: .25rem;
  overflow: hidden; border: 1px solid #8a98a3; background: #fff; }
.cf-bar i { display: block; height: 100%; }
.cf-bar .cf-matched { background: #2f7d6b; }
.cf-bar .cf-suggested { background: repeating-linear-gradient(135deg, #d99a2b 0 5px,
  #fbe3b3 5px 10px); }
.cf-key { display: inline-block; width: .9rem; height: .9rem; border: 1px solid #8a98a3;
  border-radius: .2rem; vertical-align: -.1rem; margin: 0 .35rem 0 1rem; background: #fff; }
.cf-key.cf-matched { background: #2f7d6b; }
.cf-key.cf-suggested { background: repeating-linear-gradient(135deg, #d99a2b 0 4px,
  #fbe3b3 4px 8px); }
table.cf .cf-same { color: #7b8893; }
table.cf .cf-other { font-weight: 600; }
.cf-lead { font-size: 1.1rem; line-height: 1.5; margin: .2rem 0; }
.cf-facts { display: flex; flex-wrap: wrap; gap: .6rem 2.4rem; margin: .3rem 0; }
.cf-facts div span { display: block; color: #5c6b77; font-size: .8rem; }
.cf-facts div b { font-weight: 600; font-size: 1.12rem; font-variant-numeric: tabular-nums; }
.cf-state { border: 1px solid #d8dee3; border-radius: .5rem; padding: 1.4rem 1.6rem;
  background: #f8fafb; max-width: 46rem; }
.cf-state h3 { margin: 0 0 .4rem 0; padding: 0; font-size: 1.15rem; }
.cf-state p { margin: .2rem 0; overflow-wrap: anywhere; }
.cf-text { overflow-wrap: anywhere; }
</style>"""


def text(said: object) -> str:
    """Anything, as text that is only text."""
    return html.escape(str(said))


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = (), this: int = -1
) -> str:
    """A table; on a narrow screen each row becomes a card.

    Args:
        head: Text.
        rows: HTML.
        right: Numbers of the columns that hold numbers.
        this: Number of the row that stands out.
    """
    sides = [' class="cf-right"' if number in right else "" for number in range(len(head))]
    titles = "".join(f"<th{kind}>{text(cell)}</th>" for cell, kind in zip(head, sides, strict=True))
    body = ""
    for number, row in enumerate(rows):
        cells = "".join(
            f'<td{kind} data-title="{text(title)}"><div>{cell}</div></td>'
            for cell, kind, title in zip(row, sides, head, strict=True)
        )
        body += f"<tr{' class=cf-this' if number == this else ''}>{cells}</tr>"
    return (
        f'<div class="cf-scroll"><table class="cf"><thead><tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Names and values side by side."""
    each = "".join(
        f"<div><span>{text(name)}</span><b>{text(said)}</b></div>" for name, said in pairs
    )
    return f'<div class="cf-facts">{each}</div>'


def bar(matched: Decimal, suggested: Decimal, left: Decimal, currency_code: str) -> str:
    """How much is matched, how much suggested, how much open, as one bar."""
    whole = matched + suggested + left
    said = ", ".join(
        f"{name} {money(amount, currency_code)} ({share(amount, whole)})"
        for name, amount in (("matched", matched), ("suggested", suggested), ("open", left))
    )
    widths = [f"{100 * amount / whole if whole else 0:.2f}%" for amount in (matched, suggested)]
    return (
        f'<div class="cf-bar" role="img" aria-label="{said}" title="{said}">'
        f'<i class="cf-matched" style="width:{widths[0]}"></i>'
        f'<i class="cf-suggested" style="width:{widths[1]}"></i></div>'
    )


KEY = (
    '<div class="cf-small"><span class="cf-key cf-matched" style="margin-left:0"></span>matched'
    '<span class="cf-key cf-suggested"></span>suggested, a person decides'
    '<span class="cf-key"></span>open, no proposal</div>'
)


def link(page: str, said: str, **parameters: str) -> str:
    """A link to another page of the dashboard."""
    query = text("?" + urlencode(parameters)) if parameters else ""
    return f'<a href="{page}{query}" target="_self">{said}</a>'
