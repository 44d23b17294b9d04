"""Models: one file a format, each read into a checked representation."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from argmin.api.optimizationjob import ModelFormat
from argmin.api.run import RunModel

_READERS = {
    ModelFormat.MPS: ("mps", "read_mps"),
    ModelFormat.LP: ("lp", "read_lp"),
    ModelFormat.CP_SAT: ("cpsat", "read_cpsat"),
    ModelFormat.NL: ("nl", "read_nl"),
}


def load_model(declared: RunModel) -> Any:
    """Read or build the model.

    Returns:
        A `LinearModel`, a `NonlinearModel` or a `CpSatModel`.

    Raises:
        RunError: SourceNotFound, InvalidModel, ModelFailed or UnsupportedModel.
    """
    path = Path(declared.path)
    if declared.format is ModelFormat.PYTHON:
        from argmin_solvers.models.python import build_model

        return build_model(path, declared.function, declared.solver)
    module, function = _READERS[declared.format]
    return getattr(import_module(f"{__name__}.{module}"), function)(path)
