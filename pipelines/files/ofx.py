"""OFX 1.x (SGML, leaves unclosed), OFX 2.x (XML) and QFX, read by one small tokenizer.

Sign     TRNAMT is signed as the account sees it; TRNTYPE says nothing about the sign.
Dates    The day as written: midnight GMT moved into another zone would be the day before.
Ids      FITID is unique per account at best, so a repeated one is kept and not refused.
Balance  LEDGERBAL closes; the format has no opening balance.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from pipelines.files.detect import text_encoding
from pipelines.files.records import (
    BadValue,
    Line,
    Record,
    Statement,
    clean,
    decimal_amount,
    joined,
    refused,
    written_date,
    written_rate,
)

PIECE = 1 << 18
LONGEST = 1 << 20  # characters of one tag with its value

# `<` in a value is text unless a tag follows it
_TOKEN = re.compile(
    r"<(?P<tag>/?[A-Za-z][A-Za-z0-9._-]*)(?:\s[^<>=]{0,200}=[^<>]*|\s*)>"
    r"|<(?P<empty>[A-Za-z][A-Za-z0-9._-]*)\s*/>"
    r"|<!\[CDATA\[(?P<cdata>.*?)\]\]>"
    r"|<!--.*?-->|<\?.*?\?>|(?P<doctype><!(?:DOCTYPE|ENTITY))|(?P<cut><!\[CDATA\[|<!--|<\?)",
    re.DOTALL,
)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")
_DECLARED = re.compile(r"""encoding=["']([\w.-]+)|CHARSET\s*:\s*([\w-]+)""", re.IGNORECASE)

# The aggregates whose fields we tell apart. Others are transparent: their tags open nothing here.
STATEMENTS = ("STMTRS", "CCSTMTRS")
ENTRIES = {"STMTTRN": "booked", "STMTTRNP": "pending"}
AGGREGATES = frozenset(
    (*STATEMENTS, *ENTRIES, "OFX", "BANKMSGSRSV1", "CREDITCARDMSGSRSV1", "STMTTRNRS", "CCSTMTTRNRS")
    + ("INVSTMTRS", "BANKACCTFROM", "CCACCTFROM", "BANKTRANLIST", "BANKTRANLISTP", "PAYEE")
    + ("BANKACCTTO", "CCACCTTO", "CURRENCY", "ORIGCURRENCY", "LEDGERBAL", "AVAILBAL")
    + ("STATUS", "SONRS", "FI", "BALLIST", "BAL", "SIGNONMSGSRSV1")
)


class _Token(NamedTuple):
    tag: str  # `/` first where it closes
    text: str
    line: int


def read(path: Path) -> Iterator[Record]:
    """The records of one file, in bounded memory.

    Raises:
        FileRefused: cut off, not well nested, without a statement, or holding a value that is none.
    """
    try:
        yield from _records(_tokens(path))
    except BadValue as problem:
        raise refused(path, f"line {problem.line}" if problem.line else None, problem) from None


def _tokens(path: Path) -> Iterator[_Token]:
    """Every tag with the text behind it, character data and entities resolved."""
    with path.open("rb") as head:
        declared = _DECLARED.search(head.read(1024).decode("latin-1"))
    encoding = text_encoding(path, _python_encoding(declared))
    line, tag, tag_line, text, rest = 1, "", 1, "", ""
    with path.open(encoding=encoding, newline="") as file:
        while True:
            piece = file.read(PIECE)
            rest += piece
            done = 0
            for match in _TOKEN.finditer(rest):
                kind, (start, end) = match.lastgroup, match.span()
                if piece and (kind == "cut" or end == len(rest)):
                    break  # the next piece may go on with it
                if start > done:
                    before = rest[done:start]
                    text += _ENTITY.sub(_character, before) if "&" in before else before
                    line += before.count("\n")
                done = end
                if kind == "tag":
                    if tag:
                        yield _Token(tag, text.strip(), tag_line)
                    tag, tag_line, text = match["tag"].upper(), line, ""
                    continue
                if kind == "empty":
                    yield _Token(tag, text.strip(), tag_line)
                    yield _Token(match["empty"].upper(), "", line)
                    tag, tag_line, text = f"/{match['empty'].upper()}", line, ""
                elif kind == "cdata":
                    text += match["cdata"]
                elif kind == "doctype":
                    raise BadValue("declares a document type or entities, which OFX has not", line)
                elif kind == "cut":
                    raise BadValue(f"{match[0]} never ends: the file is cut off", line)
                line += match[0].count("\n")
            rest = rest[done:]
            if not piece:
                break
            if len(rest) + len(text) > LONGEST:
                raise BadValue(f"one value is longer than {LONGEST} characters", line)
    if "<" in rest:
        raise BadValue("ends inside a tag: the file is cut off", line)
    if tag:
        yield _Token(tag, (text + rest).strip(), tag_line)


def _records(tokens: Iterator[_Token]) -> Iterator[Record]:
    """Fields gathered by aggregate; a line when its aggregate closes, a statement when its does."""
    open_: list[str] = []
    statement: dict[str, str] | None = None  # fields as `AGGREGATE.LEAF`; None outside of one
    entry: dict[str, str] | None = None  # likewise; its own fields as `LEAF`
    status: dict[str, str] = {}
    number = lines = begun = 0
    leaf = ""
    token = _Token("", "", 1)
    for token in tokens:
        tag, text = token.tag, token.text
        if tag.startswith("/"):
            tag = tag[1:]
            if tag not in AGGREGATES or tag == leaf:
                continue
            if not open_ or open_[-1] != tag:
                inside = f"inside <{open_[-1]}>" if open_ else "before anything is open"
                raise BadValue(f"</{tag}> closes {inside}: part of the file is missing", token.line)
            open_.pop()
            if entry is not None and statement is not None and tag in ENTRIES:
                lines += 1
                try:
                    yield _line(entry, statement, number, lines, ENTRIES[tag])
                except BadValue as problem:
                    raise BadValue(f"entry {lines}: {problem}", begun) from None
                entry = None
            elif statement is not None and tag in STATEMENTS:
                try:
                    yield _statement(statement, number, lines)
                except BadValue as problem:
                    raise BadValue(problem, token.line) from None
                statement = None
        elif tag in AGGREGATES and not text:
            if tag in open_:
                raise BadValue(f"<{tag}> opens inside the <{tag}> before it", token.line)
            open_.append(tag)
            if tag in STATEMENTS:
                number, lines, statement = number + 1, 0, {}
            elif tag in ENTRIES:
                entry, begun = {}, token.line
        elif text and open_:
            leaf, inside = tag, open_[-1]
            if entry is not None:
                key = tag if inside in ENTRIES else f"{inside}.{tag}"
                entry[key] = f"{entry[key]} {text}" if key == "MEMO" and key in entry else text
            elif statement is not None:
                statement[f"{inside}.{tag}"] = text
            elif inside == "STATUS":
                status[tag] = text
    if open_:
        raise BadValue(f"ends inside <{open_[-1]}>: the file is cut off", token.line)
    if not number:
        said = joined(status.get("CODE"), status.get("MESSAGE"))
        raise BadValue(f"holds no bank or card statement{f' (status {said})' if said else ''}")


def _line(
    entry: dict[str, str], statement: dict[str, str], number: int, lines: int, status: str
) -> Line:
    posted = entry.get("DTPOSTED") or entry.get("DTTRAN")
    if posted is None:
        raise BadValue("has no DTPOSTED")
    if "TRNAMT" not in entry:
        raise BadValue("has no TRNAMT")
    memo, name = clean(entry.get("MEMO")), clean(entry.get("NAME") or entry.get("PAYEE.NAME"))
    available = entry.get("DTAVAIL")
    return Line(
        statement_number=number,
        line_number=lines,
        line_order=lines,
        file_format="ofx",
        account_number=_account(statement),
        booking_date=written_date(posted, "DTPOSTED"),
        amount=ofx_amount(entry["TRNAMT"], "TRNAMT"),
        value_date=written_date(available, "DTAVAIL") if available else None,
        currency_code=entry.get("CURRENCY.CURSYM") or _currency(statement),
        status="pending" if entry.get("TRNTYPE") == "HOLD" else status,
        native_id=entry.get("FITID"),
        type_code=entry.get("TRNTYPE"),
        counterparty_name=name,
        description=memo or name,
        reference=entry.get("REFNUM"),
        check_number=entry.get("CHECKNUM"),
        original_currency_code=entry.get("ORIGCURRENCY.CURSYM"),
        exchange_rate=written_rate(entry.get("ORIGCURRENCY.CURRATE")),
        corrects_native_id=entry.get("CORRECTFITID"),
        correction_action=entry.get("CORRECTACTION"),
    )


def _statement(fields: dict[str, str], number: int, lines: int) -> Statement:
    start, end = fields.get("BANKTRANLIST.DTSTART"), fields.get("BANKTRANLIST.DTEND")
    balance, as_of = fields.get("LEDGERBAL.BALAMT"), fields.get("LEDGERBAL.DTASOF")
    return Statement(
        statement_number=number,
        file_format="ofx",
        account_number=_account(fields),
        currency_code=_currency(fields),
        statement_id=f"{start[:8]}-{end[:8]}" if start and end else None,
        bank_code=fields.get("BANKACCTFROM.BANKID"),
        account_type=fields.get("BANKACCTFROM.ACCTTYPE")
        or ("CREDITCARD" if "CCACCTFROM.ACCTID" in fields else None),
        closing_amount=ofx_amount(balance, "LEDGERBAL") if balance else None,
        closing_date=written_date(as_of, "DTASOF") if as_of and as_of.strip("0") else None,
        period_start=written_date(start, "DTSTART") if start and start.strip("0") else None,
        period_end=written_date(end, "DTEND") if end and end.strip("0") else None,
        line_count=lines,
    )


def _account(fields: dict[str, str]) -> str:
    number = fields.get("BANKACCTFROM.ACCTID") or fields.get("CCACCTFROM.ACCTID")
    if not number:
        raise BadValue("names no account (ACCTID)")
    return number


def _currency(fields: dict[str, str]) -> str | None:
    return fields.get("STMTRS.CURDEF") or fields.get("CCSTMTRS.CURDEF")


def ofx_amount(text: str, what: str) -> Decimal:
    """An OFX amount: the standard allows a decimal point or comma, and banks group digits too.

    A lone comma before three digits may be either, so it is refused.
    """
    point, comma = text.rfind("."), text.rfind(",")
    if point < 0 and comma >= 0 and len(text) - comma == 4:
        raise BadValue(f"{what} {text!r} may mean thousands or thousandths")
    return decimal_amount(text, what=what, decimal_mark="," if comma > point else ".")


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _python_encoding(declared: re.Match[str] | None) -> str | None:
    if declared is None:
        return None
    name = declared[1] or declared[2]
    return f"cp{name}" if name.isdigit() else name
