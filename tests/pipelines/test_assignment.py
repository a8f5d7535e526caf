"""The best consistent picture: no item twice, no worse than greedy, exact, whatever the order."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.assignment import BESIDE, BEST, MOST_ITEMS, TOO_MANY, Place, Proposal, choose, rank


def pair(left: int, right: int, weight: int, days: int = 0, lead: int = 0) -> Proposal:
    return Proposal(left=left, right=right, weight=weight, days=days, lead=lead)


def drawn(side: int, most: int, weights: st.SearchStrategy[int]) -> st.SearchStrategy:
    """Pairs of few items, so that they compete, and of few weights and days, so that they tie."""
    item = st.integers(0, side - 1)
    one = st.builds(pair, item, item, weights, st.integers(0, 3), st.integers(-2, 2))
    return st.lists(one, max_size=most, unique_by=lambda found: (found.left, found.right))


SMALL = drawn(4, 9, st.integers(-1, 3))
LARGE = drawn(12, 60, st.integers(-50, 30_000) | st.integers(1, 2))


def value(pairs: Sequence[Proposal], chosen: set[int]) -> tuple[int, int, int]:
    """What the picture is judged by: weights, days, and earlier items with earlier ones."""
    worth = [one for one in pairs if one.weight > 0]
    lefts = sorted({one.left for one in worth}, reverse=True)
    rights = sorted({one.right for one in worth}, reverse=True)
    picked = [pairs[index] for index in chosen]
    return (
        sum(one.weight for one in picked),
        -sum(one.days for one in picked),
        sum((lefts.index(one.left) + 1) * (rights.index(one.right) + 1) for one in picked),
    )


def is_consistent(pairs: Sequence[Proposal], chosen: set[int]) -> bool:
    lefts = [pairs[index].left for index in chosen]
    rights = [pairs[index].right for index in chosen]
    return len(set(lefts)) == len(lefts) and len(set(rights)) == len(rights)


def every_picture(pairs: Sequence[Proposal]) -> Iterator[set[int]]:
    """Every way to choose pairs of some weight, each item at most once."""
    pictures: list[set[int]] = [set()]
    for index, one in enumerate(pairs):
        if one.weight > 0:
            pictures += [
                grown for chosen in pictures if is_consistent(pairs, grown := chosen | {index})
            ]
    yield from pictures


def greedy(pairs: Sequence[Proposal]) -> set[int]:
    """The heaviest pair, then the heaviest of what that leaves, and so on."""
    chosen: set[int] = set()
    for index in sorted(range(len(pairs)), key=lambda index: (-pairs[index].weight, index)):
        if pairs[index].weight > 0 and is_consistent(pairs, chosen | {index}):
            chosen.add(index)
    return chosen


def together(pairs: Sequence[Proposal], places: Sequence[Place]) -> set[tuple[int, int]]:
    return {
        (one.left, one.right)
        for one, place in zip(pairs, places, strict=True)
        if place.status == BEST
    }


@settings(deadline=None, max_examples=300)
@given(pairs=SMALL)
def test_no_picture_of_a_few_pairs_is_better(pairs: list[Proposal]) -> None:
    chosen = choose(pairs)

    assert chosen is not None
    assert is_consistent(pairs, chosen)
    assert value(pairs, chosen) == max(value(pairs, one) for one in every_picture(pairs))


@settings(deadline=None)
@given(pairs=LARGE)
def test_the_picture_weighs_no_less_than_the_greedy_one(pairs: list[Proposal]) -> None:
    chosen = choose(pairs)

    assert chosen is not None
    assert is_consistent(pairs, chosen)
    assert value(pairs, chosen) >= value(pairs, greedy(pairs))


@settings(deadline=None)
@given(pairs=LARGE)
def test_what_is_worth_no_more_than_none_of_them_is_never_chosen(pairs: list[Proposal]) -> None:
    assert all(pairs[index].weight > 0 for index in choose(pairs) or ())


@settings(deadline=None)
@given(pairs=LARGE, seed=st.integers(0, 1000), step=st.integers(1, 9))
def test_neither_the_order_of_rows_nor_other_names_for_the_items_change_anything(
    pairs: list[Proposal], seed: int, step: int
) -> None:
    """Places are the items' order in time; other keys with the same order say the same."""
    order = list(range(len(pairs)))
    random.Random(seed).shuffle(order)
    renamed = [
        Proposal(
            left=one.left * step + seed,
            right=one.right * step + 7,
            weight=one.weight,
            days=one.days,
            lead=one.lead,
        )
        for one in pairs
    ]

    expected = rank(pairs)

    assert [expected[number] for number in order] == rank([pairs[number] for number in order])
    assert expected == rank(renamed)


@settings(deadline=None)
@given(pairs=LARGE)
def test_solving_all_at_once_is_solving_what_hangs_together(pairs: list[Proposal]) -> None:
    """What has no item in common with a component says nothing about it."""
    places = rank(pairs)
    elsewhere = [pair(100 + one.left, 100 + one.right, one.weight, one.days) for one in pairs]

    assert rank([*pairs, *elsewhere])[: len(pairs)] == places
    chosen = {number for number, place in enumerate(places) if place.status == BEST}
    assert value(pairs, chosen)[:2] == value(pairs, choose(pairs) or set())[:2]


def test_the_strongest_pair_gives_way_where_the_whole_weighs_more() -> None:
    pairs = [pair(1, 1, 10), pair(1, 2, 9), pair(2, 1, 9)]

    assert choose(pairs) == {1, 2}
    assert choose([pair(1, 1, 19), *pairs[1:]]) == {0}


def test_of_equals_the_nearer_in_time_go_together_then_the_earlier_to_the_earlier() -> None:
    rents = [pair(left, right, 5) for left in (1, 2) for right in (1, 2)]
    near = [pair(1, 1, 5, 30), pair(1, 2, 5, 2), pair(2, 1, 5, 2), pair(2, 2, 5, 30)]
    one_payment = [pair(1, 1, 5, 9), pair(2, 1, 5, 9), pair(3, 1, 5, 9)]

    assert choose(rents) == {0, 3}
    assert choose(near) == {1, 2}
    assert choose(one_payment) == {0}


def test_the_first_suggestions_of_two_payments_are_never_the_same_document() -> None:
    pairs = [pair(1, 1, 9, lead=1), pair(1, 2, 8), pair(2, 1, 7), pair(2, 2, 1)]

    places = rank(pairs)

    assert together(pairs, places) == {(1, 2), (2, 1)}
    assert [place.rank for place in places] == [3, 1, 2, 4]
    assert [place.status for place in places] == [BESIDE, BEST, BEST, BESIDE]


def test_a_set_is_ranked_among_the_pairs_and_takes_no_part_in_the_picture() -> None:
    members = [
        Proposal(left=left, right=1, weight=9, lead=lead, days=0, is_set=True, set_rank=set_rank)
        for set_rank, lead in ((1, 4), (2, 4))
        for left in (1, 2)
    ]

    places = rank([pair(1, 1, 5, lead=5), pair(3, 1, 4, lead=3), *members])

    assert [place.status for place in places] == [BEST, BESIDE, None, None, None, None]
    assert [place.rank for place in places] == [1, 6, 2, 4, 3, 5]


def test_what_is_too_large_is_ranked_by_lead_and_says_so() -> None:
    side = range(MOST_ITEMS + 1)
    chain = [pair(left, right, 5, lead=left) for left in side for right in (left, left + 1)]

    places = rank(chain)

    assert {place.status for place in places} == {TOO_MANY}
    assert sorted(place.rank for place in places) == list(range(1, len(chain) + 1))
    assert min(zip(places, chain, strict=True), key=lambda at: at[0].rank)[1].lead == MOST_ITEMS


def test_the_largest_component_that_is_solved_takes_no_time_to_speak_of() -> None:
    side = range(MOST_ITEMS)
    equal = [pair(left, right, 2**31 - 1) for left in side for right in side]

    started = time.process_time()
    chosen = choose(equal)

    assert chosen == {left * MOST_ITEMS + left for left in side}
    assert time.process_time() - started < 10


def test_no_proposals_have_no_places() -> None:
    assert rank([]) == []
