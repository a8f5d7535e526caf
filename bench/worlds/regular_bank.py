"""How the payments of a simulated regular provider are written about: payers, book and bank.

Its records, the words of its payers, and what the bookkeeper keys and the bank prints of a payment.
"""

from __future__ import annotations

import random
import string
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar

from bench.worlds.people import damage, folded

MONTHS = 12
MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
FIRST_DAY = date(2025, 1, 1)
# A day is the number of days since the first one.
MONTH_STARTS = [
    (date(2025 + month // 12, month % 12 + 1, 1) - FIRST_DAY).days for month in range(MONTHS + 1)
]
END = MONTH_STARTS[MONTHS] + 12

# What becomes of a number that a payer names.
STATES = ("whole", "stripped", "swapped", "typo", "other", "cut")
# How a bookkeeper keys who paid: the party and its name, the party and the payer's name, or the
# payer's name alone.
KEYED = ("party", "payer", "name_alone")
PAYOUT_CODE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PAYOUT_TEXTS = {
    "STRIPE": "STRIPE TRANSFER {id}",
    "SQUARE": "SQUARE INC DEPOSIT",
    "INTUIT": "INTUIT PYMT SOLN DEPOSIT",
}
# One of each for every bank, in its order; shorter ones start again.
LINE_TEXTS = {
    "p2p": (
        "ZELLE FROM {name} {words}",
        "Zelle payment from {name} {words}",
        "ZELLE CREDIT {name} {words} {trace}",
        "VENMO CASHOUT {name} {words}",
        "ZELLE FROM {name} REF {trace} {words}",
    ),
    "wire": ("WIRE IN ORIG:{name} PMT DET:{words}",),
    "eft": (
        "EFT CREDIT {name} {trace} {words}",
        "{name} DES:HCCLAIMPMT TRN {trace} {words}",
        "ACH CREDIT {name} VENDOR PAY {words}",
    ),
    "ach": (
        "ACH CREDIT {name} {words}",
        "ORIG CO NAME:{name} DESCR:PAYMENT {words}",
        "ACH DEPOSIT {name} {words} {trace}",
        "ELECTRONIC DEPOSIT {name} {words}",
        "{name} DES:BILLPAY {words}",
    ),
}
BANKS = 5
DEPOSIT_WEIGHTS = (22, 22, 22, 20, 14)
# About how many cheques the largest entity deposits at once.
LARGEST_DEPOSIT = 40
# The most cheques of a deposit that has the case.
DEPOSIT_CASES = ((1, "deposit_1"), (4, "deposit_2_4"), (8, "deposit_5_8"), (30, "deposit_9_30"))


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What those who live in a world do, as shares where no unit is given."""

    # Payers who always, sometimes and hardly ever name the number.
    naming: tuple[float, float, float]
    # By STATES.
    number_states: tuple[float, float, float, float, float, float]
    paid_by_payee: float
    paid_by_relative: float
    relative_of_other_name: float
    # By the first two of KEYED; the rest is the third.
    keyed: tuple[float, float]
    party_id_lost: float
    keyed_name_damaged: float
    bank_name_damaged: float
    bank_name_initial: float
    bank_name_cut: float
    words_on_line: float
    memo_lost: float
    # Weights beside those of the other channels.
    check: float
    card: float
    # Paid straight to the bank, and never recorded.
    direct: float
    full_name_on_return: bool
    # Deposits for which a cheque or two lie in the till until the next.
    held_back: float
    # About how many cheques make a deposit, as often as DEPOSIT_WEIGHTS says.
    deposit_sizes: tuple[int, int, int, int, int]
    agency_lists: float
    payee_lists: float
    list_damaged: float
    denied: float


ORDINARY = Habits(
    naming=(0.70, 0.14, 0.16),
    number_states=(0.79, 0.155, 0.022, 0.001, 0.001, 0.002),
    paid_by_payee=0.10,
    paid_by_relative=0.30,
    relative_of_other_name=0.5,
    keyed=(0.70, 0.18),
    party_id_lost=0.05,
    keyed_name_damaged=0.03,
    bank_name_damaged=0.035,
    bank_name_initial=0.12,
    bank_name_cut=0.07,
    words_on_line=0.80,
    memo_lost=0.02,
    check=0.115,
    card=0.08,
    direct=0.10,
    full_name_on_return=True,
    held_back=0.25,
    deposit_sizes=(2, 3, 5, 8, 12),
    agency_lists=0.98,
    payee_lists=0.97,
    list_damaged=0.0,
    denied=0.0,
)
HARDER = replace(
    ORDINARY,
    naming=(0.60, 0.17, 0.23),
    number_states=(0.75, 0.19, 0.035, 0.004, 0.002, 0.006),
    paid_by_relative=0.37,
    relative_of_other_name=0.65,
    keyed=(0.58, 0.26),
    party_id_lost=0.08,
    keyed_name_damaged=0.06,
    bank_name_damaged=0.06,
    bank_name_initial=0.14,
    bank_name_cut=0.09,
    words_on_line=0.74,
    memo_lost=0.04,
    check=0.105,
    direct=0.115,
    full_name_on_return=False,
    held_back=0.4,
    deposit_sizes=(2, 3, 6, 10, 15),
    agency_lists=0.97,
    payee_lists=0.95,
    list_damaged=0.01,
    denied=0.03,
)


@dataclass(frozen=True, kw_only=True)
class Person:
    first: str
    middle: str
    last: str

    @property
    def full(self) -> str:
        middle = f"{self.middle}." if self.middle else ""
        return " ".join(part for part in (self.first, middle, self.last) if part)


Who = Person | str


@dataclass(kw_only=True, eq=False)
class Payer:
    """Who pays, and how.

    `kind` is self, relative, payee or agency, `keyed` one of KEYED. `naming` is how often it names
    the number, `together` how often it pays several invoices at once, `lag` its days to pay. Its
    name at the bank is the first of `bank_names`, now and then the second. `check` is the number of
    its last cheque.
    """

    who: Who
    kind: str
    naming: float
    channel: str
    bank_names: tuple[str, str]
    lag: float
    check: int
    together: float = 0.0
    keyed: str = "party"

    @property
    def always_names(self) -> bool:
        """Whether its invoices are known by their numbers, but for a slip."""
        return self.naming > 0.9

    @property
    def name(self) -> str:
        return self.who if isinstance(self.who, str) else self.who.full


@dataclass(kw_only=True, eq=False)
class Organisation:
    id: str
    name: str
    payer: Payer


@dataclass(kw_only=True, eq=False)
class Resident:
    """`agency` pays the care, `payer` all else; it is that of `payee` if there is one."""

    id: str
    name: str
    payer: Payer
    payee: Organisation | None
    agency: Organisation | None = None


@dataclass(kw_only=True, eq=False)
class Entity:
    """A legal entity: its numbers, its bank's ways and its invoices in the order of issue.

    `check` is the weight of cheques among its channels, `longest` the letters of its bank's longest
    text, 0 if there is no limit.
    """

    name: str
    is_largest: bool
    scheme: str
    prefix: str
    before_first: int
    bank: int
    longest: int
    has_counterparty: bool
    gateway: str
    check: float
    account: str
    invoices: list[Invoice] = field(default_factory=list)

    def number(self, sequence: int) -> str:
        return {
            "A": f"INV-{sequence:06d}",
            "B": f"{self.prefix}-2025-{sequence:05d}",
            "C": f"{self.prefix}{sequence:05d}",
            "D": str(sequence),
        }[self.scheme]


@dataclass(kw_only=True, eq=False)
class Invoice:
    """`kind` is room, care or extra, `place` its index among those of its entity."""

    item_type: ClassVar[str] = "invoice"
    entity: Entity
    resident: Resident
    agency: Organisation | None
    kind: str
    month: int
    issue: int
    cents: int
    id: str = ""
    place: int = 0
    sequence: int = 0

    @property
    def due(self) -> int:
        return self.issue + 14

    @property
    def party(self) -> Organisation | Resident:
        """Who is billed."""
        return self.agency or self.resident

    @property
    def number(self) -> str:
        return self.entity.number(self.sequence)


@dataclass(kw_only=True, eq=False)
class Payment:
    item_type: ClassVar[str] = "payment"
    entity: Entity
    party_id: str
    party_name: str
    day: int
    cents: int
    method: str
    id: str = ""
    reference: str = ""
    memo: str = ""
    fee: int = 0
    payout: str = ""


@dataclass(kw_only=True, eq=False)
class Line:
    item_type: ClassVar[str] = "bank_line"
    entity: Entity
    day: int
    cents: int
    description: str
    counterparty: str
    type: str
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Share:
    """So much of an invoice was paid."""

    invoice: Invoice
    cents: int
    case: str


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A line of a remittance; one of zero was denied."""

    payment: Payment
    reference: str
    cents: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A row of the truth."""

    left: Invoice | Payment
    right: Payment | Line
    cents: int
    case: str


@dataclass(kw_only=True)
class World:
    chance: random.Random
    habits: Habits
    # Cents of a room by the month, that most residents have.
    rates: list[int]
    parties: int = 0
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)
    truth: list[Pair] = field(default_factory=list)

    def party_id(self) -> str:
        self.parties += 1
        return f"C{self.parties:06d}"


# What payers write.


def stripped(invoice: Invoice, chance: random.Random) -> str:
    """The number without its prefix or zeros, as people shorten it."""
    short = str(invoice.sequence)
    padded = invoice.number.rpartition("-")[2].lstrip(string.ascii_uppercase)
    return chance.choice(
        (
            f"#{short}",
            f"inv {short}",
            f"INV{padded}",
            f"invoice {short}",
            padded,
            f"#{padded}",
            short,
        )
    )


def mistyped(invoice: Invoice, is_swapped: bool, chance: random.Random) -> str:
    """The number with two digits swapped, if they differ anywhere, or one changed."""
    digits = str(invoice.sequence)
    places = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1]]
    if is_swapped and places:
        at = places[-1] if chance.random() < 0.5 else chance.choice(places)
        wrong = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    else:
        at = chance.randrange(len(digits) // 2, len(digits))
        changed = (int(digits[at]) + chance.randint(1, 9)) % 10
        wrong = digits[:at] + str(changed) + digits[at + 1 :]
    return invoice.number.removesuffix(digits) + wrong


def words_without_number(invoice: Invoice, chance: random.Random) -> str:
    month = MONTH_NAMES[invoice.month]
    return chance.choice(
        (
            "",
            "",
            "",
            "",
            "rent",
            "payment",
            "room and board",
            f"{month} rent",
            f"{month} care",
            "for Mom",
            f"for {invoice.resident.name}",
            "thank you",
            f"R&B {month}",
        )
    )


def words_around(number: str, invoice: Invoice, chance: random.Random) -> str:
    """The number, alone or with the words that people put beside it."""
    draw = chance.random()
    if draw < 0.55:
        return number
    if draw < 0.70:
        return f"Invoice {number}"
    if draw < 0.82:
        return f"{MONTH_NAMES[invoice.month]} rent {number}"
    if draw < 0.92:
        return f"{number} {invoice.resident.name}"
    return f"pymt {number}"


def words_for_one(
    invoice: Invoice, naming: float, habits: Habits, chance: random.Random
) -> tuple[str, str]:
    """What is written of one invoice, and the state of the number in it: one of STATES or none.

    `naming` is the share of those who name the number.
    """
    if chance.random() >= naming:
        return words_without_number(invoice, chance), "none"
    state = chance.choices(STATES, habits.number_states)[0]
    number = invoice.number
    if state == "other":
        siblings = invoice.entity.invoices
        near = invoice.place + chance.choice((-2, -1, 1, 2))
        other = siblings[min(len(siblings) - 1, max(0, near))]
        if other.party is invoice.party:
            state = "whole"
        else:
            number = other.number
    elif state == "cut":
        return f"room and board {invoice.resident.name} {number[:-2]}", state
    elif state == "stripped":
        number = stripped(invoice, chance)
    elif state in ("swapped", "typo"):
        number = mistyped(invoice, state == "swapped", chance)
    return words_around(number, invoice, chance), state


def words_for_several(
    invoices: Sequence[Invoice], habits: Habits, chance: random.Random
) -> tuple[str, str]:
    """The numbers in a row, and the case."""
    between = chance.choice((", ", " ", " & ", "; ", "/"))
    draw = chance.random()
    if draw < 0.15:
        return between.join(str(invoice.sequence) for invoice in invoices), "list_stripped"
    numbers = [invoice.number for invoice in invoices]
    case = "list"
    if draw < 0.15 + habits.list_damaged:
        at = chance.randrange(len(invoices))
        numbers[at] = mistyped(invoices[at], True, chance)
        case = "list_damaged"
    return between.join(numbers), case


# What banks print.


def name_at_the_bank(who: Who, habits: Habits, chance: random.Random) -> str:
    """Upper case, in any order, with initials, cut or with a slip."""
    if isinstance(who, str):
        text = folded(who).upper()
        if chance.random() < 0.3:
            text = text.replace("SERVICES", "SVCS").replace("COUNTY", "CO")
        return text[: chance.choice((18, 22, 35, 35))].strip()
    first, middle, last = who.first, who.middle, who.last
    draw, initial = chance.random(), habits.bank_name_initial
    if draw < initial * 0.7:
        text = f"{first[0]} {last}"
    elif draw < initial:
        text = f"{last} {first[0]}"
    elif draw < initial + 0.25:
        text = f"{last} {first}"
    elif draw < initial + 0.33:
        text = f"{last}, {first} {middle}"
    elif middle and draw < initial + 0.55:
        text = f"{first} {middle} {last}"
    else:
        text = f"{first} {last}"
    text = folded(text).upper().strip()
    if chance.random() < habits.bank_name_damaged:
        text = damage(text, chance)
    if chance.random() < habits.bank_name_cut:
        text = text[: chance.randint(9, 14)]
    return text.strip()


class Bank:
    """One entity's payments as its bookkeeper keys them, and the lines of its account."""

    def __init__(self, world: World, entity: Entity) -> None:
        self.world = world
        self.chance = world.chance
        self.habits = world.habits
        self.entity = entity
        self.till: list[Payment] = []
        self.by_card: defaultdict[int, list[Payment]] = defaultdict(list)

    # The book.

    def record(
        self,
        payer: Payer,
        lead: Invoice,
        day: int,
        cents: int,
        words: str,
        shares: Sequence[Share] = (),
        *,
        party: tuple[str, str] | None = None,
        is_returned: bool = False,
        keeps_words: bool = False,
    ) -> Payment | None:
        """Key a payment and take it to the bank, unless it comes too late or is of nothing.

        Args:
            lead: The invoice whose party the payment is keyed under, if none is given.
            shares: What it settles. One that is returned settles nothing.
            party: Id and name, where they are not left to the bookkeeper's way.
            keeps_words: The words are never left out.
        """
        chance = self.chance
        if day > END or cents <= 0:
            return None
        party_id, party_name = party or self.keyed_party(payer, lead)
        payment = Payment(
            entity=self.entity,
            party_id=party_id,
            party_name=party_name,
            day=day,
            cents=cents,
            method="ach" if payer.channel == "p2p" else payer.channel,
        )
        keyed = words
        may_be_lost = words and not keeps_words and chance.random() < self.habits.memo_lost
        if may_be_lost and not any(share.case == "instalment" for share in shares):
            keyed = ""
        if payer.channel == "check":
            payer.check += 1
            payment.reference, payment.memo = str(payer.check), keyed
        elif payer.channel == "eft":
            payment.reference, payment.memo = str(chance.randrange(10**8, 10**9)), keyed
        elif chance.random() < 0.3:
            payment.reference = keyed
        else:
            payment.memo = keyed
        self.world.payments.append(payment)
        self.world.truth += [
            Pair(left=share.invoice, right=payment, cents=share.cents, case=share.case)
            for share in shares
            if share.cents > 0
        ]
        if payer.channel == "check":
            self.till.append(payment)
        elif payer.channel == "card":
            payment.fee = round(cents * 0.029) + 30
            self.by_card[day + (1 if chance.random() < 0.8 else 2)].append(payment)
        else:
            self.clear_alone(payer, payment, words, is_returned)
        return payment

    def keyed_party(self, payer: Payer, invoice: Invoice) -> tuple[str, str]:
        """Id and name under which the bookkeeper keys what was paid of the invoice."""
        chance, habits, keyed = self.chance, self.habits, payer.keyed
        if chance.random() < 0.06 and payer.kind != "self":
            keyed = chance.choice(KEYED)
        if keyed == "name_alone":
            is_damaged = chance.random() < habits.keyed_name_damaged
            return "", damage(payer.name, chance) if is_damaged else payer.name
        name = invoice.party.name if keyed == "party" else payer.name
        if chance.random() < habits.party_id_lost:
            return "", damage(name, chance) if chance.random() < 0.25 else name
        return invoice.party.id, name

    # The account.

    def line(
        self, day: int, cents: int, text: str, counterparty: str = "", type: str = ""
    ) -> Line | None:
        """A line, unless it comes too late."""
        if day > END:
            return None
        if self.entity.longest:
            text = text[: self.entity.longest]
        line = Line(
            entity=self.entity,
            day=day,
            cents=cents,
            description=" ".join(text.split()),
            counterparty=counterparty if self.entity.has_counterparty else "",
            type=type,
        )
        self.world.lines.append(line)
        return line

    def pair(self, left: Invoice | Payment, line: Line | None, cents: int, case: str) -> None:
        if line:
            self.world.truth.append(Pair(left=left, right=line, cents=cents, case=case))

    def receipt(
        self, payer: Payer, day: int, cents: int, words: str, reference: str = ""
    ) -> Line | None:
        """A line that one payer's money has for itself."""
        chance = self.chance
        name = payer.bank_names[0 if chance.random() < 0.8 else 1]
        trace = str(chance.randrange(10**7, 10**8))
        texts = LINE_TEXTS[payer.channel]
        text = texts[self.entity.bank % len(texts)].format(
            name=name, words=words, trace=reference if payer.channel == "eft" else trace
        )
        return self.line(day, cents, text, name)

    def clear_alone(self, payer: Payer, payment: Payment, words: str, is_returned: bool) -> None:
        chance = self.chance
        is_lost = chance.random() < 0.003
        if is_lost and not is_returned:
            return
        day = payment.day + chance.choices((-1, 0, 1, 2, 3, 5), (6, 30, 34, 20, 8, 2))[0]
        is_shown = chance.random() < self.habits.words_on_line
        shown = words if is_shown else ""
        line = self.receipt(payer, day, payment.cents, shown, payment.reference)
        if is_returned:
            case = "line_returned"
        elif payer.channel == "eft":
            case = "line_eft"
        elif any(letter.isdigit() for letter in shown):
            case = "line_number"
        elif payer.kind == "relative" and payment.party_name != payer.name:
            case = "line_foreign_name"
        else:
            case = "line_name"
        self.pair(payment, line, payment.cents, case)
        if is_returned:
            self.send_back(payer, day, payment.cents, words)

    def send_back(self, payer: Payer, day: int, cents: int, words: str) -> None:
        """The return of a receipt, often with a fee; neither pairs with anything."""
        chance, who = self.chance, payer.who
        name = name_at_the_bank(who, self.habits, chance)
        shown = words if chance.random() < 0.5 else ""
        if self.habits.full_name_on_return and isinstance(who, Person) and not shown:
            forms = (
                f"{who.last} {who.first}",
                f"{who.first} {who.last}",
                f"{who.last}, {who.first}",
                f"{who.first[0]} {who.last}",
            )
            name = folded(chance.choice(forms)).upper()
        back = day + chance.randint(1, 6)
        texts = (
            f"RETURNED ITEM {name} {shown}",
            f"ACH RETURN R01 {name} {shown}",
            f"REVERSAL {name} {shown} NSF",
        )
        self.line(back, -cents, chance.choice(texts), name)
        if chance.random() < 0.5:
            self.line(back, -chance.choice((1_200, 1_500, 3_500)), "RETURNED ITEM FEE")

    def receive_unrecorded(
        self, payer: Payer, invoice: Invoice, day: int, words: str, case: str
    ) -> None:
        """The invoice is paid straight to the bank, and nobody keys a payment."""
        day += self.chance.randint(0, 2)
        if day <= END:
            line = self.receipt(payer, day, invoice.cents, words)
            self.pair(invoice, line, invoice.cents, case)

    def pay_out_cards(self) -> None:
        """The gateway pays out a day's cards at once, less its fees."""
        chance, gateway = self.chance, self.entity.gateway
        size = 40 if self.entity.is_largest else 25
        for day, payments in sorted(self.by_card.items()):
            for at in range(0, len(payments), size):
                batch = payments[at : at + size]
                payout = "po_" + "".join(chance.choices(PAYOUT_CODE, k=12))
                for payment in batch:
                    payment.payout = payout
                net = sum(payment.cents - payment.fee for payment in batch)
                text = PAYOUT_TEXTS[gateway].format(id=payout.upper())
                line = self.line(day + chance.choice((1, 1, 2, 3)), net, text, gateway.title())
                case = "payout_id" if gateway == "STRIPE" else "payout_sum"
                for payment in batch:
                    self.pair(payment, line, payment.cents - payment.fee, case)

    def deposit_checks(self) -> None:
        """Mostly all that lies in the till; sometimes a cheque or two wait for the next time."""
        chance, habits = self.chance, self.habits
        till = sorted(self.till, key=lambda payment: payment.day)
        if not till:
            return
        usual = (
            max(LARGEST_DEPOSIT, len(till) // 250)
            if self.entity.is_largest
            else chance.choices(habits.deposit_sizes, DEPOSIT_WEIGHTS)[0]
        )
        pool: list[Payment] = []
        at, day = 0, till[0].day
        while at < len(till) or pool:
            size = max(1, round(usual * chance.lognormvariate(0, 0.5)))
            while (
                at < len(till)
                and len(pool) < size
                and (not pool or till[at].day - pool[0].day < 24)
            ):
                pool.append(till[at])
                at += 1
            day = max(day, pool[-1].day) + chance.choice((0, 1, 1, 2))
            # What came in on the same days is in the till, too.
            while at < len(till) and till[at].day < day and len(pool) < size * 1.5:
                pool.append(till[at])
                at += 1
            waiting: list[Payment] = []
            if len(pool) > 1 and chance.random() < habits.held_back:
                latest = pool[-max(2, len(pool) // 3) :]
                waiting = chance.sample(latest, min(len(latest) - 1, chance.choice((1, 1, 2))))
            self.deposit([payment for payment in pool if payment not in waiting], day)
            pool = waiting

    def deposit(self, batch: Sequence[Payment], day: int) -> None:
        """One line without a slip."""
        chance, size = self.chance, len(batch)
        scanner = chance.randint(10_000, 99_999)
        texts = ("DEPOSIT", "COUNTER DEPOSIT", f"REMOTE DEPOSIT {scanner}", "MOBILE DEPOSIT")
        total = sum(payment.cents for payment in batch)
        line = self.line(day, total, chance.choice(texts), type="deposit")
        case = next((case for most, case in DEPOSIT_CASES if size <= most), "deposit_huge")
        for payment in batch:
            self.pair(payment, line, payment.cents, case)

    def add_the_rest(self) -> None:
        """What else is on the account; none of it is a receipt."""
        chance, invoices = self.chance, self.entity.invoices

        def like_a_number() -> int:
            return chance.randint(invoices[0].sequence, invoices[-1].sequence)

        for _ in range(int(len(invoices) * 0.028)):
            day, odd = chance.randrange(0, END), chance.randint(1_500, 260_000)
            cents, text = chance.choice(
                (
                    (-odd, f"CHECK {like_a_number()}"),
                    (-odd, f"CHECK # {like_a_number()}"),
                    (-chance.randint(500, 4_500), "MONTHLY SERVICE FEE"),
                    (-chance.randint(200_000, 2_000_000), "GUSTO PAYROLL"),
                    (-odd, f"ACH DEBIT SYSCO FOOD SERVICES {like_a_number()}"),
                    (chance.randint(5, 900), "INTEREST PAID"),
                    (odd, f"TRANSFER FROM SAVINGS {like_a_number()}"),
                    (-odd, f"TRANSFER TO SAVINGS {like_a_number()}"),
                    (odd, f"MISC CREDIT {like_a_number()}"),
                    (chance.choice(invoices).cents, f"ONLINE TRANSFER REF {like_a_number()}"),
                    (odd, "VENDOR REFUND MEDLINE INDUSTRIES"),
                )
            )
            self.line(day, cents, text)
