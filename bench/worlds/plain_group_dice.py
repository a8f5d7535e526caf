"""The chance of a plain group: draws from one numpy generator, served one by one from a buffer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
BUFFER = 1 << 16


class Dice:
    """Cheap draws, which the seed and the order of calls decide."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._left: list[float] = []

    def draw(self) -> float:
        """A uniform draw from [0, 1)."""
        if not self._left:
            self._left = self.rng.random(BUFFER).tolist()
        return self._left.pop()

    def chance(self, share: float) -> bool:
        return self.draw() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both possible."""
        return low + int(self.draw() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        return values[int(self.draw() * len(values))]

    def weighted(self, values: Sequence[tuple[T, float]]) -> T:
        """One of the values by weights that sum to one; the last takes what they leave."""
        left = self.draw()
        for value, weight in values:
            left -= weight
            if left < 0:
                return value
        return values[-1][0]

    def digits(self, count: int) -> str:
        """So many digits, of which the first is not zero."""
        low = 10 ** (count - 1)
        return str(low + int(self.draw() * 9 * low))

    def code(self, count: int) -> str:
        """Letters and digits as confirmations have them."""
        return "".join(self.pick("ABCDEFGHJKMNPQRSTUVWXYZ0123456789") for _ in range(count))

    def shuffled(self, values: Sequence[T]) -> list[T]:
        return sorted(values, key=lambda _: self.draw())
