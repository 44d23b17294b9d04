"""Models: one file a format, each read into a checked representation."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.models.exact import ExactLinear

_READERS = {
    ModelFormat.MPS: ("readers", "read_mps"),
    ModelFormat.LP: ("readers", "read_lp"),
    ModelFormat.CP_SAT: ("readers.cpsat", "read_cpsat"),
}


def load_model(declared: SolveTask) -> Any:
    """Read or build the model.

    Returns:
        A `LinearModel`, a `NonlinearModel` or a `CpSatModel`.

    Raises:
        RunError: SourceNotFound, InvalidModel, ModelFailed or UnsupportedModel.
    """
    path = Path(declared.path)
    if declared.format is ModelFormat.PYTHON:
        from argmin_solvers.models.python_function import build_model

        return build_model(path, declared.function, declared.solver)
    if declared.format is ModelFormat.NL:
        from argmin_solvers.models.readers.nl import load_nl

        return to_solvable(load_nl(path, declared.solver))
    module, function = _READERS[declared.format]
    return to_solvable(getattr(import_module(f"{__name__}.{module}"), function)(path))


def to_solvable(read: Any) -> Any:
    """What solvers take of what was read: of an exact linear model, one in doubles."""
    return read.to_linear() if isinstance(read, ExactLinear) else read
