"""One entity of a plain group: what it bills, who pays that when, and what goes otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bench.worlds import plain_group_names as names
from bench.worlds.cash_application import money
from bench.worlds.plain_group_bank import Bank, Receipt
from bench.worlds.plain_group_dice import Dice
from bench.worlds.plain_group_habits import Habits
from bench.worlds.plain_group_ledger import Invoice, Ledger, Payment, Row, business_day
from bench.worlds.plain_group_people import BEGIN, END, Bill, Numbers, Parties, Payer, People
from bench.worlds.plain_group_till import Parts, Till
from bench.worlds.plain_group_vendors import Vendors

# No receipt is later.
HORIZON = END + 12
# Of the bills that an agency or organisation pays at once, by how it lists them.
MOST_LISTED = {"remittance": 24, "memo": 7, "none": 8}
USUAL_DAYS = (0, 1, 1, 2, 2, 3, 4, 5, 7, 9)


class Entity:
    """Everything that happens to one entity; `live` puts it into the ledger."""

    def __init__(
        self, dice: Dice, ledger: Ledger, habits: Habits, code: str, bills_wanted: int
    ) -> None:
        self.dice, self.ledger, self.habits, self.code = dice, ledger, habits, code
        self.parties = Parties(dice)
        self.people = People(dice, habits, self.parties, round(bills_wanted * 0.93))
        self.vendor_bills_wanted = round(bills_wanted * 0.07)
        self.numbers = Numbers(dice)
        self.bank, self.savings = Bank(dice, ledger, code), Bank(dice, ledger, code)
        self.till = Till(dice, ledger, habits, self.bank)
        self.list_kinds: dict[str, str] = {}
        # Organisations whose book entries are one for each bill, and whose money comes at once.
        self.splits = {payer.party_id for payer in self.people.organisations if dice.chance(0.3)}

    def live(self) -> None:
        """Bills, then receipts in the order of bills, then all that does not follow from them."""
        self.issue_all()
        self.receive_all()
        self.till.clear()
        vendors = Vendors(self.dice, self.ledger, self.bank, self.parties, self.code)
        vendors.live(self.vendor_bills_wanted)
        self.bank.add_the_rest(BEGIN, END, self.habits.stranger)
        self.transfer()

    # Bills.

    def issue_all(self) -> None:
        for bill in sorted(self.people.bills, key=lambda bill: (bill.day, bill.tie)):
            if self.dice.chance(self.habits.void):
                self.issue(bill, self.dice.pick(("void", "void", "draft")))
            bill.at = self.issue(bill, "open")

    def issue(self, bill: Bill, status: str) -> int:
        """The place of a bill in the ledger, with the next number."""
        who, dice = bill.resident, self.dice
        bill.number = self.numbers.next(bill.day, bill.cents < 0)
        # A note names its bill only if the payer nets it.
        netted = bill.applies_to if bill.fate == "netted" else None
        return self.ledger.invoice(
            Invoice(
                entity=self.code,
                direction="receivable",
                number=bill.number,
                party_id=bill.party_id,
                party_name=bill.party_name,
                issue=bill.day,
                due=bill.day + dice.pick((5, 10, 15, 30)),
                cents=bill.cents,
                status=status,
                memo=bill.kind.replace("_", " ") if dice.chance(0.4) else "",
                resident_id=who.party_id,
                resident_name=who.name,
                service=(bill.day, bill.day + 29),
                applies_to=netted.at if netted is not None else None,
            )
        )

    # Receipts of private hands and insurers.

    def receive_all(self) -> None:
        """Each payer's bills of a month, the lists first."""
        lists: dict[tuple[str, int], list[Bill]] = defaultdict(list)
        hands: dict[tuple[Payer, int], list[Bill]] = defaultdict(list)
        # Credit notes by the place of their bill.
        netted: dict[int, Bill] = {}
        for bill in sorted(self.people.bills, key=lambda bill: bill.at):
            payer = bill.payer
            if bill.kind == "credit":
                self.receive_note(bill, netted)
            elif payer.kind in ("organisation", "agency"):
                lists[payer.party_id, bill.month].append(bill)
            else:
                hands[payer, bill.month].append(bill)
        for bills in lists.values():
            self.receive_list(bills)
        waiting: dict[Payer, list[Bill]] = {}
        for (payer, _), bills in hands.items():
            bills = waiting.pop(payer, []) + bills
            if self.waits(payer, bills):
                waiting[payer] = bills
            else:
                self.receive_month(payer, bills, netted)

    def waits(self, payer: Payer, bills: Sequence[Bill]) -> bool:
        """Whether the payer lets a month pass and pays with the next."""
        may_wait = payer.kind != "insurer" and len(bills) < 3 and not payer.bundles
        return may_wait and self.dice.chance(self.habits.two_months)

    def receive_month(self, payer: Payer, bills: Sequence[Bill], netted: dict[int, Bill]) -> None:
        """One payment of up to four bills, or one of each."""
        together = len(bills) > 1 and (
            payer.bundles or len(bills) > 3 or self.dice.chance(self.habits.several)
        )
        step = 4 if together else 1
        for at in range(0, len(bills), step):
            self.receive(payer, bills[at : at + step], netted)

    def receive_note(self, note: Bill, netted: dict[int, Bill]) -> None:
        """A credit note is netted by the payer, refunded, or stays on account."""
        dice, ledger, bank = self.dice, self.ledger, self.bank
        if note.fate == "netted" and note.applies_to is not None:
            netted[note.applies_to.at] = note
        if note.fate != "refund":
            return
        day = business_day(note.day + dice.between(10, 40))
        if day > HORIZON:
            return
        check = dice.digits(4)
        payment = ledger.payment(
            Payment(
                entity=self.code,
                direction="out",
                party_id=note.party_id,
                party_name=note.party_name,
                day=day,
                cents=-note.cents,
                method="check",
                reference=check,
                memo=f"Refund {note.number}" if dice.chance(0.7) else "Refund",
                account=bank.account,
            )
        )
        ledger.settles(note.at, payment, note.cents, "refund")
        day = business_day(day + dice.between(2, 10))
        ledger.clears(payment, bank.write(day, note.cents, bank.check(check)), note.cents, "refund")

    def pay_day(self, payer: Payer, bills: Sequence[Bill]) -> int:
        """When these are paid: never before what was paid last, and mostly after the last bill."""
        dice, habits = self.dice, self.habits
        last, draw = bills[-1].day, dice.draw()
        if draw < habits.ahead and payer.kind in ("self", "relative", "unknown"):
            day = last - dice.between(1, 5)
        elif draw < habits.ahead + habits.late:
            day = last + dice.between(25, 38)
        else:
            day = last + 1 + usual_days(payer) + dice.between(0, 4)
        day = max(day, bills[0].day - 8, bills[0].resident.paid_until + 3)
        return day if payer.method in ("p2p", "card", "cash") else business_day(day)

    def receive(self, payer: Payer, bills: Sequence[Bill], netted: dict[int, Bill]) -> None:
        """One payment of a hand or an insurer, with whatever may go otherwise."""
        dice, habits, till = self.dice, self.habits, self.till
        who, is_single = bills[0].resident, len(bills) == 1
        is_told = payer.is_recorded or payer.is_sure
        is_never_paid = payer.is_sure and dice.chance(habits.never_paid)
        if is_never_paid or bills[-1].day > who.owes_from:
            return
        day = self.pay_day(payer, bills)
        if day > HORIZON:
            return
        who.paid_until = day
        parts = [(bill, bill.cents) for bill in bills]
        cents = sum(part for _, part in parts)
        note = netted.get(bills[0].at) if is_single else None
        if note is not None and note.day < day and payer.is_recorded:
            parts.append((note, note.cents))
            till.record(payer, day, parts, "credit_netted", is_named=True)
            return
        draw = dice.draw()
        is_named = not is_single and not payer.bundles and not dice.chance(habits.odd_unnamed)
        story = "several" if not is_single else "ahead" if day < bills[0].day else "whole"
        if draw < habits.returned and payer.is_recorded and payer.method in ("ach", "check"):
            who.paid_until = self.send_back(payer, day, parts)
            return
        draw -= habits.returned
        if 0 <= draw < habits.twice and payer.is_recorded:
            till.record(payer, day, parts, story, is_named=True)
            again = day + dice.between(0, 12)
            if dice.chance(0.8):
                till.record(payer, again, [], "paid_twice", cents=cents, about=bills, is_named=True)
            return
        draw -= habits.twice
        if is_single and 0 <= draw < habits.instalments and is_told:
            who.paid_until = self.receive_instalments(payer, day, bills[0])
            return
        draw -= habits.instalments
        if is_single and 0 <= draw < habits.short and is_told:
            less = max(100, round(cents * dice.between(2, 25) / 100 / 100) * 100)
            if less < cents:
                self.receive_odd(payer, day, (bills[0], cents - less), "short")
                if dice.chance(0.3):
                    later = day + dice.between(5, 30)
                    self.receive_odd(payer, later, (bills[0], less), "rest")
                return
        draw -= habits.short
        if 0 <= draw < habits.over and payer.is_recorded:
            more = dice.pick((500, 1000, 2000, 5000, cents // 10, 100 - cents % 100))
            is_named = not dice.chance(habits.odd_unnamed)
            till.record(payer, day, parts, "over", cents=cents + more, is_named=is_named)
            return
        is_missed = payer.method in ("ach", "p2p", "wire") and dice.chance(habits.unrecorded_once)
        if is_missed or not payer.is_recorded:
            is_named = is_named or is_missed
            till.receive_unrecorded(payer, day, parts, story, is_named=is_named)
        else:
            till.record(payer, day, parts, story, is_named=is_named)

    def receive_odd(self, payer: Payer, day: int, part: tuple[Bill, int], story: str) -> None:
        """A part of a bill, which the book knows if it knows of this hand."""
        is_named = not self.dice.chance(self.habits.odd_unnamed)
        if payer.is_recorded:
            self.till.record(payer, day, [part], story, is_named=is_named)
        else:
            self.till.receive_unrecorded(payer, day, [part], story, is_named=is_named)

    def receive_instalments(self, payer: Payer, day: int, bill: Bill) -> int:
        """Two or three. Returns the day up to which the hand has paid."""
        dice = self.dice
        count = dice.between(2, 3)
        share = round(bill.cents / count / 100) * 100 if dice.chance(0.7) else bill.cents // count
        left = bill.cents
        for at in range(count):
            cents = left if at == count - 1 else share
            if cents <= 0 or day > HORIZON:
                return day
            left -= cents
            self.receive_odd(payer, day, (bill, cents), "instalment")
            day += dice.pick((7, 10, 14, 14))
        return day

    def send_back(self, payer: Payer, day: int, parts: Parts) -> int:
        """The bank takes the money back; often it comes again. Returns the last day of this."""
        dice, bank, till = self.dice, self.bank, self.till
        cents, bills = sum(part for _, part in parts), [bill for bill, _ in parts]
        check = dice.digits(4)
        receipt = till.record(payer, day, [], "returned", cents=cents, about=bills, check=check)
        is_check = payer.method == "check"
        back = business_day(day + (dice.between(9, 12) if is_check else 4))
        bank.write(back, -cents, bank.returned(back, receipt, check if is_check else ""))
        if dice.chance(0.6):
            fee = ("RETURNED ITEM CHARGE", "", "", "FEE")
            bank.write(back, -dice.pick((1200, 1500, 3500)), fee)
        draw, again = dice.draw(), business_day(back + dice.between(1, 8))
        if again > HORIZON or (draw > 0.75 and payer.is_sure):
            return back
        if draw < 0.6 or is_check:
            till.record(payer, again, parts, "paid_again")
        else:
            till.receive_unrecorded(payer, again, parts, "redeposit")
        return again

    # Receipts of those who pay for many residents.

    def receive_list(self, bills: Sequence[Bill]) -> None:
        """An agency or organisation pays a month's bills, so many at once."""
        dice, habits = self.dice, self.habits
        payer = bills[0].payer
        if payer.party_id not in self.list_kinds:
            shares = (("remittance", habits.list_remittance), ("memo", habits.list_memo))
            self.list_kinds[payer.party_id] = dice.weighted((*shares, ("none", 1.0)))
        kind = self.list_kinds[payer.party_id]
        if dice.chance(0.08):
            kind = dice.pick(("remittance", "memo", "none"))
        most, at = MOST_LISTED[kind], 0
        while at < len(bills):
            count = dice.between(max(1, most // 3), most)
            some, at = bills[at : at + count], at + count
            some = [bill for bill in some if kind == "none" or not dice.chance(habits.never_paid)]
            if some:
                self.receive_run(payer, some, kind)

    def receive_run(self, payer: Payer, bills: Sequence[Bill], kind: str) -> None:
        """Some bills of a list at once; of few a part is denied."""
        dice, habits, ledger, bank = self.dice, self.habits, self.ledger, self.bank
        is_organisation = payer.kind == "organisation"
        days = 3 + usual_days(payer) if is_organisation else dice.between(8, 35)
        day = business_day(max(bill.day for bill in bills) + days)
        if day > HORIZON:
            return
        parts = []
        for bill in bills:
            percent = dice.between(50, 95) if dice.chance(0.015) else 100
            parts.append((bill, round(bill.cents * percent / 100)))
        token, method = dice.digits(8), payer.method
        is_split = payer.party_id in self.splits
        listed = self.listed(bills)
        payments = []
        for group in [[part] for part in parts] if is_split else [parts]:
            payments.append(self.record_list(payer, day, group, kind, token, listed))
        name = self.till.printed(payer)
        cents = sum(part for _, part in parts)
        memo = listed if kind == "memo" else ""
        if method == "check" and not is_split and not dice.chance(habits.cheque_single):
            self.till.keep(day, *payments[0])
            return
        if method == "check":
            day = business_day(day + dice.between(0, 3))
            text = bank.deposit(day, check=token, drawer=payer.name)
        else:
            if not is_organisation and dice.chance(0.5):
                memo = f"TRN*1*{token}*1{dice.digits(9)}~ {memo}".strip()
            receipt = Receipt(name=name, id=token, memo=memo, is_firm=True)
            text = bank.ach(day, receipt, "EFT PMT")
        line = bank.write(day, cents, text)
        case = f"{'split' if is_split else 'list'}_{method}"
        for payment, paid in payments:
            ledger.clears(payment, line, paid, case)

    def listed(self, bills: Sequence[Bill]) -> str:
        """The numbers of bills in one text."""
        dice = self.dice
        numbers = [bill.number for bill in bills]
        if dice.chance(self.habits.number_typo):
            numbers[0] = names.broken_number(dice, numbers[0])
        return names.number_list(dice, numbers) if len(numbers) > 1 else f"inv {numbers[0]}"

    def record_list(
        self, payer: Payer, day: int, parts: Parts, kind: str, token: str, listed: str
    ) -> tuple[int, int]:
        """The place and cents of a payment of all bills, or of the one of a split list."""
        dice, ledger = self.dice, self.ledger
        bill = parts[0][0]
        is_split = payer.party_id in self.splits
        memo = listed if kind == "memo" else ""
        if is_split:
            memo = f"inv {bill.number}" if dice.chance(0.5) else ""
        cents = sum(part for _, part in parts)
        payment = ledger.payment(
            Payment(
                entity=self.code,
                direction="in",
                party_id=bill.party_id if is_split else payer.party_id,
                party_name=bill.party_name if is_split else payer.name,
                day=day,
                cents=cents,
                method=payer.method,
                reference=token if dice.chance(0.85) else "",
                memo=memo,
                account=self.bank.account,
                payout=token if is_split else "",
            )
        )
        case = f"split_{payer.kind}" if is_split else f"list_{kind}_{payer.kind}"
        for each, part in parts:
            ledger.settles(each.at, payment, part, case)
        if kind == "remittance" and not is_split:
            self.ledger.advice += [(payment, row) for row in self.advice(parts)]
        return payment, cents

    def advice(self, parts: Parts) -> list[Row]:
        """What the payer's advice lists, by our numbers or, seldom, by its own."""
        dice, habits = self.dice, self.habits
        is_own = dice.chance(habits.list_own_numbers)
        rows: list[Row] = []
        for bill, part in parts:
            said = dice.digits(9) if is_own else bill.number
            if not is_own and dice.chance(habits.number_typo / 2):
                said = names.broken_number(dice, said)
            elif not is_own and dice.chance(0.1):
                said = said.replace("-", " ")
            rows.append((said, money(part), bill.resident.name if dice.chance(0.7) else ""))
        return rows

    # The rest.

    def transfer(self) -> None:
        """Own money to the savings account, in more than every second month."""
        dice, bank, savings = self.dice, self.bank, self.savings
        for first in range(BEGIN, END, 30):
            if dice.chance(0.6):
                cents, day = dice.between(5, 120) * 10_000, first + dice.between(0, 28)
                token = dice.digits(10)
                text = f"ONLINE TRANSFER TO SAV {savings.account} {token}"
                bank.write(day, -cents, (text, "", token, "TRANSFER"))
                text = f"ONLINE TRANSFER FROM CHK {bank.account} {token}"
                savings.write(day, cents, (text, "", token, "TRANSFER"))


def usual_days(payer: Payer) -> int:
    """A payer's own habit of days, from its name."""
    return USUAL_DAYS[sum(map(ord, payer.name)) % 10]
