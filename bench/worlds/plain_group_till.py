"""How receipts of a plain group's entity come into its book and onto its bank.

Most have a line of their own. Of cheques some wait in a till and are deposited together, and cards
come as payouts less the fees. Of money that nobody recorded there is the line alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from bench.worlds import plain_group_names as names
from bench.worlds.plain_group_bank import Bank, Receipt
from bench.worlds.plain_group_dice import Dice
from bench.worlds.plain_group_habits import Habits
from bench.worlds.plain_group_ledger import Ledger, Payment, business_day
from bench.worlds.plain_group_people import Bill, Payer

GATEWAYS = (("STRIPE", "po_1"), ("SQUARE INC", "SQ"), ("PAYPAL", "PP"), ("AUTHNET GATEWAY", "AN"))
PLAIN_MEMOS = ("",) * 40 + ("Payment", "Rent", "room and board", "Thank you", "monthly payment")
ENTRIES = ("PAYMENT", "WEB PMT", "BILLPAY", "ONLINE PMT")
TOKEN_DIGITS = {"ach": 10, "wire": 12, "check": 5, "cash": 5, "card": 5}

# Bills and how many cents of each are paid.
Parts = Sequence[tuple[Bill, int]]


class Till:
    """Takes the receipts of one entity; `clear` deposits cheques and pays out cards in the end."""

    def __init__(self, dice: Dice, ledger: Ledger, habits: Habits, bank: Bank) -> None:
        self.dice, self.ledger, self.habits, self.bank = dice, ledger, habits, bank
        self.gateway, self.payout_prefix = dice.pick(GATEWAYS)
        self.shows_payout = dice.chance(0.72)
        self.slip_as_payout = dice.chance(habits.slip_as_payout)
        self.slip = dice.between(1000, 60_000)
        # Each with its day, a draw that orders those of a day, the payment and its cents.
        self.cheques: list[tuple[int, float, int, int]] = []
        # By day of the payout, each payment and its cents less the fee.
        self.cards: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)

    # What is said of a receipt.

    def written(
        self, payer: Payer, bills: Sequence[Bill], *, is_ahead: bool, is_named: bool
    ) -> tuple[str, str, bool]:
        """What the payer wrote, what the clerk put down, and whether a number is damaged."""
        dice, habits = self.dice, self.habits
        numbers = [bill.number for bill in bills]
        plain = dice.pick(PLAIN_MEMOS)
        if payer.kind in ("relative", "unknown") and dice.chance(habits.says_for_whom):
            plain = f"for {bills[0].resident.name}"
        if is_ahead:
            return plain, plain, False
        is_written = is_named or dice.chance(payer.writes)
        is_damaged = dice.chance(habits.number_typo)
        if is_damaged:
            at = dice.between(0, len(numbers) - 1)
            numbers[at] = names.broken_number(dice, numbers[at])
        if len(numbers) == 1:
            text = names.written_number(dice, numbers[0])
        else:
            text = names.number_list(dice, numbers)
        if is_written:
            said = text if dice.chance(0.7) else f"{plain} {text}".strip()
            is_copied = is_named or dice.chance(habits.clerk_copies)
            return said, text if is_copied else "", is_damaged
        if dice.chance(habits.clerk_looks_up):
            return plain, text, is_damaged
        return plain, plain if dice.chance(0.5) else "", False

    def booked(self, payer: Payer, bill: Bill) -> tuple[str, str]:
        """Party and name under which the book holds a receipt."""
        if payer.party_id:
            return payer.party_id, payer.name
        if payer.booked_as == "resident":
            return bill.party_id, bill.party_name
        return (bill.party_id if payer.booked_as == "own" else ""), payer.name

    def printed(self, payer: Payer) -> str:
        """The payer's name as its bank passes it on."""
        is_broken = self.dice.chance(self.habits.name_typo)
        return names.broken_name(self.dice, payer.name) if is_broken else payer.name

    def token(self, method: str) -> str:
        return self.dice.code(9) if method == "p2p" else self.dice.digits(TOKEN_DIGITS[method])

    # Receipts.

    def record(
        self,
        payer: Payer,
        day: int,
        parts: Parts,
        story: str,
        *,
        cents: int | None = None,
        about: Sequence[Bill] = (),
        check: str = "",
        is_named: bool = False,
    ) -> Receipt:
        """A recorded payment with its line, or its place among the cheques or cards.

        `cents` are other than the sum of the parts; what settles nothing is still `about` bills.
        """
        dice, habits, ledger = self.dice, self.habits, self.ledger
        bills = about or [bill for bill, _ in parts]
        cents = sum(part for _, part in parts) if cents is None else cents
        method, is_ahead = payer.method, day < bills[0].day
        said, memo, is_damaged = self.written(payer, bills, is_ahead=is_ahead, is_named=is_named)
        has_number = any(letter.isdigit() for letter in memo)
        party_id, party_name = self.booked(payer, bills[0])
        token = self.token(method)
        reference = token if dice.chance(0.85 if method == "cash" else habits.id_shared) else ""
        if method == "check":
            token = check or dice.digits(4)
            reference = token if dice.chance(0.96) else ""
        is_shared = bool(reference)
        if has_number and not reference and dice.chance(0.5):
            reference, memo = memo, dice.pick(PLAIN_MEMOS)
        fee = round(cents * 0.029) + 30 if method == "card" else 0
        payment = ledger.payment(
            Payment(
                entity=self.bank.entity,
                direction="in",
                party_id=party_id,
                party_name=party_name,
                day=day if method != "ach" else day + dice.between(0, 1),
                cents=cents,
                method=method,
                reference=reference,
                memo=memo,
                account=self.bank.account if dice.chance(0.7) else "",
                fee=fee,
            )
        )
        case = f"{story}_{'typo' if is_damaged else 'number' if has_number else 'plain'}"
        for bill, part in parts:
            ledger.settles(bill.at, payment, part, case)
        is_firm = payer.kind == "insurer"
        receipt = Receipt(name=self.printed(payer), id=token, memo=said, is_firm=is_firm)
        if method == "card":
            self.cards[business_day(day, 2)].append((payment, cents - fee))
        elif method == "check" and not dice.chance(habits.cheque_single):
            self.keep(day, payment, cents)
        else:
            line = self.line(method, day, cents, receipt)
            ledger.clears(payment, line, cents, f"{method}_{'id' if is_shared else 'name'}")
        return receipt

    def keep(self, day: int, payment: int, cents: int) -> None:
        """A cheque for the next deposit."""
        self.cheques.append((day, self.dice.draw(), payment, cents))

    def line(self, method: str, day: int, cents: int, receipt: Receipt) -> int:
        """The place of the line of a recorded receipt that comes alone."""
        dice, bank = self.dice, self.bank
        if method == "p2p":
            return bank.write(day, cents, bank.p2p(day, receipt))
        if method == "wire":
            return bank.write(business_day(day), cents, bank.wire(day, receipt))
        if method == "cash":
            day = business_day(day + dice.between(0, 3))
            return bank.write(day, cents, bank.cash(receipt.id))
        if method == "check":
            is_shown = bank.shows_check_number and dice.chance(0.9)
            day = business_day(day + dice.between(0, 3))
            check = receipt.id if is_shown else ""
            return bank.write(day, cents, bank.deposit(day, check=check, drawer=receipt.name))
        if dice.chance(0.04):
            receipt = replace(receipt, memo="")
        day = business_day(day, dice.between(0, 2))
        entry = dice.pick((*ENTRIES, "P2P"))
        return bank.write(day, cents, bank.ach(day, receipt, entry))

    def receive_unrecorded(
        self, payer: Payer, day: int, parts: Parts, story: str, *, is_named: bool = False
    ) -> None:
        """Money by ACH, Zelle or wire of which only the bank knows."""
        dice, bank, method = self.dice, self.bank, payer.method
        bills = [bill for bill, _ in parts]
        is_ahead = day < bills[0].day
        said, _, is_damaged = self.written(payer, bills, is_ahead=is_ahead, is_named=is_named)
        name = "" if payer.is_nameless else self.printed(payer)
        is_firm = payer.kind == "insurer"
        receipt = Receipt(name=name, id=self.token(method), memo=said, is_firm=is_firm)
        cents = sum(part for _, part in parts)
        entry = dice.pick(ENTRIES)
        if method == "p2p":
            line = bank.write(day, cents, bank.p2p(day, receipt))
        elif method == "wire":
            line = bank.write(business_day(day), cents, bank.wire(day, receipt))
        else:
            entry = "RETRY PYMT" if story == "redeposit" else entry
            day = business_day(day, 1)
            line = bank.write(day, cents, bank.ach(day, receipt, entry))
        if any(letter.isdigit() for letter in said):
            what = "typo" if is_damaged else "number"
        else:
            what = "nameless" if payer.is_nameless else payer.kind
        group = "" if story == "whole" else f"{story}_"
        for bill, part in parts:
            self.ledger.direct(bill.at, line, part, f"direct_{group}{what}")

    # What comes together.

    def clear(self) -> None:
        """Bring the cheques to the bank, a few at once or after some days, and pay out cards."""
        dice = self.dice
        pool: list[tuple[int, float, int, int]] = []
        most, patience = dice.between(2, 12), dice.between(2, 7)
        for cheque in sorted(self.cheques):
            if pool and (len(pool) >= most or cheque[0] - pool[0][0] > patience):
                self.deposit(pool)
                pool, most, patience = [], dice.between(2, 12), dice.between(2, 7)
            pool.append(cheque)
        if pool:
            self.deposit(pool)
        for day, cards in sorted(self.cards.items()):
            self.pay_out(day, cards)

    def deposit(self, pool: Sequence[tuple[int, float, int, int]]) -> None:
        """One line of some cheques; where the bank has a slip, the book keeps its number."""
        dice, habits, ledger = self.dice, self.habits, self.ledger
        day = business_day(pool[-1][0] + dice.between(0, 3))
        self.slip += dice.between(1, 3)
        has_slip = dice.chance(habits.slip)
        is_unreadable = dice.chance(habits.slip_unreadable)
        shown = str(self.slip) if has_slip and not is_unreadable else ""
        cents = sum(part for *_, part in pool)
        line = self.bank.write(day, cents, self.bank.deposit(day, slip=shown))
        where = "slip" if has_slip else "no_slip"
        size = "alone" if len(pool) == 1 else "small" if len(pool) < 5 else "big"
        for _, _, payment, part in pool:
            recorded = ledger.payments[payment]
            if has_slip and self.slip_as_payout:
                recorded.payout = str(self.slip)
            elif has_slip:
                recorded.memo = f"{recorded.memo} dep slip {self.slip}".strip()
            ledger.clears(payment, line, part, f"deposit_{where}_{size}")

    def pay_out(self, day: int, cards: Sequence[tuple[int, int]]) -> None:
        ledger = self.ledger
        payout = self.payout_prefix + self.dice.code(12)
        text = self.bank.payout(day, self.gateway, payout if self.shows_payout else "")
        line = self.bank.write(day, sum(net for _, net in cards), text)
        for payment, net in cards:
            ledger.payments[payment].payout = payout
            ledger.clears(payment, line, net, "card_payout")
