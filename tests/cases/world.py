"""One labelled instance of a matching case: its items, its right links, and those that must not be.

A case is a function that fills an `Instance`. All it draws comes from the instance's own generator,
so that an instance depends on its seed, its case and its place alone. Amounts are whole cents.

Instances share entities, so that rates and neighbouring numbers meet as they do in life. What keeps
their labels true: surnames and document numbers belong to one instance of an entity, and an
instance without either calls `alone` first, which gives it an entity of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

from pipelines.sandbox.business_days import business_day
from pipelines.sandbox.wording import ENDINGS, FIRST, STEMS, bank_text

Outcome = Literal["AUTO", "ASK", "EITHER", "OPEN", "EXC"]
Kind = Literal["invoice", "payment", "bank_line"]
Via = Literal["payment", "both", "line"]
Check = Literal[
    "pair",  # a right pair that the exchange truth has no words for, with its outcome
    "allowed",  # a pair that is neither right nor wrong
    "suggested",  # a pair that must be shown as a proposal
    "unlinked",  # a pair that must not stand, whoever states it
    "asked",  # an item that must stand in some proposal
    "untouched",  # an item with no automatic link but the right ones
    "open",  # an item on the unmatched list, for one of these reasons
    "closed",  # an item that is not on it
    "exception",  # an item with such an exception
]

RATES = (94_300, 96_750, 104_215, 118_000, 124_300, 139_100)  # set by the state, so many pay them
YEAR = 2026
SURNAMES_EACH = 8
NUMBERS_EACH = 100
FIRST_NUMBER = 10_000
FOR_THE_REST = ("thank you", "room and board", "care", "")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the case list.

    Args:
        make: Fills an instance; None where there is no generator, and then one of the next two.
        waits: What it needs that is not there yet.
        elsewhere: A test that covers it, as file::name, where the exchange format has no words.
    """

    number: int
    title: str
    outcome: str
    make: Callable[[Instance], None] | None = None
    waits: str | None = None
    elsewhere: str | None = None

    @property
    def name(self) -> str:
        slug = self.make.__name__ if self.make else "waits" if self.waits else "elsewhere"
        return f"{self.number:02}_{slug}"

    def instance(self, seed: int, serial: int, place: Place | None = None) -> Instance:
        """The instance with that serial number; the same arguments give the same one."""
        assert self.make is not None, f"case {self.number} has no generator"
        filled = Instance(self, seed, serial, place or Place("home-01", serial))
        self.make(filled)
        return filled


CASES: dict[int, Case] = {}


def case(
    number: int, title: str, outcome: str
) -> Callable[[Callable[[Instance], None]], Callable[[Instance], None]]:
    """Register the generator of a case."""

    def register(make: Callable[[Instance], None]) -> Callable[[Instance], None]:
        _add(Case(number=number, title=title, outcome=outcome, make=make))
        return make

    return register


def without_generator(
    number: int, title: str, outcome: str, *, waits: str | None = None, elsewhere: str | None = None
) -> None:
    """Register a case that waits, or that a test elsewhere covers."""
    assert (waits is None) != (elsewhere is None)
    _add(Case(number=number, title=title, outcome=outcome, waits=waits, elsewhere=elsewhere))


def _add(one: Case) -> None:
    assert one.number not in CASES, f"case {one.number} is registered twice"
    CASES[one.number] = one


@dataclass(frozen=True)
class Place:
    """Where an instance stands: a shared entity, and its slot of names and numbers in it."""

    entity: str
    slot: int


@dataclass(frozen=True)
class Party:
    party_id: str
    name: str

    @property
    def family(self) -> str:
        return self.name.split()[-1]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A row of a file. `amount` is without sign; `row` holds what is written."""

    kind: Kind
    item_id: str
    entity: str
    currency: str
    amount: int
    day: date
    row: dict[str, str]

    @property
    def number(self) -> str:
        return self.row["number"]


@dataclass(frozen=True, kw_only=True)
class Link:
    left: Item
    right: Item
    amount: int
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Forbidden:
    left: Item
    right: Item
    why: str


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What else must hold, see `Check`. `value` is an outcome, a type or reasons with | between."""

    check: Check
    item: Item
    other: Item | None = None
    value: str = ""
    amount: int | None = None


@dataclass
class Instance:
    """Items and labels of one instance. See the module about what may disturb what."""

    case: Case
    seed: int
    serial: int
    place: Place
    invoices: list[Item] = field(default_factory=list)
    payments: list[Item] = field(default_factory=list)
    bank_lines: list[Item] = field(default_factory=list)
    allocations: list[dict[str, str]] = field(default_factory=list)
    remittance_lines: list[dict[str, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    forbidden: list[Forbidden] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(f"{self.seed}/{self.case.number}/{self.serial}")
        self.key = f"{self.case.number:02}-{self.serial:04}"
        self.entity = self.place.entity
        self.month = self.rng.randint(4, 6)  # what is late ends before November
        self._is_alone = False
        self._surnames = 0
        self._numbers = 0
        self._parties = 0
        self.prefix = self.rng.choice(("INV-", "INV-", "INV-", "RB-", "AFC-"))

    def alone(self, suffix: str = "") -> None:
        """Take an entity of its own: for instances that names and numbers do not tell apart."""
        assert not self.items, "the entity is chosen before the first item"
        self._is_alone = True
        self.entity = f"own-{self.key}{suffix}"

    @property
    def items(self) -> list[Item]:
        return self.invoices + self.payments + self.bank_lines

    # What is drawn

    def surname(self) -> str:
        """A surname that nobody else in the entity bears."""
        pool, first = surnames(), 0 if self._is_alone else self.place.slot * SURNAMES_EACH
        assert self._is_alone or self._surnames < SURNAMES_EACH, "too many names in a shared entity"
        self._surnames += 1
        return pool[(first + self._surnames - 1) % len(pool)]

    def party(self, name: str) -> Party:
        self._parties += 1
        return Party(f"{self.key}-c{self._parties}", name)

    def person(self, family: str | None = None) -> Party:
        return self.party(f"{self.rng.choice(FIRST)} {family or self.surname()}")

    def firm(self, kinds: Iterable[str] = ("Fiduciary LLC", "Payee Services Inc")) -> Party:
        return self.party(f"{self.surname()} {self.rng.choice(tuple(kinds))}")

    def payer_of(self, payment: Item) -> Party:
        return Party(payment.row["party_id"], payment.row["party_name"])

    def vendor(self) -> Party:
        return self.firm(("Food Service", "Linen & Laundry", "Maintenance", "Medical Supply"))

    def rate(self) -> int:
        return self.rng.choice(RATES)

    def amount(self, low: int = 15_000, high: int = 480_000) -> int:
        """An amount that hardly anybody else has."""
        return self.rng.randint(low, high) // 10 * 10 + self.rng.randint(1, 9)

    def rate_or_amount(self) -> int:
        return self.rate() if self.rng.random() < 0.6 else self.amount()

    def digits(self) -> str:
        """The next number of this instance; neighbours are one apart."""
        start = FIRST_NUMBER + (0 if self._is_alone else self.place.slot * NUMBERS_EACH)
        assert self._numbers < NUMBERS_EACH, "too many numbers"
        self._numbers += 1
        return str(start + self._numbers - 1)

    def skip_numbers(self, count: int) -> None:
        self._numbers += count

    def number(self) -> str:
        return f"{self.prefix}{self.digits()}"

    def first_of_month(self, later: int = 0) -> date:
        index = self.month - 1 + later
        return date(YEAR + index // 12, index % 12 + 1, 1)

    def after(self, day: date, low: int = 3, high: int = 25) -> date:
        return business_day(day + timedelta(self.rng.randint(low, high)))

    def said(self, number: str) -> str:
        """A whole number as a payer writes it, with what else he may say."""
        written = self.rng.choice((number, number, number.lower(), f"Invoice {number}"))
        rest = self.rng.choice(FOR_THE_REST)
        return (f"{written} {rest}" if self.rng.random() < 0.5 else f"{rest} {written}").strip()

    def any_via(self) -> Via:
        choices: tuple[Via, ...] = ("payment", "both", "both", "line")
        return self.rng.choice(choices)

    def recorded(self) -> Via:
        choices: tuple[Via, ...] = ("payment", "both")
        return self.rng.choice(choices)

    def payer_text(self, name: str) -> str:
        """A person as a bank prints him, whole: upper case, in either order."""
        words = bank_text(name).replace(".", "").split()
        if len(words) != 2:
            return " ".join(words)
        return self.rng.choice((" ".join(words), " ".join(words), f"{words[1]} {words[0]}"))

    def credit_text(self, name: str, said: str = "") -> str:
        who, words = self.payer_text(name) if name else "", bank_text(said)
        pattern = self.rng.choice(
            (
                "ACH CREDIT {} {}",
                "ZELLE FROM {} {}",
                "WIRE IN ORIG:{} {}",
                "{} DES:PAYMENT {} PPD",
            )
        )
        return " ".join(pattern.format(who, words).split())

    # What is written

    def invoice(
        self,
        party: Party,
        total: int,
        issued: date | None = None,
        *,
        number: str | None = None,
        due_days: int = 15,
        direction: Literal["receivable", "payable"] = "receivable",
        currency: str = "USD",
        entity: str | None = None,
        **more: str,
    ) -> Item:
        """A document; a negative total is a credit note."""
        issued = issued or self.first_of_month()
        number = self.number() if number is None else number
        item_id = f"{self.key}-i{len(self.invoices) + 1}"
        row = {
            "invoice_id": item_id,
            "entity": entity or self.entity,
            "direction": direction,
            "number": number,
            "party_id": party.party_id,
            "party_name": party.name,
            "issue_date": issued.isoformat(),
            "due_date": (issued + timedelta(due_days)).isoformat(),
            "currency": currency,
            "total": money(total),
            "status": "open",
            **more,
        }
        return self._kept(self.invoices, "invoice", row, abs(total), issued)

    def bill(self, total: int, issued: date | None = None, party: Party | None = None) -> Item:
        return self.invoice(party or self.vendor(), total, issued, direction="payable")

    def payment(
        self,
        party: Party | None,
        amount: int,
        day: date,
        said: str = "",
        *,
        method: str | None = None,
        direction: Literal["in", "out"] = "in",
        currency: str = "USD",
        entity: str | None = None,
        fee: int = 0,
        **more: str,
    ) -> Item:
        """A recorded payment; what is said stands in its reference or in its memo."""
        item_id = f"{self.key}-p{len(self.payments) + 1}"
        row = {
            "payment_id": item_id,
            "entity": entity or self.entity,
            "direction": direction,
            "party_id": party.party_id if party else "",
            "party_name": party.name if party else "",
            "date": day.isoformat(),
            "currency": currency,
            "amount": money(amount),
            "method": method or self.rng.choice(("ach", "ach", "eft", "wire")),
            **({self.rng.choice(("reference", "memo")): said} if said else {}),
            "fee": money(fee) if fee else "",
            "account": "operating",
            **more,
        }
        return self._kept(self.payments, "payment", row, amount, day)

    def line(
        self,
        amount: int,
        day: date,
        description: str,
        *,
        account: str = "operating",
        currency: str = "USD",
        entity: str | None = None,
        **more: str,
    ) -> Item:
        """A bank line; a negative amount left the account."""
        item_id = f"{self.key}-b{len(self.bank_lines) + 1}"
        row = {
            "line_id": item_id,
            "entity": entity or self.entity,
            "account": account,
            "date": day.isoformat(),
            "currency": currency,
            "amount": money(amount),
            "description": description,
            "type": "credit" if amount > 0 else "debit",
            **more,
        }
        return self._kept(self.bank_lines, "bank_line", row, abs(amount), day)

    def receipt(
        self,
        payer: Party,
        amount: int,
        day: date,
        said: str = "",
        *,
        via: Via | None = None,
        known: bool = True,
        entity: str | None = None,
    ) -> Item:
        """Money of a payer whose name the bank prints; both of its records are linked.

        Args:
            known: Whether the books know the payer as one of their parties; if not, by name alone.

        Returns:
            What settles the invoice: the payment, or the bank line where nobody recorded one.
        """
        via = via or self.any_via()
        paid = None
        if via != "line":
            party = payer if known else Party("", payer.name)
            paid = self.payment(party, amount, day, said, entity=entity)
        if via == "payment" and paid:
            return paid
        booked = business_day(day, self.rng.randint(0, 2))
        line = self.line(amount, booked, self.credit_text(payer.name, said), entity=entity)
        if paid:
            self.link(paid, line)
        return paid or line

    def bank_out(self, paid: Item, text: str, **more: str) -> Item:
        """The bank line of a payment that left the account, linked."""
        booked = business_day(paid.day, self.rng.randint(0, 2))
        line = self.line(-paid.amount, booked, bank_text(text), **more)
        self.link(paid, line)
        return line

    def history(
        self, debtor: Party, payer: Party, total: int, *, known: bool = True, months: int = 3
    ) -> None:
        """Earlier months that the payer settled by number: what a relation is learned from."""
        for earlier in range(months, 0, -1):
            issued = self.first_of_month(-earlier)
            invoice = self.invoice(debtor, total, issued)
            paid = self.receipt(
                payer, total, self.after(issued), self.said(invoice.number), via="both", known=known
            )
            self.link(invoice, paid, outcome="AUTO" if known else "EITHER")
            if not known and self.serial % 2:  # then the books say so besides the number
                self.books_say(paid, invoice, total)

    def remits(self, payment: Item, reference: str, amount: int | None = None) -> None:
        self.remittance_lines.append(
            {
                "payment_id": payment.item_id,
                "invoice_reference": reference,
                "amount": "" if amount is None else money(amount),
            }
        )

    def books_say(self, payment: Item, invoice: Item, amount: int) -> None:
        self.allocations.append(
            {
                "payment_id": payment.item_id,
                "invoice_id": invoice.item_id,
                "amount": money(amount),
            }
        )

    def _kept(
        self, kept: list[Item], kind: Kind, row: dict[str, str], amount: int, day: date
    ) -> Item:
        item = Item(
            kind=kind,
            item_id=next(iter(row.values())),
            entity=row["entity"],
            currency=row["currency"],
            amount=amount,
            day=day,
            row=row,
        )
        kept.append(item)
        return item

    # What is right, and what is not

    def link(
        self, left: Item, right: Item, amount: int | None = None, outcome: Outcome = "AUTO"
    ) -> None:
        """A right link; its amount is the smaller of the two unless told."""
        amount = min(left.amount, right.amount) if amount is None else amount
        self.links.append(Link(left=left, right=right, amount=amount, outcome=outcome))

    def never(self, left: Item | Iterable[Item], right: Item | Iterable[Item], why: str) -> None:
        """Pairs that must not be automatic, each of one side with each of the other."""
        lefts = (left,) if isinstance(left, Item) else tuple(left)
        rights = (right,) if isinstance(right, Item) else tuple(right)
        for one, other in itertools.product(lefts, rights):
            self.forbidden.append(Forbidden(left=one, right=other, why=why))

    def expect(
        self,
        check: Check,
        item: Item,
        other: Item | None = None,
        value: str = "",
        amount: int | None = None,
    ) -> None:
        self.expected.append(
            Expected(check=check, item=item, other=other, value=value, amount=amount)
        )


def money(cents: int) -> str:
    """Cents as a plain decimal: -1205 is "-12.05"."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02}"


@cache
def surnames() -> tuple[str, ...]:
    """Some 2,700 surnames, each once, in an order that is no alphabet."""
    long = (f"{one}{other.lower()}" for one in STEMS for other in STEMS if one != other)
    found = list(dict.fromkeys([*(one + end for one in STEMS for end in ENDINGS), *long]))
    Random("surnames").shuffle(found)
    return tuple(found)


def slots() -> int:
    """How many instances one shared entity can hold."""
    return len(surnames()) // SURNAMES_EACH


def subsets_that_sum(amounts: list[int], wanted: int) -> list[tuple[int, ...]]:
    """Every set of positions whose amounts sum to what is wanted; for a dozen amounts or so."""
    return [
        chosen
        for size in range(1, len(amounts) + 1)
        for chosen in itertools.combinations(range(len(amounts)), size)
        if sum(amounts[position] for position in chosen) == wanted
    ]


ROOT = Path(__file__).parents[2]
