"""The records of a plain group while it grows, its calendar, and the files that keep them.

Money is an integer count of cents and a day a count from the epoch, until they are written.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from bench.worlds.cash_application import money

EPOCH = date(2023, 1, 1)
ISO = [(EPOCH + timedelta(days=day)).isoformat() for day in range(2000)]
WEEKDAY = [(EPOCH.weekday() + day) % 7 for day in range(2000)]

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

Row = Sequence[str]
# An item's type and its place among those of its type.
Item = tuple[str, int]


@dataclass(kw_only=True, slots=True)
class Invoice:
    """A document of either direction; it applies to the one at a place, or to none."""

    entity: str
    direction: str
    number: str
    party_id: str
    party_name: str
    issue: int
    due: int
    cents: int
    status: str = "open"
    memo: str = ""
    resident_id: str = ""
    resident_name: str = ""
    service: tuple[int, int] | None = None
    applies_to: int | None = None

    def row(self, ids: Sequence[str]) -> Row:
        return (
            self.entity,
            self.direction,
            self.number,
            self.party_id,
            self.party_name,
            ISO[self.issue],
            ISO[self.due],
            "USD",
            money(self.cents),
            self.status,
            "",
            self.memo,
            self.resident_id,
            self.resident_name,
            ISO[self.service[0]] if self.service else "",
            ISO[self.service[1]] if self.service else "",
            "" if self.applies_to is None else ids[self.applies_to],
        )


@dataclass(kw_only=True, slots=True)
class Payment:
    """Money in or out as the book has it."""

    entity: str
    direction: str
    party_id: str
    party_name: str
    day: int
    cents: int
    method: str
    reference: str
    memo: str
    account: str
    fee: int = 0
    payout: str = ""

    def row(self) -> Row:
        return (
            self.entity,
            self.direction,
            self.party_id,
            self.party_name,
            ISO[self.day],
            "USD",
            money(self.cents),
            self.method,
            self.reference,
            self.memo,
            money(self.fee) if self.fee else "",
            self.payout,
            self.account,
        )


class Ledger:
    """All that was written so far; an item is known by its place until the end."""

    def __init__(self) -> None:
        self.invoices: list[Invoice] = []
        self.payments: list[Payment] = []
        self.lines: list[Row] = []
        self.advice: list[tuple[int, Row]] = []
        self.pairs: list[tuple[Item, Item, int, str]] = []

    def invoice(self, invoice: Invoice) -> int:
        self.invoices.append(invoice)
        return len(self.invoices) - 1

    def payment(self, payment: Payment) -> int:
        self.payments.append(payment)
        return len(self.payments) - 1

    def line(self, row: Row) -> int:
        self.lines.append(row)
        return len(self.lines) - 1

    def settles(self, invoice: int, payment: int, cents: int, case: str) -> None:
        self.pairs.append((("invoice", invoice), ("payment", payment), cents, case))

    def clears(self, payment: int, line: int, cents: int, case: str) -> None:
        self.pairs.append((("payment", payment), ("bank_line", line), cents, case))

    def direct(self, invoice: int, line: int, cents: int, case: str) -> None:
        self.pairs.append((("invoice", invoice), ("bank_line", line), cents, case))

    def write(self, folder: Path, rng: np.random.Generator) -> None:
        """Write the files with opaque ids, each in an order of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        ids = {
            "invoice": opaque(rng, len(self.invoices), "i"),
            "payment": opaque(rng, len(self.payments), "p"),
            "bank_line": opaque(rng, len(self.lines), "b"),
        }
        invoices, payments, lines = ids.values()
        row_at: dict[str, tuple[int, Callable[[int], Row]]] = {
            "invoices": (
                len(invoices),
                lambda at: (invoices[at], *self.invoices[at].row(invoices)),
            ),
            "payments": (len(payments), lambda at: (payments[at], *self.payments[at].row())),
            "bank_lines": (len(lines), lambda at: (lines[at], *self.lines[at])),
            "remittance_lines": (len(self.advice), lambda at: self.advice_row(at, payments)),
            "truth": (len(self.pairs), lambda at: self.truth_row(at, ids)),
        }
        for name, (count, row) in row_at.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS[name].split())
                writer.writerows(map(row, rng.permutation(count).tolist()))

    def advice_row(self, at: int, payments: Sequence[str]) -> Row:
        payment, row = self.advice[at]
        return payments[payment], *row

    def truth_row(self, at: int, ids: dict[str, list[str]]) -> Row:
        (left, left_at), (right, right_at), cents, case = self.pairs[at]
        return left, ids[left][left_at], right, ids[right][right_at], money(cents), case


def opaque(rng: np.random.Generator, count: int, letter: str) -> list[str]:
    """So many ids that differ and tell nothing."""
    drawn = np.unique(rng.integers(0, 1 << 48, count + count // 100 + 16))
    return [f"{letter}{value:012x}" for value in rng.permutation(drawn)[:count].tolist()]


def day_of(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - EPOCH).days


def business_day(day: int, later: int = 0) -> int:
    """The day itself or the next working day, and `later` working days after that."""
    while WEEKDAY[day] > 4:
        day += 1
    for _ in range(later):
        day += 1
        while WEEKDAY[day] > 4:
            day += 1
    return day
