"""A folder where everything that can be odd is odd: it builds, gates hold, nothing is lost."""

from __future__ import annotations

import csv
import datetime
import random
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.evaluate import evaluate

ROWS = 300
NAMES = (
    *("Ana Lee", "Bob Smith", "D. Smith", "Smith Bob", "José Núñez", "Lane Eve Jr", ""),
    *("Agency of State", "=2+5", "LEE, ANA"),
)
AMOUNTS = ("100.00", "943.00", "943.00", "50.10", "0", "12.345", "1000", "0.01", "99999.99")


class Hostile:
    """Rows drawn from few values, so that numbers, names, amounts and ids meet by accident."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def one(self, *choices: str) -> str:
        return self.draw.choice(choices)

    def day(self) -> str:
        return str(datetime.date(2026, 1, 1) + datetime.timedelta(self.draw.randrange(120)))

    def number(self) -> str:
        digits = str(1000 + self.draw.randrange(150))
        return self.one(f"INV-{digits}", digits, f"AB-2026-{digits:0>5}", "", f"inv {digits}")

    def currency(self) -> str:
        return self.one("USD", "USD", "USD", "EUR", "ZZZ")

    def invoice(self, id_: int) -> dict[str, str]:
        return {
            "invoice_id": f"i{id_}",
            "entity": self.one("a", "b"),
            "direction": self.one("receivable", "receivable", "receivable", "payable"),
            "number": self.number(),
            "party_id": self.one("", "p1", "p2", "p3"),
            "party_name": self.one(*NAMES),
            "issue_date": self.day(),
            "due_date": self.one("", self.day()),
            "currency": self.currency(),
            "total": self.one("", "", "", "-") + self.one(*AMOUNTS),
            "status": self.one("open", "open", "paid", "void", "draft", ""),
            "memo": self.one("", "Room Jan"),
            "resident_name": self.one(*NAMES),
            "discount": self.one("", "5.00", "2000"),
            "discount_date": self.one("", self.day()),
            "applies_to_invoice_id": self.one("", "", f"i{self.draw.randrange(ROWS)}"),
        }

    def payment(self, id_: int) -> dict[str, str]:
        return {
            "payment_id": f"pay{id_:05}",
            "entity": self.one("a", "b"),
            "direction": self.one("in", "in", "in", "out"),
            "party_id": self.one("", "p1", "p2", "p3"),
            "party_name": self.one(*NAMES),
            "date": self.day(),
            "currency": self.currency(),
            "amount": self.one(*AMOUNTS),
            "method": self.one("ach", "card", "check", "eft", "", "cash"),
            "reference": self.one(
                *("", "RENT", self.number(), f"{self.number()} {self.number()}", "Redeposit"),
                *(f"pay{self.draw.randrange(ROWS):05}", str(self.draw.randrange(9999))),
            ),
            "memo": self.one("", self.number()),
            "fee": self.one("", "2.00", "5000"),
            "payout_id": self.one("", "", f"po{self.draw.randrange(20)}"),
            "account": self.one("", "op"),
        }

    def bank_line(self, id_: int) -> dict[str, str]:
        name = self.one(*NAMES).upper()
        return {
            "line_id": f"l{id_}",
            "entity": self.one("a", "b"),
            "account": self.one("op", "sav"),
            "date": self.day(),
            "currency": self.currency(),
            "amount": self.one("", "", "-") + self.one(*AMOUNTS),
            "description": self.one(
                *(f"ACH CREDIT {name}", f"RETURNED ITEM CK {self.draw.randrange(9999)}", "DEPOSIT"),
                *("STRIPE TRANSFER", "NSF FEE", "ONLINE TRANSFER TO SAVINGS", "INTEREST PAID"),
                *(f"REVERSAL {name}", f"ACH {self.number()}", "=cmd()", ""),
            ),
        }

    def allocation(self, _: int) -> dict[str, str]:
        return {
            "payment_id": f"pay{self.draw.randrange(ROWS):05}",
            "invoice_id": f"i{self.draw.randrange(ROWS)}",
            "amount": self.one(*AMOUNTS),
        }

    def remittance_line(self, _: int) -> dict[str, str]:
        return {
            "payment_id": f"pay{self.draw.randrange(ROWS):05}",
            "invoice_reference": self.one(self.number(), "nobody knows", ""),
            "amount": self.one("", *AMOUNTS),
        }

    def taken_back(self, payment: dict[str, str]) -> list[dict[str, str]]:
        """What an agency pays on one document less what it takes back on another."""
        amounts = (Decimal(payment["amount"]) + 40, Decimal(-40))
        return [
            {
                "payment_id": payment["payment_id"],
                "invoice_reference": self.number(),
                "amount": str(amount),
            }
            for amount in amounts
        ]


def write(folder: Path, seed: int) -> None:
    draw = Hostile(seed)
    files = {
        "invoices": (draw.invoice, ROWS),
        "payments": (draw.payment, ROWS),
        "bank_lines": (draw.bank_line, ROWS),
        "allocations": (draw.allocation, 60),
        "remittance_lines": (draw.remittance_line, 60),
    }
    written: dict[str, list[dict[str, str]]] = {}
    for name, (row, count) in files.items():
        rows = written[name] = [row(number) for number in range(count)]
        if name == "remittance_lines":
            for payment in written["payments"][::5]:
                rows += draw.taken_back(payment)
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_meets_by_accident_builds_and_every_item_is_placed(
    seed: int, tmp_path: Path
) -> None:
    write(tmp_path, seed)

    evaluate(tmp_path, warehouse=tmp_path / "published.duckdb")

    with duckdb.connect(str(tmp_path / "published.duckdb"), read_only=True) as published:
        placed = published.execute(
            "select count(*) from (select left_key as key from marts.match_allocations"
            " union select right_key from marts.match_allocations"
            " union select item_key from marts.unmatched_items)"
            " where key in (select invoice_key from marts.invoices"
            " union all select payment_key from marts.payments"
            " union all select bank_line_key from marts.bank_lines)"
        ).fetchall()
    assert placed == [(3 * ROWS,)]
