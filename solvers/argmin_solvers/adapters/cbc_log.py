"""What CBC's log tells while it searches."""

from __future__ import annotations

import re

from argmin_solvers.adapters.isolation.executable import lower_bound_from_print, read_number
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.progress.sink import ProgressSink

IMPROVING = re.compile(r"^Cbc00(?:04|12|16)I")
"""Lines of better solutions."""

_SOLUTION = re.compile(
    r"^Cbc00(?:04|12|16)I Integer solution of (?P<objective>\S+) found"
    r".* after \d+ iterations and (?P<nodes>\d+) nodes"
)
_STATE = re.compile(
    r"^Cbc0010I After (?P<nodes>\d+) nodes, .* (?P<objective>\S+) best solution,"
    r" best possible (?P<bound>\S+)"
)
_RELAXATION = re.compile(r"^Continuous objective value is (?P<bound>\S+)")
_ITERATION = re.compile(r"^(?P<iterations>\d+) +Obj ")


class CbcLog:
    """Reads lines as they come; CBC is given a minimisation, whatever the model's own sense.

    That of a maximisation has its signs turned once, here, for objective and bound alike.
    """

    def __init__(self, model: LinearModel, progress: ProgressSink) -> None:
        self._direction = -1.0 if model.maximizes else 1.0
        self._has_integers = model.integers > 0
        self._progress = progress
        self._solutions = 0

    def look_at(self, line: str) -> None:
        """Tell what a line tells."""
        if line.startswith("Cbc00"):
            self._look_at_search(line)
        elif self._has_integers:
            if match := _RELAXATION.match(line):
                self._progress.tell(bound=self._bound(match["bound"]))
        elif match := _ITERATION.match(line):
            self._progress.tell(iterations=int(match["iterations"]))

    def _look_at_search(self, line: str) -> None:
        if match := _SOLUTION.match(line):
            self._solutions += 1
            self._progress.tell(
                objective=self._turn(read_number(match["objective"])),
                nodes=int(match["nodes"]),
                solutions=self._solutions,
            )
        elif match := _STATE.match(line):
            self._progress.tell(
                objective=self._turn(read_number(match["objective"])),
                bound=self._bound(match["bound"]),
                nodes=int(match["nodes"]),
            )

    def _bound(self, text: str) -> float | None:
        return self._turn(lower_bound_from_print(text))

    def _turn(self, number: float | None) -> float | None:
        return None if number is None else self._direction * number
