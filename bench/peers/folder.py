"""An exchange folder as tables, and links as a file: what every script here begins and ends with.

Money is signed cents: what came in is positive. `book` is entity and currency, so the same book and
the same cents are the same direction, too. Credit notes are left out.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

REMITTANCES = "cast(null as varchar) as payment_id, cast(null as varchar) as invoice_reference"

# A number as payers write it: `MH-2026-00570`, `m1h 2026 00570`, `INV 1398`, `SY98538`, `1398`.
NUMBER = r"[A-Z][A-Z0-9]{0,3}[-– ]?20\d\d[-– ]?\d{3,}|[A-Z]*[-– #]?\d{3,}"

TABLES = """
create macro bare(text) as regexp_replace(
    regexp_replace(upper(text), '[^A-Z0-9]', '', 'g'), '^(INVOICE|INV|NO)([0-9])', '\\2');
create macro cents(text) as cast(100 * cast(text as decimal(18, 4)) as bigint);

create table invoices as
select
    invoice_id,
    concat_ws('/', entity, currency) as book,
    cast(issue_date as date) as date,
    if(direction = 'receivable', 1, -1) * cents(total) as cents,
    bare(number) as number,
    party_id,
    party_name,
    resident_name
from {invoices}
where coalesce(status, 'open') not in ('draft', 'void') and cents(total) > 0;

-- The reference of a cheque is the cheque's number, and names no invoice.
create table payments as
with remittances as (
    select payment_id, string_agg(invoice_reference, ' , ' order by invoice_reference) as text
    from {remittance_lines}
    group by payment_id
)
select
    payment_id,
    concat_ws('/', entity, currency) as book,
    cast(date as date) as date,
    if(direction = 'in', 1, -1) * cents(amount) as cents,
    if(direction = 'in', 1, -1) * cents(amount) - cents(coalesce(fee, '0')) as net_cents,
    coalesce(payout_id, payment_id) as deposit_id,
    payout_id is not null as is_paid_out,
    party_id,
    party_name,
    concat_ws(' , ', reference, memo) as text,
    concat_ws(' , ', if(method = 'check', null, reference), memo, remittances.text) as named
from {payments} as payments
left join remittances using (payment_id);

create table named as
select distinct payment_id, book, bare(number) as number
from payments, unnest(regexp_extract_all(upper(named), '{number}')) as found (number);

-- What the bank will show: a payout as one sum, any other payment by itself.
create table deposits as
select
    deposit_id,
    book,
    is_paid_out,
    max(date) as date,
    sum(net_cents) as cents,
    if(is_paid_out, null, min(party_name)) as party_name,
    if(is_paid_out, null, min(text)) as text
from payments
group by deposit_id, book, is_paid_out;

create table bank_lines as
select
    line_id,
    concat_ws('/', entity, currency) as book,
    cast(date as date) as date,
    cents(amount) as cents,
    concat_ws(' ', description, counterparty, reference) as text
from {bank_lines};
"""

# Links of deposits become links of the payments inside.
LINKS = """
copy (
    select
        'invoice' as left_type, invoice_id as left_source_id,
        'payment' as right_type, payment_id as right_source_id,
        cast(cents as decimal(18, 4)) * 0.01 as amount, status, probability
    from settled
    union all
    select
        'payment', payments.payment_id, 'bank_line', cleared.line_id,
        cast(payments.net_cents as decimal(18, 4)) * 0.01, cleared.status, cleared.probability
    from cleared join payments using (deposit_id)
) to '{file}' (format parquet)
"""

Money = dict[str, int]
Pair = tuple[str, str, float]


def read(folder: Path) -> duckdb.DuckDBPyConnection:
    """The folder's tables, in memory; what does not fit there goes to the temporary folder."""
    connection = duckdb.connect(config={"temp_directory": tempfile.gettempdir()})
    files = {name: folder / f"{name}.csv" for name in ("invoices", "payments", "bank_lines")}
    names = {name: f"read_csv('{file}', all_varchar = true)" for name, file in files.items()}
    remittances = folder / "remittance_lines.csv"
    names["remittance_lines"] = (
        f"read_csv('{remittances}', all_varchar = true)"
        if remittances.exists()
        else f"(select {REMITTANCES} where false)"
    )
    connection.execute(TABLES.format(**names, number=NUMBER))
    return connection


def write(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write the tables `settled` and `cleared`.

    The first has invoice_id, payment_id and cents, the second deposit_id and line_id; both have
    `status`, `auto` or `suggested`, and `probability` from 0 to 1.
    """
    connection.execute(LINKS.format(file=file))


def take_in_order(pairs: Iterable[Pair], left: Money, right: Money) -> Iterator[tuple[Pair, int]]:
    """The pairs whose both sides still have money when their turn comes, best first.

    Args:
        pairs: Left, right and score; the caller has put them in order.
        left, right: What each side has, in cents without sign; used up by this.

    Yields:
        The pair and the cents that pass between its sides.
    """
    for pair in pairs:
        passed = min(left[pair[0]], right[pair[1]])
        if passed > 0:
            left[pair[0]] -= passed
            right[pair[1]] -= passed
            yield pair, passed


class Steps:
    """Seconds of named steps; the same name adds up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = self.seconds.get(name, 0) + time.monotonic() - began

    def tell(self, **more: object) -> None:
        """Print the steps, and what else is worth knowing, as one line of JSON."""
        seconds: Mapping[str, float] = {name: round(s, 3) for name, s in self.seconds.items()}
        print(json.dumps({"seconds": seconds, **more}))
