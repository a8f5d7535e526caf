"""Writes a world as an exchange folder: CSV files and, beside them, the truth.

    python -m pipelines.sandbox.exchange --seed 7 --invoices 20000 --out DIR

The folder holds one record of each thing; mirrors of it in other systems are left out. With
`allocations`, what the books already say pays what is written, too, and the invoices' status with
it; without, nobody has matched anything yet.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipelines.sandbox.records import Difficulty, World
from pipelines.sandbox.world import simulate

CURRENCY = "USD"
INVOICES = (
    "invoice_id entity direction number party_id party_name issue_date due_date currency total "
    "status reference memo resident_id resident_name service_from service_to tax discount "
    "discount_date applies_to_invoice_id"
)
PAYMENTS = (
    "payment_id entity direction party_id party_name date currency amount method reference memo "
    "fee payout_id account"
)
BANK_LINES = "line_id entity account date currency amount description counterparty reference type"
ALLOCATIONS = "payment_id invoice_id amount"
REMITTANCE_LINES = "payment_id invoice_reference amount memo"
TRUTH = "left_type left_id right_type right_id amount case"


def write_exchange(world: World, folder: Path, allocations: bool = False) -> None:
    """Write the whole folder; files of the same name are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "invoices.csv", INVOICES, _invoices(world, allocations))
    _write(folder / "payments.csv", PAYMENTS, _payments(world))
    _write(folder / "bank_lines.csv", BANK_LINES, _bank_lines(world))
    remittances = (
        (one.payment_id, one.invoice_reference, amount_text(one.amount), one.memo)
        for one in world.remittance_lines
    )
    _write(folder / "remittance_lines.csv", REMITTANCE_LINES, remittances)
    if allocations:
        books = (
            (one.payment_id, one.invoice_id, amount_text(one.amount)) for one in world.allocations
        )
        _write(folder / "allocations.csv", ALLOCATIONS, books)
    truth = (
        (
            one.left_type,
            one.left_id,
            one.right_type,
            one.right_id,
            amount_text(one.amount),
            one.case,
        )
        for one in world.links
    )
    _write(folder / "truth.csv", TRUTH, truth)


def amount_text(cents: int) -> str:
    """Cents as a plain decimal: -1205 is "-12.05"."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02}"


def _date_text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _write(path: Path, header: str, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def _invoices(world: World, allocations: bool) -> Iterator[tuple[str, ...]]:
    paid: dict[str, int] = defaultdict(int)
    for allocation in world.allocations if allocations else ():
        paid[allocation.invoice_id] += allocation.amount
    for one in world.invoices:
        status = "void" if one.is_void else "paid" if paid[one.invoice_id] == one.total else "open"
        yield (
            one.invoice_id,
            one.entity,
            one.direction,
            one.number,
            one.party_id,
            one.party_name,
            _date_text(one.issue_date),
            _date_text(one.due_date),
            CURRENCY,
            amount_text(-one.total if one.document_type == "credit_note" else one.total),
            status,
            "",
            one.memo,
            one.resident_id or "",
            one.resident_name or "",
            _date_text(one.service_from),
            _date_text(one.service_to),
            "0.00",
            amount_text(one.discount) if one.discount else "",
            _date_text(one.discount_date),
            one.applies_to or "",
        )


def _payments(world: World) -> Iterator[tuple[str, ...]]:
    for one in world.payments:
        settlement = world.settlement_of.get(one.payment_id) if one.gateway else None
        yield (
            one.payment_id,
            one.entity,
            one.direction,
            one.party_id or "",
            one.payer_name,
            _date_text(one.date),
            CURRENCY,
            amount_text(one.amount),
            one.method,
            one.reference,
            one.memo,
            amount_text(one.fee) if one.gateway else "",
            settlement.settlement_id if settlement else "",
            one.account or "",
        )


def _bank_lines(world: World) -> Iterator[tuple[str, ...]]:
    for one in world.bank_lines:
        yield (
            one.line_id,
            one.entity,
            one.account,
            _date_text(one.date),
            CURRENCY,
            amount_text(one.amount),
            one.description,
            one.counterparty,
            one.reference or one.check_number or "",
            "check" if one.check_number else "credit" if one.amount > 0 else "debit",
        )


def main(
    out: Annotated[Path, typer.Option(help="The folder to write; made when missing.")],
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = 7,
    invoices: Annotated[int, typer.Option(help="About how many documents.")] = 1200,
    entities: Annotated[int, typer.Option(help="Legal entities; 0: one for 5,000 invoices.")] = 0,
    months: Annotated[int, typer.Option(help="Months of history.")] = 12,
    harder: Annotated[bool, typer.Option(help="Fewer numbers, more foreign payers.")] = False,
    one_huge_entity: Annotated[bool, typer.Option(help="Four fifths in one entity.")] = False,
    allocations: Annotated[bool, typer.Option(help="Write what the books applied, too.")] = False,
) -> None:
    """Write a simulated reconciliation problem and its solution."""
    difficulty: Difficulty = "harder" if harder else "ordinary"
    world = simulate(
        seed,
        invoices,
        entities or max(2, invoices // 5000),
        months=months,
        difficulty=difficulty,
        one_huge_entity=one_huge_entity,
    )
    write_exchange(world, out, allocations)
    typer.echo(
        f"{out}: {len(world.invoices)} invoices, {len(world.payments)} payments, "
        f"{len(world.bank_lines)} bank lines, {len(world.links)} true links"
    )


if __name__ == "__main__":
    typer.run(main)
