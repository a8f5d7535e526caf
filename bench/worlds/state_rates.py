"""A simulated care provider that is paid at the rates of its states, as an exchange folder.

    python -m bench.worlds.state_rates --seed 1 --invoices 20000 --out DIR [--harder]
        [--entities N]

A few rates that the state sets make most amounts equal. Residents are billed every month over one
year and pay themselves or through relatives and payee organisations; agencies pay the care of many.
Who names no number pays the oldest bill first. Agencies and organisations pay lists, of which some
lines have no price and some invoices are paid short. Cheques lie in tills and go to the bank
together without a slip, cards come as payouts, and some money nobody recorded.

What happened is drawn entity after entity, each from a chance of its own, and written about as it
happens. Money is an integer count of cents and a day its ordinal, until they are written.

How truth speaks where opinions differ: its amounts are positive. Of what was paid too much the
invoice's total is in a pair and the rest in none. The second of two payments of one invoice and a
payment that the bank sends back settle nothing, but pair with their line; the return pairs with
nothing, and one that has not come back by the end stands as paid. A card payment pairs with its
payout less the fee. Where nobody recorded a payment, its invoices stand against the line.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from bench.worlds.cash_application import money
from bench.worlds.state_rates_bank import (
    MONTH_STARTS,
    MONTHS,
    STYLES,
    YEAR,
    Account,
    Agency,
    Bank,
    Entity,
    Invoice,
    Line,
    Organisation,
    Payer,
    Payment,
    Resident,
    Scheme,
)
from bench.worlds.state_rates_payments import MONTH_NAMES, Book
from bench.worlds.state_rates_words import (
    AGENCY_KINDS,
    HARDER,
    ORDINARY,
    PAYEE_KINDS,
    PLACES,
    STATES,
    Person,
    Who,
    person,
)

COLUMNS = {
    "invoices": "invoice_id entity direction number party_id party_name issue_date due_date "
    "currency total status memo resident_id resident_name service_from service_to",
    "payments": "payment_id entity direction party_id party_name date currency amount method "
    "reference memo fee payout_id account",
    "bank_lines": "line_id entity account date currency amount description counterparty "
    "reference type",
    "remittance_lines": "payment_id invoice_reference amount memo",
    "truth": "left_type left_id right_type right_id amount case",
}
SCHEMES = (
    Scheme(weight=3.0, template="INV-{year}-{place:05d}"),
    Scheme(weight=2.2, template="{running}"),
    Scheme(weight=1.4, template="{prefix}/{short_year}/{place:04d}", prefixes=("A", "B", "K", "R")),
    Scheme(weight=1.2, template="{prefix}-{running}", prefixes=("RB", "RES", "SL", "CH")),
    Scheme(weight=1.2, template="INV{running:06d}"),
    Scheme(weight=0.8, template="{year}-{place:05d}"),
    Scheme(weight=0.7, template="{short_year}{month:02d}-{short_place:04d}", is_monthly=True),
    Scheme(weight=0.8, template="R{running}"),
)
METHODS = {
    "ach": 0.29,
    "check": 0.345,
    "card": 0.115,
    "zelle": 0.09,
    "billpay": 0.085,
    "eft": 0.04,
    "wire": 0.02,
    "cash": 0.015,
}
RATES = 5
EXTRAS = ("Pharmacy", "Supplies", "Therapy", "Transport", "Activities")

Row = tuple[str, ...]
# The old and the new.
Rates = tuple[Sequence[int], Sequence[int]]
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to simulate. `entities` of None takes as many as such providers have."""

    seed: int
    invoices: int
    entities: int | None = None
    harder: bool = False


def new_entity(wanted: Wanted, place: int, invoices: int) -> Entity:
    """An entity of about so many invoices, at the rates of its state."""
    chance = random.Random(f"entity/{wanted.seed}/{place}/{int(wanted.harder)}")
    name = f"E{place + 1:03d}"
    state = chance.choice(STATES)
    rates, agency_rates = rates_of(wanted.seed, state)
    weights = [scheme.weight for scheme in SCHEMES]
    scheme = drawn(SCHEMES, weights, chance.random() * sum(weights))
    before_first = chance.choice((1_000, 3_000, 4_700, 10_000, 10_000, 24_000, 50_000, 100_000))
    prefix = chance.choice(scheme.prefixes) if scheme.prefixes else ""
    issue_offset = chance.choice((0, 0, 0, -3, 1, 4))
    days_to_pay = chance.choice((10, 14, 15, 30))
    has_two_accounts = invoices > 400 and chance.random() < 0.6
    names = chance.sample(("OPER", "CHK01", "MAIN", "DEP"), 2 if has_two_accounts else 1)
    accounts = [Account(name=f"{name}-{each}", style=chance.choice(STYLES)) for each in names]
    account_of = {
        method: chance.choice(accounts) if chance.random() < 0.4 else accounts[0]
        for method in METHODS
    }
    return Entity(
        place=place,
        name=name,
        chance=chance,
        habits=HARDER if wanted.harder else ORDINARY,
        state=state,
        change=random.Random(f"change/{wanted.seed}/{state}").choice((0, 6, 6, 9)),
        rates=rates,
        agency_rates=agency_rates,
        scheme=scheme,
        before_first=before_first,
        prefix=prefix,
        issue_offset=issue_offset,
        days_to_pay=days_to_pay,
        accounts=accounts,
        account_of=account_of,
        gateway=chance.choice(("stripe", "square", "paynow", "authnet")),
        number_in_reference=chance.uniform(0.5, 0.8),
        check_in_reference=chance.uniform(0.7, 0.97),
        shows_account=chance.random() < 0.5,
        id_lift=chance.choice((0.0, 0.0, 0.06, -0.12, 0.1)),
    )


def drawn(items: Sequence[Item], weights: Sequence[float], draw: float) -> Item:
    """The item on which a draw between 0 and the sum of the weights falls."""
    for item, weight in zip(items, weights, strict=True):
        draw -= weight
        if draw <= 0:
            return item
    return items[-1]


def rates_of(seed: int, state: str) -> tuple[Rates, Rates]:
    """Those that a state sets, and those that its agencies pay."""
    chance = random.Random(f"rates/{seed}/{state}")
    old = [
        chance.randrange(70_000, 260_000, 100) + chance.choice((0, 0, 50, 25)) for _ in range(RATES)
    ]
    new = [
        int(rate * chance.uniform(1.02, 1.05)) // 100 * 100 + chance.choice((0, 50, 0, 33))
        for rate in old
    ]
    agency_old = [
        chance.randrange(180_000, 690_000, 1_000) + chance.choice((0, 20, 48)) for _ in range(RATES)
    ]
    return (old, new), (agency_old, [int(rate * 1.03) for rate in agency_old])


class House:
    """One entity: who lives there, what is billed to them and how it is paid."""

    def __init__(self, entity: Entity, wanted: int) -> None:
        self.entity = entity
        self.chance = entity.chance
        self.habits = entity.habits
        self.organisations: list[Organisation] = []
        self.residents: list[Resident] = []
        count = 1 if wanted < 1_500 else self.chance.choice((2, 3))
        self.agencies = [self.agency(place) for place in range(count)]
        self.fill(wanted)
        self.bill(wanted)
        self.number()
        book = Book(entity)
        self.pay(book)
        Bank(entity).receive()
        book.close()

    # Who there is.

    def payer(self, who: Who, kind: str, party_id: str) -> Payer:
        chance, habits = self.chance, self.habits
        first_checks = (
            chance.randrange(101, 9_999),
            chance.randrange(1_001, 6_000),
            chance.randrange(20_000, 60_000),
        )
        check = chance.choice(first_checks)
        method = drawn(tuple(METHODS), tuple(METHODS.values()), chance.random())
        draw = chance.random()
        always, sometimes = habits.naming
        naming = 0.0
        if draw < always:
            naming = 0.93
        elif draw < always + sometimes:
            naming = 0.5
        return Payer(
            who=who,
            kind=kind,
            party_id=party_id,
            check=check,
            method=method,
            naming=naming,
            lag=min(34, 2 + int(chance.expovariate(1 / 9))),
            in_instalments=chance.random() < 0.124,
            tag=str(chance.randrange(10**8, 10**9)),
        )

    def agency(self, place: int) -> Agency:
        chance, entity = self.chance, self.entity
        kind = chance.choice(AGENCY_KINDS)
        name = kind.format(state=entity.state, place=chance.choice(PLACES))
        payer = self.payer(name, "agency", f"{entity.name}-A{place + 1:02d}")
        return Agency(
            payer=payer,
            is_billed=chance.random() < 0.6,
            usual=chance.choice((8, 12, 16, 25, 40)),
        )

    def organisation(self) -> Organisation:
        """One that pays already, or now and then another."""
        chance = self.chance
        if not self.organisations or chance.random() < 0.10:
            name = f"{chance.choice(PLACES)} {chance.choice(PAYEE_KINDS)}"
            place = len(self.organisations) + 1
            payer = self.payer(name, "organisation", f"{self.entity.name}-O{place:02d}")
            payer.method = chance.choice(("check", "ach", "ach", "eft", "billpay"))
            another = Organisation(payer=payer, pays_in_one=chance.random() < 0.68)
            self.organisations.append(another)
        return chance.choice(self.organisations)

    def fill(self, wanted: int) -> None:
        """Residents until enough can be billed."""
        invoices = 0
        while invoices < wanted:
            resident = self.resident()
            self.residents.append(resident)
            months = resident.stop - resident.start + 1
            invoices += months * (2 if resident.agency else 1)
            invoices += int(months * 0.2) if resident.has_extras else 0

    def resident(self) -> Resident:
        """A new resident, and who pays."""
        chance, habits = self.chance, self.habits
        party_id = f"{self.entity.name}-R{len(self.residents) + 1:05d}"
        who = person(chance)
        start = 0 if chance.random() < 0.6 else chance.randrange(MONTHS)
        stop = min(MONTHS - 1, start + int(chance.expovariate(1 / 15)))
        if chance.random() < 0.8:
            rate = chance.randrange(RATES)
        else:
            rate = 0 if chance.random() < 0.5 else 1
        fixed = 0
        if chance.random() >= 0.60:
            if chance.random() < 0.6:
                fixed = chance.randrange(210_000, 790_000, 2_500)
            else:
                fixed = chance.randrange(120_000, 790_000)
        is_by_hours = fixed and chance.random() < 0.45
        hourly = chance.choice((2_150, 1_875, 3_200, 1_233)) if is_by_hours else 0
        agency = chance.choice(self.agencies) if chance.random() < 0.185 else None
        has_extras = chance.random() < 0.18
        organisation = None
        draw = chance.random()
        if draw < habits.paid_by_relative:
            relative = person(chance)
            if chance.random() < 0.4:
                relative = Person(first=relative.first, last=who.last)
            payer = self.payer(relative, "relative", party_id)
        elif draw < habits.paid_by_relative + habits.paid_by_organisation:
            organisation = self.organisation()
            payer = organisation.payer
        elif self.residents and draw > 0.98:
            # A couple, of whom one pays for both.
            spouse = self.residents[-1]
            who = Person(first=person(chance).first, last=spouse.who.last)
            payer = spouse.payer
            if payer.kind != "self":
                payer = self.payer(who, "self", party_id)
        else:
            payer = self.payer(who, "self", party_id)
        resident = Resident(
            id=party_id,
            who=who,
            payer=payer,
            agency=agency,
            rate=rate,
            fixed=fixed,
            hourly=hourly,
            has_extras=has_extras,
            start=start,
            stop=stop,
        )
        if organisation:
            organisation.residents.append(resident)
        return resident

    # What is billed.

    def bill(self, wanted: int) -> None:
        """Month after month, less some at random if there are too many."""
        chance, entity = self.chance, self.entity
        order = self.residents
        if chance.random() < 0.5:
            order = sorted(order, key=lambda resident: (resident.who.last, resident.id))
        invoices: list[Invoice] = []
        for month in range(MONTHS):
            bills = [
                bill
                for resident in order
                if resident.start <= month <= resident.stop
                for bill in self.bills(resident, month)
            ]
            for resident, kind, cents in bills:
                later = chance.randrange(3, 20) if kind == "extra" else 0
                invoices.append(
                    Invoice(
                        resident=resident,
                        kind=kind,
                        month=month,
                        issue=MONTH_STARTS[month] + entity.issue_offset + later,
                        cents=cents,
                        open_cents=cents,
                    )
                )
        invoices.sort(key=lambda invoice: invoice.issue)
        if len(invoices) > wanted:
            dropped = set(chance.sample(range(len(invoices)), len(invoices) - wanted))
            invoices = [each for place, each in enumerate(invoices) if place not in dropped]
        entity.invoices = invoices

    def bills(self, resident: Resident, month: int) -> list[tuple[Resident, str, int]]:
        """A resident's bills of a month, as kind and cents."""
        chance, entity = self.chance, self.entity
        days = MONTH_STARTS[month + 1] - MONTH_STARTS[month]
        is_new_rate = month >= entity.change
        rent = resident.fixed or entity.rates[is_new_rate][resident.rate]
        if resident.fixed and month >= 6 and resident.rate % 2:
            is_round = rent % 100 == 0
            rent = int(rent * 1.04) // 100 * 100 if is_round else rent + 1_717
        if resident.hourly:
            rent += chance.randrange(1, 90) * resident.hourly
        comes = month == resident.start and month > 0
        leaves = month == resident.stop and month < MONTHS - 1
        if (comes and chance.random() < 0.7) or (leaves and chance.random() < 0.6):
            rent = rent * chance.randrange(2, days) // days
        bills = [(resident, "rent", rent)]
        if resident.agency:
            care = entity.agency_rates[is_new_rate][resident.rate]
            if chance.random() < 0.45:
                care = care * chance.randrange(days // 2, days) // days
            bills.append((resident, "agency", care))
        if resident.has_extras and chance.random() < 0.35:
            bills.append((resident, "extra", chance.randrange(1_500, 42_000)))
        return bills

    def number(self) -> None:
        """Numbers in the order of issue, with a gap now and then; a few are void."""
        chance, entity = self.chance, self.entity
        used: defaultdict[int, int] = defaultdict(int)
        for invoice in entity.invoices:
            resident, month = invoice.resident, invoice.month
            row = month if entity.scheme.is_monthly else 0
            used[row] += 1 if chance.random() > 0.01 else 2
            invoice.number = entity.number(month, used[row])
            invoice.due = invoice.issue + entity.days_to_pay
            invoice.party_id, invoice.party_name = resident.id, resident.name
            if invoice.kind == "agency" and resident.agency and resident.agency.is_billed:
                invoice.party_id = resident.agency.payer.party_id
                invoice.party_name = resident.agency.payer.name
            invoice.memo = {
                "rent": f"Room and board {MONTH_NAMES[month]} {YEAR}",
                "agency": f"Services {month + 1:02d}/{YEAR}",
                "extra": chance.choice(EXTRAS),
            }[invoice.kind]
            invoice.is_void = chance.random() < 0.003
            if invoice.is_void:
                continue
            if invoice.kind == "agency":
                resident.agency_invoices.append(invoice)
            else:
                resident.invoices.append(invoice)

    # Who pays.

    def pay(self, book: Book) -> None:
        by_payer: defaultdict[Payer, list[Resident]] = defaultdict(list)
        for resident in self.residents:
            if resident.payer.kind != "organisation":
                by_payer[resident.payer].append(resident)
        for payer, residents in by_payer.items():
            invoices = [invoice for resident in residents for invoice in resident.invoices]
            invoices.sort(key=lambda invoice: invoice.issue)
            hint = residents[0].name if payer.kind == "relative" else ""
            book.pay_month_by_month(payer, invoices, hint)
        for organisation in self.organisations:
            if organisation.pays_in_one:
                book.pay_as_organisation(organisation)
                continue
            for resident in organisation.residents:
                book.pay_month_by_month(organisation.payer, resident.invoices, resident.name)
        for agency in self.agencies:
            billed = [
                invoice
                for resident in self.residents
                if resident.agency is agency
                for invoice in resident.agency_invoices
            ]
            book.pay_as_agency(agency, billed)


def sizes(wanted: Wanted) -> list[int]:
    """How many invoices each entity has; few have most."""
    count = wanted.entities or max(2, min(200, round(wanted.invoices**0.5 / 10)))
    chance = random.Random(f"sizes/{wanted.seed}")
    weights = [(place + 1) ** -1.15 * chance.lognormvariate(0, 0.35) for place in range(count)]
    total = sum(weights)
    invoices = [max(20, int(wanted.invoices * weight / total)) for weight in weights]
    invoices[0] += wanted.invoices - sum(invoices)
    return invoices


def day_text(day: int) -> str:
    return date.fromordinal(day).isoformat()


def invoice_row(entity: Entity, invoice: Invoice) -> Row:
    return (
        invoice.id,
        entity.name,
        "receivable",
        invoice.number,
        invoice.party_id,
        invoice.party_name,
        day_text(invoice.issue),
        day_text(invoice.due),
        "USD",
        money(invoice.cents),
        "void" if invoice.is_void else "open",
        invoice.memo,
        invoice.resident.id,
        invoice.resident.name,
        day_text(MONTH_STARTS[invoice.month]),
        day_text(MONTH_STARTS[invoice.month + 1] - 1),
    )


def payment_row(entity: Entity, payment: Payment) -> Row:
    return (
        payment.id,
        entity.name,
        "in",
        payment.party_id,
        payment.party_name,
        day_text(payment.day),
        "USD",
        money(payment.cents),
        payment.keyed_method,
        payment.reference,
        payment.memo,
        money(payment.fee) if payment.fee else "",
        payment.payout,
        entity.account_of[payment.method].name if entity.shows_account else "",
    )


def line_row(entity: Entity, line: Line) -> Row:
    return (
        line.id,
        entity.name,
        line.account.name,
        day_text(line.day),
        "USD",
        money(line.cents),
        line.description,
        line.counterparty,
        line.reference,
        line.type,
    )


def advice_rows(payment: Payment) -> Iterator[Row]:
    for advice in payment.advice:
        cents = "" if advice.cents is None else money(advice.cents)
        yield payment.id, advice.reference, cents, advice.memo


def truth_rows(payments: Sequence[Payment], lines: Sequence[Line]) -> Iterator[Row]:
    """What was paid by what, and what of it is on which line."""
    for payment in payments:
        if payment.is_returned:
            continue
        right = (payment.item_type, payment.id)
        for share in payment.shares:
            if share.cents > 0:
                left = (share.invoice.item_type, share.invoice.id)
                yield (*left, *right, money(share.cents), payment.case)
    for line in lines:
        for part in line.parts:
            left, right = (part.of.item_type, part.of.id), (line.item_type, line.id)
            yield (*left, *right, money(part.cents), part.case)


def simulate(wanted: Wanted, out: Path) -> dict[str, int]:
    """The files of a world, entity after entity. Returns the number of rows of each."""
    out.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(COLUMNS, 0)
    with ExitStack() as files:
        writers = {}
        for name, columns in COLUMNS.items():
            path = out / f"{name}.csv"
            file = files.enter_context(path.open("w", encoding="utf-8", newline=""))
            writers[name] = csv.writer(file, lineterminator="\n")
            writers[name].writerow(columns.split())
        for place, invoices in enumerate(sizes(wanted)):
            entity = new_entity(wanted, place, invoices)
            House(entity, invoices)
            for name, table in rows(entity, counts).items():
                writers[name].writerows(table)
                counts[name] += len(table)
    return counts


def rows(entity: Entity, counts: dict[str, int]) -> dict[str, list[Row]]:
    """The rows of each file that are of the entity, whose ids follow those that `counts` has."""
    invoices = entity.invoices
    payments = [payment for payment in entity.payments if payment.is_recorded]
    lines = sorted(entity.lines, key=lambda line: (line.day, line.order))
    for at, invoice in enumerate(invoices, counts["invoices"] + 1):
        invoice.id = f"I{at:08d}"
    for at, payment in enumerate(payments, counts["payments"] + 1):
        payment.id = f"P{at:08d}"
    for at, line in enumerate(lines, counts["bank_lines"] + 1):
        line.id = f"L{at:08d}"
    return {
        "invoices": [invoice_row(entity, invoice) for invoice in invoices],
        "payments": [payment_row(entity, payment) for payment in payments],
        "bank_lines": [line_row(entity, line) for line in lines],
        "remittance_lines": [row for payment in payments for row in advice_rows(payment)],
        "truth": list(truth_rows(payments, lines)),
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--invoices", type=int, default=20_000, help="about how many documents")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--harder", action="store_true", help="fewer numbers, more damage")
    parser.add_argument("--entities", type=int)
    given = parser.parse_args(argv)
    wanted = Wanted(
        seed=given.seed,
        invoices=given.invoices,
        entities=given.entities,
        harder=given.harder,
    )
    counts = simulate(wanted, given.out)
    print(", ".join(f"{count:,} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
