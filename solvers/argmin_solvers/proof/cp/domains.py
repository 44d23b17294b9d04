"""The values that are left to each variable during a search, and how to take a step back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

WIDEST = 4096
"""Domains that span more are known by their ends alone, besides the gaps they came with."""


class Domains:
    """The smallest and largest value of each variable, and what is between, where that is known.

    `low` and `high` are read by propagators, and written here alone. Methods that take values away
    answer False where none is left. `changed` are the variables that lost values since it was
    emptied last.
    """

    def __init__(self, given: Sequence[Sequence[int]]) -> None:
        self._given = [tuple(domain) for domain in given]
        self.low = [domain[0] for domain in given]
        self.high = [domain[-1] for domain in given]
        self._base = list(self.low)
        self._mask = [_mask(domain) for domain in given]
        self.changed: list[int] = []
        self._trail: list[tuple[int, int, int, int]] = []

    def __len__(self) -> int:
        return len(self.low)

    def size(self, number: int) -> int:
        """How many values are left; for a wide variable, as if there were no gaps."""
        mask = self._mask[number]
        return mask.bit_count() if mask else self.high[number] - self.low[number] + 1

    def is_wide(self, number: int) -> bool:
        """Whether nothing is known of what is between its ends."""
        return not self._mask[number]

    def values(self, number: int) -> list[int]:
        """What is left, in order; of a wide variable all between its ends."""
        low, high, mask = self.low[number], self.high[number], self._mask[number]
        if not mask:
            return list(range(low, high + 1))
        base = self._base[number]
        return [value for value in range(low, high + 1) if mask >> (value - base) & 1]

    def has(self, number: int, value: int) -> bool:
        """Whether a value is left; of a wide variable, whether it is between the ends."""
        if not self.low[number] <= value <= self.high[number]:
            return False
        mask = self._mask[number]
        return not mask or bool(mask >> (value - self._base[number]) & 1)

    def raise_low(self, number: int, value: int) -> bool:
        """Take away what is below a value."""
        low, high, mask = self.low[number], self.high[number], self._mask[number]
        if value <= low:
            return True
        if value > high:
            return False
        if mask:
            base = self._base[number]
            above = mask >> (value - base) << (value - base)
            return self._keep(number, above)
        value = self._skip_up(number, value)
        if value > high:
            return False
        self._record(number)
        self.low[number] = value
        return True

    def lower_high(self, number: int, value: int) -> bool:
        """Take away what is above a value."""
        low, high, mask = self.low[number], self.high[number], self._mask[number]
        if value >= high:
            return True
        if value < low:
            return False
        if mask:
            return self._keep(number, mask & ((2 << (value - self._base[number])) - 1))
        value = self._skip_down(number, value)
        if value < low:
            return False
        self._record(number)
        self.high[number] = value
        return True

    def fix(self, number: int, value: int) -> bool:
        """Leave one value."""
        if self.low[number] == self.high[number]:
            return self.low[number] == value
        if not self.has(number, value):
            return False
        return self.raise_low(number, value) and self.lower_high(number, value)

    def keep(self, number: int, values: Iterable[int]) -> bool:
        """Take away all other values; of a wide variable, those beyond the ends of these."""
        kept = [value for value in values if self.low[number] <= value <= self.high[number]]
        if not kept:
            return False
        mask = self._mask[number]
        if not mask:
            return self.raise_low(number, min(kept)) and self.lower_high(number, max(kept))
        base, wanted = self._base[number], 0
        for value in kept:
            wanted |= 1 << (value - base)
        return self._keep(number, mask & wanted)

    def drop(self, number: int, values: Iterable[int]) -> bool:
        """Take some values away; of a wide variable, where they are its ends."""
        low, high, mask = self.low[number], self.high[number], self._mask[number]
        if not mask:
            return self._drop_ends(number, set(values))
        base, unwanted = self._base[number], 0
        for value in values:
            if low <= value <= high:
                unwanted |= 1 << (value - base)
        return self._keep(number, mask & ~unwanted)

    def _drop_ends(self, number: int, values: set[int]) -> bool:
        while self.low[number] in values:
            if not self.raise_low(number, self.low[number] + 1):
                return False
        while self.high[number] in values:
            if not self.lower_high(number, self.high[number] - 1):
                return False
        return True

    def mark(self) -> int:
        """Where to come back to."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Give back all that was taken away since a mark."""
        trail = self._trail
        while len(trail) > mark:
            number, self.low[number], self.high[number], self._mask[number] = trail.pop()
        self.changed.clear()

    def _keep(self, number: int, mask: int) -> bool:
        if mask == self._mask[number]:
            return True
        if not mask:
            return False
        self._record(number)
        base = self._base[number]
        self.low[number] = base + (mask & -mask).bit_length() - 1
        self.high[number] = base + mask.bit_length() - 1
        self._mask[number] = mask
        return True

    def _record(self, number: int) -> None:
        self._trail.append((number, self.low[number], self.high[number], self._mask[number]))
        self.changed.append(number)

    def _skip_up(self, number: int, value: int) -> int:
        """The smallest value of the domain it came with that is no less."""
        given = self._given[number]
        at = bisect_right(given[::2], value) - 1
        return value if value <= given[2 * at + 1] else given[2 * at + 2]

    def _skip_down(self, number: int, value: int) -> int:
        """The largest value of the domain it came with that is no more."""
        given = self._given[number]
        at = bisect_right(given[::2], value) - 1
        return min(value, given[2 * at + 1])


def _mask(domain: Sequence[int]) -> int:
    """A bit for each value, from the smallest; 0 for a domain that spans too many."""
    base = domain[0]
    if domain[-1] - base >= WIDEST:
        return 0
    mask = 0
    for first, last in zip(domain[::2], domain[1::2], strict=True):
        mask |= ((1 << (last - first + 1)) - 1) << (first - base)
    return mask
