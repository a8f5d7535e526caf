"""The calendar of the world's banks."""

from datetime import date, timedelta
from functools import cache, lru_cache


def month_start(day: date, months: int = 0) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


@lru_cache
def holidays(year: int) -> frozenset[date]:
    """The days on which US banks move no money."""

    def nth(month: int, weekday: int, n: int) -> date:
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1))

    last_monday_of_may = nth(6, 0, 1) - timedelta(7)
    fixed = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
    moving = (nth(1, 0, 3), nth(2, 0, 3), last_monday_of_may, nth(9, 0, 1), nth(10, 0, 2))
    return frozenset((*(date(year, *day) for day in fixed), *moving, nth(11, 3, 4)))


@cache
def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


def business_day(day: date, later: int = 0) -> date:
    """The first business day at or after `day`, and `later` business days on."""
    while not is_business_day(day):
        day += timedelta(1)
    for _ in range(later):
        day += timedelta(1)
        while not is_business_day(day):
            day += timedelta(1)
    return day
