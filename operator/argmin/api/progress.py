"""How a search is getting on, while it runs and in the history of its result."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from argmin.api.common import ApiModel, DecimalText

PROGRESS_PREFIX = "argmin-progress "
"""What a line of a run's output begins with that carries a `Progress` as JSON."""
PROGRESS_FILE = "progress.jsonl"
"""In the root of a local run: one `Progress` a line."""
HISTORY_LIMIT = 100
"""Points of the history that a result keeps."""


class Progress(ApiModel):
    """Where a search stands; what a solver does not tell is absent."""

    objective: DecimalText | None = Field(default=None, description="That of the incumbent.")
    best_bound: DecimalText | None = None
    gap: DecimalText | None = Field(
        default=None, description="|objective - bestBound| / |objective|."
    )
    nodes: int | None = None
    iterations: int | None = None
    solutions: int | None = Field(default=None, description="Improving solutions so far.")
    elapsed_seconds: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Since the search began."
    )
    incumbent_seconds: int | None = Field(
        default=None, description="Age of the incumbent: since when none is better."
    )


class HistoryPoint(ApiModel):
    """Incumbent and bound at a moment of the search."""

    seconds: float = Field(description="Since the search began.")
    objective: float | None = None
    best_bound: float | None = None


class ProgressReport(ApiModel):
    """What a runner POSTs to the intake while it works."""

    owner: str = Field(description="Name of the custom resource.")
    run: str = Field(description="Name of the run.")
    progress: Progress
