"""Delta debugging: a smaller model of which the same still holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from tests.hunt.cases import Case

Test = Callable[[Case], bool]


@dataclass
class Budget:
    """How much may be tried: a number of models, and seconds."""

    tries: int = 400
    seconds: float = 30.0
    began: float = 0.0

    def start(self) -> None:
        """Let the time run."""
        self.began = time.monotonic()

    def spend(self) -> bool:
        """Whether one more may be tried."""
        self.tries -= 1
        return self.tries >= 0 and time.monotonic() - self.began < self.seconds


def reduce_case(case: Case, still: Test, budget: Budget | None = None) -> Case:
    """The smallest model that was found of which `still` holds; it must hold of the given one."""
    budget = budget or Budget()
    budget.start()

    def tried(smaller: Case) -> bool:
        return budget.spend() and still(smaller)

    while True:
        before = case.size
        for part, _ in list(case.parts()):
            case = _shorten(case, part, tried)
        case = _simplify(case, tried, budget)
        if case.size >= before or budget.tries <= 0:
            return case


def _shorten(case: Case, part: str, tried: Test) -> Case:
    """Leave out stretches of a list: halves, then quarters, down to single entries."""
    length = dict(case.parts()).get(part, 0)
    stretch = max(1, length // 2)
    while length:
        at = 0
        while at < length:
            numbers = frozenset(range(at, min(length, at + stretch)))
            smaller = case.without(part, numbers)
            if smaller.size < case.size and tried(smaller):
                case, length = smaller, dict(smaller.parts()).get(part, 0)
            else:
                at += stretch
        if stretch == 1:
            break
        stretch //= 2
    return case


def _simplify(case: Case, tried: Test, budget: Budget) -> Case:
    """Take each simplification that keeps it so; after one, the next stands in its place."""
    at = 0
    while budget.tries > 0:
        simpler = next(islice(case.simpler(), at, None), None)
        if simpler is None:
            break
        if tried(simpler):
            case = simpler
        else:
            at += 1
    return case
