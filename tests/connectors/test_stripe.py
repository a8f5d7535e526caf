"""What only Stripe does: events that name what changed, lists cut short, payouts that tell."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pipelines import connectors
from pipelines.connector import Connector
from pipelines.load import open_client
from pipelines.reading import Reading, State
from pipelines.settings import load_connections

if TYPE_CHECKING:
    from conftest import Sandbox

NOW = int(time.time())
ACCOUNT = "acct_one"
Read = Callable[[State], Reading]


@pytest.fixture
def connector() -> Connector:
    return connectors.find("stripe")


@pytest.fixture
def read(sandbox: Sandbox, tmp_path: Path) -> Read:
    """Reads connection `one`, going on from the state of an earlier reading."""
    connection = load_connections(sandbox.home)[0]

    def read_on(state: State) -> Reading:
        client = open_client(sandbox.home, sandbox.connector, connection)
        reading = Reading(sandbox.connector, connection, client, state, tmp_path)
        reading.read()
        return reading

    return read_on


def put(sandbox: Sandbox, collection: str, group: str | None = None, **body: Any) -> dict[str, Any]:
    """One object in the store; Stripe's singular is the collection's name without its s."""
    at = body.setdefault("created", NOW - 90 * 86_400)
    body |= {"object": collection.removesuffix("s"), "livemode": True}
    row = (body["id"], at, at, json.dumps(body), group)
    sandbox.store.put_many("stripe", ACCOUNT, collection, [row])
    return body


def put_invoice(sandbox: Sandbox, id: str, lines: int = 1, **body: Any) -> dict[str, Any]:
    each = [
        put(sandbox, "invoice_lines", id, id=f"il_{id}_{number}", invoice=id, amount=number)
        for number in range(lines)
    ]
    shown = {"object": "list", "data": each[:10], "has_more": lines > 10}
    return put(sandbox, "invoices", id=id, currency="usd", lines=shown, metadata={}, **body)


def put_event(sandbox: Sandbox, type: str, about: dict[str, Any]) -> None:
    put(sandbox, "events", id=f"evt_{type}", type=type, created=NOW, data={"object": about})


def rows(reading: Reading, resource: str) -> list[dict[str, Any]]:
    return [row for batch in reading.spools[resource].batches() for row in batch.to_pylist()]


def test_every_request_names_the_pinned_version(
    sandbox: Sandbox, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions, send = set(), requests.Session.send

    def noting(
        session: requests.Session, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        versions.add(request.headers["Stripe-Version"])
        return send(session, request, **kwargs)

    monkeypatch.setattr(requests.Session, "send", noting)
    put_event(sandbox, "invoice.paid", put_invoice(sandbox, "in_1", lines=11, total=100))

    read(read({}).state)

    assert versions == {"2026-10-28.endive"}


def test_what_an_event_names_is_fetched_again_and_its_own_words_are_not_believed(
    sandbox: Sandbox, read: Read
) -> None:
    stale = put_invoice(sandbox, "in_1", status="open", amount_remaining=500)
    first = read({})
    put_invoice(sandbox, "in_1", status="paid", amount_remaining=0)
    put_event(sandbox, "invoice.updated", stale)

    (invoice,) = rows(read(first.state), "invoices")

    assert (invoice["status"], invoice["amount_remaining"]) == ("paid", 0)


def test_an_object_named_by_many_events_is_fetched_once(sandbox: Sandbox, read: Read) -> None:
    charge = put(sandbox, "charges", id="ch_1", amount=100, amount_captured=100, currency="usd")
    first = read({})
    for type in ("charge.succeeded", "charge.updated", "charge.captured"):
        put_event(sandbox, type, charge)
    sandbox.calls()

    read(first.state)

    assert [call["path"] for call in sandbox.calls()].count("/stripe/v1/charges/ch_1") == 1


def test_a_cancelled_payment_of_a_changed_invoice_is_read_again_though_no_event_says_so(
    sandbox: Sandbox, read: Read
) -> None:
    payment = {"type": "payment_intent", "payment_intent": "pi_1"}
    put(sandbox, "invoice_payments", id="inpay_1", invoice="in_1", status="open", payment=payment)
    invoice = put_invoice(sandbox, "in_1", status="open")
    first = read({})
    put(
        sandbox, "invoice_payments", id="inpay_1", invoice="in_1", status="canceled",
        payment=payment,
    )  # fmt: skip
    put_event(sandbox, "invoice.voided", invoice)

    (cancelled,) = rows(read(first.state), "invoice_payments")

    assert cancelled["status"] == "canceled"


def test_a_deleted_draft_and_a_deleted_customer_become_tombstones(
    sandbox: Sandbox, read: Read
) -> None:
    draft = put_invoice(sandbox, "in_1", status="draft")
    customer = put(sandbox, "customers", id="cus_1", name="Moved away")
    first = read({})
    for collection, id in (("invoices", "in_1"), ("customers", "cus_1")):
        sandbox.store.delete("stripe", ACCOUNT, collection, id, NOW)
    put_event(sandbox, "invoice.deleted", draft)
    put_event(sandbox, "customer.deleted", customer)

    second = read(first.state)

    assert [(row["id"], row["_is_deleted"]) for row in rows(second, "invoices")] == [("in_1", True)]
    assert [row["_is_deleted"] for row in rows(second, "customers")] == [True]


def test_an_invoice_is_asked_for_its_lines_only_when_it_does_not_show_them_all(
    sandbox: Sandbox, read: Read
) -> None:
    put_invoice(sandbox, "in_short", lines=10)
    put_invoice(sandbox, "in_long", lines=123)
    sandbox.calls()

    lines = rows(read({}), "invoice_lines")

    asked = [call["path"] for call in sandbox.calls() if call["path"].endswith("/lines")]
    assert asked == ["/stripe/v1/invoices/in_long/lines"] * 2
    assert [sum(line["invoice"] == id for line in lines) for id in ("in_short", "in_long")] == [
        10,
        123,
    ]


def test_only_an_automatic_payout_is_asked_what_it_holds_and_only_once_it_is_reconciled(
    sandbox: Sandbox, read: Read
) -> None:
    def put_payout(id: str, automatic: bool, status: str) -> dict[str, Any]:
        put(sandbox, "balance_transactions", id, id=f"txn_{id}", amount=100, fee=3, net=97)
        return put(
            sandbox, "payouts", id=id, amount=97, automatic=automatic, reconciliation_status=status
        )

    def contents(reading: Reading) -> list[tuple[Any, ...]]:
        return [(row["payout"], row["id"], row["net"]) for row in rows(reading, "payout_contents")]

    put_payout("po_manual", False, "not_applicable")
    put_payout("po_early", True, "in_progress")
    put_payout("po_done", True, "completed")
    first = read({})
    assert contents(first) == [("po_done", "txn_po_done", 97)]

    put_event(sandbox, "payout.reconciliation_completed", put_payout("po_early", True, "completed"))
    assert contents(read(first.state)) == [("po_early", "txn_po_early", 97)]


def test_a_payment_reported_from_outside_stripe_is_read_by_the_invoice_payment_that_names_it(
    sandbox: Sandbox, read: Read
) -> None:
    put(
        sandbox,
        "payment_records",
        id="payrec_1",
        amount_requested={"currency": "usd", "value": 12_500},
        processor_details={"type": "custom", "custom": {"payment_reference": "cheque 1042"}},
    )
    for id, payment in (
        ("inpay_1", {"type": "payment_record", "payment_record": "payrec_1"}),
        ("inpay_2", {"type": "payment_intent", "payment_intent": "pi_1"}),
    ):
        put(sandbox, "invoice_payments", id=id, invoice="in_1", status="paid", payment=payment)

    (record,) = rows(read({}), "payment_records")

    assert record["amount_requested__value"] == 12_500
    assert record["processor_details__custom__payment_reference"] == "cheque 1042"


def test_what_would_open_a_payment_or_an_invoice_to_anybody_is_not_kept(
    sandbox: Sandbox, read: Read
) -> None:
    put(sandbox, "payment_intents", id="pi_1", amount=100, client_secret="pi_1_secret_x")
    put_invoice(sandbox, "in_1", hosted_invoice_url="https://invoice.stripe.com/i/secret_x")

    reading = read({})

    kept = [
        row["_payload"] for name in ("payment_intents", "invoices") for row in rows(reading, name)
    ]
    assert len(kept) == 2 and not any("secret_x" in payload for payload in kept)
