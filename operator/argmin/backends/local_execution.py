"""A run that was executed here, as the rules see it once it is over; pure."""

from __future__ import annotations

from dataclasses import dataclass

from argmin.api.backend import BackendName
from argmin.backends.backend import Execution, Place, Wording
from argmin.backends.run import RunState

PLACE = Place(BackendName.LOCAL)
WORDING = Wording(
    preparing="it is being prepared",
    running="it is running",
    gone="it is gone",
    removed="it is gone",
)


@dataclass(frozen=True)
class ConcludedExecution(Execution):
    """Nothing is left of it but what is known of it: no rule has anything to move."""

    state: RunState
    place: Place = PLACE
    wording: Wording = WORDING
