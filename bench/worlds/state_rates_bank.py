"""The records of a world of state rates, and the lines that its payments leave at the bank.

Most money has a line of its own. Cheques wait in a till and go to the bank together, without a
slip; cards come as payouts less the fees.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from bench.worlds.state_rates_words import (
    CREDIT_TEXTS,
    DEPOSIT_TEXTS,
    FEE_TEXTS,
    GIFT_TEXTS,
    INTEREST_TEXTS,
    LINE_TEXTS,
    LINE_TYPES,
    PAYOUT_TEXTS,
    PAYROLL_TEXTS,
    PURCHASE_TEXTS,
    RETURN_TEXTS,
    SUPPLIERS,
    TRANSFER_TEXTS,
    Habits,
    Person,
    Who,
    digits,
    listed,
    name_at_the_bank,
    one_line,
    person,
    plain,
    written,
)

YEAR = 2025
MONTHS = 12
# A day is its ordinal in the calendar.
MONTH_STARTS = [
    date(YEAR + month // 12, month % 12 + 1, 1).toordinal() for month in range(MONTHS + 1)
]
START = MONTH_STARTS[0]
END = MONTH_STARTS[MONTHS] - 1

# What banks make of a text: an originator's record, separate fields, the start of it, fields joined
# by semicolons, or hardly anything.
STYLES = ("originator", "fields", "cut", "joined", "plain")
# How often a line names the payer.
NAME_ON_LINE = {
    "ach": 0.94,
    "zelle": 0.97,
    "wire": 0.97,
    "billpay": 0.95,
    "eft": 0.97,
    "check": 0.66,
    "cash": 0.06,
}
# Days from the book to the bank.
DAYS_TO_CLEAR = {
    "ach": (0, 1, 1, 2, 2, 3),
    "zelle": (0, 0, 0, 1),
    "wire": (0, 0, 1),
    "billpay": (0, 1, 2, 3, 4),
    "eft": (0, 0, 1, 2, 3),
    "check": (0, 1, 1, 2, 3, 4, 5, 7, 9),
    "cash": (0, 1, 2, 3),
}
PAYOUT_CODE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(kw_only=True, eq=False)
class Payer:
    """Who pays, and how.

    `kind` is self, relative, organisation or agency. `naming` is how often it names the number,
    `lag` its days to pay, `check` the number of its last cheque and `tag` its number at the bank,
    where it mostly has one name.
    """

    who: Who
    kind: str
    party_id: str
    check: int
    method: str
    naming: float
    lag: int
    in_instalments: bool
    tag: str
    bank_name: str | None = None

    @property
    def name(self) -> str:
        return self.who if isinstance(self.who, str) else self.who.full


@dataclass(kw_only=True, eq=False)
class Agency:
    """Pays the care of many; about `usual` invoices at once. Not each is billed in its own name."""

    payer: Payer
    is_billed: bool
    usual: int


@dataclass(kw_only=True, eq=False)
class Organisation:
    """Pays the share of several residents, in one if it `pays_in_one`."""

    payer: Payer
    pays_in_one: bool
    residents: list[Resident] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Resident:
    """Is billed at a rate of the state, or at a `fixed` one in cents, from `start` to `stop`.

    `hourly` is the price of what varies from month to month, 0 if nothing does. `invoices` are of
    the share that `payer` pays, `agency_invoices` of that of the agency.
    """

    id: str
    who: Person
    payer: Payer
    agency: Agency | None
    rate: int
    fixed: int
    hourly: int
    has_extras: bool
    start: int
    stop: int
    invoices: list[Invoice] = field(default_factory=list)
    agency_invoices: list[Invoice] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.who.full


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, and the style of its bank, one of STYLES."""

    name: str
    style: str


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """How an entity numbers its invoices: a template, and the prefixes of which it takes one."""

    weight: float
    template: str
    prefixes: tuple[str, ...] = ()
    is_monthly: bool = False


@dataclass(kw_only=True, eq=False)
class Entity:
    """A legal entity: its rates and numbers, its accounts, its bookkeeper's ways and its records.

    From month `change` the second of the rates hold. `id_lift` is added to the share of payments
    that are keyed under a party's id; `number_in_reference` and `check_in_reference` are shares.
    """

    place: int
    name: str
    chance: random.Random
    habits: Habits
    state: str
    change: int
    rates: tuple[Sequence[int], Sequence[int]]
    agency_rates: tuple[Sequence[int], Sequence[int]]
    scheme: Scheme
    before_first: int
    prefix: str
    issue_offset: int
    days_to_pay: int
    accounts: Sequence[Account]
    account_of: dict[str, Account]
    gateway: str
    number_in_reference: float
    check_in_reference: float
    shows_account: bool
    id_lift: float
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def number(self, month: int, place: int) -> str:
        return self.scheme.template.format(
            prefix=self.prefix,
            year=YEAR,
            short_year=YEAR % 100,
            month=month + 1,
            place=place,
            short_place=place % 100_000,
            running=self.before_first + place,
        )


@dataclass(kw_only=True, eq=False)
class Invoice:
    """`kind` is rent, agency or extra; a disputed one is passed over by who names numbers."""

    item_type: ClassVar[str] = "invoice"
    resident: Resident
    kind: str
    month: int
    issue: int
    cents: int
    open_cents: int
    id: str = ""
    number: str = ""
    due: int = 0
    party_id: str = ""
    party_name: str = ""
    memo: str = ""
    is_void: bool = False
    is_disputed: bool = False


@dataclass(frozen=True, kw_only=True)
class Share:
    """What of a payment is meant for an invoice."""

    invoice: Invoice
    cents: int


@dataclass(kw_only=True, eq=False)
class Advice:
    """A line of a remittance; some price nothing."""

    invoice: Invoice
    reference: str
    cents: int | None
    memo: str = ""


@dataclass(kw_only=True, eq=False)
class Payment:
    """A movement of money, of which nobody need have made a record.

    `hint` is for whom it is, `order` the place among those of its day, `method` the true one and
    `keyed_method` that of the book. `numbers` are those the payer names, `numbers_at_bank` those
    that go with the money.
    """

    item_type: ClassVar[str] = "payment"
    payer: Payer
    day: int
    cents: int
    method: str
    shares: Sequence[Share]
    case: str
    hint: str
    is_recorded: bool
    order: float
    reaches_bank: bool = True
    is_returned: bool = False
    is_second: bool = False
    id: str = ""
    party_id: str = ""
    party_name: str = ""
    check: str = ""
    trace: str = ""
    keyed_method: str = ""
    reference: str = ""
    memo: str = ""
    numbers: Sequence[str] = ()
    numbers_at_bank: Sequence[str] = ()
    fee: int = 0
    payout: str = ""
    advice: Sequence[Advice] = ()

    def settle(self) -> None:
        for share in self.shares:
            share.invoice.open_cents -= share.cents


@dataclass(frozen=True, kw_only=True)
class Part:
    """What of a line is of a payment, or of an invoice where nobody recorded one."""

    of: Invoice | Payment
    cents: int
    case: str


@dataclass(kw_only=True, eq=False)
class Line:
    """`order` is its place among those of its day."""

    item_type: ClassVar[str] = "bank_line"
    account: Account
    day: int
    cents: int
    description: str
    counterparty: str
    reference: str
    type: str
    parts: Sequence[Part]
    order: float
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Text:
    """What a bank prints of a receipt."""

    description: str
    counterparty: str
    reference: str
    type: str


def working_day(day: int) -> int:
    """The day itself, or the Monday after it."""
    weekday = day % 7
    if weekday == 6:
        return day + 2
    return day + 1 if weekday == 0 else day


class Bank:
    """The accounts of one entity, on which all its payments come in."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.chance = entity.chance
        self.habits = entity.habits
        self.till: list[Payment] = []

    def receive(self) -> None:
        """All payments, in the order of their days."""
        entity = self.entity
        entity.payments.sort(key=lambda payment: (payment.day, payment.order))
        checks = sum(payment.method == "check" for payment in entity.payments)
        checks_a_day = checks / (END - START) * 7 / 5
        share = self.share_without_slip(checks_a_day)
        days = self.chance.choice((1, 2, 3, 5, 7, 9))
        usual = max(2.0, min(38.0, max(checks_a_day * share, 0.02) * days))
        checks_together: list[Payment] = []
        cards: list[Payment] = []
        for payment in entity.payments:
            if not payment.reaches_bank:
                continue
            if payment.method == "card":
                cards.append(payment)
            elif (
                payment.method == "check"
                and payment.is_recorded
                and not payment.is_returned
                and self.chance.random() < share
            ):
                checks_together.append(payment)
            else:
                self.clear_alone(payment)
        self.deposit_checks(checks_together, usual)
        self.pay_out_cards(cards)
        self.add_the_rest()

    def share_without_slip(self, checks_a_day: float) -> float:
        """Of the cheques; a part at the largest entities, elsewhere nearly all or hardly any."""
        chance = self.chance
        if self.entity.place < 3:
            share = 0.52 * chance.uniform(0.7, 1.2)
            return 24 / checks_a_day + 0.16 if checks_a_day * share > 24 else share
        return chance.uniform(0.65, 0.95) if chance.random() < 0.5 else chance.uniform(0.0, 0.08)

    def line(
        self,
        account: Account,
        day: int,
        cents: int,
        text: Text | str,
        parts: Sequence[Part] = (),
        *,
        counterparty: str = "",
        type: str = "",
    ) -> None:
        if isinstance(text, str):
            text = Text(description=text, counterparty=counterparty, reference="", type=type)
        self.entity.lines.append(
            Line(
                account=account,
                day=day,
                cents=cents,
                description=text.description,
                counterparty=text.counterparty,
                reference=text.reference,
                type=text.type,
                parts=parts,
                order=self.chance.random(),
            )
        )

    # Money that has a line of its own.

    def clear_alone(self, payment: Payment) -> None:
        chance = self.chance
        account = self.entity.account_of[payment.method]
        day = working_day(payment.day + chance.choice(DAYS_TO_CLEAR[payment.method]))
        if chance.random() < 0.01:
            day = working_day(day + chance.randrange(4, 16))
        back = 0
        if payment.is_returned:
            day = max(payment.day, min(day, END - 1))
            back = working_day(day + chance.choice((1, 2, 3, 4, 5, 6)))
            # Not yet back at the end: nobody can know, so it stands as paid.
            if back > END and payment.shares[0].invoice.open_cents >= payment.cents:
                payment.is_returned, payment.case = False, "plain"
                payment.settle()
        if day > END:
            return
        text = self.text(payment, account)
        if payment.is_recorded:
            case = f"bank_{payment.method}"
            if payment.is_second:
                case = "second"
            elif payment.is_returned:
                case = "returned"
            parts = [Part(of=payment, cents=payment.cents, case=case)]
        else:
            case = "unrecorded" if len(payment.shares) == 1 else "unrecorded_set"
            parts = [
                Part(of=share.invoice, cents=share.cents, case=case) for share in payment.shares
            ]
        self.line(account, day, payment.cents, text, parts)
        if payment.is_returned and back <= END:
            self.send_back(payment, account, back)

    def send_back(self, payment: Payment, account: Account, day: int) -> None:
        """The return of a receipt, often with a fee; neither is part of anything."""
        chance = self.chance
        name = name_at_the_bank(payment.payer.who, self.habits, chance)
        number = written(payment.numbers[0], chance, at_the_bank=True) if payment.numbers else ""
        draw = chance.random()
        if draw < 0.3 and number:
            words = f"{number} {name if chance.random() < 0.5 else ''}"
        elif draw < 0.45 and payment.check:
            words = f"CHECK {payment.check} {name if chance.random() < 0.5 else ''}"
        else:
            words = name
        text = one_line(chance.choice(RETURN_TEXTS).format(words=words))
        kind = "RETURN" if chance.random() < 0.5 else ""
        self.line(account, day, -payment.cents, text, type=kind)
        if chance.random() < 0.7:
            fee = chance.choice((1_000, 1_200, 2_500, 3_500))
            numbered = f"RETURN ITEM FEE {chance.randrange(1_000, 9_999)}"
            text = chance.choice(("NSF FEE", "RETURNED ITEM CHARGE", numbered))
            self.line(account, day, -fee, text, type="FEE")

    def name_on_line(self, payer: Payer) -> str:
        """The name that the payer mostly has at the bank, now and then another one."""
        if payer.bank_name is None:
            payer.bank_name = name_at_the_bank(payer.who, self.habits, self.chance)
        if self.chance.random() < self.habits.other_name:
            return name_at_the_bank(payer.who, self.habits, self.chance)
        return payer.bank_name

    def text(self, payment: Payment, account: Account) -> Text:
        """What the bank of the account prints of a payment that comes in alone."""
        chance, method, payer = self.chance, payment.method, payment.payer
        is_named = chance.random() < NAME_ON_LINE[method] * self.habits.name_on_line
        name = self.name_on_line(payer) if is_named else ""
        numbers, number = payment.numbers_at_bank, ""
        if len(numbers) > 1:
            number = listed(numbers[: chance.choice((4, 8, 20))], chance)
        elif numbers:
            number = written(numbers[0], chance, at_the_bank=True)
        hint = ""
        if payment.hint and chance.random() < 0.35 and method != "check":
            hint = plain(payment.hint).upper()
        words = " ".join(part for part in (number, hint) if part)
        draw, trace = chance.random(), ""
        if draw < 0.45:
            trace = payment.trace
        elif draw < 0.6:
            trace = str(chance.randrange(10**7, 10**9))
        check = ""
        if method == "check":
            check = payment.check if chance.random() < 0.95 or not name else ""
        day = date.fromordinal(min(payment.day, END))
        if method == "ach" and account.style == "originator":
            entry = chance.choice(("PAYMENT", "RENT", "ACH PMT"))
            id_ = words or payer.tag[:6]
            text = f"ORIG CO NAME:{name} CO ENTRY DESCR:{entry} ID:{id_}"
        else:
            text = chance.choice(LINE_TEXTS[method]).format(
                name=name,
                words=words,
                trace=trace,
                tag=payer.tag,
                check=check,
                day=day,
                branch=chance.randrange(100, 400) if method == "cash" else "",
            )
        if method == "check" and words and words not in text:
            text += f" {words}"
        return self.styled(payment, account, one_line(text), name, number, trace, day)

    def styled(
        self,
        payment: Payment,
        account: Account,
        text: str,
        name: str,
        number: str,
        trace: str,
        day: date,
    ) -> Text:
        """A text in the style of the account's bank."""
        chance = self.chance
        counterparty, reference, kind = "", "", LINE_TYPES[payment.method]
        if account.style == "fields":
            if name and chance.random() < 0.85:
                counterparty = name.title() if chance.random() < 0.6 else name
                if chance.random() < 0.5:
                    text = one_line(text.replace(name, ""))
            if number and chance.random() < 0.5:
                reference = number
                text = one_line(text.replace(number, ""))
            if payment.check and chance.random() < 0.4:
                reference = payment.check
        elif account.style == "cut":
            text = text[: chance.choice((30, 35, 35, 40, 45))].rstrip()
        elif account.style == "joined":
            if trace and trace in text and chance.random() < 0.7:
                reference = trace
            text = ";".join(part for part in (kind, text, f"{day.month}/{day.day}") if part)
        elif account.style == "plain":
            if chance.random() < 0.15:
                text = f"{text.upper()} {chance.randrange(10**5, 10**6)}"
            if number and chance.random() < 0.4:
                reference = number[:35]
        return Text(
            description=text.upper() if chance.random() < 0.8 else text,
            counterparty=counterparty,
            reference=reference,
            type=kind if account.style != "cut" else "",
        )

    # Money that comes together.

    def deposit_checks(self, checks: Sequence[Payment], usual: float) -> None:
        """The till is emptied when it is worth a walk to the bank."""
        chance = self.chance

        def next_size() -> int:
            return max(1, int(usual * chance.choice((0.5, 0.7, 0.9, 1, 1, 1.2, 1.6)) + 0.5))

        size = next_size()
        for payment in checks:
            while self.till and payment.day - self.till[0].day > 18:
                day = min(payment.day, self.till[0].day + chance.randrange(15, 19))
                took_some = self.deposit(day, max(size, 2))
                size = next_size()
                if not took_some:
                    break
            self.till.append(payment)
            if len(self.till) > size:
                self.deposit(payment.day + chance.choice((0, 0, 1)), size)
                size = next_size()
        if self.till and self.till[0].day < END - 6:
            self.deposit(END, max(2, len(self.till) - 1))

    def deposit(self, day: int, most: int) -> bool:
        """One line without a slip. Returns whether it took anything from the till."""
        chance = self.chance
        account = self.entity.account_of["check"]
        taken: list[Payment] = []
        left: list[Payment] = []
        for payment in self.till:
            is_taken = len(taken) < most and payment.day <= day and chance.random() > 0.03
            (taken if is_taken else left).append(payment)
        if not taken:
            return False
        self.till = left
        day = working_day(day)
        if day > END:
            return True
        if len(taken) == 1 and chance.random() < 0.7:
            part = Part(of=taken[0], cents=taken[0].cents, case="bank_check")
            self.line(account, day, taken[0].cents, self.text(taken[0], account), [part])
            return True
        text = chance.choice(DEPOSIT_TEXTS).format(
            short=chance.randrange(1_000, 9_999),
            long=chance.randrange(10**5, 10**7),
            count=len(taken),
        )
        kind = "DEPOSIT" if chance.random() < 0.5 else ""
        parts = [Part(of=payment, cents=payment.cents, case="deposit") for payment in taken]
        self.line(account, day, sum(part.cents for part in parts), text, parts, type=kind)
        return True

    def pay_out_cards(self, cards: Sequence[Payment]) -> None:
        """The gateway pays out the cards of some days at once, less its fees."""
        chance = self.chance
        cards_a_day = len(cards) / (END - START)
        if cards_a_day > 1.2:
            days = 1 if cards_a_day > 2 else 2
        else:
            days = chance.choice((3, 5, 7))
        batches: defaultdict[int, list[Payment]] = defaultdict(list)
        for payment in cards:
            cents = payment.cents
            if chance.random() < 0.8:
                payment.fee = min(cents - 1, (cents * 29 + 500) // 1000 + 30)
            else:
                payment.fee = min(cents - 1, 500, (cents * 8 + 500) // 1000)
            batches[(payment.day - START) // days].append(payment)
        most = chance.choice((4, 6, 10, 25))
        for _, batch in sorted(batches.items()):
            for at in range(0, len(batch), most):
                self.pay_out(batch[at : at + most])

    def pay_out(self, payments: Sequence[Payment]) -> None:
        chance, entity = self.chance, self.entity
        payout = chance.choice(("po_", "ST-", "PYT", "tr_"))
        payout += "".join(chance.choice(PAYOUT_CODE) for _ in range(10))
        day = max(payment.day for payment in payments) + chance.choice((1, 2, 2, 3))
        day = working_day(day)
        for payment in payments:
            payment.payout = payout
        if day > END:
            return
        shown = payout if chance.random() < 0.35 else ""
        text = chance.choice(PAYOUT_TEXTS[entity.gateway])
        text = one_line(text.format(payout=shown, merchant=entity.place * 7 + 1001))
        counterparty = entity.gateway.title() if chance.random() < 0.3 else ""
        parts = [
            Part(of=payment, cents=payment.cents - payment.fee, case="payout")
            for payment in payments
        ]
        net = sum(part.cents for part in parts)
        account = entity.account_of["card"]
        self.line(account, day, net, text, parts, counterparty=counterparty)

    # What else is on the accounts.

    def add_the_rest(self) -> None:
        """None of it is a receipt, though some has an amount or a number of an invoice."""
        totals = Counter(invoice.cents for invoice in self.entity.invoices)
        common = [cents for cents, _ in totals.most_common(6)]
        for _ in range(max(4, int(len(self.entity.lines) * 0.055))):
            self.add_another(common)

    def add_another(self, common: Sequence[int]) -> None:
        chance, entity = self.chance, self.entity
        account = chance.choice(entity.accounts)
        day = working_day(chance.randrange(START, END - 2))
        invoice = chance.choice(entity.invoices)
        known = digits(invoice.number)
        odd = str(chance.randrange(1_000, 99_999))
        number = chance.choice((known, known[-4:], known[-5:], odd))
        draw, kind = chance.random(), ""
        if draw < 0.14:
            cents, kind = -chance.randrange(500, 9_000), "FEE"
            text = chance.choice(FEE_TEXTS).format(number=number)
        elif draw < 0.32:
            cents = -chance.randrange(150_000, 4_500_000)
            text = chance.choice(PAYROLL_TEXTS).format(number=number)
        elif draw < 0.58:
            is_common = chance.random() < 0.1
            cents = -(chance.choice(common) if is_common else chance.randrange(2_500, 900_000))
            template = chance.choice(PURCHASE_TEXTS)
            text = template.format(supplier=chance.choice(SUPPLIERS), number=number)
        elif draw < 0.72:
            cents = chance.choice((1, -1)) * chance.randrange(50, 400) * 10_000
            text, kind = chance.choice(TRANSFER_TEXTS).format(number=number), "TRANSFER"
        elif draw < 0.80:
            cents, kind = chance.randrange(5, 9_000), "INTEREST"
            text = chance.choice(INTEREST_TEXTS).format(number=number[:3])
        elif draw < 0.90:
            is_common = chance.random() < 0.25
            cents = chance.choice(common) if is_common else chance.randrange(1_500, 300_000)
            template = chance.choice(CREDIT_TEXTS)
            text = template.format(supplier=chance.choice(SUPPLIERS), number=number)
        elif draw < 0.96:
            cents = -chance.randrange(1_000, 120_000)
            text = f"REFUND TO {plain(invoice.resident.name).upper()}"
        else:
            # A donor, a stranger: money that is nobody's.
            name = plain(person(chance).full).upper()
            cents = chance.choice((5_000, 10_000, 25_000, chance.choice(common)))
            text = chance.choice(GIFT_TEXTS).format(name=name, number=number)
        self.line(account, day, cents, text, type=kind)
