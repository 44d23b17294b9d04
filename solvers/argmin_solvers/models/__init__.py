"""Models: one file a format, each read into a checked representation."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from argmin.api.optimizationjob import ModelFormat, SolverName
from argmin.api.run import RunModel

_READERS = {
    ModelFormat.MPS: ("mps", "read_mps"),
}
DEFAULT_SOLVERS = {
    ModelFormat.MPS: SolverName.HIGHS,
    ModelFormat.LP: SolverName.HIGHS,
    ModelFormat.CP_SAT: SolverName.CP_SAT,
    ModelFormat.NL: SolverName.IPOPT,
}


def load_model(model: RunModel) -> tuple[Any, SolverName]:
    """Read the model, and the solver to use: the one that is named, or the format's own.

    Raises:
        RunError: SourceNotFound, InvalidModel, ModelFailed or UnsupportedModel.
    """
    module, function = _READERS[model.format]
    read = getattr(import_module(f"{__name__}.{module}"), function)
    return read(Path(model.path)), model.solver or DEFAULT_SOLVERS[model.format]
