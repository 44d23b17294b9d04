"""What glpsol's log tells while it searches."""

from __future__ import annotations

import re

from argmin_solvers.adapters.isolation.executable import lower_bound_from_print, read_number
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.progress.sink import ProgressSink

IMPROVING = re.compile(">>>>>")
"""Lines of better solutions."""
STATE = re.compile(
    r"^\+\s*(?P<iterations>\d+): (?:mip =|>>>>>)\s+(?P<objective>\S.*?)\s+>=\s+(?P<bound>\S+)"
)
_ITERATION = re.compile(r"^[* ]?\s*(?P<iterations>\d+): obj =")


class GlpkLog:
    """Reads lines as they come; glpsol is given a minimisation, whatever the model's own sense."""

    def __init__(self, model: LinearModel, progress: ProgressSink) -> None:
        self._direction = -1.0 if model.maximizes else 1.0
        self._progress = progress
        self._solutions = 0

    def look_at(self, line: str) -> None:
        """Tell what a line tells."""
        if match := STATE.match(line):
            self._solutions += IMPROVING.search(line) is not None
            self._progress.tell(
                objective=self._turn(read_number(match["objective"])),
                bound=self._turn(lower_bound_from_print(match["bound"])),
                iterations=int(match["iterations"]),
                solutions=self._solutions,
            )
        elif match := _ITERATION.match(line):
            self._progress.tell(iterations=int(match["iterations"]))

    def _turn(self, number: float | None) -> float | None:
        return None if number is None else self._direction * number
