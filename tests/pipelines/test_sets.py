"""What may make up a deposit: sums exactly, is told apart from its rivals, and is bounded."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import sets
from pipelines.sets import Found, Item, exact_sets, propose

CENT = 100  # a cent in ten-thousandths


def payment(key: str, cents: int, day: int, account: str | None = None) -> Item:
    return Item(
        key=key, amount=cents * CENT, day=day, first=day - 1, last=day + 35, account=account
    )


def deposit(key: str, cents: int, day: int, account: str = "operating") -> Item:
    return Item(key=key, amount=cents * CENT, day=day, account=account)


# Few amounts and few days, so that sums meet by chance and amounts repeat.
PAYMENTS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 6)), max_size=9).map(
    lambda drawn: [payment(f"p{i}", cents, day) for i, (cents, day) in enumerate(drawn)]
)
DEPOSITS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9)), max_size=5).map(
    lambda drawn: [deposit(f"d{i}", cents, day) for i, (cents, day) in enumerate(drawn)]
)


@settings(deadline=None)
@given(deposits=DEPOSITS, payments=PAYMENTS)
def test_every_set_sums_exactly_in_its_days_with_no_payment_twice(
    deposits: list[Item], payments: list[Item]
) -> None:
    known = {item.key: item for item in payments}

    found = propose(deposits, payments)

    assert set(found) == {item.key for item in deposits}
    for item in deposits:
        for keys in found[item.key].sets:
            chosen = [known[key] for key in keys]
            assert sum(each.amount for each in chosen) == item.amount
            assert len(set(keys)) == len(keys)
            assert all(each.first <= item.day <= each.last for each in chosen)
        assert (found[item.key].rule is None) == (not found[item.key].sets)
        assert len(found[item.key].sets) <= 2


@settings(deadline=None)
@given(deposits=DEPOSITS, payments=PAYMENTS, seed=st.integers())
def test_the_order_of_rows_changes_nothing(
    deposits: list[Item], payments: list[Item], seed: int
) -> None:
    chance = random.Random(seed)
    shuffled = chance.sample(deposits, len(deposits)), chance.sample(payments, len(payments))

    assert propose(*shuffled) == propose(deposits, payments)


@settings(deadline=None)
@given(payments=PAYMENTS, cents=st.integers(1, 40))
def test_brute_force_agrees_on_what_is_the_only_set(payments: list[Item], cents: int) -> None:
    [found] = propose([deposit("d", cents, 7)], payments).values()
    pool = [each for each in payments if each.day <= 8]
    multisets = every_set(pool, cents * CENT)

    if found.rule == sets.ONLY_SET:
        assert len(multisets) == found.set_count == 1
    if found.rule == sets.RIVALS:
        assert len(multisets) == found.set_count >= 2
    if found.rule is None:
        assert not multisets or found.is_too_many
    if len(multisets) == 1 and found.rule != sets.WHOLE_DAYS:
        assert found.rule == sets.ONLY_SET


def every_set(pool: Sequence[Item], amount: int) -> set[tuple[int, ...]]:
    return {
        tuple(sorted(each.amount for each in chosen))
        for size in range(1, len(pool) + 1)
        for chosen in combinations(pool, size)
        if sum(each.amount for each in chosen) == amount
    }


@settings(deadline=None)
@given(
    amounts=st.dictionaries(st.integers(1, 30), st.integers(1, 2), max_size=5),
    target=st.integers(1, 90),
)
def test_the_halves_meet_in_every_way_there_is(amounts: dict[int, int], target: int) -> None:
    pool = [
        payment(f"{amount}.{i}", amount, 0)
        for amount, count in amounts.items()
        for i in range(count)
    ]
    expected = every_set(pool, target * CENT)

    ways = exact_sets([(a * CENT, n) for a, n in amounts.items()], target * CENT, 10_000)

    assert ways is not None
    told = {tuple(sorted(Counter(dict(zip(amounts, way, strict=True))).elements())) for way in ways}
    assert len(ways) == len(told)
    assert {tuple(a * CENT for a in each) for each in told} == expected


def test_whole_days_that_leave_nothing_older_go_first() -> None:
    payments = [payment("a", 500, 1), payment("b", 300, 2), payment("c", 800, 3)]

    found = propose([deposit("d", 800, 4)], payments)["d"]

    assert found == Found(rule="deposit_days", sets=(("a", "b"),), set_count=1)


def test_what_a_deposit_takes_leaves_the_till_to_the_next() -> None:
    payments = [payment("a", 500, 1), payment("b", 300, 1), payment("c", 700, 4)]
    payments += [payment("e", 300, 5)]

    found = propose([deposit("d2", 1000, 6), deposit("d1", 800, 2)], payments)

    assert found["d1"].sets == (("b", "a"),)
    assert found["d2"].sets == (("c", "e"),)


def test_deposits_of_one_day_may_have_been_made_in_any_order() -> None:
    payments = [payment("a", 501, 1), payment("b", 302, 1), payment("c", 703, 2)]

    found = propose([deposit("late", 703, 3), deposit("early", 803, 4)], payments)

    assert found["early"].sets[0] == ("b", "a")
    assert found["late"].sets[0] == ("c",)


def test_two_different_sets_are_both_shown_and_the_one_that_leaves_nothing_older_first() -> None:
    payments = [payment("a", 500, 1), payment("b", 300, 2), payment("c", 250, 2)]
    payments += [payment("x", 450, 3), payment("y", 350, 3), payment("z", 111, 3)]

    found = propose([deposit("d", 800, 4)], payments)["d"]

    assert found.rule == "deposit_set_rivals"
    assert found.sets[0] == ("a", "b")
    assert found.set_count == 2
    assert sorted(found.sets[1]) == ["x", "y"]


def test_of_equal_amounts_the_closest_together_and_then_the_oldest_are_taken() -> None:
    payments = [payment("far", 500, 1), payment("odd", 7777, 2), payment("near", 500, 4)]
    payments += [payment("even", 8888, 5), payment("other", 301, 6), payment("same", 301, 6)]

    found = propose([deposit("d", 801, 7)], payments)["d"]

    assert found == Found(rule="deposit_set", sets=(("near", "other"),), set_count=1)


def test_a_till_with_too_many_says_so_and_still_tries_whole_days() -> None:
    chance = random.Random(7)
    payments = [payment(f"p{i}", chance.randrange(100, 99_999), i % 5) for i in range(300)]
    whole = sum(each.amount for each in payments if each.day <= 1)

    unknown = propose([deposit("d", 123_457, 6)], payments)["d"]
    days = propose([deposit("d", whole // CENT, 6)], payments)["d"]

    assert unknown == Found(rule=None, is_too_many=True)
    assert days.rule == "deposit_days"
    assert len(days.sets[0]) == 120


def test_days_that_were_never_deposited_do_not_hide_later_ones() -> None:
    chance = random.Random(7)
    payments = [payment(f"left{day}", chance.randrange(50_000, 99_999), day) for day in range(20)]
    payments += [payment(f"p{i}", chance.randrange(100, 9_999), 20 + i // 10) for i in range(60)]
    payments += [payment("some", 12_345, 26), payment("other", 23_456, 26)]
    paid_in = [each for each in payments if each.key.startswith("p") or each.key == "some"]
    total = sum(each.amount for each in paid_in) // CENT

    found = propose([deposit("d", total, 27)], payments)["d"]

    assert set(found.sets[0]) == {each.key for each in paid_in}


def test_a_payment_of_another_account_or_out_of_its_days_lies_elsewhere() -> None:
    payments = [payment("a", 500, 1, "operating"), payment("b", 300, 1)]
    payments += [payment("c", 800, 1, "savings"), payment("old", 800, -60)]

    found = propose([deposit("d", 800, 3)], payments)["d"]

    assert found.sets == (("b", "a"),)


@pytest.mark.parametrize(("days", "a_day"), [(400, 4), (40, 30), (8, 300)])
def test_a_deposit_is_searched_in_few_sums_whatever_the_till(
    days: int, a_day: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(days)
    payments = [
        payment(f"p{day}-{i}", chance.choice((94_300, chance.randrange(2_000, 250_000))), day)
        for day in range(days)
        for i in range(a_day)
    ]
    deposits = [
        deposit(f"d{i}", chance.randrange(5_000, 900_000), chance.randrange(days))
        for i in range(100)
    ]
    looked_at = []
    of = sets.Sums.of

    def counted(amounts: Sequence[tuple[int, int]], target: int, most: int) -> sets.Sums | None:
        looked_at.append(most)
        return of(amounts, target, most)

    monkeypatch.setattr(sets.Sums, "of", counted)
    propose(deposits, payments)

    assert sum(looked_at) <= len(deposits) * sets.MOST_SUMS
