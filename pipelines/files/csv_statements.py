"""Banks' CSV downloads, by a layout: one of csv_profiles.toml, one of the connection's own, or one
that the file itself proves.

A file proves its layout when its header names what is needed, exactly one date format and one
decimal mark read its first rows, and the sign is certain: two columns, debit and credit, or a
balance column that each amount leads to. A guess that could turn a charge into a deposit is none.
"""

from __future__ import annotations

import csv
import datetime
import itertools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.files.detect import text_encoding
from pipelines.files.records import (
    BadValue,
    Line,
    Record,
    Statement,
    clean,
    decimal_amount,
    joined,
    plausible,
    refused,
)

SAMPLE = 200  # rows a layout is proved on
PREAMBLE = 30  # rows among which the header is searched
NAME_IT = "name a profile for it, or the connection's own, under `options.csv`"
SIGNS = ("signed", "inverted", "debit_credit", "amount_indicator")
FIELDS = (
    ("booking_date", "value_date", "amount", "debit", "credit", "indicator", "description")
    + ("counterparty_name", "reference", "check_number", "native_id", "type_code")
    + ("currency_code", "account_number", "running_balance", "status")
)
TEXTS = ("counterparty_name", "description", "reference", "check_number", "native_id", "type_code")

# what unknown banks call a field, the most telling name first
SYNONYMS = {
    "booking_date": "booking date|posting date|posted date|post date|date posted|date"
    "|transaction date",
    "value_date": "value date|effective date",
    "amount": "amount|transaction amount",
    "debit": "debit|debits|debit amount|withdrawal|withdrawals|money out|paid out",
    "credit": "credit|credits|credit amount|deposit|deposits|money in|paid in",
    "description": "description|transaction description|details|narrative|memo|text",
    "counterparty_name": "counterparty|counter party|payee|name",
    "reference": "reference|ref|bank reference|customer reference",
    "native_id": "transaction id|reference number|fitid",
    "check_number": "check number|check no.|check #|cheque number",
    "type_code": "type|transaction type",
    "currency_code": "currency|ccy|currency code",
    "account_number": "account|account number|iban",
    "running_balance": "balance|running balance|running bal.|ledger balance",
}
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
) + ("%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y")
CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY"}

_SIGN = re.compile(r"[$€£¥]|(?<![A-Z])[A-Z]{3}(?![A-Z])")
_DR_CR = re.compile(r"(.*?)\s*(DR|CR)\.?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A layout, with keys as csv_profiles.toml explains them."""

    columns: Mapping[str, str | int | Sequence[str | int]]
    date_format: str | Sequence[str]
    header: Sequence[str] = ()
    more_columns: bool = False
    named_only: bool = False
    sign: str = "signed"
    absolute: bool = False
    money_in: Sequence[str] = ()
    money_out: Sequence[str] = ()
    decimal_mark: str = "."
    delimiter: str = ","
    encoding: str | None = None
    order: str = "newest_first"
    skip_rows: int = 0
    booked: Sequence[str] = ()
    pending: Sequence[str] = ()
    ignored: Sequence[str] = ()
    pending_when_empty: str = ""
    ignored_when_empty: str = ""
    currency_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A profile as it lies in one file."""

    profile: Profile
    first_row: int  # rows before it are no entries
    width: int  # columns with a name; 0 without a header
    at: Mapping[str, tuple[int, ...]]
    date_format: str
    newest_first: bool


def read(
    path: Path,
    *,
    profile: str | None = None,
    profiles: Mapping[str, Profile] | None = None,
    account_number: str | None = None,
    currency_code: str | None = None,
) -> Iterator[Record]:
    """The records of one file, in bounded memory.

    Args:
        profile: the layout's name; without it the file must tell.
        profiles: the layouts known; default those of csv_profiles.toml.
        account_number: whose file this is, where no column says.
        currency_code: likewise.

    Raises:
        FileRefused: no layout fits, or a row does not fit its layout.
        ConfigurationError: no such profile.
    """
    known = known_profiles() if profiles is None else profiles
    if profile is not None and profile not in known:
        raise ConfigurationError(
            f"{path.name}: no CSV profile {profile!r}; known: {', '.join(sorted(known))}"
        )
    encoding = text_encoding(path, known[profile].encoding if profile else None)
    try:
        layout = _layout(path, encoding, known, profile)
    except BadValue as problem:
        raise refused(path, None, problem, NAME_IT) from None
    accounts: dict[str, _Account] = {}
    line = 0
    try:
        rows = _rows(path, encoding, layout.profile.delimiter, layout.first_row)
        for line_read, row in rows:
            line = line_read
            entry = _entry(layout, row)
            if entry is None:
                continue
            amount, balance, line_fields = entry
            number = account_number or line_fields.pop("account_number", None)
            if not number:
                raise BadValue("names no account: give its account_number under `options.csv`")
            line_fields.pop("account_number", None)
            account = accounts.setdefault(number, _Account(len(accounts) + 1, number))
            account.lines += 1
            record = Line(
                statement_number=account.statement_number,
                line_number=account.lines,
                line_order=-account.lines if layout.newest_first else account.lines,
                file_format="csv",
                account_number=number,
                amount=amount,
                running_balance_amount=balance,
                **{"currency_code": currency_code or layout.profile.currency_code, **line_fields},
            )
            account.add(record)
            yield record
    except csv.Error as error:
        raise refused(path, f"after line {line}", f"is not whole CSV: {error}") from None
    except BadValue as problem:
        raise refused(path, f"line {line}", problem) from None
    if not accounts:
        if not account_number:
            raise refused(path, None, "has no entries and names no account")
        accounts[account_number] = _Account(1, account_number)
        accounts[account_number].currency = currency_code or layout.profile.currency_code
    for account in accounts.values():
        yield account.statement(layout.newest_first)


@cache
def known_profiles() -> Mapping[str, Profile]:
    """The layouts of csv_profiles.toml, by name."""
    return profiles_from(tomllib.loads(Path(__file__).with_name("csv_profiles.toml").read_text()))


def profiles_from(document: Mapping[str, Mapping[str, Any]]) -> dict[str, Profile]:
    """Profiles from their declarations.

    Raises:
        ConfigurationError: a key or a value that means nothing.
    """
    keys = {field.name for field in fields(Profile)}
    profiles = {}
    for name, declared in document.items():
        where = f"CSV profile {name!r}"
        if unknown := sorted(set(declared) - keys):
            raise ConfigurationError(
                f"{where}: unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}"
            )
        if missing := sorted({"columns", "date_format"} - set(declared)):
            raise ConfigurationError(f"{where}: needs {missing[0]}")
        profile = profiles[name] = Profile(**declared)
        if unknown := sorted(set(profile.columns) - set(FIELDS)):
            raise ConfigurationError(
                f"{where}: unknown field {unknown[0]!r}; known: {', '.join(FIELDS)}"
            )
        if profile.sign not in SIGNS:
            raise ConfigurationError(
                f"{where}: sign is {profile.sign!r}; known: {', '.join(SIGNS)}"
            )
        needed = {
            "debit_credit": {"debit", "credit"},
            "amount_indicator": {"amount", "indicator"},
        }.get(profile.sign, {"amount"}) | {"booking_date"}
        if missing := sorted(needed - set(profile.columns)):
            raise ConfigurationError(f"{where}: names no column for {missing[0]}")
    return profiles


class _Account:
    """What the lines of one account in the file add up to."""

    def __init__(self, statement_number: int, number: str) -> None:
        self.statement_number, self.number = statement_number, number
        self.lines = 0
        self.currency: str | None = None
        self.start: datetime.date | None = None
        self.end: datetime.date | None = None
        self.first: Line | None = None
        self.last: Line | None = None

    def add(self, line: Line) -> None:
        self.currency = self.currency or line.currency_code
        if line.status != "booked":
            return
        self.start = min(self.start or line.booking_date, line.booking_date)
        self.end = max(self.end or line.booking_date, line.booking_date)
        self.first, self.last = self.first or line, line

    def statement(self, newest_first: bool) -> Statement:
        """Balances from the running balances, where every end has one."""
        first, last = (self.last, self.first) if newest_first else (self.first, self.last)
        opening = first.running_balance_amount if first else None
        closing = last.running_balance_amount if last else None
        return Statement(
            statement_number=self.statement_number,
            file_format="csv",
            account_number=self.number,
            currency_code=self.currency,
            opening_amount=None if first is None or opening is None else opening - first.amount,
            opening_date=None if opening is None else self.start,
            closing_amount=closing,
            closing_date=None if closing is None else self.end,
            period_start=self.start,
            period_end=self.end,
            line_count=self.lines,
        )


# rows


def _rows(
    path: Path, encoding: str, delimiter: str, skip: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, each with the number of the line it ends on."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        for number, row in enumerate(reader):
            if number >= skip and any(map(str.strip, row)):
                yield reader.line_num, row


def _entry(layout: Layout, row: list[str]) -> tuple[Decimal, Decimal | None, dict[str, Any]] | None:
    """Amount, running balance and the other fields of a row; None for a row that is no entry."""
    profile = layout.profile
    if len(row) < layout.width or any(map(str.strip, row[layout.width :] if layout.width else ())):
        raise BadValue(f"has {len(row)} values where the header names {layout.width} columns")
    texts = {field: _cell(row, at) for field, at in layout.at.items()}
    if profile.ignored_when_empty and not texts[profile.ignored_when_empty]:
        return None
    status = "booked"
    if "status" in texts:
        said = texts.pop("status") or ""
        if said in profile.ignored:
            return None
        if said in profile.pending:
            status = "pending"
        elif said not in profile.booked:
            known = ", ".join((*profile.booked, *profile.pending, *profile.ignored))
            raise BadValue(f"status {said!r}; known: {known or 'none'}")
    if profile.pending_when_empty and not texts[profile.pending_when_empty]:
        status = "pending"
    booked = texts.pop("booking_date")
    if booked is None:
        raise BadValue("has no date")
    valued, balance = texts.pop("value_date", None), texts.pop("running_balance", None)
    amount = _amount(profile, texts, texts.get("currency_code") or profile.currency_code)
    running = None
    if balance is not None:
        running = bank_amount(balance, what="balance", decimal_mark=profile.decimal_mark)
        running = -running if profile.sign == "inverted" else running
    line_fields: dict[str, Any] = {field: texts[field] for field in TEXTS if field in texts}
    if texts.get("currency_code"):
        line_fields["currency_code"] = texts["currency_code"]
    if texts.get("account_number"):
        line_fields["account_number"] = texts["account_number"]
    line_fields["booking_date"] = _date(booked, layout.date_format)
    line_fields["value_date"] = _date(valued, layout.date_format) if valued else None
    line_fields["status"] = status
    return amount, running, line_fields


def _cell(row: list[str], at: tuple[int, ...]) -> str | None:
    return joined(*(clean(row[index]) for index in at if index < len(row)))


def _amount(profile: Profile, texts: Mapping[str, str | None], currency: str | None) -> Decimal:
    def money(field: str) -> Decimal:
        return bank_amount(
            texts[field] or "", what=field, decimal_mark=profile.decimal_mark, currency=currency
        )

    if profile.sign == "debit_credit":
        debit = money("debit") if texts["debit"] else Decimal(0)
        credit = money("credit") if texts["credit"] else Decimal(0)
        if profile.absolute:
            debit, credit = abs(debit), abs(credit)
        if not texts["debit"] and not texts["credit"]:
            raise BadValue("has neither debit nor credit")
        if debit and credit:
            raise BadValue("has both a debit and a credit")
        if debit < 0 or credit < 0:
            raise BadValue("has a negative debit or credit, which may mean either")
        return credit - debit
    amount = money("amount")
    if profile.sign == "amount_indicator":
        indicator = texts["indicator"] or ""
        if indicator in profile.money_in:
            return abs(amount)
        if indicator in profile.money_out:
            return -abs(amount)
        known = ", ".join((*profile.money_in, *profile.money_out))
        raise BadValue(f"indicator {indicator!r}; known: {known}")
    return -amount if profile.sign == "inverted" else amount


def bank_amount(
    text: str, *, what: str, decimal_mark: str = ".", currency: str | None = None
) -> Decimal:
    """An amount as banks print them: `$1,234.56`, `(12.00)`, `12.00-`, `12.00 DR`."""
    plain = text.strip().replace("\u2212", "-")
    sign = 0
    if ending := _DR_CR.fullmatch(plain):
        plain, sign = ending[1], -1 if ending[2].upper() == "DR" else 1
    if plain.startswith("(") and plain.endswith(")"):
        plain, sign = plain[1:-1], sign or -1
    if plain.endswith("-"):
        plain, sign = plain[:-1], sign or -1
    if found := _SIGN.search(plain):
        said = CURRENCY_SIGNS.get(found[0], currency if found[0] == "$" else found[0])
        if currency is not None and said != currency:
            raise BadValue(f"{what} {text!r} is not in {currency}")
        plain = plain.replace(found[0], "", 1).strip()
    if sign and plain.startswith(("-", "+")):
        raise BadValue(f"{what} {text!r} has two signs")
    return (sign or 1) * decimal_amount(plain, what=what, decimal_mark=decimal_mark)


@lru_cache(maxsize=4096)
def _date(text: str, date_format: str) -> datetime.date:
    try:
        return plausible(datetime.datetime.strptime(text, date_format).date())
    except ValueError:
        raise BadValue(f"date {text!r} is no day of the calendar as {date_format}") from None


# layouts


def _layout(path: Path, encoding: str, known: Mapping[str, Profile], name: str | None) -> Layout:
    """The named layout, or the one the header names, or the one that the file proves."""
    head = cache(partial(_head, path, encoding))
    if name is not None:
        found = _place(known[name], head(known[name].delimiter))
        if found is None:
            names = ", ".join(str(column) for column in known[name].header)
            raise BadValue(f"has no header as profile {name!r} has it ({names})")
        return found
    recognised: dict[str, Layout] = {}
    for candidate, profile in known.items():
        if profile.header and not profile.named_only:
            found = _place(profile, head(profile.delimiter))
            if found is not None:
                recognised[candidate] = found
    exact = {name: found for name, found in recognised.items() if not found.profile.more_columns}
    recognised = exact or recognised
    if len(recognised) == 1:
        return next(iter(recognised.values()))
    if recognised:
        raise BadValue(f"may be laid out as {' or '.join(recognised)}")
    return _proved(head)


def _head(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    """The first rows, blank ones too, up to the first that is no CSV."""
    rows: list[list[str]] = []
    with path.open(encoding=encoding, newline="") as file:
        try:
            for row in itertools.islice(csv.reader(file, delimiter=delimiter), PREAMBLE + SAMPLE):
                rows.append(row)
        except csv.Error:
            pass
    return rows


def _place(profile: Profile, head: list[list[str]]) -> Layout | None:
    """Where the profile's header and columns are in the file; None if it is not the file's."""
    header: list[str] = []
    first_row = profile.skip_rows
    if profile.header:
        wanted = [_named(name) for name in profile.header]
        for number, row in enumerate(head[:PREAMBLE]):
            names = _names(row)
            if names == wanted or (profile.more_columns and set(wanted) <= set(names)):
                header, first_row = names, number + 1
                break
        else:
            return None
    elif any(isinstance(name, str) for at in profile.columns.values() for name in _listed(at)):
        header, first_row = _names(head[first_row] if len(head) > first_row else []), first_row + 1
    at = {}
    for field, names_or_numbers in profile.columns.items():
        places = []
        for name in _listed(names_or_numbers):
            if isinstance(name, str):
                if _named(name) not in header:
                    raise BadValue(f"has no column {name!r}; its header: {', '.join(header)}")
                places.append(header.index(_named(name)))
            else:
                places.append(name - 1)
        at[field] = tuple(places)
    sample = [row for row in head[first_row : first_row + SAMPLE] if any(map(str.strip, row))]
    dates = [text for row in sample if (text := _cell(row, at["booking_date"]))]
    formats = _listed(profile.date_format)
    fitting = next((one for one in formats if _reads_all(dates, str(one))), formats[0])
    layout = Layout(
        profile=profile,
        first_row=first_row,
        width=len(header),
        at=at,
        date_format=str(fitting),
        newest_first=profile.order == "newest_first",
    )
    return _in_order(layout, sample)


def _in_order(layout: Layout, sample: list[list[str]]) -> Layout:
    """The layout with the order that the rows themselves show, where they show one."""
    entries = []
    for row in sample:
        try:
            entry = _entry(layout, row)
        except BadValue:
            return layout  # reading will say what is wrong, and where
        if entry is not None and entry[2]["status"] == "booked":
            entries.append(entry)
    days = [fields_["booking_date"] for _, _, fields_ in entries]
    descends, ascends = days == sorted(days, reverse=True), days == sorted(days)
    if descends == ascends:  # one day only, or no order at all
        descends, ascends = _chained(entries[::-1]), _chained(entries)
    if descends == ascends:
        return layout
    return Layout(**{**vars(layout), "newest_first": descends})


def _chained(entries: list[tuple[Decimal, Decimal | None, dict[str, Any]]]) -> bool:
    """Whether every balance is the one before it and the amount, in this order."""
    pairs = list(itertools.pairwise(entries))
    return bool(pairs) and all(
        before[1] is not None and after[1] is not None and before[1] + after[0] == after[1]
        for before, after in pairs
    )


def _proved(head: Callable[[str], list[list[str]]]) -> Layout:
    """A layout nobody declared, if the file leaves no doubt about it."""
    for delimiter in (",", ";", "\t", "|"):
        rows = head(delimiter)
        for number, row in enumerate(rows[:PREAMBLE]):
            columns = _meanings(row)
            if "booking_date" in columns and ("amount" in columns or "debit" in columns):
                sample = rows[number + 1 : number + 1 + SAMPLE]
                sample = [one for one in sample if any(map(str.strip, one))]
                return _certain(columns, row, number, delimiter, sample)
    raise BadValue("has no header of a known bank, nor one that names a date and an amount")


def _meanings(row: list[str]) -> dict[str, int]:
    names = _names(row)
    columns = {}
    for field, synonyms in SYNONYMS.items():
        place = next((names.index(one) for one in synonyms.split("|") if one in names), None)
        if place is not None:
            columns[field] = place + 1
    if "credit" not in columns or "debit" not in columns:
        columns.pop("credit", None)
        columns.pop("debit", None)
    else:
        columns.pop("amount", None)
    return columns


def _certain(
    columns: dict[str, int], header: list[str], number: int, delimiter: str, sample: list[list[str]]
) -> Layout:
    def cells(*fields_: str) -> list[str]:
        places = [(columns[field] - 1,) for field in fields_ if field in columns]
        return [text for row in sample for at in places if (text := _cell(row, at))]

    dates = cells("booking_date", "value_date")
    readings = {
        tuple(_date(text, one) for text in dates): one
        for one in reversed(DATE_FORMATS)
        if dates and _reads_all(dates, one)
    }
    if len(readings) != 1:
        said = " or ".join(sorted(readings.values())) or "none known here"
        raise BadValue(
            f"has dates like {dates[0]!r} in a format that may be {said}"
            if dates
            else "has no dates in its first rows"
        )
    money = cells("amount", "debit", "credit", "running_balance")
    marks: dict[tuple[Decimal, ...], str] = {}
    for mark in (".", ","):
        try:
            values = tuple(bank_amount(text, what="amount", decimal_mark=mark) for text in money)
        except BadValue:
            continue
        marks.setdefault(values, mark)
    if len(marks) != 1:
        raise BadValue("has amounts whose decimal mark is not certain")
    names = _names(header)
    layout = _place(
        Profile(
            columns={field: names[place - 1] for field, place in columns.items()},
            header=names,
            date_format=next(iter(readings.values())),
            sign="debit_credit" if "debit" in columns else "signed",
            decimal_mark=next(iter(marks.values())),
            delimiter=delimiter,
        ),
        [[]] * number + [header, *sample],
    )
    if layout is None:
        raise BadValue("has two columns of one name")
    if layout.profile.sign == "signed":
        entries = [entry for row in sample if (entry := _entry(layout, row)) is not None]
        if not _chained(entries[::-1] if layout.newest_first else entries):
            raise BadValue("does not prove the sign of its amounts: no balance that they lead to")
    return layout


def _reads_all(dates: Sequence[str], date_format: str) -> bool:
    try:
        return all(_date(text, date_format) for text in dates)
    except BadValue:
        return False


def _names(row: list[str]) -> list[str]:
    """Column names, folded, without the empty ones at the end."""
    names = [_named(name) for name in row]
    while names and not names[-1]:
        names.pop()
    return names


def _named(name: str) -> str:
    return " ".join(name.split()).casefold()


def _listed(one_or_more: Any) -> Sequence[Any]:
    return [one_or_more] if isinstance(one_or_more, str | int) else one_or_more
