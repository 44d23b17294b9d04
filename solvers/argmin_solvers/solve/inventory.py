"""Which solvers are installed here, and what each can do."""

from __future__ import annotations

from dataclasses import dataclass

from argmin.api.solve.solvers import CAPABILITIES, SolverName
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Adapter
from argmin_solvers.errors import RunError
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.process.programs import find_program

_KINDS: dict[type, tuple[str, ...]] = {
    LinearModel: ("linear", "integer"),
    NonlinearModel: ("nonlinear",),
    CpSatModel: ("constraint programming",),
}
_PROGRAMS = {SolverName.CBC: "cbc", SolverName.GLPK: "glpsol"}


@dataclass(frozen=True)
class Installed:
    """A solver; `version` is None where it is not installed, and `problem` says what to do.

    `takes` are kinds of models, `limits` those of `spec.limits` that it stops at, `program` the
    path of its executable, where it is one.
    """

    name: str
    family: str
    version: str | None
    takes: tuple[str, ...]
    limits: tuple[str, ...]
    threads: bool
    seed: bool
    program: str | None = None
    problem: str = ""


def list_solvers() -> list[Installed]:
    """Every solver that argmin knows, in the order of its documentation."""
    return [_describe(name, load_adapter(name)) for name in SolverName]


def _describe(name: SolverName, adapter: Adapter) -> Installed:
    can = CAPABILITIES[name]
    version, problem = _ask_version(adapter)
    program = find_program(_PROGRAMS[name]) if name in _PROGRAMS else None
    return Installed(
        name=str(name),
        family=can.family,
        version=version,
        takes=tuple(kind for model in adapter.takes for kind in _KINDS.get(model, ())),
        limits=tuple(sorted(map(str, can.limits))),
        threads=can.parallel,
        seed=can.seeded,
        program=None if program is None else program.path,
        problem=problem,
    )


def _ask_version(adapter: Adapter) -> tuple[str | None, str]:
    try:
        return adapter.version(), ""
    except RunError as error:
        return None, error.message
    except ImportError as error:
        return None, f"{error}: pip install 'argmin-operator[solvers]' brings it"
