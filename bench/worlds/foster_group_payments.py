"""Who sends money when in a foster group, for which invoices, and what goes wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bench.worlds.foster_group_bills import DIRECT
from bench.worlds.foster_group_records import (
    END,
    Entity,
    Invoice,
    Movement,
    Party,
    Payer,
    Share,
)
from bench.worlds.foster_group_words import day_text

# What comes of an invoice that is paid alone.
FATES = {
    "whole": 92.2,
    "unpaid": 2.0,
    "instalments": 2.3,
    "short": 1.1,
    "over": 1.2,
    "second": 1.2,
}
# How many invoices an agency means to pay at once.
AGENCY_SIZES = {1: 76, 2: 10, 3: 6, 4: 3, 6: 3, 9: 2}
MOST_TOGETHER = 4
USUAL_METHOD = 0.95
USUAL_PAYER = 0.9

# Shares of the payments, the parties and the invoices that go another way than most.
LATE = 0.015
DIRECT_BY_HABIT = 0.97
DIRECT_BY_CHANCE = 0.008
RETURNED = 0.02
OLD_STUB = 0.004
ON_ACCOUNT = 0.03
ELSEWHERE = 0.006
CASH_KEPT = 0.12
# Odd payments that name the number at any rate.
SURE = 0.88


def whole(invoices: Sequence[Invoice]) -> list[Share]:
    """All that they ask for."""
    return [Share(invoice=invoice, cents=invoice.owed) for invoice in invoices]


def total(shares: Sequence[Share]) -> int:
    return sum(share.cents for share in shares)


class Plan:
    """All money that moves for the parties of one entity."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.chance = entity.chance
        self.movements: list[Movement] = []

    def make(self) -> list[Movement]:
        """The movements in the order of their days."""
        chance = self.chance
        for party, invoices in self.by_party().items():
            if party.kind == "agency":
                self.pay_as_agency(party, invoices)
            elif party.kind == "vendor":
                self.pay_vendor(party, invoices)
            else:
                self.pay_privately(party, invoices)
        self.join_organisations()
        for movement in self.movements:
            self.complete(movement)
        chance.shuffle(self.movements)
        within = [movement for movement in self.movements if movement.day <= END]
        return sorted(within, key=lambda movement: movement.day)

    def by_party(self) -> dict[Party, list[Invoice]]:
        """What each owes or is owed, in the order in which the parties first occur."""
        owed: dict[Party, list[Invoice]] = {}
        for invoice in self.entity.invoices:
            invoices = owed.setdefault(invoice.party, [])
            if invoice.status == "open" and invoice.cents > 0:
                invoices.append(invoice)
        return {party: invoices for party, invoices in owed.items() if invoices}

    def complete(self, movement: Movement) -> None:
        """The method and the cheque's number, and whether it is on this feed."""
        payer = movement.payer
        movement.method = movement.method or payer.method
        if movement.method == "check" and not movement.check:
            is_out = movement.direction == "out"
            movement.check = self.entity.next_check() if is_out else payer.next_check()
        # Some never reach it: another account, or cash kept in the home.
        if movement.is_recorded and movement.method != "card" and not movement.is_returned:
            kept = CASH_KEPT if movement.method == "cash" else ELSEWHERE
            movement.reaches_bank = self.chance.random() > kept

    def day(self, payer: Payer, issue: int) -> int:
        """When the payer sends the money; some forget for a month or two."""
        chance = self.chance
        fewest, more = payer.delay
        late = chance.randrange(20, 60) if chance.random() < LATE else 0
        return issue + fewest + chance.randrange(more + 1) + late

    # Private parties.

    def pay_privately(self, party: Party, invoices: Sequence[Invoice]) -> None:
        """Mostly one by one, and now and then several at once or something on account."""
        chance = self.chance
        before: Invoice | None = None
        for group in self.groups(invoices):
            payer = party.payers[0 if chance.random() < USUAL_PAYER else -1]
            if len(group) > 1:
                self.pay_several(party, payer, group)
                continue
            invoice, first = group[0], len(self.movements)
            self.pay_one(invoice, payer)
            if before and before.cents == invoice.cents and chance.random() < OLD_STUB:
                # The stub of the month before goes into the envelope.
                for movement in self.movements[first:]:
                    if movement.case == "whole" and not party.is_unrecorded:
                        movement.quoted = [before]
            before = invoice
        if chance.random() < ON_ACCOUNT:
            self.movements.append(
                Movement(
                    day=chance.choice(invoices).issue + chance.randrange(30),
                    payer=party.payers[0],
                    party=party,
                    cents=chance.randrange(20, 400) * 500,
                    case="on_account",
                    note=chance.choice(("on account", "deposit", "advance")),
                )
            )

    def groups(self, invoices: Sequence[Invoice]) -> list[list[Invoice]]:
        """The invoices as they are paid together."""
        found: list[list[Invoice]] = []
        group: list[Invoice] = []
        for place, invoice in enumerate(invoices, 1):
            group.append(invoice)
            gap = invoices[place].issue - invoice.issue if place < len(invoices) else 99
            joins = 0.1 if gap < 14 else 0.015 if gap < 40 else 0.0
            if len(group) >= MOST_TOGETHER or self.chance.random() >= joins:
                found.append(group)
                group = []
        return found

    def pay_several(self, party: Party, payer: Payer, invoices: Sequence[Invoice]) -> None:
        chance = self.chance
        movement = Movement(
            day=self.day(payer, invoices[-1].issue),
            payer=payer,
            party=party,
            cents=0,
            shares=whole(invoices),
            quoted=invoices,
            case="several",
            is_sure=chance.random() < 0.45,
            has_advice=chance.random() < 0.06,
        )
        movement.cents = total(movement.shares)
        if chance.random() < 0.05:
            *others, last = movement.shares
            less = round(min(last.cents * 0.9, movement.cents * 0.2) * chance.random())
            movement.shares = [*others, Share(invoice=last.invoice, cents=last.cents - less)]
            movement.cents -= less
            movement.is_sure, movement.case = True, "several_short"
        self.movements.append(movement)
        self.send(movement)

    def pay_one(self, invoice: Invoice, payer: Payer) -> None:
        """An invoice that is paid by itself, in instalments, short, too much, twice or never."""
        chance, owed = self.chance, invoice.owed
        fate = chance.choices(tuple(FATES), tuple(FATES.values()))[0]
        if fate == "unpaid":
            return
        day = self.day(payer, invoice.issue)
        if invoice.credit:
            day = max(day, invoice.credit.issue)
        if fate == "instalments" and owed > 30_000:
            self.pay_in_instalments(invoice, payer, day)
            return
        movement = Movement(
            day=day,
            payer=payer,
            party=invoice.party,
            cents=owed,
            shares=whole([invoice]),
            quoted=[invoice],
            case="credited" if invoice.credit else "whole",
            is_sure=invoice.credit is not None and chance.random() < 0.85,
        )
        if fate == "short" and owed > 5_000:
            less = (500, 1_000, 2_000, owed // 10, owed // 5, chance.randrange(100, 4_000))
            movement.cents -= chance.choice(less)
            movement.shares = [Share(invoice=invoice, cents=movement.cents)]
            movement.case, movement.is_sure = "short", chance.random() < SURE
        elif fate == "over":
            more = (10_000 - owed % 10_000, 1_000 - owed % 1_000, chance.randrange(100, 9_000))
            movement.cents += chance.choice(more)
            movement.case, movement.is_sure = "over", chance.random() < SURE
        self.movements.append(movement)
        self.send(movement)
        if movement.case == "over" and chance.random() < 0.3:
            self.refund(movement, movement.cents - owed)
        if fate == "second" and not movement.is_returned and movement.is_recorded:
            self.pay_again(movement)

    def pay_in_instalments(self, invoice: Invoice, payer: Payer, day: int) -> None:
        """Equal ones, of which the last may not come."""
        chance, left = self.chance, invoice.owed
        rate = -(-left // chance.choice((2, 2, 3)))
        if chance.random() < 0.4:
            rate = -(-rate // 5_000) * 5_000
        while left > 0:
            cents = min(rate, left)
            self.movements.append(
                Movement(
                    day=day,
                    payer=payer,
                    party=invoice.party,
                    cents=cents,
                    shares=[Share(invoice=invoice, cents=cents)],
                    quoted=[invoice],
                    case="instalment",
                    is_sure=chance.random() < SURE or invoice.party.is_unrecorded,
                )
            )
            left -= cents
            day += chance.randrange(6, 32)
            if chance.random() < 0.05:
                break

    def send(self, movement: Movement) -> None:
        """The method, whether anyone records it, and whether it comes back."""
        chance, payer = self.chance, movement.payer
        is_direct_party = movement.party.is_unrecorded
        movement.method = payer.method
        if chance.random() >= USUAL_METHOD:
            movement.method = chance.choice(("check", "ach"))
        if movement.method == "check":
            movement.check = payer.next_check(chance.choice((1, 1, 1, 2, 5)))
        if movement.method in DIRECT:
            direct = DIRECT_BY_HABIT if is_direct_party else DIRECT_BY_CHANCE
            if movement.case in ("whole", "several") and chance.random() < direct:
                movement.is_recorded = False
                movement.case = f"direct_{movement.case}"
                if not is_direct_party:
                    # Where most is recorded, only a number on the line shows a gap as one.
                    movement.is_sure = True
            elif (
                movement.case == "whole"
                and movement.method != "zelle"
                and chance.random() < RETURNED
            ):
                self.send_back(movement)
        if is_direct_party and movement.is_recorded:
            movement.is_sure = True

    def send_back(self, movement: Movement) -> None:
        """It comes back; perhaps it is put in again or the payer pays anew."""
        chance = self.chance
        if movement.day > END - 20:
            # It would come back after the feed's end, and nobody could know.
            return
        movement.is_returned, movement.case = True, "returned"
        draw = chance.random()
        later = chance.randrange(9, 22)
        if draw > 0.75:
            return
        anew = Movement(
            day=movement.day + later,
            payer=movement.payer,
            party=movement.party,
            cents=movement.cents,
            shares=movement.shares,
            method=movement.method,
            quoted=movement.quoted,
            case="paid_anew",
            is_sure=chance.random() < 0.8,
        )
        if movement.method == "check" and draw < 0.35:
            anew.check, anew.case, anew.note = movement.check, "redeposit", "redeposit"
            anew.is_recorded = draw > 0.1
        self.movements.append(anew)

    def pay_again(self, first: Movement) -> None:
        """The payer sends the same once more, and may get it back."""
        chance = self.chance
        again = Movement(
            day=first.day + chance.randrange(4, 21),
            payer=first.payer,
            party=first.party,
            cents=first.cents,
            method=first.method,
            quoted=first.quoted,
            case="second",
            # Without the number it would be as good as a payment of the next equal invoice.
            is_sure=True,
        )
        self.movements.append(again)
        if chance.random() < 0.4:
            self.refund(again, again.cents)

    def refund(self, movement: Movement, cents: int) -> None:
        """What was too much goes back."""
        chance = self.chance
        self.movements.append(
            Movement(
                day=movement.day + chance.randrange(8, 40),
                payer=movement.payer,
                party=movement.party,
                cents=cents,
                direction="out",
                method=chance.choice(("check", "check", "ach")),
                case="refund",
                note="refund",
                is_recorded=chance.random() < 0.85,
            )
        )

    # Organisations, agencies and vendors.

    def join_organisations(self) -> None:
        """What one organisation sends for several residents in a month, in part as one."""
        chance = self.chance
        kept: list[Movement] = []
        together: defaultdict[tuple[str, str], list[Movement]] = defaultdict(list)
        for movement in self.movements:
            payer = movement.payer
            if movement.case == "whole" and movement.is_recorded and payer.is_organisation:
                together[payer.name, day_text(movement.day, "%Y%m")].append(movement)
            else:
                kept.append(movement)
        for several in together.values():
            at = 0
            while at < len(several):
                group = several[at : at + chance.choice((1, 1, 3, 4, 6))]
                at += len(group)
                kept.extend(group if len(group) < 3 else [self.joined(group)])
        self.movements = kept

    def joined(self, movements: Sequence[Movement]) -> Movement:
        """One movement in their place."""
        chance, payer = self.chance, movements[0].payer
        shares = [share for movement in movements for share in movement.shares]
        return Movement(
            day=max(movement.day for movement in movements),
            payer=payer,
            party=Party(id=payer.id, name=payer.name, plain_name=payer.name, kind="organisation"),
            cents=sum(movement.cents for movement in movements),
            shares=shares,
            method="ach",
            quoted=[share.invoice for share in shares],
            case="organisation",
            is_sure=chance.random() < 0.5,
            has_advice=chance.random() < 0.85,
        )

    def pay_as_agency(self, party: Party, invoices: Sequence[Invoice]) -> None:
        """Some for one invoice, some for a whole batch; a few invoices are passed over."""
        chance, payer = self.chance, party.payers[0]
        at = 0
        while at < len(invoices):
            size = chance.choices(tuple(AGENCY_SIZES), tuple(AGENCY_SIZES.values()))[0]
            batch = [
                invoice
                for invoice in invoices[at : at + size]
                if invoice.issue <= invoices[at].issue + 12
            ]
            at += len(batch)
            paid = [invoice for invoice in batch if chance.random() > 0.025]
            if not paid:
                continue
            has_advice = chance.random() < (0.97 if len(paid) > 3 else 0.72)
            shares = whole(paid)
            if has_advice:
                shares = [
                    Share(invoice=share.invoice, cents=self.perhaps_short(share.cents))
                    for share in shares
                ]
            movement = Movement(
                day=self.day(payer, paid[-1].issue),
                payer=payer,
                party=party,
                cents=total(shares),
                shares=shares,
                method="eft",
                quoted=paid,
                case="agency",
                has_advice=has_advice,
            )
            if len(paid) == 1 and chance.random() < 0.05:
                movement.is_recorded, movement.is_sure = False, True
                movement.case = "direct_agency"
            self.movements.append(movement)

    def perhaps_short(self, cents: int) -> int:
        if self.chance.random() < 0.02:
            return round(cents * self.chance.uniform(0.5, 0.97))
        return cents

    def pay_vendor(self, party: Party, bills: Sequence[Invoice]) -> None:
        """Bills are mostly paid one by one, less the discount where it is early enough."""
        chance, payer = self.chance, party.payers[0]
        is_direct = payer.method == "ach" and chance.random() < 0.2
        held: list[Invoice] = []
        for bill in bills:
            held.append(bill)
            if len(held) < 3 and chance.random() < 0.09 and not is_direct:
                continue
            group, held = held, []
            if chance.random() < 0.03:
                continue
            self.pay_bills(party, payer, group, is_direct=is_direct)

    def pay_bills(
        self, party: Party, payer: Payer, bills: Sequence[Invoice], *, is_direct: bool
    ) -> None:
        chance, entity = self.chance, self.entity
        day = self.day(payer, bills[-1].issue)
        takes_discount = chance.random() < 0.8
        shares = []
        for bill in bills:
            is_early = takes_discount and day <= bill.issue + 10
            less = bill.discount if is_early else 0
            shares.append(Share(invoice=bill, cents=bill.cents - less))
        movement = Movement(
            day=day,
            payer=payer,
            party=party,
            cents=total(shares),
            shares=shares,
            direction="out",
            method=payer.method,
            quoted=bills,
            case="payable",
            is_sure=len(bills) > 1 and chance.random() < 0.7,
        )
        if is_direct and chance.random() < 0.8:
            movement.is_recorded, movement.case = False, "direct_payable"
        if movement.method == "check":
            movement.check = entity.next_check()
        self.movements.append(movement)
        if chance.random() < 0.005 and movement.is_recorded:
            self.movements.append(
                Movement(
                    day=day + chance.randrange(3, 20),
                    payer=payer,
                    party=party,
                    cents=movement.cents,
                    direction="out",
                    method="ach",
                    quoted=bills,
                    case="second",
                    is_sure=True,
                )
            )
