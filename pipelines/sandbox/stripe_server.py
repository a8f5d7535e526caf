"""A server that speaks Stripe's protocol over the sandbox's objects.

Auth      secret key by Bearer or Basic. `sk_test_sandbox` opens the first account in the store,
          `sk_test_<account>` that account, `rk_test_...` the same but only to read;
          `Stripe-Account` names another account.
Paging    newest first, `limit`, `starting_after` or `ending_before`, `has_more`.
Events    30 days; a write emits what it changed.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pipelines.sandbox.faults import Conditions
from pipelines.sandbox.store import ObjectStore, Stored, field, parsed, printed
from pipelines.sandbox.stripe_writes import StripeError, StripeWrites, missing

PLATFORM = "stripe"
FIRST_KEY = "sandbox"
EVENT_DAYS = 30
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
PAGING = ("limit", "starting_after", "ending_before", "expand", "created")
LIST_PARAMETERS = ("expand", "types", "refunds")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list endpoint: filters by equality, filters by range, filters with their own rule."""

    equal: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    special: tuple[str, ...] = ()


LISTS = {
    "balance_transactions": Listing(equal=("source", "type", "currency"), special=("payout",)),
    "charges": Listing(equal=("customer", "payment_intent", "transfer_group")),
    "credit_notes": Listing(equal=("invoice", "customer")),
    "customers": Listing(equal=("email",)),
    "disputes": Listing(equal=("charge", "payment_intent")),
    "events": Listing(special=("type", "types", "delivery_success")),
    "invoice_payments": Listing(equal=("invoice", "status"), special=("payment",)),
    "invoiceitems": Listing(equal=("customer", "invoice")),
    "invoices": Listing(
        equal=("status", "customer", "subscription", "collection_method"), ranges=("due_date",)
    ),
    "payment_intents": Listing(equal=("customer",)),
    "payment_records": Listing(),
    "payouts": Listing(equal=("status", "destination"), ranges=("arrival_date",)),
    "refunds": Listing(equal=("charge", "payment_intent")),
}

# Where the object behind an expandable id may lie.
EXPANDABLE = {
    "balance_transaction": ("balance_transactions",),
    "charge": ("charges",),
    "customer": ("customers",),
    "destination": ("bank_accounts",),
    "failure_balance_transaction": ("balance_transactions",),
    "invoice": ("invoices",),
    "latest_charge": ("charges",),
    "payment_intent": ("payment_intents",),
    "payment_record": ("payment_records",),
    "source": ("charges", "refunds", "disputes", "payouts"),
}


class StripeServer:
    """Reads come from the store; writes go through `StripeWrites`, replayed by idempotency key."""

    def __init__(self, store: ObjectStore, conditions: Conditions) -> None:
        self.store = store
        self.conditions = conditions
        self.requests = 0

    def routes(self) -> list[BaseRoute]:
        return [Route("/v1/{path:path}", self.answer, methods=["GET", "POST", "DELETE"])]

    async def answer(self, request: Request) -> Response:
        self.requests += 1
        headers = {"Request-Id": f"req_sandbox{self.requests:08d}"}
        try:
            company = self.company(request)
            headers["Stripe-Version"] = version(request)
            parts = [part for part in request.path_params["path"].split("/") if part]
            if request.method == "GET":
                query = parameters(parse_qsl(request.url.query, keep_blank_values=True))
                body = self.read(request, company, parts, query)
            else:
                body = await self.write(request, company, parts, headers)
            status = 200
        except StripeError as error:
            log = f"https://dashboard.stripe.com/test/logs/{headers['Request-Id']}"
            failure = error.body()
            failure["error"]["request_log_url"] = log
            status, body = error.status, printed(failure)
        return Response(body, status, headers, media_type="application/json")

    # -- who asks ------------------------------------------------------------------------------

    def company(self, request: Request) -> str:
        key = api_key(request.headers.get("authorization", ""))
        rule = request.scope.get("fault")
        if rule is not None and rule.kind == "expired_token":
            raise StripeError(401, f"Expired API Key provided: {key[:8]}****", "api_key_expired")
        mode, _, name = key.rpartition("_test_")
        accounts = self.store.companies(PLATFORM)
        company = name
        if name == FIRST_KEY and name not in accounts:
            company = accounts[0] if accounts else "acct_sandbox"
        if mode not in ("sk", "rk") or (name != FIRST_KEY and name not in accounts):
            raise StripeError(401, f"Invalid API Key provided: {key[:8]}****")
        if mode == "rk" and request.method != "GET":
            raise StripeError(403, "The provided key does not have the required permissions.")
        account = request.headers.get("stripe-account", company)
        if account != company and account not in accounts:
            raise StripeError(
                403,
                f"The provided key does not have access to account '{account}' (or that account"
                " does not exist). Application access may have been revoked.",
                "account_invalid",
            )
        return account

    # -- reads ---------------------------------------------------------------------------------

    def read(self, request: Request, company: str, parts: list[str], query: dict[str, Any]) -> str:
        expand = expansions(query, parts)
        match parts:
            case ["balance"]:
                return self.balance(company)
            case [collection] if collection in LISTS:
                return self.page(request, company, collection, query, expand)
            case ["invoices", id, "lines"]:
                return self.lines(request, company, id, query)
            case ["customers", id, "balance_transactions"]:
                return self.customer_balance(request, company, id, query, expand)
            case [collection, id] if collection in LISTS:
                return self.one(company, collection, id, expand)
        raise StripeError(404, f"Unrecognized request URL (GET: {request.url.path}).")

    def one(self, company: str, collection: str, id: str, expand: list[list[str]]) -> str:
        stored = self.store.get(PLATFORM, company, collection, id)
        if stored is None and collection == "customers":
            if self.store.tombstone(PLATFORM, company, collection, id):
                return printed({"id": id, "object": "customer", "deleted": True})
        if stored is None or (collection == "events" and stored.created < self.oldest_event()):
            raise missing(collection, id)
        return self.expanded(company, stored.body, expand)

    def page(
        self,
        request: Request,
        company: str,
        collection: str,
        query: dict[str, Any],
        expand: list[list[str]],
        where: str = "true",
        values: tuple[object, ...] = (),
    ) -> str:
        listing = LISTS.get(collection, Listing())
        allowed = (*PAGING, *listing.equal, *listing.ranges, *listing.special)
        only(query, allowed)
        texts(query, (*listing.equal, "starting_after", "ending_before", "payout", "type"))
        conditions = [(where, values), *self.filters(company, collection, listing, query)]
        limit = page_size(query)
        cursor, backwards = self.cursor(company, collection, query)
        if cursor is not None:
            direction = ">" if backwards else "<"
            conditions.append((f"(created, id) {direction} (?, ?)", (cursor.created, cursor.id)))
        rows = self.store.select(
            PLATFORM,
            company,
            collection,
            " and ".join(condition for condition, _ in conditions),
            [value for _, values in conditions for value in values],
            order="created, id" if backwards else "created desc, id desc",
            limit=limit + 1,
        )
        has_more, rows = len(rows) > limit, rows[:limit]
        if backwards:
            rows.reverse()
        bodies = [self.expanded(company, row.body, expand) for row in rows]
        return list_object(
            request, self.conditions.rows(request.scope, collection, bodies), has_more
        )

    def filters(
        self, company: str, collection: str, listing: Listing, query: dict[str, Any]
    ) -> Iterable[tuple[str, tuple[object, ...]]]:
        """SQL conditions and their values."""
        for name in ("created", *listing.ranges):
            if name in query:
                column = name if name == "created" else field(name)
                yield from in_range(column, name, query[name])
        for name in listing.equal:
            if name in query:
                yield f"{field(name)} = ?", (query[name],)
        match collection:
            case "events":
                yield "created >= ?", (self.oldest_event(),)
                yield from of_types(query)
            case "invoice_payments" if "payment" in query:
                yield from by_payment(query["payment"])
            case "balance_transactions" if "payout" in query:
                yield "group_id = ?", (self.automatic_payout(company, query["payout"]),)

    def automatic_payout(self, company: str, id: str) -> str:
        payout = self.store.get(PLATFORM, company, "payouts", id)
        if payout is None:
            raise missing("payouts", id, "payout", status=400)
        if not parsed(payout.body).get("automatic"):
            raise StripeError(
                400,
                "Balance transaction history can only be filtered on automatic payouts, not"
                " manual.",
                param="payout",
            )
        return id

    def oldest_event(self) -> int:
        return int(self.conditions.now()) - EVENT_DAYS * 86_400

    def cursor(
        self, company: str, collection: str, query: dict[str, Any]
    ) -> tuple[Stored | None, bool]:
        """The row the page starts after (False) or ends before (True)."""
        given = [name for name in ("starting_after", "ending_before") if name in query]
        if len(given) == 2:
            one_of = "starting_after, ending_before"
            raise StripeError(400, f"You may only specify one of these: {one_of}.")
        if not given:
            return None, False
        stored = self.store.get(PLATFORM, company, collection, query[given[0]])
        if stored is None:
            raise missing(collection, query[given[0]], given[0], status=400)
        return stored, given[0] == "ending_before"

    def lines(self, request: Request, company: str, id: str, query: dict[str, Any]) -> str:
        """An invoice's lines in their own order: stored one by one, or inline in the invoice."""
        only(query, ("limit", "starting_after", "expand"))
        invoice = self.store.get(PLATFORM, company, "invoices", id)
        if invoice is None:
            raise missing("invoices", id, "invoice")
        rows = self.store.select(PLATFORM, company, "invoice_lines", "group_id = ?", (id,))
        lines = [(row.id, row.body) for row in rows] or [
            (line["id"], printed(line)) for line in parsed(invoice.body)["lines"]["data"]
        ]
        limit, ids = page_size(query), [line for line, _ in lines]
        first = 0
        if "starting_after" in query:
            if query["starting_after"] not in ids:
                raise missing("invoice_lines", query["starting_after"], "starting_after", 400)
            first = ids.index(query["starting_after"]) + 1
        bodies = [body for _, body in lines[first : first + limit]]
        shown = self.conditions.rows(request.scope, "lines", bodies)
        return list_object(request, shown, len(lines) > first + limit)

    def customer_balance(
        self,
        request: Request,
        company: str,
        id: str,
        query: dict[str, Any],
        expand: list[list[str]],
    ) -> str:
        if self.store.get(PLATFORM, company, "customers", id) is None:
            raise missing("customers", id)
        rows = "customer_balance_transactions"
        return self.page(request, company, rows, query, expand, f"{field('customer')} = ?", (id,))

    def balance(self, company: str) -> str:
        sums = self.store.sums(
            PLATFORM, company, "balance_transactions", ("status", "currency"), "net"
        )
        sides: dict[str, list[dict[str, object]]] = {"available": [], "pending": []}
        for (status, currency), amount in sums.items():
            sides[status].append({"amount": amount, "currency": currency})
        return printed({"object": "balance", "livemode": True, **sides})

    # -- expansion -----------------------------------------------------------------------------

    def expanded(self, company: str, body: str, expand: list[list[str]]) -> str:
        if not expand:
            return body
        value = parsed(body)
        for path in expand:
            self.expand(company, value, path)
        return printed(value)

    def expand(self, company: str, value: Any, path: list[str]) -> None:
        if not path or value is None:
            return
        if isinstance(value, list):
            for item in value:
                self.expand(company, item, path)
            return
        name, rest = path[0], path[1:]
        if name == "payments" and value.get("object") == "invoice":
            value[name] = self.payments(company, value["id"])
        elif isinstance(value.get(name), str):
            value[name] = self.behind(company, name, value[name])
        elif name not in value and name not in EXPANDABLE:
            raise StripeError(400, f"This property cannot be expanded ({'.'.join(path)}).")
        if not isinstance(value.get(name), str):
            self.expand(company, value.get(name), rest)

    def behind(self, company: str, name: str, id: str) -> Any:
        if name not in EXPANDABLE:
            raise StripeError(400, f"This property cannot be expanded ({name}).")
        for collection in EXPANDABLE[name]:
            stored = self.store.get(PLATFORM, company, collection, id)
            if stored is not None:
                return parsed(stored.body)
        return id

    def payments(self, company: str, invoice: str) -> dict[str, Any]:
        rows = self.store.select(
            PLATFORM,
            company,
            "invoice_payments",
            f"{field('invoice')} = ?",
            (invoice,),
            order="created desc, id desc",
            limit=11,
        )
        data = [parsed(row.body) for row in rows[:10]]
        url = f"/v1/invoice_payments?invoice={invoice}"
        return {"object": "list", "url": url, "has_more": len(rows) > 10, "data": data}

    # -- writes --------------------------------------------------------------------------------

    async def write(
        self, request: Request, company: str, parts: list[str], headers: dict[str, str]
    ) -> str:
        raw = await request.body()
        key = request.headers.get("idempotency-key")
        slot = f"{company}/{key}"
        print_ = hashlib.sha256(f"{request.method} {parts} {raw!r}".encode()).hexdigest()
        if key is not None:
            if len(key) > 255:
                raise StripeError(400, "Idempotency-Key is longer than 255 characters.")
            if remembered := self.store.recall(PLATFORM, slot):
                return replayed(parsed(remembered), print_, headers)
        form = parameters(parse_qsl(raw.decode(), keep_blank_values=True))
        expand = [path.split(".") for path in form.pop("expand", [])]
        writes = StripeWrites(
            self.store, company, int(self.conditions.now()), headers["Request-Id"], key
        )
        result = {"print": print_, "request": headers["Request-Id"], "status": 200}
        try:
            with self.store.transaction():
                answer = printed(writes.perform(request.method, parts, form))
                answer = self.expanded(company, answer, expand)
                if key is not None:
                    self.store.remember(PLATFORM, slot, printed(result | {"body": answer}))
        except StripeError as error:
            if key is not None and error.executed:
                failed = {"status": error.status, "error": error.fields}
                self.store.remember(PLATFORM, slot, printed(result | failed))
            raise
        return answer


def replayed(remembered: dict[str, Any], print_: str, headers: dict[str, str]) -> str:
    """The first answer to an idempotency key again."""
    if remembered["print"] != print_:
        raise StripeError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were"
            " first used with. Try using a key other than the one given if you meant to execute"
            " a different request.",
            type="idempotency_error",
        )
    headers["Idempotent-Replayed"] = "true"
    headers["Original-Request"] = remembered["request"]
    if "error" in remembered:
        raise StripeError(remembered["status"], **remembered["error"])
    body: str = remembered["body"]
    return body


def api_key(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            credentials = ""
    if scheme.lower() not in ("basic", "bearer") or not credentials:
        raise StripeError(
            401,
            "You did not provide an API key. You need to provide your API key in the"
            " Authorization header, using Bearer auth (e.g. 'Authorization: Bearer"
            " YOUR_SECRET_KEY').",
        )
    return credentials


def version(request: Request) -> str:
    """Stripe falls back to the account's version; the sandbox insists on a pinned one."""
    given = request.headers.get("stripe-version", "")
    if not VERSION.fullmatch(given):
        raise StripeError(400, f"Invalid Stripe API version: {given or 'none was sent'}")
    return given


def parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`created[gte]=1&expand[]=a` as {"created": {"gte": "1"}, "expand": ["a"]}."""
    form: dict[str, Any] = {}
    for name, value in pairs:
        first, *rest = re.split(r"\]?\[", name.removesuffix("]"))
        place = form
        path = [first, *rest]
        for piece in path[:-1]:
            place = place.setdefault(piece, {})
            if not isinstance(place, dict):
                raise StripeError(400, f"Invalid parameter: {name}", param=name)
        place[path[-1] or str(len(place))] = value
    for name in LIST_PARAMETERS:
        if isinstance(form.get(name), dict):
            form[name] = list(form[name].values())
    return form


def expansions(query: dict[str, Any], parts: list[str]) -> list[list[str]]:
    """The `expand[]` paths without the `data.` that a list's begin with."""
    paths = [path.split(".") for path in query.get("expand", [])]
    if not paths:
        return []
    if parts[0] == "events":
        raise StripeError(400, "This property cannot be expanded (data).", param="expand")
    for path in paths:
        if len(path) > 4:
            raise StripeError(400, "You cannot expand more than 4 levels of a property.")
        if len(parts) != 2 and path.pop(0) != "data":
            raise StripeError(400, "Expansions of a list begin with data.", param="expand")
    return paths


def only(query: Mapping[str, Any], allowed: Iterable[str]) -> None:
    for name in query:
        if name not in allowed:
            raise StripeError(400, f"Received unknown parameter: {name}", "parameter_unknown", name)


def texts(query: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if not isinstance(query.get(name, ""), str):
            raise StripeError(400, f"Invalid string: {query[name]}", param=name)


def page_size(query: Mapping[str, Any]) -> int:
    limit = integer("limit", query.get("limit", "10"))
    if not 1 <= limit <= 100:
        bound = "less than or equal to 100" if limit > 100 else "greater than or equal to 1"
        raise StripeError(
            400, f"This value must be {bound} (it currently is '{limit}').", param="limit"
        )
    return limit


def integer(name: str, value: Any) -> int:
    try:
        if abs(number := int(value)) < 2**63:
            return number
    except (TypeError, ValueError):
        pass
    raise StripeError(400, f"Invalid integer: {value}", "parameter_invalid_integer", name)


def in_range(column: str, name: str, given: Any) -> Iterable[tuple[str, tuple[object, ...]]]:
    operators = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    if not isinstance(given, dict):
        given = {"": given}
    for word, value in given.items():
        if word and word not in operators:
            unknown = f"{name}[{word}]"
            raise StripeError(
                400, f"Received unknown parameter: {unknown}", "parameter_unknown", unknown
            )
        yield f"{column} {operators.get(word, '=')} ?", (integer(name, value),)


def of_types(query: dict[str, Any]) -> Iterable[tuple[str, tuple[object, ...]]]:
    types = query.get("types", [])
    if "type" in query and types:
        raise StripeError(400, "You may only specify one of these: type, types.", param="types")
    if len(types) > 20:
        raise StripeError(400, "You may list at most 20 event types.", param="types")
    if "type" in query:
        yield f"{field('type')} glob ?", (query["type"],)
    if types:
        yield f"{field('type')} in ({', '.join('?' * len(types))})", tuple(types)
    if "delivery_success" in query:
        operator = "=" if query["delivery_success"] == "true" else ">"
        yield f"{field('pending_webhooks')} {operator} 0", ()


def by_payment(payment: Any) -> Iterable[tuple[str, tuple[object, ...]]]:
    kind = payment.get("type") if isinstance(payment, dict) else None
    if kind not in ("payment_intent", "payment_record"):
        raise StripeError(
            400, "Missing required param: payment[type].", "parameter_missing", "payment[type]"
        )
    if set(payment) - {"type", kind}:
        raise StripeError(400, f"payment[type] is {kind}: give payment[{kind}].", param="payment")
    yield f"{field('payment.type')} = ?", (kind,)
    if kind in payment:
        yield f"{field(f'payment.{kind}')} = ?", (payment[kind],)


def list_object(request: Request, bodies: Iterable[str], has_more: bool) -> str:
    path = "/v1/" + request.path_params["path"]
    more = "true" if has_more else "false"
    return f'{{"object":"list","url":"{path}","has_more":{more},"data":[{",".join(bodies)}]}}'


def error_body(status: int) -> str:
    """Stripe's words for a failure that no call of ours caused."""
    if status == 429:
        message = "Request rate limit exceeded. Learn more about rate limits at docs.stripe.com."
        return printed(StripeError(429, message, "rate_limit").body())
    return printed(StripeError(status, "Something went wrong on our end.", type="api_error").body())
