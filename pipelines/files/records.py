"""What a reader of bank files yields, and how it reads the values in them."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import FileRefused

REMEDY = "nothing of the file was loaded: download it again or ask the bank for a correct one"

WHOLE_DIGITS = 14  # what decimal(18, 4) holds, in which amounts are compared and summed
DECIMALS = 9  # what raw tables hold

# \d would take the digits of every script
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_RATE = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,10})?")
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?![0-9](?![0-9]))")


class Statement(NamedTuple):
    """One account's part of a file, yielded after its last line. Amounts are signed."""

    statement_number: int
    file_format: str
    account_number: str
    currency_code: str | None = None
    statement_id: str | None = None
    bank_code: str | None = None
    account_type: str | None = None
    sequence_number: str | None = None
    opening_amount: Decimal | None = None
    opening_date: datetime.date | None = None
    closing_amount: Decimal | None = None
    closing_date: datetime.date | None = None
    period_start: datetime.date | None = None
    period_end: datetime.date | None = None
    line_count: int = 0


class Line(NamedTuple):
    """One entry. `amount` is signed as the account sees it: money in is positive.

    `line_number` counts the lines of a statement as the file has them; `line_order` is the order
    in which they happened, which in a file with the newest first is the reverse. `exchange_rate` is
    the bank's own, as written and whichever way it quotes; `charge_amount` is what the bank kept,
    in the line's currency.
    """

    statement_number: int
    line_number: int
    line_order: int
    file_format: str
    account_number: str
    booking_date: datetime.date
    amount: Decimal
    value_date: datetime.date | None = None
    currency_code: str | None = None
    status: str = "booked"
    native_id: str | None = None
    type_code: str | None = None
    is_reversal: bool = False
    counterparty_name: str | None = None
    description: str | None = None
    reference: str | None = None
    check_number: str | None = None
    end_to_end_reference: str | None = None
    original_amount: Decimal | None = None
    original_currency_code: str | None = None
    exchange_rate: str | None = None
    charge_amount: Decimal | None = None
    corrects_native_id: str | None = None
    correction_action: str | None = None
    running_balance_amount: Decimal | None = None


class Detail(NamedTuple):
    """One transaction inside a line: what a batch is made of. It moves no money of its own.

    `amount` is signed like its line, and null where the file repeats none.
    """

    statement_number: int
    line_number: int
    detail_number: int
    native_id: str | None = None
    amount: Decimal | None = None
    currency_code: str | None = None
    counterparty_name: str | None = None
    end_to_end_reference: str | None = None
    reference: str | None = None
    description: str | None = None
    return_reason: str | None = None


Record = Statement | Line | Detail


class BadValue(ValueError):
    """A value that cannot be read exactly. The reader adds file and place."""

    def __init__(self, problem: object, line: int | None = None) -> None:
        super().__init__(str(problem))
        self.line = line


def refused(path: Path, place: str | None, problem: object, remedy: str = REMEDY) -> FileRefused:
    """The one line a person reads about a file that was not loaded."""
    where = f"{path.name}: {place}" if place else path.name
    return FileRefused(f"{where}: {problem}; {remedy}")


def decimal_amount(text: str, *, what: str = "amount", decimal_mark: str = ".") -> Decimal:
    """An amount as a bank prints it, exactly.

    The mark that is not the decimal mark may group digits, in threes. `1e3`, `NaN` and an amount
    that the tables cannot hold are refused.
    """
    shown = text.strip()
    plain = shown.replace(" ", "").replace("\u00a0", "").replace("\u202f", "").replace("'", "")
    if decimal_mark == ",":
        plain = plain.translate({ord(","): ".", ord("."): ","})
    if _PLAIN.fullmatch(plain) is None:
        if _GROUPED.fullmatch(plain) is None:
            raise BadValue(f"{what} {_short(shown)} is not an amount with decimal {decimal_mark!r}")
        plain = plain.replace(",", "")
    value = Decimal(plain)
    if value and (value.adjusted() >= WHOLE_DIGITS or value != round(value, DECIMALS)):
        raise BadValue(
            f"{what} {_short(shown)} has more than {WHOLE_DIGITS} digits or {DECIMALS} decimals"
        )
    return value


@lru_cache(maxsize=4096)
def written_date(text: str, what: str = "date") -> datetime.date:
    """The day as written at the start of an ISO or OFX date, whatever time and zone follow."""
    match = _DAY.match(text.strip())
    try:
        if match is None:
            raise ValueError
        return plausible(datetime.date(*map(int, match.groups())))
    except ValueError:
        raise BadValue(f"{what} {_short(text)} is no day of the calendar") from None


def plausible(day: datetime.date) -> datetime.date:
    """A day on which a bank of today can have booked something."""
    if not 1950 <= day.year < 2200:
        raise ValueError(day)
    return day


def clean(text: str | None) -> str | None:
    """Text with its runs of white space as one blank; nothing as None."""
    return (" ".join(text.split()) or None) if text else None


def joined(*parts: str | None) -> str | None:
    """The parts that say something, each once, with a blank between."""
    return " ".join(dict.fromkeys(filter(None, parts))) or None


def written_rate(text: str | None) -> str | None:
    """A rate of exchange as written, with a decimal point; what is none says nothing."""
    plain = (text or "").strip().replace(",", ".")
    return plain if _RATE.fullmatch(plain) and Decimal(plain) else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")
