"""Projects a world's books into QuickBooks Online's own objects: one realm for each entity.

The books are incomplete the way books are: receipts not applied, deposit slips never entered,
direct receipts and returns that nobody recorded. Every object is posted to a small ledger while it
is written, so an account's balance is the sum of what the realm's objects say. Ids are digits that
count up within one kind of object and realm, so they collide across both, as the real ones do.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from pipelines.sandbox.business_days import month_start
from pipelines.sandbox.exchange import amount_text
from pipelines.sandbox.records import (
    BankLine,
    Entity,
    Invoice,
    Party,
    Payment,
    Settlement,
    World,
)
from pipelines.sandbox.store import ObjectStore, Row, printed
from pipelines.sandbox.stripe_objects import stripe_id

PLATFORM = "quickbooks_online"
ZONE = ZoneInfo("America/Detroit")
CURRENCY = {"value": "USD", "name": "United States Dollar"}
REFERENCE_LENGTH = 21
NOTE_LENGTH = 4000

BANK, PAYROLL_BANK, HOLDING, CLEARING = "35", "36", "4", "41"
RECEIVABLE, PAYABLE, EQUITY = "84", "33", "34"
ROOM, CARE, INTEREST = "79", "80", "81"
SUPPLIES, WAGES, CHARGES, GATEWAY_FEES, ALLOWANCES, OTHER, DISPUTED = (
    "60", "61", "62", "63", "66", "67", "90",
)  # fmt: skip
# id: name, type, sub-type, classification
CHART = {
    HOLDING: ("Undeposited Funds", "Other Current Asset", "UndepositedFunds", "Asset"),
    PAYABLE: ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable", "Liability"),
    EQUITY: ("Opening Balance Equity", "Equity", "OpeningBalanceEquity", "Equity"),
    BANK: ("Operating account", "Bank", "Checking", "Asset"),
    PAYROLL_BANK: ("Payroll account", "Bank", "Checking", "Asset"),
    CLEARING: ("Stripe clearing", "Other Current Asset", "OtherCurrentAssets", "Asset"),
    SUPPLIES: ("Supplies and utilities", "Expense", "SuppliesMaterials", "Expense"),
    WAGES: ("Wages and payroll taxes", "Expense", "PayrollExpenses", "Expense"),
    CHARGES: ("Bank charges", "Expense", "BankCharges", "Expense"),
    GATEWAY_FEES: ("Stripe fees", "Expense", "BankCharges", "Expense"),
    ALLOWANCES: ("Residents' allowances", "Expense", "OtherMiscellaneousServiceCost", "Expense"),
    OTHER: ("Uncategorized expense", "Expense", "OtherMiscellaneousServiceCost", "Expense"),
    ROOM: ("Room and board", "Income", "ServiceFeeIncome", "Revenue"),
    CARE: ("Care services", "Income", "ServiceFeeIncome", "Revenue"),
    INTEREST: ("Interest earned", "Other Income", "InterestEarned", "Revenue"),
    RECEIVABLE: (
        "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset",
    ),
    DISPUTED: ("Disputed card payments", "Other Current Asset", "OtherCurrentAssets", "Asset"),
}  # fmt: skip
METHODS = {
    "check": ("1", "Check"),
    "cash": ("2", "Cash"),
    "card": ("3", "Credit Card"),
    "ach": ("4", "ACH"),
    "eft": ("5", "EFT"),
    "wire": ("6", "Wire"),
}
SPENT_ON = {
    "payroll": WAGES,
    "payroll_tax": WAGES,
    "bank_fee": CHARGES,
    "nsf_charge": CHARGES,
    "cash": ALLOWANCES,
    "other": OTHER,
}
Object = dict[str, Any]


def realm_id(index: int) -> str:
    """The company code of the world's entity at that place, from 0."""
    return f"934145{index + 1:010}"


def put_quickbooks(world: World, store: ObjectStore) -> None:
    """Write every entity's books into the store."""
    for index, entity in enumerate(world.entities):
        _Realm(world, entity, realm_id(index)).put(store)


def money(cents: int) -> Decimal:
    """Cents as JSON prints them: 1250 is 12.50."""
    return Decimal(cents).scaleb(-2)


class _Realm:
    """One company's books while they are written."""

    def __init__(self, world: World, entity: Entity, realm: str) -> None:
        self.world, self.entity, self.realm = world, entity, realm
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.balances: dict[str, int] = defaultdict(int)
        self.counts: dict[str, int] = defaultdict(int)
        self.ids: dict[tuple[str, str], str] = {}
        self.names: dict[str, dict[str, str]] = {}  # a customer or vendor by the world's id
        self.taken: set[str] = set()
        name = entity.entity
        accounts = [one.account for one in world.accounts if one.entity == name]
        self.accounts = dict(zip(accounts, (BANK, PAYROLL_BANK), strict=False))
        self.parties = {one.party_id: one for one in world.parties if one.entity == name}
        ours = [one for one in world.invoices if one.entity == name]
        self.invoices = sorted(ours, key=lambda one: (one.issue_date, one.invoice_id))
        booked = [one for one in world.payments if one.entity == name and one.in_books]
        self.payments = sorted(booked, key=lambda one: (one.date, one.payment_id))
        self.lines = {one.line_id: one for one in world.bank_lines if one.entity == name}
        self.settlements = [one for one in world.settlements if one.entity == name and one.in_books]
        self.returned = {one.payment_id: one for one in world.returns if one.in_books}
        self.returned_by = {
            self.returned[one.payment_id].return_line_id: one
            for one in self.payments
            if one.payment_id in self.returned
        }
        self.credits = {one.applies_to: one for one in self.invoices if one.applies_to}
        self.deposit_of = {
            item.payment_id: one
            for one in self.settlements
            if one.kind == "deposit_slip"
            for item in one.items
        }
        self.remittances: dict[str, list[str]] = defaultdict(list)
        for line in world.remittance_lines:
            text = f"{line.invoice_reference} {amount_text(line.amount)}"
            self.remittances[line.payment_id].append(text)
        # What the books applied to a document, and by which payments; credits count as applied.
        self.applied: dict[str, list[tuple[Payment, int]]] = defaultdict(list)
        for payment in self.payments:
            for allocation in world.allocations_of.get(payment.payment_id, ()):
                self.applied[allocation.invoice_id].append((payment, allocation.amount))

    def put(self, store: ObjectStore) -> None:
        self._people()
        for account, id in self.accounts.items():
            opening = next(one.opening for one in self.world.accounts if one.account == account)
            self._journal(f"opening {id}", self.world.start, opening, id, EQUITY, "Opening balance")
        for invoice in self.invoices:
            if invoice.direction == "payable":
                self._bill(invoice)
            else:
                self._sale(invoice)
        for payment in self.payments:
            self._payment(payment)
        for number, settlement in enumerate(self.settlements):
            if settlement.kind == "deposit_slip":
                self._slip(settlement)
            else:
                self._payout(settlement, as_transfer=number % 2 == 0)
        self._gateway_fees()
        for transfer in self.world.transfers:
            if transfer.entity == self.entity.entity:
                self._transfer(
                    transfer.transfer_id,
                    transfer.date,
                    transfer.amount,
                    self.accounts[transfer.from_account],
                    self.accounts[transfer.to_account],
                    "To payroll",
                )
        for line in sorted(self.lines.values(), key=lambda one: (one.date, one.line_id)):
            self._bank_line(line)
        self._entered_by_mistake()
        self._accounts()
        for kind, rows in self.rows.items():
            store.put_many(PLATFORM, self.realm, kind, rows)
        at = self._moment(self.world.end, "deleted")
        mistake = self._id("Invoice", "mistake")
        store.delete(PLATFORM, self.realm, "Invoice", mistake, int(at.timestamp()))

    # the shape of every object

    def _id(self, kind: str, world_id: str) -> str:
        if (kind, world_id) not in self.ids:
            self.counts[kind] += 1
            self.ids[kind, world_id] = str(self.counts[kind])
        return self.ids[kind, world_id]

    def _moment(self, day: date, world_id: str) -> datetime:
        """A working hour of that day in the company's zone."""
        seconds = 8 * 3600 + crc32(f"{self.realm} {world_id}".encode()) % (9 * 3600)
        return datetime.combine(day, time(0), ZONE) + timedelta(seconds=seconds)

    def _add(
        self, kind: str, id: str, world_id: str, day: date, body: Object, edits: Iterable[date] = ()
    ) -> None:
        """Store an object written on `day` and edited on each of `edits`."""
        days = [edit for edit in edits if edit > day]
        created, updated = self._moment(day, world_id), self._moment(max([day, *days]), world_id)
        whole = {
            "Id": id,
            "SyncToken": str(len(days)),
            "domain": "QBO",
            "sparse": False,
            "MetaData": {
                "CreateTime": created.isoformat(),
                "LastUpdatedTime": updated.isoformat(),
            },
        }
        row = (id, int(created.timestamp()), int(updated.timestamp()), printed(whole | body))
        self.rows[kind].append(row)

    def _transaction(
        self, kind: str, world_id: str, day: date, body: Object, edits: Iterable[date] = ()
    ) -> None:
        common = {"TxnDate": day.isoformat(), "CurrencyRef": CURRENCY, "ExchangeRate": 1}
        self._add(kind, self._id(kind, world_id), world_id, day, common | body, edits)

    def _post(self, debit: str, credit: str, cents: int) -> None:
        self.balances[debit] += cents
        self.balances[credit] -= cents

    def _account(self, id: str) -> dict[str, str]:
        return {"value": id, "name": CHART[id][0]}

    # who

    def _people(self) -> None:
        billed = {(one.party_id, one.resident_id) for one in self.invoices}
        needed = {party for party, _ in billed} | {one.party_id for one in self.payments}
        needed |= {one.parent_id for one in self.parties.values() if one.party_id in needed}
        parents_first = sorted(
            (one for one in self.parties.values() if one.party_id in needed),
            key=lambda one: one.parent_id is not None,
        )
        for party in parents_first:
            if party.kind == "vendor":
                self._vendor(party)
            else:
                self._customer(party.party_id, party.name, party.parent_id)
        for agency, resident in sorted((a, r) for a, r in billed if r and a != r):
            self._customer(f"{agency} {resident}", self.parties[resident].name, agency)

    def _display_name(self, name: str) -> str:
        """QuickBooks wants display names unique among all people."""
        number, unique = 1, name
        while unique in self.taken:
            number += 1
            unique = f"{name} ({number})"
        self.taken.add(unique)
        return unique

    def _customer(self, world_id: str, name: str, parent: str | None) -> None:
        id, display = self._id("Customer", world_id), self._display_name(name)
        above = self.names[parent] if parent else None
        full = f"{above['name']}:{display}" if above else display
        self.names[world_id] = {"value": id, "name": full}
        body = {
            "DisplayName": display,
            "FullyQualifiedName": full,
            "Active": True,
            "Job": above is not None,
            "BillWithParent": above is not None,
            "Balance": money(0),
            "CurrencyRef": CURRENCY,
            **({"ParentRef": {"value": above["value"]}} if above else {}),
        }
        self._add("Customer", id, world_id, self.world.start, body)

    def _vendor(self, party: Party) -> None:
        id, display = self._id("Vendor", party.party_id), self._display_name(party.name)
        self.names[party.party_id] = {"value": id, "name": display}
        body = {
            "DisplayName": display,
            "Active": True,
            "Balance": money(0),
            "CurrencyRef": CURRENCY,
        }
        self._add("Vendor", id, party.party_id, self.world.start, body)

    # what is owed

    def _customer_of(self, invoice: Invoice) -> dict[str, str]:
        if invoice.resident_id and invoice.resident_id != invoice.party_id:
            return self.names[f"{invoice.party_id} {invoice.resident_id}"]
        return self.names[invoice.party_id]

    def _sale(self, invoice: Invoice) -> None:
        """An invoice or a credit memo; one line and the subtotal line that repeats it."""
        is_credit = invoice.document_type == "credit_note"
        payments = self.applied[invoice.applies_to or invoice.invoice_id]
        credit = self.credits.get(invoice.invoice_id)
        applied = sum(amount for _, amount in payments)
        if is_credit:
            applied = invoice.total if payments else 0
        elif credit and payments:
            applied += credit.total
        total = 0 if invoice.is_void else invoice.total
        balance = max(0, total - applied)
        income = CARE if invoice.kind == "care_hours" else ROOM
        hours = f", {Decimal(invoice.hours) / 4} h" if invoice.hours else ""
        detail = {
            "ItemRef": {"value": income, "name": CHART[income][0]},
            "Qty": 1,
            "UnitPrice": money(total),
            "ServiceDate": (invoice.service_from or invoice.issue_date).isoformat(),
        }
        memo = invoice.memo
        if invoice.discount_date:
            memo += f"; less {amount_text(invoice.discount)} if paid by {invoice.discount_date}"
        note = "Voided - entered twice" if invoice.is_void else ""
        if invoice.in_gateway and not invoice.is_void and not is_credit:
            note = f"Stripe {stripe_id('invoice', invoice.invoice_id)}"
        body: Object = {
            "DocNumber": invoice.number,
            "CustomerRef": self._customer_of(invoice),
            "CustomerMemo": {"value": memo},
            "TotalAmt": money(total),
            "Balance": money(balance),
            "TxnTaxDetail": {"TotalTax": money(0)},
            "Line": [
                {
                    "Id": "1",
                    "LineNum": 1,
                    "Amount": money(total),
                    "Description": invoice.memo + hours,
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": detail,
                },
                {"Amount": money(total), "DetailType": "SubTotalLineDetail"},
            ],
            "LinkedTxn": [
                {"TxnId": self._id("Payment", one.payment_id), "TxnType": "Payment"}
                for one, _ in payments
            ],
            "EmailStatus": "EmailSent",
            "PrintStatus": "NotSet",
            **({"PrivateNote": note} if note else {}),
        }
        edits = [one.date for one, _ in payments]
        if invoice.is_void:
            edits.append(min(invoice.issue_date + timedelta(1), self.world.end))
        if is_credit:
            body["RemainingCredit"] = body["Balance"]
            self._post(income, RECEIVABLE, total)
            self._transaction("CreditMemo", invoice.invoice_id, invoice.issue_date, body, edits)
        else:
            body["DueDate"] = invoice.due_date.isoformat()
            self._post(RECEIVABLE, income, total)
            self._transaction("Invoice", invoice.invoice_id, invoice.issue_date, body, edits)

    def _bill(self, bill: Invoice) -> None:
        payments = self.applied[bill.invoice_id]
        balance = bill.total - sum(amount for _, amount in payments)
        body = {
            "DocNumber": bill.number,
            "VendorRef": self.names[bill.party_id],
            "APAccountRef": self._account(PAYABLE),
            "DueDate": bill.due_date.isoformat(),
            "TotalAmt": money(bill.total),
            "Balance": money(balance),
            "PrivateNote": bill.memo,
            "Line": [self._expense_line(bill.total, SUPPLIES, bill.memo)],
            "LinkedTxn": [
                {"TxnId": self._id("BillPayment", one.payment_id), "TxnType": "BillPaymentCheck"}
                for one, _ in payments
            ],
        }
        self._post(SUPPLIES, PAYABLE, bill.total)
        edits = [one.date for one, _ in payments]
        self._transaction("Bill", bill.invoice_id, bill.issue_date, body, edits)

    def _expense_line(self, cents: int, account: str, text: str) -> Object:
        return {
            "Id": "1",
            "Amount": money(cents),
            "Description": text,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": self._account(account)},
        }

    # what was paid

    def _payment(self, payment: Payment) -> None:
        match payment.kind:
            case "receipt":
                self._receipt(payment)
            case "bill_payment":
                self._bill_payment(payment)
            case "refund":
                self._refund(payment)
            case "dispute":
                note = f"Stripe dispute of {stripe_id('charge', payment.original_id or '')}"
                cents = payment.amount + payment.fee
                id = payment.payment_id
                self._journal(id, payment.date, cents, DISPUTED, CLEARING, note)
            case "dispute_reversal":
                note = f"Dispute won, {stripe_id('charge', payment.original_id or '')}"
                id = payment.payment_id
                self._journal(id, payment.date, payment.amount, CLEARING, DISPUTED, note)

    def _receipt(self, payment: Payment) -> None:
        """A customer's payment: into the bank, into Undeposited Funds, or to Stripe's clearing."""
        account = self.accounts[payment.account] if payment.account else HOLDING
        account = CLEARING if payment.gateway else account
        lines, applied = [], 0
        for allocation in self.world.allocations_of.get(payment.payment_id, ()):
            credit = self.credits.get(allocation.invoice_id)
            credited = credit.total if credit else 0
            applied += allocation.amount
            lines.append(
                self._linked(allocation.amount + credited, "Invoice", allocation.invoice_id)
            )
            if credit:
                lines.append(self._linked(credited, "CreditMemo", credit.invoice_id))
        edits = []
        back = self.returned.get(payment.payment_id)
        if back:
            applied = payment.amount
            lines = [self._linked(applied, "JournalEntry", back.return_line_id)]
            edits.append(self.lines[back.return_line_id].date)
        deposit = self.deposit_of.get(payment.payment_id)
        if deposit:
            edits.append(deposit.created)
        method, name = METHODS[payment.method]
        reference = "" if payment.gateway else payment.reference[:REFERENCE_LENGTH]
        note = self._note(payment)
        body = {
            "CustomerRef": self.names[payment.party_id or ""],
            "TotalAmt": money(payment.amount),
            "UnappliedAmt": money(payment.amount - applied),
            "DepositToAccountRef": {"value": account},
            "ARAccountRef": {"value": RECEIVABLE},
            "PaymentMethodRef": {"value": method, "name": name},
            "ProcessPayment": False,
            "Line": lines,
            "LinkedTxn": [
                {"TxnId": self._id("Deposit", deposit.settlement_id), "TxnType": "Deposit"}
            ]
            if deposit
            else [],
            **({"PaymentRefNum": reference} if reference else {}),
            **({"PrivateNote": note} if note else {}),
        }
        self._post(account, RECEIVABLE, payment.amount)
        self._transaction("Payment", payment.payment_id, payment.date, body, edits)

    def _note(self, payment: Payment) -> str:
        """What the bookkeeper noted: a foreign payer's name, the payer's words, a remittance."""
        credited = self.parties[payment.party_id or ""].name
        parts = [f"from {payment.payer_name}"] if payment.payer_name != credited else []
        parts.append(payment.memo)
        if payment.gateway:
            parts.append(f"Stripe {stripe_id('charge', payment.payment_id)}")
            parts.append(payment.reference)
        elif payment.method != "check" and len(payment.reference) > REFERENCE_LENGTH:
            parts.append(payment.reference)
        if payment.payment_id in self.remittances:
            parts.append("Remittance: " + "; ".join(self.remittances[payment.payment_id]))
        return ", ".join(part for part in parts if part)[:NOTE_LENGTH]

    def _linked(self, cents: int, kind: str, world_id: str) -> Object:
        linked = {"TxnId": self._id(kind, world_id), "TxnType": kind}
        return {"Amount": money(cents), "LinkedTxn": [linked]}

    def _bill_payment(self, payment: Payment) -> None:
        bank = self.accounts[payment.account or ""]
        allocations = self.world.allocations_of[payment.payment_id]
        body = {
            "VendorRef": self.names[payment.party_id or ""],
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": self._account(bank), "PrintStatus": "NotSet"},
            "APAccountRef": self._account(PAYABLE),
            "TotalAmt": money(payment.amount),
            "DocNumber": payment.reference if payment.method == "check" else "ACH",
            "PrivateNote": payment.memo,
            "Line": [self._linked(one.amount, "Bill", one.invoice_id) for one in allocations],
        }
        self._post(PAYABLE, bank, payment.amount)
        self._transaction("BillPayment", payment.payment_id, payment.date, body)

    def _refund(self, payment: Payment) -> None:
        note = f"Stripe {stripe_id('refund', payment.payment_id)}"
        body = {
            "DocNumber": f"R{self._id('RefundReceipt', payment.payment_id)}",
            "CustomerRef": self.names[payment.party_id or ""],
            "TotalAmt": money(payment.amount),
            "Balance": money(0),
            "DepositToAccountRef": self._account(CLEARING),
            "PrivateNote": note,
            "TxnTaxDetail": {"TotalTax": money(0)},
            "Line": [
                {
                    "Id": "1",
                    "LineNum": 1,
                    "Amount": money(payment.amount),
                    "Description": "Paid too much",
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": {"ItemRef": {"value": ROOM}},
                }
            ],
        }
        self._post(ROOM, CLEARING, payment.amount)
        self._transaction("RefundReceipt", payment.payment_id, payment.date, body)

    # what reached the bank

    def _slip(self, settlement: Settlement) -> None:
        lines = []
        for item in settlement.items:
            linked = {"TxnId": self._id("Payment", item.payment_id), "TxnType": "Payment"}
            amount = money(item.gross)
            lines.append({"Amount": amount, "LinkedTxn": [linked | {"TxnLineId": "0"}]})
        self._deposit(
            settlement.settlement_id,
            settlement.created,
            settlement.amount,
            self.accounts[settlement.account],
            HOLDING,
            lines,
            f"slip {settlement.trace}",
        )

    def _payout(self, settlement: Settlement, as_transfer: bool) -> None:
        note = f"Stripe payout {stripe_id('payout', settlement.settlement_id)}"
        id, day, cents = settlement.settlement_id, settlement.arrival, settlement.amount
        bank = self.accounts[settlement.account]
        if as_transfer:
            self._transfer(id, day, cents, CLEARING, bank, note)
        else:
            line = self._direct_line(cents, CLEARING, note)
            self._deposit(id, day, cents, bank, CLEARING, [line], note)

    def _deposit(
        self,
        world_id: str,
        day: date,
        cents: int,
        bank: str,
        credited: str,
        lines: Sequence[Object],
        note: str,
    ) -> None:
        body = {
            "DepositToAccountRef": self._account(bank),
            "TotalAmt": money(cents),
            "PrivateNote": note,
            "Line": lines,
        }
        self._post(bank, credited, cents)
        self._transaction("Deposit", world_id, day, body)

    def _direct_line(self, cents: int, account: str, text: str) -> Object:
        return {
            "Id": "1",
            "LineNum": 1,
            "Amount": money(cents),
            "Description": text,
            "DetailType": "DepositLineDetail",
            "DepositLineDetail": {"AccountRef": self._account(account)},
        }

    def _transfer(
        self, world_id: str, day: date, cents: int, source: str, target: str, note: str
    ) -> None:
        body = {
            "FromAccountRef": self._account(source),
            "ToAccountRef": self._account(target),
            "Amount": money(cents),
            "PrivateNote": note,
        }
        self._post(target, source, cents)
        self._transaction("Transfer", world_id, day, body)

    def _journal(
        self, world_id: str, day: date, cents: int, debit: str, credit: str, note: str,
        customer: str | None = None,
    ) -> None:  # fmt: skip
        def line(number: int, posting: str, account: str) -> Object:
            detail: Object = {"PostingType": posting, "AccountRef": self._account(account)}
            if customer and account == RECEIVABLE:
                detail["Entity"] = {"Type": "Customer", "EntityRef": self.names[customer]}
            return {
                "Id": str(number),
                "Amount": money(cents),
                "Description": note,
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": detail,
            }

        body = {
            "DocNumber": self._id("JournalEntry", world_id),
            "PrivateNote": note,
            "TotalAmt": money(cents),
            "Adjustment": False,
            "Line": [line(0, "Debit", debit), line(1, "Credit", credit)],
        }
        self._post(debit, credit, cents)
        self._transaction("JournalEntry", world_id, day, body)

    def _gateway_fees(self) -> None:
        """Stripe's fees of a month, booked on its last day."""
        fees: dict[date, int] = defaultdict(int)
        for payment in self.payments:
            if payment.gateway and payment.kind == "receipt":
                fees[month_start(payment.date)] += payment.fee
        for first, cents in sorted(fees.items()):
            last = month_start(first, 1) - timedelta(1)
            note = f"Stripe fees {first:%Y-%m}"
            self._journal(f"fees {first}", last, cents, GATEWAY_FEES, CLEARING, note)

    def _bank_line(self, line: BankLine) -> None:
        """Book what shows on the statement only: fees, interest, payroll, returns, cash."""
        if not line.in_books:
            return
        bank = self.accounts[line.account]
        if line.kind == "interest":
            lines = [self._direct_line(line.amount, INTEREST, line.description)]
            self._deposit(
                line.line_id, line.date, line.amount, bank, INTEREST, lines, line.description
            )
        elif line.kind == "return":
            back = next(one for one in self.returned.values() if one.return_line_id == line.line_id)
            payment = next(one for one in self.payments if one.payment_id == back.payment_id)
            note = f"NSF {payment.payer_name} {payment.reference}".strip()
            self._journal(
                line.line_id, line.date, -line.amount, RECEIVABLE, bank, note, payment.party_id
            )
        elif line.kind in SPENT_ON:
            account = SPENT_ON[line.kind]
            body = {
                "AccountRef": self._account(bank),
                "PaymentType": "Cash",
                "TotalAmt": money(-line.amount),
                "PrivateNote": line.description,
                "Line": [self._expense_line(-line.amount, account, line.description)],
            }
            self._post(account, bank, -line.amount)
            self._transaction("Purchase", line.line_id, line.date, body)

    # the rest

    def _entered_by_mistake(self) -> None:
        """An invoice that is deleted again: it leaves nothing but a tombstone."""
        original = next(one for one in self.invoices if one.direction == "receivable")
        body = {
            "DocNumber": f"{original.number}-X",
            "CustomerRef": self._customer_of(original),
            "TotalAmt": money(original.total),
            "Balance": money(original.total),
            "DueDate": original.due_date.isoformat(),
            "Line": [],
            "LinkedTxn": [],
        }
        self._transaction("Invoice", "mistake", self.world.end - timedelta(5), body)

    def _accounts(self) -> None:
        """The chart with its balances; profit and loss accounts show none, as in QuickBooks."""
        for id, (name, kind, subtype, classification) in CHART.items():
            if id == PAYROLL_BANK and PAYROLL_BANK not in self.accounts.values():
                continue
            cents = self.balances[id]
            if classification in ("Liability", "Equity"):
                cents = -cents
            elif classification in ("Expense", "Revenue"):
                cents = 0
            body = {
                "Name": name,
                "FullyQualifiedName": name,
                "AccountType": kind,
                "AccountSubType": subtype,
                "Classification": classification,
                "CurrentBalance": money(cents),
                "CurrencyRef": CURRENCY,
                "Active": True,
                "SubAccount": False,
            }
            self._add("Account", id, f"account {id}", self.world.start, body)
        name = self.entity.entity.replace("_", " ").title()
        company = {"CompanyName": name, "LegalName": f"{name} LLC", "Country": "US"}
        self._add("CompanyInfo", "1", "company", self.world.start, company)
