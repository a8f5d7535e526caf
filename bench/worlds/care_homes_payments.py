"""What households and agencies pay a simulated group of care homes, and what it pays vendors."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from bench.worlds.care_homes_records import (
    Agency,
    Chance,
    Home,
    Household,
    Invoice,
    Payment,
    Transfer,
    World,
    business_day,
)
from bench.worlds.care_homes_texts import SAID, as_written, listed, mistyped, month_words

VENDORS = (
    "Sysco Detroit LLC",
    "Gordon Food Service",
    "Consumers Energy",
    "DTE Energy",
    "Comcast Business",
    "Medline Industries LP",
    "Absopure Water",
    "Waste Management of MI",
    "Rite Way Plumbing",
    "Lowes Pro Supply",
    "Ace Hardware #114",
    "Hansen & Sons Landscaping",
    "Guardian Alarm",
    "Nurse Staffing Partners",
    "McKesson Medical",
    "City Water Dept",
    "State Farm Insurance",
    "Ecolab Pest Elimination",
    "Kerr Pharmacy",
    "A-1 Linen Service",
    "Precision Fire Protection",
    "Lakeland Elevator",
    "Quill LLC",
    "T Nowak Painting",
    "Metro Van Leasing",
    "Brightway Cleaning Co",
    "Otto HVAC Service",
    "CPA Dunham & Lee",
)
NO_DIRECT_CREDIT = ("check", "cash", "card")


class Purse:
    """One household over the year: what falls due is paid in the order of the days."""

    def __init__(self, world: World, household: Household) -> None:
        self.world = world
        self.chance = world.chance
        self.household = household
        self.home = household.invoices[0].home
        self.queue: list[tuple[date, int, Invoice, str]] = []
        self.billed = [
            each for each in household.invoices if each.total > 0 and each.status == "open"
        ]

    def later(self, day: date, first: int, last: int) -> date:
        return day + timedelta(days=self.chance.randint(first, last))

    def plan(self, day: date, invoice: Invoice, what: str) -> None:
        heapq.heappush(self.queue, (day, self.world.next_serial(), invoice, what))

    def spend(self) -> None:
        chance, calendar = self.chance, self.world.calendar
        unpaid = 0.3 if chance.happens(0.06) else 0.05
        for invoice in sorted(self.billed, key=lambda each: (each.issue, each.serial)):
            if chance.happens(unpaid):
                continue
            wait = max(0, int(chance.gauss(self.household.delay, 4)))
            wait += chance.randint(20, 70) if chance.happens(0.05) else 0
            self.plan(invoice.issue + timedelta(days=wait), invoice, "pay")
        for credit in self.household.invoices:
            if credit.use == "refund":
                self.plan(self.later(credit.issue, 3, 30), credit, "refund")
        for invoice in self.billed:
            early = invoice.issue - timedelta(days=25) > calendar.start
            if invoice.kind == "room" and chance.happens(0.012) and early:
                self.plan(self.later(invoice.issue, -22, -3), invoice, "prepay")
        steps = {
            "refund": self.refund_credit,
            "again": self.pay_again,
            "prepay": self.prepay,
            "unpend": self.forget_return,
            "rest": self.pay_rest,
        }
        while self.queue:
            day, _, invoice, what = heapq.heappop(self.queue)
            day = max(day, calendar.start)
            if day > calendar.end:
                continue
            if what in steps:
                steps[what](invoice, day)
            else:
                self.pay(invoice, day, is_second_try=what == "repay")

    # What is planned beside the first payment of an invoice.

    def refund_credit(self, credit: Invoice, day: date) -> None:
        chance = self.chance
        payment = self.paid_back(credit, day, -credit.total, chance.choice(("check", "ach")))
        payment.memo = chance.choice(
            (
                f"Refund {credit.number}",
                f"refund {credit.number}",
                "Refund of credit",
                "Resident refund",
            )
        )
        payment.told = credit.number if chance.happens(0.3) else ""
        payment.use_credit(credit, "credit_refund")

    def pay_again(self, invoice: Invoice, day: date) -> None:
        """The same invoice twice: the second payment settles nothing, and may be paid back."""
        chance = self.chance
        self.compose([invoice], day, invoice.total, names=True)
        if chance.happens(0.4):
            back = self.later(day, 6, 30)
            if back <= self.world.calendar.end:
                payment = self.paid_back(invoice, back, invoice.total, "check")
                payment.memo = chance.choice(("Refund duplicate payment", "overpaid", ""))

    def paid_back(self, invoice: Invoice, day: date, cents: int, method: str) -> Payment:
        payment = self.world.payment(self.home, day, cents)
        payment.is_out, payment.method = True, method
        payment.party_id, payment.party_name = invoice.party_id, invoice.party_name
        payment.payer = self.household.payers[0][1]
        if method == "check":
            payment.check = payment.reference = self.home.next_check()
        return payment

    def prepay(self, invoice: Invoice, day: date) -> None:
        if invoice.open != invoice.total or invoice.is_pending:
            return
        chance = self.chance
        month = month_words(invoice, chance)
        payment = self.compose([invoice], day, invoice.total, names=False)
        payment.memo = chance.choice(
            (f"Prepay {month}", f"advance {month}", f"deposit {month}", month)
        )
        payment.told = month if chance.happens(0.5) else payment.told
        payment.settle(invoice, invoice.total, "prepayment")

    def forget_return(self, invoice: Invoice, day: date) -> None:
        invoice.is_pending = False
        if self.chance.happens(0.82):
            self.plan(self.later(day, 2, 20), invoice, "repay")

    def pay_rest(self, invoice: Invoice, day: date) -> None:
        if invoice.open <= 0 or invoice.is_pending:
            return
        whole = self.chance.happens(0.7) or invoice.open < 5_000
        cents = invoice.open if whole else invoice.open // 2
        payment = self.compose([invoice], day, cents, names=self.chance.happens(0.8))
        payment.settle(invoice, cents, "partial")
        if invoice.open > 0:
            self.plan(self.later(day, 10, 30), invoice, "rest")

    # The first payment of an invoice, alone or with others.

    def pay(self, invoice: Invoice, day: date, is_second_try: bool) -> None:
        chance = self.chance
        due = [
            each
            for each in self.billed
            if each.open == each.total and not each.is_pending and each.issue <= day
        ]
        due.sort(key=lambda each: (each.issue, each.number))
        if invoice not in due:
            # Paid with others in the meantime: the money is for the oldest one.
            if is_second_try or not due:
                return
            invoice = due[0]
        same = [each for each in due if each.party_id == invoice.party_id]
        names = chance.happens(min(0.95, self.household.writes + self.home.books_numbers * 0.7))
        if not is_second_try:
            if self.net_credit(invoice, day, names):
                return
            joint = len(self.household.residents) > 1
            pool = due if joint else same
            if len(pool) > 1 and chance.happens(0.5 if joint else 0.38):
                self.pay_several(pool, day, names)
                return
        draw = chance.random()
        if not names and chance.happens(0.9):
            invoice = same[0]
        self.pay_one(invoice, day, names, draw, is_second_try)

    def net_credit(self, invoice: Invoice, day: date, names: bool) -> bool:
        """Whether an open credit note was taken off."""
        credit = next(
            (
                each
                for each in self.household.invoices
                if each.use == "net"
                and each.open < 0
                and each.issue <= day
                and each.party_id == invoice.party_id
            ),
            None,
        )
        if credit is None or invoice.total <= -credit.total:
            return False
        both = self.chance.happens(self.chance.either(0.75, 0.55))
        payment = self.compose(
            [invoice, credit] if both else [invoice],
            day,
            invoice.total + credit.total,
            names=both or self.chance.happens(0.6),
        )
        payment.settle(invoice, invoice.total, "credit_netted")
        payment.use_credit(credit, "credit_netted")
        return True

    def pay_several(self, pool: Sequence[Invoice], day: date, names: bool) -> None:
        chance = self.chance
        together = pool[: chance.choices((2, 3, 4, 5), (70, 20, 7, 3))[0]]
        if len({each.party_id for each in together}) > 1:
            case = "two_residents"
        else:
            case = "list" if names else "set_no_number"
        payment = self.compose(together, day, sum(each.total for each in together), names=names)
        for each in together:
            payment.settle(each, each.total, case)
        if not names and chance.happens(0.3):
            for each in together:
                resident = each.resident.person.full if each.resident else ""
                self.advise(payment, each, each.total, chance.choice(("", resident)))

    def pay_one(
        self, invoice: Invoice, day: date, names: bool, draw: float, is_second_try: bool
    ) -> None:
        chance, total = self.chance, invoice.total
        if draw < 0.02:
            rounded = total * chance.randint(25, 80) // 10_000 * 100
            part = chance.choice((total // 2, rounded or total // 2))
            payment = self.compose([invoice], day, part, names=names)
            payment.settle(invoice, part, "partial")
            self.plan(self.later(day, 5, 28), invoice, "rest")
        elif draw < 0.035:
            over = chance.choice((100, 500, 1_000, 5_000, 9, 10_000, chance.randint(1, 4_000)))
            named = names or chance.happens(0.5)
            payment = self.compose([invoice], day, total + over, names=named)
            payment.settle(invoice, total, "overpayment")
        elif draw < 0.045 and total > 5_000:
            lacking = chance.choice((1, 10, 100, 500, 2_500, chance.randint(1, 4_000)))
            named = names or chance.happens(0.5)
            payment = self.compose([invoice], day, total - lacking, names=named)
            payment.settle(invoice, total - lacking, "short")
            if chance.happens(0.5) and lacking >= 1_000:
                self.plan(self.later(day, 8, 30), invoice, "rest")
        elif draw < 0.06:
            payment = self.compose([invoice], day, total, names=True)
            payment.settle(invoice, total, "paid_twice_first")
            self.plan(self.later(day, 1, 14), invoice, "again")
        elif draw < 0.078:
            self.pay_and_bounce(invoice, day, names)
        elif draw < 0.092:
            self.pay_under_wrong_number(invoice, day)
        elif draw < chance.either(0.125, 0.131):
            if self.household.method not in NO_DIRECT_CREDIT:
                self.pay_unrecorded(invoice, day, names)
        else:
            # The number of the void invoice that this one replaces.
            old = invoice.replaces if names and chance.happens(0.4) else None
            payment = self.compose(
                [invoice], day, total, names=names, instead=old.number if old else ""
            )
            if old:
                case = "reissued_void"
            elif is_second_try:
                case = "repaid"
            else:
                case = "exact_number" if names else "no_number"
            payment.settle(invoice, total, case)

    def pay_and_bounce(self, invoice: Invoice, day: date, names: bool) -> None:
        """The payment reaches the bank and comes back; mostly another follows."""
        chance = self.chance
        payment = self.compose([invoice], day, invoice.total, names=names)
        if payment.method in ("cash", "card", "zelle", "wire"):
            payment.method = chance.choice(("check", "ach"))
        if payment.method == "check" and not payment.check:
            payment.check = str(chance.randint(200, 9_000))
        deposited = business_day(day, chance.randint(0, 2))
        returned = business_day(deposited, chance.randint(1, 5))
        if returned > self.world.calendar.end:
            payment.settle(invoice, invoice.total, "exact_number" if names else "no_number")
            return
        payment.deposited, payment.returned = deposited, returned
        invoice.is_pending = True
        self.plan(returned, invoice, "unpend")

    def pay_under_wrong_number(self, invoice: Invoice, day: date) -> None:
        """Another document's number, or a slip; the book knows the customer all the same."""
        chance, numbers = self.chance, self.home.numbers
        other = self.another_number(invoice)
        written = mistyped(invoice.number, chance)
        if other and chance.happens(0.6) and (written not in numbers or chance.happens(0.5)):
            written = other
        if written == invoice.number:
            case = "exact_number"
        else:
            case = "wrong_number" if written in numbers else "typo_number"
        payment = self.compose([invoice], day, invoice.total, names=True, instead=written)
        payment.party_id, payment.party_name = invoice.party_id, invoice.party_name
        payment.settle(invoice, invoice.total, case)

    def another_number(self, invoice: Invoice) -> str:
        """The number of another document of the home, in a small one of the same months."""
        pool, small = self.home.invoices, len(self.home.invoices) < 400
        if not small:
            pool = self.chance.sample(pool, 60)
        others = [
            each.number
            for each in pool
            if each.total > 0
            and each is not invoice
            and (not small or abs((each.issue - invoice.issue).days) < 60)
        ]
        return self.chance.choice(others) if others else ""

    def pay_unrecorded(self, invoice: Invoice, day: date, names: bool) -> None:
        """The money comes, and nobody books it."""
        payment = self.compose([invoice], day, invoice.total, names=names)
        if names:
            payment.told = as_written(self.home.scheme, invoice.number, self.chance)
        self.home.payments.remove(payment)
        self.home.unrecorded.append((payment, invoice))
        invoice.open, invoice.is_unrecorded = 0, True

    # How it is written.

    def compose(
        self,
        invoices: Sequence[Invoice],
        day: date,
        cents: int,
        *,
        names: bool,
        instead: str = "",
    ) -> Payment:
        """A payment as the home books it; `names` says that a number stands somewhere."""
        chance, home, household = self.chance, self.home, self.household
        first_payer = len(household.payers) == 1 or chance.happens(0.6)
        payer_name, payer_at_bank = household.payers[0 if first_payer else 1]
        payment = self.world.payment(home, day, cents)
        payment.payer = payer_at_bank
        payment.method = household.method
        if chance.happens(0.06):
            payment.method = chance.choice(("check", "ach", "zelle", "cash"))
        resident = invoices[0].resident or household.residents[0]
        payment.party_id = resident.party_id
        by_document = home.name_style == "billed"
        payment.party_name = resident.billed_name if by_document else resident.name
        if household.kind != "self" and chance.happens(chance.either(0.25, 0.5)):
            payment.party_name = payer_name
            if chance.happens(0.6):
                payment.party_id = ""
        if payment.method == "check":
            household.check += chance.randint(1, 3)
            payment.check = str(household.check)
        elif payment.method == "billpay":
            payment.check = str(chance.randint(10**6, 10**8))
        self.word(payment, invoices, names, instead)
        if names and chance.happens(0.06):
            for invoice in invoices:
                self.advise(payment, invoice, invoice.open, "")
        return payment

    def word(
        self, payment: Payment, invoices: Sequence[Invoice], names: bool, instead: str
    ) -> None:
        """What the payer writes and what the book takes over, in its column for numbers."""
        chance, home = self.chance, self.home
        numbers = [instead] if instead else [invoice.number for invoice in invoices]
        by_payer = in_book = ""
        if names:
            draw = chance.random()
            by_paper = payment.method in ("check", "cash", "card", "billpay")
            if draw < 0.5:
                by_payer = in_book = listed(home.scheme, numbers, chance)
            elif draw < 0.8 or by_paper:
                in_book = listed(home.scheme, numbers, chance)
            else:
                by_payer = listed(home.scheme, numbers, chance)
        vague = chance.happens(chance.either(0.5, 0.75))
        other = chance.choice(SAID) if vague else month_words(invoices[0], chance)
        payment.told = by_payer or (other if chance.happens(0.6) else "")
        if in_book and home.number_in == "reference":
            payment.reference = in_book
            if payment.check and chance.happens(0.7):
                payment.memo = f"ck {payment.check}"
        elif in_book:
            payment.memo = in_book if chance.happens(0.6) else f"Payment for {in_book}"
            payment.reference = payment.check
        else:
            payment.reference = payment.check if chance.happens(0.85) else ""
            payment.memo = other if chance.happens(0.4) else ""
        if payment.method == "zelle" and not payment.reference and chance.happens(0.3):
            payment.trace = f"{self.household.code[:4]}{chance.randint(10**5, 10**6)}"
            payment.reference = payment.trace
        payment.is_named = names

    def advise(self, payment: Payment, invoice: Invoice, cents: int, memo: str) -> None:
        text = as_written(self.home.scheme, invoice.number, self.chance)
        payment.advice.append((text, cents, memo))


# Agencies.


def pay_as_agencies(world: World, home: Home) -> None:
    by_agency: dict[Agency, list[Invoice]] = defaultdict(list)
    for invoice in home.invoices:
        if invoice.agency:
            by_agency[invoice.agency].append(invoice)
    for agency, invoices in by_agency.items():
        AgencyRuns(world, home, agency).pay(invoices)


class AgencyRuns:
    """One agency's payment runs to one home; it denies, reduces and takes back."""

    def __init__(self, world: World, home: Home, agency: Agency) -> None:
        chance = world.chance
        self.world = world
        self.chance: Chance = chance
        self.home = home
        self.agency = agency
        self.days_between = chance.choice((7, 14, 14, 30))
        self.advised = chance.either(0.85, 0.55)
        self.advice_style = chance.choice(("number", "number", "number", "claim", "mixed"))
        self.paid: list[Invoice] = []

    def pay(self, invoices: Sequence[Invoice]) -> None:
        chance, calendar = self.chance, self.world.calendar
        runs: dict[date, list[Invoice]] = defaultdict(list)
        for invoice in sorted(invoices, key=lambda each: (each.issue, each.serial)):
            if chance.happens(0.03):
                continue
            ready = invoice.issue + timedelta(days=chance.randint(12, 40))
            number = (ready - calendar.start).days // self.days_between + 1
            run = business_day(calendar.start + timedelta(days=number * self.days_between + 3))
            if run <= calendar.end:
                runs[run].append(invoice)
        for run, claimed in sorted(runs.items()):
            size = chance.choice((8, 20, 60))
            for first in range(0, len(claimed), size):
                self.send(run, claimed[first : first + size])

    def send(self, run: date, claimed: Sequence[Invoice]) -> None:
        chance = self.chance
        trace = str(chance.randint(10**8, 10**10))
        decided = [(invoice, *self.decision(invoice)) for invoice in claimed]
        if not sum(cents for _, cents, _ in decided):
            return
        method = chance.choice(("eft", "ach"))
        if self.home.books_agencies == "one" or len(claimed) == 1:
            self.book_as_one(run, decided, trace, method)
        else:
            self.book_each(run, decided, trace, method)
        self.paid += [invoice for invoice, cents, _ in decided if cents]

    def decision(self, invoice: Invoice) -> tuple[int, str]:
        draw = self.chance.random()
        if draw < 0.92:
            return invoice.total, ""
        if draw < 0.98:
            return invoice.total * self.chance.randint(55, 98) // 100, "CO-45"
        return 0, "denied CO-197"

    def payment(self, run: date, cents: int, origin: str, trace: str, method: str) -> Payment:
        day = run - timedelta(days=self.chance.randint(0, 2))
        payment = self.world.payment(self.home, day, cents)
        payment.origin, payment.method, payment.trace = origin, method, trace
        payment.agency = self.agency
        payment.party_name, payment.payer, _ = self.agency
        payment.party_id = agency_party(self.agency)
        return payment

    def book_as_one(
        self, run: date, decided: Sequence[tuple[Invoice, int, str]], trace: str, method: str
    ) -> None:
        """One payment for the run. What it takes back is of an invoice it had paid before."""
        chance, home = self.chance, self.home
        total = sum(cents for _, cents, _ in decided)
        advised = chance.happens(self.advised)
        taken_back, old = 0, None
        if self.paid and chance.happens(0.03):
            old = chance.choice(self.paid)
            taken_back = min(old.total // 3, total // 4)
        payment = self.payment(run, total - taken_back, "agency", trace, method)
        if home.number_in == "reference" or chance.happens(0.5):
            payment.reference = trace if chance.happens(0.6) else ""
        numbers = [invoice.number for invoice, _, _ in decided]
        if len(numbers) == 1 and chance.happens(0.5):
            payment.memo = as_written(home.scheme, numbers[0], chance)
        elif not advised and len(numbers) <= 4:
            payment.memo = listed(home.scheme, numbers, chance)
        for invoice, cents, reason in decided:
            if advised:
                payment.advice.append((self.advice_text(invoice), cents, reason))
            case = "agency_remit" if advised else "agency_no_remit"
            payment.settle(invoice, cents, "agency_short" if reason else case)
        if old:
            payment.advice.append((self.advice_text(old), -taken_back, "WO recoupment"))
            payment.withhold(taken_back)

    def book_each(
        self, run: date, decided: Sequence[tuple[Invoice, int, str]], trace: str, method: str
    ) -> None:
        """A payment for each invoice, all in one transfer."""
        chance, home = self.chance, self.home
        booked = []
        for invoice, cents, reason in decided:
            if not cents:
                continue
            payment = self.payment(run, cents, "agency_group", trace, method)
            booked.append(payment)
            text = invoice.resident.person.full if invoice.resident else ""
            if chance.happens(chance.either(0.8, 0.55)):
                text = as_written(home.scheme, invoice.number, chance)
            key = chance.happens(0.6)
            if home.number_in == "reference":
                payment.reference, payment.memo = text, f"EFT {trace}" if key else ""
            else:
                payment.reference, payment.memo = trace if key else "", text
            payment.settle(invoice, cents, "agency_short" if reason else "agency_each")
        home.transfers.append(Transfer(day=run, payments=booked, trace=trace, agency=self.agency))

    def advice_text(self, invoice: Invoice) -> str:
        if self.advice_style == "number":
            return invoice.number
        if self.advice_style == "mixed":
            return as_written(self.home.scheme, invoice.number, self.chance)
        last = invoice.resident.person.full.split()[-1].upper() if invoice.resident else ""
        return f"{last} {invoice.service_from:%m%d%y}-{invoice.service_to:%m%d%y}"


def agency_party(agency: Agency) -> str:
    return f"AG-{agency[1].split()[0]}"


# Vendors.


class Vendor:
    """One vendor of a home: `usual` is the same sum every time, or none."""

    def __init__(self, name: str, chance: Chance) -> None:
        self.name = name
        self.party_id = f"V{VENDORS.index(name) + 100}"
        self.usual = chance.choice((0, 0, chance.randint(40, 900) * 100))
        self.method = chance.choice(("check", "check", "ach", "autopay", "ach"))
        self.scheme = chance.randrange(5)
        self.sequence = chance.randint(100, 90_000)
        self.customer = chance.randint(10**7, 10**9)
        self.bills: list[Invoice] = []

    def number(self, bill: Invoice, chance: Chance) -> None:
        self.sequence += chance.randint(1, 40)
        run = self.sequence
        bill.number = (
            f"{run}",
            f"IN{run:07d}",
            f"{bill.issue:%y%m}-{run % 1000:03d}",
            f"SI-{run}",
            f"{run:010d}",
        )[self.scheme]


def pay_vendors(world: World, home: Home, count: int) -> None:
    """Draw and pay about `count` bills."""
    chance, calendar = world.chance, world.calendar
    size = min(len(VENDORS), max(4, count // 14))
    vendors = [Vendor(name, chance) for name in chance.sample(VENDORS, size)]
    for _ in range(count):
        vendor = chance.choice(vendors)
        is_credit = chance.happens(0.012)
        if is_credit:
            total = -chance.randint(500, 9_000)
        else:
            total = vendor.usual or chance.randint(1_800, 420_000)
        issue = calendar.start + timedelta(days=chance.randint(0, 350))
        vendor.bills.append(
            world.invoice(
                home,
                kind="vendor_credit" if is_credit else "bill",
                total=total,
                issue=issue,
                due=issue + timedelta(days=chance.choice((10, 15, 30))),
                party_id=vendor.party_id,
                party_name=vendor.name,
            )
        )
    for vendor in vendors:
        vendor.bills.sort(key=lambda each: (each.issue, each.serial))
        for bill in vendor.bills:
            vendor.number(bill, chance)
            bill.memo = chance.choice(("", "", "Supplies", "Service", "Monthly service"))
        pay_vendor(world, home, vendor)


def pay_vendor(world: World, home: Home, vendor: Vendor) -> None:
    """Oldest first, one by one or several at once."""
    chance = world.chance
    bills = [bill for bill in vendor.bills if bill.kind == "bill"]
    while bills:
        bill = bills.pop(0)
        if chance.happens(0.01):
            bill.status, bill.open = "void", 0
            continue
        if chance.happens(0.04):
            continue
        day = business_day(bill.issue + timedelta(days=chance.randint(4, 32)))
        together = [bill]
        if vendor.method != "autopay" and chance.happens(0.3):
            while bills and len(together) < 5 and bills[0].issue <= day:
                together.append(bills.pop(0))
        if day > world.calendar.end:
            continue
        if vendor.method == "autopay":
            pay_by_itself(world, vendor, bill, day)
        else:
            pay_bills(world, home, vendor, together, day)


def pay_by_itself(world: World, vendor: Vendor, bill: Invoice, day: date) -> None:
    """A debit that the vendor draws; half of them nobody books."""
    if world.chance.happens(0.5):
        bill.home.debits.append((day, bill, vendor.customer))
        bill.open, bill.is_unrecorded = 0, True
        return
    payment = payment_to(world, bill.home, vendor, day, bill.total)
    payment.method, payment.memo = "ach", "autopay"
    payment.reference = bill.number if world.chance.happens(0.5) else ""
    payment.told = str(vendor.customer)
    payment.settle(bill, bill.total, "bill_single")


def pay_bills(
    world: World, home: Home, vendor: Vendor, bills: Sequence[Invoice], day: date
) -> None:
    chance = world.chance
    total = sum(bill.total for bill in bills)
    credits = [
        each
        for each in vendor.bills
        if each.kind == "vendor_credit" and each.open < 0 and each.issue <= day
    ][:1]
    if credits and (total <= -credits[0].total or not chance.happens(0.7)):
        credits = []
    total += sum(credit.total for credit in credits)
    payment = payment_to(world, home, vendor, day, total)
    payment.method = vendor.method
    numbers = ", ".join(each.number for each in (*bills, *credits))
    shown = numbers if chance.happens(chance.either(0.8, 0.55)) else ""
    if vendor.method == "check":
        payment.check = payment.reference = home.next_check()
        payment.memo = shown
        payment.is_never_cashed = chance.happens(0.02)
    else:
        payment.reference = shown
    payment.told = bills[0].number if chance.happens(0.4) else ""
    if len(bills) > 1 and chance.happens(0.25):
        payment.advice += [(bill.number, bill.total, "") for bill in bills]
    case = "bill_batch" if len(bills) > 1 else "bill_single"
    for bill in bills:
        payment.settle(bill, bill.total, "bill_credit_netted" if credits else case)
    for credit in credits:
        payment.use_credit(credit, "bill_credit_netted")


def payment_to(world: World, home: Home, vendor: Vendor, day: date, cents: int) -> Payment:
    payment = world.payment(home, day, cents)
    payment.is_out, payment.origin = True, "vendor"
    payment.party_id, payment.party_name = vendor.party_id, vendor.name
    payment.payer = vendor.name.upper()
    return payment
