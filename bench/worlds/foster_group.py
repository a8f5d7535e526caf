"""A simulated group of adult foster care homes, as an exchange folder.

    python -m bench.worlds.foster_group --seed 1 --invoices 20000 --out DIR [--harder]
        [--entities N]

Many legal entities bill residents, relatives and public bodies over a year and a half, at a few
rates that the state sets and at amounts of their own, and pay vendors. Many offices take cheques
and cash to the bank without a slip, several gateways pay out cards, and some parties pay past the
books. Banks re-word and cut what payers wrote.

What happened is drawn entity after entity, each from a chance of its own, and written about as it
happens. Money is an integer count of cents and a day its ordinal, until they are written.

How truth speaks where opinions differ: its amounts are positive. A credit note stands in no pair,
and its invoice's pair has the net. A payment that the bank sends back pairs with its first line and
settles nothing; the return and its fee pair with nothing. What is paid anew or put in again is a
payment of its own, though nobody records some of what is put in again. A second payment of an
invoice always names the number, comes at least four days later and pairs with its line alone. Of
what was paid too much the pair has what is owed. A refund is a payment out that pairs with its line
alone. A card payment pairs with its payout less the fee. Where nobody recorded a payment, its
invoices stand against the line: mostly by a habit of the party, whose money all goes straight to
the bank.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.worlds.cash_application import money
from bench.worlds.foster_group_bank import Bank
from bench.worlds.foster_group_bills import bill, new_entity
from bench.worlds.foster_group_payments import Plan
from bench.worlds.foster_group_records import (
    HARDER,
    ORDINARY,
    Entity,
    Invoice,
    Line,
    Pair,
    Payment,
)
from bench.worlds.foster_group_words import day_text, line_type

COLUMNS = {
    "invoices": "invoice_id entity direction number party_id party_name issue_date due_date "
    "currency total status reference memo resident_id resident_name service_from service_to tax "
    "discount discount_date applies_to_invoice_id",
    "payments": "payment_id entity direction party_id party_name date currency amount method "
    "reference memo fee payout_id account",
    "bank_lines": "line_id entity account date currency amount description counterparty "
    "reference type",
    "remittance_lines": "payment_id invoice_reference amount memo",
    "truth": "left_type left_id right_type right_id amount case",
}
DISCOUNT_DAYS = 10

Row = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to simulate. `entities` of None takes as many as such groups have."""

    seed: int
    invoices: int
    entities: int | None = None
    harder: bool = False


def sizes(wanted: Wanted) -> list[int]:
    """How many invoices each entity has: a few have many, many a middling number."""
    count = wanted.entities or max(3, min(48, round(wanted.invoices**0.5 / 26)))
    chance = random.Random(f"foster_group/sizes/{wanted.seed}")
    weights = [(place + 2.5) ** -0.6 * chance.uniform(0.8, 1.2) for place in range(count)]
    total = sum(weights)
    invoices = [int(wanted.invoices * weight / total) for weight in weights]
    invoices[0] += wanted.invoices - sum(invoices)
    return invoices


def lived(wanted: Wanted, place: int, invoices: int) -> Entity:
    """An entity with all that its year and a half leaves behind."""
    chance = random.Random(f"foster_group/entity/{wanted.seed}/{place}")
    entity = new_entity(chance, place, HARDER if wanted.harder else ORDINARY)
    bill(entity, invoices)
    Bank(entity).receive(Plan(entity).make())
    # Among those of a day no order tells anything.
    chance.shuffle(entity.payments)
    entity.payments.sort(key=lambda payment: payment.day)
    chance.shuffle(entity.lines)
    entity.lines.sort(key=lambda line: (line.account, line.day))
    return entity


def status(entity: Entity, invoice: Invoice) -> str:
    """That of the document, or `paid` where the book keeps it so."""
    is_paid = invoice.recorded >= invoice.owed > 0
    if entity.keeps_status and invoice.status == "open" and is_paid:
        return "paid"
    return invoice.status


def invoice_row(entity: Entity, invoice: Invoice) -> Row:
    resident, service = invoice.resident, invoice.service
    return (
        invoice.id,
        entity.name,
        invoice.direction,
        invoice.number,
        invoice.party.id,
        invoice.party.name,
        day_text(invoice.issue),
        day_text(invoice.due),
        "USD",
        money(invoice.cents),
        status(entity, invoice),
        invoice.reference,
        invoice.memo,
        resident.id if resident else "",
        resident.name if resident else "",
        day_text(service[0]) if service else "",
        day_text(service[1]) if service else "",
        "",
        money(invoice.discount) if invoice.discount else "",
        day_text(invoice.issue + DISCOUNT_DAYS) if invoice.discount else "",
        invoice.applies_to.id if invoice.applies_to else "",
    )


def payment_row(entity: Entity, payment: Payment) -> Row:
    return (
        payment.id,
        entity.name,
        payment.direction,
        payment.party_id,
        payment.party_name,
        day_text(payment.day),
        "USD",
        money(payment.cents),
        payment.method,
        payment.reference,
        payment.memo,
        money(payment.fee) if payment.fee else "",
        payment.payout,
        payment.account,
    )


def line_row(entity: Entity, line: Line) -> Row:
    return (
        line.id,
        entity.name,
        line.account,
        day_text(line.day),
        "USD",
        money(line.cents),
        line.description,
        line.counterparty,
        line.reference,
        line_type(entity.style, line.kind, line.cents),
    )


def advice_rows(payment: Payment) -> Iterator[Row]:
    for advice in payment.advice:
        cents = "" if advice.cents is None else money(advice.cents)
        yield payment.id, advice.reference, cents, advice.memo


def truth_row(pair: Pair) -> Row:
    left, right = pair.left, pair.right
    return (left.item_type, left.id, right.item_type, right.id, money(pair.cents), pair.case)


def simulate(wanted: Wanted, out: Path) -> dict[str, int]:
    """The files of a world, entity after entity. Returns the number of rows of each."""
    out.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(COLUMNS, 0)
    with ExitStack() as files:
        writers = {}
        for name, columns in COLUMNS.items():
            path = out / f"{name}.csv"
            file = files.enter_context(path.open("w", encoding="utf-8", newline=""))
            writers[name] = csv.writer(file, lineterminator="\n")
            writers[name].writerow(columns.split())
        for place, invoices in enumerate(sizes(wanted)):
            entity = lived(wanted, place, invoices)
            for name, table in rows(entity, counts).items():
                writers[name].writerows(table)
                counts[name] += len(table)
    return counts


def rows(entity: Entity, counts: dict[str, int]) -> dict[str, list[Row]]:
    """The rows of each file that are of the entity, whose ids follow those that `counts` has."""
    invoices, payments, lines = entity.invoices, entity.payments, entity.lines
    for at, invoice in enumerate(invoices, counts["invoices"] + 1):
        invoice.id = f"I{at:07d}"
    for at, payment in enumerate(payments, counts["payments"] + 1):
        payment.id = f"P{at:07d}"
    for at, line in enumerate(lines, counts["bank_lines"] + 1):
        line.id = f"B{at:07d}"
    return {
        "invoices": [invoice_row(entity, invoice) for invoice in invoices],
        "payments": [payment_row(entity, payment) for payment in payments],
        "bank_lines": [line_row(entity, line) for line in lines],
        "remittance_lines": [row for payment in payments for row in advice_rows(payment)],
        "truth": [truth_row(pair) for pair in entity.pairs],
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--invoices", type=int, default=20_000, help="how many documents")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--harder", action="store_true", help="fewer numbers, more damage")
    parser.add_argument("--entities", type=int)
    given = parser.parse_args(argv)
    wanted = Wanted(
        seed=given.seed,
        invoices=given.invoices,
        entities=given.entities,
        harder=given.harder,
    )
    counts = simulate(wanted, given.out)
    print(", ".join(f"{count:,} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
