"""One match: what it links, why, what else was considered.

Reads reports.rpt_match, and of reports.rpt_match_candidates the pairs its items are in.
"""

from decimal import Decimal

import streamlit as st

from dashboard import markup
from dashboard.charts.match import chain_chart, evidence_chart
from dashboard.format import (
    EVIDENCE,
    badge,
    bits,
    count,
    day,
    level,
    money,
    name,
    pill,
    words,
)
from dashboard.warehouse import Row, either, equal, mentions, one_of, report

FOUND = 50
MEMBERS = 12
RIVALS = 10
STEPS = ("application", "settlement", "direct", "clearing", "transfer", "return")
KEY = ("match_key", "left_type", "left_key", "right_key")
CHAIN = 24  # links that still can be told apart in a figure


def search() -> None:
    """Find a match by a number, name or id that one of its members carries."""
    said = st.text_input(
        "Find a match", key="search", bind="query-params", icon=":material/search:",
        placeholder="A number, name, reference, bank text, amount, record's id or match key",
    ).strip()  # fmt: skip
    if not said:
        st.html(
            '<div class="cf-state"><h3>Look up a match</h3><p>Type what you have in hand: an '
            "invoice number, a cheque number, a piece of a bank line's text or an id from a "
            "platform. Or choose a row of the list of what is unmatched and open its proposal."
            f"</p><p>{markup.link('unmatched', 'To what is unmatched')}</p></div>"
        )
        return
    searched = ("left_label", "right_label", "left_source_id", "right_source_id", "match_key")
    lines = report(
        "rpt_match",
        mentions(said, searched, amount="match_amount"),
        order=("-match_status", "-left_date", "-|amount|", "proposal_rank", *KEY),
        limit=20 * FOUND,
    )
    found: dict[str, Row] = {}
    for line in lines:
        found.setdefault(line["match_key"], line)
    if not found:
        st.info("No match has a member that says this.", icon=":material/search_off:")
        return
    st.caption(
        f"The first {FOUND} of many matches; say more to narrow them down."
        if len(found) > FOUND
        else count(len(found), "match", "matches")
    )
    st.html(
        markup.table(
            ["", "Status", "From", "To", "Linked"],
            [
                [
                    markup.link("match", "Open", match=line["match_key"]),
                    pill(badge(line["match_status"], line["is_contested"])),
                    item(line, "left"),
                    item(line, "right"),
                    money(line["amount"], line["currency_code"]),
                ]
                for line in list(found.values())[:FOUND]
            ],
            right=(4,),
        )
    )


def item(line: Row, end: str) -> str:
    """One end of a link, in words and with its day and id."""
    said = line[f"{end}_label"] or words(line[f"{end}_type"])
    under = " · ".join(
        part for part in (day(line[f"{end}_date"]), line[f"{end}_source_id"]) if part
    )
    return (
        f'<span class="cf-text">{markup.text(said)}</span>'
        f'<br><span class="cf-small">{markup.text(under)}</span>'
    )


def own_matches(lines: list[Row]) -> dict[tuple[str, str, str], Row]:
    """The match that each of these pairs is itself a member of, if of any."""
    keys = sorted({line["left_key"] for line in lines})
    links = report("rpt_match", one_of("left_key", keys), order=KEY)
    return {pair(row): row for row in links}


def pair(line: Row) -> tuple[str, str, str]:
    """What a link has in common with the pair that was considered."""
    return (line["leg"], line["left_key"], line["right_key"])


def considered(members: list[Row]) -> list[Row]:
    """The other pairs on the match's leg with one of its items, strongest first."""
    own = {pair(line) for line in members}
    lines = report(
        "rpt_match_candidates",
        equal("leg", members[0]["leg"]),
        either(
            one_of("left_key", sorted({line["left_key"] for line in members})),
            one_of("right_key", sorted({line["right_key"] for line in members})),
        ),
        order=("-weight", "-amount", "left_key", "right_key"),
    )
    return [line for line in lines if pair(line) not in own]


def onward(members: list[Row]) -> list[Row]:
    """What else is linked with the match's payments, which stand between document and bank."""
    payments = sorted({key for line in members for key in payments_of(line)})
    lines = report(
        "rpt_match",
        either(one_of("left_key", payments), one_of("right_key", payments)),
        order=("-amount", *KEY),
    )
    return [
        line
        for line in lines
        if line["match_key"] != members[0]["match_key"]
        and line["status"] != "suggested"
        and payments_of(line)
    ]


def payments_of(line: Row) -> list[str]:
    """The ends of a link that are payments; a payment that was taken back is of another type."""
    return [line[f"{end}_key"] for end in ("left", "right") if line[f"{end}_type"] == "payment"]


def show(match_key: str) -> None:
    """The page of one match."""
    members = report("rpt_match", equal("match_key", match_key), order=("-weight", "-amount", *KEY))
    if not members:
        st.html(
            '<div class="cf-state" role="status"><h3>There is no such match</h3><p class="cf-text">'
            f"Nothing published has the key {markup.text(match_key)}. A match gets another key "
            "when its members or amounts change, and is gone when better evidence came in."
            f"</p><p>{markup.link('match', 'Look for it by number or name')}</p></div>"
        )
        return
    others = considered(members)
    # A settlement's line was weighed against the whole settlement; the links name what is in it.
    won = [line for line in others if line["status"] == members[0]["match_status"] and is_won(line)]
    rivals = [line for line in others if line not in won]
    head(members[0], len(members))
    what_is_linked(members)
    weighed = [line for line in members if line["weight"] is not None] or won
    evidence(weighed, members[0]["margin"])
    what_else(members, weighed, rivals)
    way_of_the_money(members, onward(members))
    st.caption(f"Match key {match_key}")


def is_won(line: Row) -> bool:
    return line["lost_because"] is None and line["status"] != "suggested"


def head(match: Row, member_count: int) -> None:
    """Status, amount and the reason in a sentence. Doubt comes first."""
    status = badge(match["match_status"])
    st.html(
        f"<p>{pill(badge(match['match_status'], match['is_contested']))}</p>"
        f'<p class="cf-lead">{markup.text(match["explanation"] or "")}</p>'
        + markup.facts(
            [
                ("Amount", money(match["match_amount"], match["currency_code"])),
                ("Between", words(match["leg"]).lower()),
                ("Entity", name(match["entity"])),
                ("Links", count(member_count)),
                ("Decided by", words(match["decided_by"])),
                ("In this state since run", str(match["run_id"])),
                *(
                    [("Among the proposals", words(match["picture_status"]))]
                    if match["picture_status"]
                    else []
                ),
            ]
        )
    )
    if match["is_contested"]:
        because = words(match["contested_because"]) if match["contested_because"] else "see below"
        st.error(
            f"The books state this link and our own evidence contradicts it: {because}.",
            icon=":material/gpp_maybe:",
        )
    if status.tone != "settled":
        st.warning(status.meaning, icon=":material/help:")


def what_is_linked(members: list[Row]) -> None:
    """The members: what is linked with what, and how much of it."""
    st.header("What is linked")
    head = ["From", "To", "Status", f"Linked, {members[0]['currency_code']}"]
    rows = [
        [
            item(line, "left"),
            item(line, "right"),
            pill(badge(line["status"], line["is_contested"])),
            money(line["amount"], None),
        ]
        for line in members
    ]
    st.html(markup.table(head, rows[:MEMBERS], right=(3,)))
    if rows[MEMBERS:]:
        with st.expander(count(len(rows) - MEMBERS, "more link")):
            st.html(markup.table(head, rows[MEMBERS:], right=(3,)))


def evidence(weighed: list[Row], behind: Decimal | None) -> None:
    """What speaks for the link, how much, and how far that is behind the strongest rival."""
    st.header("Evidence")
    if not weighed:
        st.caption("This link rests on its rule alone, in the sentence above; no pair was weighed.")
        return
    line = weighed[0]
    if len(weighed) > 1:
        line = st.selectbox(
            "Of which link", weighed,
            format_func=lambda one: f"{one['left_label']} — {one['right_label']}",
        )  # fmt: skip
    weights = {
        (row["evidence_type"], row["evidence_level"]): row["level_weight"]
        for row in report("rpt_evidence", equal("leg", line["leg"]))
    }
    found = [
        (title, level(kind, line[f"{kind}_level"]), weights[kind, line[f"{kind}_level"]])
        for kind, title in EVIDENCE.items()
        if (kind, line[f"{kind}_level"]) in weights
    ]
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            evidence_chart(found), config={"displayModeBar": False}, key="evidence",
            alt="; ".join(f"{title}: {said}, {bits(weight)} bits" for title, said, weight in found),
        )  # fmt: skip
    with right:
        apart = line["days_apart"]
        st.html(
            markup.facts(
                [
                    ("Weight of the evidence", f"{bits(line['weight'])} bits"),
                    (
                        "Against its rivals",
                        "none is stronger" if not behind else f"{-behind:.1f} bits behind one",
                    ),
                    ("Days apart", "–" if apart is None else f"{apart:+d}"),
                ]
            )
            + '<p class="cf-small">Each bit doubles the odds that the two belong together. '
            "The weight ranks proposals and is no chance of being right: what makes a link "
            "automatic is its rule, not a number.</p>"
        )


def what_else(members: list[Row], weighed: list[Row], rivals: list[Row]) -> None:
    """The rivals, beside the link itself, and why they lost."""
    st.header("What else was considered")
    if not rivals:
        st.caption("No other pair came into question.")
        return
    this = weighed[0] if len(weighed) == 1 else None
    own = own_matches(rivals)
    lefts = {line["left_key"] for line in members}

    def row(line: Row) -> list[str]:
        other = "right" if line["left_key"] in lefts else "left"
        match = own.get(pair(line))
        key = match["match_key"] if match else ""
        return [
            item(line, other),
            *(found(line, kind, this) for kind in ("reference", "payer", "amount", "days")),
            bits(line["weight"]),
            pill(badge(line["status"], bool(match and match["is_contested"]))),
            markup.text(words(line.get("lost_because") or "linked_as_well"))
            + (f"<br>{words('best')}" if match and match["picture_status"] == "best" else "")
            + (f"<br>{markup.link('match', 'Open it', match=key)}" if key else ""),
        ]

    head = [
        "Instead of it", *(EVIDENCE[kind] for kind in ("reference", "payer", "amount", "days")),
        "Bits", "Status", "Why it lost, or is no better",
    ]  # fmt: skip
    first = []
    if this:
        first = [row(this)]
        first[0][0] = "<b>This link</b>"
        first[0][-1] = ""
    st.caption(
        f"{count(len(rivals), 'other pair')} with one of the same items, strongest first."
        + (" What differs from this link is bold." if this else "")
    )
    st.html(
        markup.table(
            head, first + [row(line) for line in rivals[:RIVALS]], right=(5,), this=len(first) - 1
        )
    )
    if rivals[RIVALS:]:
        with st.expander(f"{count(len(rivals) - RIVALS)} more"):
            st.html(markup.table(head, [row(line) for line in rivals[RIVALS:]], right=(5,)))


def found(line: Row, kind: str, this: Row | None) -> str:
    """A level of evidence, bold where it differs from this link's."""
    code = line[f"{kind}_level"]
    look = "" if this is None else "cf-same" if code == this[f"{kind}_level"] else "cf-other"
    return f'<span class="{look}">{markup.text(level(kind, code))}</span>'


def way_of_the_money(members: list[Row], chain: list[Row]) -> None:
    """Every link between the documents and the bank that the payments of this match have."""
    st.header("From document to bank line")
    legs = {leg: number for number, leg in enumerate(STEPS)}
    lines = sorted(members + chain, key=lambda line: legs.get(line["leg"], len(STEPS)))
    if not any(line["right_type"] == "bank_line" for line in lines):
        st.caption("No bank line is reached: the money is not seen at the bank yet.")
    if len(lines) == 1:
        st.caption("The link above is the whole way that is known.")
        return
    if len(lines) <= CHAIN:
        st.plotly_chart(
            chain_chart(lines), config={"displayModeBar": False}, key="chain",
            alt="The way of the money from document to bank line; the list below says the same",
        )  # fmt: skip
    this = members[0]["match_key"]
    rows = [
        [
            words(line["leg"]),
            item(line, "left"),
            item(line, "right"),
            pill(badge(line["status"], line["is_contested"])),
            money(line["amount"], line["currency_code"]),
            "This match"
            if line["match_key"] == this
            else markup.link("match", "Open", match=line["match_key"]),
        ]
        for line in lines
    ]
    with st.expander(f"{count(len(rows), 'step')} as a list", expanded=len(rows) <= 6):
        st.html(markup.table(["Step", "From", "To", "Status", "Amount", ""], rows, right=(4,)))


st.title("Match")
match_key = st.query_params.get("match")
if match_key:
    st.html(markup.link("match", "← Find another match"))
    show(match_key)
else:
    search()
