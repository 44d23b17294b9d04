"""How a search is getting on, while it runs and in the history of its result."""

from __future__ import annotations

from decimal import InvalidOperation

from pydantic import Field

from argmin.api.base import ApiModel
from argmin.api.scalars import Count, DecimalText, to_decimal

PROGRESS_PREFIX = "argmin-progress "
"""What a line of a run's output begins with that carries a `Progress` as JSON."""
PROGRESS_FILE = "progress.jsonl"
"""In the root of a local run: one `Progress` a line."""
HISTORY_LIMIT = 100
"""Points of the history that a result keeps."""

LONGEST_PAUSE = 30.0


def choose_pause(elapsed_seconds: float) -> float:
    """Seconds between two reports of a search of that age.

    One in its first minute, then a 60th of its age, and 30 at most.
    """
    return min(max(1.0, elapsed_seconds / 60), LONGEST_PAUSE)


class Progress(ApiModel):
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
    elapsed_seconds: Count = Field(
        default=0, description="Seconds since the search of this attempt began."
    )
    incumbent_seconds: Count | None = Field(
        default=None, description="Seconds since the incumbent was found."
    )


def find_nonsense(progress: Progress) -> str | None:
    """The first field, as it is named on the wire, whose text is no finite decimal number."""
    for name, value in progress.to_wire().items():
        if isinstance(value, str) and not _is_finite(value):
            return name
    return None


def _is_finite(text: str) -> bool:
    try:
        return to_decimal(text).is_finite()
    except InvalidOperation:
        return False


class AttemptProgress(ApiModel):
    """Where the search of one attempt of a run stands."""

    attempt: str = Field(description="Name of the pod, or of the SageMaker job.")
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
