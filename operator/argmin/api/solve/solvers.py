"""The solvers, the formats they take, and what each can keep of a request: one table for all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SolverName(StrEnum):
    """The solvers argmin brings."""

    CBC = "cbc"
    GLPK = "glpk"
    HIGHS = "highs"
    SCIP = "scip"
    CP_SAT = "cp-sat"
    IPOPT = "ipopt"
    SCIPY = "scipy"


class ModelFormat(StrEnum):
    """How a model is written."""

    MPS = "mps"
    LP = "lp"
    CP_SAT = "cp-sat"
    NL = "nl"
    PYTHON = "python"


_LINEAR = (SolverName.CBC, SolverName.GLPK, SolverName.HIGHS, SolverName.SCIP, SolverName.SCIPY)
FORMAT_SOLVERS: dict[ModelFormat, tuple[SolverName, ...]] = {
    ModelFormat.MPS: _LINEAR,
    ModelFormat.LP: _LINEAR,
    ModelFormat.CP_SAT: (SolverName.CP_SAT,),
    ModelFormat.NL: (*_LINEAR, SolverName.IPOPT),
    ModelFormat.PYTHON: tuple(SolverName),
}
"""Which solvers take which format; for `python` the runner looks at the model it was given."""


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
