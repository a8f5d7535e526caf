"""The query language of QuickBooks Online, as strict as its own parser.

select * | count(*) | Field, ... from Entity [where Field op value [and ...]]
[orderby Field [asc|desc], ...] [startposition n] [maxresults n]

Keywords in any case, names exactly as documented; only AND, no nested projections.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.sandbox.store import field

DEFAULT_RESULTS = 100
MOST_RESULTS = 1000

# Entities whose inactive rows a query hides unless it asks for them by `Active`.
HIDES_INACTIVE = frozenset(
    "Account Budget Class Customer Department Employee Item PaymentMethod TaxCode TaxRate Term"
    " Vendor".split()
)
NAMES = "text:DisplayName text:GivenName text:FamilyName text:CompanyName bool:Active"
TRANSACTION = "text:DocNumber date:TxnDate amount:TotalAmt text:PrivateNote"
SALE = f"{TRANSACTION} ref:CustomerRef amount:Balance"

# Fields a query may filter and order by: text, date, amount, bool, time, number, ref (its value).
QUERYABLE = {
    "Account": "text:Name text:AccountType text:AccountSubType text:Classification bool:Active"
    " amount:CurrentBalance",
    "Bill": f"{TRANSACTION} date:DueDate ref:VendorRef amount:Balance",
    "BillPayment": f"{TRANSACTION} ref:VendorRef",
    "Budget": "text:Name bool:Active",
    "Class": "text:Name bool:Active",
    "CompanyCurrency": "text:Code text:Name bool:Active",
    "CompanyInfo": "text:CompanyName",
    "CreditMemo": f"{SALE} amount:RemainingCredit",
    "Customer": f"{NAMES} bool:Job amount:Balance",
    "Department": "text:Name bool:Active",
    "Deposit": f"{TRANSACTION} ref:DepositToAccountRef",
    "Employee": NAMES,
    "Invoice": f"{SALE} date:DueDate",
    "Item": "text:Name text:Type bool:Active",
    "JournalEntry": TRANSACTION,
    "Payment": f"{TRANSACTION} ref:CustomerRef text:PaymentRefNum ref:DepositToAccountRef"
    " amount:UnappliedAmt",
    "PaymentMethod": "text:Name bool:Active",
    "Preferences": "",
    "Purchase": f"{TRANSACTION} ref:AccountRef text:PaymentType",
    "RefundReceipt": SALE,
    "SalesReceipt": SALE,
    "TaxCode": "text:Name bool:Active",
    "TaxRate": "text:Name bool:Active",
    "Term": "text:Name bool:Active",
    "Transfer": "date:TxnDate amount:Amount ref:FromAccountRef ref:ToAccountRef",
    "Vendor": f"{NAMES} amount:Balance",
    "VendorCredit": f"{TRANSACTION} ref:VendorRef amount:Balance",
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    entity: {
        "Id": "number",
        "MetaData.CreateTime": "time",
        "MetaData.LastUpdatedTime": "time",
        **{name: kind for kind, name in (word.split(":") for word in words.split())},
    }
    for entity, words in QUERYABLE.items()
}

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|[=<>(),*]))"
)


class QueryError(Exception):
    """The query cannot be parsed (4000) or names something that is not there (4001)."""

    def __init__(self, detail: str, code: str = "4000") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Query:
    """A parsed query; `where`, `values` and `order` are SQL over the object store."""

    entity: str
    fields: tuple[str, ...]
    counts: bool
    where: str
    values: tuple[object, ...]
    order: str
    start: int
    limit: int


def parse(text: str) -> Query:
    return _Parser(text).query()


def epoch(text: str) -> float:
    """An ISO 8601 moment or day as epoch seconds; without a zone it counts as UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        end, at = len(text.rstrip()), 0
        while at < end:
            match = TOKEN.match(text, at)
            if match is None:
                raise QueryError(f"QueryParserError: Encountered {text[at : at + 10]!r} at {at}.")
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind]))
            at = match.end()
        self.at = 0

    def query(self) -> Query:
        self.keyword("select")
        fields, counts = self.selection()
        self.keyword("from")
        entity = self.take("word")
        if entity not in FIELDS:
            raise QueryError(f"QueryValidationError: Metadata not found for {entity}.", "4001")
        conditions, values = self.conditions(entity) if self.is_next("where") else ([], [])
        order = self.order(entity) if self.is_next("orderby") else "created, id"
        start = self.natural() if self.is_next("startposition") else 1
        limit = self.natural() if self.is_next("maxresults") else DEFAULT_RESULTS
        if self.at < len(self.tokens):
            raise self.unexpected()
        if start < 1 or not 0 <= limit <= MOST_RESULTS:
            raise QueryError(
                "QueryValidationError: STARTPOSITION begins at 1, MAXRESULTS is at most"
                f" {MOST_RESULTS}.",
                "4001",
            )
        if entity in HIDES_INACTIVE and not any("$.Active'" in text for text in conditions):
            conditions.append(f"{field('Active')} is not 0")
        return Query(
            entity=entity,
            fields=fields,
            counts=counts,
            where=" and ".join(conditions) or "true",
            values=tuple(values),
            order=order,
            start=start,
            limit=limit,
        )

    def selection(self) -> tuple[tuple[str, ...], bool]:
        if self.sign("*"):
            return (), False
        names = [self.take("word")]
        if names[0].lower() == "count" and self.sign("("):
            self.expect("*")
            self.expect(")")
            return (), True
        while self.sign(","):
            names.append(self.take("word"))
        for name in names:
            if "." in name:
                raise QueryError(f"QueryValidationError: {name} cannot be selected.", "4001")
        return tuple(names), False

    def conditions(self, entity: str) -> tuple[list[str], list[object]]:
        conditions: list[str] = []
        values: list[object] = []
        while not conditions or self.is_next("and"):
            name = self.take("word")
            kind = kind_of(entity, name)
            column = column_of(name, kind)
            if self.is_next("in"):
                self.expect("(")
                given = [self.value(kind)]
                while self.sign(","):
                    given.append(self.value(kind))
                self.expect(")")
                conditions.append(f"{column} in ({', '.join('?' * len(given))})")
                values += given
            elif self.is_next("like"):
                pattern = str(self.value("text")).replace("!", "!!").replace("_", "!_")
                conditions.append(f"{column} like ? escape '!'")
                values.append(pattern)
            else:
                operator = self.take("sign")
                if operator not in ("=", "<", ">", "<=", ">="):
                    self.at -= 1
                    raise self.unexpected()
                conditions.append(f"{column} {operator} ?")
                values.append(self.value(kind))
        return conditions, values

    def order(self, entity: str) -> str:
        columns: list[str] = []
        while not columns or self.sign(","):
            name = self.take("word")
            column = column_of(name, kind_of(entity, name))
            direction = "desc" if self.is_next("desc") else "asc"
            if direction == "asc":
                self.is_next("asc")
            columns.append(f"{column} {direction}")
        unique = columns[-1].startswith("cast(id")
        return ", ".join(columns if unique else [*columns, "id"])

    def value(self, kind: str) -> object:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.at += 1
        if token[0] == "text":
            text = re.sub(r"\\(.)", r"\1", token[1][1:-1])
        elif token[0] == "number" or token[1].lower() in ("true", "false"):
            text = token[1]
        else:
            self.at -= 1
            raise self.unexpected()
        try:
            match kind:
                case "time":
                    return epoch(text)
                case "number":
                    return min(int(text), 2**63 - 1)
                case "amount":
                    return float(text)  # for comparing only; SQLite compares numbers so
                case "bool":
                    return {"true": 1, "false": 0}[text.lower()]
                case _:
                    return text
        except (ValueError, KeyError):
            raise QueryError(f"QueryValidationError: Invalid value {text!r}.", "4001") from None

    # -- tokens --------------------------------------------------------------------------------

    def take(self, kind: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != kind:
            raise self.unexpected()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def keyword(self, word: str) -> None:
        if not self.is_next(word):
            raise self.unexpected()

    def is_next(self, word: str) -> bool:
        found = self.at < len(self.tokens) and self.tokens[self.at][1].lower() == word
        self.at += found
        return found

    def sign(self, sign: str) -> bool:
        return self.is_next(sign)

    def expect(self, sign: str) -> None:
        self.keyword(sign)

    def natural(self) -> int:
        number = self.take("number")
        if not number.isdigit():
            self.at -= 1
            raise self.unexpected()
        return min(int(number), 2**31)

    def unexpected(self) -> QueryError:
        token = self.tokens[self.at][1] if self.at < len(self.tokens) else "the end"
        return QueryError(f'QueryParserError: Encountered "{token}".')


def kind_of(entity: str, name: str) -> str:
    if name not in FIELDS[entity]:
        raise QueryError(
            f"QueryValidationError: Property {name} not found for Entity {entity}", "4001"
        )
    return FIELDS[entity][name]


def column_of(name: str, kind: str) -> str:
    match name, kind:
        case "Id", _:
            return "cast(id as integer)"
        case "MetaData.CreateTime", _:
            return "created"
        case "MetaData.LastUpdatedTime", _:
            return "updated"
        case _, "ref":
            return field(f"{name}.value")
        case _:
            return field(name)
