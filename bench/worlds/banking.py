"""How a provider's money events reach its bank, and what else stands on the statements.

A line stands for one event, for a gateway's payout or for a deposit of cheques and cash. A portion
is the money of one event on one line, with the line's sign; the portions of a line sum to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.worlds import people, wording
from bench.worlds.frames import (
    ACH,
    CARD,
    CASH,
    CHANNELS,
    CHECK,
    CREDIT,
    CURRENCIES,
    EDGES,
    EFT,
    END,
    HOMES_PER_SITE,
    MONTHS,
    VENDOR,
    WIRE,
    Column,
    Frame,
    business,
    cents,
    day_text,
    spread,
    stacked,
    sums,
    taken,
)

if TYPE_CHECKING:
    from bench.worlds.provider import Provider

DIRECT, PAYOUT, DEPOSIT, RETURN = range(4)
CASES = (
    "ach_line",
    "p2p_line",
    "payout",
    "check_alone",
    "cash_alone",
    "wire_line",
    "eft_line",
    "deposit_of_one",
    "deposit_of_several",
    "card_refund",
    "in_two_lines",
    "returned",
    "redeposited",
    "vendor_check",
    "vendor_ach",
    "refund_sent",
)
CASE = {name: code for code, name in enumerate(CASES)}
BY_CHANNEL = (
    "ach_line",
    "p2p_line",
    "payout",
    "check_alone",
    "cash_alone",
    "wire_line",
    "eft_line",
)
LONGEST = (0, 0, 80, 60, 40, 32)


@dataclass(kw_only=True)
class Bank:
    """What stands at the bank, and what events carry because of it (lists, one item an event).

    `shown` says that the line shows the payer's words to the end.
    """

    lines: list[list[Any]]
    portions: Frame
    fee: list[int]
    payout_id: list[str]
    check: list[str]
    trace: list[str]
    account: list[str]
    shown: list[bool]


class Accounts:
    """Accounts of every entity and the manner of its bank."""

    def __init__(self, provider: Provider) -> None:
        draw, chance, count = provider.draw, provider.chance, provider.entities
        harder = provider.wanted.harder
        self.dialect = draw.integers(0, 60, count).tolist()
        # The banks that print every field of a transfer do not cut it.
        self.longest = [0 if each % 5 == 0 else chance.choice(LONGEST) for each in self.dialect]
        self.lower = (draw.random(count) < 0.08).tolist()
        self.names_counterparty = (draw.random(count) < 0.3).tolist()
        self.keeps_reference = (draw.random(count) < 0.4).tolist()
        self.says_type = (draw.random(count) < 0.5).tolist()
        self.gateway = [chance.choice(wording.GATEWAYS) for _ in range(count)]
        self.rate = draw.choice([0.029, 0.026, 0.035], count)
        self.fee_by_month = draw.random(count) < 0.15
        self.fee_by_month[0] = False
        self.notes_payout = draw.random(count) < 0.88
        self.notes_payout[0] = True
        self.pays_out_weekly = draw.random(count) < 0.25
        self.till_by_site = draw.random(count) < 0.3
        self.till_days = draw.integers(4, 15, count) if harder else draw.integers(2, 9, count)
        if count == 1:
            # One till of thousands of residents does not exist, nor one emptied every other day.
            self.till_by_site[:] = True
            self.till_days = np.maximum(self.till_days, 6)
        self.operating = [f"Operating {wording.digits(chance, 4)}" for _ in range(count)]
        self.savings = [
            f"Savings {wording.digits(chance, 4)}" if chance.random() < 0.55 else ""
            for _ in range(count)
        ]
        self.savings[0] = self.savings[0] or "Savings 2071"
        self.foreign = [f"CAD {wording.digits(chance, 4)}" for _ in range(count)]

    def of(self, entity: int, currency: int) -> str:
        return self.foreign[entity] if currency else self.operating[entity]


def cleared(provider: Provider) -> Bank:
    """The statements until the last day."""
    events, draw, chance = provider.events, provider.draw, provider.chance
    accounts = Accounts(provider)
    size = len(events["day"])
    sign = np.where(events["out"] == 1, -1, 1)
    recorded, channel = events["recorded"] == 1, events["channel"]

    # Cash is spent from the till; a cheque is lost. What was returned had arrived.
    never = draw.random(size) < np.where(channel == CASH, 0.08, 0.004)
    reaches = ~never | ~recorded | (events["returned"] == 1) | (events["out"] == 1)
    incoming = events["out"] == 0
    alone = draw.random(size) < (0.12 if provider.wanted.harder else 0.24)
    in_till = incoming & (
        ((channel == CHECK) & ~alone) | ((channel == CASH) & (draw.random(size) < 0.3))
    )
    by_card = channel == CARD

    fee = np.zeros(size, np.int64)
    entity = events["entity"]
    rated = by_card & incoming
    fee[rated] = cents(events["amount"][rated] * accounts.rate[entity[rated]]) + 30
    fee = np.minimum(fee, events["amount"] // 2)
    fee[accounts.fee_by_month[entity]] = 0

    lines: list[Frame] = []
    portions: list[Frame] = []
    direct = np.flatnonzero(reaches & ~by_card & ~in_till)
    arrive(provider, direct, sign, lines, portions)
    payout_of = pay_out(
        accounts, events, np.flatnonzero(reaches & by_card), sign, fee, lines, portions
    )
    deposit(provider, accounts, np.flatnonzero(reaches & in_till), lines, portions)
    frame, portion = stacked(lines), stacked(portions)
    kept = frame["day"] <= END
    place = np.cumsum(kept) - 1
    portion = taken(portion, kept[portion["line"]])
    portion["line"] = place[portion["line"]]
    frame = taken(frame, kept)
    send_back(provider, frame, portion, lines)
    frame = stacked([frame, lines[-1]])

    check = check_numbers(provider)
    trace = [wording.digits(chance, 9) if each == EFT else "" for each in channel.tolist()]
    payout_names = {
        each: f"po_{wording.token(chance, 14)}" for each in np.unique(payout_of[payout_of >= 0])
    }
    payout_id = [payout_names.get(each, "") for each in payout_of.tolist()]
    texts = Texts(provider, accounts, check, trace, payout_id)
    rows = texts.of(frame)
    rows += Noise(provider, accounts, frame).rows
    noted = accounts.notes_payout[entity].tolist()
    arrived = np.zeros(size, bool)
    arrived[portion["event"]] = True
    return Bank(
        shown=texts.shown,
        lines=rows,
        portions=portion,
        fee=fee.tolist(),
        payout_id=[
            name if known and there else ""
            for name, known, there in zip(payout_id, noted, arrived.tolist(), strict=True)
        ],
        check=check,
        trace=trace,
        account=[
            accounts.of(each, currency)
            for each, currency in zip(entity.tolist(), events["currency"].tolist(), strict=True)
        ],
    )


def line(kind: int, events: Frame, lead: Column, day: Column, amount: Column, count: Any) -> Frame:
    """Bank lines; `lead` is the event each is about, or the first of several."""
    return spread(
        len(lead),
        {
            "kind": kind,
            "entity": events["entity"][lead],
            "currency": events["currency"][lead],
            "day": business(day),
            "amount": amount,
            "event": lead,
            "count": count,
        },
    )


def starting(lines: list[Frame]) -> int:
    return sum(len(frame["day"]) for frame in lines)


def arrive(
    provider: Provider, rows: Column, sign: Column, lines: list[Frame], portions: list[Frame]
) -> None:
    """Events with a line of their own, and a few that come in two."""
    events, draw = provider.events, provider.draw
    channel, out = events["channel"][rows], events["out"][rows] == 1
    size = len(rows)
    lag = np.select(
        [out & (channel == CHECK), channel == CHECK, channel == CASH, channel == WIRE],
        [
            draw.integers(3, 21, size),
            draw.integers(0, 10, size),
            draw.integers(0, 7, size),
            draw.integers(0, 2, size),
        ],
        # Some books are kept from the statement, some days later.
        draw.choice([-4, -2, -1, 0, 1, 2, 3, 5], size, p=[.03, .05, .1, .36, .25, .12, .06, .03]),
    )  # fmt: skip
    day = events["day"][rows] + lag
    amount = events["amount"][rows] * sign[rows]
    halved = np.isin(channel, [ACH, WIRE]) & ~out & (amount > 20_000) & (draw.random(size) < 0.012)
    halved &= (events["recorded"][rows] == 1) & (events["returned"][rows] == 0)
    part = np.where(halved, amount * draw.integers(30, 71, size) // 100, amount)

    case = np.array([CASE[name] for name in BY_CHANNEL])[channel]
    vendor = provider.kind[events["payer"][rows]] == VENDOR
    paid = np.where(channel == CHECK, CASE["vendor_check"], CASE["vendor_ach"])
    case = np.select(
        [halved, out & vendor, out, events["returned"][rows] == 1, again(provider)[rows]],
        [CASE["in_two_lines"], paid, CASE["refund_sent"], CASE["returned"], CASE["redeposited"]],
        case,
    )
    for chosen, when, money in (
        (np.arange(size), day, part),
        (np.flatnonzero(halved), day + draw.integers(0, 3, size), amount - part),
    ):
        start = starting(lines)
        lines.append(line(DIRECT, events, rows[chosen], when[chosen], money[chosen], 1))
        place = start + np.arange(len(chosen))
        portions.append(portion(rows[chosen], place, money[chosen], case[chosen]))


def again(provider: Provider) -> Column:
    """Which events are second tries after a return."""
    second: Column = provider.events["story"] == provider.redeposit
    return second


def portion(event: Column, place: Column, amount: Column, case: Any) -> Frame:
    return spread(len(event), {"event": event, "line": place, "amount": amount, "case": case})


def pay_out(
    accounts: Accounts,
    events: Frame,
    rows: Column,
    sign: Column,
    fee: Column,
    lines: list[Frame],
    portions: list[Frame],
) -> Column:
    """Card payments of a day or a week as one line, less fees and refunds.

    Returns the payout of each event, -1 for none.
    """
    entity = events["entity"][rows]
    day = events["day"][rows]
    friday = day + (4 - (day + 3)) % 7
    day = business(np.where(accounts.pays_out_weekly[entity], friday + 3, day + 2))
    key = (entity * 2 + events["currency"][rows]) * 100_000 + day
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    net = events["amount"][rows] * sign[rows] - fee[rows]
    start = starting(lines)
    total = sums(group, net, len(first))
    lines.append(line(PAYOUT, events, rows[first], day[first], total, np.bincount(group)))
    case = np.where(sign[rows] > 0, CASE["payout"], CASE["card_refund"])
    portions.append(portion(rows, start + group, net, case))
    payout = np.full(len(events["day"]), -1)
    payout[rows] = group
    return payout


def deposit(
    provider: Provider,
    accounts: Accounts,
    rows: Column,
    lines: list[Frame],
    portions: list[Frame],
) -> None:
    """Cheques and cash of one till, taken to the bank every few days in bundles."""
    events, draw = provider.events, provider.draw
    entity = events["entity"][rows]
    till = np.where(accounts.till_by_site[entity], events["home"][rows] // HOMES_PER_SITE, 0)
    days = accounts.till_days[entity]
    period = (events["day"][rows] + entity % 7) // days
    key = ((entity * 20_000 + till) * 2 + events["currency"][rows]) * 30_000 + period
    order = np.lexsort((draw.random(len(rows)), key))
    rows, key, days, period = rows[order], key[order], days[order], period[order]
    nth = np.arange(len(rows)) - np.searchsorted(key, key)
    _, batch = np.unique(key, return_inverse=True)
    low, high = (4, 31) if provider.wanted.harder else (2, 13)
    bundle = draw.integers(low, high, len(rows))[batch]
    _, first, group = np.unique(
        key * 10_000 + nth // bundle, return_index=True, return_inverse=True
    )
    count = np.bincount(group)
    day = (period + 1) * days - events["entity"][rows] % 7
    total = sums(group, events["amount"][rows], len(first))
    start = starting(lines)
    lines.append(line(DEPOSIT, events, rows[first], day[first], total, count))
    several = count[group] > 1
    case = np.where(several, CASE["deposit_of_several"], CASE["deposit_of_one"])
    case = np.where(events["returned"][rows] == 1, CASE["returned"], case)
    case = np.where(again(provider)[rows], CASE["redeposited"], case)
    portions.append(portion(rows, start + group, events["amount"][rows], case))


def send_back(provider: Provider, frame: Frame, portion: Frame, lines: list[Frame]) -> None:
    """The bank returns a payment some days after it came; the line stands in no true pair."""
    events = provider.events
    back = np.flatnonzero(events["returned"][portion["event"]] == 1)
    event = portion["event"][back]
    day = frame["day"][portion["line"][back]] + provider.draw.integers(2, 7, len(back))
    lines.append(line(RETURN, events, event, day, -events["amount"][event], 1))


def check_numbers(provider: Provider) -> list[str]:
    """Every payer and, for money out, every entity numbers its own cheques upwards."""
    events = provider.events
    rows = np.flatnonzero(events["channel"] == CHECK)
    out = events["out"][rows] == 1
    book = np.where(out, -1 - events["entity"][rows], events["payer"][rows])
    order = np.lexsort((events["day"][rows], book))
    rows, book = rows[order], book[order]
    nth = np.arange(len(rows)) - np.searchsorted(book, book)
    # Other cheques of a private book went elsewhere.
    step = np.where(book < 0, 1, 1 + book % 4)
    numbers = provider.check_start[np.abs(book)] + nth * step
    names = [""] * len(events["day"])
    for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
        names[row] = str(number)
    return names


class Texts:
    """Descriptions of the lines that stand for events."""

    def __init__(
        self,
        provider: Provider,
        accounts: Accounts,
        check: list[str],
        trace: list[str],
        payout_id: list[str],
    ) -> None:
        self.provider, self.accounts = provider, accounts
        self.check, self.trace, self.payout_id = check, trace, payout_id
        self.shown = [False] * len(check)

    def of(self, frame: Frame) -> list[list[Any]]:
        """One row a line: entity, account, day, currency, amount and the texts of the bank."""
        events, accounts = self.provider.events, self.accounts
        channel, payer = events["channel"].tolist(), events["payer"].tolist()
        damaged = 0.10 if self.provider.wanted.harder else 0.02
        chance, bank = self.provider.chance, self.provider.parties.bank
        dates = day_text(frame["day"])
        rows = []
        columns = (frame[name].tolist() for name in ("kind", "entity", "currency", "day"))
        amounts = frame["amount"].tolist()
        for at, (kind, entity, currency, day, event, count) in enumerate(
            zip(*columns, frame["event"].tolist(), frame["count"].tolist(), strict=True)
        ):
            # Nearly always the same string of the same bank.
            name = bank[payer[event]][chance.random() < 0.06]
            if chance.random() < damaged:
                name = people.damage(name, chance)
            way = CHANNELS[channel[event]]
            reference = ""
            if kind == PAYOUT:
                gateway = accounts.gateway[entity]
                text = wording.payout_line(gateway, self.payout_id[event], dates[at], chance)
                name = gateway
            elif kind == DEPOSIT:
                text = wording.deposit_line(accounts.dialect[entity], count, chance)
                name = ""
            elif kind == RETURN:
                text = wording.return_line(way, name, self.provider.texts[event], chance)
            elif amounts[at] < 0:
                text, reference = self.sent(event, way, name)
            else:
                text, reference, name = self.received(event, way, name, dates[at], entity)
                if chance.random() < 0.12:
                    # A feed that keeps the first field only, whatever the bank prints.
                    text, reference = text[: chance.randint(26, 44)], ""
            rows.append(
                finished(
                    accounts, entity, accounts.of(entity, currency), currency, day, amounts[at],
                    text, name, reference,
                )
            )  # fmt: skip
            if kind == DIRECT:
                self.shown[event] |= shows(rows[-1], self.provider.texts[event])
        return rows

    def sent(self, event: int, way: str, name: str) -> tuple[str, str]:
        chance = self.provider.chance
        number = self.provider.texts[event] if chance.random() < 0.35 else ""
        check = self.check[event]
        return wording.debit_line(way, name, number, check, chance), check

    def received(
        self, event: int, way: str, name: str, day: str, entity: int
    ) -> tuple[str, str, str]:
        chance, dialect = self.provider.chance, self.accounts.dialect[entity]
        if way == "cash":
            return ("CASH DEPOSIT", "BRANCH CASH DEPOSIT", "DEPOSIT")[dialect % 3], "", ""
        if way == "check":
            draw, check = chance.random(), self.check[event]
            if draw < 0.35:
                return f"CHECK DEPOSIT #{check}", check, ""
            if draw < 0.5:
                return f"MOBILE DEPOSIT CK {check} {name}", "", name
            return wording.deposit_line(dialect, 1, chance), "", ""
        if way == "eft":
            return wording.credit_line(way, dialect, name, self.trace[event], day, chance), "", name
        text = self.said(event)
        return wording.credit_line(way, dialect, name, text, day, chance), text[:30], name

    def said(self, event: int) -> str:
        """What of the payer's words went with the money."""
        events, chance = self.provider.events, self.provider.chance
        only_here = events["state"][event] == wording.STATE["at_bank"]
        if only_here or not events["recorded"][event] or chance.random() < 0.45:
            return self.provider.texts[event]
        return ""


def finished(
    accounts: Accounts,
    entity: int,
    account: str,
    currency: int,
    day: int,
    amount: int,
    text: str,
    name: str,
    reference: str,
) -> list[Any]:
    """A row of the statement in the manner of the entity's bank."""
    text = " ".join(text.split())
    if not accounts.lower[entity]:
        text = text.upper()
    longest = accounts.longest[entity]
    if longest:
        text = text[:longest].rstrip()
    kind = ("CHECK" if text.startswith("CHECK") else "DEBIT") if amount < 0 else "CREDIT"
    return [
        entity,
        account,
        day,
        CURRENCIES[currency],
        amount,
        text,
        name if accounts.names_counterparty[entity] else "",
        reference if accounts.keeps_reference[entity] else "",
        kind if accounts.says_type[entity] else "",
    ]


def shows(row: list[Any], said: str) -> bool:
    """Whether a row of the statement carries all of the payer's words."""
    words = " ".join(said.split())
    return bool(words) and (words.upper() in row[5].upper() or words == row[7])


class Noise:
    """Lines that belong to no document: most of what else moves on an account."""

    def __init__(self, provider: Provider, accounts: Accounts, frame: Frame) -> None:
        self.provider, self.accounts = provider, accounts
        self.chance = provider.chance
        self.rows: list[list[Any]] = []
        size = np.bincount(provider.owner, minlength=provider.entities).tolist()
        kinds = provider.invoices["kind"]
        common = np.flatnonzero(kinds < CREDIT)
        # Documents by entity, for amounts and numbers that mean nothing here.
        self.documents = np.split(
            common[np.argsort(provider.invoices["entity"][common], kind="stable")],
            np.cumsum(
                np.bincount(provider.invoices["entity"][common], minlength=provider.entities)
            )[:-1],
        )
        fees = sums(
            provider.events["entity"],
            np.where(provider.events["channel"] == CARD, provider.events["amount"] * 0.029, 0),
            provider.entities,
        )
        for entity in range(provider.entities):
            for month in range(MONTHS):
                self.every_month(entity, month, size[entity])
                if accounts.fee_by_month[entity] and fees[entity]:
                    fee = -int(fees[entity]) // MONTHS
                    gateway = accounts.gateway[entity]
                    self.add(entity, int(EDGES[month]) + 3, fee, f"{gateway} MERCH FEES")
        self.charge_for_returns(frame)

    def add(
        self,
        entity: int,
        day: int,
        amount: int,
        text: str,
        account: str = "",
        currency: int = 0,
    ) -> None:
        day = int(business(np.array([day]))[0]) if day % 7 in (2, 3) else day
        if day > END or not amount:
            return
        where = account or self.accounts.of(entity, currency)
        row = finished(self.accounts, entity, where, currency, day, amount, text, "", "")
        self.rows.append(row)

    def some_day(self, month: int) -> int:
        return self.chance.randint(int(EDGES[month]), int(EDGES[month + 1]) - 1)

    def every_month(self, entity: int, month: int, residents: int) -> None:
        chance, last = self.chance, int(EDGES[month + 1]) - 1
        self.add(entity, last, -chance.choice((1500, 2500, 1200)), "MONTHLY SERVICE FEE")
        firm = wording.FIRMS[entity % len(wording.FIRMS)]
        for half in (14, 28):
            pay = -residents * chance.randint(30_000, 60_000)
            day = int(EDGES[month]) + half
            self.add(entity, day, pay, f"{firm} {wording.digits(chance, 9)} PAYROLL")
            self.add(entity, day + 1, pay // 5, f"{firm} TAX {wording.digits(chance, 8)}")
        for _ in range(self.some(residents * 0.04)):
            shop = chance.choice(wording.SHOPS)
            place = f"DEBIT CARD PURCHASE {shop} #{wording.digits(chance, 4)}"
            self.add(entity, self.some_day(month), -chance.randint(450, 42_000), place)
        if self.accounts.savings[entity]:
            self.move(entity, month)
        for _ in range(self.some(residents * 0.03)):
            self.unknown(entity, month)
        if chance.random() < 0.02:
            self.reversed(entity, month)

    def some(self, mean: float) -> int:
        """About `mean`: its whole part, and one more as often as the rest says, twice spread."""
        low = mean * 2 * self.chance.random()
        return int(low) + (self.chance.random() < low % 1)

    def move(self, entity: int, month: int) -> None:
        """Interest, and transfers between own accounts as a pair of lines."""
        chance, savings = self.chance, self.accounts.savings[entity]
        last = int(EDGES[month + 1]) - 1
        self.add(entity, last, chance.randint(12, 9_000), "INTEREST PAID", savings)
        if chance.random() < 0.6:
            amount = chance.choice((50_000, 100_000, 250_000, 103_700, 500_000))
            way = 1 if chance.random() < 0.7 else -1
            day, code = self.some_day(month), wording.token(chance, 8)
            here, there = self.accounts.operating[entity][-4:], savings[-4:]
            if day + 1 > END:
                return
            self.add(entity, day, -way * amount, f"ONLINE TRANSFER XXXX{there} CONF# {code}")
            text = f"ONLINE TRANSFER XXXX{here} CONF# {code}"
            self.add(entity, day + chance.randint(0, 1), way * amount, text, savings)

    def unknown(self, entity: int, month: int) -> None:
        """A receipt for no document, often of a common amount and with somebody's number."""
        provider, chance = self.provider, self.chance
        here = self.documents[entity]
        if not len(here):
            return
        document = int(here[chance.randrange(len(here))])
        amount = int(provider.invoices["total"][document])
        if chance.random() < 0.45:
            amount = chance.randint(500, 300_000)
        draw = chance.random()
        number = provider.tail[int(here[chance.randrange(len(here))])] if draw < 0.4 else ""
        who = people.at_the_bank(people.person(chance, 0.6), chance, 0.1)
        text = chance.choice(
            (
                f"ACH CREDIT {who} {number}",
                f"ZELLE FROM {who} {number}",
                f"DEPOSIT {number}",
                f"IRS TREAS 310 TAX REF {number}",
                f"FARMERS INS CLAIM {number}",
                f"GRANT DISB COMMUNITY FDN {number}",
            )
        )
        currency = int(provider.invoices["currency"][document])
        self.add(entity, self.some_day(month), amount, text, currency=currency)

    def reversed(self, entity: int, month: int) -> None:
        """The bank's own error, taken back on the next day."""
        amount, day = self.chance.randint(2_000, 200_000), self.some_day(month)
        if day < END - 4:
            self.add(entity, day, amount, f"ACH CREDIT {wording.digits(self.chance, 10)}")
            self.add(entity, day + 1, -amount, "ACH CREDIT REVERSAL POSTED IN ERROR")

    def charge_for_returns(self, frame: Frame) -> None:
        for at in np.flatnonzero(frame["kind"] == RETURN).tolist():
            if self.chance.random() < 0.7:
                charge = -self.chance.choice((1200, 1500, 3500))
                text = "RETURNED ITEM FEE" if charge > -3500 else "NSF FEE CHARGE"
                self.add(int(frame["entity"][at]), int(frame["day"][at]), charge, text)
