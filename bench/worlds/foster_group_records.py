"""The records of a foster group, and the days on which its banks work.

Money is an integer count of cents and a day its ordinal in the calendar.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import ClassVar

# A year and a half, of which months are known for a little longer.
START = date(2024, 9, 1).toordinal()
END = date(2026, 3, 31).toordinal()
MONTHS = [
    (first.toordinal(), following.toordinal() - 1)
    for first, following in pairwise(
        date(2024 + month // 12, month % 12 + 1, 1) for month in range(8, 28)
    )
]
HOLIDAYS = {
    date.fromisoformat(day).toordinal()
    for day in """
    2024-09-02 2024-10-14 2024-11-11 2024-11-28 2024-12-25 2025-01-01 2025-01-20 2025-02-17
    2025-05-26 2025-06-19 2025-07-04 2025-09-01 2025-10-13 2025-11-11 2025-11-27 2025-12-25
    2026-01-01 2026-01-19 2026-02-16 2026-05-25
    """.split()
}


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What those who live in a world do, as shares."""

    # Numbers that the book keeps, and those of them that the bank shows, too.
    book_number: float
    line_number: float
    paid_by_others: float
    number_slips: float
    name_damaged: float
    # Others whose payments the book keeps under no party's id.
    has_no_id: float


ORDINARY = Habits(
    book_number=0.45,
    line_number=0.86,
    paid_by_others=0.11,
    number_slips=0.025,
    name_damaged=0.05,
    has_no_id=0.06,
)
HARDER = replace(
    ORDINARY,
    book_number=0.34,
    line_number=0.7,
    paid_by_others=0.25,
    number_slips=0.05,
    name_damaged=0.10,
    has_no_id=0.08,
)


@dataclass(kw_only=True, eq=False)
class Payer:
    """Sends money for a party.

    `recorded` is how the book keeps who paid: as the `party`, by name under the party's id
    (`payer`), by name under an id of its `own`, or by name alone (`nobody`). `naming` is a factor
    of how often the number is named, `delay` the fewest days to pay and how many may be added, and
    `check` the number of the last cheque.
    """

    name: str
    bank_name: str
    method: str
    recorded: str
    naming: float
    delay: tuple[int, int]
    check: int = 0
    is_other: bool = False
    is_organisation: bool = False
    id: str = ""

    def next_check(self, step: int = 1) -> int:
        self.check += step
        return self.check


@dataclass(kw_only=True, eq=False)
class Party:
    """Whom an invoice bills, or who bills.

    `name` is as invoices show it, `plain_name` as payments do. `kind` is private, agency,
    organisation or vendor. What comes in for an unrecorded one goes straight to the bank.
    """

    id: str
    name: str
    plain_name: str
    kind: str
    payers: list[Payer] = field(default_factory=list)
    is_unrecorded: bool = False


@dataclass(kw_only=True, eq=False)
class Resident:
    """Lives in a home from `start` to `end`, at rates of which three are places in a list.

    `kind` is public, private or respite, `private` a monthly rate in cents and `extras` how often
    a month has some.
    """

    id: str
    name: str
    kind: str
    start: int
    end: int
    party: Party
    agency: Party | None
    board: int
    service: int
    private: int
    extras: float


@dataclass(kw_only=True, eq=False)
class Invoice:
    """A document of the book; a credit note has a negative total.

    `recorded` is what the book thinks was paid, `credit` the note that lowers the invoice, and
    `quoted_as` the number that a payer gives instead.
    """

    item_type: ClassVar[str] = "invoice"
    direction: str
    party: Party
    issue: int
    due: int
    cents: int
    memo: str = ""
    resident: Resident | None = None
    service: tuple[int, int] | None = None
    id: str = ""
    number: str = ""
    status: str = "open"
    reference: str = ""
    discount: int = 0
    recorded: int = 0
    applies_to: Invoice | None = None
    credit: Invoice | None = None
    replaces: Invoice | None = None
    quoted_as: str = ""

    @property
    def owed(self) -> int:
        """What it asks for after its credit note."""
        return self.cents + (self.credit.cents if self.credit else 0)


@dataclass(frozen=True, kw_only=True)
class Share:
    """What of a movement is meant for an invoice."""

    invoice: Invoice
    cents: int


@dataclass(kw_only=True, eq=False)
class Movement:
    """Money on its way, of which a payment, a bank line or both will tell.

    `quoted` are the invoices whose numbers are named, at any rate if it `is_sure`.
    """

    day: int
    payer: Payer
    party: Party
    cents: int
    shares: Sequence[Share] = ()
    direction: str = "in"
    method: str = ""
    check: int = 0
    case: str = "whole"
    note: str = ""
    quoted: Sequence[Invoice] = ()
    is_sure: bool = False
    is_recorded: bool = True
    is_returned: bool = False
    has_advice: bool = False
    reaches_bank: bool = True

    @property
    def numbers(self) -> list[str]:
        return [invoice.quoted_as or invoice.number for invoice in self.quoted]


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A line of a remittance; some price nothing."""

    reference: str
    cents: int | None
    memo: str


@dataclass(kw_only=True, eq=False)
class Payment:
    """As the book has it."""

    item_type: ClassVar[str] = "payment"
    direction: str
    party_id: str
    party_name: str
    day: int
    cents: int
    method: str
    reference: str
    memo: str
    account: str
    fee: int = 0
    payout: str = ""
    id: str = ""
    advice: list[Advice] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Line:
    """A line of a bank feed; its cents are signed."""

    item_type: ClassVar[str] = "bank_line"
    account: str
    day: int
    cents: int
    description: str
    counterparty: str
    reference: str
    kind: str
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What of the right item is of the left one."""

    left: Invoice | Payment
    right: Payment | Line
    cents: int
    case: str


@dataclass(kw_only=True, eq=False)
class Entity:
    """A legal entity: what it charges, how it numbers, banks and keeps its book, and its records.

    `style` is that of its bank and `scheme` that of its numbers. `till_share` is of the cheques,
    `party_ids` of the payments that carry their party's id; `book_number` and `line_number` are its
    own of the habits.
    """

    name: str
    chance: random.Random
    habits: Habits
    firm: str
    state: str
    prefix: str
    scheme: str
    style: str
    operating: str
    savings: str
    gateway: str
    shows_payouts: bool
    payout_rhythm: str
    till_share: float
    keeps_status: bool
    last_name_first: bool
    book_number: float
    line_number: float
    shows_trace: float
    party_ids: float
    unrecorded: float
    board_rates: Sequence[int]
    service_rates: Sequence[int]
    private_rates: Sequence[int]
    before_first: int
    check: int
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    @property
    def code(self) -> str:
        """What ids of its parties have of its name."""
        return self.name[1:]

    def next_check(self) -> int:
        self.check += 1
        return self.check


def banking_day(day: int) -> int:
    """The day itself, or the next on which banks work."""
    while day % 7 in (6, 0) or day in HOLIDAYS:
        day += 1
    return day


def banking_days_after(day: int, count: int) -> int:
    """The day that many banking days later."""
    day = banking_day(day)
    for _ in range(count):
        day = banking_day(day + 1)
    return day
