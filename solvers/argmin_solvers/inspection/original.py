"""The model that an answer is held against, read from its file."""

from __future__ import annotations

from pathlib import Path

from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.models.cpsat_model import checked_cpsat
from argmin_solvers.models.readers.cpsat import read_cpsat
from argmin_solvers.verify.base import Original
from argmin_solvers.verify.cpsat import CpSatOriginal
from argmin_solvers.verify.reload import rebuild


def read_model(declared: SolveTask) -> Original:
    """The model; one of CP-SAT only where OR-Tools finds it valid, as the check relies on it."""
    if declared.format is ModelFormat.CP_SAT:
        read_cpsat(Path(declared.path))
    rebuilt = rebuild(declared)
    if rebuilt.returned is not None and isinstance(rebuilt.original, CpSatOriginal):
        checked_cpsat(f"{Path(declared.path).name} {declared.function}()", rebuilt.returned)
    return rebuilt.original
