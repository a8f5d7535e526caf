"""Who pays what in a world of state rates, and what the book keeps of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bench.worlds.state_rates_bank import (
    END,
    MONTH_STARTS,
    MONTHS,
    Advice,
    Agency,
    Entity,
    Invoice,
    Organisation,
    Payer,
    Payment,
    Share,
    working_day,
)
from bench.worlds.state_rates_words import (
    COMMON_WORDS,
    digits,
    listed,
    name_at_the_bank,
    plain,
    swapped,
    written,
)

MONTH_NAMES = (
    "January February March April May June July August September October November December".split()
)
# Payments that name a number at the bank, too.
NUMBER_AT_BANK = {
    "ach": 0.58,
    "zelle": 0.55,
    "wire": 0.8,
    "billpay": 0.55,
    "eft": 0.5,
    "check": 0.1,
}
TRACED = ("ach", "eft", "wire", "billpay")
# What a bookkeeper may take a method for.
KEYED_METHODS = {"billpay": ("ach", "eft", "check", "other"), "zelle": ("zelle", "eft", "ach")}
# Never straight to the bank without a record.
AT_THE_DOOR = ("card", "cash")
MOST_PAYMENTS_A_MONTH = 6

# Shares of the months, the payers and the payments that go another way than most.
LATE = 0.085
DISPUTED = 0.055
LEAVES_DEBTS = 0.34
IN_SETS = 0.84
IN_INSTALMENTS = 0.0217
RETURNED = 0.014
PAID_TWICE = 0.011
OVERPAID = 0.010
UNDERPAID = 0.006


@dataclass(kw_only=True)
class Tab:
    """What a payer owes, when it last paid and when it pays next; closed when the year is over.

    `hint` is for whom it pays, if not for itself.
    """

    payer: Payer
    hint: str
    pays_in_sets: bool
    invoices: list[Invoice] = field(default_factory=list)
    last_day: int = 0
    day: int = 0
    is_closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a payment is made, and what of it is told."""

    method: str
    names_number: bool = False
    hint: str = ""


def month_name(day: int) -> str:
    return MONTH_NAMES[date.fromordinal(day).month - 1]


def by_month(invoices: Iterable[Invoice]) -> defaultdict[int, list[Invoice]]:
    months: defaultdict[int, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        months[invoice.month].append(invoice)
    return months


def whole(invoices: Sequence[Invoice]) -> list[Share]:
    """All that is open."""
    return [Share(invoice=invoice, cents=invoice.open_cents) for invoice in invoices]


class Book:
    """The payments of one entity, as they are made and as its bookkeeper keys them."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.chance = entity.chance
        self.habits = entity.habits

    # A payment, and what is keyed of it.

    def pay(
        self,
        payer: Payer,
        day: int,
        shares: Sequence[Share],
        manner: Manner,
        case: str,
        *,
        extra: int = 0,
        is_of_many: bool = False,
        is_recorded: bool = True,
        is_returned: bool = False,
        is_second: bool = False,
    ) -> Payment:
        """A payment of the shares, which settles them unless it is returned or the second.

        Args:
            extra: Cents that are meant for nothing.
            is_of_many: Its invoices have not one party.
        """
        chance, method = self.chance, manner.method
        payment = Payment(
            payer=payer,
            day=day,
            cents=sum(share.cents for share in shares) + extra,
            method=method,
            shares=() if is_second else shares,
            case=case,
            hint=manner.hint,
            is_recorded=is_recorded,
            is_returned=is_returned,
            is_second=is_second,
            order=chance.random(),
        )
        is_on_the_way = day > END - 45 and chance.random() < 0.24
        payment.reaches_bank = is_returned or not is_on_the_way
        if method == "check":
            payer.check += chance.choice((1, 1, 2, 3, 7))
            payment.check = str(payer.check)
            if chance.random() < 0.03:
                # A cheque whose number is that of an invoice.
                number = digits(chance.choice(self.entity.invoices).number)[-5:].lstrip("0")
                payment.check = number or payment.check
        elif method in TRACED:
            payment.trace = str(chance.randrange(10**6, 10**9))
        self.key_party(payment, shares[0].invoice, is_of_many)
        if manner.names_number:
            self.key_numbers(payment, [share.invoice.number for share in shares])
        self.key_the_rest(payment)
        self.entity.payments.append(payment)
        if not is_returned:
            payment.settle()
        return payment

    def key_party(self, payment: Payment, invoice: Invoice, is_of_many: bool) -> None:
        """The id and name of who paid or of whom it is for, or what the bank prints."""
        chance, habits, payer = self.chance, self.habits, payment.payer
        lift = self.entity.id_lift
        if payer.kind == "self":
            if chance.random() < habits.own_id_keyed + lift:
                payment.party_id = payer.party_id if is_of_many else invoice.party_id
                payment.party_name = payer.name if chance.random() < 0.88 else ""
            else:
                payment.party_name = self.keyed_name(payer)
                if chance.random() < 0.025:
                    payment.party_name = ""
        elif payer.kind == "relative":
            if chance.random() < habits.relative_id_keyed + lift:
                payment.party_id = invoice.party_id
                payment.party_name = invoice.party_name if chance.random() < 0.5 else payer.name
            else:
                payment.party_name = self.keyed_name(payer)
        elif payer.kind == "organisation":
            if not is_of_many and chance.random() < 0.4:
                payment.party_id = invoice.party_id
                payment.party_name = payer.name if chance.random() < 0.6 else invoice.party_name
            else:
                payment.party_id = payer.party_id if chance.random() < 0.35 else ""
                payment.party_name = payer.name
        else:
            payment.party_id = payer.party_id if chance.random() < 0.7 else ""
            payment.party_name = self.keyed_name(payer)

    def keyed_name(self, payer: Payer) -> str:
        if self.chance.random() < 0.9:
            return payer.name
        return name_at_the_bank(payer.who, self.habits, self.chance)

    def key_numbers(self, payment: Payment, numbers: list[str]) -> None:
        """The numbers that the payer names, at times a wrong one, or one that only the bank saw."""
        chance, habits = self.chance, self.habits
        if len(numbers) == 1 and chance.random() < habits.number_swapped:
            other = swapped(numbers[0], chance)
            if other != numbers[0]:
                numbers = [other]
                if payment.case in ("plain", "oldest"):
                    payment.case = "swapped"
        payment.numbers = numbers
        at_bank = NUMBER_AT_BANK.get(payment.method, 0.0) * habits.number_on_line
        if chance.random() < at_bank:
            payment.numbers_at_bank = numbers
        draw = chance.random()
        if draw < 0.05 and payment.numbers_at_bank:
            return
        first = written(numbers[0], chance)
        if len(numbers) > 1:
            words = listed([first, *numbers[1:]], chance)
            if draw < 0.2 and len(numbers) < 4:
                payment.reference = words
            elif chance.random() < 0.5:
                payment.memo = words
            else:
                before = chance.choice(("Invoices ", "For inv ", "pays ", "Remit: "))
                payment.memo = before + words
        elif chance.random() < self.entity.number_in_reference:
            payment.reference = first
        elif chance.random() < 0.4:
            payment.memo = first
        else:
            before = chance.choice(("Payment ", "for ", "pmt ", "Rent ", "acct pmt "))
            after = chance.choice(("", "", " thank you", f" - {month_name(payment.day)}"))
            payment.memo = before + first + after

    def key_the_rest(self, payment: Payment) -> None:
        """What fills a memo and a reference that name no invoice."""
        chance, hint = self.chance, payment.hint
        if not payment.memo:
            draw = chance.random()
            if hint and draw < 0.6:
                texts = ("for {}", "{}", "Rent {}", "on behalf of {}", "re: {}")
                payment.memo = chance.choice(texts).format(hint)
            elif draw < 0.17:
                payment.memo = chance.choice(COMMON_WORDS)
            elif draw < 0.23:
                after = chance.choice((" rent", "", " payment", " R&B"))
                payment.memo = month_name(payment.day) + after
        if not payment.reference:
            if payment.check and chance.random() < self.entity.check_in_reference:
                before = chance.choice(("", "", "", "CHK ", "Check ", "Check #", "ck "))
                payment.reference = before + payment.check
            elif payment.trace and chance.random() < 0.2:
                payment.reference = chance.choice(("", "TRN ", "Trace ")) + payment.trace
        elif payment.check and not payment.memo and chance.random() < 0.45:
            payment.memo = chance.choice(("Check ", "CHK#", "ck ")) + payment.check

    def method(self, payer: Payer) -> str:
        """The usual one, or now and then any."""
        if self.chance.random() < 0.93:
            return payer.method
        return self.chance.choice(("ach", "check", "check", "card", "zelle"))

    # One payer, month after month.

    def pay_month_by_month(self, payer: Payer, invoices: Iterable[Invoice], hint: str) -> None:
        """Late, in sets, in instalments, returned, twice or too much, but mostly none of these."""
        chance = self.chance
        months = by_month(invoices)
        if not months:
            return
        last_month = max(months)
        leaves_debts = last_month < MONTHS - 1 and chance.random() < LEAVES_DEBTS
        tab = Tab(payer=payer, hint=hint, pays_in_sets=chance.random() < 0.6)
        for month in range(min(months), MONTHS):
            new = months.get(month, [])
            for invoice in new:
                invoice.is_disputed = chance.random() < DISPUTED
                tab.invoices.append(invoice)
            if not tab.invoices:
                continue
            if month > last_month + 3 or (leaves_debts and month >= last_month):
                return
            if chance.random() < LATE and month < MONTHS - 1:
                continue
            issue = max(invoice.issue for invoice in new or tab.invoices[-1:])
            usual = issue + max(1, payer.lag + chance.randrange(-2, 5))
            tab.day = max(tab.last_day, usual, MONTH_STARTS[month] + 1)
            for _ in range(MOST_PAYMENTS_A_MONTH):
                if not tab.invoices or not self.pay_next(tab):
                    break
            if tab.is_closed:
                return

    def pay_next(self, tab: Tab) -> bool:
        """One invoice or several. Returns whether more may be paid in the same month."""
        chance, payer = self.chance, tab.payer
        names_number = chance.random() < payer.naming
        candidates = tab.invoices
        if names_number:
            candidates = [invoice for invoice in tab.invoices if not invoice.is_disputed]
        if not candidates:
            return False
        if tab.day > END:
            tab.is_closed = True
            return False
        hint = tab.hint if chance.random() < 0.35 else ""
        manner = Manner(method=self.method(payer), names_number=names_number, hint=hint)
        may_be_set = len(candidates) >= 2 and tab.pays_in_sets and chance.random() < IN_SETS
        if may_be_set and self.pay_set(tab, candidates[:4], manner):
            return True
        # Who names no number pays the oldest first.
        invoice = candidates[0]
        if names_number and len(candidates) > 1 and chance.random() < 0.25:
            invoice = chance.choice(candidates[1:])
        draw = chance.random()
        if (payer.in_instalments and draw < 0.45) or draw < IN_INSTALMENTS:
            count = chance.choice((2, 2, 2, 3, 3))
            part = invoice.open_cents // count
            if chance.random() < 0.6:
                part = part // 100 * 100
            if part > 0:
                self.pay_in_instalments(tab, invoice, part, count, manner)
                return not tab.is_closed
        return self.pay_one(tab, invoice, manner)

    def pay_set(self, tab: Tab, invoices: list[Invoice], manner: Manner) -> bool:
        """Several whole; not those of two parties without a number."""
        chance = self.chance
        names_number = manner.names_number or chance.random() < 0.10
        is_mixed = len({invoice.party_id for invoice in invoices}) > 1
        if is_mixed and not names_number:
            if chance.random() >= 0.8:
                return False
            names_number = True
        may_be_lost = names_number and manner.method not in AT_THE_DOOR
        is_recorded = not (may_be_lost and chance.random() < 0.03)
        self.pay(
            tab.payer,
            tab.day,
            whole(invoices),
            replace(manner, names_number=names_number),
            "set" if names_number else "set_unnamed",
            is_of_many=is_mixed,
            is_recorded=is_recorded,
        )
        tab.invoices = [invoice for invoice in tab.invoices if invoice.open_cents > 0]
        tab.last_day = tab.day
        return True

    def pay_in_instalments(
        self, tab: Tab, invoice: Invoice, part: int, count: int, manner: Manner
    ) -> None:
        """Equal ones, of which the last takes the rest, unless the year is over before."""
        chance = self.chance
        for place in range(count):
            if tab.day > END:
                tab.is_closed = True
                return
            cents = invoice.open_cents if place == count - 1 else part
            share = Share(invoice=invoice, cents=cents)
            names_number = manner.names_number or chance.random() < 0.3
            this = replace(manner, names_number=names_number)
            self.pay(tab.payer, tab.day, [share], this, "instalment")
            tab.last_day = tab.day
            tab.day += chance.randrange(5, 20)
        tab.invoices.remove(invoice)

    def pay_one(self, tab: Tab, invoice: Invoice, manner: Manner) -> bool:
        """At once. Returns whether more may be paid in the same month."""
        chance, total = self.chance, invoice.open_cents
        draw = chance.random()
        if draw < RETURNED and manner.method in ("check", "ach", "eft", "billpay"):
            return self.pay_after_a_return(tab, invoice, manner)
        if RETURNED < draw < RETURNED + OVERPAID:
            extra = -total % 10_000 or 5_000
            if chance.random() < 0.5:
                extra = chance.choice((1_000, 2_500, 5_000, 10_000, 27))
            shares = whole([invoice])
            self.pay(tab.payer, tab.day, shares, manner, "overpaid", extra=extra)
        elif manner.names_number and RETURNED + OVERPAID < draw < RETURNED + OVERPAID + UNDERPAID:
            missing = chance.choice((1_000, 2_000, 5_000, chance.randrange(500, 30_000)))
            share = Share(invoice=invoice, cents=total - max(1, min(total // 3, missing)))
            self.pay(tab.payer, tab.day, [share], manner, "short")
            tab.invoices.remove(invoice)
            return True
        else:
            self.pay_whole(tab, invoice, manner)
        tab.invoices.remove(invoice)
        tab.last_day = tab.day
        if chance.random() < 0.5:
            tab.day += chance.randrange(0, 4)
        return True

    def pay_after_a_return(self, tab: Tab, invoice: Invoice, manner: Manner) -> bool:
        """The bank sends it back; it is paid again, or later with next month's, or never."""
        chance, shares = self.chance, whole([invoice])
        self.pay(tab.payer, tab.day, shares, manner, "returned", is_returned=True)
        tab.day += chance.randrange(9, 25)
        tab.last_day = tab.day
        if chance.random() < 0.3:
            return False
        if tab.day > END:
            tab.is_closed = True
            return False
        again = replace(manner, method=self.method(tab.payer))
        self.pay(tab.payer, tab.day, shares, again, "redeposit")
        tab.invoices.remove(invoice)
        return True

    def pay_whole(self, tab: Tab, invoice: Invoice, manner: Manner) -> None:
        """Now and then nobody records it, or it is paid once more."""
        chance, payer, shares = self.chance, tab.payer, whole([invoice])
        case = "plain" if manner.names_number else "oldest"
        if payer.kind != "self":
            case = "foreign"
        unrecorded = self.habits.unrecorded * (0.5 if manner.method == "check" else 1.45)
        is_recorded = manner.method in AT_THE_DOOR or chance.random() >= unrecorded
        self.pay(payer, tab.day, shares, manner, case, is_recorded=is_recorded)
        may_repeat = is_recorded and chance.random() < PAID_TWICE
        if may_repeat and (manner.names_number or len(tab.invoices) == 1):
            again = tab.day + chance.choice((0, 1, 2, 3, 6, 10, 15))
            if again <= END:
                another = replace(manner, method=self.method(payer))
                self.pay(payer, again, shares, another, "second", is_second=True)
                tab.day = again

    # Many invoices in one payment.

    def sorted_out(
        self, invoices: Iterable[Invoice], later: float, never: float
    ) -> tuple[list[Invoice], list[Invoice]]:
        """Those that are paid now and those that wait; of the shares given, some wait for ever."""
        now: list[Invoice] = []
        waiting: list[Invoice] = []
        for invoice in invoices:
            draw = self.chance.random()
            if draw < later:
                waiting.append(invoice)
            elif draw > later + never:
                now.append(invoice)
        return now, waiting

    def pay_as_organisation(self, organisation: Organisation) -> None:
        """A month's invoices of all its residents, several at once."""
        chance, payer = self.chance, organisation.payer
        months = by_month(
            invoice for resident in organisation.residents for invoice in resident.invoices
        )
        waiting: list[Invoice] = []
        for month in range(MONTHS):
            now, waiting = self.sorted_out(waiting + months.get(month, []), 0.05, 0.01)
            if chance.random() < 0.05:
                waiting += now
                continue
            chance.shuffle(now)
            while now:
                size = min(len(now), chance.choice((3, 4, 5, 6, 8, 10, 12, 15)))
                group, now = now[:size], now[size:]
                usual = MONTH_STARTS[month] + payer.lag + chance.randrange(0, 4)
                day = max(max(invoice.issue for invoice in group) + 1, usual)
                if day > END:
                    continue
                has_list = size == 1 or chance.random() >= self.habits.organisation_lists_nothing
                method = self.method(payer)
                payment = self.pay(
                    payer,
                    day,
                    whole(group),
                    Manner(method="ach" if method == "card" else method),
                    "org_list" if has_list else "org_unlisted",
                    is_of_many=size > 1,
                )
                if has_list:
                    self.list_invoices(payment, 0.2)

    def pay_as_agency(self, agency: Agency, invoices: Iterable[Invoice]) -> None:
        """What is billed for the care of many, of some of it less."""
        chance, usual = self.chance, agency.usual
        months = by_month(invoices)
        lag = chance.randrange(8, 32)
        waiting: list[Invoice] = []
        for month in range(MONTHS):
            now, waiting = self.sorted_out(waiting + months.get(month, []), 0.06, 0.012)
            if chance.random() < 0.6:
                chance.shuffle(now)
            while now:
                size = max(1, min(len(now), int(chance.gauss(usual * 0.7, usual * 0.3))))
                group, now = now[:size], now[size:]
                day = working_day(MONTH_STARTS[month] + lag + chance.randrange(0, 9))
                if day > END:
                    continue
                shares, case = whole(group), "agency_list"
                if chance.random() < 0.15:
                    shares, case = self.reduced(shares), "agency_short"
                has_list = chance.random() >= self.habits.agency_lists_nothing
                payment = self.pay(
                    agency.payer,
                    day,
                    shares,
                    Manner(method="eft" if chance.random() < 0.8 else "ach"),
                    case if has_list else "agency_unlisted",
                    is_of_many=True,
                )
                if has_list:
                    self.list_invoices(payment, 0.45 if size <= 15 else 0.8)

    def reduced(self, shares: Sequence[Share]) -> list[Share]:
        """Of some less, but in all not by more than a drawn part."""
        chance = self.chance
        room = int(sum(share.cents for share in shares) * chance.uniform(0.02, 0.24))
        paid: list[Share] = []
        for share in shares:
            missing = 0
            if chance.random() < 0.4:
                missing = min(int(share.cents * chance.uniform(0.05, 0.6)), room)
            room -= missing
            paid.append(Share(invoice=share.invoice, cents=share.cents - missing))
        return paid

    def list_invoices(self, payment: Payment, remitted: float) -> None:
        """The numbers in a remittance, of which some lines are not priced, or in the memo."""
        chance, habits = self.chance, self.habits
        numbers = [share.invoice.number for share in payment.shares]
        if chance.random() < habits.number_swapped * 2 and len(numbers) > 2:
            at = chance.randrange(len(numbers))
            numbers[at] = swapped(numbers[at], chance)
        payment.numbers = numbers
        if chance.random() < remitted:
            payment.advice = [
                Advice(
                    invoice=share.invoice,
                    reference=written(number, chance),
                    cents=share.cents if chance.random() < 0.9 else None,
                )
                for number, share in zip(numbers, payment.shares, strict=True)
            ]
            if chance.random() < 0.25 and len(numbers) <= 12:
                payment.memo = listed(numbers, chance)
        else:
            before = chance.choice(("", "", "Invoices ", "INV: ", "Pays "))
            payment.memo = before + listed(numbers, chance)
        if chance.random() < 0.25 * habits.number_on_line:
            payment.numbers_at_bank = numbers

    def close(self) -> None:
        """What the bookkeeper takes the methods for, and whom the remittances name."""
        chance = self.chance
        for payment in self.entity.payments:
            if not payment.is_recorded:
                continue
            payment.keyed_method = payment.method
            if payment.method in KEYED_METHODS:
                payment.keyed_method = chance.choice(KEYED_METHODS[payment.method])
            if chance.random() < 0.03:
                payment.keyed_method = ""
            for advice in payment.advice:
                if chance.random() < 0.4:
                    advice.memo = plain(advice.invoice.resident.name)
