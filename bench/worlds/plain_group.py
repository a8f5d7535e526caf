"""A simulated group of adult foster care homes with plain habits, as an exchange folder.

Legal entities of some hundreds to many thousands of documents bill residents, agencies and insurers
over a year and a half, at rates that the state sets, in packages and at amounts of their own, and
pay vendors. Most payers, or their banks, name an invoice or print a whole name, and the oldest bill
is paid first; four private receipts in ten are known to nobody but the bank.

What happens is drawn entity after entity from one chance. Money is an integer count of cents and a
day a count from an epoch, until they are written. Ids are opaque and rows shuffled.

How truth speaks where opinions differ: a credit note that is netted or refunded stands in a pair
with its payment, and a refund with its line, at a negative amount; other money that goes out is
positive. A credit note that stays on account stands in no pair. A payment pairs with its line less
the fee. One that the bank sends back pairs with its first line and settles nothing; the return and
its fee pair with nothing. What is paid a second time pairs with its line alone. Of what was paid
too much the pair has what is owed. Where nobody recorded a payment, its invoices stand against the
line.
"""

from __future__ import annotations

from pathlib import Path

from bench.worlds.plain_group_dice import Dice
from bench.worlds.plain_group_entity import Entity
from bench.worlds.plain_group_habits import HARDER, ORDINARY
from bench.worlds.plain_group_ledger import Ledger

# Invoices of an entity.
SMALLEST, TYPICAL, BIGGEST = 300, 3500, 14_000


def write(folder: Path, seed: int, size: int, *, harder: bool = False, huge: bool = False) -> None:
    """The files of a world of about `size` invoices, which a `huge` one has in a single entity."""
    dice, ledger = Dice(seed), Ledger()
    habits = HARDER if harder else ORDINARY
    codes = dice.rng.permutation(90_000).tolist()
    while (left := size - len(ledger.invoices)) > 0:
        wanted = round(TYPICAL * float(dice.rng.lognormal(-0.2, 0.7)))
        wanted = min(left, max(SMALLEST, min(BIGGEST, wanted)))
        if huge or left - wanted < SMALLEST:
            wanted = left
        Entity(dice, ledger, habits, f"LE{10_000 + codes.pop()}", wanted).live()
        if huge:
            break
    ledger.write(folder, dice.rng)
