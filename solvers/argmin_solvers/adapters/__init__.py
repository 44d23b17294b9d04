"""Solvers: one file each, imported when it is chosen."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from argmin.api.answer import Reason
from argmin.api.solve.solvers import CAPABILITIES, SolverName
from argmin_solvers.adapters.base import Adapter, Settings
from argmin_solvers.errors import RunError
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.nonlinear import NonlinearModel

_ADAPTERS = {
    SolverName.HIGHS: ("highs", "Highs"),
    SolverName.CBC: ("cbc", "Cbc"),
    SolverName.GLPK: ("glpk", "Glpk"),
    SolverName.SCIP: ("scip", "Scip"),
    SolverName.SCIPY: ("scipy_milp", "ScipyMilp"),
    SolverName.CP_SAT: ("cpsat", "CpSat"),
    SolverName.IPOPT: ("ipopt", "Ipopt"),
}


DEFAULTS = {
    LinearModel: SolverName.HIGHS,
    NonlinearModel: SolverName.IPOPT,
    CpSatModel: SolverName.CP_SAT,
}
"""Which solver takes a model where the job names none."""


def load_adapter(name: SolverName) -> Adapter:
    """The adapter of a solver; the solver's library is loaded when it solves."""
    module, adapter = _ADAPTERS[name]
    return cast(Adapter, getattr(import_module(f"{__name__}.{module}"), adapter)())


def choose_adapter(model: Any, named: SolverName | None, settings: Settings) -> Adapter:
    """The adapter that will solve the model: the one that is named, or the best for its kind.

    Raises:
        RunError: UnsupportedModel with the solvers that can, where this one cannot.
    """
    name = named or DEFAULTS[type(model)]
    adapter = load_adapter(name)
    refusal = _refusal(adapter, model, settings)
    if refusal is None:
        return adapter
    able = [
        str(other)
        for other in _ADAPTERS
        if other != name and _refusal(load_adapter(other), model, settings) is None
    ]
    hint = f"choose one of {', '.join(able)}" if able else "no solver of argmin can"
    raise RunError(Reason.UNSUPPORTED, f"spec.solver.name: {name} {refusal}; {hint}")


def _refusal(adapter: Adapter, model: Any, settings: Settings) -> str | None:
    if not isinstance(model, adapter.takes):
        return f"cannot take a {model.DESCRIPTION}"
    for limit in settings.limits():
        if limit not in CAPABILITIES[adapter.name].limits:
            return f"cannot stop at spec.limits.{limit}"
    return adapter.refusal(model)
