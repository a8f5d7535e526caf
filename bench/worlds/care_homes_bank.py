"""The bank of a simulated group of care homes: how its payments clear, and what else is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from bench.worlds.care_homes_records import (
    MONTHS,
    Home,
    Line,
    Payment,
    Share,
    World,
    business_day,
)
from bench.worlds.care_homes_texts import TYPES, Told, bank_text

SHOPS = (
    "COSTCO WHSE #0389",
    "MEIJER STORE 112",
    "WALGREENS #4471",
    "SHELL OIL 5744",
    "AMZN MKTP US",
    "HOME DEPOT 2733",
)


class Bank:
    """One home's account. A payment that would clear after the last day has no line."""

    def __init__(self, world: World, home: Home) -> None:
        self.world = world
        self.chance = world.chance
        self.end = world.calendar.end
        self.home = home
        self.deposited: list[Payment] = []
        self.locked: list[Payment] = []
        self.in_cash: list[Payment] = []
        self.by_card: list[Payment] = []
        self.batched: list[Payment] = []

    def clear(self) -> None:
        for payment in self.home.payments:
            if payment.origin == "agency_group" or payment.is_never_cashed:
                continue
            if payment.is_out:
                self.pay_out(payment)
            elif payment.origin == "agency":
                day = self.soon(payment.day, 0, 2)
                self.clear_agency(day, [payment], "agency_eft")
            elif payment.deposited and payment.returned:
                self.bounce(payment, payment.deposited, payment.returned)
            else:
                self.take_in(payment)
        for payments in (self.deposited, self.locked, self.in_cash, self.batched):
            payments.sort(key=lambda each: (each.day, each.serial))
        self.clear_checks()
        self.clear_lockbox()
        self.clear_cash()
        self.clear_cards()
        for transfer in self.home.transfers:
            self.clear_agency(self.soon(transfer.day, 0, 2), transfer.payments, "agency_group")
        self.clear_batches()
        self.clear_unrecorded()
        self.add_the_rest()

    def soon(self, day: date, first: int, last: int) -> date:
        return business_day(day, self.chance.randint(first, last))

    def line(
        self,
        day: date,
        cents: int,
        text: str,
        type: str,
        *,
        name: str = "",
        words: str = "",
        check: str = "",
        trace: str = "",
    ) -> Line:
        """A line whose text is of the kind `text`."""
        told = Told(day=day, name=name, words=words, check=check, trace=trace)
        description, counterparty, reference = bank_text(self.home, text, told, self.chance)
        line = Line(
            home=self.home,
            day=day,
            cents=cents,
            description=description,
            counterparty=counterparty,
            reference=reference,
            type=TYPES[type][self.home.bank],
        )
        self.home.lines.append(line)
        return line

    # Money out.

    def pay_out(self, payment: Payment) -> None:
        chance = self.chance
        is_bill = payment.origin == "vendor"
        if payment.method == "check":
            late = chance.happens(0.06)
            days = chance.randint(25, 90) if late else chance.randint(2, 14)
            day = business_day(payment.day + timedelta(days=days))
            if day <= self.end:
                line = self.line(day, -payment.cents, "check", "check", check=payment.check)
                case = "out_cheque_late" if late else "out_cheque"
                line.clears.append((payment, payment.cents, case))
        elif is_bill and chance.happens(0.25):
            self.batched.append(payment)
        else:
            self.debit([payment], self.soon(payment.day, 0, 2))

    def clear_batches(self) -> None:
        """Bills that leave in one debit."""
        waiting = self.batched
        while waiting:
            size = self.chance.randint(1, 5)
            batch = [each for each in waiting[:size] if (each.day - waiting[0].day).days <= 4]
            waiting = waiting[len(batch) :]
            self.debit(batch, self.soon(batch[-1].day, 0, 1))

    def debit(self, payments: Sequence[Payment], day: date) -> None:
        if day > self.end:
            return
        name, words, case = payments[0].payer, payments[0].told, "out_ach"
        if len(payments) > 1:
            name, words = self.home.name.upper(), f"BATCH {len(payments)} ITEMS"
            case = "out_batch"
        total = sum(payment.cents for payment in payments)
        line = self.line(day, -total, "debit", "debit", name=name, words=words)
        line.clears += [(payment, payment.cents, case) for payment in payments]

    # Money in.

    def take_in(self, payment: Payment) -> None:
        """Into the pile that its method clears with, or onto a line of its own."""
        chance = self.chance
        if payment.method == "check":
            locked = self.home.lockbox and chance.happens(0.5)
            (self.locked if locked else self.deposited).append(payment)
        elif payment.method == "cash":
            self.in_cash.append(payment)
        elif payment.method == "card":
            self.by_card.append(payment)
        elif payment.method == "billpay" and chance.happens(0.4):
            self.deposited.append(payment)
        else:
            self.clear_alone(payment)

    def clear_alone(self, payment: Payment) -> None:
        chance = self.chance
        kind = payment.method if payment.method in ("zelle", "wire") else "ach"
        wait = {"wire": (0,), "zelle": (0, 0, 1), "ach": (0, 1, 1, 2, 3)}[kind]
        day = business_day(payment.day, chance.choice(wait))
        keyed = "" if payment.reference in (payment.check, payment.trace) else payment.reference
        in_book = any(letter.isdigit() for letter in payment.memo + keyed)
        # A number that the book lacks must stand here.
        shown = chance.happens(chance.either(0.9, 0.6)) or (payment.is_named and not in_book)
        words = payment.told if shown else ""
        if day > self.end:
            return
        fee = 0
        if payment.cents > 200_000 and chance.happens(0.004):
            half = payment.cents // 2
            parts, case = [half, payment.cents - half], "split_lines"
        elif kind == "wire" and payment.cents > 20_000 and chance.happens(0.1):
            fee = chance.choice((1_500, 1_250))
            parts, case = [payment.cents - fee], "wire_fee"
        else:
            parts, case = [payment.cents], f"single_{kind}"
        for cents in parts:
            line = self.line(
                day, cents, kind, kind, name=payment.payer, words=words, trace=payment.trace
            )
            line.clears.append((payment, cents, case))
        if payment.method == "billpay":
            payment.method = "eft"

    def bounce(self, payment: Payment, deposited: date, returned: date) -> None:
        chance = self.chance
        told = {"name": payment.payer, "words": payment.told, "check": payment.check}
        is_check = payment.method == "check"
        text, type = ("one_check", "deposit") if is_check else ("ach", "ach")
        line = self.line(deposited, payment.cents, text, type, **told)
        line.clears.append((payment, payment.cents, "returned"))
        self.line(returned, -payment.cents, "return", "return", **told)
        if chance.happens(0.6):
            fee = chance.choice(("RETURNED ITEM FEE", "Deposited Item Returned Fee", "NSF CHARGE"))
            cents = -chance.choice((1_200, 1_500, 1_000))
            self.line(returned, cents, "verbatim", "fee", words=fee)

    def clear_agency(self, day: date, payments: Sequence[Payment], case: str) -> None:
        agency = payments[0].agency
        if day > self.end or agency is None:
            return
        _, name, entry = agency
        line = self.line(
            day,
            sum(payment.cents for payment in payments),
            "agency",
            "ach",
            name=name,
            words=entry,
            trace=payments[0].trace,
        )
        line.clears += [(payment, payment.cents, case) for payment in payments]

    def clear_checks(self) -> None:
        """Cheques go in alone or with those of the same week, some with cash on the slip."""
        chance, waiting = self.chance, self.deposited
        while waiting:
            first = waiting[0]
            late = chance.happens(0.03)
            together = [first]
            if not late and chance.happens(self.home.deposits_together):
                size = chance.randint(2, 6)
                together = [each for each in waiting[:size] if (each.day - first.day).days <= 7]
            waiting = waiting[len(together) :]
            if len(together) > 1:
                self.deposit(together)
                continue
            if late:
                day = business_day(first.day + timedelta(days=chance.randint(8, 30)))
            else:
                day = self.soon(first.day, 0, 4)
            if day <= self.end:
                line = self.line(
                    day, first.cents, "one_check", "deposit", name=first.payer, check=first.check
                )
                case = "late_cheque" if late else "single_cheque"
                line.clears.append((first, first.cents, case))

    def deposit(self, checks: Sequence[Payment]) -> None:
        chance, home = self.chance, self.home
        day = self.soon(checks[-1].day, 0, 3)
        together = list(checks)
        home.slip += 1
        slip = f"{home.slip:05d}" if home.books_slips else ""
        if self.in_cash and chance.happens(0.25):
            recent = [each for each in self.in_cash if 0 <= (day - each.day).days <= 6][:1]
            for payment in recent:
                self.in_cash.remove(payment)
            together += recent
        if slip:
            for payment in together:
                note = chance.choice((f"dep {slip}", f"Deposit slip {slip}", f"DS{slip}"))
                payment.memo = f"{payment.memo}; {note}" if payment.memo else note
        if day <= self.end:
            total = sum(payment.cents for payment in together)
            line = self.line(day, total, "deposit", "deposit", words=slip)
            case = "deposit_slip" if slip else "deposit"
            line.clears += [(payment, payment.cents, case) for payment in together]

    def clear_lockbox(self) -> None:
        """Up to six cheques of a day make a batch."""
        home = self.home
        by_day: dict[date, list[Payment]] = defaultdict(list)
        for payment in self.locked:
            by_day[business_day(payment.day, self.chance.choice((0, 1, 1)))].append(payment)
        for day, payments in sorted(by_day.items()):
            for first in range(0, len(payments), 6):
                items = payments[first : first + 6]
                home.lockbox_batch += 1
                batch = f"{home.lockbox_batch:04d}"
                if home.books_slips:
                    for place, payment in enumerate(items, 1):
                        payment.memo = f"{payment.memo} LBX {batch}-{place}".lstrip()
                if day <= self.end:
                    line = self.line(
                        day,
                        sum(payment.cents for payment in items),
                        "lockbox",
                        "lockbox",
                        words=batch,
                        check=str(len(items)),
                    )
                    line.clears += [(payment, payment.cents, "lockbox") for payment in items]

    def clear_cash(self) -> None:
        waiting = self.in_cash
        while waiting:
            size = 2 if self.chance.happens(0.25) else 1
            together = [each for each in waiting[:size] if (each.day - waiting[0].day).days <= 6]
            waiting = waiting[len(together) :]
            day = self.soon(together[-1].day, 0, 4)
            if day <= self.end:
                total = sum(payment.cents for payment in together)
                line = self.line(day, total, "cash", "deposit")
                line.clears += [(each, each.cents, "cash_deposit") for each in together]

    def clear_cards(self) -> None:
        """A gateway pays out the cards of one, two or seven days, net of its fee or gross."""
        chance, home, calendar = self.chance, self.home, self.world.calendar
        days = chance.choice((1, 2, 7))
        by_period: dict[int, list[Payment]] = defaultdict(list)
        for payment in self.by_card:
            by_period[(payment.day - calendar.start).days // days].append(payment)
        is_gross = home.gateway == "gross"
        if home.names_payout:
            case = "gateway_id"
        else:
            case = "gateway_gross" if is_gross else "gateway_no_id"
        for period, payments in sorted(by_period.items()):
            last = calendar.start + timedelta(days=(period + 1) * days - 1)
            day = business_day(last, 2)
            payout = f"po_1{chance.code(12)}" if home.gateway == "stripe" else chance.digits(8)
            shares = []
            for payment in payments:
                fee = self.card_fee(payment.cents)
                shares.append((payment, payment.cents - fee, case))
                if home.books_fee or home.names_payout:
                    payment.fee = fee
                if home.names_payout:
                    payment.payout = payout
                if not payment.reference and chance.happens(0.4):
                    charge = "ch_3" if home.gateway == "stripe" else ""
                    payment.reference = charge + chance.code(10)
            if day <= self.end:
                total = sum(cents for _, cents, _ in shares)
                words = self.payout_text(payout)
                line = self.line(day, total, "verbatim", "ach", words=words)
                line.clears += shares
        if is_gross:
            self.charge_for_cards()

    def card_fee(self, cents: int) -> int:
        if self.home.gateway == "gross":
            return 0
        if self.home.gateway == "stripe":
            fee = cents * 29 // 1_000 + 30
        else:
            fee = cents * 235 // 10_000 + 10
        return min(fee, cents // 2)

    def payout_text(self, payout: str) -> str:
        chance, home = self.chance, self.home
        if home.gateway == "merchant":
            return f"MERCHANT BANKCD DEP {chance.digits(12)}"
        if home.gateway == "paysafe":
            key = payout if home.names_payout else chance.digits(8)
            return f"PAYSAFE PS LT SETTLEMENT {key}"
        if home.gateway == "gross":
            return f"BANKCARD 8076 MTOT DEP {chance.digits(12)}"
        if home.names_payout and chance.happens(0.5):
            return f"STRIPE TRANSFER {payout}"
        return chance.choice(
            (
                f"STRIPE TRANSFER ST-{chance.code(12)}",
                f"STRIPE DES:TRANSFER ID:ST-{chance.code(10)}",
            )
        )

    def charge_for_cards(self) -> None:
        """Who pays out gross takes the fee of a month at its end."""
        calendar = self.world.calendar
        for month, first in enumerate(calendar.months):
            total = sum(
                payment.cents
                for payment in self.by_card
                if (payment.day.year, payment.day.month) == (first.year, first.month)
            )
            if total:
                words = f"BANKCARD 8076 MTOT DISC {self.chance.digits(12)}"
                fee = total * 26 // 1_000 + 995
                self.line(calendar.month_end(month), -fee, "verbatim", "fee", words=words)

    # What nobody booked.

    def clear_unrecorded(self) -> None:
        chance = self.chance
        for payment, invoice in self.home.unrecorded:
            day = self.soon(payment.day, 0, 1)
            if day > self.end:
                invoice.open, invoice.is_unrecorded = invoice.total, False
                continue
            kind = payment.method if payment.method in ("zelle", "wire") else "ach"
            line = self.line(day, invoice.total, kind, kind, name=payment.payer, words=payment.told)
            case = "unrecorded_number" if payment.is_named else "unrecorded_name"
            line.settles.append(Share(invoice=invoice, cents=invoice.total, case=case))
        for day, bill, customer in self.home.debits:
            words = bill.number if chance.happens(0.4) else str(customer)
            name = bill.party_name.upper()
            line = self.line(day, -bill.total, "debit", "debit", name=name, words=words)
            share = Share(invoice=bill, cents=bill.total, case="unrecorded_bill")
            line.settles.append(share)

    def add_the_rest(self) -> None:
        """Wages, taxes, charges, interest, transfers, shops and stray receipts."""
        chance, calendar = self.chance, self.world.calendar
        scale = max(1, len(self.home.invoices) // 250)
        for month in range(MONTHS):
            for payday in (7, 22):
                self.pay_wages(business_day(calendar.day(month, payday)), scale)
            last = calendar.month_end(month)
            charge = chance.choice(
                (
                    "SERVICE CHARGES FOR THE MONTH",
                    "Monthly maintenance fee",
                    "ACCOUNT ANALYSIS SETTLEMENT CHG",
                )
            )
            cents = -chance.choice((1_500, 2_500, 4_500, 3_000))
            self.line(last, cents, "verbatim", "fee", words=charge)
            if chance.happens(0.5):
                words = chance.choice(("INTEREST PAID", "Interest payment"))
                self.line(last, chance.randint(3, 900), "verbatim", "", words=words)
            for _ in range(scale):
                self.add_strangers(month)

    def pay_wages(self, day: date, scale: int) -> None:
        chance = self.chance
        payroll = chance.choice(
            ("ADP WAGE PAY", "INTUIT PAYROLL", "PAYCHEX EIB", "PATRIOT SOFTWARE PAYROLL")
        )
        words = f"{payroll} {chance.digits(9)} {self.home.name.upper()}"
        wages = chance.randint(400_000, 3_000_000) * scale // 2 + 1
        self.line(day, -wages, "verbatim", "debit", words=words)
        words = f"IRS USATAXPYMT {chance.digits(15)}"
        next_day = min(self.end, business_day(day, 1))
        taxes = chance.randint(80_000, 700_000)
        self.line(next_day, -taxes, "verbatim", "debit", words=words)

    def add_strangers(self, month: int) -> None:
        chance, calendar = self.chance, self.world.calendar

        def some_day() -> date:
            return business_day(calendar.day(month, chance.randint(1, 27)))

        if chance.happens(0.8):
            sign = chance.choice((-1, -1, 1))
            cents = sign * chance.randint(5, 200) * 10_000
            online = (
                f"Online Transfer {chance.choice(('to', 'from'))} SAV ...{chance.digits(4)} "
                f"transaction#: {chance.digits(10)}"
            )
            words = chance.choice(
                (online, f"TRANSFER {chance.digits(6)}", "Funds transfer sister home")
            )
            self.line(some_day(), cents, "verbatim", "transfer", words=words)
        for _ in range(3):
            entry = chance.choice(("POS PURCHASE", "CARD PURCHASE", "DBT CRD"))
            shop = f"{chance.choice(SHOPS)} CARD {chance.digits(4)}"
            words = f"{entry} {calendar.day(month, 5):%m/%d} {shop}"
            cents = -chance.randint(400, 42_000)
            self.line(some_day(), cents, "verbatim", "card", words=words)
        if chance.happens(0.3):
            words = chance.choice(
                (
                    f"SSA TREAS 310 XXSOC SEC {chance.digits(9)}",
                    "STATE FARM CLAIM REFUND",
                    f"IRS TREAS 310 TAX REF {chance.digits(9)}",
                    f"MI LARA GRANT {chance.digits(6)}",
                    "CREDIT MEMO",
                )
            )
            self.line(some_day(), chance.randint(2_000, 160_000), "verbatim", "ach", words=words)
