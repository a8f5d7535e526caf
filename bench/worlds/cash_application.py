"""Receivables of a few trading companies, what their customers paid, and what they meant by it.

    python -m bench.worlds.cash_application --seed 1 --payments 2000 --out DIR

Customers are companies. They write invoice numbers as they please, in a remittance advice, in the
memo or nowhere; they deduct, round, pay twice and pay for their subsidiaries. Every invoice is open
in the book; `truth.csv` says what the payer meant, also where nobody could know it from the rest.

How truth speaks where opinions differ: a pair's amount is the money that moved, so a discount or a
deduction is in no pair. A credit note that was netted pairs with the payment like an invoice, with
a negative amount, and the invoice beside it with its gross one. The second of two payments of one
invoice pairs with its bank line alone.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

COLUMNS = {
    "invoices": "invoice_id entity direction number party_id party_name issue_date due_date "
    "currency total status reference memo discount discount_date applies_to_invoice_id",
    "payments": "payment_id entity direction party_id party_name date currency amount method "
    "reference memo fee payout_id account",
    "bank_lines": "line_id entity account date currency amount description counterparty "
    "reference type",
    "remittance_lines": "payment_id invoice_reference amount memo",
    "truth": "left_type left_id right_type right_id amount case",
}
FIRST_DAY = date(2025, 1, 2)
DAYS = 320

TRADES = (
    "Marine,Foods,Packaging,Tooling,Freight,Optics,Textiles,Paper,Chemicals,Hydraulics,Seating,"
    "Lighting,Bakeries,Timber,Instruments,Roofing,Plastics,Dental,Fasteners,Dairy"
).split(",")
STEMS = (
    "Halvorsen,Brightwater,Okafor,Castellane,Drummond,Vantoor,Eisler,Quillfeather,Marchetti,Norrland,"
    "Pemberly,Ashgrove,Tidewell,Kowalczyk,Larkmoor,Beaumarais,Sundqvist,Ferncastle,Obermann,Rathlin,"
    "Silverlea,Tamarack,Underhill,Wexcombe,Yarrow,Zellweg,Corvane,Dunmore,Everholt,Foxglade,Greyfell,"
    "Harrowgate,Inverlea,Jessamy,Kestrelby,Lindqvist,Moorhaven,Nettlecombe,Orsini,Prestwold"
).split(",")
SUFFIXES = ("Inc", "Inc.", "LLC", "Ltd", "Co.", "Corp", "GmbH", "Limited", "L.L.C.", "& Sons Ltd")
SHORT = {"Instruments": "Instr", "Packaging": "Pkg", "Chemicals": "Chem", "Hydraulics": "Hydr"}
REASONS = (
    "damaged goods",
    "short shipment",
    "pricing dispute",
    "freight not agreed",
    "late delivery penalty",
    "promo allowance Q2",
    "return credit pending",
    "quality claim",
)
NOBODY = ("", "PAYMENTS CLEARING 4", "Treasury Services", "B2B PAYER")
NOISE = ("vendor no 20133", "tel 555 0142", "acct 70023", "week 27", "pymt", "THANK YOU")

Row = dict[str, str]


def money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def business_day(day: date, later: int = 0) -> date:
    """The day itself, or the next working day, and `later` working days after that."""
    while True:
        while day.weekday() > 4:
            day += timedelta(days=1)
        if not later:
            return day
        day, later = day + timedelta(days=1), later - 1


class Folder:
    """The rows of one exchange folder, in no order and under ids that tell nothing."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
        self.situations: Counter[str] = Counter()
        self._taken: set[str] = set()

    def new_id(self) -> str:
        while (new := f"{self.rng.getrandbits(44):011x}") in self._taken:
            pass
        self._taken.add(new)
        return new

    def add(self, name: str, **values: str) -> Row:
        row = dict.fromkeys(COLUMNS[name].split(), "") | values
        self.rows[name].append(row)
        return row

    def link(self, left: tuple[str, str], right: tuple[str, str], cents: int, case: str) -> Row:
        return self.add(
            "truth",
            left_type=left[0],
            left_id=left[1],
            right_type=right[0],
            right_id=right[1],
            amount=money(cents),
            case=case,
        )

    def write(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        for name, rows in self.rows.items():
            self.rng.shuffle(rows)
            with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS[name].split(), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

    def summary(self) -> str:
        """One line a file, then one line a case: links in truth, situations drawn."""
        links = Counter(row["case"] for row in self.rows["truth"])
        cases = sorted(links.keys() | self.situations.keys())
        return "\n".join(
            [f"{name}: {len(rows)} rows" for name, rows in self.rows.items()]
            + [f"  {case}: {links[case]} links, {self.situations[case]} drawn" for case in cases]
        )


@dataclass(kw_only=True)
class Series:
    """A run of invoice or cheque numbers: `prefix`, a counter of `width` digits, `suffix`."""

    entity: str
    start: int
    prefix: str = ""
    width: int = 1
    suffix: str = ""
    taken: set[int] = field(default_factory=set)

    def digits(self, counter: int) -> str:
        return f"{counter:0{self.width}d}"

    def take(self, day: date, count: int, pace: int) -> list[int]:
        """The first `count` neighbouring numbers that are free on this day or after."""
        first = self.start + (day - FIRST_DAY).days * pace
        while any(first + step in self.taken for step in range(count)):
            first += 1
        numbers = [first + step for step in range(count)]
        self.taken.update(numbers)
        return numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class Customer:
    id: str
    name: str
    currency: str
    series: Series
    cheques: Series
    method: str
    habit: str  # where this customer writes what a payment is for
    flat: int  # cents of the bill that comes every month, or 0
    parent: str = ""

    @property
    def entity(self) -> str:
        return self.series.entity

    @property
    def account(self) -> str:
        return f"{self.entity}-{self.currency.lower()}"


@dataclass(kw_only=True, eq=False)
class Invoice:
    id: str
    customer: Customer
    number: str
    digits: str
    day: date
    total: int
    order: str
    delivery: str
    row: Row
    settled: date | None = None


@dataclass(kw_only=True, eq=False)
class Payment:
    id: str
    customer: Customer
    day: date
    amount: int
    payer: str
    row: Row


Share = tuple[Invoice, int]
Advice = tuple[str, int | None, str]  # what the payer wrote, cents, memo


def company_names(rng: random.Random) -> Iterable[tuple[str, str]]:
    """Stem and full name, no two alike; one stem names several companies."""
    plain = [(stem, f"{stem} {trade}") for stem in STEMS for trade in TRADES]
    rng.shuffle(plain)
    for again in itertools.count(1):
        for stem, name in plain:
            place = "" if again == 1 else f" {rng.choice(('North', 'West', 'Lake'))} {again}"
            yield stem, f"{name}{place} {rng.choice(SUFFIXES)}"


def variant(rng: random.Random, name: str) -> str:
    """The same company as its bank or its clerk writes it."""
    words = name.split()
    core = [word for word in words if word not in {"&", "Sons"}.union(SUFFIXES)]
    swap = rng.randrange(1, len(core[0]) - 2)
    return rng.choice(
        (
            " ".join(core).upper(),
            name.upper().replace(".", ""),
            " ".join(core)[:14].upper().strip(),
            " ".join(SHORT.get(word, word[:4]) for word in core),
            f"{core[0]} {core[1][0]}.",
            "".join(core),
            f"THE {' '.join(core).upper()} COMPANY",
            core[0][:swap]
            + core[0][swap + 1]
            + core[0][swap]
            + core[0][swap + 2 :]
            + f" {core[1]}",
        )
    )


def as_written(rng: random.Random, invoice: Invoice) -> str:
    """The number with nothing wrong, in one of the ways people write it."""
    if rng.random() < 0.45:
        return invoice.number
    short = invoice.digits.lstrip("0")
    return rng.choice(
        (
            invoice.digits,
            short,
            invoice.number.lower(),
            invoice.number.replace("-", " ").replace("/", " "),
            invoice.number.replace("-", "").replace("/", ""),
            invoice.number.replace(invoice.digits, short),
            f"Invoice # {short}",
            f"Inv.{invoice.digits}",
            invoice.number.replace("-", "\N{EN DASH}"),
        )
    )


def mistyped(rng: random.Random, invoice: Invoice) -> str:
    """The number with one slip: digits swapped, changed, dropped, doubled or misread."""
    digits, wrong = invoice.digits, invoice.digits
    while wrong == digits:
        at = rng.randrange(len(digits) - 1)
        wrong = rng.choice(
            (
                digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :],
                digits[:at] + str(rng.randrange(10)) + digits[at + 1 :],
                digits[:at] + digits[at + 1 :],
                digits[: at + 1] + digits[at:],
                digits[:at] + digits[at:].translate(str.maketrans("0158", "OlSB")),
            )
        )
    return invoice.number.replace(digits, wrong)


def sets_that_meet(totals: Sequence[int], target: int, most: int = 4) -> int:
    """How many sets of at most `most` of these add up to the target; counts no further than two."""
    meeting = (
        1
        for size in range(1, most + 1)
        for chosen in itertools.combinations(totals, size)
        if sum(chosen) == target
    )
    return sum(itertools.islice(meeting, 2))


class Book(Folder):
    """The receivables as they grow, one situation at a time."""

    def __init__(self, seed: int, payments: int) -> None:
        super().__init__(random.Random(seed))
        self.wanted = payments
        self.pace = max(2, payments // 400)
        self.invoices: dict[Customer, list[Invoice]] = defaultdict(list)
        self.payments: list[Payment] = []
        self.silent: list[tuple[Payment, list[Row]]] = []
        self.customers = self._customers(max(40, payments // 12))

    def _customers(self, count: int) -> list[Customer]:
        rng = self.rng
        series = [
            Series(entity="harbor", prefix="INV-", width=6, start=4_100),
            Series(entity="harbor", prefix="SI", width=5, start=10_200),
            Series(entity="harbor", width=8, start=30_500),
            Series(entity="ridge", prefix="INV-", width=6, start=4_350),
            Series(entity="ridge", prefix="2025/", width=5, start=120),
            Series(entity="rhein", prefix="RE-2025-", width=5, start=700),
            Series(entity="rhein", prefix="A", width=5, start=20_000, suffix="-03"),
        ]
        names = iter(company_names(rng))
        made: list[Customer] = []
        groups: list[tuple[str, Series]] = []
        for index in range(count):
            stem, name = next(names)
            own, parent = rng.choice(series), ""
            if index % 10 == 0:
                groups.append((f"{stem} Group Holdings {rng.choice(SUFFIXES)}", own))
            if index % 10 in (1, 2, 3):
                parent, own = groups[-1]
                if index % 10 < 3:
                    name = f"{parent.split()[0]} {name.split(' ', 1)[1]}"
            foreign = own.entity == "harbor" and index % 11 == 7 and not parent
            made.append(
                Customer(
                    id=f"C{rng.randrange(10**5, 10**6)}{index}",
                    name=name,
                    currency="EUR" if own.entity == "rhein" else "CAD" if foreign else "USD",
                    series=own,
                    cheques=Series(entity=own.entity, start=rng.randrange(900, 40_000)),
                    method=rng.choices(("check", "ach", "wire", "eft"), (32, 34, 20, 14))[0],
                    habit=rng.choices(("advice", "memo", "reference", "both"), (52, 28, 8, 12))[0],
                    flat=self.amount() if rng.random() < 0.2 else 0,
                    parent=parent,
                )
            )
        return made

    # What things cost and when they happen

    def amount(self) -> int:
        cents = int(10 ** self.rng.uniform(3.6, 7.4))
        return -(-cents // 5_000) * 5_000 if self.rng.random() < 0.15 else cents

    def someone(self) -> Customer:
        return self.rng.choice(self.customers)

    def day(self) -> date:
        return business_day(FIRST_DAY + timedelta(days=self.rng.randrange(DAYS)))

    def paid_on(self, invoices: Sequence[Invoice]) -> date:
        latest = max(invoice.day for invoice in invoices)
        return business_day(latest + timedelta(days=max(2, int(self.rng.gauss(32, 12)))))

    # What happens

    def bill(
        self, customer: Customer, count: int = 1, *, day: date | None = None, **fixed: int
    ) -> list[Invoice]:
        """New invoices of one day with neighbouring numbers. `total` fixes their cents."""
        rng, series = self.rng, customer.series
        day = day or self.day()
        order = f"PO-{rng.randrange(10**4, 10**6)}" if rng.random() < 0.7 else ""
        made = []
        for counter in series.take(day, count, self.pace):
            digits = series.digits(counter)
            total = fixed.get("total") or (
                customer.flat if customer.flat and rng.random() < 0.5 else self.amount()
            )
            delivery = f"DN{rng.randrange(10**6, 10**7)}"
            row = self.add(
                "invoices",
                invoice_id=self.new_id(),
                entity=series.entity,
                direction="receivable",
                number=f"{series.prefix}{digits}{series.suffix}",
                party_id=customer.id,
                party_name=customer.name,
                issue_date=day.isoformat(),
                due_date=(day + timedelta(days=rng.choice((14, 30, 30, 45, 60)))).isoformat(),
                currency=customer.currency,
                total=money(total),
                status="open",
                reference=order,
                memo=f"Delivery note {delivery}" if rng.random() < 0.5 else "",
            )
            invoice = Invoice(
                id=row["invoice_id"],
                customer=customer,
                number=row["number"],
                digits=digits,
                day=day,
                total=total,
                order=order,
                delivery=delivery,
                row=row,
            )
            self.invoices[customer].append(invoice)
            made.append(invoice)
        return made

    def bills(self, customer: Customer, low: int = 2, high: int = 6) -> list[Invoice]:
        """Invoices of several days."""
        day, made = self.day(), []
        for _ in range(self.rng.randint(low, high)):
            made += self.bill(customer, day=day)
            day = business_day(day + timedelta(days=self.rng.randrange(12)))
        return made

    def pay(
        self,
        customer: Customer,
        amount: int,
        day: date,
        case: str,
        shares: Sequence[Share] = (),
        *,
        advice: Sequence[Advice] = (),
        memo: str = "",
        reference: str = "",
        payer: str | None = None,
        known: bool | None = None,
    ) -> Payment:
        """One payment, its remittance lines and its pairs with invoices.

        Args:
            amount: Cents, gross.
            payer: The name on the payment; the customer's own if not given.
            known: Whether the payment carries the customer's id; drawn if not given.
        """
        rng = self.rng
        if customer.method == "check":
            [number] = customer.cheques.take(day, 1, pace=2)
            reference = reference or str(number)
        elif not reference:
            reference = f"{customer.method[0].upper()}{rng.randrange(10**9, 10**10)}"
        known = rng.random() < 0.55 if known is None else known
        payer = customer.name if payer is None else payer
        row = self.add(
            "payments",
            payment_id=self.new_id(),
            entity=customer.entity,
            direction="in",
            party_id=customer.id if known else "",
            party_name=payer,
            date=day.isoformat(),
            currency=customer.currency,
            amount=money(amount),
            method=customer.method,
            reference=reference,
            memo=memo,
            account=customer.account,
        )
        payment = Payment(
            id=row["payment_id"], customer=customer, day=day, amount=amount, payer=payer, row=row
        )
        self.payments.append(payment)
        for written, cents, note in advice:
            self.add(
                "remittance_lines",
                payment_id=payment.id,
                invoice_reference=written,
                amount="" if cents is None else money(cents),
                memo=note,
            )
        truth = []
        for invoice, cents in shares:
            pair = ("invoice", invoice.id), ("payment", payment.id)
            truth.append(self.link(*pair, cents, case))
            invoice.settled = day
        if not advice and case.startswith("no_remittance"):
            self.silent.append((payment, truth))
        self.situations[case] += 1
        return payment

    def told(
        self,
        customer: Customer,
        lines: Sequence[Advice],
        amount: int,
        day: date,
        case: str,
        shares: Sequence[Share],
        *,
        payer: str | None = None,
        known: bool | None = None,
        note: str = "",
    ) -> Payment:
        """A payment that says what it is for, in the place where this customer says it."""
        rng, habit = self.rng, customer.habit
        written = rng.choice((", ", " ", "; ", "/ ")).join(dict.fromkeys(line[0] for line in lines))
        noise = rng.choice(NOISE) if rng.random() < 0.3 else ""
        memo = " ".join(part for part in (written, note, noise) if part)
        if habit == "reference" and (len(lines) > 1 or customer.method == "check"):
            habit = "memo"
        if habit in ("advice", "both") and rng.random() < 0.12:
            lines = [(line[0], None, line[2]) for line in lines]
        return self.pay(
            customer,
            amount,
            day,
            case,
            shares,
            advice=lines if habit in ("advice", "both") else (),
            memo=memo if habit in ("memo", "both") else noise if habit == "advice" else note,
            reference=lines[0][0] if habit == "reference" else "",
            payer=payer,
            known=known,
        )

    def plain(self, invoice: Invoice, cents: int | None = None, note: str = "") -> Advice:
        cents = invoice.total if cents is None else cents
        return as_written(self.rng, invoice), cents, note

    def whole(
        self,
        case: str,
        invoices: Sequence[Invoice],
        lines: Sequence[Advice] = (),
        *,
        payer: str | None = None,
    ) -> Payment:
        """The customer pays these invoices in full, to the cent; if under another name, unknown."""
        return self.told(
            invoices[0].customer,
            lines or [self.plain(invoice) for invoice in invoices],
            sum(invoice.total for invoice in invoices),
            self.paid_on(invoices),
            case,
            [(invoice, invoice.total) for invoice in invoices],
            payer=payer,
            known=None if payer is None else False,
        )


# The situations. Each draws what it needs; its name is the case in truth.


def exact_single(book: Book) -> None:
    book.whole("exact_single", book.bill(book.someone()))


def several_invoices(book: Book) -> None:
    book.whole("several_invoices", book.bills(book.someone(), 2, 9))


def several_invoices_last_part(book: Book) -> None:
    invoices = book.bills(book.someone(), 2, 5)
    part = max(1, invoices[-1].total * book.rng.randint(20, 80) // 100)
    shares = [(each, each.total) for each in invoices[:-1]] + [(invoices[-1], part)]
    lines = [book.plain(each, cents) for each, cents in shares]
    amount = sum(cents for _, cents in shares)
    day = book.paid_on(invoices)
    book.told(invoices[0].customer, lines, amount, day, "several_invoices_last_part", shares)


def memo_cut(book: Book) -> None:
    invoices = book.bills(book.someone(), 4, 8)
    amount = sum(each.total for each in invoices)
    memo = ",".join(each.number for each in invoices)[:35]
    shares = [(each, each.total) for each in invoices]
    book.pay(invoices[0].customer, amount, book.paid_on(invoices), "memo_cut", shares, memo=memo)


def number_range(book: Book) -> None:
    invoices = book.bill(book.someone(), book.rng.randint(2, 6))
    first, last = invoices[0], invoices[-1]
    amount = sum(each.total for each in invoices)
    written = book.rng.choice(
        (
            f"{first.number} - {last.number}",
            f"{first.number}-{last.digits[-2:]}",
            f"inv {first.digits.lstrip('0')} to {last.digits.lstrip('0')}",
            f"{first.number}..{last.digits}",
        )
    )
    book.whole("number_range", invoices, [(written, amount, "")])


def partial_payment(book: Book) -> None:
    [invoice] = book.bill(book.someone())
    left, day = invoice.total, book.paid_on([invoice])
    for _ in range(book.rng.randint(1, 3)):
        part = max(1, left * book.rng.randint(25, 60) // 100)
        note = book.rng.choice(("part payment", "instalment", "on account of", "as agreed"))
        lines = [book.plain(invoice, part, note)]
        book.told(
            invoice.customer, lines, part, day, "partial_payment", [(invoice, part)], note=note
        )
        left -= part
        day = business_day(day + timedelta(days=book.rng.randint(7, 35)))


def discount_taken(book: Book, case: str = "discount_taken", late: bool = False) -> None:
    rng = book.rng
    [invoice] = book.bill(book.someone())
    discount = max(1, invoice.total * rng.choice((10, 15, 20, 25, 30)) // 1000)
    invoice.row["discount"] = money(discount)
    invoice.row["discount_date"] = (invoice.day + timedelta(days=10)).isoformat()
    days = rng.randint(16, 40) if late else rng.randint(2, 8)
    net = invoice.total - discount
    lines = [book.plain(invoice, net, rng.choice(("less discount", "disc taken", "")))]
    if rng.random() < 0.3:
        lines = [book.plain(invoice), (invoice.number, -discount, "cash discount")]
    day = business_day(invoice.day + timedelta(days=days))
    book.told(invoice.customer, lines, net, day, case, [(invoice, net)])


def discount_taken_late(book: Book) -> None:
    discount_taken(book, "discount_taken_late", late=True)


def short_pay(book: Book) -> None:
    rng = book.rng
    invoices = book.bills(book.someone(), 1, 3)
    reason = rng.choice(REASONS)
    cut = max(1, invoices[0].total * rng.randint(20, 150) // 1000)
    paid = invoices[0].total - cut
    note = f"less {money(cut)} {reason}"
    shares = [(invoices[0], paid)] + [(each, each.total) for each in invoices[1:]]
    lines = [book.plain(invoices[0], paid, note)] + [book.plain(each) for each in invoices[1:]]
    amount = sum(cents for _, cents in shares)
    day = book.paid_on(invoices)
    book.told(invoices[0].customer, lines, amount, day, "short_pay", shares, note=note)


def over_pay(book: Book) -> None:
    rng = book.rng
    [invoice] = book.bill(book.someone())
    more = rng.choice((rng.randint(1, 99), rng.randint(500, 20_000), invoice.total // 20 + 1))
    amount = invoice.total + more
    lines = [book.plain(invoice, amount)]
    day = book.paid_on([invoice])
    book.told(invoice.customer, lines, amount, day, "over_pay", [(invoice, invoice.total)])


def duplicate_payment(book: Book) -> None:
    [invoice] = book.bill(book.someone())
    first = book.whole("duplicate_payment", [invoice])
    day = business_day(first.day + timedelta(days=book.rng.randint(1, 12)))
    lines = [book.plain(invoice)]
    book.told(invoice.customer, lines, invoice.total, day, "duplicate_payment_second", [])


def credit_note(book: Book, invoice: Invoice) -> Invoice:
    cents = -max(1, invoice.total * book.rng.randint(5, 45) // 100)
    day = business_day(invoice.day + timedelta(days=book.rng.randint(1, 15)))
    [note] = book.bill(invoice.customer, day=day, total=cents)
    reason = book.rng.choice(("Return", "Price adjustment", "Allowance"))
    note.row["memo"] = f"{reason}, see {invoice.number}"
    if book.rng.random() < 0.5:
        note.row["applies_to_invoice_id"] = invoice.id
    if book.rng.random() < 0.6:  # a run of its own, with the digits that an invoice may carry
        note.number = note.row["number"] = f"CN-{note.digits}"
    return note


def credit_memo(book: Book) -> None:
    invoices = book.bills(book.someone(), 1, 4)
    note = credit_note(book, invoices[0])
    book.whole("credit_memo", [*invoices, note])


def credit_memo_unnamed(book: Book) -> None:
    [invoice] = book.bill(book.someone())
    note = credit_note(book, invoice)
    net = invoice.total + note.total
    book.whole("credit_memo_unnamed", [invoice, note], [book.plain(invoice, net)])


def cross_reference_order(book: Book) -> None:
    """The purchase order may stand on several invoices; then the amount of the line decides."""
    invoices = book.bill(book.someone(), book.rng.randint(1, 3))
    order = f"PO-{book.rng.randrange(10**4, 10**6)}"
    for invoice in invoices:
        invoice.row["reference"] = invoice.order = order
    written = book.rng.choice((order, order.replace("PO-", "PO "), order[3:], f"P.O.{order[3:]}"))
    paid = invoices[: book.rng.randint(1, len(invoices))]
    lines = [(written, each.total, "") for each in paid]
    book.whole("cross_reference_order", paid, lines)


def cross_reference_delivery(book: Book) -> None:
    invoices = book.bills(book.someone(), 1, 3)
    for invoice in invoices:
        invoice.row["memo"] = f"Delivery note {invoice.delivery}"
    lines = [
        (book.rng.choice((each.delivery, each.delivery[2:])), each.total, "") for each in invoices
    ]
    book.whole("cross_reference_delivery", invoices, lines)


def own_number(book: Book) -> None:
    """The payer names its own voucher, which stands on no invoice; the amounts are right."""
    invoices = book.bills(book.someone(), 1, 3)
    lines = [(f"51{book.rng.randrange(10**7, 10**8)}", each.total, "") for each in invoices]
    book.whole("own_number", invoices, lines)


def typo_number(book: Book) -> None:
    invoices = book.bills(book.someone(), 1, 3)
    wrong: Advice = (mistyped(book.rng, invoices[0]), invoices[0].total, "")
    book.whole("typo_number", invoices, [wrong, *(book.plain(each) for each in invoices[1:])])


def wrong_number(book: Book) -> None:
    """The number typed is another real invoice, of this customer or of a stranger."""
    [invoice] = book.bill(book.someone())
    other = invoice.customer
    if book.rng.random() < 0.5:
        other = book.rng.choice([c for c in book.customers if c.series is other.series])
    [rival] = book.bill(other, day=invoice.day, total=invoice.total + book.rng.randint(700, 90_000))
    book.whole("wrong_number", [invoice], [(rival.number, invoice.total, "")])


def payer_name_variant(book: Book) -> None:
    invoices = book.bills(book.someone(), 1, 3)
    payer = variant(book.rng, invoices[0].customer.name)
    book.whole("payer_name_variant", invoices, payer=payer)


def parent_pays(book: Book) -> None:
    first = book.rng.choice([customer for customer in book.customers if customer.parent])
    family = [
        customer
        for customer in book.customers
        if customer.parent == first.parent and customer.currency == first.currency
    ]
    invoices = [
        invoice
        for customer in book.rng.sample(family, book.rng.randint(1, len(family)))
        for invoice in book.bills(customer, 1, 3)
    ]
    book.whole("parent_pays", invoices, payer=first.parent)


def parent_pays_no_remittance(book: Book) -> None:
    customer = book.rng.choice([customer for customer in book.customers if customer.parent])
    [invoice] = book.bill(customer)
    share = [(invoice, invoice.total)]
    case, day = "parent_pays_no_remittance", book.paid_on([invoice])
    book.pay(customer, invoice.total, day, case, share, payer=customer.parent, known=False)


def in_silence(book: Book, case: str, invoices: Sequence[Invoice], day: date) -> None:
    customer = invoices[0].customer
    payer = variant(book.rng, customer.name) if book.rng.random() < 0.3 else customer.name
    shares = [(each, each.total) for each in invoices]
    memo = book.rng.choice(("", "", "PAYMENT", "thank you", "INVOICES"))
    amount = sum(each.total for each in invoices)
    book.pay(customer, amount, day, case, shares, memo=memo, payer=payer)


def no_remittance_single(book: Book) -> None:
    invoices = book.bill(book.someone(), total=book.amount())
    in_silence(book, "no_remittance_single", invoices, book.paid_on(invoices))


def no_remittance_sum(book: Book) -> None:
    invoices = book.bills(book.someone(), 2, 4)
    in_silence(book, "no_remittance_sum", invoices, book.paid_on(invoices))


def no_remittance_ambiguous(book: Book) -> None:
    """Equal invoices, or two pairs of one sum. The older ones are meant four times in five."""
    rng, customer = book.rng, book.someone()
    if rng.random() < 0.5:
        total, day = book.amount(), book.day()
        sets = [
            book.bill(customer, day=business_day(day + timedelta(days=30 * month)), total=total)
            for month in range(2)
        ]
    else:
        one, other, shift = book.amount(), book.amount(), rng.randint(11, 3_900)
        sets = [
            [*book.bill(customer, total=first), *book.bill(customer, total=second)]
            for first, second in ((one, other + shift), (one + shift, other))
        ]
    everything = [invoice for each in sets for invoice in each]
    meant = sets[0] if rng.random() < 0.8 else sets[1]
    in_silence(book, "no_remittance_ambiguous", meant, book.paid_on(everything))


def unknown_party_number(book: Book) -> None:
    invoices = book.bills(book.someone(), 1, 3)
    book.whole("unknown_party_number", invoices, payer=book.rng.choice(NOBODY))


def unknown_party_amount_only(book: Book, case: str = "unknown_party_amount_only") -> None:
    """Nothing but the amount: half the time the customer paid, half the time somebody else."""
    [invoice] = book.bill(book.someone(), total=book.amount())
    day, customer = book.paid_on([invoice]), invoice.customer
    share = [(invoice, invoice.total)] if case == "unknown_party_amount_only" else []
    payer = book.rng.choice(NOBODY)
    book.pay(customer, invoice.total, day, case, share, payer=payer, known=False)


def stranger_equal_amount(book: Book) -> None:
    unknown_party_amount_only(book, "stranger_equal_amount")


def unrelated(book: Book) -> None:
    payer = book.rng.choice(("State Tax Refund", "Insurance claim 88-1042", "Scrap dealer", ""))
    day = book.day()
    book.pay(book.someone(), book.amount(), day, "unrelated", payer=payer, known=False)


def on_account(book: Book) -> None:
    amount = book.rng.randint(2, 60) * 50_000 + 1
    memo = book.rng.choice(("advance payment", "on account", "deposit for order"))
    book.pay(book.someone(), amount, book.day(), "on_account", memo=memo)


SITUATIONS: tuple[tuple[float, Callable[[Book], None]], ...] = (
    (20, exact_single),
    (12, several_invoices),
    (3, several_invoices_last_part),
    (2, memo_cut),
    (2, number_range),
    (4, partial_payment),
    (6, discount_taken),
    (1.5, discount_taken_late),
    (5, short_pay),
    (3, over_pay),
    (2, duplicate_payment),
    (4, credit_memo),
    (1, credit_memo_unnamed),
    (3, cross_reference_order),
    (1.5, cross_reference_delivery),
    (2, own_number),
    (3, typo_number),
    (2, wrong_number),
    (5, payer_name_variant),
    (3, parent_pays),
    (1, parent_pays_no_remittance),
    (5, no_remittance_single),
    (3, no_remittance_sum),
    (2, no_remittance_ambiguous),
    (1.5, unknown_party_number),
    (1, unknown_party_amount_only),
    (1, stranger_equal_amount),
    (1.5, unrelated),
    (1, on_account),
)


def name_what_is_ambiguous(book: Book) -> None:
    """A silent payment that another set of the customer's open invoices meets is ambiguous."""
    for payment, truth in book.silent:
        open_then = [
            invoice.total
            for invoice in book.invoices[payment.customer]
            if invoice.day <= payment.day
            and (invoice.settled is None or invoice.settled >= payment.day)
            and invoice.row["status"] == "open"
        ]
        if sets_that_meet(open_then, payment.amount) > 1:
            book.situations[truth[0]["case"]] -= 1
            book.situations["no_remittance_ambiguous"] += 1
            for row in truth:
                row["case"] = "no_remittance_ambiguous"


def leave_unpaid(book: Book) -> None:
    """Invoices nobody pays, some of them void or not yet sent, and credit notes nobody uses."""
    for _ in range(book.wanted // 6):
        [invoice] = book.bill(book.someone())
        invoice.row["status"] = book.rng.choices(("open", "void", "draft"), (88, 8, 4))[0]
        if book.rng.random() < 0.06:
            credit_note(book, invoice)


def bank(book: Book) -> None:
    """Most payments reach the bank: alone, net of a wire fee, or as one of a lockbox's cheques."""
    rng = book.rng
    boxes: dict[tuple[str, date], list[Payment]] = defaultdict(list)
    for payment in book.payments:
        if rng.random() < 0.06:
            continue
        method = payment.customer.method
        if method == "check" and rng.random() < 0.8:
            week = payment.day - timedelta(days=payment.day.weekday())
            boxes[payment.customer.account, week].append(payment)
            continue
        fee = rng.randint(500, 4_500) if method == "wire" and rng.random() < 0.15 else 0
        case = "bank_single"
        if 0 < fee < payment.amount:
            recorded = rng.random() < 0.5
            case = "bank_fee_recorded" if recorded else "bank_fee_unrecorded"
            payment.row["fee"] = money(fee) if recorded else ""
        else:
            fee = 0
        text = payment.row["memo"] or (payment.row["reference"] if rng.random() < 0.5 else "")
        name = (payment.payer or "UNKNOWN ORIGINATOR").upper()
        description = {
            "check": f"DEPOSIT CHECK {payment.row['reference']}",
            "ach": f"ACH CREDIT {name[:16]} {text[:20]}",
            "wire": f"INCOMING WIRE ORIG {name[:35]} OBI {text[:35]}",
            "eft": f"EFT {name[:22]} {text[:80]}",
        }[method].strip()
        day = business_day(payment.day, rng.choice((0, 0, 1, 1, 2, 3)))
        line = bank_line(book, payment, payment.amount - fee, day, description, method)
        line["counterparty"] = name[:35] if rng.random() < 0.5 and method != "check" else ""
        pair = ("payment", payment.id), ("bank_line", line["line_id"])
        book.link(*pair, payment.amount - fee, case)
    for waiting in boxes.values():
        waiting.sort(key=lambda payment: payment.day)
        while waiting:
            batch = [waiting.pop(0) for _ in range(min(len(waiting), rng.randint(1, 9)))]
            number = str(rng.randrange(10**5, 10**6))
            named = rng.random() < 0.5
            day = business_day(max(each.day for each in batch), rng.randint(0, 2))
            total = sum(each.amount for each in batch)
            text = rng.choice((f"LOCKBOX 0047312 {len(batch)} ITEMS", "LOCKBOX DEPOSIT"))
            line = bank_line(book, batch[0], total, day, text, "lockbox")
            line["reference"] = number if named else ""
            for each in batch:
                each.row["payout_id"] = number if named else ""
                case = "bank_lockbox_named" if named else "bank_lockbox"
                case = "bank_lockbox_single" if len(batch) == 1 else case
                pair = ("payment", each.id), ("bank_line", line["line_id"])
                book.link(*pair, each.amount, case)
    for _ in range(len(book.rows["bank_lines"]) // 20):
        payment = rng.choice(book.payments)
        text, sign = rng.choice(
            (("SERVICE CHARGE", -1), ("PAYROLL", -1), ("INTEREST", 1), ("TAX PAYMENT", -1))
        )
        cents = sign * rng.randint(300, 9_000)
        bank_line(book, payment, cents, payment.day, text, "other")


def bank_line(
    book: Book, payment: Payment, cents: int, day: date, description: str, kind: str
) -> Row:
    return book.add(
        "bank_lines",
        line_id=book.new_id(),
        entity=payment.customer.entity,
        account=payment.customer.account,
        date=day.isoformat(),
        currency=payment.customer.currency,
        amount=money(cents),
        description=description,
        type=kind,
    )


def build(seed: int, payments: int) -> Folder:
    """At least `payments` payments: one of each situation first, then as often as each weighs."""
    book = Book(seed, payments)
    for _, situation in SITUATIONS:
        situation(book)
    weights = [weight for weight, _ in SITUATIONS]
    while len(book.payments) < payments:
        book.rng.choices(SITUATIONS, weights)[0][1](book)
    leave_unpaid(book)
    name_what_is_ambiguous(book)
    bank(book)
    return book


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--payments", type=int, default=2000)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    folder = build(args.seed, args.payments)
    folder.write(args.out)
    print(folder.summary())


if __name__ == "__main__":
    main()
