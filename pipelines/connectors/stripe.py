"""Stripe: payment gateway. https://docs.stripe.com/api

Paging   `starting_after` = id of the last row, until `has_more` is false; newest first.
Changes  Lists filter on `created` only. What changed later is named by the events of the last 30
         days: each object they name is fetched again at our version, since an event shows it at a
         version and a moment of its own. After a longer pause everything is read again.
Deletes  A deleted customer answers `deleted: true`, a deleted draft invoice 404.
Money    Whole numbers of the currency's smallest unit; signed in balance transactions and payouts.
Limits   25 requests a second on each endpoint; a 429 names no time to wait.
Quirks   An invoice carries its first ten lines and says whether there are more. What a payout holds
         is told by the filter `payout` alone, for automatic payouts, once they are reconciled. A
         cancelled invoice payment has no event, so those of a changed invoice are read again; no
         credit balance transaction has one, so those of a changed customer are. Refunds and
         balance transactions have no `livemode`. One key reads one account.
"""

import datetime
from collections.abc import Iterator

from pipelines.connector import (
    Api,
    Bearer,
    Change,
    Changed,
    Changes,
    Connector,
    JsonCursor,
    Limits,
    OnePage,
    Parent,
    Resource,
    Row,
)

VERSION = "2026-10-28.endive"
PAGE = {"limit": 100}
CREATED = Changed(field="created", param="created[gte]", format="epoch")
# A payout can fail days after it was paid, and its reconciliation takes its time.
PAYOUT_CREATED = Changed(
    field="created", param="created[gte]", format="epoch", lag=datetime.timedelta(days=30)
)

# What an event's object is called, and the resource it is a row of.
RESOURCES = {
    "customer": "customers",
    "invoice": "invoices",
    "invoice_payment": "invoice_payments",
    "payment_intent": "payment_intents",
    "charge": "charges",
    "refund": "refunds",
    "dispute": "disputes",
    "credit_note": "credit_notes",
    "payout": "payouts",
}

BALANCE_TRANSACTION_COLUMNS = (
    "type",
    "reporting_category",
    "balance_type",
    "source",
    "status",
    "currency",
    "exchange_rate",
    "description",
    "created",
    "available_on",
)


def changed_since(api: Api, since: datetime.datetime | None) -> Iterator[Change]:
    """Every object that an event named since then, as it is now."""
    if since is None:
        for event in api.get("events", {"limit": 1})["data"]:
            yield Change(at=_moment(event))
        return
    named: dict[tuple[str, str], datetime.datetime] = {}
    asked = {**PAGE, "created[gte]": int(since.timestamp())}
    for events in api.pages("events", "data", asked):
        for event in events:
            it = event["data"]["object"]
            if it["object"] in RESOURCES:
                named.setdefault((RESOURCES[it["object"]], it["id"]), _moment(event))
            else:
                yield Change(at=_moment(event))
    for changes in api.each(lambda item: _as_it_is(api, *item[0], item[1]), named.items()):
        yield from changes


def _moment(event: Row) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(event["created"], datetime.UTC)


def _as_it_is(api: Api, resource: str, id: str, at: datetime.datetime) -> list[Change]:
    row = api.find(f"{resource}/{id}")
    if row is None or row.get("deleted"):
        return [Change(at=at, resource=resource, row={"id": id}, is_deleted=True)]
    changes = [Change(at=at, resource=resource, row=row)]
    if resource == "invoices":
        for payments in api.pages("invoice_payments", "data", {**PAGE, "invoice": id}):
            changes += (Change(at=at, resource="invoice_payments", row=it) for it in payments)
    return changes


def shown_lines(invoice: Row) -> list[Row] | None:
    """The lines an invoice carries, if they are all it has."""
    lines: Row = invoice["lines"]
    return None if lines["has_more"] else lines["data"]


def is_off_stripe(invoice_payment: Row) -> bool:
    """Paid by cheque or transfer and reported to Stripe: told by a payment record."""
    return bool(invoice_payment["payment"]["type"] == "payment_record")


def is_itemised(payout: Row) -> bool:
    """Of any other payout Stripe cannot, or cannot yet, say what is in it."""
    return bool(payout["automatic"]) and payout["reconciliation_status"] == "completed"


def with_payout(row: Row, payout: Row | None) -> Row:
    """A balance transaction does not name its payout; the question did."""
    assert payout is not None
    return {**row, "payout": payout["id"]}


CONNECTOR = Connector(
    platform="stripe",
    base_url="https://api.stripe.com/v1/",
    auth=Bearer(secret="secret_key", test_key=r"^(sk|rk)_test_"),
    headers={"Stripe-Version": VERSION},
    paging=JsonCursor(
        cursor_path="data[-1].id", cursor_param="starting_after", has_more_path="has_more"
    ),
    limits=Limits(requests_per_second=20, concurrent=8, pause_after_429=2),
    changes=Changes(read=changed_since, reach=datetime.timedelta(days=29)),
    probe="balance",
    request_id_header="Request-Id",
    resources=(
        Resource(
            name="customers",
            path="customers",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "name",
                "business_name",
                "individual_name",
                "description",
                "email",
                "currency",
                "created",
                "livemode",
            ),
            minor_units=("balance",),
            json=("metadata",),
        ),
        Resource(
            name="customer_balance_transactions",
            path="customers/{parent}/balance_transactions",
            rows="data",
            params=PAGE,
            parent=Parent(resource="customers"),
            columns=(
                "customer",
                "type",
                "invoice",
                "credit_note",
                "currency",
                "description",
                "created",
                "livemode",
            ),
            minor_units=("amount", "ending_balance"),
        ),
        Resource(
            name="invoices",
            path="invoices",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "number",
                "status",
                "customer",
                "customer_name",
                "customer_email",
                "currency",
                "description",
                "collection_method",
                "billing_reason",
                "latest_revision",
                "from_invoice.invoice",
                "metadata.resident_name",
                "created",
                "effective_at",
                "due_date",
                "period_start",
                "period_end",
                "status_transitions.finalized_at",
                "status_transitions.paid_at",
                "status_transitions.voided_at",
                "status_transitions.marked_uncollectible_at",
                "livemode",
            ),
            minor_units=(
                "subtotal",
                "total",
                "total_excluding_tax",
                "amount_due",
                "amount_paid",
                "amount_remaining",
                "amount_overpaid",
                "amount_paid_off_stripe",
                "starting_balance",
                "ending_balance",
                "pre_payment_credit_notes_amount",
                "post_payment_credit_notes_amount",
            ),
            json=("metadata", "total_taxes", "total_discount_amounts"),
            volatile=("webhooks_delivered_at",),
            secret=("hosted_invoice_url", "invoice_pdf"),
        ),
        Resource(
            name="invoice_lines",
            path="invoices/{parent}/lines",
            rows="data",
            key=("invoice", "id"),
            params=PAGE,
            complete=True,
            parent=Parent(resource="invoices", carried=shown_lines),
            columns=(
                "description",
                "currency",
                "quantity",
                "quantity_decimal",
                "pricing.unit_amount_decimal",
                "period.start",
                "period.end",
                "livemode",
            ),
            minor_units=("amount", "subtotal"),
            json=("metadata", "discount_amounts", "taxes"),
        ),
        Resource(
            name="invoice_payments",
            path="invoice_payments",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "invoice",
                "status",
                "is_default",
                "payment.type",
                "payment.charge",
                "payment.payment_intent",
                "payment.payment_record",
                "currency",
                "created",
                "status_transitions.paid_at",
                "status_transitions.canceled_at",
                "livemode",
            ),
            minor_units=("amount_paid", "amount_requested"),
        ),
        Resource(
            name="payment_records",
            path="payment_records/{parent}",
            paging=OnePage(),
            parent=Parent(
                resource="invoice_payments", field="payment.payment_record", where=is_off_stripe
            ),
            columns=(
                "amount_requested.currency",
                "customer_details.customer",
                "customer_details.name",
                "payment_method_details.type",
                "payment_method_details.custom.display_name",
                "processor_details.custom.payment_reference",
                "reported_by",
                "description",
                "created",
                "livemode",
            ),
            minor_units=(
                "amount_requested.value",
                "amount_guaranteed.value",
                "amount_failed.value",
                "amount_canceled.value",
                "amount_refunded.value",
            ),
            json=("metadata",),
        ),
        Resource(
            name="payment_intents",
            path="payment_intents",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "status",
                "customer",
                "latest_charge",
                "payment_record",
                "currency",
                "description",
                "created",
                "canceled_at",
                "cancellation_reason",
                "livemode",
            ),
            minor_units=("amount", "amount_received", "amount_capturable"),
            json=("metadata",),
            secret=("client_secret",),
        ),
        Resource(
            name="charges",
            path="charges",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "status",
                "paid",
                "captured",
                "refunded",
                "disputed",
                "customer",
                "payment_intent",
                "balance_transaction",
                "failure_balance_transaction",
                "failure_code",
                "payment_method_details.type",
                "billing_details.name",
                "billing_details.email",
                "receipt_number",
                "currency",
                "description",
                "created",
                "livemode",
            ),
            minor_units=("amount", "amount_captured", "amount_refunded"),
            json=("metadata",),
            secret=("receipt_url",),
        ),
        Resource(
            name="refunds",
            path="refunds",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "status",
                "reason",
                "charge",
                "payment_intent",
                "customer",
                "balance_transaction",
                "failure_balance_transaction",
                "failure_reason",
                "destination_details.type",
                "receipt_number",
                "currency",
                "description",
                "created",
            ),
            minor_units=("amount",),
            json=("metadata",),
        ),
        Resource(
            name="disputes",
            path="disputes",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "status",
                "reason",
                "charge",
                "payment_intent",
                "is_charge_refundable",
                "evidence_details.due_by",
                "currency",
                "created",
                "livemode",
            ),
            minor_units=("amount",),
            json=("balance_transactions", "metadata"),
        ),
        Resource(
            name="credit_notes",
            path="credit_notes",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=(
                "number",
                "status",
                "type",
                "reason",
                "invoice",
                "customer",
                "memo",
                "metadata.resident_name",
                "currency",
                "created",
                "effective_at",
                "voided_at",
                "livemode",
            ),
            minor_units=(
                "amount",
                "subtotal",
                "total",
                "total_excluding_tax",
                "pre_payment_amount",
                "post_payment_amount",
                "out_of_band_amount",
            ),
            json=("metadata", "refunds", "total_taxes"),
            secret=("pdf",),
        ),
        Resource(
            name="balance_transactions",
            path="balance_transactions",
            rows="data",
            params=PAGE,
            changed=CREATED,
            columns=BALANCE_TRANSACTION_COLUMNS,
            minor_units=("amount", "fee", "net"),
            json=("fee_details",),
        ),
        Resource(
            name="payouts",
            path="payouts",
            rows="data",
            params=PAGE,
            changed=PAYOUT_CREATED,
            columns=(
                "status",
                "automatic",
                "reconciliation_status",
                "balance_transaction",
                "failure_balance_transaction",
                "failure_code",
                "destination",
                "method",
                "type",
                "source_type",
                "statement_descriptor",
                "description",
                "trace_id.status",
                "trace_id.value",
                "original_payout",
                "reversed_by",
                "currency",
                "created",
                "arrival_date",
                "livemode",
            ),
            minor_units=("amount",),
            json=("metadata",),
        ),
        Resource(
            name="payout_contents",
            path="balance_transactions",
            rows="data",
            key=("payout", "id"),
            params={**PAGE, "payout": "{parent}"},
            parent=Parent(resource="payouts", where=is_itemised),
            prepare=with_payout,
            columns=BALANCE_TRANSACTION_COLUMNS,
            minor_units=("amount", "fee", "net"),
            json=("fee_details",),
        ),
    ),
)
