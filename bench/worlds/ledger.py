"""Bank statements of a few companies and the ledger of the same months, entry against line.

    python -m bench.worlds.ledger --seed 1 --lines 2000 --out DIR

The ledger's cash entries are `payments`, in and out; there are no invoices. Dates differ, the bank
has its own words, sums are put together and taken apart, amounts are mistyped, and on both sides
stands what the other has never seen.

How truth speaks where opinions differ: an entry and a line that record one event are a pair even if
a fee, a slip of cents or swapped digits keep their amounts apart; the pair's amount is the smaller.
Near amounts of two strangers are no pair. Of two entries for one line, or two lines for one entry,
the earlier is meant. A voided cheque and its void pair with nothing, since the bank saw neither. A
return that the ledger booked pairs with its entry; one that it did not book pairs with nothing.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from bench.worlds.cash_application import (
    FIRST_DAY,
    Folder,
    Row,
    Series,
    business_day,
    company_names,
    money,
    variant,
)

DAYS = 360
TEXTS = {
    -1: (
        "Supplier bill",
        "Equipment lease",
        "Consulting",
        "Utilities",
        "Insurance premium",
        "Rent",
    ),
    1: ("Receipt on account", "Contract milestone", "Service income", "Refund received"),
}
CRYPTIC = {
    -1: ("WEB PMT {0}", "POS DEBIT {0} CARD 4417", "DIRECT DEBIT {0}", "TST* {0}"),
    1: ("MOBILE DEPOSIT {0}", "CREDIT {0}", "BRANCH DEPOSIT", "REMOTE CAPTURE {0}"),
}
CHARGES = ("SERVICE CHARGE", "WIRE TRF FEE", "ANALYSIS CHARGE", "OVERDRAFT FEE", "FOREIGN TXN FEE")


@dataclass(kw_only=True, eq=False)
class Account:
    entity: str
    name: str
    currency: str
    parties: list[str]
    cheques: Series


@dataclass(kw_only=True, eq=False)
class Entry:
    """A ledger entry, `cents` signed as the bank would sign them."""

    id: str
    account: Account
    party: str
    cents: int
    day: date
    cheque: str
    row: Row


@dataclass(kw_only=True, eq=False)
class Line:
    id: str
    cents: int
    row: Row = field(repr=False)


class Ledger(Folder):
    """Both sides as they grow, one situation at a time."""

    def __init__(self, seed: int, lines: int) -> None:
        super().__init__(random.Random(seed))
        names = iter(company_names(self.rng))
        self.pace = max(1, lines // 2000)
        self.accounts = [
            Account(
                entity=entity,
                name=name,
                currency=currency,
                parties=[next(names)[1] for _ in range(max(25, lines // 40))],
                cheques=Series(entity=entity, start=start),
            )
            for entity, name, currency, start in (
                ("harbor", "harbor-operating", "USD", 10_400),
                ("harbor", "harbor-payroll", "USD", 10_520),
                ("rhein", "rhein-giro", "EUR", 4_100),
            )
        ]

    # What is drawn

    def account(self) -> Account:
        return self.rng.choices(self.accounts, (6, 1, 3))[0]

    def day(self) -> date:
        return business_day(FIRST_DAY + timedelta(days=self.rng.randrange(DAYS)))

    def later(self, day: date, low: int, high: int) -> date:
        return business_day(day + timedelta(days=self.rng.randint(low, high)))

    def cents(self, sign: int = 0) -> int:
        """Odd and wide; one in eight is a round sum such as others pay, too."""
        cents = int(10 ** self.rng.uniform(3.3, 6.9))
        if self.rng.random() < 0.12:
            cents = self.rng.choice((25, 50, 75, 100, 125, 150, 200, 250, 500)) * 1_000
        return cents * (sign or self.rng.choice((-1, -1, 1)))

    # The two sides

    def entry(
        self,
        account: Account,
        cents: int,
        day: date,
        *,
        party: str = "",
        cheque: bool | str = False,
        text: str = "",
    ) -> Entry:
        """A ledger entry. `cheque` is a number, or whether to take the account's next one."""
        rng, sign = self.rng, 1 if cents > 0 else -1
        party = party or rng.choice(account.parties)
        if cheque is True:
            cheque = str(account.cheques.take(day, 1, self.pace)[0])
        cheque = cheque or ""
        document = f"{'RV' if sign > 0 else 'PV'}-{rng.randrange(10**4, 10**5)}"
        text = text or rng.choice(TEXTS[sign])
        named = rng.random() < 0.7
        method = "check" if cheque else rng.choice(("ach", "ach", "wire", "eft", "card"))
        row = self.add(
            "payments",
            payment_id=self.new_id(),
            entity=account.entity,
            direction="in" if sign > 0 else "out",
            party_name=party if named else "",
            date=day.isoformat(),
            currency=account.currency,
            amount=money(abs(cents)),
            method=method,
            reference=cheque or document,
            memo=text if named else f"{party} - {text}",
            account=account.name,
        )
        return Entry(
            id=row["payment_id"],
            account=account,
            party=party,
            cents=cents,
            day=day,
            cheque=cheque,
            row=row,
        )

    def line(
        self, account: Account, cents: int, day: date, text: str, kind: str = "", name: str = ""
    ) -> Line:
        row = self.add(
            "bank_lines",
            line_id=self.new_id(),
            entity=account.entity,
            account=account.name,
            date=day.isoformat(),
            currency=account.currency,
            amount=money(cents),
            description=text,
            counterparty=name if self.rng.random() < 0.4 else "",
            reference=str(self.rng.randrange(10**8, 10**9)) if self.rng.random() < 0.3 else "",
            type=kind or ("credit" if cents > 0 else "debit"),
        )
        return Line(id=row["line_id"], cents=cents, row=row)

    def words(self, entry: Entry, style: str = "") -> str:
        """How the bank words an entry: by name, by a damaged name, or by codes alone."""
        rng, sign = self.rng, 1 if entry.cents > 0 else -1
        if entry.cheque and sign < 0:
            return rng.choice((f"CHECK {entry.cheque}", f"CHECK #{entry.cheque}", "CHECK PAID"))
        style = style or rng.choices(("name", "cut", "variant", "document"), (4, 3, 2, 2))[0]
        kind = f"{rng.choice(('ACH', 'ACH', 'WIRE', 'ONLINE'))} {'CREDIT' if sign > 0 else 'DEBIT'}"
        if style == "codes":
            code = f"{rng.getrandbits(28):07X}"
            return rng.choice(CRYPTIC[sign]).format(code)
        if style == "document":
            return f"{kind} {entry.row['reference']} {entry.party[:18].upper()}"
        name = {
            "name": entry.party.upper(),
            "cut": entry.party.upper()[: rng.randint(10, 16)],
            "variant": variant(rng, entry.party),
        }[style]
        return f"{kind} {name} {rng.choice(('', f'{rng.randrange(10**6)}', 'PPD'))}".strip()

    def cleared(
        self,
        entry: Entry,
        case: str,
        *,
        cents: int = 0,
        lag: tuple[int, int] = (-1, 4),
        style: str = "",
    ) -> Line:
        """The bank's line for one entry, and their pair."""
        day = self.later(entry.day, *lag)
        name = entry.party.upper()[:22]
        line = self.line(
            entry.account, cents or entry.cents, day, self.words(entry, style), name=name
        )
        self.pair(entry, line, case)
        return line

    def pair(self, entry: Entry, line: Line, case: str) -> None:
        cents = min(abs(entry.cents), abs(line.cents))
        self.link(("payment", entry.id), ("bank_line", line.id), cents, case)


# The situations. Each draws what it needs; its name is the case in truth.


def one_to_one(ledger: Ledger) -> None:
    ledger.cleared(ledger.entry(ledger.account(), ledger.cents(), ledger.day()), "one_to_one")


def one_to_one_codes(ledger: Ledger) -> None:
    """The bank names nobody: amount and date are all there is."""
    entry = ledger.entry(ledger.account(), ledger.cents(), ledger.day())
    ledger.cleared(entry, "one_to_one_codes", style="codes")


def late_clearing(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(), ledger.day())
    ledger.cleared(entry, "late_clearing", lag=(8, 45))


def cheque(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(-1), ledger.day(), cheque=True)
    ledger.cleared(entry, "cheque", lag=(1, 25))


def cheque_misread(ledger: Ledger) -> None:
    """The bank's cheque number is one digit off and may be another cheque's."""
    entry = ledger.entry(ledger.account(), ledger.cents(-1), ledger.day(), cheque=True)
    line = ledger.cleared(entry, "cheque_misread", lag=(1, 25))
    at, digit = ledger.rng.randrange(2, len(entry.cheque)), ledger.rng.randint(1, 9)
    wrong = str((int(entry.cheque[at]) + digit) % 10)
    line.row["description"] = f"CHECK {entry.cheque[:at]}{wrong}{entry.cheque[at + 1 :]}"


def batch_in(ledger: Ledger) -> None:
    account, day, size = ledger.account(), ledger.day(), ledger.rng.randint(2, 9)
    batch = [
        ledger.entry(account, ledger.cents(1), ledger.later(day, -2, 0), cheque=str(number))
        for number in ledger.rng.sample(range(1_000, 9_999), size)
    ]
    text = ledger.rng.choice(("DEPOSIT", f"DEPOSIT {size} ITEMS", "REMOTE DEPOSIT CAPTURE"))
    line = ledger.line(account, sum(e.cents for e in batch), ledger.later(day, 1, 3), text)
    for entry in batch:
        ledger.pair(entry, line, "batch_in")


def batch_out(ledger: Ledger) -> None:
    account, day = ledger.account(), ledger.day()
    text = ledger.rng.choice(("Supplier run", "Salaries", "Expense run"))
    number = f"{text[:3].upper()}-{ledger.rng.randrange(1_000, 9_999)}"
    batch = [
        ledger.entry(account, ledger.cents(-1), day, text=f"{text} {number}")
        for _ in range(ledger.rng.randint(2, 14))
    ]
    words = ledger.rng.choice((f"ACH BATCH {number}", f"ACH SETTLEMENT {len(batch)} CREDITS"))
    line = ledger.line(account, sum(e.cents for e in batch), ledger.later(day, 0, 2), words)
    for entry in batch:
        ledger.pair(entry, line, "batch_out")


def split_entry(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(), ledger.day())
    part = entry.cents * ledger.rng.randint(20, 80) // 100
    for cents in (part, entry.cents - part):
        ledger.cleared(entry, "split_entry", cents=cents, lag=(0, 6))


def fee_withheld(ledger: Ledger) -> None:
    fee = ledger.rng.randint(500, 4_500)
    entry = ledger.entry(ledger.account(), fee + ledger.cents(1), ledger.day())
    ledger.cleared(entry, "fee_withheld", cents=entry.cents - fee)


def fee_added(ledger: Ledger) -> None:
    fee = ledger.rng.randint(500, 4_500)
    entry = ledger.entry(ledger.account(), ledger.cents(-1), ledger.day())
    ledger.cleared(entry, "fee_added", cents=entry.cents - fee)


def cents_mistyped(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(), ledger.day())
    slip = ledger.rng.choice((-1, 1)) * ledger.rng.choice((1, 9, 10, 27, 90))
    ledger.cleared(entry, "cents_mistyped", cents=entry.cents + slip)


def swapped(rng: random.Random, cents: int) -> int:
    """The amount with two unlike neighbouring digits changed over."""
    digits = str(abs(cents))
    places = [
        at
        for at in range(len(digits) - 1)
        if digits[at] != digits[at + 1] and (at or digits[1] != "0")
    ]
    if not places:
        return cents + (9 if cents > 0 else -9)
    at = rng.choice(places)
    other = int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
    return other if cents > 0 else -other


def amount_transposed(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(), ledger.day())
    ledger.cleared(entry, "amount_transposed", cents=swapped(ledger.rng, entry.cents))


def near_amount_strangers(ledger: Ledger) -> None:
    """An entry and a line of two parties that look like a slip of one; one-sided, both."""
    account = ledger.account()
    entry = ledger.entry(account, ledger.cents(), ledger.day())
    stranger = ledger.rng.choice([name for name in account.parties if name != entry.party])
    near = ledger.rng.choice((entry.cents + 1, entry.cents - 10, swapped(ledger.rng, entry.cents)))
    text = f"ACH {'CREDIT' if near > 0 else 'DEBIT'} {stranger.upper()[:20]}"
    ledger.line(account, near, ledger.later(entry.day, 0, 3), text)


def outstanding_cheque(ledger: Ledger) -> None:
    ledger.entry(ledger.account(), ledger.cents(-1), ledger.day(), cheque=True)


def deposit_in_transit(ledger: Ledger) -> None:
    day = business_day(FIRST_DAY + timedelta(days=DAYS - ledger.rng.randrange(4)))
    ledger.entry(ledger.account(), ledger.cents(1), day, text="Deposit in transit")


def bank_charge(ledger: Ledger) -> None:
    text = ledger.rng.choice(CHARGES)
    ledger.line(ledger.account(), -ledger.rng.randint(300, 9_000), ledger.day(), text, "fee")


def interest(ledger: Ledger) -> None:
    cents = ledger.rng.randint(40, 6_000)
    ledger.line(ledger.account(), cents, ledger.day(), "INTEREST PAYMENT", "interest")


def line_not_booked(ledger: Ledger) -> None:
    account, cents = ledger.account(), ledger.cents()
    name = ledger.rng.choice(account.parties).upper()[:22]
    ledger.line(account, cents, ledger.day(), f"ACH {'CREDIT' if cents > 0 else 'DEBIT'} {name}")


def void_and_reissue(ledger: Ledger) -> None:
    account, cents, day = ledger.account(), ledger.cents(-1), ledger.day()
    first = ledger.entry(account, cents, day, cheque=True)
    day = ledger.later(day, 2, 9)
    void = f"Void cheque {first.cheque}"
    ledger.entry(account, -cents, day, party=first.party, cheque=first.cheque, text=void)
    again = ledger.entry(
        account, cents, ledger.later(day, 0, 5), party=first.party, cheque=True, text="Reissue"
    )
    ledger.cleared(again, "void_and_reissue", lag=(1, 15))


def void_only(ledger: Ledger) -> None:
    account, cents, day = ledger.account(), ledger.cents(-1), ledger.day()
    first = ledger.entry(account, cents, day, cheque=True)
    text, day = f"Void cheque {first.cheque}", ledger.later(day, 1, 9)
    ledger.entry(account, -cents, day, party=first.party, cheque=first.cheque, text=text)


def wrong_then_right(ledger: Ledger) -> None:
    """Paid to the wrong party, taken back, paid to the right one: three entries, three lines."""
    account, cents, day = ledger.account(), ledger.cents(-1), ledger.day()
    wrong, right = ledger.rng.sample(account.parties, 2)
    steps = (
        (wrong, cents, "Entered in error"),
        (wrong, -cents, "Reversal of payment in error"),
        (right, cents, "Corrected payment"),
    )
    for party, signed, text in steps:
        entry = ledger.entry(account, signed, day, party=party, text=text)
        ledger.cleared(entry, "wrong_then_right", lag=(0, 2), style="name")
        day = ledger.later(day, 1, 4)


def returned_booked(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(1), ledger.day())
    ledger.cleared(entry, "returned_booked", lag=(0, 2))
    day, party = ledger.later(entry.day, 3, 10), entry.party
    back = ledger.entry(entry.account, -entry.cents, day, party=party, text="Returned item NSF")
    text = ledger.rng.choice(("RETURNED ITEM NSF", f"DEPOSITED ITEM RETURNED {party.upper()[:14]}"))
    line = ledger.line(entry.account, back.cents, ledger.later(day, -1, 1), text, "return")
    ledger.pair(back, line, "returned_booked")


def returned_not_booked(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(1), ledger.day())
    ledger.cleared(entry, "returned_not_booked", lag=(0, 2))
    day, account = ledger.later(entry.day, 3, 10), entry.account
    ledger.line(account, -entry.cents, day, "RETURNED ITEM NSF", "return")
    ledger.line(account, -1_500, day, "RETURNED ITEM FEE", "fee")


def duplicate_entry(ledger: Ledger) -> None:
    entry = ledger.entry(ledger.account(), ledger.cents(), ledger.day())
    ledger.cleared(entry, "duplicate_entry", lag=(0, 2))
    again, text = ledger.later(entry.day, 1, 4), entry.row["memo"]
    copy = ledger.entry(entry.account, entry.cents, again, party=entry.party, text=text)
    copy.row["party_name"], copy.row["memo"] = entry.row["party_name"], text
    if ledger.rng.random() < 0.5:
        copy.row["reference"] = entry.row["reference"]


def duplicate_line(ledger: Ledger) -> None:
    """The bank took it twice. The second line, later and worded alike, is not booked."""
    entry = ledger.entry(ledger.account(), ledger.cents(-1), ledger.day())
    line = ledger.cleared(entry, "duplicate_line", lag=(0, 2))
    day = ledger.later(date.fromisoformat(line.row["date"]), 1, 6)
    ledger.line(entry.account, entry.cents, day, line.row["description"])


def twins_two_parties(ledger: Ledger) -> None:
    account, cents, day = ledger.account(), ledger.cents(), ledger.day()
    for party in ledger.rng.sample(account.parties, 2):
        entry = ledger.entry(account, cents, ledger.later(day, 0, 1), party=party)
        ledger.cleared(entry, "twins_two_parties", lag=(0, 3), style="cut")


def twins_cheques(ledger: Ledger) -> None:
    """Two cheques of one amount to one party; the number alone tells which is which."""
    account, cents, day = ledger.account(), ledger.cents(-1), ledger.day()
    party = ledger.rng.choice(account.parties)
    for _ in range(2):
        entry = ledger.entry(account, cents, day, party=party, cheque=True)
        line = ledger.cleared(entry, "twins_cheques", lag=(1, 12))
        line.row["description"] = f"CHECK {entry.cheque}"


def twins_silent(ledger: Ledger) -> None:
    """Equal and of one party, on neighbouring days: at most their order tells them apart."""
    account, cents, day = ledger.account(), ledger.cents(), ledger.day()
    party, lag = ledger.rng.choice(account.parties), ledger.rng.randint(0, 2)
    for _ in range(2):
        entry = ledger.entry(account, cents, day, party=party)
        ledger.cleared(entry, "twins_silent", lag=(lag, lag), style="name")
        day = business_day(day, 1)


def weekly(ledger: Ledger) -> None:
    account, cents, day = ledger.account(), ledger.cents(), ledger.day()
    party, varies = ledger.rng.choice(account.parties), ledger.rng.random() < 0.4
    for _ in range(4):
        drift = cents * ledger.rng.randint(-40, 40) // 1000 if varies else 0
        entry = ledger.entry(account, cents + drift, day, party=party)
        ledger.cleared(entry, "weekly", lag=(0, 3))
        day = business_day(day + timedelta(days=7))


def own_transfer(ledger: Ledger) -> None:
    """Out of one own account and into another, booked and seen on both."""
    source, target = ledger.rng.sample(ledger.accounts[:2], 2)
    cents, day = ledger.cents(1), ledger.day()
    for account, signed, other in ((source, -cents, target), (target, cents, source)):
        entry = ledger.entry(account, signed, day, party=other.entity, text="Transfer own accounts")
        entry.row["party_name"] = ""
        text = f"ONLINE TRANSFER {'TO' if signed < 0 else 'FROM'} {other.name.upper()}"
        line = ledger.line(account, signed, ledger.later(day, 0, 1), text, "transfer")
        ledger.pair(entry, line, "own_transfer")


SITUATIONS: tuple[tuple[float, Callable[[Ledger], None]], ...] = (
    (34, one_to_one),
    (8, one_to_one_codes),
    (3, late_clearing),
    (9, cheque),
    (1.5, cheque_misread),
    (4, batch_in),
    (3, batch_out),
    (2, split_entry),
    (2.5, fee_withheld),
    (1.5, fee_added),
    (2, cents_mistyped),
    (2, amount_transposed),
    (1, near_amount_strangers),
    (3, outstanding_cheque),
    (1, deposit_in_transit),
    (3, bank_charge),
    (1, interest),
    (2, line_not_booked),
    (1.5, void_and_reissue),
    (1, void_only),
    (1, wrong_then_right),
    (1, returned_booked),
    (1, returned_not_booked),
    (1.5, duplicate_entry),
    (1, duplicate_line),
    (2, twins_two_parties),
    (1.5, twins_cheques),
    (1, twins_silent),
    (2, weekly),
    (1, own_transfer),
)


def build(seed: int, lines: int) -> Folder:
    """At least `lines` bank lines: one of each situation first, then as often as each weighs."""
    ledger = Ledger(seed, lines)
    weights = [weight for weight, _ in SITUATIONS]
    first = [situation for _, situation in SITUATIONS]
    while first or len(ledger.rows["bank_lines"]) < lines:
        situation = first.pop() if first else ledger.rng.choices(SITUATIONS, weights)[0][1]
        situation(ledger)
        ledger.situations[situation.__name__] += 1
    return ledger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    folder = build(args.seed, args.lines)
    folder.write(args.out)
    print(folder.summary())


if __name__ == "__main__":
    main()
