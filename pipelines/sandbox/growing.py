"""The world while it grows: its records, its ids, its chances."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pipelines.sandbox import wording
from pipelines.sandbox.business_days import month_start
from pipelines.sandbox.records import (
    Account,
    Allocation,
    BankLine,
    Difficulty,
    Entity,
    Home,
    Invoice,
    Link,
    OwnTransfer,
    Party,
    Payment,
    RemittanceLine,
    Return,
    Settlement,
    Statement,
    World,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How hard it is to tell what belongs to what. All but the last are shares."""

    number: float  # payments that name an invoice number
    slip: float  # of those, mistyped or transposed
    foreign: float  # residents whose bills somebody else pays
    direct: float  # receipts that nobody recorded
    applied: float  # recorded payments that the books have already applied
    remittance: float  # transfers for many whose payer sends a list
    common_names: int  # surnames in use


PROFILES: dict[Difficulty, Profile] = {
    "ordinary": Profile(
        number=0.62,
        slip=0.08,
        foreign=0.25,
        direct=0.06,
        applied=0.55,
        remittance=0.75,
        common_names=900,
    ),
    "harder": Profile(
        number=0.35,
        slip=0.14,
        foreign=0.45,
        direct=0.10,
        applied=0.35,
        remittance=0.5,
        common_names=120,
    ),
}


class Growing:
    """The world while it grows: what every provider adds to."""

    def __init__(self, rng: Random, start: date, months: int, difficulty: Difficulty) -> None:
        self.rng = rng
        self.start, self.end = start, month_start(start, months) - timedelta(1)
        self.months = months
        self.difficulty = difficulty
        self.profile = PROFILES[difficulty]
        self.surnames = [wording.surname(rng) for _ in range(self.profile.common_names)]
        self.entities: list[Entity] = []
        self.accounts: list[Account] = []
        self.homes: list[Home] = []
        self.parties: list[Party] = []
        self.invoices: list[Invoice] = []
        self.payments: list[Payment] = []
        self.allocations: dict[str, list[Allocation]] = defaultdict(list)
        self.gateway_allocations: list[Allocation] = []
        self.remittance_lines: list[RemittanceLine] = []
        self.settlements: list[Settlement] = []
        self.bank_lines: list[BankLine] = []
        self.returns: list[Return] = []
        self.transfers: list[OwnTransfer] = []
        self.links: list[Link] = []
        self._serial: dict[str, int] = defaultdict(int)
        self._scramble: dict[str, int] = {}
        self._calls: dict[str, int] = defaultdict(int)

    def new_id(self, kind: str) -> str:
        """`kind` and a number that tells nothing about order: a bijection on 30 bits."""
        if kind not in self._scramble:
            self._scramble[kind] = self.rng.getrandbits(29) * 2 + 1
        self._serial[kind] += 1
        return f"{kind}_{self._serial[kind] * self._scramble[kind] & 0x3FFFFFFF:08x}"

    def rare(self, kind: str, one_in: int) -> bool:
        """True on every `one_in`th call for this kind, so that rare things do occur."""
        self._calls[kind] += 1
        return self._calls[kind] % one_in == one_in // 2

    def person(self) -> str:
        return wording.person(self.rng, self.rng.choice(self.surnames))

    def finished(self, seed: int) -> World:
        return World(
            seed=seed,
            difficulty=self.difficulty,
            start=self.start,
            end=self.end,
            entities=tuple(self.entities),
            accounts=tuple(self.accounts),
            homes=tuple(self.homes),
            parties=tuple(self.parties),
            invoices=tuple(sorted(self.invoices, key=lambda one: one.invoice_id)),
            payments=tuple(sorted(self.payments, key=lambda one: one.payment_id)),
            allocations=tuple(one for each in self.allocations.values() for one in each),
            gateway_allocations=tuple(self.gateway_allocations),
            remittance_lines=tuple(self.remittance_lines),
            settlements=tuple(self.settlements),
            bank_lines=tuple(sorted(self.bank_lines, key=lambda one: one.line_id)),
            returns=tuple(self.returns),
            transfers=tuple(self.transfers),
            statements=tuple(self._statements()),
            links=tuple(self.links),
        )

    def _statements(self) -> list[Statement]:
        by_month: dict[tuple[str, date], list[BankLine]] = defaultdict(list)
        for line in self.bank_lines:
            by_month[line.account, month_start(line.date)].append(line)
        statements = []
        for account in self.accounts:
            balance = account.opening
            for number in range(self.months):
                first = month_start(self.start, number)
                lines = by_month[account.account, first]
                lines.sort(key=lambda line: (line.date, line.line_id))
                closing = balance + sum(line.amount for line in lines)
                statements.append(
                    Statement(
                        account=account.account,
                        number=number + 1,
                        period_start=first,
                        period_end=month_start(first, 1) - timedelta(1),
                        opening=balance,
                        closing=closing,
                        lines=tuple(lines),
                    )
                )
                balance = closing
        return statements
