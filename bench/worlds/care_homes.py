"""A simulated group of some twenty care homes over one year, as an exchange folder.

    python -m bench.worlds.care_homes --seed 1 --invoices 20000 --out DIR [--harder]

Every home is an entity with its own bank, numbers and habits. Residents pay themselves or through
spouses, relatives, trusts and payees; agencies pay for many at once. Cheques, cash and cards reach
the bank together, agencies' transfers may be booked one by one, and some money nobody books.

Everything is drawn from one seed, home after home. Money is an integer count of cents until it is
written.

How truth speaks where opinions differ: its amounts are positive, those of credit notes too, which
count against the invoices beside them. The second of two payments of one invoice, a returned
payment and its return settle nothing. What an agency takes back on an old claim is a negative line
of its advice and in no pair: the last of the settled invoices are short of it.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from bench.worlds.care_homes_bank import Bank
from bench.worlds.care_homes_payments import Purse, agency_party, pay_as_agencies, pay_vendors
from bench.worlds.care_homes_records import (
    MONTH_NAMES,
    MONTHS,
    Calendar,
    Home,
    Household,
    Invoice,
    Line,
    Payment,
    Person,
    Resident,
    World,
    business_day,
    chance_of,
)
from bench.worlds.care_homes_texts import (
    PAYEES,
    UNACCENTED,
    at_the_bank,
    number,
    person,
    surname,
)

COLUMNS = {
    "invoices": "invoice_id entity direction number party_id party_name issue_date due_date "
    "currency total status reference memo resident_id resident_name service_from service_to "
    "applies_to_invoice_id",
    "payments": "payment_id entity direction party_id party_name date currency amount method "
    "reference memo fee payout_id account",
    "bank_lines": "line_id entity account date currency amount description counterparty "
    "reference type",
    "remittance_lines": "payment_id invoice_reference amount memo",
    "truth": "left_type left_id right_type right_id amount case",
}
CASES = (
    "agency_each",
    "agency_eft",
    "agency_group",
    "agency_no_remit",
    "agency_remit",
    "agency_short",
    "bill_batch",
    "bill_credit_netted",
    "bill_single",
    "cash_deposit",
    "credit_netted",
    "credit_refund",
    "deposit",
    "deposit_slip",
    "exact_number",
    "gateway_gross",
    "gateway_id",
    "gateway_no_id",
    "late_cheque",
    "list",
    "lockbox",
    "no_number",
    "out_ach",
    "out_batch",
    "out_cheque",
    "out_cheque_late",
    "overpayment",
    "paid_twice_first",
    "partial",
    "prepayment",
    "reissued_void",
    "repaid",
    "returned",
    "set_no_number",
    "short",
    "single_ach",
    "single_cheque",
    "single_wire",
    "single_zelle",
    "split_lines",
    "two_residents",
    "typo_number",
    "unrecorded_bill",
    "unrecorded_name",
    "unrecorded_number",
    "wire_fee",
    "wrong_number",
)
HOMES = (
    "Maple Grove|Cedar Hollow|Birchwood|Harbor Light|Sunrise Ridge|Willow Creek|Stonebridge|"
    "Meadowlark|Pine Knoll|Lakeshore|Evergreen Court|Rosewood|Heron Point|Juniper House|"
    "Fern Valley|Bluebell|Orchard Lane|Silver Spruce|Hawthorne|Quail Run|Cottonwood|Prairie View|"
    "Aspen Glen|Foxglove|Larkspur"
).split("|")
# Name, name at the bank and what the entry says.
AGENCIES = (
    ("Molina Healthcare", "MOLINA HC", "HCCLAIMPMT"),
    ("UnitedHealthcare Community Plan", "UHC COMMUNITY PL", "HCCLAIMPMT"),
    ("Aetna Better Health", "AETNA AS01", "HCCLAIMPMT"),
    ("Meridian Health Plan", "MERIDIAN HP MMP", "CLAIMS EFT"),
    ("State of Michigan MDHHS", "ST OF MI TREAS", "MI PAYMENT"),
    ("Wayne County Community Mental Health", "WAYNE CO CMH", "VENDOR PMT"),
    ("Tri-County Area Agency on Aging", "TRICO AAA 1B", "AP PAYMENT"),
    ("Veterans Affairs Community Care", "VA FSC TREAS 310", "MISC PAY"),
    ("Priority Health Choice", "PRIORITY HLTH CH", "HCCLAIMPMT"),
    ("Oakland PIHP", "OAKLAND PIHP", "PROVIDER"),
)
METHODS = {
    "check": 34,
    "ach": 22,
    "zelle": 13,
    "card": 13,
    "cash": 4,
    "billpay": 9,
    "wire": 3,
}

Row = dict[str, str]


def build(seed: int, invoices: int, harder: bool = False) -> World:
    """About `invoices` documents, of which one in six or more is a vendor's bill."""
    chance = chance_of(seed, harder)
    world = World(chance, Calendar(date(2024, 1, 1) if seed % 2 else date(2023, 7, 1)))
    names = chance.sample(HOMES, chance.randint(20, 25))
    weights = sorted((min(chance.paretovariate(0.95), 14) + 0.25 for _ in names), reverse=True)
    for place, (name, weight) in enumerate(zip(names, weights, strict=True)):
        wanted = round(invoices * weight / sum(weights))
        world.homes.append(home_of(world, place, name, wanted))
    for home in world.homes:
        while len(home.invoices) < round(home.wanted * 0.84):
            move_in(world, home)
        number_documents(world, home)
        for household in home.households:
            Purse(world, household).spend()
        pay_as_agencies(world, home)
        pay_vendors(world, home, max(4, home.wanted - len(home.invoices)))
        Bank(world, home).clear()
    name_records(world, random.Random(seed))
    return world


def home_of(world: World, place: int, name: str, wanted: int) -> Home:
    """A home and its habits; the first seven have one scheme of numbers each."""
    chance = world.chance
    code = name.upper().split()[0][:4]
    return Home(
        id=f"{code}-{place + 1:02d}",
        name=name,
        code=code,
        wanted=wanted,
        scheme=place if place < 7 else chance.randrange(7),
        bank=chance.randrange(6),
        account=f"{chance.choice(('x', '****', 'CHK-', ''))}{chance.randint(1_000, 9_999)}",
        rate=chance.choice((107_900, 113_150, 98_700, 101_425, 121_400)),
        same_rate=chance.uniform(*chance.either((0.2, 0.5), (0.5, 0.8))),
        gateway=chance.choice(("", "stripe", "stripe", "merchant", "paysafe", "gross")),
        names_payout=chance.happens(0.5),
        books_fee=chance.happens(0.6),
        books_slips=chance.happens(chance.either(0.45, 0.3)),
        deposits_together=chance.uniform(0.3, 0.85),
        lockbox=str(chance.randint(1_000, 9_999)) if chance.happens(0.3) else "",
        keeps_status=chance.happens(0.35),
        number_in=chance.choice(("reference", "reference", "memo")),
        books_numbers=chance.uniform(0.35, 0.75) * chance.either(1.0, 0.5),
        books_agencies=chance.choice(("one", "one", "each")),
        name_style=chance.choice(("full", "full", "last_first", "billed")),
        sequence=chance.choice((1, 1, 100, 1_041, 5_003, 20_417)),
        credit_style=chance.choice(("same", "CN-", "CM", "-C")),
        check=chance.randint(1_001, 8_800),
        slip=chance.randint(100, 9_000),
        agencies=chance.sample(AGENCIES, chance.randint(2, 4)),
        lockbox_batch=chance.randint(1, 50),
        bills_on_the_first=chance.happens(0.2),
    )


# Who lives there, and who pays.


def move_in(world: World, home: Home) -> None:
    """One household, its stay and what is billed for it."""
    chance = world.chance
    household = household_of(world, home)
    home.households.append(household)
    first = 0 if chance.happens(0.6) else chance.randint(0, 10)
    last = MONTHS - 1 if chance.happens(0.75) else chance.randint(first, MONTHS - 1)
    day = 1 if home.bills_on_the_first else chance.choice((1, 1, 1, 1, 5, 15, 25))
    rate = 0
    for resident in household.residents:
        if not rate or chance.happens(0.3):
            rate = rate_of(world, home)
        Stay(world, home, household, resident, rate, day).bill(first, last)
    correct(world, household)


def rate_of(world: World, home: Home) -> int:
    chance = world.chance
    if chance.happens(home.same_rate):
        return home.rate
    if chance.happens(0.6):
        return chance.randint(16, 130) * 2_500
    return chance.randint(60_000, 480_000)


def household_of(world: World, home: Home) -> Household:
    chance = world.chance
    last = surname(chance)
    if home.households and chance.happens(chance.either(0.07, 0.12)):
        # No relation, but the same surname.
        last = chance.choice(home.households).residents[0].person.last
    people = [person(chance, last)]
    if chance.happens(0.09):
        shared = last if chance.happens(0.8) else ""
        people.append(person(chance, shared, not people[0].is_male))
    residents = []
    for who in people:
        world.residents += 1
        residents.append(
            Resident(
                person=who,
                party_id=f"C{world.residents:05d}",
                id=f"RES{world.residents:05d}",
                code=f"{chance.choice('ABCDEFGHKLMNRST')}{chance.randint(100, 999)}",
                name=who.last_first if home.name_style == "last_first" else who.full,
            )
        )
    kind, payers = payers_of(world, people[0])
    methods = {name: weight for name, weight in METHODS.items() if name != "card" or home.gateway}
    return Household(
        number=len(home.households) + 1,
        residents=residents,
        kind=kind,
        payers=payers,
        method=chance.choices(list(methods), list(methods.values()))[0],
        writes=chance.random() ** 1.3 * chance.either(1.0, 0.6) + chance.either(0.12, 0.0),
        check=chance.randint(101, 9_800),
        delay=chance.choice((2, 5, 8, 12, 20, 28)),
        code=chance.code(9),
    )


def payers_of(world: World, who: Person) -> tuple[str, list[tuple[str, str]]]:
    """What kind of payer a resident has, and its names in the books and at the bank."""
    chance = world.chance
    draw = chance.random()
    if draw < chance.either(0.40, 0.24):
        return "self", [(who.full, at_the_bank(who, chance))]
    if draw < chance.either(0.55, 0.37):
        spouse = person(chance, who.last, not who.is_male)
        one, other = (who, spouse) if chance.happens(0.5) else (spouse, who)
        name = chance.choice(
            (
                f"{one.first} & {other.first} {one.last}",
                f"{one.first} and {other.first} {one.last}",
                f"Mr & Mrs {who.last}",
                f"{one.short} or {other.short}",
            )
        )
        return "couple", [(name, name.upper().translate(UNACCENTED))]
    if draw < chance.either(0.63, 0.43):
        name = chance.choice(
            (
                f"{who.last} Family Trust",
                f"The {who.short} Revocable Trust",
                f"{who.last} Living Trust u/a/d 3/14/09",
                f"{who.short} Special Needs Trust",
            )
        )
        return "trust", [(name, name.upper().translate(UNACCENTED))]
    if draw < chance.either(0.67, 0.48):
        payee = chance.choice(PAYEES)
        at_bank = chance.choice(
            (
                payee.upper(),
                f"{payee.upper()} FBO {who.last.upper()}",
                f"{payee} f/b/o {who.first[0]} {who.last}",
            )
        )
        return "payee", [(payee, at_bank)]
    if draw < chance.either(0.70, 0.52):
        forms = (f"EST OF {who.short}", f"ESTATE {who.last} {who.first}")
        return "estate", [(f"Estate of {who.short}", chance.choice(forms).upper())]
    return "relative", relatives(world, who)


def relatives(world: World, who: Person) -> list[tuple[str, str]]:
    chance = world.chance
    first = person(chance, who.last if chance.happens(chance.either(0.55, 0.4)) else "")
    name = chance.choice(
        (first.full, first.short, f"{first.full} POA", f"{first.short} c/o {who.short}")
    )
    payers = [(name, at_the_bank(first, chance))]
    if chance.happens(0.15):
        second = person(chance, who.last if chance.happens(0.6) else "")
        payers.append((second.full, at_the_bank(second, chance)))
    return payers


# What is billed.


class Stay:
    """One resident's months; `rate` is what a whole one costs."""

    def __init__(
        self,
        world: World,
        home: Home,
        household: Household,
        resident: Resident,
        rate: int,
        day: int,
    ) -> None:
        chance = world.chance
        self.world = world
        self.chance = chance
        self.home = home
        self.household = household
        self.resident = resident
        self.rate = rate
        self.day = day
        self.agency = chance.choice(home.agencies) if chance.happens(0.42) else None
        self.agency_rate = chance.randint(3_800, 14_500)
        self.extras = chance.random() * 0.35
        self.is_weekly = chance.happens(0.04)
        resident.billed_name = resident.name
        if home.name_style == "billed" and household.kind != "self":
            payer, full = household.payers[0][0], resident.person.full
            resident.billed_name = chance.choice((f"{full} c/o {payer}", payer, full))

    def bill(self, first: int, last: int) -> None:
        for month in range(first, last + 1):
            if self.is_weekly:
                self.bill_weeks(month)
            else:
                self.bill_month(month, is_last=month == last)
            if self.chance.happens(self.extras):
                self.bill_extra(month)
            if self.agency:
                self.bill_agency(month)

    def invoice(self, kind: str, total: int, issue: date) -> Invoice:
        """A document for the household."""
        invoice = self.world.invoice(
            self.home,
            kind=kind,
            total=total,
            issue=issue,
            due=issue + timedelta(days=self.chance.choice((0, 10, 15, 30))),
            party_id=self.resident.party_id,
            party_name=self.resident.billed_name,
        )
        invoice.resident, invoice.household = self.resident, self.household
        self.household.invoices.append(invoice)
        return invoice

    def bill_weeks(self, month: int) -> None:
        for week in range(4):
            day = self.world.calendar.day(month, 1 + 7 * week)
            invoice = self.invoice("room", self.rate // 4, day)
            invoice.memo = f"Week of {day:%m/%d/%y} care"
            invoice.service_from, invoice.service_to = day, day + timedelta(days=6)

    def bill_month(self, month: int, is_last: bool) -> None:
        """Who moves out is mostly billed by the day in the last month."""
        chance, calendar = self.chance, self.world.calendar
        first = calendar.months[month]
        total = self.rate
        if is_last and month < MONTHS - 1 and chance.happens(0.6):
            total = self.rate * chance.randint(4, 27) // 30
        invoice = self.invoice("room", total, calendar.day(month, self.day))
        name = MONTH_NAMES[first.month - 1]
        invoice.memo = chance.choice(
            (
                f"Room and board {name} {first.year}",
                f"R&B {name}",
                f"{name} {first.year} care fee",
                "",
            )
        )
        invoice.service_from, invoice.service_to = first, calendar.day(month, 31)

    def bill_extra(self, month: int) -> None:
        chance = self.chance
        total = chance.choice(
            (2_500, 3_500, 4_500, 4_500, 6_000)
            + (chance.randint(1_200, 38_000), chance.randint(1_200, 38_000))
        )
        day = self.world.calendar.day(month, chance.choice((self.day, 28, 20)))
        self.invoice("extra", total, day).memo = chance.choice(
            ("Transport", "Supplies", "Beauty/barber", "Pharmacy copay", "Personal care items")
        )

    def bill_agency(self, month: int) -> None:
        """The days of care go to the agency after the month."""
        chance, calendar, agency = self.chance, self.world.calendar, self.agency
        first, last = calendar.months[month], calendar.day(month, 31)
        issue = business_day(last + timedelta(days=chance.randint(1, 4)))
        if issue > calendar.end or agency is None:
            return
        units = last.day - (chance.randint(1, 12) if chance.happens(0.15) else 0)
        invoice = self.world.invoice(
            self.home,
            kind="agency",
            total=self.agency_rate * units,
            issue=issue,
            due=issue + timedelta(days=30),
            party_id=agency_party(agency),
            party_name=agency[0],
        )
        invoice.resident, invoice.agency = self.resident, agency
        invoice.service_from, invoice.service_to = first, last
        who = self.resident.person.last_first
        month_of_year = f"{MONTH_NAMES[first.month - 1]} {first.year}"
        by_unit = chance.happens(0.5)
        invoice.memo = f"T2033 {units} units" if by_unit else f"{who} {month_of_year}"


def correct(world: World, household: Household) -> None:
    """Some documents are void and billed anew, some are drafts, some get a credit note."""
    chance = world.chance
    for invoice in list(household.invoices):
        if chance.happens(0.008):
            invoice.status, invoice.open = "void", 0
            issue = invoice.issue + timedelta(days=chance.randint(0, 3))
            anew = after(world, household, invoice, invoice.kind, invoice.total, issue)
            anew.replaces = invoice
        elif chance.happens(0.004):
            invoice.status, invoice.open = "draft", 0
        elif invoice.kind == "room" and chance.happens(0.022):
            credit_days(world, household, invoice)


def credit_days(world: World, household: Household, invoice: Invoice) -> None:
    chance = world.chance
    if chance.happens(0.6):
        cents = invoice.total * chance.randint(1, 12) // 30
    else:
        cents = chance.choice((2_500, 5_000, 10_000, 15_000))
    if cents >= invoice.total:
        return
    issue = invoice.issue + timedelta(days=chance.randint(2, 25))
    credit = after(world, household, invoice, "credit", -cents, issue)
    credit.applies_to = invoice if chance.happens(0.6) else None
    credit.memo = chance.choice(("Hospital leave", "Days absent", "Credit", "Rate correction"))
    credit.use = chance.choices(("net", "refund", "open"), (0.45, 0.35, 0.2))[0]


def after(
    world: World, household: Household, invoice: Invoice, kind: str, total: int, issue: date
) -> Invoice:
    """A document that follows another of the same resident and month."""
    issue = min(issue, world.calendar.end)
    follower = world.invoice(
        invoice.home,
        kind=kind,
        total=total,
        issue=issue,
        due=issue + timedelta(days=15),
        party_id=invoice.party_id,
        party_name=invoice.party_name,
    )
    follower.resident, follower.household = invoice.resident, household
    follower.service_from, follower.service_to = invoice.service_from, invoice.service_to
    follower.memo = invoice.memo
    household.invoices.append(follower)
    return follower


def number_documents(world: World, home: Home) -> None:
    """In the order of issue, within a day by household, the agencies' last."""

    def place(invoice: Invoice) -> tuple[date, bool, int, int]:
        household = invoice.household.number if invoice.household else 0
        return invoice.issue, not household, household, invoice.serial

    for invoice in sorted(home.invoices, key=place):
        invoice.number = number(invoice, world.chance)
        home.numbers.add(invoice.number)
    for invoice in home.invoices:
        if invoice.applies_to:
            invoice.reference = invoice.applies_to.number


# The folder.


def name_records(world: World, chance: random.Random) -> None:
    """Ids run on by day; the payments of a day are shuffled."""
    invoices = sorted(
        (invoice for home in world.homes for invoice in home.invoices),
        key=lambda each: (each.issue, each.home.id, each.is_payable, each.number, each.serial),
    )
    for place, invoice in enumerate(invoices, 100_001):
        invoice.id = f"INV{place}"
    payments = [payment for home in world.homes for payment in home.payments]
    shuffled = sorted(payments, key=lambda each: (each.day, each.home.id, chance.random()))
    for place, payment in enumerate(shuffled, 100_001):
        payment.id = f"PMT{place}"
    lines = sorted(
        (line for home in world.homes for line in home.lines),
        key=lambda each: (each.home.id, each.day, each.cents, each.description),
    )
    for place, line in enumerate(lines, 1):
        line.id = f"B{place:06d}"


def money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def day_text(day: date | None) -> str:
    return day.isoformat() if day else ""


def invoice_row(invoice: Invoice) -> Row:
    home, resident = invoice.home, invoice.resident
    status = invoice.status
    settled = invoice.open == 0 and not invoice.is_unrecorded
    if status == "open" and home.keeps_status and settled:
        status = "paid"
    return {
        "invoice_id": invoice.id,
        "entity": home.id,
        "direction": "payable" if invoice.is_payable else "receivable",
        "number": invoice.number,
        "party_id": invoice.party_id,
        "party_name": invoice.party_name,
        "issue_date": day_text(invoice.issue),
        "due_date": day_text(invoice.due),
        "currency": "USD",
        "total": money(invoice.total),
        "status": status,
        "reference": invoice.reference,
        "memo": invoice.memo,
        "resident_id": resident.id if resident else "",
        "resident_name": resident.person.full if resident else "",
        "service_from": day_text(invoice.service_from),
        "service_to": day_text(invoice.service_to),
        "applies_to_invoice_id": invoice.applies_to.id if invoice.applies_to else "",
    }


def payment_row(payment: Payment) -> Row:
    home = payment.home
    method = payment.method
    if method == "billpay":
        method = "check"
    elif method == "zelle" and int(home.account[-1]) % 2:
        method = "eft"
    return {
        "payment_id": payment.id,
        "entity": home.id,
        "direction": "out" if payment.is_out else "in",
        "party_id": payment.party_id,
        "party_name": payment.party_name,
        "date": day_text(payment.day),
        "currency": "USD",
        "amount": money(payment.cents),
        "method": method,
        "reference": payment.reference,
        "memo": payment.memo,
        "fee": money(payment.fee) if payment.fee else "",
        "payout_id": payment.payout,
        "account": home.account,
    }


def line_row(line: Line) -> Row:
    return {
        "line_id": line.id,
        "entity": line.home.id,
        "account": line.home.account,
        "date": day_text(line.day),
        "currency": "USD",
        "amount": money(line.cents),
        "description": line.description,
        "counterparty": line.counterparty,
        "reference": line.reference,
        "type": line.type,
    }


def truth_rows(payments: Sequence[Payment], lines: Sequence[Line]) -> list[Row]:
    pairs = [
        ("invoice", share.invoice.id, "payment", payment.id, share.cents, share.case)
        for payment in payments
        for share in payment.settles
    ]
    for line in lines:
        pairs += [
            ("payment", payment.id, "bank_line", line.id, cents, case)
            for payment, cents, case in line.clears
        ]
        pairs += [
            ("invoice", share.invoice.id, "bank_line", line.id, share.cents, share.case)
            for share in line.settles
        ]
    names = COLUMNS["truth"].split()
    return [
        dict(zip(names, (*sides, money(cents), case), strict=True))
        for *sides, cents, case in sorted(pairs)
    ]


def rows(world: World) -> dict[str, list[Row]]:
    """The rows of each file, in the order of their ids."""
    invoices = [invoice for home in world.homes for invoice in home.invoices]
    payments = [payment for home in world.homes for payment in home.payments]
    lines = [line for home in world.homes for line in home.lines]
    for records in (invoices, payments, lines):
        records.sort(key=lambda each: each.id)
    names = COLUMNS["remittance_lines"].split()
    advice = sorted(
        (payment.id, text, money(cents), memo)
        for payment in payments
        for text, cents, memo in payment.advice
    )
    return {
        "invoices": [invoice_row(invoice) for invoice in invoices],
        "payments": [payment_row(payment) for payment in payments],
        "bank_lines": [line_row(line) for line in lines],
        "remittance_lines": [dict(zip(names, row, strict=True)) for row in advice],
        "truth": truth_rows(payments, lines),
    }


def write(world: World, out: Path) -> dict[str, int]:
    """The files of the world. Returns the number of rows of each."""
    out.mkdir(parents=True, exist_ok=True)
    tables = rows(world)
    for name, table in tables.items():
        with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name].split(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
    return {name: len(table) for name, table in tables.items()}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--invoices", type=int, default=20_000, help="about how many documents")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--harder", action="store_true", help="fewer numbers, more damage")
    given = parser.parse_args(argv)
    counts = write(build(given.seed, given.invoices, given.harder), given.out)
    print(", ".join(f"{count:,} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
