"""One legal entity living through the months: whom it bills, who pays how, what its bank sees."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal

from pipelines.sandbox import wording
from pipelines.sandbox.business_days import business_day, is_business_day, month_start
from pipelines.sandbox.growing import Growing
from pipelines.sandbox.records import (
    Account,
    Allocation,
    BankLine,
    Entity,
    FileFormat,
    Home,
    Invoice,
    Link,
    OwnTransfer,
    Party,
    PartyKind,
    Payment,
    PaymentKind,
    RemittanceLine,
    Return,
    Settlement,
    SettlementItem,
)

RATES = (94_300, 105_450, 116_150, 129_000)  # room and board a month, set by the state
SUPPLEMENTS = (21_050, 34_800, 48_725)  # what an agency adds for a resident
HOURLY = (1_825, 2_140, 2_675)  # care, an hour
CASES = {"whole": "1_reference", "mistyped": "21_mistyped", "transposed": "22_transposed"}
PNA = 5_000  # pocket money drawn twice a month on one day: honest twins
PAY_DAYS = (3, 0, 27, 4, 9, 2, 14, 4)  # days after issue, by resident
NSF_CHARGE = 1_200
DISPUTE_FEE = 1_500
PLAIN_METHODS = ("ach", "check") * 8 + ("cash", "wire")
GATEWAY_METHODS = (*("ach", "check", "card") * 5, "check", "card", "gateway_ach", "cash", "wire")
SLIP = 12  # most cheques on one deposit slip


@dataclass(frozen=True, kw_only=True, slots=True)
class Resident:
    """How one resident is billed and who pays."""

    party: Party
    payer: Party  # the resident, a relative, or a payee organisation
    rate: int
    supplement: int  # 0: no agency adds to the room
    agency: Party | None
    care_to: Literal["nobody", "resident", "agency"]
    hourly: int
    method: str  # ach, check, cash, wire; card and gateway_ach go through the gateway
    via_gateway: bool  # billed with gateway invoices, not just charged
    discount: bool
    names_number: bool  # a person of habit: writes invoice numbers
    pay_day: int  # days after issue
    stays: tuple[date, date]


class Provider:
    """One legal entity living through the months."""

    def __init__(self, world: Growing, entity: Entity, is_first: bool) -> None:
        self.world, self.rng, self.profile = world, world.rng, world.profile
        self.entity, self.end = entity, world.end
        self.series: dict[str, int] = defaultdict(int)
        self.check_number = self.rng.randrange(1200, 4000)
        self.till: list[tuple[date, Payment, str, Callable[[BankLine | None], None]]] = []
        self.gateway: list[tuple[date, SettlementItem, str]] = []
        self.open_to_agency: dict[str, list[Invoice]] = defaultdict(list)
        self.left_open: dict[int, Invoice] = {}  # by amount: the last receipt not applied
        self.applied: dict[str, int] = defaultdict(int)  # by invoice, in the books
        self.methods = list(GATEWAY_METHODS if entity.has_gateway else PLAIN_METHODS)
        self.agencies: list[Party] = []
        self.payees: list[Party] = []
        world.entities.append(entity)
        short = entity.entity.removesuffix("_homes")
        self.operating = self._account(
            "operating" if is_first else f"{short}_operating", "ofx1" if is_first else "camt"
        )
        self.payroll = self._account("payroll", "ofx2") if is_first else self.operating

    def _account(self, account: str, file_format: FileFormat) -> str:
        title = self.entity.entity.replace("_", " ").title()
        self.world.accounts.append(
            Account(
                account=account,
                entity=self.entity.entity,
                name=f"{title} {account.split('_')[-1]}",
                bank="First Harbor Bank" if file_format != "camt" else "Union Lakes Bank",
                routing="072499990" if file_format != "camt" else "072499877",
                number=f"{self.rng.randrange(10**9, 10**10)}",
                file_format=file_format,
                opening=self.rng.randrange(40_000_00, 180_000_00),
            )
        )
        return account

    # who lives, pays and is paid here

    def _party(
        self,
        kind: PartyKind,
        name: str,
        home_id: str | None = None,
        parent_id: str | None = None,
    ) -> Party:
        party = Party(
            party_id=self.world.new_id("par"),
            entity=self.entity.entity,
            kind=kind,
            name=name,
            home_id=home_id,
            parent_id=parent_id,
        )
        self.world.parties.append(party)
        return party

    def _move_in(self, count: int) -> list[Resident]:
        rng = self.rng
        homes = []
        for number in range(max(1, count // 6)):
            home = Home(
                home_id=self.world.new_id("hom"),
                entity=self.entity.entity,
                name=f"{rng.choice(wording.STEMS)} House {number + 1}",
            )
            homes.append(home)
        self.world.homes.extend(homes)
        rng.shuffle(self.methods)
        names = wording.AGENCIES[: 2 + count // 40]
        self.agencies = [self._party("agency", name) for name in names]
        for number in range(max(1, count // 30)):
            name = wording.PAYEES[number % 4] + (f" {number // 4 + 1}" if number >= 4 else "")
            self.payees.append(self._party("payee", name))
        return [self._resident(homes[index % len(homes)], index) for index in range(count)]

    def _resident(self, home: Home, index: int) -> Resident:
        rng, world = self.rng, self.world
        name = world.person()
        # The first two of any twelve residents have a payee organisation.
        payee = self.payees[index // 12 % len(self.payees)] if index % 12 < 2 else None
        party = self._party("resident", name, home.home_id, payee.party_id if payee else None)
        payer = payee or party
        if payee is None and rng.random() < self.profile.foreign:
            family = name.split()[-1] if rng.random() < 0.4 else rng.choice(world.surnames)
            payer = self._party("relative", wording.person(rng, family))
        agency = rng.choice(self.agencies) if rng.random() < 0.35 else None
        method = "ach" if payee else self.methods[index % len(self.methods)]
        arrival, leaving = world.start, world.end
        if rng.random() < 0.2:
            arrival += timedelta(rng.randrange(30 * world.months))
        elif rng.random() < 0.1:
            leaving -= timedelta(rng.randrange(30 * world.months))
        return Resident(
            party=party,
            payer=payer,
            rate=rng.choices(RATES, (5, 3, 2, 1))[0],
            supplement=rng.choice(SUPPLEMENTS) if agency else 0,
            agency=agency,
            care_to="agency"
            if agency and rng.random() < 0.6
            else rng.choice(("nobody", "resident")),
            hourly=rng.choice(HOURLY),
            method=method,
            via_gateway=method in ("card", "gateway_ach") and index % 3 != 1,
            discount=method in ("ach", "check") and rng.random() < 0.35,
            names_number=rng.random() < self.profile.number,
            pay_day=PAY_DAYS[index % len(PAY_DAYS)],
            stays=(arrival, leaving),
        )

    # the months

    def live(self, invoices_a_month: int) -> None:
        """Issue, collect and pay month by month, then let gateway, till and bank do their part."""
        residents = self._move_in(max(1, round(invoices_a_month / 1.88)))
        vendors = [(self._party("vendor", name), kind) for name, kind in wording.VENDORS]
        bills_a_month = max(1, round(invoices_a_month * 0.08))
        for month in range(self.world.months):
            first = month_start(self.world.start, month)
            payees: dict[str, list[Invoice]] = defaultdict(list)
            for resident in residents:
                self._bill_and_collect(resident, first, payees)
            for party in self.payees:
                self._payee_transfer(party, payees[party.party_id], first)
            self._agency_transfers(first)
            self._bills(vendors, bills_a_month, first)
            self._bank_month(first, len(residents))
        self._payouts()
        self._deposits()

    def _number(self, series: str, year: int) -> str:
        """Room and board is numbered by entity and year; care plainly, the same in all entities."""
        if series == "care":
            self.series[series] += 1
            return str(1000 + self.series[series])
        self.series[f"{series}{year}"] += 1
        prefix = self.entity.prefix if series == "room" else f"{self.entity.prefix}-{series}"
        return f"{prefix}-{year}-{self.series[f'{series}{year}']:05}"

    def _issue(
        self,
        *,
        party: Party,
        kind: str,
        total: int,
        issued: date,
        number: str,
        due: int = 30,
        resident: Party | None = None,
        service: tuple[date, date] | None = None,
        memo: str = "",
        direction: Literal["receivable", "payable"] = "receivable",
        discount: int = 0,
        applies_to: Invoice | None = None,
        hours: int | None = None,
        in_gateway: bool = False,
        is_void: bool = False,
    ) -> Invoice:
        invoice = Invoice(
            invoice_id=self.world.new_id("inv"),
            entity=self.entity.entity,
            direction=direction,
            document_type="credit_note" if applies_to else "invoice",
            number=number,
            party_id=party.party_id,
            party_name=party.name,
            resident_id=resident.party_id if resident else None,
            resident_name=resident.name if resident else None,
            issue_date=issued,
            due_date=issued + timedelta(due),
            service_from=service[0] if service else None,
            service_to=service[1] if service else None,
            total=total,
            discount=discount,
            discount_date=issued + timedelta(10) if discount else None,
            applies_to=applies_to.invoice_id if applies_to else None,
            memo=memo,
            kind=kind,
            hours=hours,
            in_gateway=in_gateway,
            is_void=is_void,
        )
        self.world.invoices.append(invoice)
        return invoice

    def _bill_and_collect(
        self, resident: Resident, first: date, payees: dict[str, list[Invoice]]
    ) -> None:
        last = month_start(first, 1) - timedelta(1)
        begin, finish = max(first, resident.stays[0]), min(last, resident.stays[1])
        if begin > finish:
            return
        rng, month = self.rng, wording.month_name(first.month)
        days, whole = (finish - begin).days + 1, (last - first).days + 1
        issue = partial(self._issue, resident=resident.party, service=(begin, finish))
        room = issue(
            party=resident.party,
            kind="room_and_board",
            total=resident.rate if days == whole else (resident.rate * days + whole // 2) // whole,
            issued=begin,
            due=7,
            number=self._number("room", first.year),
            memo=f"Room and board {month} {first.year}",
            in_gateway=resident.via_gateway,
        )
        own = [room]
        if resident.agency:
            self._to_agency(
                issue(
                    party=resident.agency,
                    kind="supplement",
                    total=resident.supplement,
                    issued=begin,
                    number=self._number("room", first.year),
                    memo=f"Supplement {month} {resident.party.name}",
                )
            )
        if resident.care_to != "nobody":
            hours = rng.randrange(40, 360)
            total = resident.hourly * hours // 4
            to_agency = resident.care_to == "agency" and resident.agency is not None
            party = resident.agency if to_agency and resident.agency else resident.party
            care = issue(
                party=party,
                kind="care_hours",
                total=total,
                issued=finish,
                number=self._number("care", first.year),
                memo=f"Care hours {month}",
                discount=total * 2 // 100 if resident.discount and not to_agency else 0,
                hours=hours,
                in_gateway=resident.via_gateway and not to_agency,
            )
            if to_agency:
                self._to_agency(care)
            else:
                own.append(care)
        if resident.payer.kind == "payee":
            payees[resident.payer.party_id].extend(own)
        elif len(own) == 2 and not own[1].discount and rng.random() < 0.25:
            self._pay(resident, own, own[1].issue_date + timedelta(resident.pay_day), "24_several")
        else:
            for invoice in own:
                self._collect(resident, invoice)
        if self.world.rare("void", 70):
            issue(
                party=resident.party,
                kind="room_and_board",
                total=resident.rate,
                issued=begin,
                due=7,
                number=self._number("room", first.year),
                memo="Entered twice",
                in_gateway=resident.via_gateway,
                is_void=True,
            )

    def _to_agency(self, invoice: Invoice) -> None:
        self.open_to_agency[invoice.party_id].append(invoice)

    # receipts

    def _collect(self, resident: Resident, invoice: Invoice) -> None:
        """One invoice, one of the ways in which people pay or do not."""
        rng, world, total = self.rng, self.world, invoice.total
        on = invoice.issue_date + timedelta(resident.pay_day + rng.randrange(3))
        card = resident.method in ("card", "gateway_ach")
        if world.rare("unpaid", 33):
            return
        if world.rare("twice", 60 if not card else 25):
            self._pay(resident, [invoice], on, "")
            again = self._pay(
                resident, [invoice], on + timedelta(rng.randrange(1, 12)), "13_twice", truth=False
            )
            if again and again.gateway:
                self._refund(again, again.amount)
        elif world.rare("instalments", 24) and total > 30_000:
            parts = rng.randrange(2, 5)
            share = total // parts // 100 * 100
            for part in range(parts):
                amount = share if part < parts - 1 else total - share * (parts - 1)
                later = on + timedelta(14 * part)
                self._pay(resident, [invoice], later, "6_instalment", amount=amount)
        elif world.rare("overpaid", 40):
            extra = rng.choice((1_000, 2_500, 5_000, 10_000))
            paid = self._pay(resident, [invoice], on, "9_overpaid", amount=total + extra)
            if paid and paid.gateway:
                self._refund(paid, extra)
        elif world.rare("short", 40):
            self._pay(resident, [invoice], on, "10_short", amount=total - rng.randrange(500, 9_000))
        elif not card and world.rare("returned", 28):
            self._pay(resident, [invoice], on, "56_returned", returned=True)
        elif not card and world.rare("credited", 40):
            self._credit(resident, invoice, on)
        elif resident.via_gateway and world.rare("credited at the gateway", 20):
            self._credit(resident, invoice, on)
        elif world.rare("prepaid", 50):
            early = invoice.issue_date - timedelta(rng.randrange(1, 7))
            self._pay(resident, [invoice], max(early, world.start), "14_prepaid", quality="name")
        elif invoice.discount and rng.random() < 0.7:
            in_time = invoice.issue_date + timedelta(rng.randrange(2, 11))
            self._pay(resident, [invoice], in_time, "11_discount", amount=total - invoice.discount)
        elif resident.method == "ach" and rng.random() < self.profile.direct * 2.5:
            self._pay_unrecorded(resident, invoice, on)
        else:
            self._pay(resident, [invoice], on, "")

    def _credit(self, resident: Resident, invoice: Invoice, on: date) -> None:
        """A credit note for days away, netted by the payer."""
        credit = invoice.total * self.rng.randrange(5, 25) // 100
        self._issue(
            party=resident.party,
            kind="credit",
            total=credit,
            issued=min(invoice.issue_date + timedelta(1), self.end),
            number=self._number("CN", invoice.issue_date.year),
            resident=resident.party,
            memo=f"Days away, {invoice.number}",
            in_gateway=invoice.in_gateway,
            applies_to=invoice,
        )
        self._pay(resident, [invoice], on, "16_credit_netted", amount=invoice.total - credit)

    def _quality(self, resident: Resident) -> str:
        if self.rng.random() < (0.9 if resident.names_number else 0.12):
            if self.rng.random() < self.profile.slip:
                return self.rng.choice(("mistyped", "transposed"))
            return "whole"
        return self.rng.choice(("name", "generic", "generic"))

    def _pay(
        self,
        resident: Resident,
        invoices: Sequence[Invoice],
        on: date,
        case: str,
        *,
        amount: int | None = None,
        quality: str | None = None,
        returned: bool = False,
        truth: bool = True,
    ) -> Payment | None:
        """A recorded receipt from a resident's payer. Without a case, its reference names it."""
        if on > self.end:
            return None
        rng, payer = self.rng, resident.payer
        quality = quality or self._quality(resident)
        numbers = [invoice.number for invoice in invoices]
        reference = wording.payer_reference(
            rng, numbers, resident.party.name, invoices[0].issue_date.month, quality
        )
        if not case:
            otherwise = "36_relative" if payer.kind == "relative" else "29_generic"
            case = CASES.get(quality, otherwise)
        due = sum(invoice.total for invoice in invoices)
        amount = due if amount is None else amount
        pays = [(invoice, invoice.total) for invoice in invoices]
        if len(invoices) == 1:
            pays = [(invoices[0], min(amount, due))]
        gateway = resident.method in ("card", "gateway_ach")
        method = {"gateway_ach": "ach"}.get(resident.method, resident.method)
        fee = 0
        if gateway:
            fee = min(500, (amount * 8 + 500) // 1000)
            if method == "card":
                fee = (amount * 29 + 500) // 1000 + 30
        memo = ""
        if method == "check":
            memo, reference = reference, f"{rng.randrange(101, 9_800)}"
        recorded_as = resident.party.party_id
        if payer.kind == "relative" and rng.random() < 0.4:
            recorded_as = payer.party_id
        payment = self._record(
            kind="receipt",
            party_id=recorded_as,
            payer_name=payer.name,
            on=on,
            amount=amount,
            fee=fee,
            method=method,
            reference=reference,
            memo=memo,
            gateway=gateway,
        )
        self._apply(payment, pays if truth else [])

        def after(line: BankLine | None) -> None:
            if returned and line and self._bounce(resident, payment, line, invoices):
                return
            if truth:
                self._link_invoices(payment, pays, case)

        if gateway:
            self.world.gateway_allocations.extend(
                Allocation(
                    payment_id=payment.payment_id, invoice_id=invoice.invoice_id, amount=part
                )
                for invoice, part in (pays if truth else ())
                if invoice.in_gateway
            )
            lag = 2 if method == "card" else 4
            item = SettlementItem(
                item_type="payment", payment_id=payment.payment_id, date=on, gross=amount, fee=fee
            )
            self.gateway.append((business_day(on, lag), item, "62_payout"))
            if truth and method == "card" and self.world.rare("dispute", 25):
                self._dispute(payment, lambda: after(None))
            else:
                after(None)
        elif method in ("check", "cash"):
            self.till.append((on, payment, case, after))
        else:
            line = self._line(
                business_day(on, rng.choice((0, 1, 1, 2))),
                amount,
                wording.credit_description(rng, payer.name, reference, method),
                kind="receipt",
                counterparty=payer.name if rng.random() < 0.25 else "",
            )
            self._link_line(payment, line, amount, case)
            after(line)
        return payment

    def _pay_unrecorded(self, resident: Resident, invoice: Invoice, on: date) -> None:
        """Money that reached the bank and nobody's records."""
        reference = wording.payer_reference(
            self.rng,
            [invoice.number],
            resident.party.name,
            invoice.issue_date.month,
            self._quality(resident),
        )
        line = self._line(
            business_day(on),
            invoice.total,
            wording.credit_description(self.rng, resident.payer.name, reference, "ach"),
            kind="receipt",
            in_books=False,
        )
        if line:
            self._link("invoice", invoice.invoice_id, "bank_line", line, invoice.total, "81_direct")

    def _record(
        self,
        *,
        kind: PaymentKind,
        party_id: str | None,
        payer_name: str,
        on: date,
        amount: int,
        method: str,
        reference: str = "",
        memo: str = "",
        fee: int = 0,
        gateway: bool = False,
        original_id: str | None = None,
    ) -> Payment:
        held = gateway or (kind == "receipt" and method in ("check", "cash"))
        payment = Payment(
            payment_id=self.world.new_id("pay"),
            entity=self.entity.entity,
            direction="in" if kind in ("receipt", "dispute_reversal") else "out",
            kind=kind,
            party_id=party_id,
            payer_name=payer_name,
            date=on,
            amount=amount,
            fee=fee,
            method=method,
            reference=reference,
            memo=memo,
            account=None if held else self.operating,
            gateway=gateway,
            in_books=not gateway or not self.world.rare("not mirrored", 30),
            original_id=original_id,
        )
        self.world.payments.append(payment)
        return payment

    def _apply(self, payment: Payment, pays: Sequence[tuple[Invoice, int]]) -> None:
        """Let the books apply a payment: often, and now and then to a neighbour's equal invoice.

        What is paid to vendors is always applied.
        """
        always = payment.kind == "bill_payment"
        if not pays or (not always and self.rng.random() >= self.profile.applied):
            if len(pays) == 1 and pays[0][1] == pays[0][0].total:
                self.left_open[pays[0][0].total] = pays[0][0]
            return
        neighbour = self.left_open.get(payment.amount)
        if neighbour and not always and len(pays) == 1 and self.world.rare("misapplied", 25):
            pays = [(neighbour, payment.amount)]
        for invoice, amount in pays:
            amount = min(amount, invoice.total - self.applied[invoice.invoice_id])
            if amount > 0:
                self.applied[invoice.invoice_id] += amount
                self.world.allocations[payment.payment_id].append(
                    Allocation(
                        payment_id=payment.payment_id, invoice_id=invoice.invoice_id, amount=amount
                    )
                )

    def _bounce(
        self, resident: Resident, payment: Payment, line: BankLine, invoices: Sequence[Invoice]
    ) -> bool:
        """The bank takes a receipt back, charges for it, and half the time it is paid in again."""
        rng = self.rng
        on = business_day(line.date, rng.randrange(2, 6))
        if on > self.end:
            return False
        who = wording.bank_name(rng, payment.payer_name)
        check = payment.reference if payment.method == "check" else None
        text = f"DEPOSITED ITEM RETURNED CK {check}" if check else f"ACH RETURN R01 NSF {who}"
        in_books = self.world.rare("return booked", 2)
        if in_books:
            for one in self.world.allocations.pop(payment.payment_id, ()):
                self.applied[one.invoice_id] -= one.amount
        back = self._line(on, -payment.amount, text, kind="return", in_books=in_books)
        self._line(on, -NSF_CHARGE, "RETURNED ITEM CHARGE", kind="nsf_charge")
        assert back is not None, "a return is inside the world"
        self.world.returns.append(
            Return(
                payment_id=payment.payment_id,
                line_id=line.line_id,
                return_line_id=back.line_id,
                in_books=in_books,
            )
        )
        again = on + timedelta(rng.randrange(2, 9))
        if self.world.rare("redeposited", 2) and again <= self.end:
            second = self._record(
                kind="receipt",
                party_id=payment.party_id,
                payer_name=payment.payer_name,
                on=again,
                amount=payment.amount,
                method="ach",
                reference=payment.reference,
                memo="Redeposit",
            )
            text = f"REDEPOSIT {f'CK {check}' if check else who}"
            line_again = self._line(business_day(again), payment.amount, text, kind="receipt")
            self._link_line(second, line_again, payment.amount, "57_redeposited")
            pays = [(invoices[0], min(payment.amount, invoices[0].total))]
            self._apply(second, pays)
            self._link_invoices(second, pays, "57_redeposited")
        return True

    # transfers for many

    def _remit(self, payment: Payment, pays: Sequence[tuple[Invoice, int]]) -> None:
        for invoice, amount in pays:
            quality = "mistyped" if self.rng.random() < self.profile.slip / 3 else "whole"
            self.world.remittance_lines.append(
                RemittanceLine(
                    payment_id=payment.payment_id,
                    invoice_reference=wording.written_number(self.rng, invoice.number, quality),
                    amount=amount,
                    memo=invoice.resident_name or "",
                )
            )

    def _transfer_for_many(
        self,
        payer: Party,
        pays: Sequence[tuple[Invoice, int]],
        on: date,
        reference: str,
        method: str,
        case: str,
    ) -> None:
        amount = sum(part for _, part in pays)
        if on > self.end or not pays:
            return
        payment = self._record(
            kind="receipt",
            party_id=payer.party_id,
            payer_name=payer.name,
            on=on,
            amount=amount,
            method=method,
            reference=reference,
        )
        if self.rng.random() < self.profile.remittance:
            self._remit(payment, pays)
        self._apply(payment, pays)
        line = self._line(
            business_day(on),
            amount,
            wording.credit_description(self.rng, payer.name, reference, method),
            kind="receipt",
            counterparty=payer.name,
            reference=reference if method == "eft" else "",
        )
        self._link_line(payment, line, amount, case)
        self._link_invoices(payment, pays, case)

    def _payee_transfer(self, payee: Party, invoices: list[Invoice], first: date) -> None:
        """One transfer for all residents of a payee organisation, early in the next month."""
        on = business_day(month_start(first, 1) + timedelta(self.rng.randrange(1, 5)))
        month = wording.month_name(first.month)[:3].upper()
        for at in range(0, len(invoices), 12):
            pays = [(invoice, invoice.total) for invoice in invoices[at : at + 12]]
            self._transfer_for_many(payee, pays, on, f"CLIENTS {month}", "ach", "37_payee")

    def _agency_transfers(self, first: date) -> None:
        """Each agency pays what it owes, some of it short, some of it later or never."""
        rng = self.rng
        on = business_day(month_start(first, 1) + timedelta(17))
        for agency in self.agencies:
            pays, late = [], []
            for invoice in self.open_to_agency[agency.party_id]:
                fate = rng.random()
                if fate < 0.88:
                    pays.append((invoice, invoice.total))
                elif fate < 0.94:
                    pays.append((invoice, invoice.total * rng.randrange(40, 95) // 100))
                elif fate < 0.97:
                    late.append(invoice)
            self.open_to_agency[agency.party_id] = late
            for at in range(0, len(pays), 40):
                trace = f"EFT{rng.randrange(10**6, 10**7)}"
                self._transfer_for_many(
                    agency, pays[at : at + 40], on, trace, "eft", "39_agency_eft"
                )

    # the gateway

    def _refund(self, payment: Payment, amount: int) -> None:
        on = payment.date + timedelta(self.rng.randrange(3, 25))
        self._take_back("refund", payment, amount, 0, on, "63_refund")

    def _dispute(self, payment: Payment, stands: Callable[[], None]) -> None:
        """A cardholder objects; every second time the provider wins and the link stands."""
        on = payment.date + timedelta(self.rng.randrange(10, 40))
        if not self._take_back("dispute", payment, payment.amount, DISPUTE_FEE, on, "60_dispute"):
            stands()
        elif self.world.rare("dispute won", 2):
            won = on + timedelta(30)
            if self._take_back("dispute_reversal", payment, payment.amount, 0, won, "60_dispute"):
                stands()

    def _take_back(
        self,
        kind: PaymentKind,
        payment: Payment,
        amount: int,
        fee: int,
        on: date,
        case: str,
    ) -> bool:
        if on > self.end:
            return False
        record = self._record(
            kind=kind,
            party_id=payment.party_id,
            payer_name=payment.payer_name,
            on=on,
            amount=amount,
            fee=fee,
            method=payment.method,
            reference=payment.payment_id,
            gateway=True,
            original_id=payment.payment_id,
        )
        item = SettlementItem(
            item_type="refund" if kind == "refund" else "dispute",
            payment_id=record.payment_id,
            date=on,
            gross=amount if kind == "dispute_reversal" else -amount,
            fee=fee,
        )
        self.gateway.append((business_day(on, 1), item, case))
        return True

    def _payouts(self) -> None:
        """Tuesdays and Fridays the gateway pays out what is available, once that is positive."""
        waiting: list[tuple[SettlementItem, str]] = []
        queue = sorted(self.gateway, key=lambda entry: (entry[0], entry[1].payment_id))
        at, day = 0, self.world.start
        while day <= self.end:
            if day.weekday() in (1, 4) and is_business_day(day):
                while at < len(queue) and queue[at][0] <= day:
                    waiting.append(queue[at][1:])
                    at += 1
                amount = sum(item.net for item, _ in waiting)
                if amount > 0:
                    self._payout(day, amount, waiting)
                    waiting = []
            day += timedelta(1)

    def _payout(self, day: date, amount: int, waiting: list[tuple[SettlementItem, str]]) -> None:
        trace = f"{self.rng.randrange(10**14, 10**15)}" if self.rng.random() < 0.5 else None
        code = "".join(self.rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=10))
        arrival = business_day(day, 1)
        line = self._line(
            arrival,
            amount,
            f"STRIPE TRANSFER ST-{code}",
            kind="payout",
            counterparty="STRIPE",
            reference=trace or "",
        )
        settlement = Settlement(
            settlement_id=self.world.new_id("set"),
            entity=self.entity.entity,
            kind="gateway_payout",
            account=self.operating,
            created=day,
            arrival=arrival,
            amount=amount,
            trace=trace,
            in_books=line is not None and not self.world.rare("payout not in books", 12),
            items=tuple(item for item, _ in waiting),
            line_id=line.line_id if line else None,
        )
        self.world.settlements.append(settlement)
        if line:
            for item, case in waiting:
                self._link("payment", item.payment_id, "bank_line", line, item.net, case)

    # the till

    def _deposits(self) -> None:
        """Mondays, Thursdays and at a month's end somebody takes the till's content to the bank.

        What goes into the night box on a month's last day is booked on the next business day.
        """
        waiting = sorted(self.till, key=lambda entry: (entry[0], entry[1].payment_id))
        waiting.reverse()
        day = self.world.start
        while day <= self.end:
            month_ends = business_day(day + timedelta(1)).month != day.month
            if is_business_day(day) and (month_ends or day.weekday() in (0, 3)):
                ready = []
                while waiting and waiting[-1][0] < day + timedelta(month_ends):
                    ready.append(waiting.pop())
                while ready:
                    size = self.rng.randrange(2, SLIP + 1)
                    lag = 1 if month_ends else self.rng.choice((0, 1))
                    self._deposit(day, business_day(day, lag), ready[:size])
                    ready = ready[size:]
            day += timedelta(1)
        for _, _, _, after in waiting:
            after(None)

    def _deposit(
        self,
        day: date,
        arrival: date,
        cheques: list[tuple[date, Payment, str, Callable[[BankLine | None], None]]],
    ) -> None:
        amount = sum(payment.amount for _, payment, _, _ in cheques)
        slip = f"{self.rng.randrange(1000, 9999)}"
        line = self._line(
            arrival,
            amount,
            self.rng.choice((f"DEPOSIT {slip}", "COUNTER DEPOSIT", "DEPOSIT", "MOBILE DEPOSIT")),
            kind="deposit",
        )
        self.world.settlements.append(
            Settlement(
                settlement_id=self.world.new_id("set"),
                entity=self.entity.entity,
                kind="deposit_slip",
                account=self.operating,
                created=day,
                arrival=arrival,
                amount=amount,
                trace=slip,
                in_books=not self.world.rare("slip not entered", 6),
                items=tuple(
                    SettlementItem(
                        item_type="payment",
                        payment_id=payment.payment_id,
                        date=payment.date,
                        gross=payment.amount,
                        fee=0,
                    )
                    for _, payment, _, _ in cheques
                ),
                line_id=line.line_id if line else None,
            )
        )
        case = "82_deposit" if len(cheques) > 1 else "31_cheque"
        for _, payment, _, after in cheques:
            self._link_line(payment, line, payment.amount, case)
            after(line)

    # what goes out

    def _bills(self, vendors: list[tuple[Party, str]], count: int, first: date) -> None:
        rng = self.rng
        to_pay: dict[str, list[Invoice]] = defaultdict(list)
        for number in range(count):
            vendor, kind = vendors[number % len(vendors)]
            total = {"rent": 185_000 + 12_500 * (number % 4)}.get(
                kind, rng.randrange(4_000, 96_000)
            )
            to_pay[vendor.party_id].append(
                self._issue(
                    party=vendor,
                    kind=kind,
                    total=total,
                    issued=first + timedelta(rng.randrange(27)),
                    number=f"{vendor.name[:2].upper()}{rng.randrange(10_000, 99_999)}",
                    memo=f"{kind} {wording.month_name(first.month)}",
                    direction="payable",
                )
            )
        for vendor, kind in vendors:
            bills = to_pay[vendor.party_id]
            for at in range(0, len(bills), 3):
                self._pay_bills(vendor, kind, bills[at : at + 3])

    def _pay_bills(self, vendor: Party, kind: str, bills: list[Invoice]) -> None:
        rng = self.rng
        if self.world.rare("bill unpaid", 25):
            return
        on = max(bill.issue_date for bill in bills) + timedelta(rng.randrange(8, 30))
        amount = sum(bill.total for bill in bills)
        if on > self.end:
            return
        text = f"ACH DEBIT {wording.bank_text(vendor.name)}"
        if rng.random() < 0.6:
            text += f" {bills[0].number}"
        if kind == "utility" and len(bills) == 1 and self.world.rare("autopay", 3):
            line = self._line(business_day(on), -amount, text, kind="bill_payment", in_books=False)
            if line:
                bill = bills[0].invoice_id
                self._link("invoice", bill, "bank_line", line, -amount, "81_direct_bill")
            return
        by_cheque = rng.random() < 0.55
        if by_cheque:
            self.check_number += 1
        payment = self._record(
            kind="bill_payment",
            party_id=vendor.party_id,
            payer_name=vendor.name,
            on=on,
            amount=amount,
            method="check" if by_cheque else "ach",
            reference=str(self.check_number) if by_cheque else bills[0].number,
            memo=", ".join(bill.number for bill in bills),
        )
        pays = [(bill, bill.total) for bill in bills]
        self._apply(payment, pays)
        self._link_invoices(payment, pays, "bill")
        if by_cheque and self.world.rare("never cashed", 20):
            return
        line = self._line(
            business_day(on + timedelta(rng.randrange(3, 19)))
            if by_cheque
            else business_day(on, 1),
            -amount,
            f"CHECK {self.check_number}" if by_cheque else text,
            kind="bill_payment",
            check_number=str(self.check_number) if by_cheque else None,
            counterparty="" if by_cheque else vendor.name,
        )
        self._link_line(payment, line, -amount, "31_cheque_paid" if by_cheque else "bill")

    def _bank_month(self, first: date, residents: int) -> None:
        """Payroll, own transfers, fees, interest, cash for residents, and lines of no document."""
        rng = self.rng
        last = month_start(first, 1) - timedelta(1)
        for day in (business_day(first + timedelta(8)), business_day(first + timedelta(22))):
            wages = residents * rng.randrange(26_000, 31_000)
            taxes = wages * 22 // 100
            if self.payroll != self.operating:
                self._own_transfer(day - timedelta(1), wages + taxes)
            self._line(day, -wages, "GUSTO NET PAY", kind="payroll", account=self.payroll)
            tax_day = business_day(day, 1)
            self._line(tax_day, -taxes, "IRS USATAXPYMT", kind="payroll_tax", account=self.payroll)
        for account in {self.operating: None, self.payroll: None}:
            self._line(
                business_day(last - timedelta(3)),
                -1_500,
                "MONTHLY SERVICE FEE",
                kind="bank_fee",
                account=account,
                in_books=last < self.end,
            )
            self._line(
                business_day(last - timedelta(3)),
                rng.randrange(80, 900),
                "INTEREST PAYMENT",
                kind="interest",
                account=account,
                in_books=last < self.end,
            )
        cash = business_day(first + timedelta(2))
        for _ in range(2):
            self._line(cash, -PNA, "ATM WITHDRAWAL", kind="cash")
        for _ in range(max(1, residents // 16)):
            text, sign = wording.noise_description(rng)
            cents = rng.choice((*RATES, rng.randrange(900, 60_000), rng.randrange(900, 60_000)))
            self._line(
                business_day(first + timedelta(rng.randrange(28))),
                sign * cents,
                text,
                kind="other",
                in_books=sign < 0 and rng.random() < 0.7,
            )
        if self.world.rare("bank error", 4):
            day = business_day(first + timedelta(rng.randrange(25)))
            cents = rng.randrange(10_000, 90_000)
            self._line(day, cents, "CREDIT POSTED IN ERROR", kind="other", in_books=False)
            back = business_day(day, 1)
            self._line(back, -cents, "REVERSAL OF CREDIT", kind="reversal", in_books=False)

    def _own_transfer(self, day: date, amount: int) -> None:
        day = business_day(day)
        arrives = business_day(day, self.rng.choice((0, 0, 1)))
        out = self._line(day, -amount, "ONLINE TRANSFER TO PAYROLL", kind="transfer")
        self._line(
            arrives,
            amount,
            "ONLINE TRANSFER FROM OPERATING",
            kind="transfer",
            account=self.payroll,
        )
        if out:
            self.world.transfers.append(
                OwnTransfer(
                    transfer_id=self.world.new_id("tra"),
                    entity=self.entity.entity,
                    date=day,
                    amount=amount,
                    from_account=self.operating,
                    to_account=self.payroll,
                )
            )

    # lines and links

    def _line(
        self,
        on: date,
        amount: int,
        description: str,
        *,
        kind: str,
        account: str | None = None,
        counterparty: str = "",
        reference: str = "",
        check_number: str | None = None,
        in_books: bool = True,
    ) -> BankLine | None:
        """A bank line, or none if it lies after the end of the world: then it is in transit."""
        if on > self.end:
            return None
        line = BankLine(
            line_id=self.world.new_id("lin"),
            entity=self.entity.entity,
            account=account or self.operating,
            date=on,
            amount=amount,
            description=description,
            counterparty=counterparty,
            reference=reference,
            check_number=check_number,
            kind=kind,
            in_books=in_books,
        )
        self.world.bank_lines.append(line)
        return line

    def _link(
        self,
        left_type: Literal["invoice", "payment"],
        left_id: str,
        right_type: Literal["payment", "bank_line"],
        right: Payment | BankLine,
        amount: int,
        case: str,
    ) -> None:
        right_id = right.payment_id if isinstance(right, Payment) else right.line_id
        self.world.links.append(
            Link(
                left_type=left_type,
                left_id=left_id,
                right_type=right_type,
                right_id=right_id,
                amount=amount,
                case=case,
            )
        )

    def _link_invoices(
        self, payment: Payment, pays: Sequence[tuple[Invoice, int]], case: str
    ) -> None:
        for invoice, amount in pays:
            self._link("invoice", invoice.invoice_id, "payment", payment, amount, case)

    def _link_line(self, payment: Payment, line: BankLine | None, amount: int, case: str) -> None:
        if line:
            self._link("payment", payment.payment_id, "bank_line", line, amount, case)
