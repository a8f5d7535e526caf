"""Write a simulated provider as the CSV files of the exchange format.

Ids are opaque and rows shuffled: neither tells when or for what something was made.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from bench.worlds import banking, people, wording
from bench.worlds.frames import (
    BILL,
    CARE,
    CREDIT,
    CURRENCIES,
    EDGES,
    EXTRA,
    METHODS,
    REMITTANCE,
    ROOM,
    STRANGER,
    SUPPLEMENT,
    Column,
    day_text,
)

if TYPE_CHECKING:
    from bench.worlds.banking import Bank
    from bench.worlds.provider import Provider

FILES = ("invoices", "payments", "bank_lines", "allocations", "remittance_lines", "truth")
PRIME = 2**31 - 1
STATUSES = ("open", "draft", "void")


def written(provider: Provider, bank: Bank, out: Path) -> dict[str, int]:
    """The files of the world. Returns the number of rows of each."""
    draw = provider.draw
    invoice_id = ids(draw, "d", len(provider.invoices["issue"]))
    payment_id = ids(draw, "p", len(provider.events["day"]))
    line_id = ids(draw, "b", len(bank.lines))
    party_id = ids(draw, "c", len(provider.parties.entity))
    tables = {
        "invoices": invoices(provider, invoice_id, party_id),
        "payments": payments(provider, bank, payment_id, party_id),
        "bank_lines": bank_lines(provider, bank, line_id),
        "remittance_lines": remittances(provider, payment_id),
        "truth": truth(provider, bank, invoice_id, payment_id, line_id),
    }
    if provider.wanted.allocations:
        tables["allocations"] = allocations(provider, invoice_id, payment_id)
    for name, table in tables.items():
        shuffled = table.take(pa.array(draw.permutation(len(table))))
        options = pyarrow.csv.WriteOptions(quoting_style="needed")
        pyarrow.csv.write_csv(shuffled, out / f"{name}.csv", options)
    return {name: len(table) for name, table in tables.items()}


def ids(draw: np.random.Generator, letter: str, size: int) -> list[str]:
    """Opaque distinct ids: multiplying modulo a prime scatters a permutation without collision."""
    scattered = (draw.permutation(size) + 1) * 1_103_515_245 % PRIME
    return [f"{letter}{each:08x}" for each in scattered.tolist()]


def money(amounts: Any) -> pa.Array:
    """Cents as decimals with two places; a masked or missing amount stays null."""
    whole = pa.array(amounts, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01")))


def text(values: list[str]) -> pa.Array:
    """Text without line breaks at its ends; an empty one is null."""
    return pa.array([value.strip() or None for value in values], pa.string())


def invoices(provider: Provider, invoice_id: list[str], party_id: list[str]) -> pa.Table:
    frame, parties = provider.invoices, provider.parties
    size = len(frame["issue"])
    entity = frame["entity"].tolist()
    kind, billed = frame["kind"].tolist(), frame["billed"].tolist()
    resident = frame["resident"].tolist()
    settled = np.zeros(size, np.int64)
    about = provider.about_documents
    recorded = provider.events["recorded"][about["event"]] == 1
    np.add.at(settled, about["document"][recorded], about["amount"][recorded])
    paid = provider.keeps_status[frame["entity"]] & (np.abs(settled) >= np.abs(frame["total"]))
    status = np.where((frame["status"] == 0) & paid, 3, frame["status"]).tolist()
    months = (frame["month"] % 12).tolist()
    years = (2025 + frame["month"] // 12).tolist()
    words = {
        ROOM: "Room and board",
        CARE: "Personal care",
        SUPPLEMENT: "Supplement",
        EXTRA: "Incidentals",
        CREDIT: "Credit",
        BILL: "",
    }
    memo = [
        f"{words[each]} {wording.MONTHS[month]} {year}" if words[each] else ""
        for each, month, year in zip(kind, months, years, strict=True)
    ]
    served = np.isin(frame["kind"], [ROOM, CARE])
    last_day = EDGES[frame["month"] + 1] - 1
    applies = frame["applies_to"].tolist()
    named = provider.draw.random(size) < 0.6
    return pa.table(
        {
            "invoice_id": invoice_id,
            "entity": [provider.entity_name[each] for each in entity],
            "direction": ["payable" if each == BILL else "receivable" for each in kind],
            "number": [
                head + tail for head, tail in zip(provider.head, provider.tail, strict=True)
            ],
            "party_id": [party_id[each] for each in billed],
            "party_name": [parties.name[each] for each in billed],
            "issue_date": day_text(frame["issue"]),
            "due_date": day_text(frame["due"]),
            "currency": [CURRENCIES[each] for each in frame["currency"].tolist()],
            "total": money(frame["total"]),
            "status": [(*STATUSES, "paid")[each] for each in status],
            "reference": text(
                [provider.case_number[each] if each >= 0 else "" for each in resident]
            ),
            "memo": text(memo),
            "resident_id": text([party_id[each] if each >= 0 else "" for each in resident]),
            "resident_name": text([parties.name[each] if each >= 0 else "" for each in resident]),
            "service_from": dates_where(EDGES[frame["month"]], served),
            "service_to": dates_where(last_day, served),
            "discount": money(np.ma.masked_equal(frame["discount"], 0)),
            "discount_date": dates_where(frame["discount_day"], frame["discount"] > 0),
            "applies_to_invoice_id": text(
                [
                    invoice_id[each] if each >= 0 and known else ""
                    for each, known in zip(applies, named.tolist(), strict=True)
                ]
            ),
        }
    )


def dates_where(days: Column, known: Column) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.date32(), mask=~known)


def payments(
    provider: Provider, bank: Bank, payment_id: list[str], party_id: list[str]
) -> pa.Table:
    events, parties, chance = provider.events, provider.parties, provider.chance
    rows = np.flatnonzero(events["recorded"] == 1)
    columns = {
        name: events[name][rows].tolist() for name in ("payer", "billed", "channel", "state")
    }
    # How the bookkeeper keyed the party: as billed, or as the one who paid, whole or in part.
    weights = (0.70, 0.80, 0.88, 0.94) if provider.wanted.harder else (0.86, 0.92, 0.95, 0.98)
    only_at_bank = wording.STATE["at_bank"]
    party, name, reference, memo = [], [], [], []
    for row, payer, billed, state in zip(
        rows.tolist(),
        *(columns[each] for each in ("payer", "billed", "state")),
        strict=True,
    ):
        draw = chance.random()
        stranger = parties.kind[payer] == STRANGER
        if draw < weights[0]:
            party.append(party_id[billed])
            name.append(parties.name[billed])
        elif draw < weights[1]:
            party.append("")
            name.append(parties.name[payer] if chance.random() < 0.5 else parties.plain[payer])
        elif draw < weights[2]:
            party.append("" if stranger else party_id[payer])
            name.append(parties.name[payer])
        elif draw < weights[3]:
            party.append("")
            name.append(people.damage(parties.name[billed], chance))
        else:
            party.append("")
            name.append("")
        said = "" if state == only_at_bank else provider.texts[row]
        key = bank.check[row] or bank.trace[row]
        keyed = key if chance.random() < 0.9 else ""
        if said and not keyed and chance.random() < 0.55:
            reference.append(said)
            memo.append("")
        else:
            reference.append(keyed)
            memo.append(said)
    fee = np.array(bank.fee)[rows]
    return pa.table(
        {
            "payment_id": [payment_id[row] for row in rows.tolist()],
            "entity": [provider.entity_name[each] for each in events["entity"][rows].tolist()],
            "direction": ["out" if each else "in" for each in events["out"][rows].tolist()],
            "party_id": text(party),
            "party_name": text(name),
            "date": day_text(events["day"][rows]),
            "currency": [CURRENCIES[each] for each in events["currency"][rows].tolist()],
            "amount": money(events["amount"][rows]),
            "method": [METHODS[each] for each in columns["channel"]],
            "reference": text(reference),
            "memo": text(memo),
            "fee": money(np.ma.masked_equal(fee, 0)),
            "payout_id": text([bank.payout_id[row] for row in rows.tolist()]),
            "account": [bank.account[row] for row in rows.tolist()],
        }
    )


def bank_lines(provider: Provider, bank: Bank, line_id: list[str]) -> pa.Table:
    entity, account, day, currency, amount, words, name, reference, kind = (
        [line[at] for line in bank.lines] for at in range(9)
    )
    return pa.table(
        {
            "line_id": line_id,
            "entity": [provider.entity_name[each] for each in entity],
            "account": account,
            "date": day_text(np.array(day)),
            "currency": currency,
            "amount": money(amount),
            "description": text(words),
            "counterparty": text(name),
            "reference": text(reference),
            "type": text(kind),
        }
    )


def remittances(provider: Provider, payment_id: list[str]) -> pa.Table:
    """What agencies and payees say a transfer is for. A denied line has an amount of zero."""
    events, about, chance = provider.events, provider.about_documents, provider.chance
    told = (events["remitted"] == REMITTANCE) & (events["recorded"] == 1)
    rows = np.flatnonzero(told[about["event"]])
    total, resident = provider.invoices["total"], provider.invoices["resident"]
    references, memos = [], []
    for document, amount in zip(
        about["document"][rows].tolist(), about["amount"][rows].tolist(), strict=True
    ):
        number = provider.head[document], provider.tail[document]
        draw = chance.random()
        if draw < 0.86:
            references.append("".join(number))
        elif draw < 0.95:
            references.append(wording.stripped(number, chance))
        elif draw < 0.98:
            references.append(wording.mistyped(number, chance))
        else:
            references.append(provider.case_number[resident[document]])
        if not amount:
            memos.append(chance.choice(("DENIED CO-18", "DENIED - NO AUTH", "CO-29")))
        elif amount < total[document]:
            memos.append(chance.choice(("CO-45", "REDUCED", "PARTIAL MONTH", "")))
        else:
            memos.append("")
    return pa.table(
        {
            "payment_id": [payment_id[each] for each in about["event"][rows].tolist()],
            "invoice_reference": references,
            "amount": money(about["amount"][rows]),
            "memo": text(memos),
        }
    )


def truth(
    provider: Provider,
    bank: Bank,
    invoice_id: list[str],
    payment_id: list[str],
    line_id: list[str],
) -> pa.Table:
    """Documents to payments, payments to lines, and where nobody recorded one, across."""
    events, about, portions = provider.events, provider.about_documents, bank.portions
    recorded = events["recorded"] == 1
    # An event that nobody recorded has one line at most.
    line_of = np.full(len(recorded), -1)
    line_of[portions["event"]] = portions["line"]
    sign = np.where(events["out"] == 1, -1, 1)
    cases = provider.case_of_settlement(bank.shown)
    rows: list[tuple[str, str, str, str, int, str]] = []
    for at in np.flatnonzero(about["settled"] == 1).tolist():
        event, document = int(about["event"][at]), int(about["document"][at])
        amount = int(about["amount"][at])
        left = ("invoice", invoice_id[document])
        if recorded[event]:
            rows.append((*left, "payment", payment_id[event], amount, cases[at]))
        elif line_of[event] >= 0:
            there = ("bank_line", line_id[line_of[event]], amount * int(sign[event]))
            rows.append((*left, *there, cases[at]))
    for event, line, amount, case in zip(
        *(portions[name].tolist() for name in ("event", "line", "amount", "case")), strict=True
    ):
        if recorded[event]:
            left = ("payment", payment_id[event])
            rows.append((*left, "bank_line", line_id[line], amount, banking.CASES[case]))
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ("left_type", "left_id", "right_type", "right_id", "amount", "case")
    table = dict(zip(names, columns, strict=True))
    return pa.table(table | {"amount": money(table["amount"])})


def allocations(provider: Provider, invoice_id: list[str], payment_id: list[str]) -> pa.Table:
    """The share of the true settlements that the book already knows."""
    about, events = provider.about_documents, provider.events
    known = (about["settled"] == 1) & (about["amount"] > 0)
    known &= events["recorded"][about["event"]] == 1
    known &= provider.draw.random(len(known)) < provider.wanted.allocations
    rows = np.flatnonzero(known)
    return pa.table(
        {
            "payment_id": [payment_id[each] for each in about["event"][rows].tolist()],
            "invoice_id": [invoice_id[each] for each in about["document"][rows].tolist()],
            "amount": money(about["amount"][rows]),
        }
    )
