"""What a POST or DELETE does to the objects of a Stripe account, and the events it emits.

Every method either does its whole deed or raises `StripeError`; the server wraps it in a
transaction. Amounts are integers in minor units, times epoch seconds.
"""

from collections.abc import Mapping
from typing import Any

from pipelines.sandbox.store import ObjectStore, field, parsed, printed

PLATFORM = "stripe"
DAY = 86_400
API_VERSION = "2026-10-28.endive"

# How an object is called in an error, and the prefix of a new one's id.
NOUNS = {
    "invoiceitems": "invoiceitem",
    "invoice_lines": "line_item",
    "balance_transactions": "balance_transaction",
}
PREFIXES = {
    "balance_transactions": "txn",
    "credit_notes": "cn",
    "customer_balance_transactions": "cbtxn",
    "customers": "cus",
    "events": "evt",
    "invoice_lines": "il",
    "invoice_payments": "inpay",
    "invoiceitems": "ii",
    "invoices": "in",
    "payment_intents": "pi",
    "payment_records": "payrec",
    "payouts": "po",
    "refunds": "re",
}

# Parameters of every write, by method and path.
WRITES: dict[tuple[str, ...], frozenset[str]] = {
    key: frozenset(names.split())
    for key, names in {
        ("POST", "customers"): "name email description metadata",
        ("POST", "customers", "*"): "name email description metadata",
        ("DELETE", "customers", "*"): "",
        ("POST", "invoices"): (
            "customer currency collection_method days_until_due due_date auto_advance description"
            " metadata number"
        ),
        ("POST", "invoices", "*"): "description metadata",
        ("DELETE", "invoices", "*"): "",
        ("POST", "invoices", "*", "finalize"): "auto_advance",
        ("POST", "invoices", "*", "pay"): "paid_out_of_band",
        ("POST", "invoices", "*", "void"): "",
        ("POST", "invoices", "*", "mark_uncollectible"): "",
        ("POST", "invoices", "*", "attach_payment"): "payment_record payment_intent",
        ("POST", "invoiceitems"): "customer invoice amount currency description metadata",
        ("POST", "payment_records", "report_payment"): (
            "amount_requested initiated_at payment_method_details processor_details outcome"
            " guaranteed failed canceled customer_details description metadata"
        ),
        ("POST", "credit_notes"): (
            "invoice amount reason memo metadata out_of_band_amount credit_amount refund_amount"
        ),
        ("POST", "credit_notes", "*"): "memo metadata",
        ("POST", "credit_notes", "*", "void"): "",
        ("POST", "refunds"): "charge payment_intent amount reason metadata",
        ("POST", "refunds", "*"): "metadata",
        ("POST", "charges", "*"): "description metadata",
        ("POST", "payment_intents", "*"): "description metadata",
        ("POST", "payouts"): "amount currency description statement_descriptor metadata",
        ("POST", "payouts", "*"): "metadata",
    }.items()
}


class StripeError(Exception):
    """An answer that is not 200. `executed`: work had begun, so an idempotency key keeps it."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        *,
        type: str = "invalid_request_error",
        executed: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.fields = {"code": code, "message": message, "param": param, "type": type}

    def body(self) -> dict[str, Any]:
        error = {name: value for name, value in self.fields.items() if value is not None}
        if "code" in error:
            page = error["code"].replace("_", "-")
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{page}"
        return {"error": error}


def missing(collection: str, id: str, param: str = "id", status: int = 404) -> StripeError:
    noun = NOUNS.get(collection, collection.removesuffix("s"))
    return StripeError(status, f"No such {noun}: '{id}'", "resource_missing", param)


def refused(message: str, code: str | None = None, param: str | None = None) -> StripeError:
    """The request was well formed; the state of things forbids it."""
    return StripeError(400, message, code, param, executed=True)


class StripeWrites:
    """One write call: the account it is for, its moment, and what it was called by."""

    def __init__(
        self, store: ObjectStore, company: str, now: int, request: str, key: str | None
    ) -> None:
        self.store = store
        self.company = company
        self.now = now
        self.request = {"id": request, "idempotency_key": key}

    def perform(self, method: str, parts: list[str], form: dict[str, Any]) -> dict[str, Any]:
        pattern = (method, *parts)
        if pattern not in WRITES:
            pattern = (method, *parts[:1], "*", *parts[2:])
        if pattern not in WRITES:
            raise StripeError(404, f"Unrecognized request URL ({method}: /v1/{'/'.join(parts)}).")
        for name in form:
            if name not in WRITES[pattern]:
                raise StripeError(
                    400, f"Received unknown parameter: {name}", "parameter_unknown", name
                )
        match pattern:
            case ("POST", "customers"):
                return self.create_customer(form)
            case ("DELETE", collection, "*"):
                return self.delete(collection, parts[1])
            case ("POST", "invoices"):
                return self.create_invoice(form)
            case ("POST", "invoices", "*", verb):
                invoice = self.load("invoices", parts[1], "invoice")
                return {
                    "finalize": self.finalize,
                    "pay": self.pay,
                    "void": self.void_invoice,
                    "mark_uncollectible": self.mark_uncollectible,
                    "attach_payment": self.attach_payment,
                }[verb](invoice, form)
            case ("POST", "invoiceitems"):
                return self.create_invoice_item(form)
            case ("POST", "payment_records", _):
                return self.report_payment(form)
            case ("POST", "credit_notes"):
                return self.create_credit_note(form)
            case ("POST", "credit_notes", "*", "void"):
                return self.void_credit_note(self.load("credit_notes", parts[1]))
            case ("POST", "refunds"):
                return self.create_refund(form)
            case ("POST", "payouts"):
                return self.create_payout(form)
            case _:
                return self.update(parts[0], parts[1], form)

    # -- objects and events --------------------------------------------------------------------

    def load(
        self, collection: str, id: str, param: str = "id", status: int = 404
    ) -> dict[str, Any]:
        stored = self.store.get(PLATFORM, self.company, collection, id)
        if stored is None:
            raise missing(collection, id, param, status)
        value: dict[str, Any] = parsed(stored.body)
        return value

    def save(self, collection: str, value: dict[str, Any], group: str | None = None) -> None:
        stored = self.store.get(PLATFORM, self.company, collection, value["id"])
        group = stored.group_id if stored and group is None else group
        row = (value["id"], value.get("created", self.now), self.now, printed(value), group)
        self.store.put_many(PLATFORM, self.company, collection, [row])

    def new(self, collection: str, **fields: Any) -> dict[str, Any]:
        """A fresh object with an id; not saved yet."""
        number = self.store.next_number(PLATFORM, f"{self.company}/number")
        noun = NOUNS.get(collection, collection.removesuffix("s"))
        return {"id": f"{PREFIXES[collection]}_sandbox{number:010d}", "object": noun} | fields

    def emit(self, type: str, value: Mapping[str, Any], previous: Any = None) -> None:
        event = self.new(
            "events",
            api_version=API_VERSION,
            created=self.now,
            type=type,
            livemode=True,
            pending_webhooks=0,
            request=self.request,
            account=None,
            context=None,
            data={"object": value, "previous_attributes": previous},
        )
        self.save("events", event)

    def change(self, collection: str, value: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Set fields, save, and emit the `updated` event with what they were before."""
        previous = {name: value.get(name) for name in fields if value.get(name) != fields[name]}
        value |= fields
        self.save(collection, value)
        if previous:
            self.emit(f"{value['object']}.updated", value, previous)
        return value

    # -- customers, metadata -------------------------------------------------------------------

    def create_customer(self, form: dict[str, Any]) -> dict[str, Any]:
        customer = self.new(
            "customers",
            balance=0,
            created=self.now,
            currency=None,
            delinquent=False,
            description=form.get("description"),
            email=form.get("email"),
            livemode=True,
            metadata=with_metadata({}, form),
            name=form.get("name"),
        )
        self.save("customers", customer)
        self.emit("customer.created", customer)
        return customer

    def update(self, collection: str, id: str, form: dict[str, Any]) -> dict[str, Any]:
        value = self.load(collection, id)
        fields: dict[str, Any] = {
            name: given or None for name, given in form.items() if name != "metadata"
        }
        if "metadata" in form:
            fields["metadata"] = with_metadata(value.get("metadata") or {}, form)
        return self.change(collection, value, **fields)

    def delete(self, collection: str, id: str) -> dict[str, Any]:
        value = self.load(collection, id)
        if collection == "invoices" and value["status"] != "draft":
            raise refused("You can only delete draft invoices.", "invoice_not_editable")
        self.store.delete(PLATFORM, self.company, collection, id, self.now)
        self.emit(f"{value['object']}.deleted", value)
        return {"id": id, "object": value["object"], "deleted": True}

    # -- invoices ------------------------------------------------------------------------------

    def create_invoice(self, form: dict[str, Any]) -> dict[str, Any]:
        customer = self.load("customers", required(form, "customer"), "customer", 400)
        method = form.get("collection_method", "charge_automatically")
        if method not in ("charge_automatically", "send_invoice"):
            raise StripeError(400, "Invalid collection_method.", param="collection_method")
        due = number(form, "due_date")
        if "days_until_due" in form:
            due = self.now + (number(form, "days_until_due") or 0) * DAY
        if method == "send_invoice" and due is None:
            raise StripeError(
                400, "If collection_method is send_invoice, pass days_until_due or due_date."
            )
        amounts = dict.fromkeys(
            (
                "subtotal total total_excluding_tax amount_due amount_paid amount_remaining"
                " amount_overpaid starting_balance pre_payment_credit_notes_amount"
                " post_payment_credit_notes_amount"
            ).split(),
            0,
        )
        invoice = self.new(
            "invoices",
            number=form.get("number"),
            status="draft",
            customer=customer["id"],
            customer_name=customer.get("name"),
            customer_email=customer.get("email"),
            currency=form.get("currency", customer.get("currency") or "usd"),
            **amounts,
            amount_paid_off_stripe=None,
            ending_balance=None,
            auto_advance=form.get("auto_advance") == "true",
            collection_method=method,
            billing_reason="manual",
            description=form.get("description"),
            created=self.now,
            due_date=due if method == "send_invoice" else None,
            effective_at=None,
            period_start=self.now,
            period_end=self.now,
            status_transitions={
                "finalized_at": None,
                "marked_uncollectible_at": None,
                "paid_at": None,
                "voided_at": None,
            },
            parent=None,
            latest_revision=None,
            from_invoice=None,
            metadata=with_metadata({}, form),
            livemode=True,
        )
        url = f"/v1/invoices/{invoice['id']}/lines"
        invoice["lines"] = {"object": "list", "url": url, "has_more": False, "data": []}
        self.save("invoices", invoice)
        self.emit("invoice.created", invoice)
        return invoice

    def create_invoice_item(self, form: dict[str, Any]) -> dict[str, Any]:
        customer = self.load("customers", required(form, "customer"), "customer", 400)
        amount = number(form, "amount", required=True)
        item = self.new(
            "invoiceitems",
            amount=amount,
            currency=required(form, "currency"),
            customer=customer["id"],
            date=self.now,
            created=self.now,
            description=form.get("description"),
            invoice=form.get("invoice"),
            livemode=True,
            metadata=with_metadata({}, form),
            quantity=1,
        )
        if "invoice" in form:
            self.add_line(self.load("invoices", form["invoice"], "invoice", 400), item)
        self.save("invoiceitems", item)
        self.emit("invoiceitem.created", item)
        return item

    def add_line(self, invoice: dict[str, Any], item: dict[str, Any]) -> None:
        if invoice["status"] != "draft":
            raise refused(
                "Invoice items can only be added to a draft invoice.", "invoice_not_editable"
            )
        if item["currency"] != invoice["currency"] or item["customer"] != invoice["customer"]:
            raise refused("The invoice has another currency or customer.", param="invoice")
        line = self.new(
            "invoice_lines",
            amount=item["amount"],
            currency=item["currency"],
            description=item["description"],
            invoice=invoice["id"],
            livemode=True,
            metadata={},
            period={"start": self.now, "end": self.now},
            quantity=1,
            parent={
                "type": "invoice_item_details",
                "invoice_item_details": {"invoice_item": item["id"]},
            },
        )
        self.save("invoice_lines", line, group=invoice["id"])
        lines = dict(invoice["lines"])
        if len(lines["data"]) < 10:
            lines["data"] = [*lines["data"], line]
        else:
            lines["has_more"] = True
        total = invoice["total"] + item["amount"]
        totals = ("subtotal", "total", "total_excluding_tax", "amount_due", "amount_remaining")
        self.change("invoices", invoice, lines=lines, **dict.fromkeys(totals, total))

    def finalize(self, invoice: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        if invoice["status"] != "draft":
            raise refused(
                "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
                "invoice_not_editable",
            )
        sequence = self.store.next_number(PLATFORM, f"{self.company}/invoice")
        self.change(
            "invoices",
            invoice,
            number=invoice["number"] or f"SANDBOX-{sequence:04d}",
            status="open",
            effective_at=self.now,
            status_transitions=invoice["status_transitions"] | {"finalized_at": self.now},
        )
        self.emit("invoice.finalized", invoice)
        if invoice["amount_remaining"] == 0:
            return self.settle(invoice)
        intent = self.new(
            "payment_intents",
            amount=invoice["amount_remaining"],
            amount_capturable=0,
            amount_received=0,
            canceled_at=None,
            cancellation_reason=None,
            created=self.now,
            currency=invoice["currency"],
            customer=invoice["customer"],
            description=None,
            latest_charge=None,
            livemode=True,
            metadata={},
            status="requires_payment_method",
        )
        self.save("payment_intents", intent)
        self.emit("payment_intent.created", intent)
        self.invoice_payment(invoice, "payment_intent", intent["id"], None, is_default=True)
        return invoice

    def invoice_payment(
        self,
        invoice: dict[str, Any],
        kind: str,
        id: str,
        paid: int | None,
        *,
        is_default: bool = False,
        requested: int | None = None,
    ) -> None:
        """Say which payment pays the invoice; `paid` is None while it has not been paid."""
        payment = self.new(
            "invoice_payments",
            amount_paid=paid,
            amount_requested=invoice["amount_remaining"] if requested is None else requested,
            created=self.now,
            currency=invoice["currency"],
            invoice=invoice["id"],
            is_default=is_default,
            livemode=True,
            payment={"type": kind, kind: id},
            status="open" if paid is None else "paid",
            status_transitions={
                "paid_at": None if paid is None else self.now,
                "canceled_at": None,
            },
        )
        self.save("invoice_payments", payment)
        if paid is not None:
            self.emit("invoice_payment.paid", payment)

    def pay(self, invoice: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        must_be(invoice, "open", "uncollectible")
        if form.get("paid_out_of_band") != "true":
            raise refused("There is no default payment method set on this Customer or Invoice.")
        return self.settle(invoice, outside=invoice["amount_remaining"])

    def settle(self, invoice: dict[str, Any], outside: int = 0) -> dict[str, Any]:
        """The invoice is paid in full; `outside` of it away from Stripe and only just now."""
        if outside:
            paid_outside = (invoice.get("amount_paid_off_stripe") or 0) + outside
            invoice["amount_paid_off_stripe"] = paid_outside
        self.change(
            "invoices",
            invoice,
            status="paid",
            amount_paid=invoice["amount_paid"] + outside,
            amount_remaining=0,
            status_transitions=invoice["status_transitions"] | {"paid_at": self.now},
        )
        self.cancel_open_payments(invoice)
        self.emit("invoice.paid", invoice)
        self.emit("invoice.payment_succeeded", invoice)
        return invoice

    def cancel_open_payments(self, invoice: dict[str, Any]) -> None:
        """A settled or void invoice waits for no payment any more."""
        rows = self.store.select(
            PLATFORM,
            self.company,
            "invoice_payments",
            f"{field('invoice')} = ? and {field('status')} = 'open'",
            (invoice["id"],),
        )
        for row in rows:
            payment = parsed(row.body)
            payment["status"] = "canceled"
            payment["status_transitions"]["canceled_at"] = self.now
            self.save("invoice_payments", payment)
            intent = payment["payment"].get("payment_intent")
            if intent and self.store.get(PLATFORM, self.company, "payment_intents", intent):
                canceled = self.load("payment_intents", intent) | {
                    "status": "canceled",
                    "canceled_at": self.now,
                    "cancellation_reason": "void_invoice",
                }
                self.save("payment_intents", canceled)
                self.emit("payment_intent.canceled", canceled)

    def void_invoice(self, invoice: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        must_be(invoice, "open", "uncollectible")
        times = invoice["status_transitions"] | {"voided_at": self.now}
        self.change("invoices", invoice, status="void", status_transitions=times)
        self.cancel_open_payments(invoice)
        self.emit("invoice.voided", invoice)
        return invoice

    def mark_uncollectible(self, invoice: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        must_be(invoice, "open")
        times = invoice["status_transitions"] | {"marked_uncollectible_at": self.now}
        self.change("invoices", invoice, status="uncollectible", status_transitions=times)
        self.emit("invoice.marked_uncollectible", invoice)
        return invoice

    def attach_payment(self, invoice: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        must_be(invoice, "open")
        if len(form) != 1:
            raise StripeError(400, "Pass exactly one of payment_record and payment_intent.")
        [(kind, id)] = form.items()
        payment = self.load(f"{kind}s", id, kind, 400)
        attached = self.store.count(
            PLATFORM,
            self.company,
            "invoice_payments",
            f"{field(f'payment.{kind}')} = ? and {field('status')} <> 'canceled'",
            (id,),
        )
        if attached:
            raise refused(f"The {kind} is already attached to an invoice.", param=kind)
        if kind == "payment_record":
            amount = payment["amount_guaranteed"]["value"]
            currency = payment["amount_requested"]["currency"]
        else:
            amount, currency = payment["amount_received"], payment["currency"]
        if currency != invoice["currency"]:
            raise refused("The payment's currency is not the invoice's.", param=kind)
        if amount == 0:
            requested = payment["amount"] if kind == "payment_intent" else None
            self.invoice_payment(invoice, kind, id, None, requested=requested)
            return invoice
        self.invoice_payment(invoice, kind, id, amount, requested=amount)
        rest = invoice["amount_remaining"]
        fields = {
            "amount_paid": invoice["amount_paid"] + amount,
            "amount_remaining": max(rest - amount, 0),
            "amount_overpaid": invoice.get("amount_overpaid", 0) + max(amount - rest, 0),
        }
        if kind == "payment_record":
            before = invoice.get("amount_paid_off_stripe") or 0
            fields["amount_paid_off_stripe"] = before + amount
        self.change("invoices", invoice, **fields)
        return invoice if invoice["amount_remaining"] else self.settle(invoice)

    def report_payment(self, form: dict[str, Any]) -> dict[str, Any]:
        asked = form.get("amount_requested", {})
        value, currency = number(asked, "value", required=True), required(asked, "currency")
        initiated = number(form, "initiated_at", required=True)
        required(form, "payment_method_details")
        outcome = form.get("outcome")
        if outcome not in (None, "guaranteed", "failed", "canceled"):
            raise StripeError(400, "Invalid outcome.", param="outcome")
        if outcome:
            required(required(form, outcome), f"{outcome}_at")

        def amount(when: str | None) -> dict[str, Any]:
            return {"currency": currency, "value": value if when == outcome else 0}

        record = self.new(
            "payment_records",
            amount={"currency": currency, "value": value},
            amount_authorized={"currency": currency, "value": 0},
            amount_canceled=amount("canceled"),
            amount_failed=amount("failed"),
            amount_guaranteed=amount("guaranteed"),
            amount_refunded={"currency": currency, "value": 0},
            amount_requested={"currency": currency, "value": value},
            created=self.now,
            customer_details=form.get("customer_details"),
            description=form.get("description"),
            initiated_at=initiated,
            livemode=True,
            metadata=with_metadata({}, form),
            payment_method_details=form["payment_method_details"],
            processor_details=form.get("processor_details"),
            reported_by="self",
        )
        self.save("payment_records", record)
        return record

    # -- credit notes, refunds, payouts --------------------------------------------------------

    def create_credit_note(self, form: dict[str, Any]) -> dict[str, Any]:
        invoice = self.load("invoices", required(form, "invoice"), "invoice", 400)
        must_be(invoice, "open", "paid")
        amount = number(form, "amount", required=True) or 0
        shares = {
            name: number(form, f"{name}_amount") or 0
            for name in ("out_of_band", "credit", "refund")
        }
        before_payment = min(amount, invoice["amount_remaining"])
        after_payment = amount - before_payment
        credited = invoice["pre_payment_credit_notes_amount"]
        credited += invoice["post_payment_credit_notes_amount"]
        if amount <= 0 or credited + amount > invoice["total"]:
            raise refused(
                "The credit note's amount is more than what is left of the invoice.",
                param="amount",
            )
        if sum(shares.values()) != after_payment:
            raise refused(
                f"The sum of credit_amount, refund_amount and out_of_band_amount must equal the"
                f" post payment amount of the credit note ({after_payment}).",
                param="amount",
            )
        note = self.new(
            "credit_notes",
            amount=amount,
            created=self.now,
            currency=invoice["currency"],
            customer=invoice["customer"],
            effective_at=self.now,
            invoice=invoice["id"],
            livemode=True,
            memo=form.get("memo"),
            metadata=with_metadata({}, form),
            number=f"{invoice['number']}-CN-{self.notes_of(invoice) + 1:02d}",
            out_of_band_amount=shares["out_of_band"] or None,
            post_payment_amount=after_payment,
            pre_payment_amount=before_payment,
            reason=form.get("reason"),
            refunds=[],
            status="issued",
            subtotal=amount,
            total=amount,
            type=(
                "pre_payment"
                if not after_payment
                else "mixed"
                if before_payment
                else "post_payment"
            ),
            voided_at=None,
            customer_balance_transaction=None,
        )
        if shares["refund"]:
            charge = self.charge_of(invoice)
            refund = self.create_refund({"charge": charge, "amount": str(shares["refund"])})
            note["refunds"] = [{"refund": refund["id"], "amount_refunded": shares["refund"]}]
        if shares["credit"]:
            entry = self.credit_customer(invoice, note, -shares["credit"])
            note["customer_balance_transaction"] = entry["id"]
        self.save("credit_notes", note)
        self.emit("credit_note.created", note)
        self.change(
            "invoices",
            invoice,
            amount_due=invoice["amount_due"] - before_payment,
            amount_remaining=invoice["amount_remaining"] - before_payment,
            pre_payment_credit_notes_amount=(
                invoice["pre_payment_credit_notes_amount"] + before_payment
            ),
            post_payment_credit_notes_amount=(
                invoice["post_payment_credit_notes_amount"] + after_payment
            ),
        )
        if invoice["status"] == "open" and invoice["amount_remaining"] == 0:
            self.settle(invoice)
        return note

    def notes_of(self, invoice: dict[str, Any]) -> int:
        where = f"{field('invoice')} = ?"
        return self.store.count(PLATFORM, self.company, "credit_notes", where, (invoice["id"],))

    def charge_of(self, invoice: dict[str, Any]) -> str:
        rows = self.store.select(
            PLATFORM,
            self.company,
            "invoice_payments",
            f"{field('invoice')} = ? and {field('status')} = 'paid'",
            (invoice["id"],),
        )
        for row in rows:
            payment = parsed(row.body)["payment"]
            if "payment_intent" in payment:
                charge = self.load("payment_intents", payment["payment_intent"])["latest_charge"]
                return str(charge)
            if "charge" in payment:
                return str(payment["charge"])
        raise refused("No charge paid this invoice.", param="refund_amount")

    def credit_customer(
        self, invoice: dict[str, Any], note: dict[str, Any], amount: int
    ) -> dict[str, Any]:
        customer = self.load("customers", invoice["customer"])
        entry = self.new(
            "customer_balance_transactions",
            amount=amount,
            created=self.now,
            credit_note=note["id"],
            currency=invoice["currency"],
            customer=customer["id"],
            description=None,
            ending_balance=customer["balance"] + amount,
            invoice=invoice["id"],
            livemode=True,
            metadata=None,
            type="credit_note",
        )
        self.save("customer_balance_transactions", entry)
        self.change("customers", customer, balance=entry["ending_balance"])
        return entry

    def void_credit_note(self, note: dict[str, Any]) -> dict[str, Any]:
        must_be(note, "issued")
        invoice = self.load("invoices", note["invoice"])
        must_be(invoice, "open")
        amount = note["pre_payment_amount"]
        self.change(
            "invoices",
            invoice,
            amount_due=invoice["amount_due"] + amount,
            amount_remaining=invoice["amount_remaining"] + amount,
            pre_payment_credit_notes_amount=invoice["pre_payment_credit_notes_amount"] - amount,
        )
        note |= {"status": "void", "voided_at": self.now}
        self.save("credit_notes", note)
        self.emit("credit_note.voided", note)
        return note

    def create_refund(self, form: dict[str, Any]) -> dict[str, Any]:
        id = form.get("charge")
        if id is None:
            intent = required(form, "payment_intent")
            id = self.load("payment_intents", intent, "payment_intent", 400)["latest_charge"]
        charge = self.load("charges", str(id), "charge", 400)
        left = charge["amount"] - charge["amount_refunded"]
        amount = number(form, "amount")
        amount = left if amount is None else amount
        if charge["status"] != "succeeded" or left == 0:
            raise refused(f"Charge {id} cannot be refunded.", "charge_already_refunded")
        if not 0 < amount <= left:
            raise refused(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
                param="amount",
            )
        refund = self.new(
            "refunds",
            amount=amount,
            charge=charge["id"],
            created=self.now,
            currency=charge["currency"],
            customer=charge.get("customer"),
            failure_reason=None,
            metadata=with_metadata({}, form),
            payment_intent=charge.get("payment_intent"),
            reason=form.get("reason"),
            status="succeeded",
        )
        refund["balance_transaction"] = self.move(
            -amount, charge["currency"], "refund", refund["id"]
        )
        self.save("refunds", refund)
        refunded = charge["amount_refunded"] + amount
        charge |= {"amount_refunded": refunded, "refunded": refunded == charge["amount"]}
        self.save("charges", charge)
        self.emit("refund.created", refund)
        self.emit("charge.refunded", charge)
        return refund

    def create_payout(self, form: dict[str, Any]) -> dict[str, Any]:
        amount = number(form, "amount", required=True) or 0
        currency = required(form, "currency")
        sums = self.store.sums(
            PLATFORM, self.company, "balance_transactions", ("status", "currency"), "net"
        )
        if not 0 < amount <= sums.get(("available", currency), 0):
            raise refused(
                "You have insufficient funds in your Stripe account for this transfer.",
                "balance_insufficient",
            )
        payout = self.new(
            "payouts",
            amount=amount,
            arrival_date=(self.now // DAY + 2) * DAY,
            automatic=False,
            created=self.now,
            currency=currency,
            description=form.get("description"),
            destination="ba_sandbox",
            failure_balance_transaction=None,
            failure_code=None,
            failure_message=None,
            livemode=True,
            metadata=with_metadata({}, form),
            method="standard",
            original_payout=None,
            reconciliation_status="not_applicable",
            reversed_by=None,
            source_type="card",
            statement_descriptor=form.get("statement_descriptor"),
            status="pending",
            trace_id={"status": "pending", "value": None},
            type="bank_account",
        )
        payout["balance_transaction"] = self.move(-amount, currency, "payout", payout["id"])
        self.save("payouts", payout)
        self.emit("payout.created", payout)
        return payout

    def move(self, amount: int, currency: str, kind: str, source: str) -> str:
        """A row in the Stripe balance; its id."""
        row = self.new(
            "balance_transactions",
            amount=amount,
            available_on=(self.now // DAY) * DAY,
            balance_type="payments",
            created=self.now,
            currency=currency,
            description=None,
            exchange_rate=None,
            fee=0,
            fee_details=[],
            net=amount,
            reporting_category=kind,
            source=source,
            status="available",
            type=kind,
        )
        self.save("balance_transactions", row)
        return str(row["id"])


def required(form: Mapping[str, Any], name: str) -> Any:
    if form.get(name) in (None, "", {}):
        raise StripeError(400, f"Missing required param: {name}.", "parameter_missing", name)
    return form[name]


def number(form: Mapping[str, Any], name: str, *, required: bool = False) -> int | None:
    value = form.get(name)
    if value is None and not required:
        return None
    if value is None:
        raise StripeError(400, f"Missing required param: {name}.", "parameter_missing", name)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise StripeError(
            400, f"Invalid integer: {value}", "parameter_invalid_integer", name
        ) from None


def with_metadata(before: Mapping[str, str], form: Mapping[str, Any]) -> dict[str, str]:
    """An empty value takes a key away, empty metadata takes all."""
    given = form.get("metadata", {})
    if given == "":
        return {}
    if not isinstance(given, dict):
        raise StripeError(400, "Invalid object", param="metadata")
    after = {key: value for key, value in (dict(before) | given).items() if value != ""}
    if len(after) > 50:
        raise StripeError(400, "You can only have up to 50 metadata keys.", param="metadata")
    for key, value in given.items():
        if len(key) > 40 or len(value) > 500:
            raise StripeError(
                400, "A metadata key has up to 40 characters, a value up to 500.", param="metadata"
            )
    return after


def must_be(value: Mapping[str, Any], *states: str) -> None:
    if value["status"] not in states:
        raise refused(
            f"This {value['object']} is {value['status']}; this needs it to be"
            f" {' or '.join(states)}.",
            param=str(value["object"]),
        )
