"""What a POST does to a QuickBooks company: payments, deposits, invoices, bill payments.

Every method either does its whole deed or raises `Fault`; the server wraps it in a transaction.
Amounts are Decimals in major units. Whatever touches an object raises its SyncToken.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.sandbox.store import ObjectStore, field, parsed, printed

PLATFORM = "quickbooks_online"
COMPANY_ZONE = ZoneInfo("America/Los_Angeles")
WRITABLE = {"payment": "Payment", "deposit": "Deposit", "invoice": "Invoice"} | {
    "billpayment": "BillPayment"
}
VOIDABLE = ("Payment", "Invoice", "BillPayment")

# What a payment's line may settle, and which of the target's fields it takes from.
SETTLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Payment": {"Invoice": ("Balance",), "CreditMemo": ("Balance", "RemainingCredit")},
    "BillPayment": {"Bill": ("Balance",), "VendorCredit": ("Balance",)},
    "Deposit": {"Payment": (), "SalesReceipt": (), "RefundReceipt": ()},
}
CREDITS = ("CreditMemo", "VendorCredit")


class Fault(Exception):
    """A refusal as QuickBooks words it. `gateway`: said by the gateway, in lower-case keys."""

    def __init__(
        self,
        code: str,
        message: str,
        detail: str = "",
        *,
        status: int = 400,
        type: str = "ValidationFault",
        gateway: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.gateway = gateway
        self.error = {"Message": message, "Detail": detail or message, "code": code, "element": ""}

    def body(self, now: float) -> dict[str, Any]:
        if self.gateway:
            error = {name.lower(): value for name, value in self.error.items()}
            return {"fault": {"error": [error], "type": self.type}, "time": int(now * 1000)}
        return {"Fault": {"Error": [self.error], "type": self.type}, "time": moment(now)}


def moment(epoch: float) -> str:
    """ISO 8601 with the company's offset, as MetaData has it."""
    return datetime.fromtimestamp(int(epoch), UTC).astimezone(COMPANY_ZONE).isoformat()


def not_found(entity: str, id: object) -> Fault:
    return Fault("610", "Object Not Found", f"Object Not Found : {entity} {id} is not there.")


def business(detail: str) -> Fault:
    return Fault("6000", "A business validation error has occurred", detail)


class QuickBooksWrites:
    """One write call: the company it is for and its moment."""

    def __init__(self, store: ObjectStore, realm: str, now: float) -> None:
        self.store = store
        self.realm = realm
        self.now = int(now)

    def perform(self, entity: str, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation not in ("", "update", "void", "delete"):
            raise Fault("2010", "Request has invalid or unsupported property", operation)
        if operation == "" and "Id" not in body:
            value = self.prepared(entity, body, None)
            value |= {"Id": self.new_id(entity), "SyncToken": "0"}
            value["MetaData"] = {
                "CreateTime": moment(self.now),
                "LastUpdatedTime": moment(self.now),
            }
            self.link(entity, value, +1)
            self.save(entity, value)
            return value
        before = self.current(entity, body)
        match operation:
            case "void":
                return self.void(entity, before)
            case "delete":
                return self.delete(entity, before)
            case _:
                return self.update(entity, before, body)

    # -- objects -------------------------------------------------------------------------------

    def load(self, entity: str, id: object) -> dict[str, Any]:
        stored = self.store.get(PLATFORM, self.realm, entity, str(id))
        if stored is None:
            raise not_found(entity, id)
        value: dict[str, Any] = parsed(stored.body)
        return value

    def current(self, entity: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object the caller means, if the caller has seen its latest state."""
        for name in ("Id", "SyncToken"):
            if name not in body:
                raise absent(name)
        value = self.load(entity, body["Id"])
        if str(body["SyncToken"]) != value["SyncToken"]:
            raise Fault(
                "5010",
                "Stale Object Error",
                f"Stale Object Error : You and another user were working on this {entity} at the"
                " same time. The other user finished before you did, so your work was not saved.",
            )
        return value

    def save(self, entity: str, value: dict[str, Any]) -> None:
        created = datetime.fromisoformat(value["MetaData"]["CreateTime"])
        row = (value["Id"], int(created.timestamp()), self.now, printed(value))
        self.store.put_many(PLATFORM, self.realm, entity, [row])

    def touch(self, entity: str, value: dict[str, Any]) -> dict[str, Any]:
        value["SyncToken"] = str(int(value["SyncToken"]) + 1)
        value["MetaData"] = value["MetaData"] | {"LastUpdatedTime": moment(self.now)}
        self.save(entity, value)
        return value

    def new_id(self, entity: str) -> str:
        """One more than the largest, never one that was deleted."""
        last = self.store.select(
            PLATFORM, self.realm, entity, order="cast(id as integer) desc", limit=1
        )
        largest = int(last[0].id) if last else 0
        return str(self.counted(largest) + 1)

    def counted(self, largest: int) -> int:
        key = f"{self.realm}/largest id"
        largest = max(largest, int(self.store.recall(PLATFORM, key) or 0))
        self.store.remember(PLATFORM, key, str(largest + 1))
        return largest

    def reference(self, value: Mapping[str, Any], name: str, entity: str) -> dict[str, Any]:
        """The object a `...Ref` names."""
        given = value.get(name)
        if not isinstance(given, dict) or "value" not in given:
            raise absent(name)
        try:
            return self.load(entity, given["value"])
        except Fault:
            raise Fault("2500", "Invalid Reference Id", f"{name} {given['value']}") from None

    # -- what a write makes of a body ----------------------------------------------------------

    def prepared(
        self, entity: str, body: Mapping[str, Any], before: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """The object as it will be stored: checked, with what QuickBooks fills in itself."""
        value: dict[str, Any] = {
            "domain": "QBO",
            "sparse": False,
            "TxnDate": moment(self.now)[:10],
            "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
            "LinkedTxn": [],
            "Line": [],
        }
        value |= {name: given for name, given in body.items() if given is not None}
        value["sparse"] = False
        if before is not None:
            value["LinkedTxn"] = before.get("LinkedTxn", [])
        for line in value["Line"]:
            line["Amount"] = money(line, "Amount")
        match entity:
            case "Payment":
                self.reference(value, "CustomerRef", "Customer")
                value["TotalAmt"] = money(value, "TotalAmt")
                if "DepositToAccountRef" in value:
                    self.reference(value, "DepositToAccountRef", "Account")
                else:
                    value["DepositToAccountRef"] = {"value": self.undeposited_funds()}
            case "BillPayment":
                self.reference(value, "VendorRef", "Vendor")
                value["TotalAmt"] = money(value, "TotalAmt")
                kind = value.get("PayType")
                if kind == "Check":
                    self.reference(value.get("CheckPayment") or {}, "BankAccountRef", "Account")
                elif kind == "CreditCard":
                    card = value.get("CreditCardPayment") or {}
                    self.reference(card, "CCAccountRef", "Account")
                else:
                    raise absent("PayType")
            case "Deposit":
                self.reference(value, "DepositToAccountRef", "Account")
                self.check_deposit(value, before)
                back = money(value.get("CashBack") or {"Amount": 0}, "Amount")
                total = sum((line["Amount"] for line in value["Line"]), Decimal(0))
                value["TotalAmt"] = total - back
            case "Invoice":
                self.reference(value, "CustomerRef", "Customer")
                self.total_invoice(value, before)
        return value

    def undeposited_funds(self) -> str:
        where = f"{field('AccountSubType')} = 'UndepositedFunds'"
        found = self.store.select(PLATFORM, self.realm, "Account", where, limit=1)
        if not found:
            raise business("The company has no Undeposited Funds account.")
        return found[0].id

    def check_deposit(self, value: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
        """Receipts come whole, from Undeposited Funds, and into one deposit only."""
        if not value["Line"]:
            raise absent("Line")
        for line in value["Line"]:
            for kind, id in links(line):
                if kind not in SETTLES["Deposit"]:
                    raise business(f"A {kind} cannot be deposited.")
                receipt = self.load(kind, id)
                banked = [
                    link for link in receipt.get("LinkedTxn", []) if link["TxnType"] == "Deposit"
                ]
                if banked and (before is None or banked[0]["TxnId"] != before["Id"]):
                    raise business(f"{kind} {id} has already been deposited.")
                held = receipt.get("DepositToAccountRef", {}).get("value")
                if held != self.undeposited_funds():
                    raise business(f"{kind} {id} is not in Undeposited Funds.")
                if abs(line["Amount"]) != money(receipt, "TotalAmt"):
                    raise business(f"{kind} {id} must be deposited with its whole amount.")

    def total_invoice(self, value: dict[str, Any], before: Mapping[str, Any] | None) -> None:
        lines = [line for line in value["Line"] if line.get("DetailType") != "SubTotalLineDetail"]
        if not lines:
            raise absent("Line")
        subtotal = sum((signed(line) for line in lines), Decimal(0))
        tax = money(value.get("TxnTaxDetail") or {"TotalTax": 0}, "TotalTax")
        for position, line in enumerate(lines, start=1):
            line.setdefault("Id", str(position))
            line.setdefault("LineNum", position)
        value["Line"] = [
            *lines,
            {"Amount": subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
        ]
        paid = Decimal(0)
        if before is not None:
            paid = money(before, "TotalAmt") - money(before, "Balance")
        value["TotalAmt"] = subtotal + tax
        value["Balance"] = value["TotalAmt"] - paid
        if value["Balance"] < 0:
            raise business("The invoice would be smaller than what has been paid on it.")
        day = datetime.fromisoformat(value["TxnDate"]) + timedelta(days=30)
        value.setdefault("DueDate", day.date().isoformat())
        value.setdefault("EmailStatus", "NotSet")
        value.setdefault("PrintStatus", "NotSet")
        if "DocNumber" not in value:
            value["DocNumber"] = self.free_number()
        elif self.has_number(value["DocNumber"], value.get("Id")):
            raise Fault(
                "6140",
                "Duplicate Document Number Error",
                f"Duplicate Document Number Error : DocNumber={value['DocNumber']} is in use.",
            )

    def has_number(self, number: str, but: object = None) -> bool:
        where = f"{field('DocNumber')} = ? and id is not ?"
        return self.store.count(PLATFORM, self.realm, "Invoice", where, (number, but)) > 0

    def free_number(self) -> str:
        while True:
            number = str(self.store.next_number(PLATFORM, f"{self.realm}/DocNumber", 100_001))
            if not self.has_number(number):
                return number

    # -- what a write does to others -----------------------------------------------------------

    def link(self, entity: str, value: dict[str, Any], sign: int) -> None:
        """Settle what the lines name (+1) or take it back (-1); the named objects follow."""
        if entity not in SETTLES:
            return
        applied = Decimal(0)
        for line in value["Line"]:
            for kind, id in links(line):
                if kind not in SETTLES[entity]:
                    raise business(f"A {entity} cannot be linked to a {kind}.")
                target = self.load(kind, id)
                fields = SETTLES[entity][kind]
                if sign > 0 and fields:
                    line["Amount"] = min(line["Amount"], money(target, fields[0]))
                for name in fields:
                    target[name] = money(target, name) - sign * line["Amount"]
                applied += -line["Amount"] if kind in CREDITS else line["Amount"]
                back = {"TxnId": value["Id"], "TxnType": link_type(entity, value)}
                others = [known for known in target.get("LinkedTxn", []) if known != back]
                target["LinkedTxn"] = [*others, back] if sign > 0 else others
                self.touch(kind, target)
        if entity == "Payment" and sign > 0:
            value["UnappliedAmt"] = value["TotalAmt"] - applied
        if sign > 0 and entity != "Deposit" and applied > value["TotalAmt"]:
            raise business("The lines apply more than the amount of the payment.")

    def update(self, entity: str, before: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.must_not_be_banked(entity, before)
        self.link(entity, before, -1)
        given = before | body if body.get("sparse") else body
        value = self.prepared(entity, given, before)
        kept = {name: before[name] for name in ("Id", "SyncToken", "MetaData")}
        value |= kept
        self.link(entity, value, +1)
        return self.touch(entity, value)

    def void(self, entity: str, before: dict[str, Any]) -> dict[str, Any]:
        if entity not in VOIDABLE:
            raise Fault("2010", "Request has invalid or unsupported property", "operation=void")
        self.must_not_be_banked(entity, before)
        self.release(entity, before)
        note = before.get("PrivateNote")
        value = before | {
            "TotalAmt": Decimal(0),
            "PrivateNote": f"Voided - {note}" if note else "Voided",
            "LinkedTxn": [],
            "Line": [line | {"Amount": Decimal(0), "LinkedTxn": []} for line in before["Line"]],
        }
        zero = {"Payment": "UnappliedAmt", "Invoice": "Balance"}.get(entity)
        if zero:
            value[zero] = Decimal(0)
        return self.touch(entity, value)

    def delete(self, entity: str, before: dict[str, Any]) -> dict[str, Any]:
        self.must_not_be_banked(entity, before)
        self.release(entity, before)
        self.counted(int(before["Id"]))
        self.store.delete(PLATFORM, self.realm, entity, before["Id"], self.now)
        return {"status": "Deleted", "domain": "QBO", "Id": before["Id"]}

    def release(self, entity: str, value: dict[str, Any]) -> None:
        """Undo every link to and from an object that goes away."""
        self.link(entity, value, -1)
        if entity != "Invoice":
            return
        for known in value.get("LinkedTxn", []):
            if known["TxnType"] != "Payment":
                continue
            payment = self.load("Payment", known["TxnId"])
            mine = [line for line in payment["Line"] if ("Invoice", value["Id"]) in links(line)]
            payment["Line"] = [line for line in payment["Line"] if line not in mine]
            freed = sum((money(line, "Amount") for line in mine), Decimal(0))
            payment["UnappliedAmt"] = money(payment, "UnappliedAmt") + freed
            self.touch("Payment", payment)

    def must_not_be_banked(self, entity: str, value: Mapping[str, Any]) -> None:
        deposits = [link for link in value.get("LinkedTxn", []) if link["TxnType"] == "Deposit"]
        if entity == "Payment" and deposits:
            raise business(
                f"Payment {value['Id']} is in deposit {deposits[0]['TxnId']}; take it out first."
            )


def links(line: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(link["TxnType"], str(link["TxnId"])) for link in line.get("LinkedTxn", [])]


def link_type(entity: str, value: Mapping[str, Any]) -> str:
    return f"BillPayment{value['PayType']}" if entity == "BillPayment" else entity


def signed(line: Mapping[str, Any]) -> Decimal:
    """A line's share of the total: discounts take away, descriptions have none."""
    amount: Decimal = line["Amount"]
    return -amount if line.get("DetailType") == "DiscountLineDetail" else amount


def money(value: Mapping[str, Any], name: str) -> Decimal:
    given = value.get(name, 0 if name in ("Balance", "UnappliedAmt") else None)
    if given is None:
        raise absent(name)
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise Fault("2040", "Invalid Number", f"{name} is no number: {given!r}")
    return Decimal(given)


def absent(name: str) -> Fault:
    return Fault(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
    )
