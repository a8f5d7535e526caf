"""The sandbox's servers, asked over HTTP as a client would: protocol, state, faults.

Every example printed in the platforms' documents is a golden fixture and is served verbatim.
"""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
import requests

from pipelines.sandbox.faults import Rule
from pipelines.sandbox.servers import running
from pipelines.sandbox.store import ObjectStore, parsed, printed

FIXTURES = Path(__file__).parent / "fixtures"
NOW = 1_779_000_000  # 2026-05-17
DAY = 86_400
BASIC = ("sandbox-client", "sandbox-secret")
REDIRECT = "http://127.0.0.1:8000/callback"
numbers = itertools.count(1)


def golden(platform: str, name: str) -> str:
    """A fixture on one line, numbers untouched."""
    text = (FIXTURES / platform / f"{name}.json").read_text()
    return printed(parsed(text))


@dataclass
class Stripe:
    """One account of its own, so that tests share a server and nothing else."""

    url: str
    store: ObjectStore
    account: str = field(default_factory=lambda: f"acct_{next(numbers)}")

    def put(self, collection: str, *rows: Any) -> None:
        """Bodies (dict or text), or (body, group id)."""
        given = [row if isinstance(row, tuple) else (row, None) for row in rows]
        self.store.put_many(
            "stripe",
            self.account,
            collection,
            [
                (value["id"], value.get("created", NOW), NOW, printed(value), group)
                for value, group in (
                    (parsed(body) if isinstance(body, str) else body, group)
                    for body, group in given
                )
            ],
        )

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        headers = {
            "Authorization": f"Bearer sk_test_{self.account}",
            "Stripe-Version": "2026-10-28.endive",
        } | given.pop("headers", {})
        url = f"{self.url}/stripe/v1/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **given)

    def get(self, path: str, **params: Any) -> Any:
        response = self.ask("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, **form: Any) -> Any:
        response = self.ask("POST", path, data=form)
        assert response.status_code == 200, response.text
        return response.json()

    def ids(self, path: str, **params: Any) -> list[str]:
        return [row["id"] for row in self.get(path, **params)["data"]]

    def error(self, method: str, path: str, status: int, **given: Any) -> dict[str, Any]:
        response = self.ask(method, path, **given)
        assert response.status_code == status, response.text
        error: dict[str, Any] = response.json()["error"]
        return error

    def events(self) -> list[str]:
        """Types, oldest first."""
        return [event["type"] for event in self.get("events", limit=100)["data"]][::-1]


@dataclass
class QuickBooks:
    """One company of its own, with the customer, vendor and accounts of the examples."""

    url: str
    store: ObjectStore
    realm: str = field(default_factory=lambda: f"93414500000{next(numbers):05}")
    access: str = ""
    refresh: str = ""

    def __post_init__(self) -> None:
        self.put("Customer", {"Id": "8", "DisplayName": "Maple House : R. Lane", "Active": True})
        self.put("Vendor", {"Id": "9", "DisplayName": "Oak Supplies", "Active": True})
        self.put(
            "Account",
            {"Id": "4", "Name": "Undeposited", "AccountSubType": "UndepositedFunds"},
            {"Id": "35", "Name": "Checking", "AccountType": "Bank", "CurrentBalance": 12.5},
        )
        self.refresh = f"sandbox-refresh-{self.realm}"
        self.sign_in()

    def put(self, entity: str, *values: Any, updated: int = NOW) -> None:
        rows = [parsed(value) if isinstance(value, str) else value for value in values]
        self.store.put_many(
            "quickbooks_online",
            self.realm,
            entity,
            [(value["Id"], updated, updated, printed(value)) for value in rows],
        )

    def token(self, **form: str) -> requests.Response:
        url = f"{self.url}/quickbooks_online/oauth2/v1/tokens/bearer"
        return requests.post(url, data=form, auth=BASIC, timeout=10)

    def sign_in(self) -> None:
        answer = self.token(grant_type="refresh_token", refresh_token=self.refresh).json()
        self.access, self.refresh = answer["access_token"], answer["refresh_token"]

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {self.access}",
            "Accept": "application/json",
        } | given.pop("headers", {})
        url = f"{self.url}/quickbooks_online/v3/company/{given.pop('realm', self.realm)}/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **given)

    def get(self, path: str, **params: str) -> Any:
        response = self.ask("GET", path, params=params)
        assert response.status_code == 200, response.text
        return parsed(response.content)

    def query(self, text: str) -> Any:
        return self.get("query", query=text)["QueryResponse"]

    def post(self, path: str, body: Any, **params: str) -> Any:
        response = self.ask("POST", path, data=as_text(body), params=params)
        assert response.status_code == 200, response.text
        return parsed(response.content)

    def refusal(self, path: str, body: Any, **params: str) -> str:
        """The code of the fault."""
        response = self.ask("POST", path, data=as_text(body), params=params)
        assert response.status_code == 400, response.text
        code: str = response.json()["Fault"]["Error"][0]["code"]
        return code

    def invoice(self, id: str = "96") -> Any:
        return self.get(f"invoice/{id}")["Invoice"]

    def with_open_invoice(self) -> "QuickBooks":
        """Invoice 96 of the examples before anybody paid it."""
        value = parsed(golden("quickbooks_online", "invoice"))
        self.put("Invoice", value | {"Balance": Decimal("387.00"), "LinkedTxn": []})
        return self

    def pay(self, **fields: Any) -> Any:
        body = parsed(golden("quickbooks_online", "create_payment")) | fields
        return self.post("payment", body)["Payment"]


def as_text(body: Any) -> str:
    return body if isinstance(body, str) else printed(body)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ObjectStore]]:
    path = tmp_path_factory.mktemp("sandbox") / "store.sqlite"
    with running(path, now=NOW) as url:
        yield url, ObjectStore(path)


@pytest.fixture
def stripe(server: tuple[str, ObjectStore]) -> Stripe:
    return Stripe(*server)


@pytest.fixture
def books(server: tuple[str, ObjectStore]) -> QuickBooks:
    return QuickBooks(*server)


@pytest.fixture
def faults(server: tuple[str, ObjectStore]) -> Iterator[Any]:
    def add(**rule: Any) -> None:
        answer = requests.post(f"{server[0]}/_sandbox/faults", json=[rule], timeout=10)
        assert answer.status_code == 200, answer.text

    yield add
    requests.delete(f"{server[0]}/_sandbox/faults", timeout=10)


def charge(number: int, **fields: Any) -> dict[str, Any]:
    created = NOW - 100 * number
    return {"id": f"ch_{number:03}", "object": "charge", "amount": 5, "created": created} | fields


# -- the store ------------------------------------------------------------------------------------


def test_the_store_gives_back_every_body_exactly_and_replaces_by_id(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "store.sqlite")
    body = '{"Id": "1",  "TotalAmt": 387.00, "Memo": "Ümläut"}'
    store.put_many("quickbooks_online", "1", "Invoice", [("1", 10, 20, "{}"), ("1", 10, 30, body)])

    found = store.get("quickbooks_online", "1", "Invoice", "1")

    assert found is not None and (found.body, found.updated) == (body, 30)


def test_two_stores_on_one_file_see_each_others_writes(tmp_path: Path) -> None:
    one, other = (ObjectStore(tmp_path / "store.sqlite") for _ in range(2))
    one.put_many("stripe", "acct", "payouts", [("po_1", 1, 1, "{}")])
    other.put_many("stripe", "acct", "balance_transactions", [("txn_1", 1, 1, "{}", "po_1")])

    assert one.select("stripe", "acct", "balance_transactions", "group_id = ?", ("po_1",))
    assert other.get("stripe", "acct", "payouts", "po_1")


def test_a_deleted_object_is_gone_and_remembered_until_it_is_put_again(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "store.sqlite")
    row = ("57", 1, 1, "{}")
    store.put_many("quickbooks_online", "1", "Invoice", [row])

    assert store.delete("quickbooks_online", "1", "Invoice", "57", 99)
    assert not store.delete("quickbooks_online", "1", "Invoice", "57", 100)
    assert store.get("quickbooks_online", "1", "Invoice", "57") is None
    assert store.tombstones("quickbooks_online", "1", "Invoice", 99) == [("57", 99)]
    store.put_many("quickbooks_online", "1", "Invoice", [row])
    assert store.tombstones("quickbooks_online", "1", "Invoice", 0) == []


def test_a_failed_transaction_leaves_nothing_behind(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "store.sqlite")
    with pytest.raises(RuntimeError), store.transaction():
        store.put_many("stripe", "acct", "charges", [("ch_1", 1, 1, "{}")])
        raise RuntimeError

    assert store.count("stripe", "acct", "charges") == 0


# -- Stripe: who may ask --------------------------------------------------------------------------


def test_stripe_takes_a_key_as_bearer_or_as_basic_user_name(stripe: Stripe) -> None:
    stripe.put("charges", charge(1))
    url = f"{stripe.url}/stripe/v1/charges"
    version = {"Stripe-Version": "2026-10-28.endive"}
    basic = requests.get(url, headers=version, auth=(f"sk_test_{stripe.account}", ""), timeout=10)

    assert basic.json() == stripe.get("charges")


@pytest.mark.parametrize("given", ["", "Bearer sk_live_1", "Bearer sk_test_nobody", "Basic ?"])
def test_stripe_answers_401_to_a_missing_or_wrong_key(stripe: Stripe, given: str) -> None:
    error = stripe.error("GET", "charges", 401, headers={"Authorization": given})

    assert error["type"] == "invalid_request_error"


def test_a_restricted_stripe_key_reads_but_does_not_write(stripe: Stripe) -> None:
    stripe.put("charges", charge(1))
    key = {"Authorization": f"Bearer rk_test_{stripe.account}"}

    assert stripe.ask("GET", "charges", headers=key).status_code == 200
    assert stripe.ask("POST", "charges/ch_001", headers=key).status_code == 403


def test_stripe_account_header_reads_another_account(stripe: Stripe) -> None:
    other = Stripe(stripe.url, stripe.store)
    stripe.put("charges", charge(1))
    other.put("charges", charge(1, amount=77))

    seen = stripe.ask("GET", "charges/ch_001", headers={"Stripe-Account": other.account})

    assert seen.json()["amount"] == 77
    assert stripe.error("GET", "charges", 403, headers={"Stripe-Account": "acct_x"})


def test_stripe_wants_a_pinned_version_echoes_it_and_names_the_request(stripe: Stripe) -> None:
    stripe.put("charges", charge(1))
    answer = stripe.ask("GET", "charges")

    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
    assert answer.headers["Request-Id"].startswith("req_")
    assert stripe.error("GET", "charges", 400, headers={"Stripe-Version": ""})


# -- Stripe: lists --------------------------------------------------------------------------------


def test_stripe_lists_newest_first_ten_at_a_time(stripe: Stripe) -> None:
    stripe.put("charges", *(charge(number) for number in range(12)))
    page = stripe.get("charges")

    assert (page["object"], page["url"], page["has_more"]) == ("list", "/v1/charges", True)
    assert [row["id"] for row in page["data"]] == [f"ch_{n:03}" for n in range(10)]


def test_stripe_pages_forward_and_back_without_gap_or_repeat(stripe: Stripe) -> None:
    twins = [charge(number, created=NOW) for number in range(3, 6)]
    stripe.put("charges", *(charge(number) for number in range(3)), *twins)
    everything = stripe.ids("charges")
    seen: list[str] = []
    while True:
        cursor = {"starting_after": seen[-1]} if seen else {}
        page = stripe.get("charges", limit=2, **cursor)
        seen += [row["id"] for row in page["data"]]
        if not page["has_more"]:
            break

    assert seen == everything and len(set(seen)) == 6
    assert stripe.ids("charges", limit=2, ending_before=seen[4]) == seen[2:4]
    assert stripe.get("charges", limit=2, ending_before=seen[4])["has_more"]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"limit": 101}, None, "limit"),
        ({"limit": "many"}, "parameter_invalid_integer", "limit"),
        ({"created[since]": 1}, "parameter_unknown", "created[since]"),
        ({"updated[gte]": 1}, "parameter_unknown", "updated"),
        ({"starting_after": "ch_404"}, "resource_missing", "starting_after"),
        ({"starting_after": "ch_1", "ending_before": "ch_2"}, None, None),
        ({"expand[]": "data.amount.currency"}, None, None),
        ({"customer[id]": "cus_1"}, None, "customer"),
        ({"created": 2**63}, "parameter_invalid_integer", "created"),
    ],
)
def test_stripe_refuses_what_it_does_not_know(
    stripe: Stripe, params: dict[str, Any], code: str | None, param: str | None
) -> None:
    stripe.put("charges", charge(1, amount="x"))
    error = stripe.error("GET", "charges", 400, params=params)

    assert (error.get("code"), error.get("param")) == (code, param)


def test_stripe_filters_by_creation_time_and_by_field(stripe: Stripe) -> None:
    stripe.put("charges", *(charge(n, customer=f"cus_{n % 2}") for n in range(5)))
    at = NOW - 200

    assert stripe.ids("charges", **{"created[gte]": at}) == ["ch_000", "ch_001", "ch_002"]
    assert stripe.ids("charges", **{"created[gt]": at}) == ["ch_000", "ch_001"]
    assert stripe.ids("charges", **{"created[lt]": at}) == ["ch_003", "ch_004"]
    assert stripe.ids("charges", **{"created[lte]": at, "created[gt]": at - 101}) == [
        "ch_002",
        "ch_003",
    ]
    assert stripe.ids("charges", created=at) == ["ch_002"]
    assert stripe.ids("charges", customer="cus_1") == ["ch_001", "ch_003"]


def test_an_invoice_is_served_as_printed_and_expanded_to_its_payments(stripe: Stripe) -> None:
    example = parsed(golden("stripe", "invoice"))
    payments = example.pop("payments")
    stripe.put("invoices", example)
    stripe.put("invoice_payments", *payments["data"])

    assert stripe.get("invoices/in_1Q9") == example
    assert stripe.ids("invoices", status="open", customer="cus_Q1") == ["in_1Q9"]
    assert stripe.ids("invoices", **{"due_date[gt]": example["due_date"]}) == []
    [expanded] = stripe.get("invoices", **{"expand[]": "data.payments"})["data"]
    assert expanded["payments"]["data"] == payments["data"]


def test_a_charges_invoice_is_found_through_invoice_payments(stripe: Stripe) -> None:
    stripe.put("invoice_payments", *parsed(golden("stripe", "invoice"))["payments"]["data"])
    asked = {"payment[type]": "payment_intent", "payment[payment_intent]": "pi_3A"}

    assert stripe.ids("invoice_payments", **asked) == ["inpay_1"]
    assert stripe.ids("invoice_payments", invoice="in_1Q9", status="paid") == ["inpay_1"]
    assert stripe.ids("invoice_payments", **asked | {"payment[payment_intent]": "pi_4"}) == []
    error = stripe.error(
        "GET", "invoice_payments", 400, params={"payment[payment_intent]": "pi_3A"}
    )
    assert error["param"] == "payment[type]"


def test_a_payouts_content_includes_its_own_row_and_sums_to_nothing(stripe: Stripe) -> None:
    stripe.put("payouts", golden("stripe", "payout"))
    payment = parsed(golden("stripe", "balance_transaction_payment"))
    refund = payment | {"id": "txn_re", "amount": -1110, "fee": 0, "net": -1110, "type": "refund"}
    payout = parsed(golden("stripe", "balance_transaction_payout"))
    stripe.put("balance_transactions", *((row, "po_1R") for row in (payment, refund, payout)))
    stripe.put("balance_transactions", payment | {"id": "txn_other"})
    stripe.put("charges", golden("stripe", "charge"))

    content = stripe.get("balance_transactions", payout="po_1R")["data"]
    sourced = stripe.get("balance_transactions", payout="po_1R", **{"expand[]": "data.source"})

    assert {row["id"] for row in content} == {"txn_3A", "txn_re", "txn_po1"}
    assert sum(row["net"] for row in content) == 0
    assert {"ch_3A"} <= {s["id"] for row in sourced["data"] if isinstance(s := row["source"], dict)}
    assert stripe.ids("balance_transactions", type="payout") == ["txn_po1"]
    assert stripe.get("balance") == {
        "object": "balance",
        "livemode": True,
        "available": [{"amount": 49600, "currency": "usd"}],
        "pending": [],
    }


def test_stripe_cannot_say_what_is_in_a_manual_payout(stripe: Stripe) -> None:
    stripe.put("payouts", parsed(golden("stripe", "payout")) | {"automatic": False})

    assert stripe.error("GET", "balance_transactions", 400, params={"payout": "po_1R"})
    missing = stripe.error("GET", "balance_transactions", 400, params={"payout": "po_none"})
    assert missing["code"] == "resource_missing"


def test_invoice_lines_page_beyond_the_ten_that_come_inline(stripe: Stripe) -> None:
    lines = [{"id": f"il_{n:02}", "object": "line_item", "amount": n} for n in range(12)]
    inline = {"object": "list", "has_more": True, "data": lines[:10]}
    stripe.put("invoices", {"id": "in_1", "object": "invoice", "lines": inline})
    stripe.put("invoices", {"id": "in_2", "object": "invoice", "lines": inline})
    stripe.put("invoice_lines", *((line, "in_1") for line in lines))

    first = stripe.get("invoices/in_1/lines")
    rest = stripe.get("invoices/in_1/lines", starting_after="il_09")

    assert first["has_more"] and not rest["has_more"]
    assert [*first["data"], *rest["data"]] == lines
    assert stripe.ids("invoices/in_2/lines", limit=2, starting_after="il_03") == ["il_04", "il_05"]


def test_a_missing_object_is_a_404_in_stripes_words(stripe: Stripe) -> None:
    stripe.put("charges", charge(1))
    error = stripe.error("GET", "charges/ch_none", 404)

    assert error["message"] == "No such charge: 'ch_none'"
    assert set(error) == {"type", "code", "message", "param", "doc_url", "request_log_url"}
    assert stripe.ask("GET", "nothing_of_the_kind").status_code == 404


def test_a_deleted_customer_leaves_the_list_and_says_so_by_id(stripe: Stripe) -> None:
    stripe.put("customers", {"id": "cus_1", "object": "customer", "created": NOW, "name": "A"})
    stripe.ask("DELETE", "customers/cus_1")

    assert stripe.ids("customers") == []
    assert stripe.get("customers/cus_1") == {"id": "cus_1", "object": "customer", "deleted": True}
    assert stripe.events() == ["customer.deleted"]


def test_a_customers_credit_balance_is_listed_under_the_customer(stripe: Stripe) -> None:
    rows = [{"id": f"cbtxn_{n}", "customer": f"cus_{n}", "amount": -500} for n in (1, 2)]
    stripe.put("customers", {"id": "cus_1", "object": "customer"})
    stripe.put("customer_balance_transactions", *rows)

    assert stripe.ids("customers/cus_1/balance_transactions") == ["cbtxn_1"]
    assert stripe.error("GET", "customers/cus_3/balance_transactions", 404)


def test_an_event_is_served_as_printed(stripe: Stripe) -> None:
    example = parsed(golden("stripe", "event_invoice_paid")) | {"created": NOW}
    stripe.put("events", example)

    assert stripe.get("events/evt_1S") == stripe.get("events")["data"][0] == example


def test_events_reach_back_thirty_days_and_filter_by_type(stripe: Stripe) -> None:
    def event(number: int, type: str, age: int) -> dict[str, Any]:
        value = parsed(golden("stripe", "event_invoice_paid"))
        created = NOW - age * DAY
        return dict(value | {"id": f"evt_{number}", "type": type, "created": created})

    stripe.put(
        "events",
        event(1, "invoice.paid", 31),
        event(2, "invoice.paid", 29),
        event(3, "invoice.voided", 2),
        event(4, "charge.refunded", 1),
    )
    assert stripe.ids("events") == ["evt_4", "evt_3", "evt_2"]
    assert stripe.ids("events", type="invoice.*") == ["evt_3", "evt_2"]
    types = {"types[]": ["charge.refunded", "invoice.paid"]}
    assert stripe.ids("events", **types) == ["evt_4", "evt_2"]
    assert stripe.ids("events", delivery_success="true") == []
    assert stripe.error("GET", "events", 400, params={"types[]": ["x"] * 21})
    assert stripe.error("GET", "events", 400, params={"expand[]": "data.data"})
    assert stripe.error("GET", "events/evt_1", 404)


# -- Stripe: writes -------------------------------------------------------------------------------


def open_invoice(stripe: Stripe, amount: int = 125_000) -> Any:
    stripe.put("customers", {"id": "cus_1", "object": "customer", "name": "Maple", "balance": 0})
    invoice = stripe.post(
        "invoices", customer="cus_1", collection_method="send_invoice", days_until_due=30
    )
    item = {"customer": "cus_1", "invoice": invoice["id"], "currency": "usd", "amount": amount}
    stripe.post("invoiceitems", **item)
    return stripe.post(f"invoices/{invoice['id']}/finalize")


def report_payment(stripe: Stripe, amount: int) -> Any:
    return stripe.post(
        "payment_records/report_payment",
        **{
            "amount_requested[value]": amount,
            "amount_requested[currency]": "usd",
            "initiated_at": NOW,
            "payment_method_details[type]": "custom",
            "payment_method_details[custom][display_name]": "Cheque",
            "processor_details[type]": "custom",
            "processor_details[custom][payment_reference]": "4471",
            "outcome": "guaranteed",
            "guaranteed[guaranteed_at]": NOW,
        },
    )


def test_an_invoice_is_drafted_filled_finalized_and_waits_for_payment(stripe: Stripe) -> None:
    invoice = open_invoice(stripe)

    assert invoice["status"] == "open" and invoice["number"]
    assert invoice["amount_due"] == invoice["amount_remaining"] == invoice["total"] == 125_000
    assert invoice["due_date"] == invoice["created"] + 30 * DAY
    assert [line["amount"] for line in invoice["lines"]["data"]] == [125_000]
    assert stripe.get(f"invoices/{invoice['id']}") == invoice
    [payment] = stripe.get("invoice_payments", invoice=invoice["id"])["data"]
    assert (payment["status"], payment["amount_paid"]) == ("open", None)
    assert "invoice.finalized" in stripe.events()
    assert stripe.error("POST", f"invoices/{invoice['id']}/finalize", 400)


def test_paying_out_of_band_settles_the_whole_invoice(stripe: Stripe) -> None:
    invoice = open_invoice(stripe)
    paid = stripe.post(f"invoices/{invoice['id']}/pay", paid_out_of_band="true")

    assert (paid["status"], paid["amount_paid"], paid["amount_remaining"]) == ("paid", 125_000, 0)
    assert paid["status_transitions"]["paid_at"] is not None
    assert "invoice.paid" in stripe.events()
    [payment] = stripe.get("invoice_payments", invoice=invoice["id"])["data"]
    assert payment["status"] == "canceled"


def test_reported_payments_pay_an_invoice_bit_by_bit(stripe: Stripe) -> None:
    path = f"invoices/{open_invoice(stripe)['id']}"
    first = report_payment(stripe, 50_000)
    part = stripe.post(f"{path}/attach_payment", payment_record=first["id"])
    rest = report_payment(stripe, 80_000)
    full = stripe.post(f"{path}/attach_payment", payment_record=rest["id"])

    assert (part["status"], part["amount_remaining"]) == ("open", 75_000)
    assert (full["status"], full["amount_remaining"], full["amount_overpaid"]) == ("paid", 0, 5_000)
    assert full["amount_paid_off_stripe"] == full["amount_paid"] == 130_000
    assert stripe.events().count("invoice_payment.paid") == 2
    [link] = stripe.get(
        "invoice_payments",
        **{"payment[type]": "payment_record", "payment[payment_record]": first["id"]},
    )["data"]
    assert (link["amount_paid"], link["status"]) == (50_000, "paid")
    reference = stripe.get(f"payment_records/{first['id']}")["processor_details"]["custom"]
    assert reference == {"payment_reference": "4471"}


def test_credit_notes_reduce_an_open_invoice_and_can_be_voided(stripe: Stripe) -> None:
    invoice = open_invoice(stripe)
    note = stripe.post("credit_notes", invoice=invoice["id"], amount=25_000)

    assert (note["type"], note["pre_payment_amount"]) == ("pre_payment", 25_000)
    assert stripe.get(f"invoices/{invoice['id']}")["amount_remaining"] == 100_000
    assert stripe.post(f"credit_notes/{note['id']}/void")["status"] == "void"
    assert stripe.get(f"invoices/{invoice['id']}")["amount_remaining"] == 125_000
    assert stripe.error(
        "POST", "credit_notes", 400, data={"invoice": invoice["id"], "amount": 125_001}
    )


def test_a_credit_note_on_a_paid_invoice_says_where_the_money_goes(stripe: Stripe) -> None:
    invoice = open_invoice(stripe)
    stripe.post(f"invoices/{invoice['id']}/pay", paid_out_of_band="true")
    asked = {"invoice": invoice["id"], "amount": 1_000}

    assert stripe.error("POST", "credit_notes", 400, data=asked)
    note = stripe.post("credit_notes", **asked, out_of_band_amount=600, credit_amount=400)
    assert (note["type"], note["out_of_band_amount"]) == ("post_payment", 600)
    assert stripe.get("customers/cus_1")["balance"] == -400
    [entry] = stripe.get("customers/cus_1/balance_transactions")["data"]
    assert (entry["amount"], entry["credit_note"]) == (-400, note["id"])


def test_a_refund_moves_the_balance_and_marks_the_charge(stripe: Stripe) -> None:
    stripe.put("charges", golden("stripe", "charge"))
    refund = stripe.post("refunds", charge="ch_3A", amount=20_000)

    assert stripe.get("charges/ch_3A")["amount_refunded"] == 20_000
    [row] = stripe.get("balance_transactions", source=refund["id"])["data"]
    assert (row["net"], row["type"], row["id"]) == (
        -20_000,
        "refund",
        refund["balance_transaction"],
    )
    assert stripe.events() == ["refund.created", "charge.refunded"]
    assert stripe.error("POST", "refunds", 400, data={"charge": "ch_3A", "amount": 30_001})
    stripe.put("payment_intents", {"id": "pi_3A", "latest_charge": "ch_3A"})
    assert stripe.post("refunds", payment_intent="pi_3A")["amount"] == 30_000
    assert stripe.get("charges/ch_3A")["refunded"]


def test_void_and_uncollectible_invoices_keep_their_moment(stripe: Stripe) -> None:
    lost, gone = open_invoice(stripe), open_invoice(stripe)
    marked = stripe.post(f"invoices/{lost['id']}/mark_uncollectible")
    voided = stripe.post(f"invoices/{gone['id']}/void")

    assert marked["status_transitions"]["marked_uncollectible_at"] is not None
    assert voided["status"] == "void" and voided["status_transitions"]["voided_at"] is not None
    assert stripe.error("POST", f"invoices/{gone['id']}/pay", 400)
    assert stripe.error("DELETE", f"invoices/{gone['id']}", 400)


def test_metadata_is_merged_unset_by_an_empty_value_and_announced(stripe: Stripe) -> None:
    stripe.put("payouts", parsed(golden("stripe", "payout")) | {"metadata": {"a": "1", "b": "2"}})
    after = stripe.post("payouts/po_1R", **{"metadata[b]": "", "metadata[recon_status]": "matched"})

    assert after["metadata"] == {"a": "1", "recon_status": "matched"}
    [event] = stripe.get("events", type="payout.updated")["data"]
    assert event["data"]["previous_attributes"] == {"metadata": {"a": "1", "b": "2"}}
    assert stripe.error("POST", "payouts/po_1R", 400, data={"metadata[k]": "x" * 501})


def test_a_manual_payout_takes_what_is_available_and_no_more(stripe: Stripe) -> None:
    stripe.put("balance_transactions", golden("stripe", "balance_transaction_payment"))
    payout = stripe.post("payouts", amount=49_600, currency="usd")

    assert (payout["automatic"], payout["reconciliation_status"]) == (False, "not_applicable")
    assert stripe.get("balance")["available"] == [{"amount": 0, "currency": "usd"}]
    error = stripe.error("POST", "payouts", 400, data={"amount": 1, "currency": "usd"})
    assert error["code"] == "balance_insufficient"


def test_an_idempotency_key_replays_the_first_answer_and_does_nothing(stripe: Stripe) -> None:
    stripe.put("charges", golden("stripe", "charge"))
    asked: dict[str, Any] = {
        "data": {"charge": "ch_3A", "amount": 10},
        "headers": {"Idempotency-Key": "recon-1"},
    }
    first, again = stripe.ask("POST", "refunds", **asked), stripe.ask("POST", "refunds", **asked)

    assert first.text == again.text and again.headers["Idempotent-Replayed"] == "true"
    assert stripe.get("charges/ch_3A")["amount_refunded"] == 10
    other = asked | {"data": {"charge": "ch_3A", "amount": 11}}
    assert stripe.error("POST", "refunds", 400, **other)["type"] == "idempotency_error"


def test_a_key_keeps_a_refusal_of_the_deed_but_not_of_the_parameters(stripe: Stripe) -> None:
    key = {"Idempotency-Key": "recon-2"}
    stripe.put("charges", golden("stripe", "charge"))
    assert stripe.error("POST", "refunds", 400, data={"amount": "x"}, headers=key)
    much = {"charge": "ch_3A", "amount": 50_001}
    first = stripe.error("POST", "refunds", 400, data=much, headers=key)
    again = stripe.ask("POST", "refunds", data=much, headers=key)

    assert again.status_code == 400 and again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["error"]["message"] == first["message"]


# -- QuickBooks: consent and tokens ---------------------------------------------------------------


def consent(books: QuickBooks, **fields: str) -> requests.Response:
    asked = {
        "client_id": "sandbox-client",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": REDIRECT,
        "state": "s-1",
        "realm": books.realm,
    }
    url = f"{books.url}/quickbooks_online/connect/oauth2"
    return requests.get(url, params=asked | fields, allow_redirects=False, timeout=10)


def test_consent_redirects_with_code_state_and_realm_and_the_code_works_once(
    books: QuickBooks,
) -> None:
    location = urlparse(consent(books).headers["location"])
    back = {name: values[0] for name, values in parse_qs(location.query).items()}
    grant = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT}
    token, again = books.token(**grant), books.token(**grant)

    assert (back["state"], back["realmId"]) == ("s-1", books.realm)
    assert token.json()["token_type"] == "bearer" and token.json()["expires_in"] == 3600
    assert "realmId" not in token.json()
    assert again.status_code == 400 and again.json()["error"] == "invalid_grant"
    assert consent(books, client_id="nobody").status_code == 400


def test_a_token_needs_the_clients_secret(books: QuickBooks) -> None:
    url = f"{books.url}/quickbooks_online/oauth2/v1/tokens/bearer"
    answer = requests.post(url, auth=("sandbox-client", "wrong"), timeout=10)

    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"


def test_a_refresh_token_rotates_and_the_old_one_stops_working_soon_after(
    books: QuickBooks,
) -> None:
    def conditions(**given: int) -> None:
        requests.post(f"{books.url}/_sandbox/conditions", json=given, timeout=10)

    old = books.refresh
    refresh = {"grant_type": "refresh_token", "refresh_token": old}
    first = books.token(**refresh).json()["refresh_token"]
    assert first != old and books.token(**refresh).status_code == 200
    conditions(refresh_token_grace=0)
    try:
        assert books.token(**refresh).status_code == 200
        late = books.token(**refresh)
        assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    finally:
        conditions(refresh_token_grace=60)
    assert books.token(grant_type="refresh_token", refresh_token=first).status_code == 200


def test_an_access_token_expires_and_a_refresh_brings_a_new_one(books: QuickBooks) -> None:
    url = f"{books.url}/_sandbox/conditions"
    requests.post(url, json={"access_token_lifetime": 0}, timeout=10)
    books.sign_in()
    requests.post(url, json={"access_token_lifetime": 3600}, timeout=10)
    refused = books.ask("GET", f"companyinfo/{books.realm}")

    assert refused.status_code == 401
    assert refused.json()["fault"]["error"][0]["code"] == "3200"
    books.sign_in()
    assert books.query("select * from Vendor")["maxResults"] == 1


def test_a_token_opens_the_company_that_consented_and_no_other(books: QuickBooks) -> None:
    other = QuickBooks(books.url, books.store)
    answer = books.ask("GET", "query", params={"query": "x"}, realm=other.realm)

    assert answer.status_code == 403
    assert answer.json()["fault"]["error"][0]["code"] == "3100"
    revoke = f"{books.url}/quickbooks_online/oauth2/v1/tokens/revoke"
    requests.post(revoke, json={"token": books.refresh}, auth=BASIC, timeout=10)
    refresh = books.token(grant_type="refresh_token", refresh_token=books.refresh)
    assert refresh.json()["error"] == "invalid_grant"


# -- QuickBooks: reads ----------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ["Invoice", "Payment", "Deposit"])
def test_quickbooks_serves_the_examples_to_the_letter(books: QuickBooks, entity: str) -> None:
    example = golden("quickbooks_online", entity.lower())
    books.put(entity, example)
    by_query = books.ask("GET", "query", params={"query": f"SELECT * FROM {entity}"})
    by_id = books.ask("GET", f"{entity.lower()}/{parsed(example)['Id']}")

    assert example in by_query.text and example in by_id.text
    assert by_query.headers["intuit_tid"]
    assert parsed(by_query.text)["QueryResponse"] == {
        entity: [parsed(example)],
        "startPosition": 1,
        "maxResults": 1,
    }


def test_a_query_pages_by_start_position_and_ends_with_an_empty_answer(books: QuickBooks) -> None:
    for number in range(1, 6):
        books.put("Invoice", {"Id": str(number)}, updated=NOW - number)
    text = (
        "select * from Invoice orderby MetaData.LastUpdatedTime asc startposition {} maxresults 2"
    )
    pages = [books.query(text.format(start)) for start in (1, 3, 5, 7)]
    ids = [[row["Id"] for row in page.get("Invoice", [])] for page in pages]

    assert ids == [["5", "4"], ["3", "2"], ["1"], []]
    assert pages[3] == {}
    assert (pages[1]["startPosition"], pages[1]["maxResults"]) == (3, 2)


def test_a_query_gives_a_hundred_rows_unless_told_and_a_thousand_at_most(books: QuickBooks) -> None:
    books.put("Invoice", *({"Id": str(number)} for number in range(1, 1002)))

    assert books.query("select * from Invoice")["maxResults"] == 100
    assert books.query("select * from Invoice maxresults 1000")["maxResults"] == 1000
    assert books.query("select count(*) from Invoice") == {"totalCount": 1001}


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("MetaData.LastUpdatedTime >= '2026-05-16T23:40:00-07:00'", ["1", "2"]),
        ("MetaData.LastUpdatedTime > '2026-05-17T06:40:00Z'", []),
        ("TotalAmt > '100.49' and Balance = '0'", ["1"]),
        ("DocNumber = 'O\\'Hara'", ["2"]),
        ("DocNumber like 'O%'", ["2"]),
        ("DocNumber like '1_31'", []),
        ("Id in ('1', '2') and TxnDate <= '2026-05-01'", ["1"]),
        ("CustomerRef = '8'", ["1", "2"]),
    ],
)
def test_a_query_filters_as_documented(books: QuickBooks, condition: str, ids: list[str]) -> None:
    shared = {"CustomerRef": {"value": "8"}}
    one = {"Id": "1", "DocNumber": "1031", "TxnDate": "2026-05-01", "TotalAmt": 100.5, "Balance": 0}
    two = {"Id": "2", "DocNumber": "O'Hara", "TxnDate": "2026-05-02", "TotalAmt": 9, "Balance": 9}
    books.put("Invoice", one | shared, two | shared)
    found = books.query(f"SELECT * FROM Invoice WHERE {condition} ORDERBY Id ASC")

    assert [row["Id"] for row in found.get("Invoice", [])] == ids


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select * from invoice", "4001"),
        ("select * from Invoice where docNumber = 'x'", "4001"),
        ("select * from Invoice where Id = '1' or Id = '2'", "4000"),
        ("select * from Invoice where Id <> '1'", "4000"),
        ("select * from Invoice order by Id", "4000"),
        ("select * from Invoice group by Id", "4000"),
        ("select MetaData.CreateTime from Invoice", "4001"),
        ("select * from Invoice, Payment", "4000"),
        ("select * from Invoice maxresults 1001", "4001"),
        ("select * from Invoice startposition 0", "4001"),
        ("select * from Invoice where TotalAmt > 'x'", "4001"),
        ("select * from Invoice where DocNumber = 'x", "4000"),
        ("", "4000"),
    ],
)
def test_a_query_outside_the_grammar_is_a_validation_fault(
    books: QuickBooks, text: str, code: str
) -> None:
    answer = books.ask("GET", "query", params={"query": text})
    [error] = answer.json()["Fault"]["Error"]

    assert (answer.status_code, error["code"]) == (400, code)
    assert set(error) == {"Message", "Detail", "code", "element"}


def test_a_query_may_be_posted_as_text_and_name_its_fields(books: QuickBooks) -> None:
    books.put("Invoice", golden("quickbooks_online", "invoice"))
    headers = {"Content-Type": "application/text"}
    answer = books.ask("POST", "query", data="select Id, TotalAmt from Invoice", headers=headers)

    assert '"Invoice":[{"Id":"96","TotalAmt":387.00}]' in answer.text
    assert books.ask("POST", "query", data="select * from Invoice").status_code == 400


def test_inactive_rows_hide_unless_the_query_asks_for_them(books: QuickBooks) -> None:
    books.put("Customer", {"Id": "10", "DisplayName": "Gone", "Active": False})

    assert len(books.query("select * from Customer")["Customer"]) == 1
    everyone = "select * from Customer where Active in (true, false)"
    assert len(books.query(everyone)["Customer"]) == 2
    assert books.query("select count(*) from Customer where Active = false")["totalCount"] == 1
    assert len(books.query("select * from Account")["Account"]) == 2


def test_quickbooks_insists_on_being_asked_for_json(books: QuickBooks) -> None:
    answer = books.ask("GET", f"companyinfo/{books.realm}", headers={"Accept": "*/*"})

    assert answer.status_code == 406


def test_the_companys_info_is_found_by_its_realm(books: QuickBooks) -> None:
    books.put("CompanyInfo", {"Id": "1", "CompanyName": "Maple Homes"})

    info = books.get(f"companyinfo/{books.realm}")["CompanyInfo"]

    assert info["CompanyName"] == "Maple Homes"
    missing = books.ask("GET", "invoice/404")
    assert missing.status_code == 400
    assert missing.json()["Fault"]["Error"][0]["code"] == "610"


def since(days: float) -> str:
    return f"2026-05-{17 - int(days):02}T06:40:00Z"


def test_change_data_tells_changes_and_deletions_by_entity(books: QuickBooks) -> None:
    books.put("Invoice", {"Id": "57"}, {"Id": "58"}, updated=NOW - 3 * DAY)
    books.put("Payment", {"Id": "57"}, updated=NOW - DAY)
    books.store.delete("quickbooks_online", books.realm, "Invoice", "57", NOW - DAY)
    asked = {"entities": "Invoice,Payment,Deposit", "changedSince": since(2)}
    [answer] = books.get("cdc", **asked)["CDCResponse"]
    invoices, payments, deposits = answer["QueryResponse"]

    [gone] = invoices["Invoice"]
    assert set(gone) == set(parsed(golden("quickbooks_online", "deleted")))
    assert (gone["Id"], gone["status"]) == ("57", "Deleted")
    assert gone["MetaData"] == {"LastUpdatedTime": "2026-05-15T23:40:00-07:00"}
    assert payments == {"Payment": [{"Id": "57"}], "startPosition": 1, "maxResults": 1}
    assert deposits == {}


def test_change_data_is_cut_at_a_thousand_objects_without_a_word(books: QuickBooks) -> None:
    books.put("Invoice", *({"Id": str(number)} for number in range(1, 701)))
    books.put("Payment", *({"Id": str(number)} for number in range(1, 701)))
    asked = {"entities": "Invoice,Payment", "changedSince": since(1)}
    [answer] = books.get("cdc", **asked)["CDCResponse"]

    assert [kind["maxResults"] for kind in answer["QueryResponse"]] == [700, 300]


@pytest.mark.parametrize(
    "asked",
    [
        {"entities": "Invoice", "changedSince": "2026-04-16T00:00:00Z"},
        {"entities": "TaxCode", "changedSince": since(1)},
        {"entities": "Invoice", "changedSince": "yesterday"},
        {"entities": "", "changedSince": since(1)},
    ],
)
def test_change_data_refuses_what_is_too_old_or_not_tracked(
    books: QuickBooks, asked: dict[str, str]
) -> None:
    assert books.ask("GET", "cdc", params=asked).status_code == 400


# -- QuickBooks: writes ---------------------------------------------------------------------------


def test_a_payment_takes_its_amount_off_the_invoice_and_raises_its_token(
    books: QuickBooks,
) -> None:
    payment = books.with_open_invoice().pay()
    invoice = books.invoice()

    assert payment["UnappliedAmt"] == 0 and payment["SyncToken"] == "0"
    assert (invoice["Balance"], invoice["SyncToken"]) == (0, "2")
    assert invoice["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert invoice["MetaData"]["LastUpdatedTime"].startswith("2026-05-1")


def test_a_payment_without_lines_stays_unapplied_in_undeposited_funds(books: QuickBooks) -> None:
    payment = books.pay(Line=[], DepositToAccountRef=None)

    assert payment["UnappliedAmt"] == Decimal("387.00")
    assert payment["DepositToAccountRef"] == {"value": "4"}


def test_overpaying_is_accepted_and_the_rest_is_credit(books: QuickBooks) -> None:
    line = {"Amount": 400, "LinkedTxn": [{"TxnId": "96", "TxnType": "Invoice"}]}
    payment = books.with_open_invoice().pay(TotalAmt=400, Line=[line])

    assert payment["UnappliedAmt"] == Decimal("13.00")
    assert books.invoice()["Balance"] == 0


def test_a_voided_payment_stays_with_nothing_in_it_and_the_invoice_reopens(
    books: QuickBooks,
) -> None:
    payment = books.with_open_invoice().pay()
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    voided = books.post("payment", body, operation="update", include="void")["Payment"]

    assert (voided["TotalAmt"], voided["Line"][0]["Amount"]) == (0, 0)
    assert voided["PrivateNote"].startswith("Voided")
    assert (books.invoice()["Balance"], books.invoice()["LinkedTxn"]) == (Decimal("387.00"), [])
    assert books.get(f"payment/{payment['Id']}")["Payment"] == voided


def test_a_deleted_payment_vanishes_from_queries_and_shows_in_change_data(
    books: QuickBooks,
) -> None:
    payment = books.with_open_invoice().pay()
    body = {"Id": payment["Id"], "SyncToken": "0"}
    answer = books.post("payment", body, operation="delete")["Payment"]
    [change] = books.get("cdc", entities="Payment", changedSince=since(0))["CDCResponse"]

    assert answer == {"status": "Deleted", "domain": "QBO", "Id": payment["Id"]}
    assert books.query("select * from Payment") == {}
    assert change["QueryResponse"][0]["Payment"][0]["status"] == "Deleted"
    assert books.invoice()["Balance"] == Decimal("387.00")
    assert int(books.pay()["Id"]) > int(payment["Id"])


def test_a_stale_sync_token_is_refused(books: QuickBooks) -> None:
    payment = books.with_open_invoice().pay()
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}

    assert books.post("payment", body)["Payment"]["SyncToken"] == "1"
    assert books.refusal("payment", body) == "5010"
    assert books.invoice()["Balance"] == 0


def test_a_full_update_clears_what_is_missing_a_sparse_one_keeps_it(books: QuickBooks) -> None:
    payment = books.with_open_invoice().pay()
    sparse = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "PaymentRefNum": "2"}
    kept = books.post("payment", sparse)["Payment"]
    full = {"CustomerRef": {"value": "8"}, "TotalAmt": 387, "Id": payment["Id"], "SyncToken": "1"}
    cleared = books.post("payment", full, operation="update")["Payment"]

    assert (kept["PrivateNote"], kept["PaymentRefNum"]) == ("auto-posted, match 7f3a", "2")
    assert "PrivateNote" not in cleared and cleared["UnappliedAmt"] == 387
    assert books.invoice()["Balance"] == Decimal("387.00")


def test_a_request_id_replays_the_first_answer_even_after_a_delete(books: QuickBooks) -> None:
    body = golden("quickbooks_online", "create_payment")
    books.with_open_invoice()
    first = books.post("payment", body, requestid="match-7f3a")
    books.post("payment", {"Id": first["Payment"]["Id"], "SyncToken": "0"}, operation="delete")
    again = books.post("payment", body, requestid="match-7f3a")

    assert again == first
    assert books.query("select * from Payment") == {}
    assert books.refusal("payment", body, requestid="x" * 51) == "2010"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"CustomerRef": None}, "2020"),
        ({"CustomerRef": {"value": "404"}}, "2500"),
        ({"TotalAmt": None}, "2020"),
        ({"TotalAmt": "387.00"}, "2040"),
        ({"TotalAmt": 100}, "6000"),
        ({"Line": [{"Amount": 1, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]}]}, "610"),
    ],
)
def test_a_wrong_payment_is_refused_and_nothing_changes(
    books: QuickBooks, fields: dict[str, Any], code: str
) -> None:
    books.with_open_invoice()
    body = parsed(golden("quickbooks_online", "create_payment")) | fields

    assert books.refusal("payment", body) == code
    assert books.invoice()["Balance"] == Decimal("387.00")
    assert books.query("select * from Payment") == {}


def test_a_deposit_banks_undeposited_payments_once_and_guards_them(books: QuickBooks) -> None:
    books.put("Payment", golden("quickbooks_online", "payment"))
    body = golden("quickbooks_online", "create_deposit")
    deposit = books.post("deposit", body)["Deposit"]
    banked = books.get("payment/128")["Payment"]
    void = {"Id": "128", "SyncToken": banked["SyncToken"], "sparse": True}

    assert deposit["TotalAmt"] == Decimal("387.00")
    assert banked["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]
    assert books.refusal("deposit", body) == "6000"
    assert books.refusal("payment", void, operation="update", include="void") == "6000"
    books.post("deposit", {"Id": deposit["Id"], "SyncToken": "0"}, operation="delete")
    assert books.get("payment/128")["Payment"]["LinkedTxn"] == []


def test_a_deposit_may_hold_money_nobody_recorded_as_a_payment(books: QuickBooks) -> None:
    direct = {
        "Amount": Decimal("225.40"),
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {"AccountRef": {"value": "79"}, "CheckNum": "2210"},
    }
    books.put("Payment", golden("quickbooks_online", "payment"))
    body = parsed(golden("quickbooks_online", "create_deposit"))
    deposit = books.post("deposit", body | {"Line": [*body["Line"], direct]})["Deposit"]

    assert deposit["TotalAmt"] == Decimal("612.40")


def test_an_invoice_is_totalled_numbered_and_dated(books: QuickBooks) -> None:
    body = golden("quickbooks_online", "create_invoice")
    invoice = books.post("invoice", body)["Invoice"]

    assert invoice["TotalAmt"] == invoice["Balance"] == Decimal("387.00")
    assert invoice["DocNumber"] and invoice["DueDate"] == "2026-06-15"
    assert invoice["Line"][-1]["DetailType"] == "SubTotalLineDetail"
    taken = parsed(body) | {"DocNumber": invoice["DocNumber"]}
    assert books.refusal("invoice", taken) == "6140"


def test_a_voided_invoice_frees_the_payments_that_paid_it(books: QuickBooks) -> None:
    payment = books.with_open_invoice().pay()
    body = {"Id": "96", "SyncToken": books.invoice()["SyncToken"]}
    voided = books.post("invoice", body, operation="void")["Invoice"]
    freed = books.get(f"payment/{payment['Id']}")["Payment"]

    assert (voided["TotalAmt"], voided["Balance"]) == (0, 0)
    assert (freed["UnappliedAmt"], freed["Line"]) == (Decimal("387.00"), [])


def test_a_bill_payment_pays_the_bill_and_its_void_reopens_it(books: QuickBooks) -> None:
    bill = {"Id": "70", "SyncToken": "0", "VendorRef": {"value": "9"}, "TotalAmt": 80}
    times = {"CreateTime": "2026-05-01T00:00:00Z", "LastUpdatedTime": "2026-05-01T00:00:00Z"}
    books.put("Bill", bill | {"Balance": 80, "MetaData": times})
    payment = books.post(
        "billpayment",
        {
            "VendorRef": {"value": "9"},
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": {"value": "35"}},
            "TotalAmt": 80,
            "Line": [{"Amount": 80, "LinkedTxn": [{"TxnId": "70", "TxnType": "Bill"}]}],
        },
    )["BillPayment"]
    assert books.get("bill/70")["Bill"]["Balance"] == 0
    void = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    books.post("billpayment", void, operation="update", include="void")
    assert books.get("bill/70")["Bill"]["Balance"] == 80


# -- the process and its faults --------------------------------------------------------------------


def test_the_sandbox_runs_as_a_process_and_prints_its_free_port(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = ObjectStore(path)
    store.put_many("stripe", "acct_1", "charges", [("ch_1", NOW, NOW, '{"id": "ch_1"}')])
    rules = '[{"kind": "server_error", "path": "/stripe/*"}]'
    module = [sys.executable, "-m", "pipelines.sandbox.servers"]
    command = [*module, "--store", str(path), "--port", "0", "--faults", rules]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = f"http://127.0.0.1:{process.stdout.readline().strip()}/stripe/v1/charges/ch_1"
            headers = {"Stripe-Version": "2026-10-28.endive"}
            first_account = ("sk_test_sandbox", "")
            answers = [
                requests.get(url, headers=headers, auth=first_account, timeout=10) for _ in range(2)
            ]
        finally:
            process.terminate()

    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[1].json() == {"id": "ch_1"}


def test_a_fault_strikes_the_nth_call_it_fits_as_often_as_told(stripe: Stripe, faults: Any) -> None:
    stripe.put("charges", charge(1))
    faults(kind="server_error", path="/stripe/v1/charges*", nth=2, count=2, status=500)
    statuses = [stripe.ask("GET", "charges").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert stripe.ask("GET", "payouts").status_code == 200


def test_a_429_comes_with_and_without_retry_after_in_the_platforms_words(
    stripe: Stripe, books: QuickBooks, faults: Any
) -> None:
    stripe.put("charges", charge(1))
    faults(kind="too_many_requests", path="/stripe/*", retry_after=2)
    faults(kind="too_many_requests", path="/quickbooks_online/v3/*")
    one, two = stripe.ask("GET", "charges"), books.ask("GET", "query")

    assert (one.status_code, one.headers["Retry-After"]) == (429, "2")
    assert one.json()["error"]["code"] == "rate_limit"
    assert two.status_code == 429 and "Retry-After" not in two.headers
    assert two.json()["fault"]["error"][0]["code"] == "3001"


def test_a_rate_limit_answers_429_to_what_comes_too_fast(stripe: Stripe, faults: Any) -> None:
    stripe.put("charges", charge(1))
    faults(kind="rate_limit", path="/stripe/*", per_second=2)
    statuses = [stripe.ask("GET", "charges").status_code for _ in range(4)]

    assert statuses[:2] == [200, 200] and 429 in statuses


def test_a_cut_write_has_been_executed_and_is_replayed(stripe: Stripe, faults: Any) -> None:
    stripe.put("charges", golden("stripe", "charge"))
    asked: dict[str, Any] = {"data": {"charge": "ch_3A"}, "headers": {"Idempotency-Key": "k"}}
    faults(kind="cut", method="POST")
    with pytest.raises(requests.RequestException):
        stripe.ask("POST", "refunds", **asked)

    assert stripe.ask("POST", "refunds", **asked).headers["Idempotent-Replayed"] == "true"
    assert len(stripe.ids("refunds")) == 1


def test_half_a_page_arrives_as_if_it_were_whole(stripe: Stripe, faults: Any) -> None:
    stripe.put("charges", charge(1))
    faults(kind="half_page")
    answer = stripe.ask("GET", "charges")

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)


def test_an_expired_token_is_refused_until_it_is_renewed(
    stripe: Stripe, books: QuickBooks, faults: Any
) -> None:
    stripe.put("charges", charge(1))
    faults(kind="expired_token", path="/stripe/*")
    faults(kind="expired_token", path="/quickbooks_online/v3/*")

    assert stripe.ask("GET", "charges").status_code == 401
    assert books.ask("GET", "query").status_code == 401
    assert books.ask("GET", "query").status_code == 401
    books.sign_in()
    assert books.query("select * from Vendor")


def test_rows_can_carry_an_endless_amount_or_an_unknown_field_or_come_twice(
    stripe: Stripe, faults: Any
) -> None:
    stripe.put("charges", *(charge(number) for number in range(4)))
    path = "/stripe/v1/charges"
    faults(kind="infinite_amount", path=path)
    faults(kind="extra_field", path=path, nth=2)
    endless = stripe.ask("GET", "charges")
    grown = stripe.get("charges", limit=2)
    stripe.get("charges", limit=2)
    faults(kind="duplicate_row", path=path)

    assert '"amount":1e999' in endless.text
    assert [row["field_nobody_announced"] for row in grown["data"]] == ["new", "new"]
    assert stripe.ids("charges", limit=2, starting_after="ch_001") == ["ch_001", "ch_002", "ch_003"]


def test_quickbooks_amounts_can_be_endless_too(books: QuickBooks, faults: Any) -> None:
    books.put("Invoice", golden("quickbooks_online", "invoice"))
    faults(kind="infinite_amount", path="/quickbooks_online/v3/*")
    answer = books.ask("GET", "query", params={"query": "select * from Invoice"})

    assert '"TotalAmt":1e999' in answer.text


def test_the_sandbox_says_what_it_was_asked(stripe: Stripe, faults: Any) -> None:
    stripe.put("charges", charge(1))
    requests.delete(f"{stripe.url}/_sandbox/calls", timeout=10)
    faults(kind="slow", seconds=0.01)
    stripe.get("charges", limit=3)
    calls = requests.get(f"{stripe.url}/_sandbox/calls", timeout=10).json()["calls"]

    assert calls == [
        {
            "method": "GET",
            "path": "/stripe/v1/charges",
            "query": "limit=3",
            "status": 200,
            "fault": "slow",
        }
    ]


def test_a_rule_of_an_unknown_kind_is_refused(stripe: Stripe) -> None:
    url = f"{stripe.url}/_sandbox/faults"

    assert requests.post(url, json=[{"kind": "gremlins"}], timeout=10).status_code == 400
    with pytest.raises(ValueError, match="gremlins"):
        Rule(kind="gremlins")  # type: ignore[arg-type]  # the point of the test
