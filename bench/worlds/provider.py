"""A simulated provider of adult foster care, its money and its bank, as an exchange folder.

    python -m bench.worlds.provider --seed 1 --invoices 20000 --out DIR [--harder]
        [--entities N | --one-entity] [--allocations SHARE]

Residents live in homes, are billed every month and paid for by themselves, relatives, payee
organisations and agencies. What happened is drawn first, as money events that settle documents;
records, memos and bank lines are then written about it with the slips people and banks make. The
truth is what happened, never what the texts say. Rates are drawn anew for each seed.

Money is an integer count of cents, a day the number of days since 1970, both as int64 arrays,
until they are written. An event that nobody recorded has no payment: its documents stand against
the line.

In the truth a pair with a payment counts from the payment's side: a credit note that reduces what
is paid is negative. A pair with a bank line carries the line's sign: the pairs of a line sum to it.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.worlds import banking, people, wording
from bench.worlds.files import FILES, written
from bench.worlds.frames import (
    ACH,
    AGENCY,
    BILL,
    CARD,
    CARE,
    CASH,
    CHECK,
    CREDIT,
    EDGES,
    EFT,
    END,
    EXTRA,
    HOMES_PER_SITE,
    IN_MEMO,
    MONTHS,
    NO_LIST,
    P2P,
    PAYEE,
    RELATIVE,
    REMITTANCE,
    ROOM,
    SELF,
    STRANGER,
    SUPPLEMENT,
    VENDOR,
    WIRE,
    Column,
    Frame,
    Ledger,
    cents,
    spread,
    stacked,
    sums,
    taken,
    whole_dollars,
)

# Of the invoices a person pays one by one; the rest is paid whole, once.
SINGLE = {
    "instalment": 0.055,
    "partial": 0.02,
    "short": 0.015,
    "overpaid": 0.022,
    "paid_twice": 0.016,
    "discount_in_time": 0.012,
    "discount_late": 0.007,
    "prepaid": 0.03,
    "two_payers": 0.012,
    "returned": 0.022,
    "credit_netted": 0.02,
    "discharged": 0.014,
    "unpaid": 0.03,
}
# Of the groups a person pays in one go.
GROUP = {"several_short": 0.035, "several_with_credit": 0.035, "unpaid": 0.02}
STORIES = (
    "whole",
    "several",
    *SINGLE,
    *GROUP,
    "one_payer_two_residents",
    "redeposit",
    "refund",
    "credit_refunded",
    "agency_paid",
    "agency_short",
    "agency_without_remittance",
    "payee_with_remittance",
    "payee_with_list",
    "payee_bare",
    "vendor_bill",
    "vendor_bills_together",
)
STORY = {name: code for code, name in enumerate(STORIES)}
PLAIN = (STORY["whole"], STORY["several"])
WITHOUT_PAIR = ("returned", "unpaid", "whole", "several", "discharged", "refund")
SEVERAL = {
    "whole": "several_listed",
    "stripped": "several_short_list",
    "words": "several_words",
    "no_text": "several_no_text",
}
UNRECORDED = {
    "whole": "unrecorded_with_number",
    "stripped": "unrecorded_with_number",
    "words": "unrecorded_words",
    "no_text": "unrecorded_words",
}
SETTLEMENT_CASES = (
    *(f"one_{state}" for state in wording.STATES),
    *SEVERAL.values(),
    "several_damaged",
    "foreign_payer",
    *(name for name in STORIES if name not in WITHOUT_PAIR),
)
DIRECT_CASES = (
    "unrecorded_with_number",
    "unrecorded_damaged",
    "unrecorded_cut_off",
    "unrecorded_words",
    "unrecorded_several",
    "unrecorded_vendor",
)
CASES = (*SETTLEMENT_CASES, *DIRECT_CASES, *banking.CASES)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to simulate. `entities` of None draws as many as such providers have."""

    seed: int
    invoices: int
    entities: int | None = None
    harder: bool = False
    allocations: float = 0.0


@dataclass(kw_only=True)
class Parties:
    """Everybody who is billed, pays or is paid; residents first, in the order of their index."""

    entity: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    bank: list[tuple[str, str]] = field(default_factory=list)

    def add(
        self,
        entity: int,
        kind: int,
        who: people.Person | str,
        chance: random.Random,
        damaged: float,
    ) -> int:
        self.entity.append(entity)
        self.kind.append(kind)
        if isinstance(who, str):
            self.name.append(who)
            self.plain.append(who)
            strings = [people.organisation_at_the_bank(who, chance, damaged) for _ in range(2)]
        else:
            self.name.append(people.in_the_books(who, chance))
            self.plain.append(who.plain)
            strings = [people.at_the_bank(who, chance, damaged) for _ in range(2)]
        self.bank.append((strings[0], strings[1]))
        return len(self.entity) - 1


class Provider:
    """One world, drawn step by step in the order of the methods."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.redeposit = STORY["redeposit"]
        self.draw = np.random.default_rng(wanted.seed)
        self.chance = random.Random(f"provider {wanted.seed}")
        self.damaged = 0.16 if wanted.harder else 0.05
        self.ledger = Ledger()
        self.credits: list[Frame] = []

        self.draw_residents()
        self.draw_entities()
        self.draw_parties()
        self.draw_invoices()
        self.pay_as_people()
        self.pay_as_payers_of_many()
        self.gather_credits()
        self.pay_vendors()
        self.number_documents()
        self.close()

    def near(self, share: float) -> float:
        """A share near the given one."""
        return share * self.draw.uniform(0.75, 1.25)

    # Who there is.

    def draw_residents(self) -> None:
        """As many residents as the wanted invoices need; months of stay as a half-open range."""
        draw, wanted = self.draw, self.wanted
        size = wanted.invoices // 8 + 60
        start = np.where(draw.random(size) < 0.55, 0, draw.integers(0, MONTHS, size))
        stop = np.minimum(MONTHS, start + 1 + cents(draw.exponential(22, size)))
        # 2.1 is a little below what a month of one resident makes; the surplus is dropped.
        needed = np.searchsorted(np.cumsum(stop - start) * 2.1, wanted.invoices * 1.08)
        self.residents = min(int(needed) + 1, size)
        self.start, self.stop = start[: self.residents], stop[: self.residents]

    def draw_entities(self) -> None:
        draw, wanted, chance = self.draw, self.wanted, self.chance
        count = wanted.entities or max(2, round(self.residents / 60))
        count = min(count, max(1, self.residents // 4))
        self.entities = count
        weight = draw.lognormal(0, 0.8, count) if count > 1 else np.ones(1)
        owner = draw.choice(count, self.residents, p=weight / weight.sum())
        owner[: 3 * count] = np.tile(np.arange(count), 3)[: self.residents]
        self.owner = np.sort(owner)
        first = np.searchsorted(self.owner, np.arange(count))
        per_home = draw.integers(3, 7, count)
        self.home = (np.arange(self.residents) - first[self.owner]) // per_home[self.owner]
        self.state = draw.integers(0, len(people.AGENCIES), count)
        self.second_currency = draw.random(count) < 0.1
        self.second_currency[0] = True
        self.scheme = draw.permutation(count) % 5
        self.keeps_status = draw.random(count) < 0.3
        self.unrecorded_share = 0.05 + draw.beta(1.2, 18, count)
        self.prefix = [chance.choice(people.HOUSES)[:3].upper() for _ in range(count)]
        names: dict[str, None] = {}
        while len(names) < count:
            parts = (chance.choice(people.HOUSES), chance.choice(people.HOUSE_KINDS))
            name = " ".join((*parts, chance.choice(people.FORMS))).strip()
            names.setdefault(name if name not in names else f"{name} {len(names) + 1}")
        self.entity_name = list(names)

    def draw_parties(self) -> None:
        draw, chance, count = self.draw, self.chance, self.residents
        shared = 0.85 if self.wanted.harder else 0.6
        parties = Parties()
        near = draw.random(count)
        last = ""
        for resident, entity in enumerate(self.owner.tolist()):
            # Spouses and siblings in one home: they follow each other.
            kin = near[resident] < 0.07 and resident and self.owner[resident - 1] == entity
            who = people.person(chance, shared, last if kin else "")
            last = who.last
            parties.add(entity, SELF, who, chance, self.damaged)
        surnames = [name.split()[-1] for name in parties.plain]

        self.relative = np.arange(count)
        for resident, entity in enumerate(self.owner.tolist()):
            before = resident - 1
            same = resident > 0 and self.owner[before] == entity
            if chance.random() > 0.6:
                continue
            has_one = same and self.relative[before] != before
            family = same and surnames[before] == surnames[resident]
            if has_one and chance.random() < (0.85 if family else 0.1):
                self.relative[resident] = self.relative[before]
                continue
            own = surnames[resident] if chance.random() < 0.55 else ""
            who = people.person(chance, shared, own)
            self.relative[resident] = parties.add(entity, RELATIVE, who, chance, self.damaged)

        size = np.bincount(self.owner, minlength=self.entities)
        self.payees = self.pool(parties, PAYEE, 1 + size // 60, people.PAYEES)
        self.agencies = np.array(
            [
                [parties.add(e, AGENCY, name, chance, 0.0) for name in people.AGENCIES[state]]
                for e, state in enumerate(self.state.tolist())
            ]
        )
        self.vendors = self.pool(parties, VENDOR, np.full(self.entities, 7), people.VENDORS)
        crowd = 3 + size // 12
        self.strangers = (len(parties.entity) + np.cumsum(crowd) - crowd, crowd)
        for entity, number in enumerate(crowd.tolist()):
            for _ in range(number):
                who = people.person(chance, shared)
                parties.add(entity, STRANGER, who, chance, self.damaged)
        self.parties = parties
        self.draw_habits()

    def pool(
        self, parties: Parties, kind: int, count: Column, names: Sequence[str]
    ) -> tuple[Column, Column]:
        """Organisations of every entity, each name once in it: first index and count by entity."""
        count = np.minimum(count, len(names))
        first = len(parties.entity) + np.cumsum(count) - count
        for entity, number in enumerate(count.tolist()):
            for name in self.chance.sample(names, number):
                parties.add(entity, kind, name, self.chance, self.damaged / 3)
        return first, count

    def draw_habits(self) -> None:
        """How each party pays: channel, days to pay, whether it names numbers or pays in one go."""
        draw, harder = self.draw, self.wanted.harder
        kind = np.array(self.parties.kind)
        size = len(kind)
        self.kind = kind
        self.party_entity = np.array(self.parties.entity)
        self.channel = draw.choice(
            [CHECK, ACH, P2P, CARD, CASH, WIRE], size, p=[0.36, 0.26, 0.10, 0.18, 0.07, 0.03]
        )
        many = kind == PAYEE
        self.channel[many] = draw.choice([ACH, CHECK, WIRE], many.sum(), p=[0.6, 0.32, 0.08])
        self.channel[kind == AGENCY] = EFT
        self.channel[kind == VENDOR] = draw.choice([CHECK, ACH], (kind == VENDOR).sum())
        shares = [0.28, 0.34, 0.38] if harder else [0.52, 0.30, 0.18]
        self.naming = draw.choice([0.95, 0.5, 0.04], size, p=shares)
        self.together = draw.choice([0.03, 0.5, 0.95], size, p=[0.74, 0.14, 0.12])
        # Who pays for two mostly does so in one go.
        _, resident, times = np.unique(self.relative, return_index=True, return_counts=True)
        for_two = self.relative[resident[times > 1]]
        self.together[for_two] = np.maximum(self.together[for_two], 0.7)
        self.lag = draw.gamma(2.0, 5.0, size)
        self.check_start = draw.integers(101, 9500, size)

    # What is billed.

    def draw_invoices(self) -> None:
        draw, count = self.draw, self.residents
        stay = self.stop - self.start
        resident = np.repeat(np.arange(count), stay)
        month = np.arange(len(resident)) - np.repeat(np.cumsum(stay) - stay, stay)
        month += self.start[resident]
        weekly = (draw.random(count) < 0.05)[resident]
        state = self.state[self.owner]

        # Set by the state and the same for everybody in it; one raise in January.
        rooms = whole_dollars(draw.uniform(72_000, 128_000, (4, 3))) + draw.choice(
            [0, 0, 50], (4, 3)
        )
        levels = whole_dollars(draw.uniform(60_000, 420_000, (4, 6)))
        extras = whole_dollars(draw.uniform(4_000, 32_000, (4, 3)))
        room = rooms[state, draw.choice(3, count, p=[0.7, 0.2, 0.1])]
        care = levels[state, draw.integers(0, 6, count)]
        supplement = extras[state, draw.integers(0, 3, count)]
        raised = 1 + 0.03 * (month >= 12)

        first = month == self.start[resident]
        days = draw.integers(4, 31, len(resident))
        prorated = first & (self.start[resident] > 0)
        rent = whole_dollars(room[resident] * raised)
        rent = np.where(prorated, cents(rent * days / 30), rent)
        bill_day = draw.choice([-6, 0, 0, 2], self.entities)[self.owner][resident]
        issue = np.maximum(EDGES[month] + bill_day, EDGES[0])

        rows = []

        def bill(where: Column, kind: int, day: Column, total: Column) -> None:
            at = np.flatnonzero(where)
            rows.append(
                spread(
                    len(at),
                    {
                        "resident": resident[at],
                        "month": month[at],
                        "kind": kind,
                        "issue": day[at],
                        "total": total[at],
                    },
                )
            )

        bill(~weekly, ROOM, issue, rent)
        for week in range(4):
            bill(weekly, ROOM, EDGES[month] + 7 * week, cents(room[resident] / 4))
        has_care = (draw.random(count) < 0.66)[resident]
        after = EDGES[month + 1] - draw.integers(0, 2, self.entities)[self.owner][resident]
        bill(has_care, CARE, after, whole_dollars(care[resident] * raised))
        bill((draw.random(count) < 0.22)[resident], SUPPLEMENT, issue, supplement[resident])
        some_day = EDGES[month] + draw.integers(0, 28, len(month))
        odd = np.clip(cents(draw.lognormal(8.6, 0.9, len(month))), 800, 250_000)
        bill(draw.random(len(month)) < self.near(0.26), EXTRA, some_day, odd)

        invoices = stacked(rows)
        invoices = taken(invoices, np.flatnonzero(invoices["issue"] <= END))
        kept = draw.permutation(len(invoices["issue"]))[: round(self.wanted.invoices * 0.94)]
        invoices = taken(invoices, np.sort(kept))
        self.invoices = self.addressed(invoices)

    def addressed(self, invoices: Frame) -> Frame:
        """Who is billed and who pays: by resident and kind of charge, steady over the months."""
        draw, count = self.draw, self.residents
        resident, kind = invoices["resident"], invoices["kind"]
        first, pool = self.payees
        payee = first[self.owner] + draw.integers(0, 2**31, count) % pool[self.owner]
        person = np.where(draw.random(count) < 0.65, self.relative, np.arange(count))
        has_payee = draw.random(count) < 0.14
        room = np.where(has_payee, payee, person)
        agency = self.agencies[self.owner, (draw.random(count) < 0.2).astype(np.int64)]
        care = np.where(draw.random(count) < 0.38, agency, person)
        supplement = np.where(draw.random(count) < 0.35, agency, room)
        payer = np.stack([room, care, supplement, person])[kind, resident]

        own_name = draw.random((4, count))
        billed_share = np.array([0.0, 0.25, 0.15, 0.92])[np.minimum(self.kind[payer], 3)]
        billed = np.where(own_name[kind, resident] < billed_share, payer, resident)
        entity = self.owner[resident]
        foreign_money = self.second_currency[entity] & (draw.random(count) < 0.15)[resident]
        size = len(resident)
        fate = draw.random(size)
        return invoices | {
            "entity": entity,
            "home": self.home[resident],
            "payer": payer,
            "billed": billed,
            "currency": foreign_money.astype(np.int64),
            "due": invoices["issue"] + draw.choice([5, 10, 15, 30], self.entities)[entity],
            "discount": np.zeros(size, np.int64),
            "discount_day": np.zeros(size, np.int64),
            # 0 open, 1 draft, 2 void
            "status": (fate < 0.008).astype(np.int64) + 2 * ((fate >= 0.008) & (fate < 0.018)),
            "applies_to": np.full(size, -1),
        }

    # What is paid.

    def pay_as_people(self) -> None:
        invoices, draw = self.invoices, self.draw
        payer = invoices["payer"]
        mine = np.flatnonzero((invoices["status"] == 0) & (self.kind[payer] <= RELATIVE))
        key = (payer[mine] * MONTHS + invoices["month"][mine]) * 2 + invoices["currency"][mine]
        _, first, group, size = np.unique(
            key, return_index=True, return_inverse=True, return_counts=True
        )
        habit = self.together[payer[mine[first]]]
        in_one_go = (draw.random(len(first)) < habit) & (size > 1)
        self.pay_one_by_one(mine[~in_one_go[group]])
        several = np.flatnonzero(in_one_go[group])
        self.pay_in_one_go(mine[several], np.unique(group[several], return_inverse=True)[1])

    def payday(self, document: Column, payer: Column) -> Column:
        """The day in the payer's rhythm; a person at the end of the money waits longer."""
        slack = self.draw.exponential(9 if self.wanted.harder else 4, len(document))
        return self.invoices["issue"][document] + cents(self.lag[payer] + slack)

    def event(self, document: Column, day: Any, amount: Any, **more: Any) -> Column:
        """One money event for each document, by its payer unless said otherwise."""
        invoices = self.invoices
        payer = more.pop("payer", invoices["payer"][document])
        channel = self.channel[payer]
        changed = self.draw.random(len(document)) < 0.05
        channel = np.where(changed & (channel < CASH), self.draw.choice([ACH, CHECK]), channel)
        columns = {
            "entity": invoices["entity"][document],
            "currency": invoices["currency"][document],
            "home": invoices["home"][document],
            "day": day,
            "amount": amount,
            "channel": channel,
            "payer": payer,
            "billed": invoices["billed"][document],
        }
        return self.ledger.add(len(document), **(columns | more))

    def foreigner(self, document: Column) -> Column:
        """Somebody outside the books, of the document's entity."""
        first, crowd = self.strangers
        entity = self.invoices["entity"][document]
        return first[entity] + self.draw.integers(0, 2**31, len(document)) % crowd[entity]

    def sometimes_foreign(self, document: Column) -> Column:
        share = self.near(0.07 if self.wanted.harder else 0.022)
        foreign = self.draw.random(len(document)) < share
        return np.where(foreign, self.foreigner(document), self.invoices["payer"][document])

    def pay_one_by_one(self, single: Column) -> None:
        draw, invoices, ledger = self.draw, self.invoices, self.ledger
        shares = np.array([self.near(share) for share in SINGLE.values()])
        story = draw.choice(len(SINGLE) + 1, len(single), p=[*shares, 1 - shares.sum()])
        payer = invoices["payer"][single]
        day = self.payday(single, payer)
        total = invoices["total"][single]
        codes = {name: code for code, name in enumerate(SINGLE)}
        # What comes back must do so within the world.
        story[(story == codes["returned"]) & (day > END - 40)] = len(SINGLE)

        def these(name: str) -> tuple[Column, Column, Column]:
            rows = np.flatnonzero(story == codes.get(name, len(SINGLE)))
            return single[rows], day[rows], total[rows]

        def simply(name: str, document: Column, when: Column, amount: Column) -> Column:
            events = self.event(document, when, amount)
            ledger.mention(events, document, amount, STORY[name])
            return events

        document, when, amount = these("whole")
        events = self.event(document, when, amount, payer=self.sometimes_foreign(document))
        ledger.mention(events, document, amount, STORY["whole"])

        document, when, amount = these("prepaid")
        early = invoices["issue"][document] - draw.integers(2, 40, len(document))
        simply("prepaid", document, np.maximum(early, EDGES[0]), amount)

        document, when, amount = these("partial")
        share = whole_dollars(amount * draw.uniform(0.2, 0.9, len(document)))
        simply("partial", document, when, np.maximum(share, 100))

        document, when, amount = these("short")
        lacking = np.minimum(
            amount // 4, draw.choice([100, 500, 1000, 1250, 2500, 37], len(document))
        )
        simply("short", document, when, amount - lacking)

        self.pay_with_discount(*these("discount_in_time"), "discount_in_time")
        self.pay_with_discount(*these("discount_late"), "discount_late")
        self.pay_in_parts(*these("instalment"))

        document, when, amount = these("two_payers")
        part = whole_dollars(amount * draw.uniform(0.3, 0.7, len(document)))
        resident = invoices["resident"][document]
        own = invoices["payer"][document] == resident
        helper = np.where(own, self.foreigner(document), resident)
        for who, money in ((invoices["payer"][document], part), (helper, amount - part)):
            later = when + draw.integers(0, 6, len(document))
            events = self.event(document, later, money, payer=who)
            ledger.mention(events, document, money, STORY["two_payers"])

        document, when, amount = these("overpaid")
        rounded = -(-(amount + 1) // 5_000) * 5_000 - amount
        slip = draw.integers(1, 200, len(document)) * 100
        extra = np.where(draw.random(len(document)) < 0.5, rounded, slip)
        events = self.event(document, when, amount + extra)
        ledger.mention(events, document, amount, STORY["overpaid"])
        self.refund(events, document, when, extra)

        document, when, amount = these("paid_twice")
        simply("paid_twice", document, when, amount)
        again = when + draw.integers(1, 27, len(document))
        events = self.event(document, again, amount)
        ledger.mention(events, document, 0, STORY["paid_twice"], settled=0)
        self.refund(events, document, again, amount)

        document, when, amount = these("returned")
        bounces = np.where(self.channel[invoices["payer"][document]] == CHECK, CHECK, ACH)
        events = self.event(document, when, amount, channel=bounces, returned=1)
        ledger.mention(events, document, 0, STORY["returned"], settled=0)
        again = np.flatnonzero(draw.random(len(document)) < 0.65)
        later = when[again] + draw.integers(28, 39, len(again))
        retried = self.event(document[again], later, amount[again], of=events[again])
        ledger.mention(retried, document[again], amount[again], STORY["redeposit"])

        document, when, amount = these("credit_netted")
        credit = cents(amount * draw.uniform(0.04, 0.4, len(document)))
        events = self.event(document, when, amount - credit)
        ledger.mention(events, document, amount, STORY["credit_netted"])
        self.credit(document, credit, when, events, "credit_netted", -credit)

        document, when, amount = these("discharged")
        simply("whole", document, when, amount)
        credit = cents(amount * draw.uniform(0.2, 0.9, len(document)))
        back = when + draw.integers(10, 35, len(document))
        refunds = self.event(
            document, back, credit, out=1, channel=draw.choice([CHECK, ACH], len(document))
        )
        self.credit(document, credit, back, refunds, "credit_refunded", credit)

    def pay_with_discount(self, document: Column, when: Column, amount: Column, story: str) -> None:
        """Two or three per cent off until the tenth day; a late payer takes it all the same."""
        draw, invoices = self.draw, self.invoices
        off = cents(amount * draw.choice([0.01, 0.02, 0.03], len(document)))
        until = invoices["issue"][document] + 10
        invoices["discount"][document] = off
        invoices["discount_day"][document] = until
        if story == "discount_in_time":
            when = until - draw.integers(0, 9, len(document))
        else:
            when = until + draw.integers(2, 30, len(document))
        events = self.event(document, when, amount - off)
        self.ledger.mention(events, document, amount - off, STORY[story])

    def pay_in_parts(self, document: Column, when: Column, amount: Column) -> None:
        """Two to four parts, equal but for the cents of the last; one in six never finishes."""
        draw = self.draw
        parts = draw.integers(2, 5, len(document))
        row = np.repeat(np.arange(len(document)), parts)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
        each = amount[row] // parts[row]
        even = draw.random(len(document)) < 0.5
        each = np.where(even[row], each, np.maximum(each // 2_500 * 2_500, 100))
        last = nth == parts[row] - 1
        money = np.where(last, amount[row] - each * (parts[row] - 1), each)
        stops = draw.random(len(document)) < 0.16
        paid = (money > 0) & ~(last & stops[row])
        row, nth, money = row[paid], nth[paid], money[paid]
        gap = draw.integers(5, 24, len(document))
        events = self.event(document[row], when[row] + nth * gap[row], money)
        self.ledger.mention(events, document[row], money, STORY["instalment"])

    def refund(self, of: Column, document: Column, when: Column, amount: Column) -> None:
        """Half of what was too much goes back, by card where it came by card."""
        some = np.flatnonzero(self.draw.random(len(document)) < 0.5)
        channel = self.channel[self.invoices["payer"][document[some]]]
        channel = np.where(np.isin(channel, [CARD, CHECK]), channel, ACH)
        later = when[some] + self.draw.integers(6, 40, len(some))
        events = self.event(
            document[some], later, amount[some], out=1, channel=channel, of=of[some]
        )
        self.ledger.mention(events, document[some], 0, STORY["refund"], settled=0)

    def credit(
        self,
        document: Column,
        total: Column,
        when: Column,
        event: Column,
        story: str,
        money: Column,
    ) -> None:
        """A credit note for each document, issued before `when` and settled by `event`."""
        issue = np.clip(when - self.draw.integers(0, 9, len(document)), None, END)
        issue = np.maximum(issue, self.invoices["issue"][document])
        self.credits.append(
            spread(
                len(document),
                {
                    "applies_to": document,
                    "total": -total,
                    "issue": issue,
                    "event": event,
                    "story": STORY[story],
                    "amount": money,
                },
            )
        )

    def pay_in_one_go(self, document: Column, group: Column) -> None:
        """All that a payer owes in a month, as one payment. `group` numbers them from 0."""
        draw, invoices, ledger = self.draw, self.invoices, self.ledger
        if not len(document):
            return
        count = int(group.max()) + 1
        shares = np.array([self.near(share) for share in GROUP.values()])
        story = draw.choice(len(GROUP) + 1, count, p=[*shares, 1 - shares.sum()])
        short, credited, unpaid, plain = (story == code for code in range(len(GROUP) + 1))
        # The first document of each group stands for it.
        lead = document[np.unique(group, return_index=True)[1]]
        total = invoices["total"][document]
        lacking = np.where(short, np.maximum(invoices["total"][lead] // 10, 100), 0)
        credit = np.where(credited, invoices["total"][lead] // 8, 0)
        lowest = np.full(count, 2**40)
        highest = np.full(count, -1)
        np.minimum.at(lowest, group, invoices["resident"][document])
        np.maximum.at(highest, group, invoices["resident"][document])
        for_two = plain & (lowest != highest)
        last = np.zeros(count, np.int64)
        np.maximum.at(last, group, invoices["issue"][document])
        day = last + cents(self.lag[invoices["payer"][lead]] / 2 + draw.exponential(3, count))
        named = np.select(
            [short, credited, for_two],
            [
                STORY["several_short"],
                STORY["several_with_credit"],
                STORY["one_payer_two_residents"],
            ],
            STORY["several"],
        )
        paying = np.flatnonzero(~unpaid)
        events = np.full(count, -1)
        amount = sums(group, total, count) - lacking - credit
        events[paying] = self.event(
            lead[paying], day[paying], amount[paying], payer=self.sometimes_foreign(lead[paying])
        )
        paid = ~unpaid[group]
        money = total - np.where(document == lead[group], lacking[group], 0)
        ledger.mention(events[group][paid], document[paid], money[paid], named[group][paid])
        at = np.flatnonzero(credited)
        self.credit(lead[at], credit[at], day[at], events[at], "several_with_credit", -credit[at])

    def pay_as_payers_of_many(self) -> None:
        """Agencies pay a site's residents by one transfer, payee organisations all of theirs."""
        invoices, draw = self.invoices, self.draw
        kind = self.kind[invoices["payer"]]
        for payer_kind in (AGENCY, PAYEE):
            fate = draw.random(len(kind))
            mine = np.flatnonzero((kind == payer_kind) & (invoices["status"] == 0) & (fate > 0.03))
            if not len(mine):
                continue
            site = invoices["home"][mine] // HOMES_PER_SITE
            key = invoices["payer"][mine] * MONTHS + invoices["month"][mine]
            key = (key * 2 + invoices["currency"][mine]) * 10_000 + site
            _, first, group = np.unique(key, return_index=True, return_inverse=True)
            if payer_kind == AGENCY:
                self.pay_as_agency(mine, mine[first], group)
            else:
                self.pay_as_payee(mine, mine[first], group)

    def pay_as_agency(self, document: Column, lead: Column, group: Column) -> None:
        draw, count = self.draw, len(lead)
        total = self.invoices["total"][document]
        outcome = draw.choice(3, len(document), p=[0.93, 0.045, 0.025])
        less = np.maximum(cents(total * draw.choice([0.05, 0.1, 0.25, 0.33], len(document))), 1)
        paid = np.select([outcome == 0, outcome == 1], [total, total - less], 0)
        amount = sums(group, paid, count)
        # An agency that denies every line sends no money.
        sent = amount > 0
        listed = draw.random(count) < (0.85 if self.wanted.harder else 0.93)
        day = EDGES[self.invoices["month"][lead] + 1] + draw.integers(5, 45, count)
        events = np.full(count, -1)
        events[sent] = self.event(
            lead[sent],
            day[sent],
            amount[sent],
            billed=self.invoices["payer"][lead[sent]],
            remitted=np.where(listed[sent], REMITTANCE, NO_LIST),
        )
        story = np.where(outcome == 1, STORY["agency_short"], STORY["agency_paid"])
        story = np.where(listed[group], story, STORY["agency_without_remittance"])
        told = sent[group]
        self.ledger.mention(
            events[group][told], document[told], paid[told], story[told], (paid > 0)[told]
        )

    def pay_as_payee(self, document: Column, lead: Column, group: Column) -> None:
        draw, count = self.draw, len(lead)
        shares = [0.25, 0.15, 0.6] if self.wanted.harder else [0.45, 0.2, 0.35]
        listed = draw.choice([REMITTANCE, IN_MEMO, NO_LIST], count, p=shares)
        amount = sums(group, self.invoices["total"][document], count)
        day = EDGES[self.invoices["month"][lead]] + draw.integers(1, 24, count)
        np.maximum.at(day, group, self.invoices["issue"][document])
        events = self.event(lead, day, amount, billed=self.invoices["payer"][lead], remitted=listed)
        names = [STORY[name] for name in ("payee_bare", "payee_with_remittance", "payee_with_list")]
        story = np.array(names)[listed[group]]
        self.ledger.mention(events[group], document, self.invoices["total"][document], story)

    def gather_credits(self) -> None:
        """Credit notes become documents behind the invoices."""
        credits = stacked(self.credits)
        rows = credits["applies_to"]
        notes = taken(self.invoices, rows)
        size = len(rows)
        notes |= {
            "kind": np.full(size, CREDIT),
            "issue": credits["issue"],
            "due": credits["issue"],
            "total": credits["total"],
            "discount": np.zeros(size, np.int64),
            "applies_to": rows,
        }
        first = len(self.invoices["issue"])
        place = first + np.arange(size)
        self.ledger.mention(credits["event"], place, credits["amount"], credits["story"])
        self.invoices = stacked([self.invoices, notes])

    def pay_vendors(self) -> None:
        draw = self.draw
        count = round(self.wanted.invoices * 0.04)
        first, pool = self.vendors
        weight = np.bincount(self.owner, minlength=self.entities)
        entity = np.sort(draw.choice(self.entities, count, p=weight / weight.sum()))
        vendor = first[entity] + draw.integers(0, 2**31, count) % pool[entity]
        month = draw.integers(0, MONTHS, count)
        usual = draw.lognormal(10.2, 0.9, len(self.kind))[vendor]
        steady = (vendor % 3) == 0
        total = cents(np.where(steady, usual, usual * draw.lognormal(0, 0.4, count)))
        issue = EDGES[month] + draw.integers(0, 28, count)
        unit = np.zeros(count, np.int64)
        bills = {
            "resident": unit - 1,
            "month": month,
            "kind": unit + BILL,
            "issue": issue,
            "total": np.maximum(total, 1_500),
            "entity": entity,
            "home": unit,
            "payer": vendor,
            "billed": vendor,
            "currency": unit,
            "due": issue + draw.choice([10, 30], count),
            "discount": unit,
            "discount_day": unit,
            "status": 2 * (draw.random(count) < 0.008).astype(np.int64),
            "applies_to": unit - 1,
        }
        start = len(self.invoices["issue"])
        self.invoices = stacked([self.invoices, bills])
        owed = start + np.flatnonzero((bills["status"] == 0) & (draw.random(count) > 0.05))
        key = vendor[owed - start] * MONTHS + month[owed - start]
        joined = draw.random(len(key)) < 0.4
        key = np.where(joined, key, key.max() + 1 + np.arange(len(key)))
        _, lead, group, size = np.unique(
            key, return_index=True, return_inverse=True, return_counts=True
        )
        last = np.zeros(len(lead), np.int64)
        np.maximum.at(last, group, self.invoices["issue"][owed])
        amount = sums(group, self.invoices["total"][owed], len(lead))
        events = self.event(owed[lead], last + draw.integers(4, 34, len(lead)), amount, out=1)
        story = np.where(size > 1, STORY["vendor_bills_together"], STORY["vendor_bill"])
        self.ledger.mention(events[group], owed, self.invoices["total"][owed], story[group])

    # What is written about it.

    def number_documents(self) -> None:
        """Numbers run on within an entity in the order of issue, so neighbours are alike."""
        invoices, draw, chance = self.invoices, self.draw, self.chance
        size = len(invoices["issue"])
        head, tail = [""] * size, [""] * size
        year = 2025 + (invoices["issue"] >= EDGES[12])
        scheme = self.scheme[invoices["entity"]]
        billed = np.flatnonzero(invoices["kind"] < CREDIT)
        # A yearly scheme starts again in January.
        series = invoices["entity"] * 2 + (year - 2025) * (scheme == 1)
        order = billed[
            np.lexsort((invoices["resident"][billed], invoices["issue"][billed], series[billed]))
        ]
        run = series[order]
        start = np.searchsorted(run, run)
        begin = draw.choice([1, 1, 101, 1001, 4000, 12000], self.entities)
        begin = np.where(self.scheme == 1, 1, begin)
        # Some numbers were never used.
        skipped = np.cumsum(draw.random(len(order)) < 0.02)
        sequence = begin[invoices["entity"][order]] + np.arange(len(order)) - start
        sequence += skipped - skipped[start]
        for document, number, form, in_year in zip(
            order.tolist(),
            sequence.tolist(),
            scheme[order].tolist(),
            year[order].tolist(),
            strict=True,
        ):
            if form == 0:
                head[document], tail[document] = "INV-", f"{number:06d}"
            elif form == 1:
                head[document], tail[document] = f"{in_year}-", f"{number:04d}"
            elif form == 2:
                head[document], tail[document] = "AFH/", str(number)
            elif form == 3:
                tail[document] = str(number)
            else:
                prefix = self.prefix[invoices["entity"][document]]
                head[document], tail[document] = prefix, f"{number:05d}"
        for document in np.flatnonzero(invoices["kind"] == CREDIT).tolist():
            of = invoices["applies_to"][document]
            # Three in five take the digits of the invoice they correct.
            own = chance.random() < 0.4
            head[document] = "CN-"
            tail[document] = wording.digits(chance, 5) if own else tail[of]
        for document in np.flatnonzero(invoices["kind"] == BILL).tolist():
            vendor = self.parties.name[invoices["billed"][document]]
            head[document] = chance.choice(("", "", vendor[:2].upper(), "SI-"))
            tail[document] = wording.digits(chance, chance.randint(4, 8))
        self.head, self.tail = head, tail
        # The number under which an agency knows the stay.
        self.case_number = [wording.digits(chance, 7) for _ in range(self.residents)]
        # Whose number a payer writes who looks at the wrong line: one of the next few.
        self.neighbour = np.arange(size)
        near = np.arange(len(order)) + draw.choice([-3, -2, -1, 1, 2, 3], len(order))
        near = np.clip(near, 0, len(order) - 1)
        billed_to = invoices["billed"][order]
        same = (run[near] == run) & (billed_to[near] != billed_to)
        self.neighbour[order] = np.where(same, order[near], order)

    def close(self) -> None:
        """The events of the time, with what the payer wrote, and who recorded them."""
        draw, harder = self.draw, self.wanted.harder
        events, about = self.ledger.closed()
        size = len(events["day"])
        story = np.full(size, -1)
        story[about["event"]] = about["story"]
        documents = np.bincount(about["event"], minlength=size)
        direct = np.isin(events["channel"], [ACH, P2P, WIRE, EFT])
        settles = np.bincount(about["event"], weights=about["settled"], minlength=size) > 0
        ordinary = ~np.isin(
            story, [STORY["redeposit"], STORY["credit_refunded"], STORY["several_with_credit"]]
        )
        ordinary &= ~np.isin(story, [STORY["credit_netted"], STORY["paid_twice"]])
        # A bill that is debited is forgotten more often than a receipt.
        forgotten = self.unrecorded_share[events["entity"]] * (1 + events["out"])
        unrecorded = draw.random(size) < forgotten
        unrecorded &= direct & settles & ordinary & (events["returned"] == 0)

        weights = [0.44, 0.26, 0.06, 0.055, 0.04, 0.08, 0.065] if harder else [
            0.58, 0.25, 0.03, 0.025, 0.018, 0.047, 0.05
        ]  # fmt: skip
        named = draw.random(size) < self.naming[events["payer"]]
        state = draw.choice(7, size, p=weights)
        silent = draw.choice(
            [wording.STATE["words"], wording.STATE["no_text"]], size, p=[0.55, 0.45]
        )
        state = np.where(named, state, silent)
        agency = self.kind[events["payer"]] == AGENCY
        state[agency] = wording.STATE["no_text"]
        bare = (self.kind[events["payer"]] == PAYEE) & (events["remitted"] != IN_MEMO)
        state[bare] = silent[bare]
        in_memo = events["remitted"] == IN_MEMO
        state[in_memo] = draw.choice(2, in_memo.sum())
        # Only a line of its own can carry the number in the record's place.
        at_bank = state == wording.STATE["at_bank"]
        lost = at_bank & (~direct | unrecorded | (documents != 1))
        state[lost] = wording.STATE["whole"]
        # Nobody else's number is near: it is the payer's own.
        own = self.neighbour[about["document"]] == about["document"]
        alone = np.zeros(size, bool)
        alone[about["event"][own]] = True
        state[alone & (state == wording.STATE["other_party"])] = wording.STATE["whole"]

        events["recorded"] = (~unrecorded).astype(np.int64)
        events["state"] = state
        events["story"] = story
        self.events = events
        self.about_documents = taken(about, np.argsort(about["event"], kind="stable"))
        self.texts = self.written_by_payers()

    def written_by_payers(self) -> list[str]:
        events, about, chance = self.events, self.about_documents, self.chance
        size = len(events["day"])
        edges = np.searchsorted(about["event"], np.arange(size + 1)).tolist()
        document = about["document"].tolist()
        resident = self.invoices["resident"].tolist()
        month = (self.invoices["month"] % 12).tolist()
        texts = []
        for event, (state, out, story, payer) in enumerate(
            zip(
                events["state"].tolist(),
                events["out"].tolist(),
                events["story"].tolist(),
                events["payer"].tolist(),
                strict=True,
            )
        ):
            mine = document[edges[event] : min(edges[event + 1], edges[event] + 40)]
            if not mine:
                texts.append("")
                continue
            lead = mine[0]
            numbers = [(self.head[each], self.tail[each]) for each in mine]
            if self.kind[payer] == VENDOR:
                texts.append(wording.bill_text(numbers, wording.STATES[state], chance))
                continue
            other = self.neighbour[lead]
            whom = self.parties.plain[resident[lead]] if resident[lead] >= 0 else ""
            text = wording.payer_text(
                numbers,
                (self.head[other], self.tail[other]),
                wording.STATES[state],
                chance,
                whom if chance.random() < 0.5 else whom.split()[-1] if whom else "",
                wording.MONTHS[month[lead]],
            )
            if out and story == STORY["refund"] and text:
                text = f"refund {text}"
            texts.append(text)
        return texts

    def case_of_settlement(self, shown: list[bool]) -> list[str]:
        """The case of each row of `about_documents`, by what happened and what stands in writing.

        `shown` says of each event whether the bank's line carries the payer's words.
        """
        events, about = self.events, self.about_documents
        many = np.bincount(about["event"], minlength=len(events["day"])) > 1
        foreign = self.kind[events["payer"]] == STRANGER
        cases = []
        for event, story in zip(about["event"].tolist(), about["story"].tolist(), strict=True):
            state = wording.STATES[events["state"][event]]
            silent = state in ("words", "no_text")
            if not events["recorded"][event]:
                if events["out"][event]:
                    cases.append("unrecorded_vendor")
                elif many[event]:
                    cases.append("unrecorded_several")
                elif not silent and not shown[event]:
                    cases.append("unrecorded_cut_off")
                else:
                    cases.append(UNRECORDED.get(state, "unrecorded_damaged"))
            elif story not in PLAIN:
                cases.append(STORIES[story])
            elif foreign[event]:
                cases.append("foreign_payer")
            elif many[event]:
                cases.append(SEVERAL.get(state, "several_damaged"))
            elif state == "at_bank" and not shown[event]:
                cases.append("one_no_text")
            else:
                cases.append(f"one_{state}")
        return cases


def simulate(wanted: Wanted, out: Path) -> dict[str, int]:
    """Write the folder anew. Returns the number of rows of each file."""
    provider = Provider(wanted)
    bank = banking.cleared(provider)
    out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (out / f"{name}.csv").unlink(missing_ok=True)
    return written(provider, bank, out)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--invoices", type=int, default=20_000, help="about how many documents")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--harder", action="store_true", help="fewer numbers, more damage")
    parser.add_argument("--allocations", type=float, default=0.0, help="share the book knows")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--entities", type=int)
    size.add_argument("--one-entity", action="store_const", const=1, dest="entities")
    given = parser.parse_args(argv)
    wanted = Wanted(
        seed=given.seed,
        invoices=given.invoices,
        entities=given.entities,
        harder=given.harder,
        allocations=given.allocations,
    )
    rows = simulate(wanted, given.out)
    print(", ".join(f"{count:,} {name}" for name, count in rows.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
