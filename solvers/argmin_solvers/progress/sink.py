"""The progress of a search so far, as reported by the solver."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from argmin.api.answer import Metric, Sense
from argmin.api.progress import PROGRESS_METRICS_LIMIT, HistoryPoint, Progress, Search
from argmin_solvers.numerics import NOISE, decimal_text, gap_text, is_noise
from argmin_solvers.progress.history import History, Point, settle, thin

ABSURD = 1e20
"""Numbers of this size and beyond are how solvers report an unknown value."""
_NAME_LENGTH = 63
"""Of a metric."""
_LARGEST_COUNT = 2**53
"""As far as JSON carries whole numbers exactly."""


class ProgressSink:
    """Takes numbers from a search, in the model's own sense, and knows the best of them.

    `tell` may be called from any thread and costs about a microsecond: whoever calls it is in the
    middle of a search. Incumbents only get better and bounds only tighter, by more than rounding
    noise; without a sense the last word counts.

    Args:
        sense: of the objective; `None` where it has none, or where nobody knows it yet.
        clock: seconds since some moment.
    """

    def __init__(
        self, sense: Sense | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sense = sense
        self._clock = clock
        self._began = clock()
        self._lock = Lock()
        self._objective: float | None = None
        self._bound: float | None = None
        self._found_at = 0.0
        self._nodes: int | None = None
        self._iterations: int | None = None
        self._solutions: int | None = None
        self._step: int | None = None
        self._total: int | None = None
        self._metrics: Mapping[str, float] = {}
        self._history = History()

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return self._clock() - self._began

    def tell(
        self,
        *,
        objective: float | None = None,
        bound: float | None = None,
        nodes: int | None = None,
        iterations: int | None = None,
        solutions: int | None = None,
    ) -> None:
        """Report values; missing, infinite or invalid ones change nothing."""
        if nodes is not None:
            self._nodes = nodes
        if iterations is not None:
            self._iterations = iterations
        if solutions is not None:
            self._solutions = solutions
        if objective is None and bound is None:
            return
        with self._lock:
            is_better = self._improves(objective, self._objective, Sense.MINIMIZE)
            is_tighter = self._improves(bound, self._bound, Sense.MAXIMIZE)
            if is_better or is_tighter:
                self._note(objective if is_better else None, bound if is_tighter else None)

    def tell_metrics(self, metrics: Mapping[str, float]) -> None:
        """Report metrics, beside those of before; `step` and `total` count the steps as well.

        The first names are kept, as far as a report takes them, and of these the last values.
        """
        for name, value in metrics.items():
            is_room = len(self._metrics) < PROGRESS_METRICS_LIMIT and len(name) <= _NAME_LENGTH
            if is_room or name in self._metrics:
                self._metrics = {**self._metrics, name: value}
        self._step = _whole(metrics.get("step")) if "step" in metrics else self._step
        self._total = _whole(metrics.get("total")) if "total" in metrics else self._total

    def tell_sense(self, sense: Sense) -> None:
        """Set the sense of the objective, once it is known."""
        with self._lock:
            self._sense = sense

    def _improves(self, new: float | None, old: float | None, falling: Sense) -> bool:
        """Whether a number improves the last; it falls if `falling`, else it rises."""
        if new is None or not -ABSURD < new < ABSURD:
            return False
        if old is None:
            return True
        if self._sense is None:
            return new != old
        step = old - new if self._sense is falling else new - old
        return step > NOISE * abs(old)

    def _note(self, objective: float | None, bound: float | None) -> None:
        now = self.elapsed
        if objective is not None:
            self._objective, self._found_at = objective, now
        if bound is not None:
            self._bound = bound
        self._history.note(Point(now, self._objective, self._bound))

    def progress(self) -> Progress:
        """The current progress; a bound that contradicts the incumbent is left out."""
        with self._lock:
            objective, found_at = self._objective, self._found_at
            bound = _hold_against(objective, self._bound, self._sense)
            now = self.elapsed
        known = objective is not None
        gap = gap_text(objective, bound) if objective is not None and bound is not None else None
        search = Search(
            objective=decimal_text(objective) if objective is not None else None,
            best_bound=decimal_text(bound) if bound is not None else None,
            gap=gap,
            nodes=_count(self._nodes),
            iterations=_count(self._iterations),
            solutions=_count(self._solutions),
            incumbent_seconds=int(now - found_at) if known else None,
        )
        return Progress(
            elapsed_seconds=int(now),
            step=_count(self._step),
            total=_count(self._total),
            metrics=tuple(
                Metric(name=name, value=decimal_text(value))
                for name, value in self._metrics.items()
            ),
            search=search if search != Search() else None,
        )

    def history(
        self, objective: float | None, bound: float | None, ended: float | None = None
    ) -> tuple[HistoryPoint, ...]:
        """The course of the search, brought in line with the answer that it led to.

        Args:
            objective: of the answer.
            bound: of the answer.
            ended: when the search ended, in seconds since it began; now where left out.
        """
        with self._lock:
            told, sense = self._history.points(), self._sense
        end = Point(self.elapsed if ended is None else ended, objective, bound)
        return tuple(
            HistoryPoint(
                seconds=round(point.seconds, 3), objective=point.objective, best_bound=point.bound
            )
            for point in thin(settle(told, sense, end))
        )


def _whole(number: float | None) -> int | None:
    return int(number) if number is not None and number == int(number) else None


def _count(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= _LARGEST_COUNT else None


def _hold_against(
    objective: float | None, bound: float | None, sense: Sense | None
) -> float | None:
    if objective is None or bound is None or sense is None:
        return bound
    is_beaten = objective > bound if sense is Sense.MAXIMIZE else objective < bound
    if not is_beaten:
        return bound
    return objective if is_noise(objective, bound) else None
