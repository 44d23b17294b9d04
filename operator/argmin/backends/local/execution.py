"""The execution of a local run that has ended, for the rules; pure."""

from __future__ import annotations

from dataclasses import dataclass

from argmin.api.backend import BackendFields, BackendName
from argmin.backends.execution import BackendMessages, Execution
from argmin.backends.state import RunState

BACKEND_REF = BackendFields(backend=BackendName.LOCAL)
MESSAGES = BackendMessages(
    preparing="it is being prepared",
    running="it is running",
    gone="it is gone",
    removed="it is gone",
)


@dataclass(frozen=True)
class ConcludedExecution(Execution):
    """Only its state exists: no rule has an action on it."""

    state: RunState
    backend_ref: BackendFields = BACKEND_REF
    messages: BackendMessages = MESSAGES
