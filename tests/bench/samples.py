"""What was measured, several times, and what several times say together."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Samples:
    """Values of one quantity in the order in which they were measured; at least one."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("nothing was measured")

    @classmethod
    def of(cls, values: Iterable[float]) -> Samples:
        """The samples of any iterable of numbers."""
        return cls(tuple(float(value) for value in values))

    @property
    def median(self) -> float:
        """The middle value; the mean of the two middle ones where their number is even."""
        return statistics.median(self.values)

    @property
    def lowest(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def highest(self) -> float:
        """The largest value."""
        return max(self.values)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.values)

    def minus(self, other: Samples) -> Samples:
        """Differences of values that were measured in pairs, pair by pair.

        Raises:
            ValueError: the two do not have the same number of values.
        """
        return self._pair(other, lambda mine, its: mine - its)

    def over(self, other: Samples) -> Samples:
        """Ratios of values that were measured in pairs, pair by pair.

        Raises:
            ValueError: the two do not have the same number of values, or one divides by zero.
        """
        if 0.0 in other.values:
            raise ValueError("a measurement of zero has no ratio")
        return self._pair(other, lambda mine, its: mine / its)

    def _pair(self, other: Samples, combine: Callable[[float, float], float]) -> Samples:
        pairs = zip(self.values, other.values, strict=True)
        return Samples.of(combine(mine, its) for mine, its in pairs)
