"""QuickBooks Online: the books. https://developer.intuit.com/app/developer/qbo/docs/api

Paging   `STARTPOSITION` and `MAXRESULTS` inside the query text, oldest change first. It is no
         snapshot: an edit pulls the rows behind it forward, so a page starts at the latest
         change of the one before.
Changes  Queries ask for `MetaData.LastUpdatedTime`; a void is an edit. A deleted row leaves the
         queries without a trace and shows in change data capture alone, for 30 days.
Money    Decimals in major units of the transaction's currency.
Limits   500 requests a minute and company. A 429 names no time to wait: a minute.
Quirks   Ids are unique within one kind of object of one company. Lists hide inactive rows unless
         asked. An account's balance moves without an update: accounts are read whole each run.
         The lines of the bank feed cannot be read: bank evidence comes from elsewhere.
"""

import datetime
import re
from collections.abc import Iterator
from typing import Any

from pipelines.connector import (
    Api,
    Change,
    Changed,
    Changes,
    Connector,
    Limits,
    OAuth2,
    Resource,
    Row,
    TextPosition,
)

MINOR_VERSION = {"minorversion": "75"}
REACH = datetime.timedelta(days=29)  # 30 are refused
TRUNCATED = 1000  # objects; a longer answer of change data capture stops here and does not say so

RECORD = ("SyncToken", "MetaData.CreateTime", "MetaData.LastUpdatedTime")
TRANSACTION = (*RECORD, "TxnDate", "DocNumber", "PrivateNote", "CurrencyRef.value", "ExchangeRate")
CUSTOMER = ("CustomerRef.value", "CustomerRef.name", "CustomerMemo.value")
VENDOR = ("VendorRef.value", "VendorRef.name", "APAccountRef.value")
RECEIPT = (
    "PaymentRefNum",
    "PaymentMethodRef.value",
    "PaymentMethodRef.name",
    "DepositToAccountRef.value",
)
ACTIVE_OR_NOT = "Active IN (true, false)"
TAX = "TxnTaxDetail.TotalTax"
LINES = ("Line", "LinkedTxn")


class OldestFirst(TextPosition):
    """Asks for what changed at or after the last row's change; by position only inside a moment."""

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        if self._has_next_page and data:
            text, latest = self._text or "", data[-1]["MetaData"]["LastUpdatedTime"]
            self._text = re.sub(r"(?<=>= ')[^']+", latest, text)
            self.position = self.position if self._text == text else 1


def query(
    name: str,
    entity: str,
    columns: tuple[str, ...],
    money: tuple[str, ...] = (),
    json: tuple[str, ...] = (),
    only: str = "",
    complete: bool = False,
) -> Resource:
    """All objects of one kind: those changed since the cursor, or each time the complete list."""
    field = "Id" if complete else "MetaData.LastUpdatedTime"
    conditions = " AND ".join(filter(None, (only, "" if complete else f"{field} >= '{{since}}'")))
    where = f" WHERE {conditions}" if conditions else ""
    text = f"SELECT * FROM {entity}{where} ORDERBY {field} ASC"
    return Resource(
        name=name,
        path="{company}/query",
        rows=f"QueryResponse.{entity}",
        key=("Id",),
        columns=columns,
        money=money,
        json=json,
        params=MINOR_VERSION | {"query": f"{text} STARTPOSITION {{position}} MAXRESULTS 1000"},
        changed=None if complete else Changed(field=field),
        complete=complete,
        paging=None if complete else OldestFirst(param="query", size=1000),
    )


RESOURCES = (
    query(
        "customers",
        "Customer",
        (*RECORD, "DisplayName", "ParentRef.value", "Active"),
        only=ACTIVE_OR_NOT,
    ),
    query("vendors", "Vendor", (*RECORD, "DisplayName", "Active"), only=ACTIVE_OR_NOT),
    query(
        "accounts",
        "Account",
        (*RECORD, "Name", "AccountType", "AccountSubType", "CurrencyRef.value", "Active"),
        ("CurrentBalance",),
        only=ACTIVE_OR_NOT,
        complete=True,
    ),
    query("company_info", "CompanyInfo", (*RECORD, "CompanyName", "Country"), complete=True),
    query(
        "invoices",
        "Invoice",
        (*TRANSACTION, *CUSTOMER, "DueDate"),
        ("TotalAmt", "Balance", TAX),
        LINES,
    ),
    query(
        "credit_memos",
        "CreditMemo",
        (*TRANSACTION, *CUSTOMER),
        ("TotalAmt", "Balance", "RemainingCredit", TAX),
        LINES,
    ),
    query(
        "payments",
        "Payment",
        (*TRANSACTION, *CUSTOMER, *RECEIPT, "ARAccountRef.value"),
        ("TotalAmt", "UnappliedAmt"),
        LINES,
    ),
    query(
        "sales_receipts",
        "SalesReceipt",
        (*TRANSACTION, *CUSTOMER, *RECEIPT),
        ("TotalAmt", TAX),
        LINES,
    ),
    query(
        "refund_receipts",
        "RefundReceipt",
        (*TRANSACTION, *CUSTOMER, *RECEIPT),
        ("TotalAmt", TAX),
        LINES,
    ),
    query(
        "deposits",
        "Deposit",
        (*TRANSACTION, "DepositToAccountRef.value"),
        ("TotalAmt",),
        ("Line", "CashBack"),
    ),
    query("bills", "Bill", (*TRANSACTION, *VENDOR, "DueDate"), ("TotalAmt", "Balance", TAX), LINES),
    query(
        "bill_payments",
        "BillPayment",
        (
            *TRANSACTION,
            *VENDOR,
            "PayType",
            "CheckPayment.BankAccountRef.value",
            "CreditCardPayment.CCAccountRef.value",
        ),
        ("TotalAmt",),
        LINES,
    ),
    query(
        "vendor_credits",
        "VendorCredit",
        (*TRANSACTION, *VENDOR),
        ("TotalAmt", "Balance", TAX),
        LINES,
    ),
    query(
        "purchases",
        "Purchase",
        (
            *TRANSACTION,
            "AccountRef.value",
            "EntityRef.value",
            "EntityRef.name",
            "EntityRef.type",
            "PaymentType",
            "Credit",
        ),
        ("TotalAmt", TAX),
        LINES,
    ),
    query(
        "transfers",
        "Transfer",
        (*TRANSACTION, "FromAccountRef.value", "ToAccountRef.value"),
        ("Amount",),
    ),
    query("journal_entries", "JournalEntry", TRANSACTION, ("TotalAmt",), ("Line",)),
)

TABLES = {
    resource.rows.removeprefix("QueryResponse."): resource.name
    for resource in RESOURCES
    if resource.changed
}


def deletes(api: Api, since: datetime.datetime | None) -> Iterator[Change]:
    """What change data capture calls deleted; edits are left to the queries.

    It lists deleted objects last, so a truncated answer has lost some of them. Shortening the
    window would lose the older ones: a kind that alone fills an answer is compared as a whole.
    """
    if since is None:
        return
    question = MINOR_VERSION | {"query": "SELECT * FROM CompanyInfo"}
    now = _moment(api.get("{company}/query", question)["time"])
    yield Change(at=now)
    since = max(since, now - REACH)
    found = list(_changed(api, since, tuple(TABLES)))
    if len(found) < TRUNCATED:
        yield from _deleted(found)
        return
    for entity, table in TABLES.items():
        found = list(_changed(api, since, (entity,)))
        if len(found) < TRUNCATED:
            yield from _deleted(found)
        else:
            yield Change(at=now, resource=table)


def _changed(
    api: Api, since: datetime.datetime, entities: tuple[str, ...]
) -> Iterator[tuple[str, Row]]:
    asked = {"entities": ",".join(entities), "changedSince": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
    for response in api.get("{company}/cdc", MINOR_VERSION | asked)["CDCResponse"]:
        for kinds in response["QueryResponse"]:
            for entity in entities:
                for row in kinds.get(entity, ()):
                    yield entity, row


def _deleted(found: list[tuple[str, Row]]) -> Iterator[Change]:
    for entity, row in found:
        if row.get("status") == "Deleted":
            at = _moment(row["MetaData"]["LastUpdatedTime"])
            yield Change(at=at, resource=TABLES[entity], row=row, is_deleted=True)


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)


CONNECTOR = Connector(
    platform="quickbooks_online",
    base_url="https://quickbooks.api.intuit.com/v3/company/",
    auth=OAuth2(
        authorize_url="https://appcenter.intuit.com/connect/oauth2",
        token_url="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        scope="com.intuit.quickbooks.accounting",
        company_param="realmId",
        pkce=False,
    ),
    headers={"Accept": "application/json"},
    paging=TextPosition(param="query", size=1000),
    resources=RESOURCES,
    limits=Limits(requests_per_second=8, concurrent=4, pause_after_429=60),
    changes=Changes(read=deletes, reach=REACH - datetime.timedelta(days=1)),
    probe="{company}/companyinfo/{company}",
    request_id_header="intuit_tid",
    sandbox_hosts=("sandbox-quickbooks.api.intuit.com",),
)
