"""CAMT.053 statements, and .052 reports and .054 notifications for what they are.

Sign     Amt is unsigned; CdtDbtInd signs it, on balances too, and on reversals as well: a bank
         that signs a reversal like the entry it reverses needs the option `flip_reversals`.
Dates    The day as written, of Dt and DtTm alike.
Batches  An Ntry is the bank line. Its TxDtls are details: their sum may differ from the line
         (charges), and one without an amount gets none.
Versions .001.02 to .001.13 differ in where a name or a status stands; elements go by local name.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from pipelines.files.records import (
    BadValue,
    Detail,
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

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[234])\.001\.[0-9]{2}")
MESSAGES = ("BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn")
REPORTS = ("Stmt", "Rpt", "Ntfctn")
STATUSES = {"BOOK": "booked", "PDNG": "pending", "FUTR": "pending", "INFO": "information"}
SIGNS = {"CRDT": 1, "DBIT": -1}
OPENING = ("OPBD", "PRCD", "OPBD INTM")
CLOSING = ("CLBD", "CLBD INTM")
EXCHANGED = ("InstdAmt", "CntrValAmt", "TxAmt")  # amounts that may stand in another currency
NO_REFERENCE = ("NOTPROVIDED", "NONREF")


def read(path: Path, *, flip_reversals: bool = False) -> Iterator[Record]:
    """The records of one file, in bounded memory.

    Args:
        flip_reversals: this bank gives a reversal the sign of what it reverses.

    Raises:
        FileRefused: cut off, not XML, with a document type or entities, of another namespace,
            or holding a value that is none.
    """
    report: _Report | None = None
    parents: list[Element] = []
    file_format, reports, depth = "", 0, 0
    try:
        for event, element in _events(path):
            name = element.tag.rpartition("}")[2]
            if event == "start":
                parents.append(element)
                if name == "Document":
                    file_format = _camt_of(element)
                elif name in REPORTS and _local(parents[-2:-1]) in MESSAGES:
                    reports, depth = reports + 1, len(parents)
                    report = _Report(reports, file_format, flip_reversals)
                elif report and name == "Ntry" and len(parents) == depth + 1:
                    report.begin_entry()
                continue
            element.tag = name
            parents.pop()
            if report is None:
                continue
            if len(parents) == depth - 1:
                yield report.statement()
                report = None
            elif len(parents) == depth:
                if name == "Ntry":
                    yield report.line(element)
                else:
                    report.take(element)
            elif name == "TxDtls" and _local(parents[-1:]) == "NtryDtls":
                yield report.detail(element, parents[depth])
            else:
                continue
            parents[-1].remove(element)
        if not reports:
            raise BadValue("holds no CAMT statement, report or notification")
    except DefusedXmlException:
        problem = "declares a document type or entities, which CAMT has not"
        raise refused(path, None, problem) from None
    except ParseError as error:
        line, column = error.position
        problem = f"is not whole XML: {str(error).partition(':')[0]}"
        raise refused(path, f"line {line}, column {column + 1}", problem) from None
    except (ValueError, LookupError) as error:
        raise refused(path, report.place if report else None, error) from None


def _events(path: Path) -> Iterator[tuple[str, Element]]:
    with path.open("rb") as file:
        yield from iterparse(file, events=("start", "end"), forbid_dtd=True)


def _camt_of(document: Element) -> str:
    """`camt052`, `camt053` or `camt054`."""
    namespace = document.tag[1:].rpartition("}")[0]
    match = NAMESPACE.fullmatch(namespace)
    if match is None:
        raise BadValue(
            f"namespace {namespace!r} is not CAMT; known: "
            "urn:iso:std:iso:20022:tech:xsd:camt.052, .053 and .054 of any version"
        )
    return match[1].replace(".", "")


class _Report:
    """One Stmt, Rpt or Ntfctn while it is being read."""

    def __init__(self, number: int, file_format: str, flip_reversals: bool) -> None:
        self.number, self.file_format, self.flip_reversals = number, file_format, flip_reversals
        self.entries = self.details = 0
        self.first: tuple[Detail, Element] | None = None
        self.account: str | None = None
        self.currency: str | None = None
        self.facts: dict[str, Any] = {}
        self.balances: dict[str, tuple[Decimal, datetime.date | None]] = {}

    @property
    def place(self) -> str:
        return f"statement {self.number}" + (f", entry {self.entries}" if self.entries else "")

    def take(self, element: Element) -> None:
        """Keep what a part that is no entry says about the statement."""
        match element.tag:
            case "Id":
                self.facts["statement_id"] = clean(element.text)
            case "ElctrncSeqNb":
                self.facts["sequence_number"] = clean(element.text)
            case "LglSeqNb":
                self.facts.setdefault("sequence_number", clean(element.text))
            case "FrToDt":
                self.facts["period_start"] = _day(element, "FrDtTm", "FrDt")
                self.facts["period_end"] = _day(element, "ToDtTm", "ToDt")
            case "Acct":
                self.account = _text(element, "Id/IBAN", "Id/Othr/Id")
                self.currency = _text(element, "Ccy")
                bank = "Svcr/FinInstnId/"
                self.facts["bank_code"] = _text(
                    element, bank + "BICFI", bank + "BIC", bank + "ClrSysMmbId/MmbId"
                )
                self.facts["account_type"] = _text(element, "Tp/Cd", "Tp/Prtry")
            case "Bal":
                kind = joined(_text(element, "Tp/CdOrPrtry/Cd"), _text(element, "Tp/SubTp/Cd"))
                amount, currency = _money(element, "Amt")
                if amount is not None:
                    day = _day(element, "Dt/Dt", "Dt/DtTm")
                    self.balances.setdefault(kind or "", (amount * _sign(element), day))
                    self.currency = self.currency or currency

    def begin_entry(self) -> None:
        self.entries, self.details, self.first = self.entries + 1, 0, None

    def detail(self, element: Element, entry: Element) -> Detail:
        """One TxDtls of the entry that is being read."""
        self.details += 1
        sign = self._sign(entry)
        if element.find("CdtDbtInd") is not None:
            sign = _sign(element) * (sign // _sign(entry))
        amount, currency = _money(element, "Amt", "AmtDtls/TxAmt/Amt")
        texts = (clean(text.text) for text in element.findall("RmtInf/Ustrd"))
        detail = Detail(
            statement_number=self.number,
            line_number=self.entries,
            detail_number=self.details,
            native_id=_reference(element, "Refs/AcctSvcrRef") or _reference(entry, "AcctSvcrRef"),
            amount=None if amount is None else sign * amount,
            currency_code=currency,
            counterparty_name=_other_party(element, sign > 0, entry),
            end_to_end_reference=_reference(element, "Refs/EndToEndId"),
            reference=_text(element, "RmtInf/Strd/CdtrRefInf/Ref"),
            description=" ".join(filter(None, texts)) or _text(element, "AddtlTxInf"),
            return_reason=_text(element, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"),
        )
        if self.details == 1:
            self.first = detail, element
        return detail

    def line(self, entry: Element) -> Line:
        """The bank line of one Ntry; a sole detail says more about it, several say too much."""
        if not self.account:
            raise BadValue("names no account (Acct/Id) before its entries")
        amount, currency = _money(entry, "Amt")
        if amount is None:
            raise BadValue("has no Amt")
        status = _text(entry, "Sts/Cd", "Sts") or "BOOK"
        if status not in STATUSES:
            raise BadValue(f"status {status!r}; known: {', '.join(STATUSES)}")
        value_date = _day(entry, "ValDt/Dt", "ValDt/DtTm")
        booking_date = _day(entry, "BookgDt/Dt", "BookgDt/DtTm") or value_date
        if booking_date is None:
            raise BadValue("has neither BookgDt nor ValDt")
        sole, element = self.first if self.first and self.details == 1 else (None, entry)
        sign = self._sign(entry)
        foreign, foreign_currency = _foreign(entry, currency)
        if foreign is None:
            foreign, foreign_currency = _foreign(element, currency)
        self.currency = self.currency or currency
        return Line(
            statement_number=self.number,
            line_number=self.entries,
            line_order=self.entries,
            file_format=self.file_format,
            account_number=self.account,
            booking_date=booking_date,
            amount=sign * amount,
            value_date=value_date,
            currency_code=currency,
            status=STATUSES[status],
            native_id=_reference(entry, "AcctSvcrRef") or (sole.native_id if sole else None),
            type_code=_type_code(entry),
            is_reversal=_is_reversal(entry),
            counterparty_name=sole.counterparty_name if sole else None,
            description=joined(sole.description if sole else None, _text(entry, "AddtlNtryInf")),
            reference=(sole.reference if sole else None)
            or _text(entry, "NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId"),
            check_number=_text(element, "Refs/ChqNb"),
            end_to_end_reference=sole.end_to_end_reference if sole else None,
            original_amount=None if foreign is None else sign * foreign,
            original_currency_code=foreign_currency,
            exchange_rate=_rate(entry) or _rate(element),
            charge_amount=_charge(entry, currency) or _charge(element, currency),
        )

    def statement(self) -> Statement:
        if not self.account:
            raise BadValue("names no account (Acct/Id)")
        opening, opening_date = self._balance(OPENING)
        closing, closing_date = self._balance(CLOSING)
        return Statement(
            statement_number=self.number,
            file_format=self.file_format,
            account_number=self.account,
            currency_code=self.currency,
            opening_amount=opening,
            opening_date=opening_date,
            closing_amount=closing,
            closing_date=closing_date,
            line_count=self.entries,
            **self.facts,
        )

    def _balance(self, kinds: tuple[str, ...]) -> tuple[Decimal | None, datetime.date | None]:
        return next((self.balances[kind] for kind in kinds if kind in self.balances), (None, None))

    def _sign(self, entry: Element) -> int:
        return -_sign(entry) if self.flip_reversals and _is_reversal(entry) else _sign(entry)


def _local(elements: list[Element]) -> str:
    return elements[0].tag.rpartition("}")[2] if elements else ""


def _text(element: Element, *paths: str) -> str | None:
    """What the first of these paths says that says anything."""
    return next(filter(None, (clean(element.findtext(path)) for path in paths)), None)


def _reference(element: Element, path: str) -> str | None:
    text = _text(element, path)
    return None if text in NO_REFERENCE else text


def _day(element: Element, *paths: str) -> datetime.date | None:
    text = _text(element, *paths)
    return written_date(text, paths[0].partition("/")[0]) if text else None


def _money(element: Element, *paths: str) -> tuple[Decimal | None, str | None]:
    for path in paths:
        found = element.find(path)
        if found is not None:
            text = (found.text or "").strip()
            if text.startswith("-"):
                raise BadValue(f"{path} {text!r} is negative; CdtDbtInd says which way money goes")
            return decimal_amount(text, what=path), found.get("Ccy")
    return None, None


def _foreign(element: Element, currency: str | None) -> tuple[Decimal | None, str | None]:
    """The amount before exchange, where it was in another currency."""
    for kind in EXCHANGED:
        amount, other = _money(element, f"AmtDtls/{kind}/Amt")
        if amount is not None and other != currency:
            return amount, other
    return None, None


def _rate(element: Element) -> str | None:
    """The bank's own rate, whichever way it quotes."""
    paths = (f"AmtDtls/{kind}/CcyXchg/XchgRate" for kind in EXCHANGED)
    return next(filter(None, (written_rate(element.findtext(path)) for path in paths)), None)


def _charge(element: Element, currency: str | None) -> Decimal | None:
    """What the bank kept, where it says so in the account's currency; what it gave back is less."""
    total, said = _money(element, "Chrgs/TtlChrgsAndTaxAmt")
    if total is not None:
        return total if total and said == currency else None
    total = Decimal(0)
    for record in (*element.findall("Chrgs/Rcrd"), *element.findall("Chrgs")):
        amount, said = _money(record, "Amt")
        if amount and said != currency:
            return None
        total += (amount or 0) * (-1 if _text(record, "CdtDbtInd") == "CRDT" else 1)
    return total if total > 0 else None


def _sign(element: Element) -> int:
    indicator = _text(element, "CdtDbtInd")
    if indicator not in SIGNS:
        raise BadValue(f"CdtDbtInd is {indicator!r}; known: {', '.join(SIGNS)}")
    return SIGNS[indicator]


def _is_reversal(entry: Element) -> bool:
    return _text(entry, "RvslInd") in ("true", "1")


def _type_code(entry: Element) -> str | None:
    code = entry.find("BkTxCd/Domn")
    if code is None:
        return _text(entry, "BkTxCd/Prtry/Cd")
    parts = (_text(code, path) for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd"))
    return "-".join(filter(None, parts)) or None


def _other_party(element: Element, money_in: bool, entry: Element) -> str | None:
    """Who paid us or whom we paid; a reversal keeps the roles of what it reverses."""
    role = "Dbtr" if money_in != _is_reversal(entry) else "Cdtr"
    parties = (f"RltdPties/{prefix}{role}/" for prefix in ("", "Ultmt"))
    return _text(element, *(party + name for party in parties for name in ("Nm", "Pty/Nm")))
