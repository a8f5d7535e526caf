"""How things are said: money, counts, days, and plain words for codes.

What is not settled never looks settled: each status has a sign and a word besides its colour.
"""

from __future__ import annotations

import datetime
import html
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

MINOR_UNITS = {  # currencies that do not have two; seeds/currencies.csv, held equal by test
    "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3,
    "JPY": 0, "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "MGA": 0, "OMR": 3, "PYG": 0, "RWF": 0,
    "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A status as people see it. `tone` is one of settled, doubt, trouble, quiet."""

    sign: str
    text: str
    tone: str
    meaning: str


STATUSES = {
    "book": Badge(
        sign="✓", text="Linked in the books", tone="settled",
        meaning="The platform itself states this link.",
    ),
    "auto": Badge(
        sign="✓", text="Matched by rule", tone="settled",
        meaning="Evidence says who or which, and no rival is equal.",
    ),
    "confirmed": Badge(
        sign="✓", text="Confirmed by a person", tone="settled",
        meaning="A person looked at the proposal and agreed.",
    ),
    "manual": Badge(
        sign="✓", text="Linked by a person", tone="settled", meaning="A person made this link."
    ),
    "suggested": Badge(
        sign="?", text="Suggested, not settled", tone="doubt",
        meaning="A proposal. It settles nothing until a person decides.",
    ),
    "broken": Badge(
        sign="✕", text="Broken, needs review", tone="trouble",
        meaning="Something it links was changed, voided or deleted.",
    ),
    "lost": Badge(
        sign="–", text="Not linked", tone="quiet", meaning="It was considered and lost."
    ),
}  # fmt: skip
CONTESTED = Badge(
    sign="!",
    text="Contested",
    tone="trouble",
    meaning="The books state this link and our own evidence contradicts it.",
)

# Codes whose plain words are not simply the code with spaces.
WORDS = {
    # kinds of item
    "bank_line": "Bank line",
    "settlement_item": "Item of a settlement",
    # directions
    "in": "Money in",
    "out": "Money out",
    "receivable": "Owed to us",
    "payable": "Owed by us",
    # legs
    "settlement": "Document and payment",
    "application": "Credit note and document",
    "clearing": "Payment and bank line",
    "direct": "Document and bank line",
    "return": "Bank line and its return",
    "transfer": "Own accounts",
    # why a link in the books is contested
    "returned_by_bank": "the bank took the money back",
    "names_another_invoice": "the payment names another invoice",
    # why a rival lost
    "equal_rival": "Nothing tells it from another pair",
    "weaker_than_rival": "Its evidence is weaker than another pair's",
    "side_taken_by_stronger_pair": "What it would link is settled by a stronger pair",
    "no_evidence_of_who": "Only amount and date agree, nothing says who",
    "number_of_another_party": "The number named belongs to another party",
    "names_another_month": "The text names another month",
    "rule_only_proposes": "A rule of your own says to propose such a link only",
    "rule_is_off": "A rule of your own says not to make such links",
    "evidence_leaves_doubt": "It may be meant, but nothing proves it",
    "linked_as_well": "It is linked as well",
    # what the money is instead
    "fx": "Converted by the bank",
    # whether a proposal belongs to the one picture in which nothing is used twice
    "best": "It fits best with all other proposals",
    "beside": "Another proposal fits better with the rest",
    "too_many": "Too much hangs together to be solved as a whole",
    # who decided
    "counterfoil": "counterfoil, by rule",
    "platform": "the platform",
}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One question about money, asked of one kind of item."""

    title: str
    item: str
    matched: str
    left_over: str


DOCUMENTS = Side(
    title="Invoices and bills",
    item="Document",
    matched="settled",
    left_over="Documents without their payment",
)
PAYMENTS = Side(
    title="Payments, on documents",
    item="Payment → document",
    matched="applied to documents",
    left_over="Payments without their document",
)
BANKED = Side(
    title="Payments, at the bank",
    item="Payment → bank",
    matched="seen at the bank",
    left_over="Payments not seen at the bank",
)
BUNDLES = Side(
    title="Payouts and deposits",
    item="Payout → bank",
    matched="seen at the bank",
    left_over="Payouts and deposits not seen at the bank",
)
BANK_LINES = Side(
    title="Bank lines",
    item="Bank line",
    matched="explained",
    left_over="Bank lines without explanation",
)
SIDES = (DOCUMENTS, PAYMENTS, BANKED, BUNDLES, BANK_LINES)
WAITING = "There is a proposal that needs a person."  # as seeds/unmatched_reasons.csv, by test
INWARDS = ("in", "receivable")


EVIDENCE = {
    "reference": "Reference",
    "payer": "Who pays",
    "amount": "Amount",
    "days": "Timing",
    "account": "Account",
}
LEVELS = {
    ("reference", "whole_token"): "The whole number or reference is repeated",
    ("reference", "remittance"): "A remittance line names it",
    ("reference", "bare_number"): "The number is repeated, without letters that mark it as one",
    ("reference", "check_number"): "The cheque number agrees",
    ("reference", "same_invoice"): "Both name the same invoice",
    ("reference", "run_token"): "The reference that the books wrote on others of the run",
    ("reference", "gateway"): "The line names the gateway",
    ("reference", "slip"): "A deposit slip of that account",
    ("reference", "slip_alone"): "The only line of what the slip's payments add up to",
    ("reference", "same_text"): "The payment's own words are on the line",
    ("reference", "digits"): "The digits of the number are repeated",
    ("reference", "near_number"): "A number one slip of the pen away",
    ("reference", "month"): "It names the month that the invoice is for",
    ("reference", "other_number"): "It names another number",
    ("reference", "own_record"): "The books' own record of the bank's movement",
    ("reference", "none"): "No reference in common",
    ("payer", "same_party"): "The same party",
    ("payer", "named_in_text"): "The text names the party",
    ("payer", "known_payer"): "It named this party's documents before",
    ("payer", "alias"): "Known to pay for this party",
    ("payer", "alias_of_many"): "Known to pay for this party and others",
    ("payer", "kin"): "A part of the name is the party's",
    ("payer", "other_party"): "Another known party",
    ("payer", "foreign"): "A name we do not know",
    ("payer", "same_name"): "The whole name is repeated",
    ("payer", "cut_name"): "The name, cut off as banks do",
    ("payer", "learned_name"): "The name as this bank wrote it before",
    ("payer", "shared_word"): "A word of the name, and nothing else near has the amount",
    ("payer", "initial_name"): "The name with initials",
    ("payer", "slip_name"): "The name with one slip",
    ("payer", "none"): "No name in common",
    ("amount", "open_amount"): "Exactly what is open",
    ("amount", "discounted"): "Exactly what is open less the discount in time",
    ("amount", "exact"): "Exactly the same",
    ("amount", "part"): "A part of what is open",
    ("amount", "over"): "More than what is open",
    ("amount", "set"): "The sum of several open documents",
    ("amount", "series"): "One of several payments that add up to the document",
    ("amount", "second_set"): "The sum of other open documents, too",
    ("amount", "short_set"): "A little less than several open documents",
    ("amount", "days_sum"): "All of whole days add up to it",
    ("amount", "oldest_sum"): "The oldest in the till add up to it",
    ("amount", "only_sum"): "The only set that adds up to it",
    ("amount", "first_sum"): "Adds up, as another set does that leaves older ones",
    ("amount", "second_sum"): "Adds up, as another set does",
    ("amount", "run_sum"): "The sum of payments of one reference",
    ("amount", "split_sum"): "These lines add up to the payment",
    ("amount", "differing"): "Another amount",
    ("amount", "converted"): "The same at the bank's own rate",
    ("amount", "converted_in_doubt"): "Near it at the bank's own rate",
    ("days", "near"): "Close together",
    ("days", "usual"): "Within the usual time",
    ("days", "early"): "Shortly before it was issued",
    ("days", "far"): "Far apart",
    ("account", "same"): "The account agrees",
    ("account", "unknown"): "Says nothing about the account",
    ("rival", "none_of_them"): "That none of the candidates is right",
    ("rival", "other_set"): "That another set is meant",
}


def money(amount: Decimal | None, currency_code: str | None = None) -> str:
    """`USD -1,234.50`; a dash where there is no amount. Without a currency, the number alone."""
    if amount is None:
        return "–"
    step = Decimal(1).scaleb(-decimals(currency_code))
    said = f"{amount.quantize(step, ROUND_HALF_UP):,}"
    return f"{currency_code} {said}" if currency_code else said


def number_format(currency_code: str) -> str:
    """The printf format of a column of amounts in this currency."""
    return f"%,.{decimals(currency_code)}f"


def decimals(currency_code: str | None) -> int:
    return MINOR_UNITS.get(currency_code or "", 2)


def count(number: int, one: str = "", many: str = "") -> str:
    """`1,234`, or with a noun `1 item`, `1,234 items`."""
    noun = one if number == 1 else many or f"{one}s"
    return f"{number:,} {noun}" if one else f"{number:,}"


def day(date: datetime.date | None) -> str:
    """`5 Sep 2026`; a dash where there is no date."""
    return f"{date.day} {date:%b %Y}" if date else "–"


def moment(iso: str) -> str:
    """A UTC time as `5 Sep 2026, 14:05 UTC`; what is none is said as it is."""
    try:
        at = datetime.datetime.fromisoformat(iso)
    except ValueError:
        return iso
    at = at.astimezone(datetime.UTC) if at.tzinfo else at
    return f"{day(at.date())}, {at:%H:%M} UTC"


def share(part: Decimal, whole: Decimal) -> str:
    """`42%`, never rounded to all or nothing: `<1%`, `>99%`; a dash of nothing."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "<1%"
    if 99 < percent < 100:
        return ">99%"
    return f"{percent:.0f}%"


def bits(weight: int | None) -> str:
    """Thousandths of a bit as `+13.5`."""
    return "–" if weight is None else f"{Decimal(weight).scaleb(-3):+.1f}"


def words(code: str | None) -> str:
    """Plain words for a code."""
    if not code:
        return "–"
    return WORDS.get(code) or code.replace("_", " ").capitalize()


def name(code: str | None) -> str:
    """An entity or connection as people would write it."""
    return (code or "–").replace("_", " ").title()


def level(evidence: str, code: str | None) -> str:
    """What was found of a kind of evidence."""
    return LEVELS.get((evidence, code or "")) or words(code)


def badge(status: str, is_contested: bool = False) -> Badge:
    """How a status of a link looks; contested is never settled, an unknown one is doubtful."""
    if is_contested:
        said = f"{CONTESTED.text}, {badge(status).text.lower()}"
        return replace(CONTESTED, text=said)
    return STATUSES.get(status) or Badge(
        sign="?", text=words(status), tone="doubt", meaning="A status not known to this page."
    )


def side(item_type: str, leg: str | None) -> Side:
    """Which question an item on a leg belongs to."""
    if item_type == "payment":
        return PAYMENTS if leg in ("settlement", "application") else BANKED
    return {"invoice": DOCUMENTS, "bank_line": BANK_LINES}.get(item_type, BUNDLES)


def pill(badge: Badge) -> str:
    """A badge as HTML."""
    return (
        f'<span class="cf-pill cf-{badge.tone}" title="{html.escape(badge.meaning)}">'
        f'<span class="cf-sign">{badge.sign}</span>{html.escape(badge.text)}</span>'
    )
