"""What the book of a foster group keeps of its money, and the lines that it leaves at the bank.

Cheques and cash wait in the tills of several offices and go to the bank together, without a slip;
cards come as payouts less the fees. Other money has a line of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from bench.worlds.foster_group_records import (
    END,
    START,
    Advice,
    Entity,
    Line,
    Movement,
    Pair,
    Payment,
    Share,
    banking_day,
    banking_days_after,
)
from bench.worlds.foster_group_words import (
    TRACE_LENGTHS,
    Text,
    book_memo,
    check_text,
    credit_text,
    day_text,
    debit_text,
    deposit_text,
    digits,
    listed,
    payout_text,
    person,
    plain,
    return_text,
    written,
)

# Days from the bank to the book, and for what is carried there from the book to the bank.
DAYS_TO_RECORD = (0, 0, 0, 0, 0, 1, 1, 2, -1)
DAYS_TO_CARRY = (0, 0, 1, 1, 2, 3, 5)
DAYS_BETWEEN_DEPOSITS = (5, 7, 9, 11, 14)
# On which days of the week, of which Sunday is 0, a gateway closes a batch.
PAYOUT_WEEKDAYS = {"day": range(7), "half": (1, 4), "week": (5,)}
INVOICES_OF_AN_OFFICE = 2_500
MOST_NUMBERS_ON_LINE = 3
MOST_NUMBERS_BESIDE_ADVICE = 4
NUMBER_IN_REFERENCE = ("ach", "zelle", "cash", "card")

# Lines that belong to nothing, for each invoice.
OTHER_LINES = 0.02
SHOPS = ("HOME DEPOT", "COSTCO WHSE", "WALGREENS", "ALDI", "SHELL OIL", "MENARDS", "USPS PO")
FEE_TEXTS = ("MONTHLY SERVICE FEE", "WIRE FEE", "ACCOUNT ANALYSIS CHARGE")
CREDIT_TEXTS = ("USDA CACFP REIMB", "IRS TREAS 310 TAX REF", "INS CLAIM PMT")


class Book:
    """The payments of one entity as its bookkeeper keys them."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.chance = entity.chance

    def record(
        self, movement: Movement, day: int, trace: str, shown: str, *, names_number: bool
    ) -> Payment:
        """The payment of a movement, of which the bank has `shown` the numbers, if any."""
        chance, entity = self.chance, self.entity
        party_id, party_name, note = self.keyed_party(movement)
        numbers, said, is_in_reference = movement.numbers, "", False
        is_long = movement.has_advice and len(numbers) > MOST_NUMBERS_BESIDE_ADVICE
        if names_number and numbers and not is_long:
            # What the bank shows is copied, or the number taken from the invoice.
            is_copied = shown and chance.random() < 0.88
            said = shown if is_copied else listed(entity, numbers, by_payer=False)
            if movement.direction == "out":
                said = chance.choice(("", "inv ")) + ", ".join(numbers)
            is_in_reference = movement.method in NUMBER_IN_REFERENCE and chance.random() < 0.4
        payment = Payment(
            direction=movement.direction,
            party_id=party_id,
            party_name=party_name,
            day=day,
            cents=movement.cents,
            method="ach" if movement.method == "zelle" else movement.method,
            reference=said if is_in_reference else self.reference(movement, trace),
            memo=book_memo(chance, "" if is_in_reference else said, note),
            account=entity.operating if chance.random() < 0.5 else "",
        )
        if movement.has_advice:
            payment.advice = self.advice(movement.shares)
        entity.payments.append(payment)
        return payment

    def keyed_party(self, movement: Movement) -> tuple[str, str, str]:
        """The id and name of who paid or of whom it is for, and the note beside them."""
        chance, payer, party = self.chance, movement.payer, movement.party
        party_id, name, note = party.id, party.plain_name, movement.note
        if party.kind == "private" and movement.direction == "in":
            if payer.recorded != "party":
                name = payer.name
            elif payer.is_other and chance.random() < 0.35:
                note = f"{note} pd by {payer.name}".strip()
            if payer.recorded == "own":
                party_id = payer.id
            elif payer.recorded == "nobody":
                party_id = ""
        if chance.random() > self.entity.party_ids:
            party_id = ""
        return party_id, name, note

    def reference(self, movement: Movement, trace: str) -> str:
        """What fills a reference that names no invoice."""
        chance, method = self.chance, movement.method
        if method == "check":
            return str(movement.check)
        if method == "cash":
            return f"receipt {digits(chance, 4)}" if chance.random() < 0.3 else ""
        if method == "card":
            return f"****{digits(chance, 4)}" if chance.random() < 0.15 else ""
        shows_trace = 0.35 if method in ("eft", "wire") else self.entity.shows_trace
        return trace if chance.random() < shows_trace else ""

    def advice(self, shares: Sequence[Share]) -> list[Advice]:
        """What the payer's advice lists; now and then it lacks lines, and some price nothing."""
        chance = self.chance
        has_gaps = len(shares) > 1 and chance.random() < 0.05
        is_priced = chance.random() < 0.85
        found = []
        for share in shares:
            if has_gaps and chance.random() < 0.3:
                continue
            resident = share.invoice.resident
            found.append(
                Advice(
                    reference=written(self.entity, share.invoice.number, by_payer=False),
                    cents=share.cents if is_priced else None,
                    memo=resident.name if resident else "",
                )
            )
        return found


class Bank:
    """Takes the movements of one entity to its book and its bank, and pairs what belongs."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.chance = entity.chance
        self.book = Book(entity)
        self.tills: defaultdict[int, list[Payment]] = defaultdict(list)
        self.cards: list[Payment] = []
        self.offices = 1 + len(entity.invoices) // INVOICES_OF_AN_OFFICE

    def receive(self, movements: Sequence[Movement]) -> None:
        """All of them, then what lies in tills and at the gateway, and the rest."""
        for movement in movements:
            self.take(movement)
        for office in sorted(self.tills):
            self.empty_till(self.tills[office])
        self.pay_out_cards()
        self.add_the_rest()

    def line(
        self, day: int, cents: int, kind: str, text: Text | str, account: str = ""
    ) -> Line | None:
        """A line on the operating account or another, unless it comes after the feed's end."""
        if day > END:
            return None
        if isinstance(text, str):
            text = Text(description=text)
        line = Line(
            account=account or self.entity.operating,
            day=day,
            cents=cents,
            description=text.description,
            counterparty=text.counterparty,
            reference=text.reference,
            kind=kind,
        )
        self.entity.lines.append(line)
        return line

    def settle(self, movement: Movement, right: Payment | Line) -> None:
        """Pair the invoices of a movement with its payment, or with its line if it has none."""
        if movement.is_returned:
            # Half the books never hear of it and go on saying that the invoice is paid.
            if self.chance.random() < 0.5:
                for share in movement.shares:
                    share.invoice.recorded += share.cents
            return
        for share in movement.shares:
            pair = Pair(left=share.invoice, right=right, cents=share.cents, case=movement.case)
            self.entity.pairs.append(pair)
            if isinstance(right, Payment):
                share.invoice.recorded += share.cents

    # A movement, and the line that it has of its own.

    def take(self, movement: Movement) -> None:
        chance, entity = self.chance, self.entity
        is_in_book, is_on_line = self.told(movement)
        trace = digits(chance, TRACE_LENGTHS[entity.style])
        day, banked = self.days(movement)
        if min(day, banked) > END:
            return
        numbers = movement.numbers if is_on_line else []
        if len(numbers) > MOST_NUMBERS_ON_LINE:
            numbers = []
        shown = listed(entity, numbers, by_payer=movement.direction == "in")
        payment = None
        if movement.is_recorded:
            if day > END:
                return
            payment = self.book.record(movement, day, trace, shown, names_number=is_in_book)
            self.settle(movement, payment)
        if not movement.reaches_bank:
            return
        if payment and movement.direction == "in":
            if movement.method == "card":
                self.cards.append(payment)
                return
            if self.goes_into_till(movement):
                office = sum(map(ord, movement.party.id)) % self.offices
                self.tills[office].append(payment)
                return
        self.clear_alone(movement, payment, banked, trace, shown)

    def told(self, movement: Movement) -> tuple[bool, bool]:
        """Whether the book names the numbers, and whether the bank does."""
        chance, entity, is_sure = self.chance, self.entity, movement.is_sure
        naming = min(0.97, entity.book_number * movement.payer.naming)
        is_named = is_sure or chance.random() < naming
        if movement.method == "check" and not is_sure:
            # The stub stays in the envelope more often than not.
            is_named = is_named and chance.random() < 0.5
        is_on_line = is_named and chance.random() < entity.line_number
        is_on_line = is_on_line or (is_sure and not movement.is_recorded)
        is_in_book = is_named and (is_sure or chance.random() < 0.95)
        if movement.direction == "out":
            is_in_book = is_sure or chance.random() < (0.4 if movement.check else 0.7)
            is_on_line = is_in_book and chance.random() < 0.5
        return is_in_book, is_on_line

    def days(self, movement: Movement) -> tuple[int, int]:
        """When it is in the book, and when at the bank."""
        chance, sent = self.chance, movement.day
        banked = banking_day(sent + chance.randrange(1, 3))
        day = banked + chance.choice(DAYS_TO_RECORD)
        if movement.method in ("check", "cash"):
            day = sent + chance.randrange(0, 4)
            banked = banking_day(day + chance.choice(DAYS_TO_CARRY))
        elif movement.method == "card":
            day = sent
        if movement.direction == "out":
            fewest, most = (3, 13) if movement.check else (0, 3)
            return sent, banking_day(sent + chance.randrange(fewest, most))
        return day, banked

    def goes_into_till(self, movement: Movement) -> bool:
        """Cash and a part of the cheques, save those that come back or come again."""
        is_carried = movement.method == "cash" or (
            movement.method == "check" and self.chance.random() < self.entity.till_share
        )
        return is_carried and movement.case != "redeposit" and not movement.is_returned

    def clear_alone(
        self, movement: Movement, payment: Payment | None, day: int, trace: str, shown: str
    ) -> None:
        """Its own line, and its return if it comes back."""
        entity, method, check = self.entity, movement.method, movement.check
        name, cents = movement.payer.bank_name, movement.cents
        if movement.direction == "out":
            text = debit_text(entity, name, method, check, shown, day)
            line = self.line(day, -cents, "debit", text)
        elif method == "check":
            text = check_text(entity, name, check, shown)
            if movement.case == "redeposit":
                text = replace(text, description=f"REDEPOSIT {text.description}")
            line = self.line(day, cents, "check", text)
        else:
            text = credit_text(entity, name, method, shown, trace, day)
            line = self.line(day, cents, "credit", text)
        if line is None:
            return
        if payment is None:
            self.settle(movement, line)
            return
        case = f"{movement.case}_bank"
        entity.pairs.append(Pair(left=payment, right=line, cents=cents, case=case))
        if movement.is_returned:
            self.send_back(movement, day, shown)

    def send_back(self, movement: Movement, day: int, shown: str) -> None:
        """The return of a receipt, often with a fee; neither is part of anything."""
        chance = self.chance
        back = banking_days_after(day, chance.randrange(1, 5))
        name, method = movement.payer.bank_name, movement.method
        text = return_text(self.entity, name, method, movement.check, shown)
        self.line(back, -movement.cents, "return", text)
        if chance.random() < 0.7:
            fee = chance.choice((1_000, 1_200, 1_500))
            self.line(back, -fee, "fee", "RETURNED ITEM FEE")

    # Money that comes together.

    def empty_till(self, till: list[Payment]) -> None:
        """Carry what lies in a till to the bank, every few days."""
        chance = self.chance
        till.sort(key=lambda payment: payment.day)
        most_days = chance.choice(DAYS_BETWEEN_DEPOSITS)
        while till:
            day = banking_day(till[0].day + chance.randrange(most_days + 1))
            count = sum(payment.day <= day for payment in till)
            # Sometimes the newest are still on somebody's desk.
            if count > 2 and chance.random() < 0.15:
                count -= chance.randrange(1, min(4, count - 1))
            taken, till = till[:count], till[count:]
            text = deposit_text(self.entity, day)
            day = banking_day(day + chance.randrange(2))
            line = self.line(day, sum(payment.cents for payment in taken), "deposit", text)
            if line is None:
                continue
            case = "deposit" if len(taken) > 1 else "deposit_of_one"
            for payment in taken:
                pair = Pair(left=payment, right=line, cents=payment.cents, case=case)
                self.entity.pairs.append(pair)

    def pay_out_cards(self) -> None:
        """The gateway pays out the cards of a day or some days at once, less its fees."""
        weekdays = PAYOUT_WEEKDAYS[self.entity.payout_rhythm]
        batches: defaultdict[int, list[Payment]] = defaultdict(list)
        for payment in sorted(self.cards, key=lambda payment: payment.day):
            end = payment.day + min((weekday - payment.day) % 7 for weekday in weekdays)
            batches[end].append(payment)
        for end, batch in batches.items():
            self.pay_out(batch, banking_days_after(end + 1, 1))

    def pay_out(self, payments: Sequence[Payment], day: int) -> None:
        entity = self.entity
        payout = f"po_{self.chance.getrandbits(64):016x}"
        shown = payout if entity.shows_payouts else ""
        for payment in payments:
            payment.fee = round(payment.cents * 0.029) + 30
            payment.payout = shown
        net = sum(payment.cents - payment.fee for payment in payments)
        line = self.line(day, net, "payout", payout_text(entity, shown, day))
        if line is None:
            return
        for payment in payments:
            cents = payment.cents - payment.fee
            entity.pairs.append(Pair(left=payment, right=line, cents=cents, case="payout"))

    # What else is on the accounts.

    def add_the_rest(self) -> None:
        """Fees, transfers, payroll and strangers: none of it belongs to anything."""
        invoices = self.entity.invoices
        numbers = [invoice.number for invoice in invoices if invoice.cents > 0]
        for _ in range(round(len(invoices) * OTHER_LINES)):
            self.add_another(numbers)

    def add_another(self, numbers: Sequence[str]) -> None:
        chance, entity = self.chance, self.entity
        paid = chance.randrange(START, END - 3)
        day = banking_day(paid)
        draw = chance.random()
        if draw < 0.2:
            cents = chance.randrange(5, 120) * 10_000
            if chance.random() < 0.15:
                cents = chance.choice(entity.board_rates)
            cents *= chance.choice((1, -1))
            text = f"Online transfer {digits(chance, 7)}"
            self.line(day, cents, "transfer", text)
            text = f"Online transfer {digits(chance, 7)}"
            self.line(day, -cents, "transfer", text, entity.savings)
        elif draw < 0.32:
            text = chance.choice(FEE_TEXTS)
            self.line(day, -chance.choice((1_500, 2_500, 3_000, 6_815)), "fee", text)
        elif draw < 0.4:
            cents = chance.randrange(40, 9_000)
            self.line(day, cents, "interest", "INTEREST PAID", entity.savings)
        elif draw < 0.58:
            cents = chance.randrange(80_000, 1_900_000)
            text = f"PAYROLL {day_text(paid, '%y%m%d')} {plain(entity.firm)[:16]}"
            self.line(day, -cents, "payroll", text)
        elif draw < 0.8:
            # A shop's own number may look like the number of an invoice.
            store = chance.choice(numbers)[-4:] if chance.random() < 0.4 else digits(chance, 4)
            text = f"POS PURCHASE {chance.choice(SHOPS)} #{store}"
            self.line(day, -chance.randrange(700, 60_000), "purchase", text)
        elif draw < 0.9:
            cents = chance.randrange(2_000, 300_000)
            text = f"{chance.choice(CREDIT_TEXTS)} {digits(chance, 6)}"
            self.line(day, cents, "credit", text)
        else:
            # Somebody with no invoice here: a gift, the rent of a garage, a mistake.
            cents = chance.randrange(10, 900) * 500
            self.line(day, cents, "credit", f"ACH CR {plain(person(chance))[:20]}")
