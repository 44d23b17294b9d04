"""What every solver adapter offers, what it is given, and what it brings back."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.request import SolutionPool
from argmin.api.solve.solvers import Limit, SolverName
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.progress.sink import ProgressSink

Floats = NDArray[np.float64]
Solution = Mapping[str, float]
"""A value of every variable, by its name."""


@dataclass(frozen=True)
class Settings:
    """How to solve. `seconds` of wall-clock time; gaps as fractions and absolute numbers.

    `progress` is told what is found while the search goes on. Points whose objective, as a
    minimisation, is not below `cutoff` are of no interest; a solver may find them all the same.
    """

    workdir: Path  # for files of the solver's own
    seconds: float | None = None
    relative_gap: float | None = None
    absolute_gap: float | None = None
    solutions: int | None = None
    threads: int = 1
    seed: int | None = None
    options: Mapping[str, str | int] = field(default_factory=dict)
    pool: SolutionPool | None = None
    progress: ProgressSink = field(default_factory=ProgressSink)
    cutoff: float | None = None

    def limits(self) -> dict[Limit, float]:
        """The limits that are set."""
        values = {
            Limit.TIME: self.seconds,
            Limit.RELATIVE_GAP: self.relative_gap,
            Limit.ABSOLUTE_GAP: self.absolute_gap,
            Limit.SOLUTIONS: self.solutions,
        }
        return {limit: value for limit, value in values.items() if value is not None}


class Ending(StrEnum):
    """How a search ended, as the solver tells it."""

    PROVEN = "proven"  # the solver calls its solution optimal, within its tolerances
    LOCALLY_OPTIMAL = "locally optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    DUAL_INFEASIBLE = "infeasible or unbounded"  # the solver did not tell which
    TIME_LIMIT = "time limit"
    GAP_LIMIT = "gap limit"
    SOLUTION_LIMIT = "solution limit"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"  # another limit, or it gave up


@dataclass(frozen=True)
class Basis:
    """A basis of a linear program, from which a proof is computed.

    True for each column, and for each row, that is basic; as many as there are rows.
    """

    columns: NDArray[np.bool_]
    rows: NDArray[np.bool_]


@dataclass(frozen=True)
class Finding:
    """What a solver found, before it is judged.

    `values` has one number a column; `claimed` is the objective the solver reports; both in the
    model's own sense. `solutions` counts the improving solutions, or all of an enumeration, whose
    kept ones are in `pool`. `basis` is that of a linear program, where the solver gives it.
    """

    ending: Ending
    values: Floats | None = None
    claimed: float | None = None
    bound: float | None = None
    nodes: int | None = None
    solutions: int | None = None
    pool: tuple[Solution, ...] = ()
    note: str = ""
    basis: Basis | None = None


@dataclass(frozen=True)
class Solve:
    """An honest result: `Optimal` only where the bound proves it."""

    outcome: Outcome
    reason: Reason
    message: str
    sense: Sense | None = None
    objective: float | None = None
    best_bound: float | None = None
    values: Solution | None = None
    pool: tuple[Solution, ...] = ()
    nodes: int | None = None
    solutions: int | None = None
    basis: Basis | None = None


class LinearSolver(Protocol):
    """A solver of linear models, telling what it found."""

    def search(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        """Search for the best solution.

        Raises:
            RunError: as an adapter's `solve`.
        """
        ...


class Adapter(Protocol):
    """One solver.

    `takes` are the model classes it can solve; `argmin.api.solve.solvers.CAPABILITIES` has what
    else it can do.
    """

    name: ClassVar[SolverName]
    takes: ClassVar[tuple[type, ...]]

    def version(self) -> str:
        """The version of the solver itself.

        Raises:
            RunError: SolverFailed, where the solver is not installed.
        """
        ...

    def refusal(self, model: Any) -> str | None:
        """Why this model of a class it takes cannot be solved; None where it can."""
        ...

    def solve(self, model: Any, settings: Settings, stop: Event) -> Solve:
        """Solve until the end, a limit, or until `stop` is set, keeping the best solution.

        Raises:
            RunError: UnknownOption, UnsupportedModel, InvalidModel or SolverFailed.
        """
        ...


def unknown_option(solver: str, name: str, known: Iterable[str]) -> RunError:
    """The failure for an option that the solver does not have, with the nearest it has."""
    matches = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(matches)}?" if matches else ""
    return RunError(
        Reason.UNKNOWN_OPTION, f"spec.solver.options.{name}: {solver} has no such option{hint}"
    )


def bad_option(solver: str, name: str, value: object, expected: str) -> RunError:
    """The failure for a value that an option does not take."""
    return RunError(
        Reason.UNKNOWN_OPTION,
        f"spec.solver.options.{name}: {solver} takes {expected}, not {value!r}",
    )


_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")


def parse_option(solver: str, name: str, value: str | int, kind: type) -> Any:
    """An option's value as bool, int, float or str.

    Raises:
        RunError: UnknownOption, naming the option and what it takes.
    """
    text = str(value).strip()
    try:
        if kind is bool:
            return _parse_bool(text)
        number = kind(text)
    except ValueError:
        expected = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise bad_option(solver, name, value, expected) from None
    if isinstance(number, float) and np.isnan(number):
        raise bad_option(solver, name, value, "a number")
    return number


def _parse_bool(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError(text)
