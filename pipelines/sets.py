"""Which recorded payments may make up which deposit, where no slip says so.

A sum alone proves nothing, so all that is found here is proposed and never linked. What people do
with a till is evidence of its own: the oldest money goes first. So the deposits of a till are
walked in the bank's order, each taking the oldest free payments: whole days and, of the last day,
those that meet the sum. Several such walks are kept beside each other, since a wrong step makes
the next deposits impossible; the one that leaves least unexplained wins. What the walk leaves is
searched for sets among all that is still free, and a set counts as the only one if every other
was looked at.

Everything is an integer: amounts in ten-thousandths, days as numbers. Every order is total, so
rows in another order give the same answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, groupby, islice
from operator import attrgetter, itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# What a search looks at. Beyond a bound the answer is "too many", never "no other set".
MOST_IN_POOL = 60  # payments: beyond, other sets of the same sum are all but certain
MOST_SUMS = 16_384  # sums of each half of a pool, so 28 different amounts: about a millisecond
MOST_DAY_SUMS = 4_096  # of each half of a day, so 24 different amounts
MOST_AT_HAND = 10  # payments of a day of which all sums are kept as a set, for a quick no
MOST_SETS = 2  # different sets: as many as are shown; a third says that nothing is told apart
MOST_PARTS = 4  # ways in which one day's payments meet what a deposit lacks
ROUNDS = 3  # of the search: what is found leaves less to the rest

# What the walk looks at. Where a till keeps to the order of days these are seldom reached.
MOST_WALKS = 8  # beside each other: with 4 a twentieth fewer deposits are right, with 16 no more
MOST_ORDERS = 6  # deposits of one day that may have been made first
MOST_STEPS = 4  # cheapest ways to explain one deposit
MOST_STARTS = 8  # days, or single payments, that a step may leave behind
MOST_FREE = 500  # free payments remembered, the newest: a till with more has lost its order
MOST_KNOWN = 500  # days, and tills as they lay, of which the answers are kept at hand
BOOKED_TOGETHER = 1  # days: the bank books deposits made together on that day and the next

# What a step costs. To explain a deposit is worth leaving something older in the till, but not
# leaving it there and taking what the till should have given weeks ago.
LEAVES_ONE = 2
LEAVES_SOME = 3
UNEXPLAINED = 4
STALE = 2
USUAL_DAYS = 8  # that money lies in a till
HOPELESS = 5  # a walk that much dearer than the best is given up

WHOLE_DAYS = "deposit_days"
OLDEST = "deposit_oldest"
ONLY_SET = "deposit_set"
RIVALS = "deposit_set_rivals"


Flags = npt.NDArray[np.bool_]
Half = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A payment that lies in the till, or a deposit.

    Args:
        amount: Positive, in ten-thousandths of the major unit.
        day: Of the payment or the booking, as a number.
        first, last: Between which days a payment's deposit may be booked; of no use on a deposit.
        account: Null on a payment fits any; a deposit has one.
    """

    key: str
    amount: int
    day: int
    first: int = 0
    last: int = 0
    account: str | None = None

    @cached_property
    def order(self) -> tuple[int, int, str]:
        return (self.day, self.amount, self.key)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is proposed for one deposit: sets of payment keys, the best first.

    Args:
        rule: Null if nothing is proposed.
        set_count: Different sets seen; further ones may exist if `is_too_many`.
        is_too_many: Nobody can say that there is no other set.
    """

    rule: str | None
    sets: tuple[tuple[str, ...], ...] = ()
    set_count: int = 0
    is_too_many: bool = False


class Step(NamedTuple):
    """One way to explain a deposit from what is free: indices of payments, ascending."""

    taken: tuple[int, ...]
    cost: int
    left: int
    is_whole_days: bool


class Link(NamedTuple):
    """A step of a walk and the one before it; null where the deposit stays unexplained."""

    before: Link | None
    number: int
    step: Step | None


class Day:
    """Payments of one day that lie in the till together. A till makes each such day only once, so
    two of them are the same if they are one object.

    Args:
        payments: Of the till.
        lying: Indices of those that lie there, ascending.
    """

    __slots__ = ("accounts", "day", "first", "last", "lying", "parts", "total", "totals")

    def __init__(self, payments: Sequence[Item], lying: tuple[int, ...]) -> None:
        items = [payments[index] for index in lying]
        self.lying = lying
        self.day = items[0].day
        # A deposit between these days may hold all of them, if it is of their account.
        self.first = max([item.first for item in items])
        self.last = min([item.last for item in items])
        self.accounts = frozenset([item.account for item in items])
        self.total = sum([item.amount for item in items])
        self.parts = Parts(payments, lying)
        self.totals = self.parts.totals


class Parts:
    """What payments of one day add up to, each answer worked out once.

    Args:
        payments, lying: As of a day.
    """

    def __init__(self, payments: Sequence[Item], lying: tuple[int, ...]) -> None:
        self.totals = _totals([payments[index].amount for index in lying])
        self._payments = payments
        self._lying = lying
        self._known: dict[int, list[tuple[int, ...]]] = {}

    def of(self, amount: int) -> list[tuple[int, ...]]:
        """The payments that add up to an amount, in each way; none if too many do."""
        if self.totals is not None and amount not in self.totals:
            return []
        if amount not in self._known:
            ways = self._sums.ways(amount, MOST_PARTS) if self._sums else None
            self._known[amount] = [
                tuple(
                    sorted(
                        index
                        for same, count in zip(self._groups, way, strict=True)
                        for index in same[:count]
                    )
                )
                for way in ways or ()
            ]
        return self._known[amount]

    @cached_property
    def _groups(self) -> list[tuple[int, ...]]:
        return _alike(self._payments, self._lying)

    @cached_property
    def _sums(self) -> Sums | None:
        if len(self._lying) > MOST_IN_POOL:
            return None
        amounts = [(self._payments[same[0]].amount, len(same)) for same in self._groups]
        everything = sum(amount * count for amount, count in amounts)
        return Sums.of(amounts, everything, MOST_DAY_SUMS)


Free = tuple[Day, ...]  # in their order


class Lying(NamedTuple):
    """What a deposit may hold.

    Args:
        sums: What lies there before each day, and in all.
        oldest: Payments, one of which a step may leave behind.
        left: What each of them comes to, and then what each row of oldest days does.
    """

    days: Free
    sums: list[int]
    oldest: list[int]
    left: list[int]


class Walk(NamedTuple):
    """One way to explain the deposits so far.

    Args:
        left: How many older payments its steps left behind; the fewer, the better.
        waiting: Indices of deposits met and not yet taken, ascending.
        steps: From the last to the first.
    """

    cost: int
    left: int
    free: Free
    waiting: tuple[int, ...]
    steps: Link | None


# A walk and what it may do next, with the cost and what is left behind after it: not yet a walk,
# since few of them are kept.
Onward = tuple[int, int, Walk, int, Step | None]


def propose(deposits: Sequence[Item], payments: Sequence[Item]) -> dict[str, Found]:
    """What may make up each deposit of one till: one entity and one currency."""
    return Till(deposits, payments).proposals()


class Till:
    """The deposits and payments of one till in their order, and what was worked out of them."""

    def __init__(self, deposits: Sequence[Item], payments: Sequence[Item]) -> None:
        self.deposits = sorted(deposits, key=lambda item: item.order)
        self.payments = sorted(payments, key=lambda item: item.order)
        self._amounts = [payment.amount for payment in self.payments]
        self._units = np.array(self._amounts, dtype=np.int64)
        self._first = [payment.first for payment in self.payments]
        self._last = [payment.last for payment in self.payments]
        self._firsts = np.array(self._first, dtype=np.int64)
        self._lasts = np.array(self._last, dtype=np.int64)
        self._accounts = [payment.account for payment in self.payments]
        self._places: dict[str | None, int] = {None: 0}
        for account in self._accounts:
            self._places.setdefault(account, len(self._places))
        placed = [self._places[account] for account in self._accounts]
        self._placed = np.array(placed, dtype=np.int64)
        # The last day of any payment so far and the first of any from there on: both ascend.
        self._latest = np.maximum.accumulate(self._lasts)
        self._earliest = np.minimum.accumulate(self._firsts[::-1])[::-1]
        self._days: dict[tuple[int, ...], Day] = {}
        self._lyings: dict[tuple[int, str | None, Free], Lying] = {}
        self._explained: dict[tuple[int, Free], list[Step]] = {}

    def proposals(self) -> dict[str, Found]:
        """What may make up each deposit, by its key."""
        steps = self._walked()
        used = np.zeros(len(self.payments), dtype=np.bool_)
        for step in steps.values():
            used[list(step.taken)] = True
        found = {number: self._stated(number, step, used) for number, step in steps.items()}
        rest = [number for number in range(len(self.deposits)) if number not in steps]
        pools: dict[int, list[int]] = {}
        for _ in range(ROUNDS):
            open_still = []
            for number in rest:
                pool = self._pool(number, used)
                if pool == pools.get(number):
                    open_still.append(number)
                    continue
                pools[number] = pool
                found[number], sets = self._search(number, pool)
                if found[number].rule == ONLY_SET:
                    used[list(sets[0])] = True
                else:
                    open_still.append(number)
            if len(open_still) == len(rest):
                break
            rest = open_still
        return {deposit.key: found[number] for number, deposit in enumerate(self.deposits)}

    # the walk

    def _walked(self) -> dict[int, Step]:
        """The cheapest walk's step of each deposit that it explains."""
        walks = [Walk(cost=0, left=0, free=(), waiting=(), steps=None)]
        met = arrived = 0
        for _ in self.deposits:
            # Those booked together with the first that waits may have been made before it.
            first = min((walk.waiting[0] for walk in walks if walk.waiting), default=met)
            today = self.deposits[first].day
            begin = met
            while met < len(self.deposits) and self.deposits[met].day <= today + BOOKED_TOGETHER:
                met += 1
            new_waiting = tuple(range(begin, met))
            begin = arrived
            while (
                arrived < len(self.payments)
                and self.payments[arrived].first <= today + BOOKED_TOGETHER
            ):
                arrived += 1
            if len(self._days) > MOST_KNOWN:
                self._days = {day.lying: day for walk in walks for day in walk.free}
            new_free = self._by_day(range(begin, arrived))
            onward: list[Onward] = []
            for walk in walks:
                free = self._free(walk.free, new_free, today)
                waiting = walk.waiting + new_waiting
                onward += self._onward(Walk(walk.cost, walk.left, free, waiting, walk.steps))
            walks = self._cheapest(onward)
        steps: dict[int, Step] = {}
        link = walks[0].steps
        while link:
            if link.step:
                steps[link.number] = link.step
            link = link.before
        return steps

    def _day(self, lying: tuple[int, ...]) -> Day:
        """The one day of these payments."""
        if lying not in self._days:
            self._days[lying] = Day(self.payments, lying)
        return self._days[lying]

    def _by_day(self, payments: Iterable[int]) -> Free:
        days = groupby(payments, key=lambda index: self.payments[index].day)
        return tuple(self._day(tuple(lying)) for _, lying in days)

    def _free(self, free: Free, new: Free, today: int) -> Free:
        """The free payments and the new ones, without those that came too early for today."""
        if free and new and free[-1].day == new[0].day:
            free = (*free[:-1], self._day(free[-1].lying + new[0].lying), *new[1:])
        else:
            free += new
        stale = [day for day in free if day.last < today]
        gone = {index for day in stale for index in day.lying if self._last[index] < today}
        surplus = sum([len(day.lying) for day in free]) - len(gone) - MOST_FREE
        if surplus > 0:
            kept = (index for day in free for index in day.lying if index not in gone)
            gone.update(islice(kept, surplus))
        return self._without(free, gone, max(gone)) if gone else free

    def _onward(self, walk: Walk) -> list[Onward]:
        """The walk with one more deposit explained, in each way, or the first left unexplained."""
        first = walk.waiting[0]
        until = self.deposits[first].day + BOOKED_TOGETHER
        onward: list[Onward] = [(walk.cost + UNEXPLAINED, walk.left, walk, first, None)]
        for number in walk.waiting[:MOST_ORDERS]:
            deposit = self.deposits[number]
            if deposit.day > until:
                break
            place = (deposit.day, deposit.account, walk.free)
            lying = self._lyings.get(place)
            if lying is None:
                if len(self._lyings) == MOST_KNOWN:
                    self._lyings.clear()
                lying = self._lyings[place] = self._lying(deposit, walk.free)
            search = (number, lying.days)
            if search not in self._explained:
                if len(self._explained) == MOST_KNOWN:
                    self._explained.clear()
                self._explained[search] = self._steps(deposit, lying)
            for step in self._explained[search]:
                onward.append((walk.cost + step.cost, walk.left + step.left, walk, number, step))
        return onward

    def _cheapest(self, onward: list[Onward]) -> list[Walk]:
        onward.sort(key=itemgetter(0, 1))
        kept: list[Walk] = []
        seen = set()
        for each in onward:
            if each[0] > onward[0][0] + HOPELESS or len(kept) == MOST_WALKS:
                break
            walk = self._taken(each)
            state = (walk.waiting, walk.free)
            if state not in seen:
                seen.add(state)
                kept.append(walk)
        return kept

    def _taken(self, onward: Onward) -> Walk:
        """The walk after a step."""
        cost, left, walk, number, step = onward
        return Walk(
            cost=cost,
            left=left,
            free=self._without(walk.free, set(step.taken), step.taken[-1]) if step else walk.free,
            waiting=tuple([other for other in walk.waiting if other != number]),
            steps=Link(walk.steps, number, step),
        )

    def _without(self, free: Free, gone: set[int], latest: int) -> Free:
        """The free payments but those that are gone, of which the latest is known."""
        days: list[Day] = []
        for place, day in enumerate(free):
            if day.lying[0] > latest:
                days += free[place:]
                break
            if gone.isdisjoint(day.lying):
                days.append(day)
            elif rest := tuple([index for index in day.lying if index not in gone]):
                days.append(self._day(rest))
        return tuple(days)

    def _lying(self, deposit: Item, free: Free) -> Lying:
        """What of the free payments a deposit may hold."""
        booked, accounts = deposit.day, {None, deposit.account}
        first, last, account = self._first, self._last, self._accounts
        days = []
        for day in free:
            if day.first <= booked <= day.last and day.accounts <= accounts:
                days.append(day)
            elif fitting := tuple(
                [
                    index
                    for index in day.lying
                    if first[index] <= booked <= last[index] and account[index] in accounts
                ]
            ):
                days.append(self._day(fitting))
        sums = list(accumulate([day.total for day in days], initial=0))
        oldest = [index for day in days[:MOST_STARTS] for index in day.lying][:MOST_STARTS]
        left = [self._amounts[index] for index in oldest] + sums[1:-1][: MOST_STARTS - 1]
        return Lying(tuple(days), sums, oldest, left)

    def _steps(self, deposit: Item, lying: Lying) -> list[Step]:
        """The oldest free payments that add up to a deposit; if none do, those that leave some;
        at last days together from anywhere, however much lies there since before."""
        days, sums, oldest, lefts = lying
        amount, everything = deposit.amount, sums[-1]
        steps = self._run(deposit, lying, 0)
        if not steps:
            for place, left in enumerate(lefts):
                wanted = amount + left
                if wanted > everything:
                    continue
                end = bisect_left(sums, wanted)
                totals = days[end - 1].totals
                if totals is not None and wanted - sums[end - 1] not in totals:
                    continue
                if place < len(oldest):
                    steps += self._run(deposit, lying, 0, without=oldest[place])
                else:
                    steps += self._run(deposit, lying, place - len(oldest) + 1)
        if not steps:
            ends = set(sums)
            for start, left in enumerate(sums[MOST_STARTS:-1], start=MOST_STARTS):
                if amount + left in ends:
                    steps += self._run(deposit, lying, start)
        if not steps:
            for start in range(MOST_STARTS, len(days)):
                wanted = amount + sums[start]
                if wanted > everything:
                    break
                steps += self._run(deposit, lying, start)
        steps.sort(key=attrgetter("cost", "left"))
        return steps[:MOST_STEPS]

    def _run(
        self, deposit: Item, lying: Lying, start: int, without: int | None = None
    ) -> list[Step]:
        """Whole days from `start`, and of the last one a part, that add up to a deposit."""
        days, sums = lying.days, lying.sums
        wanted = sums[start] + deposit.amount
        if without is not None:
            wanted += self._amounts[without]
        if wanted > sums[-1]:
            return []
        end = bisect_left(sums, wanted)
        last = days[end - 1]
        lacking = wanted - sums[end - 1]
        if without is not None and without >= last.lying[0]:
            return []
        is_whole = lacking == last.total
        parts = [last.lying] if is_whole else last.parts.of(lacking)
        if not parts:
            return []
        body = tuple(
            [index for day in days[start : end - 1] for index in day.lying if index != without]
        )
        left = sum([len(day.lying) for day in days[:start]]) + (without is not None)
        cost = LEAVES_SOME if start else LEAVES_ONE if left else 0
        cost += STALE if deposit.day - last.day > USUAL_DAYS else 0
        is_whole_days = is_whole and without is None
        return [Step(body + part, cost, left, is_whole_days) for part in parts]

    def _stated(self, number: int, step: Step, used: Flags) -> Found:
        """What a step says, and whether another set of what lies in no other deposit would do."""
        if step.is_whole_days:
            return Found(rule=WHOLE_DAYS, sets=(self._keys(step.taken),), set_count=1)
        used = used.copy()
        used[list(step.taken)] = False
        found, sets = self._search(number, self._pool(number, used))
        if found.is_too_many:
            return Found(rule=OLDEST, sets=(self._keys(step.taken),), set_count=1, is_too_many=True)
        others = [chosen for chosen in sets if self._worth(chosen) != self._worth(step.taken)]
        best = (step.taken, *others)[:2]
        return replace(found, sets=tuple(self._keys(chosen) for chosen in best))

    def _worth(self, chosen: tuple[int, ...]) -> list[int]:
        return sorted(self._amounts[index] for index in chosen)

    # the search

    def _search(self, number: int, pool: list[int]) -> tuple[Found, list[tuple[int, ...]]]:
        """The sets of a pool that add up to a deposit, the best first, or too many to say."""
        many = Found(rule=None, is_too_many=True)
        target = self.deposits[number].amount
        if len(pool) > MOST_IN_POOL:
            return many, []
        groups = _alike(self.payments, pool)
        sets = exact_sets(
            [(self.payments[same[0]].amount, len(same)) for same in groups], target, MOST_SETS
        )
        if sets is None:
            return many, []
        if not sets:
            return Found(rule=None), []
        picked = sorted(
            (self._picked(groups, counts) for counts in sets),
            key=lambda chosen: (self._left(chosen, pool), self._span(chosen), chosen),
        )
        rule = ONLY_SET if len(sets) == 1 else RIVALS
        found = Found(
            rule=rule,
            sets=tuple(self._keys(chosen) for chosen in picked[:2]),
            set_count=len(sets),
        )
        return found, picked

    def _picked(self, groups: list[tuple[int, ...]], counts: tuple[int, ...]) -> tuple[int, ...]:
        """Of equal amounts those that lie closest together, and of such the oldest."""
        wanted = [(same, count) for same, count in zip(groups, counts, strict=True) if count]
        best: tuple[int, tuple[int, ...]] | None = None
        for start in sorted({self.payments[index].day for same, _ in wanted for index in same}):
            chosen: list[int] = []
            for same, count in wanted:
                later = [index for index in same if self.payments[index].day >= start][:count]
                if len(later) < count:
                    break
                chosen += later
            else:
                taken = tuple(sorted(chosen))
                if best is None or self._span(taken) < best[0]:
                    best = (self._span(taken), taken)
                continue
            break
        assert best is not None
        return best[1]

    def _span(self, chosen: tuple[int, ...]) -> int:
        return self.payments[chosen[-1]].day - self.payments[chosen[0]].day

    def _left(self, chosen: tuple[int, ...], pool: list[int]) -> int:
        """How many payments of an earlier day than its last the set leaves in the till."""
        last = self.payments[chosen[-1]].day
        older = sum(self.payments[index].day < last for index in pool)
        return older - sum(self.payments[index].day < last for index in chosen)

    def _pool(self, number: int, used: Flags) -> list[int]:
        """What a deposit may hold of the payments that are in no other; no more than tells that it
        is too many."""
        deposit = self.deposits[number]
        begin = int(self._latest.searchsorted(deposit.day))
        near = slice(begin, max(begin, int(self._earliest.searchsorted(deposit.day, side="right"))))
        fitting = (
            (self._firsts[near] <= deposit.day)
            & (self._lasts[near] >= deposit.day)
            & (self._units[near] <= deposit.amount)
            & ~used[near]
            & (
                (self._placed[near] == 0)
                | (self._placed[near] == self._places.get(deposit.account, 0))
            )
        )
        pool: list[int] = (fitting.nonzero()[0][: MOST_IN_POOL + 1] + begin).tolist()
        return pool

    def _keys(self, chosen: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self.payments[index].key for index in chosen)


def _alike(payments: Sequence[Item], pool: Sequence[int]) -> list[tuple[int, ...]]:
    """Indices of equal amounts together, the oldest first; the largest amounts first."""
    groups: dict[int, list[int]] = {}
    for index in pool:
        groups.setdefault(payments[index].amount, []).append(index)
    return [tuple(groups[amount]) for amount in sorted(groups, reverse=True)]


def _totals(amounts: Sequence[int]) -> set[int] | None:
    """All that some amounts can add up to; null if it is too much to hold."""
    if len(amounts) > MOST_AT_HAND:
        return None
    totals = {0}
    for amount in amounts:
        totals |= {total + amount for total in totals}
    return totals


def exact_sets(
    amounts: Sequence[tuple[int, int]], target: int, most: int
) -> list[tuple[int, ...]] | None:
    """Every way to add up to a target, as how often each amount is taken.

    Args:
        amounts: Different positive amounts, each with how often it is there.
        most: How many ways are worth telling.

    Returns:
        The ways in a fixed order; null if there are more of them, or more sums than can be held.
    """
    sums = Sums.of(amounts, target, MOST_SUMS)
    return sums.ways(target, most) if sums else None


class Sums:
    """All that some amounts can add up to: each half in every way, to be met in the middle."""

    def __init__(self, amounts: Sequence[tuple[int, int]], left: Half, right: Half) -> None:
        self.amounts = amounts
        # What a left sum lacks to a target then ascends, which is quicker to look up.
        falling = left[0].argsort()[::-1]
        self._left_sums, self._left_codes = left[0][falling], left[1][falling]
        rising = right[0].argsort()
        self._right_sums, self._right_codes = right[0][rising], right[1][rising]

    @classmethod
    def of(cls, amounts: Sequence[tuple[int, int]], target: int, most: int) -> Sums | None:
        """The sums up to a target; null if there are too many."""
        left = _added_up(amounts[0::2], target, most)
        right = _added_up(amounts[1::2], target, most) if left else None
        return cls(amounts, left, right) if left and right else None

    def ways(self, target: int, most: int) -> list[tuple[int, ...]] | None:
        """The ways to a target in a fixed order, as how often each amount is taken; null if more
        than `most`."""
        wanted = target - self._left_sums
        begins = self._right_sums.searchsorted(wanted)
        begins[begins == len(self._right_sums)] = 0  # larger than all: equal to none
        places = (self._right_sums[begins] == wanted).nonzero()[0]
        if len(places) > most:
            return None
        begins = begins[places]
        ends = self._right_sums.searchsorted(wanted[places], side="right")
        if int((ends - begins).sum()) > most:
            return None
        ways = []
        for place, begin, end in zip(places, begins, ends, strict=True):
            for met in range(begin, end):
                way = [0] * len(self.amounts)
                way[0::2] = _decoded(int(self._left_codes[place]), self.amounts[0::2])
                way[1::2] = _decoded(int(self._right_codes[met]), self.amounts[1::2])
                ways.append(tuple(way))
        return sorted(ways, reverse=True)


def _added_up(amounts: Sequence[tuple[int, int]], target: int, most: int) -> Half | None:
    """All sums up to the target, each with a code that says how often each amount is in it."""
    sums = np.zeros(1, dtype=np.int64)
    codes = np.zeros(1, dtype=np.int64)
    stride, largest = 1, 0
    for amount, count in amounts:
        fitting_count = min(count, target // amount)
        if len(sums) * (fitting_count + 1) > 4 * most:
            return None
        taken = np.arange(fitting_count + 1, dtype=np.int64)[:, None]
        sums = (sums + taken * amount).ravel()
        codes = (codes + taken * stride).ravel()
        largest += fitting_count * amount
        if largest > target:
            fitting = (sums <= target).nonzero()[0]
            sums, codes = sums[fitting], codes[fitting]
        if len(sums) > most:
            return None
        stride *= count + 1
    return sums, codes


def _decoded(code: int, amounts: Sequence[tuple[int, int]]) -> list[int]:
    counts = []
    for _, count in amounts:
        code, taken = divmod(code, count + 1)
        counts.append(taken)
    return counts
