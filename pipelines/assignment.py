"""Which of the contested proposals make one consistent picture, and in what order all are shown.

Where pairs compete for the same items, the best of each item by itself may give one document to two
payments. So what hangs together is solved as a whole: every item at most once, and the sum of the
weights as great as it can be. Of equal sums the one with fewer days between its pairs, then the one
in the order of time, earlier to earlier. Nothing is linked by it: it says what to look at first.

Everything is an integer and every order is total, so rows in another order give the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Items of a side that are solved together. A square of twice that takes a tenth of a second.
MOST_ITEMS = 200

# What a pair costs that may not be chosen: more than all weights of a component together, and so
# little that sums of it stay whole numbers in the doubles that scipy counts in.
NO_PAIR = 2**40

BEST = "best"
BESIDE = "beside"
TOO_MANY = "too_many"

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A proposed pair, or a pair of a proposed set.

    Args:
        left, right: Places of the items in the order of time, unique on their side over all legs.
        weight: Thousandths of a bit over that of none of them; below 2**31.
        lead: Over the strongest other explanation, in thousandths of a bit.
        days: Between the two, not negative.
        is_set: Stands or falls with others: it is ranked, and takes no part in the picture.
        set_rank: 1 for the better of two sets of the same items.
    """

    left: int
    right: int
    weight: int
    lead: int
    days: int
    is_set: bool = False
    set_rank: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What is said of a proposal.

    Args:
        status: `best` in the picture, `beside` it, `too_many` where too much hangs together to be
            solved; null for a set.
        rank: Place among all proposals that hang together, 1 is looked at first.
    """

    status: str | None
    rank: int


def rank(proposals: Sequence[Proposal]) -> list[Place]:
    """Say of each proposal whether the picture holds it, and when to look at it."""
    status = {number: BESIDE for number, one in enumerate(proposals) if not one.is_set}
    worth = [number for number in status if proposals[number].weight > 0]
    lefts = np.array([one.left for one in proposals], dtype=np.int64)
    rights = np.array([one.right for one in proposals], dtype=np.int64)
    for numbers in _components(lefts, rights, worth):
        chosen = choose([proposals[number] for number in numbers])
        for place, number in enumerate(numbers):
            status[number] = TOO_MANY if chosen is None else BEST if place in chosen else BESIDE

    def order(number: int) -> tuple[int, ...]:
        one = proposals[number]
        is_best = status.get(number) == BEST
        return (
            *(not is_best, -one.lead, -one.weight, one.days),
            *(one.left, one.right, one.set_rank),
        )

    places = [Place(status=None, rank=0)] * len(proposals)
    for numbers in _components(lefts, rights, range(len(proposals))):
        for found, number in enumerate(sorted(numbers, key=order), start=1):
            places[number] = Place(status=status.get(number), rank=found)
    return places


def choose(pairs: Sequence[Proposal]) -> set[int] | None:
    """The pairs, as indices, of the best consistent picture of a component.

    Only a pair that weighs more than none of them can be chosen. Among all ways to give each item
    to one pair at most, the sum of the weights is the greatest, then the sum of the days the
    least, then the earliest items go to the earliest.

    Returns:
        Null if a side has more than MOST_ITEMS items.
    """
    worth = [index for index, pair in enumerate(pairs) if pair.weight > 0]
    lefts = sorted({pairs[index].left for index in worth})
    rights = sorted({pairs[index].right for index in worth})
    if max(len(lefts), len(rights)) > MOST_ITEMS:
        return None
    if min(len(lefts), len(rights)) <= 1:
        best = min(worth, key=lambda index: _alone(pairs[index]), default=None)
        return set() if best is None else {best}
    row_of = {left: row for row, left in enumerate(lefts)}
    column_of = {right: column for column, right in enumerate(rights)}
    rows = np.array([row_of[pairs[index].left] for index in worth])
    columns = np.array([column_of[pairs[index].right] for index in worth])
    values = (
        np.array([pairs[index].weight for index in worth]),
        np.array([-pairs[index].days for index in worth]),
        (len(lefts) - rows) * (len(rights) - columns),
    )
    taken = _solved(rows, columns, values, len(lefts), len(rights))
    return {index for index, is_taken in zip(worth, taken, strict=True) if is_taken}


def _alone(pair: Proposal) -> tuple[int, ...]:
    """Where one item has all the pairs, the picture is one of them: the first in this order."""
    return (-pair.weight, pair.days, pair.left, pair.right)


def _solved(
    rows: Whole, columns: Whole, values: Sequence[Whole], left_count: int, right_count: int
) -> Flags:
    """Which cells the best assignment takes: the greatest sum of the first values, of such that
    of the second, and so on.

    The square has a column of its own for every left item and a row for every right one, which
    mean that it stays alone and are worth nothing.
    """
    size = left_count + right_count
    is_open = np.zeros((size, size), dtype=np.bool_)
    is_open[rows, columns] = True
    is_open[np.arange(left_count), right_count + np.arange(left_count)] = True
    is_open[left_count + np.arange(right_count), np.arange(right_count)] = True
    is_open[left_count:, right_count:] = True
    taken = np.zeros(len(rows), dtype=np.bool_)
    for value in values:
        cost = np.where(is_open, 0, NO_PAIR)
        cost[rows, columns] -= value * is_open[rows, columns]
        _, chosen = linear_sum_assignment(cost)
        taken = chosen[rows] == columns
        is_open &= _in_some_optimum(cost, chosen)
        if is_open[rows, columns].sum() == taken.sum():
            break
    return taken


def _in_some_optimum(cost: Whole, chosen: Whole) -> Flags:
    """The cells of which every optimum is made, and of which every assignment is an optimum.

    They are those without reduced cost. The prices of the columns are the cheapest ways to get one
    by giving up another; at an optimum there is no way round that gains, so this ends.
    """
    dearer = cost - np.take_along_axis(cost, chosen[:, None], axis=1)
    price = np.zeros(len(cost), dtype=np.int64)
    while True:
        cheaper = np.minimum(price, (price[chosen][:, None] + dearer).min(axis=0))
        if np.array_equal(cheaper, price):
            break
        price = cheaper
    has_no_reduced_cost: Flags = dearer + price[chosen][:, None] == price[None, :]
    return has_no_reduced_cost


def _components(lefts: Whole, rights: Whole, numbers: Sequence[int]) -> list[list[int]]:
    """The numbers of the proposals that hang together by their items, each in ascending order."""
    if not len(numbers):
        return []
    chosen = np.asarray(numbers)
    shape = int(lefts.max()) + 1, int(rights.max()) + 1
    ends = lefts[chosen], shape[0] + rights[chosen]
    graph = coo_array((np.ones(len(chosen), dtype=np.bool_), ends), shape=(sum(shape),) * 2)
    _, places = connected_components(graph, directed=False)
    place = places[ends[0]]
    order = place.argsort(kind="stable")
    begins = np.flatnonzero(np.diff(place[order])) + 1
    return [group.tolist() for group in np.split(chosen[order], begins)]
