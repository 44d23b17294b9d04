"""Refuses options with which a solver would answer another question than the model asks.

They turn its sense, fix its variables, drop its coefficients, cut off its solutions or take for a
proof what is none: what the solver then calls optimal or infeasible is told of the model, and is
false. Names are the solvers' own, in full.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from argmin.api.answer import Reason
from argmin_solvers.adapters.base import bad_option
from argmin_solvers.errors import RunError

_LOOSEST_PROOF = 1e-6
"""Of a tolerance on reduced costs, by which a solver tells that nothing better is left."""
_LOOSEST_POINT = 1e-4
"""Of a tolerance on constraints and integers: the check refuses what is further off anyway."""
_TIGHTEST = 1e-9
"""Of SCIP's: with less than its epsilon it calls the first point of a linear program optimal."""

MOST_THREADS = 99
"""Of CBC: it takes hundreds for other ways to search, and with 100 skips a part of the tree."""


@dataclass(frozen=True)
class Refused:
    """An option that is refused with every value, what it would do, and what to do instead."""

    effect: str
    instead: str


@dataclass(frozen=True)
class Between:
    """An option whose values below `low` or above `high` are refused."""

    low: float = -math.inf
    high: float = math.inf

    def holds(self, number: float) -> bool:
        """Whether a number may be given; NaN may not."""
        return self.low <= number <= self.high

    def __str__(self) -> str:
        if math.isinf(self.low):
            return f"at most {self.high:g}"
        if math.isinf(self.high):
            return f"at least {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


Guard = Refused | Between

_CUTS_OFF = Refused(
    "it cuts off solutions", "leave it out, or state the limit as a constraint of the model"
)
_PASSES_OVER = Refused(
    "it passes over better solutions", "leave it out, or allow a gap in spec.limits.absoluteGap"
)

CBC: Mapping[str, Guard] = {
    "direction": Refused("it turns the sense", "leave it out: the model says its sense itself"),
    "cutoff": _CUTS_OFF,
    "pumpCutoff": _CUTS_OFF,
    "constraintfromCutoff": _CUTS_OFF,
    "increment": _PASSES_OVER,
    "pumpIncrement": _PASSES_OVER,
    "dualBound": Between(low=1e10),
    "dualTolerance": Between(high=_LOOSEST_PROOF),
    "primalTolerance": Between(high=_LOOSEST_POINT),
    "integerTolerance": Between(high=_LOOSEST_POINT),
    "preTolerance": Between(high=_LOOSEST_POINT),
    "zeroTolerance": Between(high=1e-12),
    "threads": Between(0, MOST_THREADS),
}

_SCALES = Refused(
    "it proves a bound of other numbers than the model's",
    "leave it out, and write the model in other units where its numbers are far apart",
)

HIGHS: Mapping[str, Guard] = {
    "objective_bound": _CUTS_OFF,
    "user_objective_scale": _SCALES,
    "user_bound_scale": _SCALES,
    "solve_relaxation": Refused(
        "it takes integers for continuous", "leave it out, or write a model without integers"
    ),
    "small_matrix_value": Between(high=1e-9),
    "infinite_bound": Between(low=1e20),
    "infinite_cost": Between(low=1e20),
    "kkt_tolerance": Between(high=_LOOSEST_PROOF),
    "optimality_tolerance": Between(high=_LOOSEST_PROOF),
    "ipm_optimality_tolerance": Between(high=_LOOSEST_PROOF),
    "pdlp_optimality_tolerance": Between(high=_LOOSEST_PROOF),
    "dual_feasibility_tolerance": Between(high=_LOOSEST_PROOF),
    "dual_residual_tolerance": Between(high=_LOOSEST_PROOF),
    "primal_feasibility_tolerance": Between(high=_LOOSEST_POINT),
    "primal_residual_tolerance": Between(high=_LOOSEST_POINT),
    "mip_feasibility_tolerance": Between(high=_LOOSEST_POINT),
}

SCIP: Mapping[str, Guard] = {
    "constraints/countsols/active": Refused(
        "it counts solutions in place of finding the best", "leave it out"
    ),
    "constraints/linear/maxeasyactivitydelta": Between(high=1e6),
    "numerics/epsilon": Between(high=_LOOSEST_PROOF),
    "numerics/sumepsilon": Between(high=_LOOSEST_POINT),
    "numerics/feastol": Between(_TIGHTEST, _LOOSEST_POINT),
    "numerics/dualfeastol": Between(_TIGHTEST, _LOOSEST_PROOF),
    "numerics/infinity": Between(low=1e20),
    "numerics/hugeval": Between(low=1e15),
}

_FIXES = Refused("it fixes variables", "leave it out, or state what is fixed in the model")
_INCOMPLETE = Refused("it leaves variables without a value", "leave it out")
_LOSES_SOLUTIONS = Refused(
    "it loses solutions of an enumeration", "leave it out beside spec.solutionPool.enumerateAll"
)

CP_SAT: Mapping[str, Guard] = {
    "enumerate_all_solutions": Refused(
        "it asks for all solutions or for one", "write spec.solutionPool.enumerateAll in its place"
    ),
    "fix_variables_to_their_hinted_value": _FIXES,
    "instantiate_all_variables": _INCOMPLETE,
}
CP_SAT_ENUMERATING: Mapping[str, Guard] = {
    **CP_SAT,
    "num_workers": _LOSES_SOLUTIONS,
    "num_search_workers": _LOSES_SOLUTIONS,
    "interleave_search": _LOSES_SOLUTIONS,
    "repair_hint": _LOSES_SOLUTIONS,
    "fill_tightened_domains_in_response": _LOSES_SOLUTIONS,
    "keep_all_feasible_solutions_in_presolve": _LOSES_SOLUTIONS,
}

IPOPT: Mapping[str, Guard] = {
    "obj_scaling_factor": Between(low=1e-20),  # zero drops the objective, less turns its sense
}
IPOPT_PROOF: Mapping[str, Between] = {
    "tol": Between(high=1e-8),
    "dual_inf_tol": Between(high=1.0),
    "compl_inf_tol": Between(high=1e-4),
    "mu_target": Between(high=0.0),
    "obj_scaling_factor": Between(low=1.0),
}
"""With more than its defaults Ipopt ends before the optimum even of a linear program."""


def is_within(limits: Mapping[str, Between], options: Mapping[str, str | int]) -> bool:
    """Whether no option is outside its limits."""
    numbers = ((limits[name], _number(options[name])) for name in options if name in limits)
    return all(number is not None and limit.holds(number) for limit, number in numbers)


def guard(
    solver: str, guards: Mapping[str, Guard], name: str, value: str | int, *, full: str = ""
) -> None:
    """Refuse an option, or its value; `full` is its full name where `name` is a short one.

    Raises:
        RunError: UnknownOption, naming the option and what to write instead.
    """
    found = guards.get(full or name)
    if isinstance(found, Refused):
        raise RunError(
            Reason.UNKNOWN_OPTION,
            f"spec.solver.options.{name}: refused, as with it {solver} does not answer what the"
            f" model asks: {found.effect}; {found.instead}",
        )
    number = _number(value)
    # What is no number is for the solver to refuse.
    if isinstance(found, Between) and number is not None and not found.holds(number):
        raise bad_option(solver, name, value, f"{found}, for its answer to be proven")


def _number(value: str | int) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
