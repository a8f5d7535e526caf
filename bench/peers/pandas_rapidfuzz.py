"""A pandas script with fuzzy texts: the same amount near in time, then the most alike text.

Both steps compare what stands in the same book with the same amount and take the most alike pairs
first, each side once. From 80 of 100 a pair is taken as a link, from 60 it is proposed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from rapidfuzz import fuzz, process

from bench.peers.folder import Steps, read, take_in_order, write

LINKED, PROPOSED = 80, 60

INVOICES = """
select invoice_id as id, book, cents, date,
    concat_ws(' ', number, party_name, resident_name) as text
from invoices
"""
PAYMENTS = """
select payment_id as id, book, cents, date, concat_ws(' ', named, party_name) as text from payments
"""
# Nothing in a payout's line names its payers: that its sum is met must do.
DEPOSITS = """
select deposit_id as id, book, cents, date, concat_ws(' ', party_name, text) as text, is_paid_out
from deposits
"""
LINES = "select line_id as id, book, cents, date, text from bank_lines"


def alike(left: pd.DataFrame, right: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Pairs of equal amount, `first` to `last` days apart, the most alike first.

    Returns:
        Columns `left`, `right` and `score` (0 to 1) of the pairs that are at least proposed.
    """
    found = [pd.DataFrame({"left": [], "right": [], "score": [], "days": []})]
    rights = dict(list(right.groupby("book")))
    for book, lefts in left.groupby("book"):
        if book not in rights:
            continue
        pairs = lefts.merge(rights[book], on="cents")
        days = (pairs["date_y"] - pairs["date_x"]).dt.days
        pairs = pairs.assign(days=days.abs())[days.between(first, last)]
        scores = process.cpdist(
            pairs["text_x"].str.upper().to_list(),
            pairs["text_y"].str.upper().to_list(),
            scorer=fuzz.token_set_ratio,
        )
        if "is_paid_out" in pairs:
            scores[pairs["is_paid_out"].to_numpy()] = 100
        pairs = pairs.assign(score=scores / 100)[scores >= PROPOSED]
        found.append(pairs.rename(columns={"id_x": "left", "id_y": "right"})[list(found[0])])
    order = {"score": False, "days": True, "left": True, "right": True}
    every = pd.concat(found)
    return every.sort_values(list(order), ascending=list(order.values()))


def take(pairs: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """The best pairs, each side once, with `cents`, `status` and `probability`."""
    money = [dict(zip(side["id"], side["cents"].abs(), strict=True)) for side in (left, right)]
    ordered = pairs[["left", "right", "score"]].itertuples(index=False, name=None)
    taken = [(*pair, cents) for pair, cents in take_in_order(ordered, *money)]
    links = pd.DataFrame(taken, columns=["left", "right", "probability", "cents"])
    is_linked = links["probability"] >= LINKED / 100
    return links.assign(status=is_linked.map({True: "auto", False: "suggested"}))


def link(folder: Path, links: Path) -> Steps:
    """Write the links of an exchange folder."""
    steps = Steps()
    with steps.step("read"):
        connection = read(folder)
        queries = (INVOICES, PAYMENTS, DEPOSITS, LINES)
        invoices, payments, deposits, lines = (connection.sql(query).df() for query in queries)
    with steps.step("compare"):
        settled, cleared = alike(invoices, payments, -10, 90), alike(deposits, lines, -2, 14)
    with steps.step("assign"):
        settled, cleared = take(settled, invoices, payments), take(cleared, deposits, lines)
    with steps.step("write"):
        names = {"left": "invoice_id", "right": "payment_id"}
        connection.register("settled", settled.rename(columns=names))
        connection.register(
            "cleared", cleared.rename(columns={"left": "deposit_id", "right": "line_id"})
        )
        write(connection, links)
    return steps


if __name__ == "__main__":
    link(Path(sys.argv[1]), Path(sys.argv[2])).tell()
