"""What the homes of a plain group's entity buy: bills of vendors, and how they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.worlds import plain_group_names as names
from bench.worlds.plain_group_bank import Bank
from bench.worlds.plain_group_dice import Dice
from bench.worlds.plain_group_ledger import Invoice, Ledger, Payment, business_day
from bench.worlds.plain_group_people import BEGIN, END, Parties

MONTHS = (END - BEGIN) // 30
LOCAL_TRADES = ("Plumbing", "Electric LLC", "Cleaning", "Supply Co", "Produce")


@dataclass(kw_only=True, slots=True, eq=False)
class Vendor:
    """Bills a `fixed` amount of cents, or where that is 0 up to four times `low`.

    One that `pulls` takes its money itself, and no payment is recorded.
    """

    party_id: str
    name: str
    method: str
    letters: str
    last_number: int
    fixed: int
    low: int
    pulls: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Debt:
    """A vendor's bill, by its place, that waits to be paid."""

    at: int
    cents: int
    number: str


class Vendors:
    """The payables of one entity."""

    def __init__(
        self, dice: Dice, ledger: Ledger, bank: Bank, parties: Parties, entity: str
    ) -> None:
        self.dice, self.ledger, self.bank, self.entity = dice, ledger, bank, entity
        self.parties = parties

    def live(self, bills_wanted: int) -> None:
        count = max(1, round(bills_wanted / MONTHS / 1.3))
        known = self.dice.shuffled(names.VENDORS)
        for at in range(count):
            self.bill_and_pay(self.vendor(known[at] if at < len(known) else self.local_firm()))

    def local_firm(self) -> str:
        trade = self.dice.pick(LOCAL_TRADES)
        return f"{names.last_name(self.dice)} {trade}"

    def vendor(self, name: str) -> Vendor:
        dice = self.dice
        return Vendor(
            party_id=self.parties.new(),
            name=name,
            method=dice.weighted((("ach", 0.5), ("check", 0.5))),
            letters=dice.pick(("", "", "INV", "SI-", "V")),
            last_number=dice.between(2_000, 900_000),
            fixed=dice.between(40, 900) * 100 if dice.chance(0.35) else 0,
            low=dice.between(30, 400) * 100,
            pulls=dice.chance(0.4),
        )

    def bill_and_pay(self, vendor: Vendor) -> None:
        """A bill or two each month; now and then some wait for each other."""
        dice = self.dice
        waiting: list[Debt] = []
        for month in range(MONTHS):
            for _ in range(2 if dice.chance(0.3) else 1):
                day = BEGIN + month * 30 + dice.between(0, 27)
                waiting.append(self.bill(vendor, day))
                if vendor.pulls or len(waiting) >= 4 or not dice.chance(0.12):
                    self.pay(vendor, day + dice.between(3, 20), waiting)
                    waiting = []

    def bill(self, vendor: Vendor, day: int) -> Debt:
        dice = self.dice
        cents = vendor.fixed or round(vendor.low * (1 + 3 * dice.draw()))
        vendor.last_number += dice.between(1, 90)
        number = f"{vendor.letters}{vendor.last_number}"
        invoice = Invoice(
            entity=self.entity,
            direction="payable",
            number=number,
            party_id=vendor.party_id,
            party_name=vendor.name,
            issue=day,
            due=day + dice.pick((10, 15, 30)),
            cents=cents,
        )
        return Debt(at=self.ledger.invoice(invoice), cents=cents, number=number)

    def pay(self, vendor: Vendor, day: int, debts: Sequence[Debt]) -> None:
        dice, ledger, bank = self.dice, self.ledger, self.bank
        day = business_day(day)
        if day > END or dice.chance(0.03):
            return
        cents = sum(debt.cents for debt in debts)
        numbers = [debt.number for debt in debts]
        memo = names.number_list(dice, numbers) if len(debts) > 1 else numbers[0]
        is_named = dice.chance(0.7)
        memo = memo if is_named else ""
        if vendor.pulls:
            line = bank.write(day, -cents, bank.paid(vendor.name, memo, ""))
            case = f"vendor_pulled_{'number' if is_named else 'name'}"
            ledger.direct(debts[0].at, line, cents, case)
            return
        is_check = vendor.method == "check"
        token = dice.digits(4 if is_check else 9)
        payment = ledger.payment(
            Payment(
                entity=self.entity,
                direction="out",
                party_id=vendor.party_id,
                party_name=vendor.name,
                day=day,
                cents=cents,
                method=vendor.method,
                reference=token,
                memo=memo,
                account=bank.account,
            )
        )
        how_many = "several" if len(debts) > 1 else "whole"
        case = f"vendor_{how_many}_{'number' if is_named else 'plain'}"
        for debt in debts:
            ledger.settles(debt.at, payment, debt.cents, case)
        if is_check:
            day = business_day(day + dice.between(2, 14))
            line = bank.write(day, -cents, bank.check(token, vendor.name))
        else:
            day = business_day(day, dice.between(0, 2))
            line = bank.write(day, -cents, bank.paid(vendor.name, "", token))
        ledger.clears(payment, line, cents, f"vendor_{vendor.method}")
