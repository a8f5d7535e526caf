"""A server that speaks QuickBooks Online's protocol over the sandbox's objects.

Auth      OAuth 2 by code; the authorize page consents at once. Client `sandbox-client`, secret
          `sandbox-secret`. `sandbox-refresh-1` opens every company at first,
          `sandbox-refresh-<realm>` that one; each refresh gives a new value and the old one
          stops working after `Conditions.refresh_token_grace` seconds.
Reads     query by GET and POST, cdc, one object by id.
Writes    payment, deposit, invoice, billpayment; `requestid` replays the first answer.
"""

import base64
import binascii
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pipelines.sandbox.faults import Conditions
from pipelines.sandbox.quickbooks_query import FIELDS, QueryError, epoch, parse
from pipelines.sandbox.quickbooks_writes import (
    PLATFORM,
    WRITABLE,
    Fault,
    QuickBooksWrites,
    moment,
    not_found,
)
from pipelines.sandbox.store import ObjectStore, parsed, printed

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"
FIRST_REFRESH_TOKEN = "sandbox-refresh-1"
FIRST_OF_REALM = "sandbox-refresh-"
REFRESH_TOKEN_LIFETIME = 8_726_400
CODE_LIFETIME = 600
CDC_DAYS = 30
CDC_MOST = 1000
NOT_IN_CDC = ("CompanyCurrency", "CompanyInfo", "Preferences", "TaxCode", "TaxRate")
READABLE = {entity.lower(): entity for entity in FIELDS}


class QuickBooksServer:
    """Reads come from the store; tokens, codes and replayed answers live there too."""

    def __init__(self, store: ObjectStore, conditions: Conditions) -> None:
        self.store = store
        self.conditions = conditions
        self.requests = 0

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/connect/oauth2", self.authorize, methods=["GET"]),
            Route("/oauth2/v1/tokens/bearer", self.token, methods=["POST"]),
            Route("/oauth2/v1/tokens/revoke", self.revoke, methods=["POST"]),
            Route("/v3/company/{realm}/{path:path}", self.answer, methods=["GET", "POST"]),
        ]

    # -- consent and tokens --------------------------------------------------------------------

    async def authorize(self, request: Request) -> Response:
        """Consents at once, for the company in `realm` (the sandbox's own) or the first."""
        asked = request.query_params
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            return JSONResponse({"error": "invalid_client"}, 400)
        scopes = asked.get("scope", "").split()
        if "com.intuit.quickbooks.accounting" not in scopes or "redirect_uri" not in asked:
            return JSONResponse({"error": "invalid_request"}, 400)
        realms = self.store.companies(PLATFORM)
        realm = asked.get("realm") or (realms[0] if realms else "")
        if realm not in realms:
            return JSONResponse({"error": "access_denied"}, 400)
        code = secrets.token_urlsafe(24)
        self.keep(
            f"code/{code}",
            realms=[realm],
            expires=self.conditions.now() + CODE_LIFETIME,
            redirect_uri=asked["redirect_uri"],
        )
        answer = {"code": code, "state": asked.get("state", ""), "realmId": realm}
        glue = "&" if "?" in asked["redirect_uri"] else "?"
        return RedirectResponse(f"{asked['redirect_uri']}{glue}{urlencode(answer)}", 302)

    async def token(self, request: Request) -> Response:
        if not is_client(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        now = self.conditions.now()
        match form.get("grant_type"):
            case "authorization_code":
                key = f"code/{form.get('code')}"
                state = self.kept(key)
                if state is None or state["redirect_uri"] != form.get("redirect_uri"):
                    return invalid_grant("Invalid authorization code")
                self.keep(key, **state | {"expires": 0})
            case "refresh_token":
                key = f"refresh/{form.get('refresh_token')}"
                state = self.kept(key) or self.first_grant(form.get("refresh_token", ""))
                if state is None:
                    return invalid_grant("Incorrect Token type or clientID")
                retired = min(state["expires"], now + self.conditions.refresh_token_grace)
                self.keep(key, **state | {"expires": retired})
            case _:
                return JSONResponse({"error": "unsupported_grant_type"}, 400)
        access, refresh = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
        lifetime = self.conditions.access_token_lifetime
        self.keep(f"access/{access}", realms=state["realms"], expires=now + lifetime)
        self.keep(
            f"refresh/{refresh}", realms=state["realms"], expires=now + REFRESH_TOKEN_LIFETIME
        )
        return JSONResponse(
            {
                "access_token": access,
                "refresh_token": refresh,
                "token_type": "bearer",
                "expires_in": lifetime,
                "x_refresh_token_expires_in": REFRESH_TOKEN_LIFETIME,
            },
            headers={"Cache-Control": "no-store", "intuit_tid": self.trace()},
        )

    async def revoke(self, request: Request) -> Response:
        if not is_client(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        token = (await request.json()).get("token")
        for key in (f"access/{token}", f"refresh/{token}"):
            state = self.kept(key)
            if state is not None:
                self.keep(key, **state | {"expires": 0})
        return Response(status_code=200)

    def keep(self, key: str, **state: Any) -> None:
        self.store.remember(PLATFORM, key, json.dumps(state))

    def kept(self, key: str) -> dict[str, Any] | None:
        """What is known of a code or token that still holds."""
        value = self.store.recall(PLATFORM, key)
        state: dict[str, Any] | None = json.loads(value) if value else None
        return state if state and state["expires"] > self.conditions.now() else None

    def first_grant(self, token: str) -> dict[str, Any] | None:
        """The sandbox's printed refresh tokens, as long as they were never used."""
        realm = token.removeprefix(FIRST_OF_REALM)
        known = realm in self.store.companies(PLATFORM) or token == FIRST_REFRESH_TOKEN
        if not known or self.store.recall(PLATFORM, f"refresh/{token}"):
            return None
        realms = None if token == FIRST_REFRESH_TOKEN else [realm]
        return {"realms": realms, "expires": self.conditions.now() + REFRESH_TOKEN_LIFETIME}

    def trace(self) -> str:
        self.requests += 1
        return f"1-sandbox-{self.requests:012x}"

    # -- calls ---------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Response:
        now = self.conditions.now()
        try:
            realm = self.realm(request)
            parts = request.path_params["path"].strip("/").split("/")
            body = await self.body(request, realm, parts)
            status = 200
        except Fault as fault:
            status, body = fault.status, printed(fault.body(now))
        headers = {"intuit_tid": self.trace()}
        return Response(body, status, headers, media_type="application/json")

    def realm(self, request: Request) -> str:
        """The company, if the access token opens it and the caller reads JSON."""
        realm: str = request.path_params["realm"]
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        rule = request.scope.get("fault")
        if rule is not None and rule.kind == "expired_token":
            self.keep(f"access/{token}", realms=[], expires=0)
        state = self.kept(f"access/{token}") if scheme.lower() == "bearer" else None
        if state is None:
            raise Fault(
                "3200",
                "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                "Token expired: the access token is missing, unknown or past its time.",
                status=401,
                type="AuthenticationFault",
                gateway=True,
            )
        realms = self.store.companies(PLATFORM)
        if realm not in (realms if state["realms"] is None else state["realms"]):
            raise Fault(
                "3100",
                "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
                f"The application is not authorised for company {realm}.",
                status=403,
                type="AuthorizationFault",
                gateway=True,
            )
        if "json" not in request.headers.get("accept", ""):
            raise Fault(
                "2010",
                "The default answer is XML, which the sandbox does not speak",
                "Send Accept: application/json.",
                status=406,
            )
        return realm

    async def body(self, request: Request, realm: str, parts: list[str]) -> str:
        match request.method, parts:
            case "GET", ["query"]:
                return self.query(request, realm, request.query_params.get("query", ""))
            case "POST", ["query"]:
                if "application/text" not in request.headers.get("content-type", ""):
                    raise Fault("2010", "POST /query takes Content-Type: application/text")
                return self.query(request, realm, (await request.body()).decode())
            case "GET", ["cdc"]:
                return self.changes(request, realm)
            case "GET", ["preferences"]:
                return self.one(realm, "Preferences", "1")
            case "GET", [name, id] if name in READABLE:
                company = name == "companyinfo" and id == realm
                return self.one(realm, READABLE[name], "1" if company else id, id)
            case "POST", [name] if name in WRITABLE:
                return await self.write(request, realm, WRITABLE[name])
        raise Fault("2010", "Unsupported Operation", f"{request.method} {'/'.join(parts)}")

    def timed(self, content: str) -> str:
        return f'{{{content},"time":"{moment(self.conditions.now())}"}}'

    # -- reads ---------------------------------------------------------------------------------

    def query(self, request: Request, realm: str, text: str) -> str:
        try:
            query = parse(text)
        except QueryError as error:
            message = "Error parsing query" if error.code == "4000" else "Invalid query"
            raise Fault(error.code, message, error.detail) from None
        if query.counts:
            total = self.store.count(PLATFORM, realm, query.entity, query.where, query.values)
            return self.timed(f'"QueryResponse":{{"totalCount":{total}}}')
        rows = self.store.select(
            PLATFORM,
            realm,
            query.entity,
            query.where,
            query.values,
            order=query.order,
            limit=query.limit,
            offset=query.start - 1,
        )
        bodies = [row.body for row in rows]
        if query.fields:
            bodies = [only(body, query.fields) for body in bodies]
        bodies = self.conditions.rows(request.scope, query.entity, bodies)
        if not bodies:
            return self.timed('"QueryResponse":{}')
        return self.timed(
            f'"QueryResponse":{{"{query.entity}":[{",".join(bodies)}],'
            f'"startPosition":{query.start},"maxResults":{len(bodies)}}}'
        )

    def changes(self, request: Request, realm: str) -> str:
        """Change Data Capture: at most 1,000 objects, and what is too many is cut silently."""
        entities = [name for name in request.query_params.get("entities", "").split(",") if name]
        for entity in entities:
            if entity not in FIELDS or entity in NOT_IN_CDC:
                raise Fault("2010", "Unsupported Operation", f"No change data for {entity}.")
        try:
            since = epoch(request.query_params.get("changedSince", ""))
        except ValueError:
            raise Fault("2010", "changedSince is no date and time") from None
        if not entities or since < self.conditions.now() - CDC_DAYS * 86_400:
            raise Fault("2010", "Name entities and a changedSince within the last 30 days")
        left, answers = CDC_MOST, []
        for entity in entities:
            bodies = self.changed(realm, entity, since)[:left]
            left -= len(bodies)
            bodies = self.conditions.rows(request.scope, entity, bodies)
            content = (
                f'"{entity}":[{",".join(bodies)}],"startPosition":1,"maxResults":{len(bodies)}'
            )
            answers.append(f"{{{content}}}" if bodies else "{}")
        return self.timed(f'"CDCResponse":[{{"QueryResponse":[{",".join(answers)}]}}]')

    def changed(self, realm: str, entity: str, since: float) -> list[str]:
        """Changed and deleted objects of one entity, oldest change first."""
        rows = self.store.select(
            PLATFORM, realm, entity, "updated >= ?", (since,), order="updated, id", limit=CDC_MOST
        )
        gone = self.store.tombstones(PLATFORM, realm, entity, int(since), CDC_MOST)
        changes = [(row.updated, row.body) for row in rows]
        for id, at in gone:
            times = {"LastUpdatedTime": moment(at)}
            deleted = {"domain": "QBO", "status": "Deleted", "Id": id, "MetaData": times}
            changes.append((at, printed(deleted)))
        return [body for _, body in sorted(changes, key=lambda change: change[0])]

    def one(self, realm: str, entity: str, id: str, asked: str | None = None) -> str:
        """One object. A company's info and preferences are single; any id finds them."""
        stored = self.store.get(PLATFORM, realm, entity, id)
        if stored is None and asked is not None:
            stored = self.store.get(PLATFORM, realm, entity, asked)
        if stored is None:
            raise not_found(entity, asked or id)
        return self.timed(f'"{entity}":{stored.body}')

    # -- writes --------------------------------------------------------------------------------

    async def write(self, request: Request, realm: str, entity: str) -> str:
        raw = await request.body()
        asked = request.query_params
        key = asked.get("requestid")
        if key is not None and len(key) > 50:
            raise Fault("2010", "requestid is longer than 50 characters")
        slot = f"{realm}/requestid/{key}"
        if key is not None and (first := self.store.recall(PLATFORM, slot)):
            return first
        try:
            body = parsed(raw)
        except msgspec.DecodeError as error:
            raise Fault("2010", "Invalid JSON in the request", str(error)) from None
        if not isinstance(body, dict):
            raise Fault("2010", "The request is no JSON object")
        operation = "void" if asked.get("include") == "void" else asked.get("operation", "")
        writes = QuickBooksWrites(self.store, realm, self.conditions.now())
        with self.store.transaction():
            answer = self.timed(f'"{entity}":{printed(writes.perform(entity, operation, body))}')
            if key is not None:
                self.store.remember(PLATFORM, slot, answer)
        return answer


def is_client(request: Request) -> bool:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return scheme.lower() == "basic" and given == f"{CLIENT_ID}:{CLIENT_SECRET}"


def invalid_grant(why: str) -> Response:
    return JSONResponse({"error": "invalid_grant", "error_description": why}, 400)


def only(body: str, fields: tuple[str, ...]) -> str:
    value = parsed(body)
    return printed({name: value[name] for name in fields if name in value})


def error_body(status: int) -> str:
    """The gateway's words for a failure that no call of ours caused."""
    code, message = ("3001", "ThrottleExceeded") if status == 429 else ("10000", "ServerError")
    words = f"message={message}; errorCode=00{code}; statusCode={status}"
    return printed(Fault(code, words, status=status, type="SERVICE", gateway=True).body(0))
