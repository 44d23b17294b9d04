"""Solvers: one file each, imported when it is chosen."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from argmin.api.optimizationjob import SolverName
from argmin.api.outcome import Reason
from argmin_solvers.adapters.interface import Adapter, Settings
from argmin_solvers.failure import RunError

_ADAPTERS = {
    SolverName.HIGHS: ("highs", "Highs"),
}


def load_adapter(name: SolverName) -> Adapter:
    """The adapter of a solver; the solver's library is loaded when it solves."""
    module, adapter = _ADAPTERS[name]
    return cast(Adapter, getattr(import_module(f"{__name__}.{module}"), adapter)())


def choose_adapter(model: Any, name: SolverName, settings: Settings) -> Adapter:
    """The adapter that will solve the model.

    Raises:
        RunError: UnsupportedModel with the solvers that can, where this one cannot.
    """
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
        return f"cannot take a {describe(model)}"
    for limit in settings.limits():
        if limit not in adapter.limits:
            return f"cannot stop at spec.limits.{limit}"
    return adapter.refusal(model)


def describe(model: Any) -> str:
    """What kind of model it is, for messages."""
    return str(getattr(type(model), "DESCRIPTION", "linear model"))
