"""Who lives at a foster group's homes and who pays for them, and the invoices of an entity.

Residents are billed by the month, respite by the day or the week. There are extras, drafts, voids
and what replaces them, credit notes, and the bills of vendors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from bench.worlds.foster_group_records import (
    END,
    MONTHS,
    START,
    Entity,
    Habits,
    Invoice,
    Party,
    Payer,
    Resident,
)
from bench.worlds.foster_group_words import (
    SCHEMES,
    STYLES,
    agency_names,
    day_text,
    digits,
    family,
    firm,
    last_name_first,
    name_at_the_bank,
    organisation_name,
    person,
    vendor_names,
)

STATES = ("Michigan", "Oregon", "Minnesota", "Wisconsin", "Washington", "Idaho")
GATEWAYS = ("Stripe", "Square Inc", "Intuit Pymt Soln", "BluePay Gateway", "CareBill Pay")
PREFIX_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
METHODS = {"check": 30, "ach": 31, "zelle": 8, "card": 25, "cash": 5, "wire": 1}
# What goes straight to the bank with nobody's record.
DIRECT = ("ach", "zelle", "check")
# The fewest days to pay and how many may be added, of private payers and of agencies.
DELAYS = {(0, 3): 20, (1, 6): 29, (2, 9): 27, (4, 8): 14, (8, 8): 7, (16, 18): 2, (-3, 4): 1}
AGENCY_DELAYS = ((4, 8), (7, 8), (9, 7))
EXTRAS = (
    "Personal care supplies",
    "Transport to appointments",
    "Hair and nails",
    "Pharmacy copay",
    "Outing",
    "Damage repair",
    "Extra one-to-one hours",
)
# The state raises its rates every January.
RISES = {2024: 1.0, 2025: 1.025, 2026: 1.028 * 1.025}
PAYABLE = 0.085


def new_entity(chance: random.Random, place: int, habits: Habits) -> Entity:
    """An entity, whose place spreads styles and schemes evenly, so that no world lacks one."""
    state = chance.choice(STATES)
    base = chance.randrange(88_000, 118_000)
    service_rates = sorted(chance.randrange(120_000, 420_000) for _ in range(4))
    prefix = chance.choice(PREFIX_LETTERS) + chance.choice(PREFIX_LETTERS)
    scheme = tuple(SCHEMES)[(place * 3 + chance.randrange(2)) % len(SCHEMES)]
    if scheme == "yearly" and chance.random() < 0.4:
        prefix = f"{prefix[0]}{chance.randrange(1, 10)}{prefix[1]}"
    has_short_numbers = scheme in ("marked", "bare")
    return Entity(
        name=f"E{place + 1:02d}",
        chance=chance,
        habits=habits,
        firm=firm(chance),
        state=state,
        prefix=prefix,
        scheme=scheme,
        style=STYLES[(place + chance.randrange(2)) % len(STYLES)],
        operating=f"OPER-{chance.randrange(1_000, 9_999)}",
        savings=f"SAVE-{chance.randrange(1_000, 9_999)}",
        gateway=chance.choice(GATEWAYS),
        shows_payouts=place % 5 in (0, 2, 3),
        payout_rhythm=chance.choice(("day", "day", "day", "half", "week")),
        till_share=chance.uniform(0.34, 0.56),
        keeps_status=chance.random() < 0.5,
        last_name_first=place % 7 == 3,
        book_number=habits.book_number * chance.uniform(0.85, 1.15),
        line_number=habits.line_number * chance.uniform(0.75, 1.25),
        shows_trace=chance.choice((0.0, 0.1, 0.25)),
        party_ids=(0.72, 0.9, 0.45)[place % 3],
        unrecorded=chance.uniform(0.24, 0.35),
        board_rates=[base, base + 8_000 + chance.randrange(6_000), base - 10_150],
        service_rates=service_rates,
        private_rates=[chance.randrange(84, 240) * 2_500 for _ in range(4)],
        before_first=chance.randrange(1_000, 9_000 if has_short_numbers else 60_000),
        check=chance.randrange(1_000, 9_000),
    )


# Who there is.


def new_payer(entity: Entity, name: str, *, is_other: bool) -> Payer:
    """Somebody who pays for a resident, with ways of their own."""
    chance = entity.chance
    method = chance.choices(tuple(METHODS), tuple(METHODS.values()))[0]
    draw = chance.random()
    recorded = "party"
    if is_other and draw > 1 - entity.habits.has_no_id:
        recorded = "nobody"
    elif is_other and draw >= 0.2:
        recorded = "payer" if draw < 0.45 else "own"
    # Most name the number nearly always or nearly never.
    naming = chance.choice((0.05, 0.4, 1.2, 1.8, 1.9))
    if is_other:
        # Who pays for somebody else has learned to say for whom.
        naming = max(naming, 1.0)
    return Payer(
        name=name,
        method=method,
        recorded=recorded,
        naming=naming,
        is_other=is_other,
        delay=chance.choices(tuple(DELAYS), tuple(DELAYS.values()))[0],
        bank_name=name_at_the_bank(chance, name),
        check=chance.randrange(101, 9_500),
    )


def organisation_payer(entity: Entity, organisations: Sequence[str]) -> Payer:
    """One of the organisations that pay for residents."""
    chance = entity.chance
    place = chance.randrange(len(organisations))
    payer = new_payer(entity, organisations[place], is_other=True)
    payer.id = f"O{entity.code}{place:03d}"
    payer.is_organisation = True
    payer.method = chance.choice(("check", "ach", "ach"))
    payer.bank_name = payer.name
    payer.naming = max(payer.naming, 1.3)
    return payer


def private_party(entity: Entity, place: int, resident: str, organisations: Sequence[str]) -> Party:
    """Who gets a resident's invoices, with one payer or two."""
    chance = entity.chance
    last = family(resident) if chance.random() < 0.6 else ""
    # One in five is a relative.
    billed = person(chance, last) if chance.random() < 0.2 else resident
    if chance.random() >= entity.habits.paid_by_others:
        payers = [new_payer(entity, billed, is_other=False)]
    elif chance.random() < 0.25:
        payers = [organisation_payer(entity, organisations)]
    else:
        payers = [new_payer(entity, person(chance, last), is_other=True)]
    if chance.random() < 0.3:
        is_other = chance.random() < 0.5
        name = person(chance, last) if is_other else billed
        payers.append(new_payer(entity, name, is_other=is_other))
    first = payers[0]
    share = entity.unrecorded * (0.5 if first.is_other else 1.0)
    for payer, letter in zip(payers, "AB", strict=False):
        payer.id = payer.id or f"P{entity.code}{place:05d}{letter}"
    return Party(
        id=f"C{entity.code}{place:05d}",
        name=last_name_first(billed) if entity.last_name_first else billed,
        plain_name=billed,
        kind="private",
        payers=payers,
        is_unrecorded=first.method in DIRECT and chance.random() < share,
    )


def agencies(entity: Entity) -> list[Party]:
    """The public bodies that pay by transfer."""
    chance = entity.chance
    return [
        Party(
            id=f"A{entity.code}{place:03d}",
            name=name,
            plain_name=name,
            kind="agency",
            payers=[
                Payer(
                    name=name,
                    bank_name=name,
                    method="eft",
                    recorded="party",
                    naming=1.5,
                    delay=chance.choice(AGENCY_DELAYS),
                )
            ],
        )
        for place, name in enumerate(agency_names(chance, entity.state))
    ]


def residents(entity: Entity) -> Iterator[Resident]:
    """Without end; the caller stops when there are enough invoices."""
    chance = entity.chance
    bodies = agencies(entity)
    organisations = [organisation_name(chance) for _ in range(3)]
    place = 0
    before: Resident | None = None
    while True:
        place += 1
        sibling = before if before and chance.random() < 0.02 else None
        name = person(chance, family(sibling.name) if sibling else "")
        kind = chance.choices(("public", "private", "respite"), (73, 22, 5))[0]
        start, end = START, END + 40
        if chance.random() < 0.45:
            start = chance.randrange(START - 60, END - 60)
        if chance.random() < 0.3:
            end = start + chance.randrange(70, 560)
        party = private_party(entity, place, name, organisations)
        if sibling and chance.random() < 0.6:
            # One relative pays for both, so that the payer's name leads to two parties.
            party.payers[0] = sibling.party.payers[0]
        elif before and chance.random() < 0.006:
            # A resident pays for a fellow.
            party.payers.append(new_payer(entity, before.name, is_other=True))
        is_served = chance.random() < 0.2 and kind == "public"
        # Most homes have a price list; a few residents agree on something else.
        private = chance.choice(entity.private_rates)
        if chance.random() < 0.2:
            private = chance.randrange(210_000, 640_000)
        before = Resident(
            id=f"R{entity.code}{place:05d}",
            name=name,
            kind=kind,
            start=max(start, START),
            end=end,
            party=party,
            agency=chance.choices(bodies, (5, 3, 2, 2))[0] if is_served else None,
            board=chance.choices((0, 1, 2), (86, 10, 4))[0],
            service=chance.randrange(4),
            private=private,
            extras=chance.choice((0.0, 0.0, 0.1, 0.4)),
        )
        yield before


# What is billed.


class Stay:
    """The invoices of one resident, not yet numbered."""

    def __init__(self, entity: Entity, resident: Resident) -> None:
        self.entity = entity
        self.chance = entity.chance
        self.resident = resident
        self.invoices: list[Invoice] = []
        self.issue_lag = self.chance.choice((0, 0, 0, 1, 2))
        self.days_to_pay = self.chance.choice((10, 15, 30))
        self.is_weekly = self.chance.random() < 0.2
        for first, last in MONTHS:
            start, end = max(first, resident.start), min(last, resident.end)
            if start > end or first > END:
                continue
            if resident.kind == "respite":
                self.bill_respite(first, start, end)
            else:
                self.bill_month(first, start, end, (end - start + 1) / (last - first + 1))

    def bill(self, party: Party, issue: int, cents: int, memo: str, first: int, last: int) -> None:
        if issue > END or cents <= 0:
            return
        self.invoices.append(
            Invoice(
                direction="receivable",
                party=party,
                issue=issue,
                due=issue + self.days_to_pay,
                cents=cents,
                memo=memo,
                resident=self.resident,
                service=(first, last),
            )
        )

    def bill_respite(self, first: int, start: int, end: int) -> None:
        """Week after week, or a few stays of some days."""
        chance, party = self.chance, self.resident.party
        service = self.entity.service_rates[self.resident.service]
        rate = round(raised(service, first) / 30)
        if self.is_weekly:
            for week in range(start, end - 5, 7):
                memo = f"Respite week of {day_text(week, '%m/%d/%Y')}"
                self.bill(party, week + 7, rate * 7, memo, week, week + 6)
            return
        for _ in range(chance.choice((0, 1, 2, 2))):
            days = chance.randrange(1, 9)
            begin = chance.randrange(start, end + 1)
            memo = f"Respite {days} days"
            self.bill(party, begin + days, rate * days, memo, begin, begin + days)

    def bill_month(self, first: int, start: int, end: int, share: float) -> None:
        """What the resident owes of a month, what an agency owes, and what came up."""
        chance, entity, resident = self.chance, self.entity, self.resident
        month = day_text(first, "%B %Y")
        issue = start + self.issue_lag
        if resident.kind == "private":
            rate, memo = round(raised(resident.private, first) / 100) * 100, f"Care {month}"
        else:
            board = entity.board_rates[resident.board]
            rate, memo = raised(board, first), f"Room and board {month}"
        self.bill(resident.party, issue, round(rate * share), memo, start, end)
        if resident.agency:
            cents = round(raised(entity.service_rates[resident.service], first) * share)
            self.bill(resident.agency, end + 1, cents, f"AFC services {month}", start, end)
        if chance.random() < resident.extras:
            extra = chance.randrange(900, 26_000)
            extra -= extra % chance.choice((1, 1, 50, 500))
            later = chance.randrange(25)
            self.bill(resident.party, start + later, extra, chance.choice(EXTRAS), start, end)


def raised(rate: int, day: int) -> int:
    """The rate of that day, to the cent."""
    return round(rate * RISES[int(day_text(day, "%Y"))])


def with_corrections(chance: random.Random, invoices: Sequence[Invoice]) -> Iterator[Invoice]:
    """Some of them drafts or void, what replaces the void ones, and credit notes."""
    for invoice in invoices:
        yield invoice
        draw = chance.random()
        if draw < 0.007:
            invoice.status = "draft"
        elif draw < 0.017:
            invoice.status = "void"
            if chance.random() < 0.7:
                yield Invoice(
                    direction="receivable",
                    party=invoice.party,
                    issue=invoice.issue + chance.randrange(1, 6),
                    due=invoice.due + 5,
                    cents=invoice.cents,
                    memo=f"{invoice.memo} (reissued)",
                    resident=invoice.resident,
                    service=invoice.service,
                    replaces=invoice,
                )
        elif draw < 0.029 and invoice.cents > 20_000:
            cents = round(invoice.cents * chance.uniform(0.03, 0.25))
            day = invoice.issue + chance.randrange(1, 5)
            invoice.credit = Invoice(
                direction="receivable",
                party=invoice.party,
                issue=day,
                due=day,
                cents=-cents,
                memo=f"Credit: {invoice.memo}",
                resident=invoice.resident,
                applies_to=invoice if chance.random() < 0.6 else None,
            )
            yield invoice.credit


def payables(entity: Entity, wanted: int) -> list[Invoice]:
    """The bills of vendors, some of the same amount each month."""
    chance = entity.chance
    found: list[Invoice] = []
    for place, name in enumerate(vendor_names(chance, max(8, wanted // 25))):
        payer = Payer(
            name=name,
            bank_name=name,
            method=chance.choices(("check", "ach", "card"), (50, 45, 5))[0],
            recorded="party",
            naming=1.1,
            delay=chance.choice(((5, 8), (14, 10))),
        )
        party = Party(
            id=f"V{entity.code}{place:04d}",
            name=name,
            plain_name=name,
            kind="vendor",
            payers=[payer],
        )
        template = chance.choice(("{}", "INV{}", "{}-A", "SI-{}", "{}"))
        number = chance.randrange(2_000, 90_000)
        steady = chance.randrange(4_000, 250_000) if chance.random() < 0.4 else 0
        days_to_pay = chance.choice((10, 15, 30, 30))
        gives_discount = chance.random() < 0.12
        for first, _ in MONTHS:
            if first > END or chance.random() < 0.12:
                continue
            issue = first + chance.randrange(27)
            cents = steady or chance.randrange(1_500, 180_000)
            number += chance.randrange(1, 90)
            found.append(
                Invoice(
                    direction="payable",
                    party=party,
                    issue=issue,
                    due=issue + days_to_pay,
                    cents=cents,
                    number=template.format(number),
                    discount=round(cents * 0.02) if gives_discount else 0,
                )
            )
    chance.shuffle(found)
    return found[:wanted]


def bill(entity: Entity, wanted: int) -> None:
    """So many invoices, in the order of issue."""
    bills = payables(entity, round(wanted * PAYABLE))
    receivables: list[Invoice] = []
    for resident in residents(entity):
        invoices = Stay(entity, resident).invoices
        receivables.extend(with_corrections(entity.chance, invoices))
        if len(receivables) + len(bills) >= wanted:
            break
    receivables = receivables[: wanted - len(bills)]
    kept = set(receivables)
    for invoice in receivables:
        if invoice.credit not in kept:
            invoice.credit = None
    entity.chance.shuffle(receivables)
    receivables.sort(key=lambda invoice: invoice.issue)
    number(entity, receivables)
    entity.invoices = sorted(receivables + bills, key=lambda invoice: invoice.issue)


def number(entity: Entity, invoices: Sequence[Invoice]) -> None:
    """Numbers in the order of issue, with a gap now and then."""
    chance, place, year = entity.chance, entity.before_first, ""
    for invoice in invoices:
        if entity.scheme == "yearly" and day_text(invoice.issue, "%Y") != year:
            year, place = day_text(invoice.issue, "%Y"), chance.randrange(1, 400)
        place += 1 if chance.random() < 0.97 else chance.randrange(2, 9)
        invoice.number = SCHEMES[entity.scheme].format(
            prefix=entity.prefix, year=day_text(invoice.issue, "%Y"), place=place
        )
        if invoice.cents < 0 and entity.scheme != "bare" and chance.random() < 0.5:
            # A credit note may carry the digits of its invoice: only the prefix tells them apart.
            known = invoice.applies_to.number if invoice.applies_to else str(place)
            invoice.number = f"CN-{known.rpartition('-')[2].lstrip(ascii_uppercase)}"
        if invoice.replaces and chance.random() < 0.3:
            # Who has paid in advance of the new invoice names the old one.
            invoice.quoted_as = invoice.replaces.number
        if chance.random() < 0.1:
            invoice.reference = f"PO {digits(chance, 5)}"
