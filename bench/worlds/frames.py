"""Columns, codes and the calendar that all parts of a simulated world share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Frame = dict[str, Column]

MONTHS = 18
FIRST_DAY = np.datetime64("2025-01-01", "D")
EDGES = (
    (np.datetime64("2025-01", "M") + np.arange(MONTHS + 1)).astype("datetime64[D]").astype(np.int64)
)
END = int(EDGES[-1]) - 1
CURRENCIES = ("USD", "CAD")
CHANNELS = ("ach", "p2p", "card", "check", "cash", "wire", "eft")
ACH, P2P, CARD, CHECK, CASH, WIRE, EFT = range(len(CHANNELS))
METHODS = ("ach", "ach", "card", "check", "cash", "wire", "eft")
SELF, RELATIVE, PAYEE, AGENCY, VENDOR, STRANGER = range(6)
ROOM, CARE, SUPPLEMENT, EXTRA, CREDIT, BILL = range(6)
HOMES_PER_SITE = 15
NO_LIST, REMITTANCE, IN_MEMO = range(3)


class Ledger:
    """Money events and the documents each is about, gathered in chunks."""

    def __init__(self) -> None:
        self.count = 0
        self.chunks: list[Frame] = []
        self.about: list[Frame] = []

    def add(self, size: int, **columns: Any) -> Column:
        """Events of `size` rows; a scalar stands for all of them. Returns their indices."""
        defaults: dict[str, Any] = {"out": 0, "returned": 0, "remitted": NO_LIST, "of": -1}
        self.chunks.append(spread(size, defaults | columns))
        self.count += size
        return np.arange(self.count - size, self.count)

    def mention(
        self, event: Column, document: Column, amount: Any, story: Any, settled: Any = 1
    ) -> None:
        """An event is about a document; `settled` says that it truly reduces it by `amount`."""
        row = {"event": event, "document": document, "amount": amount}
        self.about.append(spread(len(event), row | {"story": story, "settled": settled}))

    def closed(self) -> tuple[Frame, Frame]:
        """What happened until the last day."""
        events, about = stacked(self.chunks), stacked(self.about)
        kept = events["day"] <= END
        place = np.cumsum(kept) - 1
        about = taken(about, kept[about["event"]])
        about["event"] = place[about["event"]]
        known = events["of"] >= 0
        known[known] = kept[events["of"][known]]
        events["of"] = np.where(known, place[events["of"]], -1)
        return taken(events, kept), about


def spread(size: int, columns: dict[str, Any]) -> Frame:
    return {
        name: np.broadcast_to(np.asarray(values, dtype=np.int64), size).copy()
        for name, values in columns.items()
    }


def stacked(frames: Sequence[Frame]) -> Frame:
    return {name: np.concatenate([frame[name] for frame in frames]) for name in frames[0]}


def taken(frame: Frame, rows: Column) -> Frame:
    return {name: values[rows] for name, values in frame.items()}


def cents(values: Column) -> Column:
    return np.rint(values).astype(np.int64)


def whole_dollars(values: Column) -> Column:
    return cents(values / 100) * 100


def sums(group: Column, amounts: Column, size: int) -> Column:
    """Sum per group. Cents of one group stay far below 2**53, so the detour is exact."""
    return cents(np.bincount(group, weights=amounts, minlength=size))


def business(days: Column) -> Column:
    """The same day, or the Monday after a weekend. Day 0 was a Thursday."""
    weekday = (days + 3) % 7
    return np.where(weekday > 4, days + 7 - weekday, days)


def day_text(days: Column) -> list[str]:
    """ISO dates of day numbers."""
    first = int(days.min()) if len(days) else 0
    span = int(days.max()) - first + 1 if len(days) else 0
    names = [date.fromordinal(719_163 + first + each).isoformat() for each in range(span)]
    return [names[each - first] for each in days.tolist()]
