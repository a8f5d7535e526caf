"""All cases of the list, by number: importing the groups registers them."""

from __future__ import annotations

from tests.cases import amounts, feeds, gateways, payers, references, returns, time
from tests.cases.world import CASES, Case

GROUPS = (amounts, references, payers, time, returns, gateways, feeds)


def all_cases() -> tuple[Case, ...]:
    return tuple(CASES[number] for number in sorted(CASES))


def generated() -> tuple[Case, ...]:
    return tuple(one for one in all_cases() if one.make)
