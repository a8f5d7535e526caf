"""How much is matched, suggested and open, and what needs a look. Reads reports.rpt_overview."""

from decimal import Decimal

import streamlit as st

from dashboard import markup
from dashboard.charts.overview import LOOKS, months_chart
from dashboard.format import (
    SIDES,
    STATUSES,
    WAITING,
    badge,
    count,
    day,
    money,
    name,
    pill,
    share,
    side,
    words,
)
from dashboard.warehouse import Row, report

ALL = "All entities"


def total(rows: list[Row], figure: str) -> Decimal:
    """The money of one state."""
    return sum((row["amount"] for row in rows if row["figure"] == figure), Decimal(0))


st.title("Overview")

rows = report("rpt_overview")
last_run = next((row for row in rows if row["figure"] == "last_run"), None)
as_of = last_run["period_month"] if last_run else None
moneys = [row for row in rows if row["figure"] in LOOKS]
if not moneys:
    st.info("No documents, payments or bank lines are loaded yet.", icon=":material/inbox:")
    st.stop()

currencies = sorted({row["currency_code"] for row in moneys})
entities = sorted({row["entity"] for row in moneys if row["entity"]})
columns = st.columns([2, 2, 6], vertical_alignment="bottom")
entity = columns[0].selectbox(
    "Entity",
    [ALL, *entities],
    format_func=lambda code: code if code == ALL else name(code),
    key="entity",
    bind="query-params",
)
currency = columns[1].selectbox("Currency", currencies, key="currency", bind="query-params")
columns[2].caption(
    f"As of {day(as_of)}. Money in {currency} that changed hands, whichever way; "
    "currencies are never added up."
)
moneys = [
    row for row in moneys if row["currency_code"] == currency and (entity in (ALL, row["entity"]))
]
by_side = {
    each: [row for row in moneys if side(row["item_type"], row["leg"]) is each] for each in SIDES
}
by_side = {each: found for each, found in by_side.items() if found}

st.header("Where the money stands")
filters = {"currency": currency} | ({} if entity == ALL else {"entity": name(entity)})
lines = []
for each, found in by_side.items():
    matched, suggested, left = (total(found, state) for state in LOOKS)
    waiting = sum(row["item_count"] for row in found if row["figure"] == "suggested")
    alone = sum(row["item_count"] for row in found if row["figure"] == "open")
    of = matched + suggested + left

    def rest(amount: Decimal, items: int, where: dict[str, str]) -> str:
        said = f'<span class="cf-small">{count(items, "item")}</span>'
        listed = markup.link("unmatched", said, **where) if items else said
        return f"{money(amount)}<br>{listed}"

    where = {"what": each.left_over, **filters}
    lines.append(
        [
            f"<b>{each.title}</b>",
            markup.bar(matched, suggested, left, currency),
            f'{money(matched)}<br><span class="cf-small">{share(matched, of)} {each.matched}'
            "</span>",
            rest(suggested, waiting, {**where, "why": WAITING}),
            rest(left, alone, where),
            money(of),
        ]
    )
st.html(
    markup.KEY
    + markup.table(
        [
            "",
            "",
            f"Matched, {currency}",
            f"Suggested, {currency}",
            f"Open, {currency}",
            f"Together, {currency}",
        ],
        lines,
        right=(2, 3, 4, 5),
    )
)

st.header("By month")
titles = {each.title: found for each, found in by_side.items()}
chosen = st.segmented_control(
    "What", list(titles), default=next(iter(titles), None), required=True,
    key="side", label_visibility="collapsed",
)  # fmt: skip
if chosen:
    st.plotly_chart(
        months_chart(titles[chosen], currency), config={"displayModeBar": False}, key="months",
        alt=f"{chosen} by month: matched, suggested and open",
    )  # fmt: skip

left_half, right_half = st.columns(2, gap="large")
with left_half:
    st.header("Exceptions")
    found = [
        row
        for row in rows
        if row["figure"] == "exceptions"
        and row["currency_code"] in (currency, None)
        and (entity in (ALL, row["entity"]))
    ]
    if found:
        kinds: dict[str, list[Row]] = {}
        for row in found:
            kinds.setdefault(row["label"], []).append(row)
        st.html(
            markup.table(
                ["What was found", "Items", f"Money, {currency}"],
                [
                    [
                        f"<b>{markup.text(words(kind))}</b><br>"
                        f"{markup.text(each[0]['detail'] or '')} "
                        f'<span class="cf-small">{markup.text(each[0]["next_step"] or "")}</span>',
                        count(sum(row["item_count"] for row in each)),
                        money(
                            sum((row["amount"] for row in each if row["amount"]), Decimal(0)),
                        ),
                    ]
                    for kind, each in sorted(kinds.items())
                ],
                right=(1, 2),
            )
        )
    else:
        st.success("No exception is open.", icon=":material/check:")
with right_half:
    st.header("How new the data is")
    fresh = [row for row in rows if row["figure"] == "freshness"]
    st.html(
        markup.table(
            ["Connection", "Newest business day", "Rows"],
            [
                [
                    f"<b>{markup.text(row['label'])}</b><br>"
                    f'<span class="cf-small">{markup.text(words(row["detail"]))}</span>',
                    f"{day(row['period_month'])}<br><span class=cf-small>"
                    + (
                        count((as_of - row["period_month"]).days, "day") + " before the as-of day"
                        if as_of and row["period_month"]
                        else "nothing loaded"
                    )
                    + "</span>",
                    count(row["item_count"]),
                ]
                for row in sorted(fresh, key=lambda row: str(row["label"]))
            ],
            right=(2,),
        )
    )

st.header("Who made the links")
links: dict[tuple[str, str], tuple[Decimal, int]] = {}
for row in rows:
    if (
        row["figure"] == "links"
        and row["currency_code"] == currency
        and (entity in (ALL, row["entity"]))
    ):
        amount, items = links.get((row["leg"], row["label"]), (Decimal(0), 0))
        links[row["leg"], row["label"]] = (amount + row["amount"], items + row["item_count"])
if links:
    st.html(
        markup.table(
            ["Link between", "How", "Links", f"Money, {currency}"],
            [
                [words(leg), pill(badge(status)), count(items), money(amount)]
                for (leg, status), (amount, items) in sorted(
                    links.items(), key=lambda each: (each[0][0], list(STATUSES).index(each[0][1]))
                )
            ],
            right=(2, 3),
        )
    )
else:
    st.info("Nothing is linked yet.", icon=":material/link_off:")
