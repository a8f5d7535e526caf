"""A simulated care provider whose payers are regular, as an exchange folder.

    python -m bench.worlds.regular --seed 1 --invoices 20000 --out DIR [--harder]

Most payers name the number of the invoice; who names none pays everything singly or everything at
once, in order. Residents are billed for room and care every month over one year. They pay
themselves or through relatives and payee organisations, and agencies pay the care of many at once.
Cheques go to the bank in batches without a slip, cards come as payouts, and all else has a line of
its own.

What happened is drawn first, entity after entity, and written about as it happens. Money is an
integer count of cents and a day a number, until they are written.

How truth speaks where opinions differ: its amounts are positive. Of what was paid too much the
invoice's total is in a pair and the rest in none. The second of two payments of one invoice and a
payment that the bank sends back settle nothing, but pair with their line; the return pairs with
nothing. A card payment pairs with its payout less the fee. Where nobody recorded a payment, the
invoice stands against the line.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bench.worlds.cash_application import money
from bench.worlds.people import AGENCIES, ENDINGS, FIRST, HOUSE_KINDS, HOUSES, LAST, PAYEES, STEMS
from bench.worlds.regular_bank import (
    BANKS,
    FIRST_DAY,
    HARDER,
    KEYED,
    MONTH_NAMES,
    MONTH_STARTS,
    MONTHS,
    ORDINARY,
    STATES,
    Advice,
    Bank,
    Entity,
    Invoice,
    Line,
    Organisation,
    Pair,
    Payer,
    Payment,
    Person,
    Resident,
    Share,
    Who,
    World,
    mistyped,
    name_at_the_bank,
    stripped,
    words_around,
    words_for_one,
    words_for_several,
    words_without_number,
)

COLUMNS = {
    "invoices": "invoice_id entity direction number party_id party_name issue_date due_date "
    "currency total status reference memo resident_id resident_name",
    "payments": "payment_id entity direction party_id party_name date currency amount method "
    "reference memo fee payout_id account",
    "bank_lines": "line_id entity account date currency amount description counterparty "
    "reference type",
    "remittance_lines": "payment_id invoice_reference amount memo",
    "truth": "left_type left_id right_type right_id amount case",
}
LISTS = ("list", "list_stripped", "list_damaged")
CASES = (
    *(f"one_{state}" for state in STATES),
    "no_number_same_party",
    "no_number_foreign_name",
    *(f"{case}{short}" for case in LISTS for short in ("", "_short")),
    "set_no_number",
    "set_no_number_foreign",
    "instalment",
    "short",
    "overpaid",
    "prepaid",
    *(f"after_return_{state}" for state in (*STATES, "none")),
    *(
        f"{kind}_{case}{short}"
        for kind in ("agency", "payee")
        for case in ("bare", "remittance", *LISTS)
        for short in ("", "_short")
    ),
    *(f"{kind}_one_{state}" for kind in ("agency", "payee") for state in STATES),
    "direct_whole",
    "direct_stripped",
    "direct_near",
    "direct_other",
    "direct_cut",
    "direct_payer_only",
    "direct_foreign_payer",
    "line_number",
    "line_name",
    "line_foreign_name",
    "line_eft",
    "line_returned",
    "payout_id",
    "payout_sum",
    "deposit_1",
    "deposit_2_4",
    "deposit_5_8",
    "deposit_9_30",
    "deposit_huge",
)
MEMOS = {"room": "Room and board", "care": "Care hours", "extra": "Incidentals"}

Row = dict[str, str]


def person(chance: random.Random, last: str = "") -> Person:
    """Somebody, of that surname if one is given."""
    if not last:
        if chance.random() < 0.4:
            near_the_start = min(chance.random(), chance.random() + 0.3)
            last = LAST[int(near_the_start * len(LAST)) % len(LAST)]
        else:
            last = chance.choice(STEMS) + chance.choice(ENDINGS)
    middle = chance.choice("ABCDEFGHJLMRSTW") if chance.random() < 0.3 else ""
    return Person(first=chance.choice(FIRST), middle=middle, last=last)


def new_entity(name: str, is_largest: bool, world: World) -> Entity:
    chance = world.chance
    scheme = "A" if is_largest else chance.choices("ABCD", (42, 22, 26, 10))[0]
    starts = (12_000, 30_000) if is_largest else (1_001, 2_400, 4_200, 10_001, 20_500)
    start = chance.choice(starts)
    return Entity(
        name=name,
        is_largest=is_largest,
        scheme=scheme,
        prefix="".join(word[0] for word in name.split()[:2]).upper(),
        before_first=10_001 if scheme == "D" else start,
        bank=chance.randrange(BANKS),
        longest=chance.choice((0, 0, 0, 70, 55)),
        has_counterparty=chance.random() < 0.5,
        gateway=chance.choice(("STRIPE", "SQUARE", "INTUIT")),
        check=world.habits.check * (1 if is_largest else chance.choice((0.4, 0.8, 1.0, 1.4, 1.9))),
        account=f"Operating {chance.randint(1_000, 9_999)}",
    )


class House:
    """One entity: who lives there, what is billed to them and how it is paid."""

    def __init__(self, world: World, entity: Entity, wanted: int) -> None:
        self.world = world
        self.chance = world.chance
        self.habits = world.habits
        self.entity = entity
        self.bank = Bank(world, entity)
        chance = self.chance
        self.agencies = [self.organisation("agency", name) for name in chance.choice(AGENCIES)]
        payees = chance.sample(PAYEES, min(len(PAYEES), 1 + wanted // 1_200))
        self.payees = [self.organisation("payee", name) for name in payees]
        self.bill(wanted)
        self.pay()
        self.bank.pay_out_cards()
        self.bank.deposit_checks()
        self.bank.add_the_rest()

    # Who there is.

    def organisation(self, kind: str, name: str) -> Organisation:
        return Organisation(id=self.world.party_id(), name=name, payer=self.payer(name, kind))

    def payer(self, who: Who, kind: str) -> Payer:
        chance, habits = self.chance, self.habits
        name = name_at_the_bank(who, habits, chance)
        naming = chance.choices((0.985, 0.55, 0.06), habits.naming)[0]
        by_check = chance.random() >= 0.8
        channel = chance.choices(
            ("check", "card", "p2p", "ach", "wire"),
            (self.entity.check, habits.card, 0.20, 0.55, 0.01),
        )[0]
        if kind in ("payee", "agency"):
            channel = "check" if kind == "payee" and by_check else "eft"
            naming = 0.97
        has_two_names = chance.random() < 0.1
        payer = Payer(
            who=who,
            kind=kind,
            naming=naming,
            channel=channel,
            bank_names=(name, name_at_the_bank(who, habits, chance) if has_two_names else name),
            lag=chance.gammavariate(2.0, 3.2),
            check=chance.randint(101, 9_000),
        )
        if payer.always_names:
            payer.together = chance.choices((0.02, 0.6, 0.9), (82, 9, 9))[0]
        else:
            # Steady: everything singly or everything together.
            payer.together = float(chance.random() < 0.14)
        if kind != "self":
            payer.keyed = chance.choices(KEYED, (*habits.keyed, 1 - sum(habits.keyed)))[0]
        return payer

    def resident(self, who: Person) -> Resident:
        """A new resident, and who pays."""
        chance, habits = self.chance, self.habits
        party_id = self.world.party_id()
        payee = None
        draw = chance.random()
        if draw < habits.paid_by_payee:
            payee = chance.choice(self.payees)
            payer = payee.payer
        elif draw < habits.paid_by_payee + habits.paid_by_relative:
            has_other_name = chance.random() < habits.relative_of_other_name
            relative = person(chance, "" if has_other_name else who.last)
            payer = self.payer(relative, "relative")
        else:
            payer = self.payer(who, "self")
        return Resident(id=party_id, name=who.full, payer=payer, payee=payee)

    # What is billed.

    def bill(self, wanted: int) -> None:
        """Residents until there are enough invoices, which are then numbered as they are issued."""
        invoices: list[Invoice] = []
        while len(invoices) < wanted:
            invoices += self.bills_of_a_resident()
        invoices = sorted(invoices[:wanted], key=lambda invoice: invoice.issue)
        sequence = self.entity.before_first
        for place, invoice in enumerate(invoices):
            sequence += 1 if self.chance.random() > 0.02 else 2
            invoice.place, invoice.sequence = place, sequence
        self.entity.invoices = invoices
        self.world.invoices += invoices

    def bills_of_a_resident(self) -> list[Invoice]:
        """All that is billed to a new resident in the months of the stay."""
        chance = self.chance
        who = person(chance)
        start = 0 if chance.random() < 0.6 else chance.randrange(MONTHS)
        stop = min(MONTHS, start + 1 + int(chance.expovariate(1 / 14)))
        resident = self.resident(who)
        if chance.random() < 0.85:
            rate = chance.choices(self.world.rates, (45, 25, 18, 12))[0]
        else:
            rate = chance.randrange(90_000, 420_000, 500)
        has_care = chance.random() < 0.62
        hourly = chance.choice((2_450, 2_825, 3_110, 3_375, 3_660))
        usual_hours = chance.uniform(12, 110)
        if has_care and chance.random() < 0.22:
            resident.agency = chance.choice(self.agencies)

        invoices: list[Invoice] = []

        def bill(kind: str, month: int, issue: int, cents: int) -> None:
            invoices.append(
                Invoice(
                    entity=self.entity,
                    resident=resident,
                    agency=resident.agency if kind == "care" else None,
                    kind=kind,
                    month=month,
                    issue=issue,
                    cents=cents,
                )
            )

        for month in range(start, stop):
            first = MONTH_STARTS[month]
            # Some bill on the second.
            bill("room", month, first + (self.entity.bank > 2), rate)
            if has_care:
                hours = max(1.0, round(usual_hours * chance.lognormvariate(0, 0.18) * 4) / 4)
                issue = MONTH_STARTS[month + 1] - chance.choice((0, 0, 1))
                bill("care", month, issue, int(hours * hourly))
            if chance.random() < 0.05:
                issue = first + chance.randrange(2, 26)
                bill("extra", month, issue, chance.randint(900, 24_000))
        return invoices

    # Who pays what.

    def pay(self) -> None:
        by_agency: defaultdict[tuple[str, int], list[Invoice]] = defaultdict(list)
        by_payee: defaultdict[tuple[str, int], list[Invoice]] = defaultdict(list)
        by_resident: defaultdict[str, list[Invoice]] = defaultdict(list)
        for invoice in self.entity.invoices:
            if invoice.agency:
                by_agency[invoice.agency.id, invoice.month].append(invoice)
            elif invoice.resident.payee:
                by_payee[invoice.resident.payee.id, invoice.issue // 30].append(invoice)
            else:
                by_resident[invoice.resident.id].append(invoice)
        for agency in self.agencies:
            for month in range(MONTHS):
                self.pay_as_organisation(agency, by_agency[agency.id, month])
        for payee in self.payees:
            for thirty_days in range(-1, MONTHS + 2):
                self.pay_as_organisation(payee, by_payee[payee.id, thirty_days])
        for invoices in by_resident.values():
            self.pay_as_person(invoices)

    def pay_as_organisation(self, organisation: Organisation, invoices: Sequence[Invoice]) -> None:
        """Nearly all of a month's invoices, several at once."""
        chance = self.chance
        is_agency = organisation.payer.kind == "agency"
        invoices = [invoice for invoice in invoices if chance.random() > 0.02]
        at = 0
        while at < len(invoices):
            if is_agency:
                size = chance.randint(4, 36)
            else:
                size = chance.choice((1, 1, 2, 3, 4, 5, 6, 8, 10, 12))
            self.transfer(organisation, invoices[at : at + size])
            at += size

    def transfer(self, organisation: Organisation, group: Sequence[Invoice]) -> None:
        """One payment of an organisation, with its remittance if it sends one."""
        chance, habits, payer = self.chance, self.habits, organisation.payer
        is_agency = payer.kind == "agency"
        day = max(invoice.issue for invoice in group) + chance.randint(3, 24)
        amounts = self.reduced(group, 0.12 if is_agency else 0.03)
        is_short = amounts != [invoice.cents for invoice in group]
        is_listed = chance.random() < (habits.agency_lists if is_agency else habits.payee_lists)
        is_remitted = is_listed and (
            len(group) > 7 or chance.random() < (0.75 if is_agency else 0.4)
        )
        words, how = "", "bare"
        if is_remitted:
            how = "remittance"
        elif is_listed and len(group) == 1:
            words, state = words_for_one(group[0], 1.0, habits, chance)
            how = f"one_{state}"
        elif is_listed:
            words, how = words_for_several(group, habits, chance)
        case = f"{payer.kind}_{how}{'_short' if is_short else ''}"
        has_id = is_agency or chance.random() < 0.6
        party = (organisation.id if has_id else "", organisation.name)
        if not is_agency and len(group) == 1 and chance.random() < 0.9:
            billed = group[0].party
            party = (billed.id, billed.name if chance.random() < 0.6 else organisation.name)
        shares = [
            Share(invoice=invoice, cents=cents, case=case)
            for invoice, cents in zip(group, amounts, strict=True)
        ]
        payment = self.bank.record(payer, group[0], day, sum(amounts), words, shares, party=party)
        if is_remitted and payment:
            self.advise(payment, shares)

    def reduced(self, group: Sequence[Invoice], share: float) -> list[int]:
        """What is paid of each: of some in a `share` of the groups less, but not by much in all."""
        chance = self.chance
        whole = [invoice.cents for invoice in group]
        if len(group) < 2 or chance.random() >= share:
            return whole
        amounts = list(whole)
        for at in chance.sample(range(len(group)), max(1, len(group) // 6)):
            if chance.random() < self.habits.denied and len(group) > 5:
                amounts[at] = 0
            else:
                amounts[at] = int(amounts[at] * chance.uniform(0.5, 0.95))
        return whole if sum(amounts) < 0.76 * sum(whole) else amounts

    def advise(self, payment: Payment, shares: Sequence[Share]) -> None:
        for share in shares:
            draw = self.chance.random()
            if draw < 0.93:
                reference = share.invoice.number
            elif draw < 1 - self.habits.list_damaged / 8:
                reference = stripped(share.invoice, self.chance)
            else:
                reference = mistyped(share.invoice, True, self.chance)
            advice = Advice(payment=payment, reference=reference, cents=share.cents)
            self.world.advice.append(advice)

    def pay_as_person(self, invoices: Sequence[Invoice]) -> None:
        """One resident's invoices in order, but a few that are never paid.

        Who does not always name the number stops for good instead, and leaves no gap.
        """
        chance = self.chance
        payer = invoices[0].resident.payer
        names = payer.always_names
        at = 0
        while at < len(invoices):
            lead = invoices[at]
            size = chance.choice((2, 2, 2, 3, 4)) if chance.random() < payer.together else 1
            # Mostly what was issued within about a month.
            group = [
                invoice for invoice in invoices[at : at + size] if invoice.issue - lead.issue <= 45
            ]
            at += len(group)
            unpaid = 0.013 * names if lead.month < MONTHS - 2 else 0.05 + 0.12 * names
            if chance.random() < unpaid / len(group):
                if not names:
                    return
            elif len(group) > 1:
                self.pay_together(payer, group)
            else:
                self.pay_alone(payer, lead)

    def days_to_pay(self, payer: Payer) -> int:
        return max(0, int(payer.lag * self.chance.uniform(0.75, 1.25)))

    def pay_together(self, payer: Payer, group: Sequence[Invoice]) -> None:
        chance = self.chance
        day = max(invoice.issue for invoice in group) + self.days_to_pay(payer)
        amounts = [invoice.cents for invoice in group]
        if chance.random() < payer.naming:
            words, case = words_for_several(group, self.habits, chance)
            if chance.random() < 0.03:
                amounts[-1] = int(amounts[-1] * chance.uniform(0.6, 0.95))
                case += "_short"
        else:
            words, case = words_without_number(group[0], chance), "set_no_number"
            if payer.kind == "relative" and payer.keyed == "name_alone":
                case = "set_no_number_foreign"
        shares = [
            Share(invoice=invoice, cents=cents, case=case)
            for invoice, cents in zip(group, amounts, strict=True)
        ]
        self.bank.record(payer, group[0], day, sum(amounts), words, shares)

    def pay_alone(self, payer: Payer, invoice: Invoice) -> None:
        """Whole and once, or in one of the ways that a few go."""
        chance, total = self.chance, invoice.cents
        day = invoice.issue + self.days_to_pay(payer)
        # It would shift all later months by one of those who do not always name the number.
        is_direct = chance.random() < self.habits.direct * payer.always_names
        if is_direct and payer.channel in ("ach", "p2p", "wire"):
            self.pay_directly(payer, invoice, day)
            return
        draw = chance.random()
        if draw < 0.042:
            self.pay_in_instalments(payer, invoice, day)
        elif draw < 0.047:
            part = int(total * chance.uniform(0.4, 0.97))
            self.pay_by_number(payer, invoice, day, part, part, "short")
        elif draw < 0.051:
            over = total + chance.choice((500, 1_000, 2_000, chance.randint(100, 9_000)))
            self.pay_by_number(payer, invoice, day, over, total, "overpaid")
        elif draw < 0.053:
            early = invoice.issue - chance.randint(2, 9)
            words = words_without_number(invoice, chance)
            shares = [Share(invoice=invoice, cents=total, case="prepaid")]
            self.bank.record(payer, invoice, early, total, words, shares)
        elif draw < 0.0655 and payer.channel in ("ach", "p2p"):
            self.pay_after_a_return(payer, invoice, day)
        else:
            self.pay_whole(payer, invoice, day, may_repeat=draw > 0.992)

    def pay_directly(self, payer: Payer, invoice: Invoice, day: int) -> None:
        """To the bank, and nobody records it."""
        words, state = words_for_one(invoice, 0.66, self.habits, self.chance)
        if state == "none":
            case = "direct_foreign_payer" if payer.kind == "relative" else "direct_payer_only"
        else:
            case = "direct_near" if state in ("swapped", "typo") else f"direct_{state}"
        self.bank.receive_unrecorded(payer, invoice, day, words, case)

    def pay_by_number(
        self, payer: Payer, invoice: Invoice, day: int, paid: int, settled: int, case: str
    ) -> None:
        """With the whole number; `settled` of what is paid is meant for the invoice."""
        words = words_around(invoice.number, invoice, self.chance)
        shares = [Share(invoice=invoice, cents=settled, case=case)]
        self.bank.record(payer, invoice, day, paid, words, shares)

    def pay_in_instalments(self, payer: Payer, invoice: Invoice, day: int) -> None:
        """Two or three, the last of which may stay out."""
        chance, total = self.chance, invoice.cents
        count = chance.choice((2, 2, 3))
        least, most = (0.25, 0.75) if count == 2 else (0.15, 0.85)
        cuts = sorted(chance.uniform(least, most) for _ in range(count - 1))
        if chance.random() < 0.4:
            cuts = [place / count for place in range(1, count)]
        marks = [0, *(int(total * cut) // 100 * 100 for cut in cuts), total]
        for place in range(count):
            part = marks[place + 1] - marks[place]
            is_last = place == count - 1
            if part <= 0 or (is_last and chance.random() < 0.15):
                continue
            whole = chance.random() < 0.88
            number = invoice.number if whole else stripped(invoice, chance)
            later = day + place * chance.randint(7, 13)
            words = words_around(number, invoice, chance)
            shares = [Share(invoice=invoice, cents=part, case="instalment")]
            self.bank.record(payer, invoice, later, part, words, shares)

    def pay_after_a_return(self, payer: Payer, invoice: Invoice, day: int) -> None:
        """The bank sends the payment back, and mostly it is made again."""
        chance, habits, total = self.chance, self.habits, invoice.cents
        words, _ = words_for_one(invoice, payer.naming, habits, chance)
        self.bank.record(payer, invoice, day, total, words, is_returned=True)
        if chance.random() < (0.65 if payer.always_names else 0.93):
            again = day + chance.randint(9, 20)
            words, state = words_for_one(invoice, max(0.6, payer.naming), habits, chance)
            shares = [Share(invoice=invoice, cents=total, case=f"after_return_{state}")]
            self.bank.record(payer, invoice, again, total, words, shares)

    def pay_whole(self, payer: Payer, invoice: Invoice, day: int, may_repeat: bool) -> None:
        """Once, or twice if it may and the number is right."""
        chance, total = self.chance, invoice.cents
        words, state = words_for_one(invoice, payer.naming, self.habits, chance)
        if state == "none":
            is_foreign = payer.keyed == "name_alone"
            case = "no_number_foreign_name" if is_foreign else "no_number_same_party"
        else:
            case = f"one_{state}"
        is_repeated = may_repeat and state in ("whole", "stripped")
        shares = [Share(invoice=invoice, cents=total, case=case)]
        self.bank.record(payer, invoice, day, total, words, shares, keeps_words=is_repeated)
        if is_repeated:
            again = day + chance.randint(1, 25)
            words = words_around(invoice.number, invoice, chance)
            self.bank.record(payer, invoice, again, total, words, keeps_words=True)


def build(seed: int, invoices: int, harder: bool = False) -> World:
    """About `invoices` documents of five entities or more, a third of them in the first."""
    chance = random.Random(f"plain {seed} {invoices} {harder}")
    rates = [chance.randrange(68_000, 130_000, 25) for _ in range(3)]
    rates.append(rates[0] + chance.choice((-5_000, 7_500, 12_050)))
    world = World(chance=chance, habits=HARDER if harder else ORDINARY, rates=rates)
    count = max(5, round(invoices / 1_100))
    weights = [chance.lognormvariate(0, 0.7) for _ in range(count)]
    others = sum(weights[1:])
    names: set[str] = set()
    for place, weight in enumerate(weights):
        share = 2 / 3 * weight / others if place else 1 / 3
        name = ""
        while not name or name in names:
            parts = (
                chance.choice(HOUSES),
                chance.choice(HOUSE_KINDS),
                chance.choice(("LLC", "Inc", "")),
            )
            name = " ".join(parts).strip()
            if count > 60:
                name += f" {place}"
        names.add(name)
        House(world, new_entity(name, place == 0, world), int(invoices * share))
    shuffle(world)
    check(world)
    return world


def shuffle(world: World) -> None:
    """Ids, and an order, that do not tell when something was made."""
    chance = world.chance
    items: dict[str, Sequence[Invoice | Payment | Line]] = {
        "I": world.invoices,
        "P": world.payments,
        "B": world.lines,
    }
    for letter, records in items.items():
        order = list(range(len(records)))
        chance.shuffle(order)
        for record, place in zip(records, order, strict=True):
            record.id = f"{letter}{place + 100_000:07d}"
    for table in (world.invoices, world.payments, world.lines, world.advice, world.truth):
        chance.shuffle(table)


def check(world: World) -> None:
    """See that the truth could be true.

    Raises:
        ValueError: a pair crosses entities, is of nothing or stands twice, an item is used beyond
            its amount, or a line is not used whole.
    """
    used: Counter[tuple[str, Invoice | Payment | Line]] = Counter()
    seen: set[tuple[Invoice | Payment, Payment | Line]] = set()
    for pair in world.truth:
        left, right = pair.left, pair.right
        if left.entity is not right.entity:
            raise ValueError(f"{told(pair)} is of two entities, {left.entity.name} and another")
        if pair.cents <= 0:
            raise ValueError(f"{told(pair)} is of {money(pair.cents)}, which is nothing")
        if (left, right) in seen:
            raise ValueError(f"{told(pair)} stands twice in the truth")
        seen.add((left, right))
        used["left", left] += pair.cents
        used["right", right] += pair.cents
    for (side, item), cents in used.items():
        name = f"{item.item_type} {item.id} of {money(item.cents)}"
        if cents > item.cents:
            raise ValueError(f"{name} is the {side} of pairs of {money(cents)}, which is more")
        if isinstance(item, Line) and cents != item.cents:
            raise ValueError(f"{name} is the {side} of pairs of {money(cents)}, which is less")


def told(pair: Pair) -> str:
    left, right = pair.left, pair.right
    return f"the pair {pair.case} of {left.item_type} {left.id} and {right.item_type} {right.id}"


def day_text(day: int) -> str:
    return (FIRST_DAY + timedelta(days=day)).isoformat()


def invoice_row(invoice: Invoice) -> Row:
    return {
        "invoice_id": invoice.id,
        "entity": invoice.entity.name,
        "direction": "receivable",
        "number": invoice.number,
        "party_id": invoice.party.id,
        "party_name": invoice.party.name,
        "issue_date": day_text(invoice.issue),
        "due_date": day_text(invoice.due),
        "currency": "USD",
        "total": money(invoice.cents),
        "status": "open",
        "reference": "",
        "memo": f"{MEMOS[invoice.kind]} {MONTH_NAMES[invoice.month]}",
        "resident_id": invoice.resident.id,
        "resident_name": invoice.resident.name,
    }


def payment_row(payment: Payment) -> Row:
    return {
        "payment_id": payment.id,
        "entity": payment.entity.name,
        "direction": "in",
        "party_id": payment.party_id,
        "party_name": payment.party_name,
        "date": day_text(payment.day),
        "currency": "USD",
        "amount": money(payment.cents),
        "method": payment.method,
        "reference": payment.reference,
        "memo": payment.memo,
        "fee": money(payment.fee) if payment.fee else "",
        "payout_id": payment.payout,
        "account": payment.entity.account,
    }


def line_row(line: Line) -> Row:
    return {
        "line_id": line.id,
        "entity": line.entity.name,
        "account": line.entity.account,
        "date": day_text(line.day),
        "currency": "USD",
        "amount": money(line.cents),
        "description": line.description,
        "counterparty": line.counterparty,
        "reference": "",
        "type": line.type,
    }


def advice_row(advice: Advice) -> Row:
    return {
        "payment_id": advice.payment.id,
        "invoice_reference": advice.reference,
        "amount": money(advice.cents),
        "memo": "" if advice.cents else "DENIED",
    }


def truth_row(pair: Pair) -> Row:
    return {
        "left_type": pair.left.item_type,
        "left_id": pair.left.id,
        "right_type": pair.right.item_type,
        "right_id": pair.right.id,
        "amount": money(pair.cents),
        "case": pair.case,
    }


def rows(world: World) -> dict[str, list[Row]]:
    """The rows of each file, in the order in which they are written."""
    return {
        "invoices": [invoice_row(invoice) for invoice in world.invoices],
        "payments": [payment_row(payment) for payment in world.payments],
        "bank_lines": [line_row(line) for line in world.lines],
        "remittance_lines": [advice_row(advice) for advice in world.advice],
        "truth": [truth_row(pair) for pair in world.truth],
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
