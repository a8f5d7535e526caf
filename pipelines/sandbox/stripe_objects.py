"""Projects a world's gateway into Stripe's own objects: one account for each entity that has one.

What a payer owes through the gateway is an invoice here and, mirrored, in the books. A charge that
belongs to no gateway invoice says in its description what the payer typed. A dispute leaves its
invoice paid. Every thirtieth payout is manual: Stripe cannot say what is in it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zlib import crc32

from pipelines.sandbox.records import Allocation, Entity, Invoice, Payment, Settlement, World
from pipelines.sandbox.store import ObjectStore, Row, printed

PLATFORM = "stripe"
API_VERSION = "2026-10-28.endive"
CURRENCY = "usd"
DAY = 86_400
EVENT_DAYS = 30
MANUAL = 30  # one payout in so many
FAILED_FIRST = 25  # one charge in so many failed at the first attempt
INLINE_LINES = 10
VISIT = 24  # quarters of an hour on one invoice line
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIXES = {
    "customer": "cus",
    "invoice": "in",
    "invoice_line": "il",
    "invoice_payment": "inpay",
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "dispute": "dp",
    "balance_transaction": "txn",
    "payout": "po",
    "credit_note": "cn",
    "event": "evt",
    "bank_account": "ba",
}
Object = dict[str, Any]


def stripe_id(kind: str, world_id: str) -> str:
    """Stripe's id for the object of that kind that stands for a record of the world."""
    number = int.from_bytes(hashlib.sha256(f"{kind} {world_id}".encode()).digest()[:18], "big")
    text = ""
    for _ in range(14 if kind == "customer" else 24):
        number, digit = divmod(number, 62)
        text += ALPHABET[digit]
    return f"{PREFIXES[kind]}_{text}"


def account_id(entity: str) -> str:
    """The Stripe account of an entity; a company code of the connection."""
    return f"acct_{hashlib.sha256(entity.encode()).hexdigest()[:16]}"


def put_stripe(world: World, store: ObjectStore) -> None:
    """Write every gateway entity's objects into the store."""
    for entity in world.entities:
        if entity.has_gateway:
            _Account(world, entity).put(store)


def moment(day: date, world_id: str) -> int:
    """Seconds of a working hour of that day, the same day in UTC and in the provider's zone."""
    midnight = datetime(day.year, day.month, day.day, 14, tzinfo=UTC)
    return int(midnight.timestamp()) + crc32(world_id.encode()) % (8 * 3600)


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


class _Account:
    """One Stripe account while its objects are written."""

    def __init__(self, world: World, entity: Entity) -> None:
        self.world, self.entity = world, entity
        self.account = account_id(entity.entity)
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.payments = [
            one for one in world.payments if one.gateway and one.entity == entity.entity
        ]
        self.taken_back: dict[str, list[Payment]] = defaultdict(list)
        for payment in self.payments:
            if payment.original_id:
                self.taken_back[payment.original_id].append(payment)
        self.pays: dict[str, list[Allocation]] = defaultdict(list)
        self.paid_by: dict[str, list[tuple[Payment, Allocation]]] = defaultdict(list)
        by_id = {payment.payment_id: payment for payment in self.payments}
        for allocation in world.gateway_allocations:
            if allocation.payment_id in by_id:
                self.pays[allocation.payment_id].append(allocation)
                self.paid_by[allocation.invoice_id].append(
                    (by_id[allocation.payment_id], allocation)
                )
        billed = [one for one in world.invoices if one.in_gateway and one.entity == entity.entity]
        self.invoices = [one for one in billed if one.document_type == "invoice"]
        self.credits = {one.applies_to: one for one in billed if one.applies_to}
        self.invoice_by_id = {one.invoice_id: one for one in self.invoices}

    def put(self, store: ObjectStore) -> None:
        self._customers()
        for invoice in self.invoices:
            self._invoice(invoice)
        for index, payment in enumerate(self.payments):
            match payment.kind:
                case "receipt":
                    self._charge(payment, index)
                case "refund":
                    self._refund(payment)
                case "dispute":
                    self._dispute(payment)
        payouts = (
            one
            for one in self.world.settlements
            if one.kind == "gateway_payout" and one.entity == self.entity.entity
        )
        for index, settlement in enumerate(payouts, start=1):
            self._payout(settlement, automatic=index % MANUAL != 0)
        self._events()
        for collection, rows in self.rows.items():
            store.put_many(PLATFORM, self.account, collection, rows)
        store.delete(
            PLATFORM, self.account, "customers", stripe_id("customer", "left"), self._now()
        )

    def _add(
        self, collection: str, body: Object, created: int, updated: int | None = None,
        group: str | None = None,
    ) -> None:  # fmt: skip
        last = max(created, updated or created)
        self.rows[collection].append((body["id"], created, last, printed(body), group))

    def _now(self) -> int:
        return midnight(self.world.end) + DAY - 1

    # who, and what is owed

    def _customers(self) -> None:
        needed = {one.resident_id for one in self.invoices}
        needed |= {self._customer_of(one) for one in self.payments}
        for party in self.world.parties:
            if party.party_id in needed:
                self._customer(party.party_id, party.name, self.world.start)
        self._customer("left", "Moved away", self.world.start)

    def _customer(self, world_id: str, name: str, since: date) -> None:
        created = moment(since, world_id)
        body = {
            "id": stripe_id("customer", world_id),
            "object": "customer",
            "address": None,
            "balance": 0,
            "created": created,
            "currency": CURRENCY,
            "delinquent": False,
            "description": None,
            "email": None,
            "invoice_prefix": f"{crc32(world_id.encode()):08X}",
            "livemode": True,
            "metadata": {"home": self.entity.entity},
            "name": name,
            "phone": None,
            "tax_exempt": "none",
        }
        self._add("customers", body, created)

    def _customer_of(self, payment: Payment) -> str:
        """A charge's customer: the resident it is for, else whoever it was recorded for."""
        for allocation in self.pays[payment.payment_id]:
            resident = self.invoice_by_id[allocation.invoice_id].resident_id
            if resident:
                return resident
        return payment.party_id or payment.payment_id

    def _invoice(self, invoice: Invoice) -> None:
        created = moment(invoice.issue_date, invoice.invoice_id)
        payments = self.paid_by[invoice.invoice_id]
        credit = self.credits.get(invoice.invoice_id)
        paid, credited = sum(one.amount for _, one in payments), credit.total if credit else 0
        open_amount = 0 if invoice.is_void else invoice.total - credited - paid
        paid_at = None
        if payments and open_amount == 0:
            paid_at = max(moment(payment.date, payment.payment_id) for payment, _ in payments)
        status = "void" if invoice.is_void else "paid" if paid_at else "open"
        voided_at = created + DAY if invoice.is_void else None
        id = stripe_id("invoice", invoice.invoice_id)
        lines = self._lines(invoice, id)
        body: Object = {
            "id": id,
            "object": "invoice",
            "account_country": "US",
            "amount_due": invoice.total - credited,
            "amount_overpaid": 0,
            "amount_paid": paid,
            "amount_paid_off_stripe": 0,
            "amount_remaining": open_amount,
            "amount_shipping": 0,
            "attempt_count": len(payments),
            "attempted": bool(payments),
            "auto_advance": False,
            "billing_reason": "manual",
            "collection_method": "send_invoice",
            "created": created,
            "currency": CURRENCY,
            "customer": stripe_id("customer", invoice.resident_id or invoice.party_id),
            "customer_email": None,
            "customer_name": invoice.party_name,
            "description": invoice.memo,
            "discounts": [],
            "due_date": moment(invoice.due_date, invoice.invoice_id),
            "effective_at": created,
            "ending_balance": 0,
            "from_invoice": None,
            "latest_revision": None,
            "lines": {
                "object": "list",
                "data": lines[:INLINE_LINES],
                "has_more": len(lines) > INLINE_LINES,
                "url": f"/v1/invoices/{id}/lines",
            },
            "livemode": True,
            "metadata": {"resident_name": invoice.resident_name or ""},
            "number": invoice.number,
            "on_behalf_of": None,
            "parent": None,
            "period_end": moment(invoice.service_to or invoice.issue_date, invoice.invoice_id),
            "period_start": moment(invoice.service_from or invoice.issue_date, invoice.invoice_id),
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": credited,
            "starting_balance": 0,
            "status": status,
            "status_details": None,
            "status_transitions": {
                "finalized_at": created,
                "marked_uncollectible_at": None,
                "paid_at": paid_at,
                "voided_at": voided_at,
            },
            "subtotal": invoice.total,
            "total": invoice.total,
            "total_discount_amounts": [],
            "total_excluding_tax": invoice.total,
            "total_taxes": [],
        }
        self._add("invoices", body, created, paid_at or voided_at)
        if credit:
            self._credit_note(credit, id, body["customer"])
        for payment, allocation in payments:
            self._invoice_payment(payment, allocation, id, created)

    def _lines(self, invoice: Invoice, id: str) -> list[Object]:
        """Room and board is one line, care one line a visit; the last takes the rounding."""
        visits = [invoice.hours or 0]
        while visits[-1] > VISIT:
            visits[-1:] = [VISIT, visits[-1] - VISIT]
        amounts = [invoice.total * hours // (invoice.hours or 1) for hours in visits]
        amounts[-1] = invoice.total - sum(amounts[:-1])
        created = moment(invoice.issue_date, invoice.invoice_id)
        lines = [
            {
                "id": stripe_id("invoice_line", f"{invoice.invoice_id} {number}"),
                "object": "line_item",
                "amount": amount,
                "currency": CURRENCY,
                "description": invoice.memo if not hours else f"{invoice.memo}, visit {number}",
                "discount_amounts": [],
                "discountable": True,
                "discounts": [],
                "invoice": id,
                "livemode": True,
                "metadata": {},
                "period": {"start": created, "end": created},
                "quantity": 1,
                "quantity_decimal": "1",
                "subtotal": amount,
                "taxes": [],
            }
            for number, (amount, hours) in enumerate(zip(amounts, visits, strict=True), start=1)
        ]
        for number, line in enumerate(lines):
            self._add("invoice_lines", line, created + number, group=id)
        return lines

    def _credit_note(self, credit: Invoice, invoice: str, customer: str) -> None:
        created = moment(credit.issue_date, credit.invoice_id)
        body = {
            "id": stripe_id("credit_note", credit.invoice_id),
            "object": "credit_note",
            "amount": credit.total,
            "created": created,
            "currency": CURRENCY,
            "customer": customer,
            "discount_amount": 0,
            "effective_at": created,
            "invoice": invoice,
            "livemode": True,
            "memo": credit.memo,
            "metadata": {"resident_name": credit.resident_name or ""},
            "number": credit.number,
            "out_of_band_amount": None,
            "post_payment_amount": 0,
            "pre_payment_amount": credit.total,
            "reason": "order_change",
            "refunds": [],
            "status": "issued",
            "subtotal": credit.total,
            "total": credit.total,
            "total_excluding_tax": credit.total,
            "total_taxes": [],
            "type": "pre_payment",
            "voided_at": None,
        }
        self._add("credit_notes", body, created)

    def _invoice_payment(
        self, payment: Payment, allocation: Allocation, invoice: str, created: int
    ) -> None:
        paid_at = moment(payment.date, payment.payment_id)
        body: Object = {
            "id": stripe_id("invoice_payment", f"{payment.payment_id} {allocation.invoice_id}"),
            "object": "invoice_payment",
            "amount_paid": allocation.amount,
            "amount_requested": allocation.amount,
            "created": max(created, paid_at),
            "currency": CURRENCY,
            "invoice": invoice,
            "is_default": len(self.paid_by[allocation.invoice_id]) == 1,
            "livemode": True,
            "payment": {
                "type": "payment_intent",
                "payment_intent": stripe_id("payment_intent", payment.payment_id),
            },
            "status": "paid",
            "status_transitions": {"canceled_at": None, "paid_at": paid_at},
        }
        self._add("invoice_payments", body, body["created"])

    # what was paid and taken back

    def _charge(self, payment: Payment, index: int) -> None:
        created = moment(payment.date, payment.payment_id)
        intent = stripe_id("payment_intent", payment.payment_id)
        charge = stripe_id("charge", payment.payment_id)
        customer = stripe_id("customer", self._customer_of(payment))
        card = payment.method == "card"
        numbers = [
            self.invoice_by_id[one.invoice_id].number for one in self.pays[payment.payment_id]
        ]
        description = f"Payment for Invoice {numbers[0]}" if numbers else payment.reference
        later = self.taken_back[payment.payment_id]
        refunded = sum(one.amount for one in later if one.kind == "refund")
        updated = max((moment(one.date, one.payment_id) for one in later), default=created)
        details: Object = {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
        if not card:
            bank = {"bank_name": "STRIPE TEST BANK", "last4": "6789"}
            details = {"type": "us_bank_account", "us_bank_account": bank}
        common = {
            "amount": payment.amount,
            "created": created,
            "currency": CURRENCY,
            "customer": customer,
            "description": description or None,
            "livemode": True,
            "metadata": {},
            "on_behalf_of": None,
        }
        body = common | {
            "id": charge,
            "object": "charge",
            "amount_captured": payment.amount,
            "amount_refunded": refunded,
            "balance_transaction": stripe_id("balance_transaction", payment.payment_id),
            "billing_details": {"email": None, "name": payment.payer_name},
            "captured": True,
            "disputed": any(one.kind == "dispute" for one in later),
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "paid": True,
            "payment_intent": intent,
            "payment_method_details": details,
            "receipt_email": None,
            "receipt_number": None,
            "refunded": refunded == payment.amount,
            "status": "succeeded",
        }
        self._add("charges", body, created, updated)
        if index % FAILED_FIRST == FAILED_FIRST // 2:
            failed = body | {
                "id": stripe_id("charge", f"{payment.payment_id} failed"),
                "amount_captured": 0,
                "amount_refunded": 0,
                "balance_transaction": None,
                "captured": False,
                "created": created - 300,
                "disputed": False,
                "failure_code": "card_declined" if card else "insufficient_funds",
                "failure_message": "The payment was declined.",
                "paid": False,
                "refunded": False,
                "status": "failed",
            }
            self._add("charges", failed, created - 300)
        intended = common | {
            "id": intent,
            "object": "payment_intent",
            "amount_capturable": 0,
            "amount_received": payment.amount,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic",
            "latest_charge": charge,
            "payment_record": None,
            "status": "succeeded",
        }
        self._add("payment_intents", intended, created, updated)
        kind = "charge" if card else "payment"
        self._balance(payment, kind, "charge", charge, payment.amount, description)

    def _refund(self, payment: Payment) -> None:
        created = moment(payment.date, payment.payment_id)
        id = stripe_id("refund", payment.payment_id)
        card = payment.method == "card"
        body = {
            "id": id,
            "object": "refund",
            "amount": payment.amount,
            "balance_transaction": stripe_id("balance_transaction", payment.payment_id),
            "charge": stripe_id("charge", payment.original_id or ""),
            "created": created,
            "currency": CURRENCY,
            "customer": stripe_id("customer", payment.party_id or payment.payment_id),
            "description": None,
            "destination_details": {"type": "card" if card else "us_bank_account"},
            "failure_balance_transaction": None,
            "failure_reason": None,
            "metadata": {},
            "payment_intent": stripe_id("payment_intent", payment.original_id or ""),
            "reason": "duplicate",
            "receipt_number": None,
            "status": "succeeded",
        }
        self._add("refunds", body, created)
        self._balance(
            payment,
            "refund" if card else "payment_refund",
            "refund",
            id,
            -payment.amount,
            "REFUND FOR CHARGE",
        )

    def _dispute(self, payment: Payment) -> None:
        """Withdrawn at once; reinstated when won; still open in the world's last month."""
        created = moment(payment.date, payment.payment_id)
        id = stripe_id("dispute", payment.payment_id)
        won = next(
            (
                one
                for one in self.taken_back[payment.original_id or ""]
                if one.kind == "dispute_reversal"
            ),
            None,
        )
        text = "Chargeback withdrawal"
        moves = [self._balance(payment, "adjustment", "dispute", id, -payment.amount, text)]
        if won:
            text = "Chargeback reversal"
            moves.append(self._balance(won, "adjustment", "dispute_reversal", id, won.amount, text))
        closed = payment.date + timedelta(30) <= self.world.end
        body = {
            "id": id,
            "object": "dispute",
            "amount": payment.amount,
            "balance_transactions": moves,
            "charge": stripe_id("charge", payment.original_id or ""),
            "created": created,
            "currency": CURRENCY,
            "evidence_details": {"due_by": created + 14 * DAY, "has_evidence": bool(won)},
            "is_charge_refundable": False,
            "livemode": True,
            "metadata": {},
            "payment_intent": stripe_id("payment_intent", payment.original_id or ""),
            "reason": "general",
            "status": "won" if won else "lost" if closed else "needs_response",
        }
        updated = moment(won.date, won.payment_id) if won else created + 30 * DAY if closed else 0
        self._add("disputes", body, created, updated)

    # the balance and what leaves it

    def _balance(
        self, payment: Payment, kind: str, category: str, source: str, gross: int, text: str
    ) -> Object:
        settlement = self.world.settlement_of.get(payment.payment_id)
        available = settlement.created if settlement else payment.date + timedelta(4)
        fees = [
            {
                "amount": payment.fee,
                "application": None,
                "currency": CURRENCY,
                "description": "Dispute fee" if category == "dispute" else "Stripe processing fees",
                "type": "stripe_fee",
            }
        ]
        body = _balance_transaction(
            stripe_id("balance_transaction", payment.payment_id),
            kind=kind,
            category=category,
            source=source,
            gross=gross,
            fee=payment.fee,
            created=moment(payment.date, payment.payment_id),
            available_on=midnight(available),
            status="available" if available <= self.world.end else "pending",
            text=text,
        ) | {"fee_details": fees if payment.fee else []}
        payout = stripe_id("payout", settlement.settlement_id) if settlement else None
        self._add("balance_transactions", body, body["created"], group=payout)
        return body

    def _payout(self, settlement: Settlement, automatic: bool) -> None:
        created = midnight(settlement.created) + 3600
        id = stripe_id("payout", settlement.settlement_id)
        moved = _balance_transaction(
            stripe_id("balance_transaction", settlement.settlement_id),
            kind="payout",
            category="payout",
            source=id,
            gross=-settlement.amount,
            fee=0,
            created=created,
            available_on=midnight(settlement.created),
            status="available",
            text="STRIPE PAYOUT",
        )
        self._add("balance_transactions", moved, created, group=id)
        body = {
            "id": id,
            "object": "payout",
            "amount": settlement.amount,
            "arrival_date": midnight(settlement.arrival),
            "automatic": automatic,
            "balance_transaction": moved["id"],
            "created": created,
            "currency": CURRENCY,
            "description": "STRIPE PAYOUT",
            "destination": stripe_id("bank_account", settlement.account),
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": True,
            "metadata": {},
            "method": "standard",
            "original_payout": None,
            "reconciliation_status": "completed" if automatic else "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "paid" if settlement.line_id else "in_transit",
            "trace_id": {
                "status": "supported" if settlement.trace else "unsupported",
                "value": settlement.trace,
            },
            "type": "bank_account",
        }
        self._add("payouts", body, created, midnight(settlement.arrival))

    def _events(self) -> None:
        """What the last 30 days' changes were called."""
        since = self._now() - EVENT_DAYS * DAY
        for collection, first, last in EVENTS:
            for id, created, updated, body, *_ in tuple(self.rows[collection]):
                for at, name in ((created, first), (updated, last)):
                    if since <= at <= self._now() and name and (at == created or name != first):
                        self._event(f"{name} {id}", name, at, body)

    def _event(self, world_id: str, name: str, at: int, body: str) -> None:
        id = stripe_id("event", world_id)
        envelope = printed(
            {
                "id": id,
                "object": "event",
                "account": None,
                "api_version": API_VERSION,
                "context": None,
                "created": at,
                "livemode": True,
                "pending_webhooks": 0,
                "request": {"id": None, "idempotency_key": None},
                "type": name,
            }
        )
        data = f'{envelope[:-1]},"data":{{"object":{body},"previous_attributes":null}}}}'
        self.rows["events"].append((id, at, at, data, None))


# collection, the event of its creation, the event of a later change
EVENTS: Iterable[tuple[str, str, str]] = (
    ("customers", "customer.created", ""),
    ("invoices", "invoice.finalized", "invoice.updated"),
    ("invoice_payments", "invoice_payment.paid", ""),
    ("payment_intents", "payment_intent.succeeded", ""),
    ("charges", "charge.succeeded", "charge.updated"),
    ("refunds", "refund.created", ""),
    ("disputes", "charge.dispute.created", "charge.dispute.closed"),
    ("credit_notes", "credit_note.created", ""),
    ("payouts", "payout.created", "payout.paid"),
)


def _balance_transaction(
    id: str,
    *,
    kind: str,
    category: str,
    source: str,
    gross: int,
    fee: int,
    created: int,
    available_on: int,
    status: str,
    text: str,
) -> Object:
    return {
        "id": id,
        "object": "balance_transaction",
        "amount": gross,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": CURRENCY,
        "description": text or None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [],
        "net": gross - fee,
        "reporting_category": category,
        "source": source,
        "status": status,
        "type": kind,
    }
