"""What each solver can keep of a spec: one table for the schema, the commands and the adapters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from argmin.api.base import Rule
from argmin.api.optimization.model import ModelFormat, SolverName


class Limit(StrEnum):
    """The limits of `spec.limits`, by the names users write."""

    TIME = "time"
    RELATIVE_GAP = "relativeGap"
    ABSOLUTE_GAP = "absoluteGap"
    SOLUTIONS = "solutions"


@dataclass(frozen=True)
class Capability:
    """What a solver can do.

    `family`: what is of one family shares its code, and may share its errors. `limits` are those
    that it stops at. A `seeded` solver draws random numbers; `default_seed` is what it uses when
    nobody gives one, None where that has no number. `parallel` solvers use more than one thread,
    `stoppable` ones end when asked to, and those with a `pool` keep more than one solution.
    """

    family: str
    limits: frozenset[Limit] = frozenset(Limit)
    seeded: bool = False
    default_seed: int | None = None
    parallel: bool = False
    stoppable: bool = True
    pool: bool = False


_WITHOUT_NUMBERS = frozenset({Limit.TIME, Limit.RELATIVE_GAP})

CAPABILITIES: dict[SolverName, Capability] = {
    SolverName.HIGHS: Capability("HiGHS", seeded=True, default_seed=0, parallel=True),
    SolverName.SCIPY: Capability(
        "HiGHS",  # scipy.optimize.milp is a HiGHS of its own
        limits=_WITHOUT_NUMBERS,
        stoppable=False,
    ),
    # CBC's own seed has no number: any that is passed turns on what it leaves off.
    SolverName.CBC: Capability("CBC", seeded=True, parallel=True),
    SolverName.GLPK: Capability("GLPK", limits=_WITHOUT_NUMBERS),
    SolverName.SCIP: Capability("SCIP", seeded=True, default_seed=0),
    SolverName.CP_SAT: Capability("CP-SAT", seeded=True, default_seed=1, parallel=True, pool=True),
    SolverName.IPOPT: Capability("Ipopt", limits=frozenset({Limit.TIME})),
}

FAMILIES: dict[SolverName, str] = {name: can.family for name, can in CAPABILITIES.items()}
"""A second look at an answer counts only from a solver of another family."""


def list_keepers(limit: Limit) -> list[str]:
    """The solvers that stop at a limit, in the order of the documentation."""
    return [str(name) for name in SolverName if limit in CAPABILITIES[name].limits]


def limit_rule(limit: Limit) -> Rule:
    """A rule of the spec: which solvers stop at a limit."""
    keepers = list_keepers(limit)
    field = {Limit.RELATIVE_GAP: "relative_gap", Limit.ABSOLUTE_GAP: "absolute_gap"}.get(
        limit, str(limit)
    )
    return Rule(
        cel="!(has(self.solver) && has(self.solver.name) && has(self.limits)"
        f" && has(self.limits.{limit})) || self.solver.name in {keepers}",
        message=f"spec.limits.{limit} is kept by {', '.join(keepers)}: choose one of these as"
        f" spec.solver.name, or remove spec.limits.{limit}",
        holds=lambda s: (
            s.solver.name is None or getattr(s.limits, field) is None or s.solver.name in keepers
        ),
    )


LIMIT_RULES = tuple(
    limit_rule(limit) for limit in Limit if len(list_keepers(limit)) < len(SolverName)
)
"""Limits that not every solver keeps."""

_POOL_SOLVERS = [str(name) for name in SolverName if CAPABILITIES[name].pool]
_POOL_FORMATS = [str(ModelFormat.CP_SAT), str(ModelFormat.PYTHON)]

POOL_RULES = (
    Rule(
        cel="!(has(self.model) && has(self.solver) && has(self.solver.name)"
        f" && !(self.solver.name in {_POOL_SOLVERS}) && has(self.solutionPool))",
        message=f"spec.solutionPool needs spec.solver.name: {' or '.join(_POOL_SOLVERS)}",
        holds=lambda s: (
            s.solution_pool is None or s.solver.name is None or s.solver.name in _POOL_SOLVERS
        ),
    ),
    Rule(
        cel="!(has(self.model) && has(self.solutionPool)) || (has(self.solver)"
        f" && has(self.solver.name)) || self.model.format in {_POOL_FORMATS}",
        message="spec.solutionPool needs a model that cp-sat solves: format"
        f" {' or '.join(_POOL_FORMATS)}; remove it, or write the model for OR-Tools' CP-SAT",
        holds=lambda s: (
            not (s.model and s.solution_pool)
            or s.solver.name is not None
            or s.model.format in _POOL_FORMATS
        ),
    ),
)
"""More than one solution is kept only by solvers that have a pool."""
