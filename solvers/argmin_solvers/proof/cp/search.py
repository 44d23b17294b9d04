"""A complete search of all points of a CP-SAT model: exact, and no solver's.

Depth first, with propagation at every node. What it leaves out is taken away by a propagator, and
each of these takes away only what breaks its constraint; what it comes to is held against the
model by the check's own evaluation. So where the search is closed, every solution was met.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from time import monotonic

from argmin_solvers.proof.cp.domains import Domains
from argmin_solvers.proof.cp.problem import Problem
from argmin_solvers.proof.cp.propagation import Propagator, RowPropagator
from argmin_solvers.proof.cp.rows import ENDLESS, at_most

_SPLIT = 16
"""Larger domains are halved; of smaller ones each value is tried."""
_ROUND = 200
"""Nodes of the first of the rounds by which a search learns where conflicts are."""
_ASK_EVERY = 32


class Clock:
    """How long a proof may still take: seconds of wall-clock time, and a request to stop."""

    def __init__(self, seconds: float, stop: Event | None = None) -> None:
        self._end = monotonic() + seconds
        self.stop = stop or Event()

    def left(self) -> float:
        """Seconds."""
        return max(0.0, self._end - monotonic())

    def is_over(self) -> bool:
        """Whether to give up."""
        return self.stop.is_set() or monotonic() >= self._end

    def share(self, part: float) -> Clock:
        """A clock for a part of what is left."""
        return Clock(part * self.left(), self.stop)


@dataclass
class _Branch:
    """A node: where its domains were, and the ranges of a variable that are still to be tried."""

    mark: int
    variable: int
    ranges: list[tuple[int, int]]


class Search:
    """All points of a problem that its propagators let pass, one after another.

    `nodes` counts the decisions. `closed` is True once no point is left, False before, and where
    the search gave up.
    """

    def __init__(self, problem: Problem, clock: Clock) -> None:
        self.nodes = 0
        self.closed = False
        self._clock = clock
        self._domains = Domains(problem.domains)
        self._propagators: list[Propagator] = list(problem.propagators)
        self._watchers = [list(numbers) for numbers in problem.watchers]
        self._cut: RowPropagator | None = None
        self._constant = 0
        if problem.objective is not None:
            inner = problem.objective.inner
            self._constant = inner.constant
            self._cut = RowPropagator(at_most(inner, ENDLESS))
            for variable in self._cut.variables:
                self._watchers[variable].append(len(self._propagators))
            self._propagators.append(self._cut)
        self._weights = [1 + len(numbers) for numbers in self._watchers]
        self._relevant = [at for at, numbers in enumerate(self._watchers) if numbers]
        self._waiting: deque[int] = deque()
        self._is_waiting = [False] * len(self._propagators)

    def limit(self, inner: int) -> None:
        """From now on pass only points at which what is minimised is no more than this."""
        assert self._cut is not None
        self._cut.limit(inner - self._constant)

    def points(self) -> Iterator[list[int]]:
        """Every point once, until the search is closed or gives up."""
        yield from self._run(None)

    def find(self) -> list[int] | None:
        """One point, or None; in rounds, each of which knows more of where conflicts are.

        Called again it starts anew: after a tighter limit.
        """
        nodes = _ROUND
        while not self._clock.is_over():
            point = next(self._run(nodes), None)
            if point is not None or self.closed:
                return point
            nodes *= 2
        return None

    def _run(self, most: int | None) -> Iterator[list[int]]:
        self.closed = False
        self._domains.undo(0)
        self._wake(range(len(self._propagators)))
        if not self._propagate():
            self.closed = True
            return
        began = self.nodes
        branches: list[_Branch] = []
        descends = True
        while True:
            if descends:
                branch = self._branch()
                if branch is None:
                    yield list(self._domains.low)
                    descends = False
                else:
                    branches.append(branch)
            if not self._advance(branches):
                self.closed = True
                return
            self.nodes += 1
            if self._gives_up() or (most is not None and self.nodes - began > most):
                return
            descends = self._propagate()

    def _gives_up(self) -> bool:
        return self.nodes % _ASK_EVERY == 0 and self._clock.is_over()

    def _advance(self, branches: list[_Branch]) -> bool:
        """Impose the next range of the last branch that has one; False where there is none."""
        while branches:
            branch = branches[-1]
            self._domains.undo(branch.mark)
            while branch.ranges:
                first, last = branch.ranges.pop()
                if not branch.ranges:  # the domains need not be given back any more
                    branches.pop()
                number = branch.variable
                if self._domains.raise_low(number, first) and self._domains.lower_high(
                    number, last
                ):
                    return True
                self._domains.undo(branch.mark)
            if branches and branches[-1] is branch:
                branches.pop()
        return False

    def _branch(self) -> _Branch | None:
        """The variable to decide next; None where all are fixed."""
        number = self._choose(self._relevant)
        if number is None:
            number = self._choose(range(len(self._domains)))
            if number is None:
                return None
        domains = self._domains
        if domains.size(number) <= _SPLIT:
            ranges = [(value, value) for value in reversed(domains.values(number))]
        else:
            low, high = domains.low[number], domains.high[number]
            middle = (low + high) // 2
            ranges = [(middle + 1, high), (low, middle)]
        return _Branch(domains.mark(), number, ranges)

    def _choose(self, numbers: Sequence[int]) -> int | None:
        """The open variable with the fewest values for the conflicts that it was part of."""
        domains, weights = self._domains, self._weights
        low, high = domains.low, domains.high
        best, least = None, 0.0
        for number in numbers:
            if low[number] != high[number]:
                rank = (high[number] - low[number]) / weights[number]
                if best is None or rank < least:
                    best, least = number, rank
        return best

    def _wake(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            if not self._is_waiting[number]:
                self._is_waiting[number] = True
                self._waiting.append(number)

    def _propagate(self) -> bool:
        """Let propagators take values away until they find none; False where none is left."""
        domains, waiting, is_waiting = self._domains, self._waiting, self._is_waiting
        if self._cut is not None:
            self._wake((len(self._propagators) - 1,))
        self._wake_watchers()
        while waiting:
            number = waiting.popleft()
            is_waiting[number] = False
            if not self._propagators[number].propagate(domains):
                self._blame(number)
                return False
            if domains.changed:
                self._wake_watchers()
        return True

    def _wake_watchers(self) -> None:
        waiting, is_waiting, changed = self._waiting, self._is_waiting, self._domains.changed
        for variable in changed:
            for number in self._watchers[variable]:
                if not is_waiting[number]:
                    is_waiting[number] = True
                    waiting.append(number)
        changed.clear()

    def _blame(self, number: int) -> None:
        for variable in self._propagators[number].variables:
            self._weights[variable] += 1
        for waiting in self._waiting:
            self._is_waiting[waiting] = False
        self._waiting.clear()
        self._domains.changed.clear()
