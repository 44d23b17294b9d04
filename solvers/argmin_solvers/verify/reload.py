"""Rebuilds a model from its source, apart from the one that the solver was given."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.text import read_source
from argmin_solvers.verify.base import CheckReason, Original, Size, UncheckableError
from argmin_solvers.verify.exact import ExactModel


@dataclass(frozen=True)
class Rebuilt:
    """A model made again; `returned` is what its function returned, None of a file."""

    original: Original
    returned: Any = None


def rebuild(declared: SolveTask) -> Rebuilt:
    """The model of a source; a Python function is called again, in a fresh module.

    Raises:
        UncheckableError: the source is not understood.
        RunError: the function fails this time, or the file was changed.
    """
    path = Path(declared.path)
    if declared.format is ModelFormat.PYTHON:
        from argmin_solvers.models.python_function import call_function

        returned = call_function(path, declared.function)
        return Rebuilt(rebuild_object(returned), returned)
    return Rebuilt(_rebuild_file(declared.format, path))


def _rebuild_file(format_: ModelFormat, path: Path) -> Original:
    if format_ is ModelFormat.NL:
        from argmin_solvers.models.readers.nl import read_nl
        from argmin_solvers.verify.expression_graph import hold_nonlinear

        return hold_nonlinear(read_nl(path))
    if format_ is ModelFormat.CP_SAT:
        from argmin_solvers.verify.cpsat import rebuild_cpsat

        return rebuild_cpsat(read_source(path))
    from argmin_solvers.models.readers import read_lp, read_mps

    return ExactModel.of(read_mps(path) if format_ is ModelFormat.MPS else read_lp(path))


def rebuild_object(built: Any) -> Original:
    """The model of what a function returned.

    Raises:
        UncheckableError: it is of no kind that is known.
    """
    if _is_a(built, "pulp", "LpProblem"):
        from argmin_solvers.models.converters.pulp import convert_pulp

        return ExactModel.of(convert_pulp("the model", built))
    if _is_a(built, "highspy", "Highs"):
        from argmin_solvers.models.converters.highs import convert_highs

        return ExactModel.of(convert_highs("the model", built))
    if _is_a(built, "pyomo.environ", "ConcreteModel"):
        from argmin_solvers.verify.pyomo_objects import rebuild_pyomo

        return rebuild_pyomo(built)
    if _is_a(built, "ortools.sat.python.cp_model", "CpModel"):
        from argmin_solvers.verify.cpsat import rebuild_cpsat_object

        return rebuild_cpsat_object(built)
    what = f"the check does not know models of type {type(built).__qualname__}"
    raise UncheckableError(CheckReason.NOT_REBUILT, what)


def _is_a(built: Any, package: str, name: str) -> bool:
    loaded = sys.modules.get(package)  # not loaded: then it is none of its objects
    return loaded is not None and isinstance(built, getattr(loaded, name))


def measure(model: Any, declared: SolveTask) -> Size | None:
    """The size of the model that the solver was given; None where it is counted otherwise."""
    if isinstance(model, LinearModel):
        nonzeros = int((model.value != 0).sum())
        return Size(model.columns, model.rows, nonzeros, model.integers)
    if isinstance(model, CpSatModel):
        return Size(len(model.proto.variables), len(model.proto.constraints))
    if isinstance(model, NonlinearModel) and declared.format is ModelFormat.NL:
        return Size(len(model.names), len(model.constraints))
    return None  # Pyomo's writer leaves out what does not depend on a variable
