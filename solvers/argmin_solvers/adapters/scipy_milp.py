"""SciPy's `milp`, a HiGHS of its own, in a process that can be ended: it cannot be asked to stop.

What it found is kept at its own time limit alone. The presolve of that HiGHS, 1.12 in SciPy 1.17,
is known to call feasible models infeasible: it is left off unless the user turns it on.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any, ClassVar

import numpy as np

from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import (
    Ending,
    Finding,
    Settings,
    Solve,
    parse_option,
    unknown_option,
)
from argmin_solvers.adapters.isolation.search import Apart
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.models.linear import LinearModel

_OPTIONS: dict[str, type] = {
    "node_limit": int,
    "presolve": bool,
    "time_limit": float,
    "mip_rel_gap": float,
    "disp": bool,
}


_DOUBT = (
    "with the presolve of SciPy's HiGHS, which is known to make wrong answers: leave out"
    " spec.solver.options.presolve"
)
_PRESOLVED = {
    Ending.PROVEN: f"proven optimal, {_DOUBT}",
    Ending.INFEASIBLE: f"no solution satisfies all constraints, {_DOUBT}",
}


class ScipyMilp:
    """scipy.optimize.milp: linear and mixed-integer linear models."""

    name: ClassVar = SolverName.SCIPY
    takes: ClassVar[tuple[type, ...]] = (LinearModel,)

    def version(self) -> str:
        """The version of SciPy."""
        import scipy.optimize

        return str(scipy.__version__)

    def refusal(self, model: LinearModel) -> str | None:
        """None: milp takes every linear model."""
        return None

    def solve(self, model: LinearModel, settings: Settings, stop: Event) -> Solve:
        """Solve a linear model, in a process of its own."""
        return solve_linear(Apart(self.name, stoppable=False), model, settings, stop)

    def search(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        """Call milp, which minimises, and tell what it found."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csc_array

        plain = model.plain()
        shape = (plain.rows, plain.columns)
        matrix = csc_array((plain.value, plain.index, plain.start), shape=shape)
        constraints = LinearConstraint(matrix, model.row_lower, model.row_upper)
        options = _options(settings)
        result = milp(
            plain.cost,
            integrality=plain.integer.astype(np.int8),
            bounds=Bounds(plain.lower, plain.upper),
            constraints=constraints if model.rows else None,
            options=options,
        )
        finding = _read(result, model)
        believed = options["presolve"] and finding.ending in (Ending.PROVEN, Ending.INFEASIBLE)
        return replace(finding, note=_PRESOLVED[finding.ending]) if believed else finding


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "disp": True,
        "presolve": False,
        "mip_rel_gap": settings.relative_gap or 0.0,
    }
    if settings.seconds is not None:
        options["time_limit"] = settings.seconds
    for name, text in settings.options.items():
        if name not in _OPTIONS:
            raise unknown_option("scipy", name, _OPTIONS)
        options[name] = parse_option("scipy", name, text, _OPTIONS[name])
    return options


_ENDINGS = {  # OptimizeResult.status; 1 is a limit of time or of nodes
    0: Ending.PROVEN,
    2: Ending.INFEASIBLE,
    3: Ending.DUAL_INFEASIBLE,
    4: Ending.STOPPED,
}


def _read(result: Any, model: LinearModel) -> Finding:
    ending = _ENDINGS.get(result.status)
    if ending is None:
        ending = Ending.TIME_LIMIT if "time limit" in result.message.lower() else Ending.STOPPED
    if result.status == 4 and "infeasible or unbounded" in result.message.lower():
        ending = Ending.DUAL_INFEASIBLE
    found = result.x is not None and ending is not Ending.DUAL_INFEASIBLE
    direction = -1.0 if model.maximizes else 1.0
    bound = result.get("mip_dual_bound") if model.integers else None
    if bound is not None:
        bound = direction * bound if np.isfinite(bound) else None
    return Finding(
        ending,
        values=np.asarray(result.x)[: model.columns] if found else None,
        claimed=direction * result.fun if found else None,
        bound=bound,
        nodes=result.get("mip_node_count") if model.integers else None,
        solutions=int(found),
        note=f"SciPy stopped: {result.message}" if ending is Ending.STOPPED else "",
    )
