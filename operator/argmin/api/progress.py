"""How far a run is, while it works and in the history of its result."""

from __future__ import annotations

from decimal import InvalidOperation
from typing import Annotated

from pydantic import Field

from argmin.api.answer import Metric
from argmin.api.base import ApiModel
from argmin.api.scalars import Count, DecimalText, to_decimal

PROGRESS_PREFIX = "argmin-progress "
"""What a line of a run's output begins with that carries a `Progress` as JSON."""
PROGRESS_FILE = "progress.jsonl"
"""In the root of a local run: one `Progress` a line."""
PROGRESS_LIMIT_BYTES = 4096
"""Of a report on the wire: of one that would be longer, metrics are left out, from the last."""
PROGRESS_METRICS_LIMIT = 32
"""Metrics of a report: the first ones."""
HISTORY_LIMIT = 100
"""Points of the history that a result keeps."""

LONGEST_PAUSE = 30.0


def choose_pause(elapsed_seconds: float) -> float:
    """Seconds between two reports of a search of that age.

    One in its first minute, then a 60th of its age, and 30 at most.
    """
    return min(max(1.0, elapsed_seconds / 60), LONGEST_PAUSE)


class Search(ApiModel):
    """Where a search stands; what a solver does not tell is absent."""

    objective: DecimalText | None = Field(default=None, description="Objective of the incumbent.")
    best_bound: DecimalText | None = Field(
        default=None, description="Best bound on the objective that the solver reports so far."
    )
    gap: DecimalText | None = Field(
        default=None,
        description="Relative gap, |objective - bestBound| / |objective|, as a fraction; 0.01 is"
        " one percent.",
    )
    nodes: Count | None = Field(
        default=None, description="Nodes of branch and bound (CP-SAT: branches) so far."
    )
    iterations: Count | None = Field(
        default=None, description="Iterations of a linear or nonlinear solver so far."
    )
    solutions: Count | None = Field(
        default=None, description="Number of improving solutions found so far."
    )
    incumbent_seconds: Count | None = Field(
        default=None, description="Seconds since the incumbent was found."
    )


class SearchProgress(Search):
    """Where a search stands, as the status of an object shows it."""

    elapsed_seconds: Count = Field(
        default=0, description="Seconds since the search of this attempt began."
    )


class Progress(ApiModel):
    """How far a run is: its metrics and steps, and where its search stands if it has one."""

    elapsed_seconds: Count = Field(
        default=0, description="Seconds since the work of this attempt began."
    )
    step: Count | None = Field(default=None, description="Number of steps done.")
    total: Count | None = Field(default=None, description="Number of steps in all.")
    metrics: Annotated[tuple[Metric, ...], Field(max_length=PROGRESS_METRICS_LIMIT)] = ()
    search: Search | None = None

    def differs_from(self, other: Progress) -> bool:
        """Whether more has changed than the time that has passed."""
        return self._stop_clocks() != other._stop_clocks()

    def _stop_clocks(self) -> Progress:
        search = self.search and self.search.model_copy(update={"incumbent_seconds": None})
        return self.model_copy(update={"elapsed_seconds": 0, "search": search})

    def flatten(self) -> SearchProgress:
        """Where the search stands, with the time since it began."""
        search = self.search.model_dump() if self.search else {}
        return SearchProgress(**search, elapsed_seconds=self.elapsed_seconds)


def find_nonsense(progress: Progress) -> str | None:
    """The first field, as named on the wire, whose text is no finite decimal, and that text."""
    for metric in progress.metrics:
        if not _is_finite(metric.value):
            return f"metrics[{metric.name}]: {metric.value!r}"
    for name, value in (progress.search.to_wire() if progress.search else {}).items():
        if isinstance(value, str) and not _is_finite(value):
            return f"search.{name}: {value!r}"
    return None


def _is_finite(text: str) -> bool:
    try:
        return to_decimal(text).is_finite()
    except InvalidOperation:
        return False


class AttemptProgress(ApiModel):
    """How far one attempt of a run is."""

    attempt: str = Field(description="Name of the pod, or of the job at another backend.")
    progress: Progress


class HistoryPoint(ApiModel):
    """Incumbent and bound at a moment of the search."""

    seconds: float = Field(description="Since the search began.")
    objective: float | None = None
    best_bound: float | None = None


class ProgressReport(ApiModel):
    """What a runner POSTs to the intake while it works."""

    owner: str = Field(max_length=253, description="Name of the custom resource.")
    run: str = Field(max_length=253, description="Name of the run.")
    progress: Progress
