"""The SQL that an analyst writes into a notebook: numbers, then payer and amount, then dates.

A payment is linked to every invoice it names; what names none, to the nearest invoice of the same
party and amount. A deposit is linked to the nearest bank line of its amount, each line once.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.peers.folder import Steps, read, write

SETTLED = """
create table by_number as
select invoices.invoice_id, payments.payment_id,
    least(abs(invoices.cents), abs(payments.cents)) as cents
from named
join payments using (payment_id, book)
join invoices using (book, number)
where sign(invoices.cents) = sign(payments.cents);

create table by_party as
select invoices.invoice_id, payments.payment_id, abs(invoices.cents) as cents
from invoices
join payments using (book, party_id, cents)
where payments.date between invoices.date - 10 and invoices.date + 90
    and invoices.invoice_id not in (select invoice_id from by_number)
    and payments.payment_id not in (select payment_id from by_number)
qualify
    row_number() over (
        partition by invoices.invoice_id
        order by abs(payments.date - invoices.date), payments.payment_id
    ) = 1
    and row_number() over (
        partition by payments.payment_id
        order by abs(payments.date - invoices.date), invoices.invoice_id
    ) = 1;

create table settled as
select *, 'auto' as status, 1 as probability from by_number
union all
select *, 'auto', 1 from by_party;
"""
CLEARED = """
create table cleared as
select deposits.deposit_id, bank_lines.line_id, 'auto' as status, 1 as probability
from deposits
join bank_lines using (book, cents)
where bank_lines.date between deposits.date - 2 and deposits.date + 14
qualify
    row_number() over (
        partition by deposits.deposit_id
        order by abs(bank_lines.date - deposits.date), bank_lines.line_id
    ) = 1
    and row_number() over (
        partition by bank_lines.line_id
        order by abs(bank_lines.date - deposits.date), deposits.deposit_id
    ) = 1;
"""


def link(folder: Path, links: Path) -> Steps:
    """Write the links of an exchange folder."""
    steps = Steps()
    with steps.step("read"):
        connection = read(folder)
    with steps.step("link"):
        connection.execute(SETTLED)
        connection.execute(CLEARED)
    with steps.step("write"):
        write(connection, links)
    return steps


if __name__ == "__main__":
    link(Path(sys.argv[1]), Path(sys.argv[2])).tell()
