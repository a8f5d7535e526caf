"""Who lives in the homes of a plain group's entity, who pays for them, and what is billed."""

from __future__ import annotations

from dataclasses import dataclass

from bench.worlds import plain_group_names as names
from bench.worlds.plain_group_dice import Dice
from bench.worlds.plain_group_habits import Habits
from bench.worlds.plain_group_ledger import ISO, day_of

# A year and a half; the last start ends its last month.
STARTS = [day_of(2024 + at // 12, at % 12 + 1, 1) for at in range(5, 24)]
BEGIN, END = STARTS[0], STARTS[-1] + 30
NEVER = 99_999
ADD_ONS = (2500, 4000, 1850, 3500, 6000, 1200, 7500, 4550)
WRITES_ALWAYS, WRITES_SOMETIMES = 0.93, 0.5

OWN_METHODS = (
    ("ach", 0.30),
    ("p2p", 0.18),
    ("check", 0.24),
    ("card", 0.23),
    ("cash", 0.02),
    ("wire", 0.03),
)
RELATIVE_METHODS = (("ach", 0.27), ("p2p", 0.30), ("check", 0.22), ("card", 0.18), ("wire", 0.03))
UNRECORDED_METHODS = (("ach", 0.55), ("p2p", 0.40), ("wire", 0.05))


@dataclass(kw_only=True, slots=True, eq=False)
class Payer:
    """A hand that pays.

    `kind` is self, relative, unknown, organisation, agency or insurer, and only the last three are
    parties. `writes` is how often it writes numbers, and `booked_as` under whose name the books
    hold what it pays: that of the resident, its own, or its own without a party. A bank prints no
    name of a nameless one.
    """

    name: str
    kind: str
    method: str
    writes: float
    party_id: str = ""
    is_recorded: bool = True
    bundles: bool = False
    is_nameless: bool = False
    booked_as: str = "resident"

    @property
    def is_sure(self) -> bool:
        """Whether it as good as always writes numbers."""
        return self.writes > 0.9


@dataclass(kw_only=True, slots=True, eq=False)
class Resident:
    """Lives in a home from `begin` to `end`, at a level of the state's rates.

    `care` is a monthly price in cents or 0. What is billed later than `owes_from` is never paid,
    and `paid_until` is the day of the last receipt.
    """

    party_id: str
    name: str
    begin: int
    end: int
    level: int
    payer: Payer
    second: Payer | None = None
    second_from: int = NEVER
    organisation: Payer | None = None
    agency: Payer | None = None
    insurer: Payer | None = None
    care: int = 0
    paid_until: int = 0
    owes_from: int = NEVER

    def hand(self, day: int) -> Payer:
        return self.second if self.second is not None and day >= self.second_from else self.payer


@dataclass(kw_only=True, slots=True, eq=False)
class Bill:
    """An invoice or a credit note, of which `at` is its place once it is issued.

    `month` is with which month's bills it is paid, `fate` whether a credit note is netted, a
    refund, or stays on account.
    """

    day: int
    cents: int
    party_id: str
    party_name: str
    resident: Resident
    payer: Payer
    kind: str
    month: int
    tie: float
    number: str = ""
    at: int = -1
    applies_to: Bill | None = None
    fate: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """What the state sets by level, monthly for room and board and daily for care, in cents.

    `raised` is the factor of each January.
    """

    board: list[int]
    care: list[int]
    raised: float


class People:
    """The residents of one entity and their payers, drawn until the bills are enough."""

    def __init__(self, dice: Dice, habits: Habits, parties: Parties, bills_wanted: int) -> None:
        self.dice, self.habits, self.parties = dice, habits, parties
        self.packages = sorted(dice.between(18, 90) * 5000 for _ in range(4))
        self.unrecorded = habits.unrecorded * dice.pick((0.8, 0.9, 1.0, 1.1, 1.2))
        base = dice.pick((97_650, 102_450, 105_800, 94_300))
        self.rates = Rates(
            board=[base, base + 8_500, base + 17_250],
            care=[2_450 + dice.between(0, 9) * 50, 4_120 + dice.between(0, 9) * 50, 6_875],
            raised=1.025 + dice.between(0, 4) * 0.002,
        )
        # Some for every so many residents, however big the entity.
        groups = max(1, round(bills_wanted / 1200))
        self.organisations = [self.organisation() for _ in range(2 * groups)]
        self.agencies = [self.agency() for _ in range(1 + groups)]
        self.insurers = [
            Payer(name=name, kind="insurer", method="ach", writes=0.8, party_id=parties.new())
            for name in dice.shuffled(names.INSURERS)[:4]
        ]
        self.residents: list[Resident] = []
        self.bills: list[Bill] = []
        while len(self.bills) < bills_wanted:
            self.residents.append(self.resident())
            self.bill(self.residents[-1])

    # Who pays.

    def organisation(self) -> Payer:
        dice = self.dice
        return Payer(
            name=f"{dice.pick(names.ORG_HEADS)} {dice.pick(names.ORG_TAILS)}",
            kind="organisation",
            method=dice.weighted((("eft", 0.65), ("check", 0.35))),
            writes=1.0,
            party_id=self.parties.new(),
        )

    def agency(self) -> Payer:
        name = f"{self.dice.pick(names.COUNTIES)} {self.dice.pick(names.AGENCY_TAILS)}"
        party_id = self.parties.new()
        return Payer(name=name, kind="agency", method="eft", writes=1.0, party_id=party_id)

    def writes(self) -> float:
        draw, habits = self.dice.draw(), self.habits
        if draw < habits.writes_always:
            return WRITES_ALWAYS
        if draw < habits.writes_always + habits.writes_sometimes:
            return WRITES_SOMETIMES
        return 0.0

    def hand(self, name: str, kind: str) -> Payer:
        """A private one."""
        dice, habits = self.dice, self.habits
        is_recorded = not dice.chance(self.unrecorded)
        methods = OWN_METHODS if kind == "self" else RELATIVE_METHODS
        method = dice.weighted(methods if is_recorded else UNRECORDED_METHODS)
        writes = self.writes()
        if kind == "relative" and not is_recorded and writes < WRITES_ALWAYS:
            # The books could not know such a hand but for the numbers that it writes.
            writes = dice.weighted(((WRITES_ALWAYS, 0.45), (WRITES_SOMETIMES, 0.4), (0.0, 0.15)))
        if kind == "self" and not is_recorded and dice.chance(habits.unrecorded_writes):
            writes = WRITES_ALWAYS
        if kind == "unknown":
            writes = min(writes, 0.1)
        payer = Payer(name=name, kind=kind, method=method, writes=writes, is_recorded=is_recorded)
        if kind == "relative":
            shares = (("resident", 0.60), ("own", 0.32), ("nobody", 0.08))
            payer.booked_as = dice.weighted(shares)
        payer.bundles = dice.chance(habits.bundles)
        payer.is_nameless = not is_recorded and dice.chance(habits.nameless)
        return payer

    def relative(self, last: str) -> Payer:
        dice = self.dice
        last = last if dice.chance(0.6) else names.last_name(dice)
        kind = "unknown" if dice.chance(self.habits.relative_unknown) else "relative"
        return self.hand(f"{names.first_name(dice)} {last}", kind)

    # Who lives there.

    def resident(self) -> Resident:
        dice, habits = self.dice, self.habits
        last = names.last_name(dice)
        if self.residents and dice.chance(habits.shared_name):
            last = self.residents[-1].name.split()[-1]
        first = names.first_name(dice)
        middle = f" {dice.pick('ABCDEFGHJKLMNPRSTW')}" if dice.chance(0.2) else ""
        name = f"{first}{middle} {last}"
        begin = BEGIN - 1 if dice.chance(0.6) else dice.between(BEGIN, STARTS[-3])
        end = END if dice.chance(0.7) else min(END, begin + dice.between(60, 500))
        is_relative = dice.chance(habits.payer_relative)
        payer = self.relative(last) if is_relative else self.hand(name, "self")
        resident = Resident(
            party_id=self.parties.new(),
            name=name,
            begin=begin,
            end=end,
            level=dice.between(0, 2),
            payer=payer,
        )
        if dice.chance(habits.relative_second):
            resident.second = self.relative(last)
            resident.second_from = dice.between(BEGIN, END)
        if dice.chance(habits.payer_organisation):
            resident.organisation = dice.pick(self.organisations)
        if end < END and dice.chance(habits.leaves_owing):
            resident.owes_from = end - dice.between(10, 80)
        draw = dice.draw()
        if draw < habits.care_agency:
            resident.agency = dice.pick(self.agencies)
        elif draw < habits.care_agency + habits.care_insurer:
            resident.insurer = dice.pick(self.insurers)
        elif draw < 0.85:
            is_package = dice.chance(0.8)
            resident.care = (
                dice.pick(self.packages) if is_package else dice.between(80_000, 380_000)
            )
        return resident

    # What is billed.

    def bill(self, who: Resident) -> None:
        """All bills of a resident, month after month."""
        dice = self.dice
        is_together = who.care > 0 and who.organisation is None and dice.chance(0.35)
        for month in range(len(STARTS) - 1):
            if who.begin < STARTS[month + 1] and who.end >= STARTS[month]:
                self.bill_month(who, month, is_together)

    def bill_month(self, who: Resident, month: int, is_together: bool) -> None:
        dice, rates = self.dice, self.rates
        first, last = STARTS[month], STARTS[month + 1] - 1
        length = last - first + 1
        days = min(last, who.end) - max(first, who.begin) + 1
        raised = rates.raised if ISO[first] >= "2025" else 1.0
        board = round(rates.board[who.level] * raised / 50) * 50
        care = round(who.care * raised / 100) * 100
        if days < length:
            board, care = round(board * days / length), round(care * days / length)
        day = max(first - (3 if dice.chance(0.1) else 0), who.begin)
        payer = who.organisation or who.hand(day)
        self.add(day, board + care * is_together, who, "board", month, payer)
        if care and not is_together:
            self.add(day, care, who, "care", month, who.hand(day))
        after = min(last, who.end) + dice.between(1, 6)
        present = days - (dice.between(1, 9) if dice.chance(0.12) else 0)
        if who.agency is not None and present > 0:
            cents = round(rates.care[who.level] * raised) * present
            self.add(after, cents, who, "agency", month, who.agency)
        if who.insurer is not None and present > 0:
            cents = (rates.care[who.level] + 1500) * present
            self.add(after, cents, who, "insurer", month, who.insurer)
        if dice.chance(0.16):
            cents = dice.pick(ADD_ONS) if dice.chance(0.6) else dice.between(800, 24_000)
            self.add(after, cents, who, "add_on", month + 1, who.hand(after))

    def add(self, day: int, cents: int, who: Resident, kind: str, month: int, payer: Payer) -> None:
        dice, habits = self.dice, self.habits
        is_theirs = kind in ("agency", "insurer")
        bill = Bill(
            day=day,
            cents=cents,
            party_id=payer.party_id if is_theirs else who.party_id,
            party_name=payer.name if is_theirs else who.name,
            resident=who,
            payer=payer,
            kind=kind,
            month=month,
            tie=dice.draw(),
        )
        self.bills.append(bill)
        if kind in ("board", "care") and dice.chance(habits.credit):
            self.credit(bill)

    def credit(self, bill: Bill) -> None:
        """A credit note of a part of a bill."""
        dice, habits = self.dice, self.habits
        cents = min(bill.cents, round(bill.cents * dice.between(3, 25) / 100))
        note = Bill(
            day=bill.day + dice.between(2, 9),
            cents=-cents,
            party_id=bill.resident.party_id,
            party_name=bill.resident.name,
            resident=bill.resident,
            payer=bill.payer,
            kind="credit",
            month=bill.month,
            tie=dice.draw(),
            applies_to=bill,
        )
        may_net = bill.payer.kind in ("self", "relative", "unknown") and bill.payer.is_recorded
        draw = dice.draw()
        if draw < habits.credit_netted and may_net:
            note.fate = "netted"
        elif draw < habits.credit_netted + habits.credit_refunded:
            note.fate = "refund"
        self.bills.append(note)


class Parties:
    """Customer numbers without meaning."""

    def __init__(self, dice: Dice) -> None:
        self.last = dice.between(0, 9_999_990)

    def new(self) -> str:
        self.last = (self.last + 3_862_741) % 10_000_019
        return f"C{self.last:08d}"


class Numbers:
    """How an entity numbers its documents: with a prefix and year, a prefix, or digits alone."""

    def __init__(self, dice: Dice) -> None:
        self.style = dice.weighted(
            (("year", 0.35), ("prefix", 0.25), ("tight", 0.15), ("digits", 0.25))
        )
        self.letters = "".join(dice.pick("ABCDEFGHJKLMNPRSTVW") for _ in range(dice.between(2, 3)))
        if dice.chance(0.3):
            self.letters = "INV"
        self.last = dice.between(1, 400) if self.style == "year" else dice.between(1200, 68_000)

    def next(self, day: int, is_credit: bool) -> str:
        self.last += 1
        letters = "CN" if is_credit else self.letters
        if self.style == "year":
            return f"{letters}-{ISO[day][:4]}-{self.last:05d}"
        if self.style == "prefix":
            return f"{letters}-{self.last}"
        if self.style == "tight":
            return f"{letters}{self.last}"
        return f"CN{self.last}" if is_credit else str(self.last)
