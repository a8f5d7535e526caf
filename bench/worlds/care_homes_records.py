"""Chances, calendar and records that the parts of a simulated group of care homes share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

Value = TypeVar("Value")
Agency = tuple[str, str, str]

MONTHS = 12
MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
HOLIDAYS = ((1, 1), (7, 4), (12, 25))
DIGITS = "0123456789"
LETTERS_AND_DIGITS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Chance(random.Random):
    """What is drawn for one world; a harder one often has another value in the same place."""

    harder: bool

    def happens(self, share: float) -> bool:
        return self.random() < share

    def either(self, ordinary: Value, harder: Value) -> Value:
        return harder if self.harder else ordinary

    def digits(self, size: int) -> str:
        return "".join(self.choice(DIGITS) for _ in range(size))

    def code(self, size: int) -> str:
        return "".join(self.choice(LETTERS_AND_DIGITS) for _ in range(size))


def chance_of(seed: int, harder: bool) -> Chance:
    chance = Chance(seed * 7919 + (13 if harder else 0))
    chance.harder = harder
    return chance


def business_day(day: date, later: int = 0) -> date:
    """The day itself, or the next working day, and `later` working days after that."""
    while True:
        while day.weekday() > 4 or (day.month, day.day) in HOLIDAYS:
            day += timedelta(days=1)
        if not later:
            return day
        day, later = day + timedelta(days=1), later - 1


class Calendar:
    """The twelve months of a world."""

    def __init__(self, start: date) -> None:
        self.start = start
        year, month = start.year, start.month - 1
        self.months = [
            date(year + (month + each) // 12, (month + each) % 12 + 1, 1) for each in range(MONTHS)
        ]
        self.end = self.day(MONTHS - 1, 31)

    def day(self, month: int, day: int) -> date:
        """That day of the month counted from 0, or its last one."""
        first = self.months[month]
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return min(first + timedelta(days=day - 1), after - timedelta(days=1))

    def month_end(self, month: int) -> date:
        """The last day of the month, moved to a business day if there is one left."""
        return min(self.end, business_day(self.day(month, 31)))


@dataclass(kw_only=True, eq=False)
class Person:
    first: str
    middle: str
    last: str
    suffix: str
    is_male: bool

    @property
    def full(self) -> str:
        middle = f"{self.middle}." if self.middle else ""
        return " ".join(part for part in (self.first, middle, self.last, self.suffix) if part)

    @property
    def short(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def last_first(self) -> str:
        return f"{self.last}, {self.first}" + (f" {self.middle}" if self.middle else "")


@dataclass(kw_only=True, eq=False)
class Resident:
    person: Person
    party_id: str
    id: str
    code: str
    name: str
    # The name on the documents.
    billed_name: str = ""


@dataclass(kw_only=True, eq=False)
class Household:
    """One resident or two, and who pays for them: name in the books and at the bank."""

    number: int
    residents: list[Resident]
    kind: str
    payers: list[tuple[str, str]]
    method: str
    writes: float
    check: int
    delay: int
    code: str
    invoices: list[Invoice] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Invoice:
    """A document, `total` in cents; `open` is what the home still expects."""

    home: Home
    serial: int
    kind: str
    total: int
    issue: date
    due: date
    party_id: str
    party_name: str
    id: str = ""
    number: str = ""
    status: str = "open"
    reference: str = ""
    memo: str = ""
    resident: Resident | None = None
    household: Household | None = None
    agency: Agency | None = None
    service_from: date | None = None
    service_to: date | None = None
    applies_to: Invoice | None = None
    replaces: Invoice | None = None
    # What becomes of a credit note: net, refund or open.
    use: str = ""
    is_pending: bool = False
    is_unrecorded: bool = False
    open: int = field(init=False)

    def __post_init__(self) -> None:
        self.open = self.total

    @property
    def is_payable(self) -> bool:
        return self.kind in ("bill", "vendor_credit")


@dataclass(kw_only=True)
class Share:
    """So much of an invoice was settled, `cents` always positive."""

    invoice: Invoice
    cents: int
    case: str


@dataclass(kw_only=True, eq=False)
class Payment:
    """A payment as booked; `told` is what the payer wrote, `payer` its name at the bank."""

    home: Home
    serial: int
    day: date
    cents: int
    is_out: bool = False
    # Who it is with: household, agency, agency_group or vendor.
    origin: str = "household"
    id: str = ""
    party_id: str = ""
    party_name: str = ""
    method: str = "check"
    reference: str = ""
    memo: str = ""
    fee: int = 0
    payout: str = ""
    payer: str = ""
    told: str = ""
    check: str = ""
    trace: str = ""
    agency: Agency | None = None
    is_named: bool = False
    is_never_cashed: bool = False
    deposited: date | None = None
    returned: date | None = None
    settles: list[Share] = field(default_factory=list)
    # Reference, cents and memo of each line of the advice.
    advice: list[tuple[str, int, str]] = field(default_factory=list)

    def settle(self, invoice: Invoice, cents: int, case: str) -> None:
        """Pay off so much of a document, but no more than it has open."""
        cents = min(cents, invoice.open)
        invoice.open -= cents
        if cents > 0:
            self.settles.append(Share(invoice=invoice, cents=cents, case=case))

    def use_credit(self, credit: Invoice, case: str) -> None:
        """A credit note is netted or paid out whole."""
        self.settles.append(Share(invoice=credit, cents=-credit.total, case=case))
        credit.open = 0

    def withhold(self, cents: int) -> None:
        """Less money came than the settled amounts: the last of them are short of it."""
        while cents:
            last = self.settles.pop()
            lacking = min(cents, last.cents)
            cents -= lacking
            if last.cents > lacking:
                last.cents -= lacking
                self.settles.append(last)


@dataclass(kw_only=True, eq=False)
class Line:
    home: Home
    day: date
    cents: int
    description: str
    counterparty: str
    reference: str
    type: str
    id: str = ""
    clears: list[tuple[Payment, int, str]] = field(default_factory=list)
    settles: list[Share] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Transfer:
    """What an agency sends at once for payments that are booked one by one."""

    day: date
    payments: list[Payment]
    trace: str
    agency: Agency


@dataclass(kw_only=True, eq=False)
class Home:
    """One entity with its habits and its books."""

    id: str
    name: str
    code: str
    wanted: int
    scheme: int
    bank: int
    account: str
    rate: int
    same_rate: float
    gateway: str
    names_payout: bool
    books_fee: bool
    books_slips: bool
    deposits_together: float
    lockbox: str
    keeps_status: bool
    number_in: str
    books_numbers: float
    books_agencies: str
    name_style: str
    sequence: int
    credit_style: str
    check: int
    slip: int
    agencies: Sequence[Agency]
    lockbox_batch: int
    bills_on_the_first: bool
    credit_sequence: int = field(init=False)
    numbers: set[str] = field(default_factory=set)
    households: list[Household] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    # Receipts and debits that nobody booked, with the document each settles.
    unrecorded: list[tuple[Payment, Invoice]] = field(default_factory=list)
    debits: list[tuple[date, Invoice, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.credit_sequence = self.sequence

    def next_check(self) -> str:
        self.check += 1
        return str(self.check)


class World:
    """A group of homes over one year."""

    def __init__(self, chance: Chance, calendar: Calendar) -> None:
        self.chance = chance
        self.calendar = calendar
        self.homes: list[Home] = []
        self.serial = 0
        self.residents = 0

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def invoice(
        self,
        home: Home,
        *,
        kind: str,
        total: int,
        issue: date,
        due: date,
        party_id: str,
        party_name: str,
    ) -> Invoice:
        invoice = Invoice(
            home=home,
            serial=self.next_serial(),
            kind=kind,
            total=total,
            issue=issue,
            due=due,
            party_id=party_id,
            party_name=party_name,
        )
        home.invoices.append(invoice)
        return invoice

    def payment(self, home: Home, day: date, cents: int) -> Payment:
        payment = Payment(home=home, serial=self.next_serial(), day=day, cents=cents)
        home.payments.append(payment)
        return payment
