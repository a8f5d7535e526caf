"""What is left over, why, and what to do next. Reads reports.rpt_unmatched."""

from decimal import Decimal
from functools import partial

import pyarrow as pa
import streamlit as st

from dashboard import markup
from dashboard.format import INWARDS, SIDES, count, day, money, name, number_format, side, words
from dashboard.warehouse import equal, export, home, mentions, one_of, report, totals

PAGE_ROWS = 500
EVERYTHING, ALL, ANY = "Everything", "All entities", "Either way"
AGES = ("0-7 days", "8-30 days", "31-90 days", "over 90 days")
SORTS = {
    "Oldest first": ("item_date", "unmatched_item_key"),
    "Newest first": ("-item_date", "unmatched_item_key"),
    "Largest first": ("-|unmatched_amount|", "unmatched_item_key"),
    "Smallest first": ("|unmatched_amount|", "unmatched_item_key"),
    "By name": ("party_name", "item_date", "unmatched_item_key"),
    "By number or reference": ("reference", "item_date", "unmatched_item_key"),
}
COLUMNS = (
    "item_type", "source_id", "entity", "direction", "reference", "party_name", "description",
    "item_date", "age_days", "amount", "unmatched_amount", "currency_code", "reason",
    "reason_meaning", "next_step", "proposal_explanation", "best_candidate_match_key",
)  # fmt: skip
FACETS = ("item_type", "leg", "entity", "direction", "reason", "reason_meaning", "next_step",
          "age_band", "currency_code")  # fmt: skip

st.title("Unmatched")

facets = totals("rpt_unmatched", FACETS, "unmatched_amount")
if not facets:
    st.success("Everything is matched.", icon=":material/check:")
    st.stop()

# filters

entities = sorted({row["entity"] for row in facets if row["entity"]})
kinds = {side(row["item_type"], row["leg"]) for row in facets}
reasons = {row["reason_meaning"] or words(row["reason"]): row["reason"] for row in facets}
ways = sorted({row["direction"] for row in facets if row["direction"]})
currencies = sorted({row["currency_code"] for row in facets})

first = st.columns([3, 2, 1.2, 3])
what = first[0].selectbox(
    "What", [EVERYTHING, *(each.left_over for each in SIDES if each in kinds)],
    key="what", bind="query-params",
)  # fmt: skip
entity = first[1].selectbox(
    "Entity", [ALL, *entities], key="entity", bind="query-params",
    format_func=lambda code: code if code == ALL else name(code),
)  # fmt: skip
currency = first[2].selectbox("Currency", currencies, key="currency", bind="query-params")
text = first[3].text_input(
    "Search", key="search", bind="query-params", icon=":material/search:",
    placeholder="Number, name, bank text, id or amount",
)  # fmt: skip
second = st.columns([3, 2, 1.2, 3])
why = second[0].multiselect(
    "Why", sorted(reasons), key="why", bind="query-params", placeholder="Any reason"
)
ages = second[1].multiselect("Age", AGES, key="age", bind="query-params", placeholder="Any age")
way = second[2].selectbox(
    "Direction", [ANY, *ways], key="direction", bind="query-params",
    format_func=lambda code: code if code == ANY else words(code),
)  # fmt: skip
sort = second[3].selectbox("Sort", list(SORTS), key="sort", bind="query-params")

where = [equal("currency_code", currency)]
if what != EVERYTHING:
    pairs = {
        (row["item_type"], row["leg"])
        for row in facets
        if side(row["item_type"], row["leg"]).left_over == what
    }
    where += [
        one_of("item_type", sorted({item_type for item_type, _ in pairs})),
        one_of("leg", sorted({leg for _, leg in pairs})),
    ]
if entity != ALL:
    where.append(equal("entity", entity))
if why:
    where.append(one_of("reason", sorted(reasons[meaning] for meaning in why)))
if ages:
    where.append(one_of("age_band", ages))
if way != ANY:
    where.append(equal("direction", way))
if text:
    searched = ("reference", "party_name", "description", "source_id")
    where.append(mentions(text, searched, amount="unmatched_amount"))

# totals

sums = totals("rpt_unmatched", ("item_type", "leg", "direction"), "unmatched_amount", *where)
row_count = sum(row["row_count"] for row in sums)
if not row_count:
    st.info("Nothing is left over that fits these filters.", icon=":material/filter_alt_off:")
    st.stop()
lines = []
for each in SIDES:
    cells = [each.left_over]
    for inwards in (True, False):
        found = [
            row
            for row in sums
            if side(row["item_type"], row["leg"]) is each
            and (row["direction"] in INWARDS) is inwards
        ]
        cells += [
            count(sum(row["row_count"] for row in found)) if found else "–",
            money(sum((row["amount"] for row in found), Decimal(0))) if found else "–",
        ]
    if cells.count("–") < 4:
        lines.append(cells)
st.html(
    markup.table(
        [
            "What is left over",
            "In or owed to us",
            f"Unmatched, {currency}",
            "Out or owed by us",
            f"Unmatched, {currency}",
        ],
        lines,
        right=(1, 2, 3, 4),
    )
)

# the list

page_count = -(-row_count // PAGE_ROWS)
bar = st.columns([1.5, 1.8, 6], vertical_alignment="bottom")
number = bar[0].number_input(
    f"Page, of {count(page_count)}", min_value=1, max_value=page_count, value=1,
    key=f"page of {where} {sort}", disabled=page_count == 1,
)  # fmt: skip
first_row = (number - 1) * PAGE_ROWS
rows = report("rpt_unmatched", *where, order=SORTS[sort], limit=PAGE_ROWS, offset=first_row)
bar[2].caption(
    f"Rows {count(first_row + 1)} to {count(first_row + len(rows))} of {count(row_count)}, "
    f"{sort.lower()}. Choose a row to see why it is here and what to do."
)
demo = "demo-" if home().kind == "demo" else ""
bar[1].download_button(
    "Export all as CSV",
    data=partial(export, "rpt_unmatched", COLUMNS, *where, order=SORTS[sort]),
    file_name=f"{demo}unmatched.csv",
    mime="text/csv",
    on_click="ignore",
    icon=":material/download:",
    width="stretch",
)
shown = pa.table(
    {
        "Date": [row["item_date"] for row in rows],
        "Days": [row["age_days"] for row in rows],
        "What": [side(row["item_type"], row["leg"]).item for row in rows],
        "Entity": [name(row["entity"]) for row in rows],
        "Number or reference": [row["reference"] or row["source_id"] for row in rows],
        "Who or bank text": [row["description"] or row["party_name"] for row in rows],
        "Amount": [row["amount"] for row in rows],
        "Unmatched": [row["unmatched_amount"] for row in rows],
        "Why": [row["reason_meaning"] or words(row["reason"]) for row in rows],
    }
)
amount = st.column_config.NumberColumn(format=number_format(currency))
event = st.dataframe(
    shown,
    hide_index=True,
    height=430,
    placeholder="",
    on_select="rerun",
    selection_mode=["single-row", "single-cell"],
    key=f"list {hash(tuple(row['unmatched_item_key'] for row in rows))}",  # other rows, no choice
    column_config={
        "Date": st.column_config.DateColumn(format="D MMM YYYY"),
        "Days": st.column_config.NumberColumn(format="%d", help="Age on the as-of day"),
        "Who or bank text": st.column_config.TextColumn(width="medium"),
        "Amount": amount,
        "Unmatched": amount,
        "Why": st.column_config.TextColumn(width="large"),
    },
    alt="What is left over, one item a row",
)

# the chosen row

selection = event["selection"]
picked = selection["rows"] or [cell[0] for cell in selection["cells"]]
if picked and picked[0] < len(rows):
    row = rows[picked[0]]
    with st.container(border=True):
        said = " · ".join(
            str(part)
            for part in (
                words(row["item_type"]), row["reference"], row["party_name"], day(row["item_date"])
            )
            if part
        )  # fmt: skip
        st.html(
            f'<div class="cf-lead cf-text"><b>{markup.text(said)}</b></div>'
            + (
                f'<div class="cf-text">{markup.text(row["description"])}</div>'
                if row["description"]
                else ""
            )
            + markup.facts(
                [
                    ("Unmatched", money(row["unmatched_amount"], currency)),
                    ("Of", money(row["amount"], currency)),
                    ("Direction", words(row["direction"])),
                    ("Entity", name(row["entity"])),
                    ("Id on its platform", str(row["source_id"])),
                ]
            )
            + f'<p class="cf-text"><b>Why it is here.</b> {markup.text(row["reason_meaning"])}<br>'
            f"<b>What to do next.</b> {markup.text(row['next_step'])}</p>"
        )
        if row["best_candidate_match_key"]:
            if row["proposal_explanation"]:
                st.html(f"<b>The proposal.</b> {markup.text(row['proposal_explanation'])}")
            if st.button("Open the proposal", icon=":material/link:", type="primary"):
                st.switch_page(
                    "views/match.py", query_params={"match": row["best_candidate_match_key"]}
                )
