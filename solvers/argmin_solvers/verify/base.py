"""What every rebuilt model offers, and what holding a point against it brings to light."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar, Protocol

from argmin.api.answer import Sense
from argmin_solvers.adapters.base import Solution
from argmin_solvers.numerics import FEASIBILITY_TOLERANCE, INTEGRALITY_TOLERANCE
from argmin_solvers.text import quote


class CheckReason(StrEnum):
    """Reasons of a verification: those of the condition `Verified`, stable for automation."""

    VERIFIED = "Verified"
    PROVEN = "ClaimProven"  # there is no solution, or no end to them: shown without the solver
    CONSTRAINT_VIOLATED = "ConstraintViolated"
    BOUND_VIOLATED = "BoundViolated"
    NOT_INTEGER = "NotInteger"
    NOT_FINITE = "NotFinite"
    MISSING_VARIABLE = "MissingVariable"
    UNKNOWN_VARIABLE = "UnknownVariable"
    OBJECTIVE_DIFFERS = "ObjectiveDiffers"
    MODELS_DIFFER = "ModelsDiffer"  # the solver was given another model than the source holds
    EQUAL_SOLUTIONS = "EqualSolutions"
    BOUND_CONTRADICTED = "BoundContradicted"
    BETTER_POINT_KNOWN = "BetterPointKnown"
    SOLVERS_DISAGREE = "SolversDisagree"  # and no point shows who is right
    CROSS_CHECKED = "CrossChecked"  # no solution, or no end: another family of solver says so too
    CLAIM_REFUTED = "ClaimRefuted"  # infeasible or unbounded, and it is not
    NO_CERTIFICATE = "NoCertificate"
    NOTHING_TO_CHECK = "NothingToCheck"
    NOT_CHECKED = "NotChecked"  # a program's own numbers
    NOT_REBUILT = "NotRebuilt"
    NOT_REPRODUCIBLE = "NotReproducible"  # the function builds another model each time
    UNKNOWN_CONSTRAINT = "UnknownConstraint"
    INTERRUPTED = "Interrupted"


class UncheckableError(Exception):
    """The model holds something that cannot be checked, or cannot be rebuilt."""

    def __init__(self, reason: CheckReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Violation:
    """How a point fails. `amount` is relative to the scale; None where nothing can be measured."""

    reason: CheckReason
    where: str
    amount: float | None
    message: str


@dataclass(frozen=True)
class Assessment:
    """A point held against the model.

    `violation` is the first fault that breaks it; `largest` and `where` measure the largest
    violation, tolerated or not. `objective` is in the model's own sense, None where there is none;
    `scale` is the size of what it is the sum of, `unit` what counts as 1 beside it.
    """

    violation: Violation | None
    largest: float | None = 0.0
    where: str | None = None
    objective: Fraction | float | None = None
    scale: float = 1.0
    unit: float = 1.0


@dataclass(frozen=True)
class Size:
    """Counts by which two readings of a model are compared; None where one does not count."""

    variables: int
    constraints: int
    nonzeros: int | None = None
    integers: int | None = None

    def compare(self, other: Size) -> Iterator[tuple[str, int, int]]:
        """What both count: its name, and the two counts."""
        for count in fields(self):
            ours, theirs = getattr(self, count.name), getattr(other, count.name)
            if ours is not None and theirs is not None:
                yield count.name, ours, theirs


class Original(Protocol):
    """The model as its source states it, rebuilt apart from the solver.

    `METHOD` says how it is checked: "hold in exact arithmetic".
    """

    METHOD: ClassVar[str]

    @property
    def names(self) -> Sequence[str]:
        """The names of the variables, of which an answer has values."""
        ...

    @property
    def size(self) -> Size:
        """How large the model is."""
        ...

    @property
    def sense(self) -> Sense | None:
        """Which way is better; None without an objective."""
        ...

    def assess(self, points: Sequence[Solution]) -> list[Assessment]:
        """Hold points against every bound, constraint and the objective.

        Raises:
            UncheckableError: there is a constraint of an unknown kind.
        """
        ...

    def known_points(self) -> Iterable[Solution]:
        """Points that might be solutions: the source's own start, and the corners of the bounds."""
        ...

    def neighbours(self, point: Solution) -> Iterable[Solution]:
        """Points near a solution that might be better."""
        ...

    def disprove_solutions(self) -> str | None:
        """Why there can be no solution at all, where that is plain."""
        ...

    def disprove_unbounded(self) -> str | None:
        """Why the objective cannot improve without end, where that is plain."""
        ...

    def prove_ray(self, point: Solution) -> str | None:
        """The variable by which the objective improves from a solution without end."""
        ...


class Variable(Protocol):
    """What ordering a point needs to know of a variable."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def integer(self) -> bool:
        """Whether only integers are allowed."""
        ...


def order_point(variables: Sequence[Variable], point: Solution) -> list[float] | Violation:
    """The values in the order of the variables, integers rounded, or what is wrong with them."""
    values: list[float] = []
    for variable in variables:
        value = point.get(variable.name)
        fault = _find_fault(variable, value)
        if fault is not None or value is None:
            return fault or _missing(variable)
        values.append(round(value) if variable.integer else value)
    if len(point) > len(variables):
        return _find_stranger(variables, point)
    return values


def _find_fault(variable: Variable, value: float | None) -> Violation | None:
    if value is None:
        return _missing(variable)
    name = variable.name
    if not math.isfinite(value):
        message = f"variable {quote(name)} has the value {value}"
        return Violation(CheckReason.NOT_FINITE, name, None, message)
    distance = abs(value - round(value)) if variable.integer else 0.0
    if distance > INTEGRALITY_TOLERANCE:
        message = f"the integer variable {quote(name)} has the value {value!r}"
        return Violation(CheckReason.NOT_INTEGER, name, distance, message)
    return None


def _missing(variable: Variable) -> Violation:
    message = f"the answer has no value of variable {quote(variable.name)}"
    return Violation(CheckReason.MISSING_VARIABLE, variable.name, None, message)


def _find_stranger(variables: Sequence[Variable], point: Solution) -> Violation:
    known = {variable.name for variable in variables}
    name = next(name for name in point if name not in known)
    message = f"the answer has a value of {quote(name)}, and the model has no such variable"
    return Violation(CheckReason.UNKNOWN_VARIABLE, name, None, message)


def reject(violation: Violation) -> Assessment:
    """The assessment of a point that is not even one of the model's space."""
    return Assessment(violation, largest=violation.amount, where=violation.where)


class Worst:
    """The largest of the violations that it is told of, and whether it is beyond the tolerance."""

    def __init__(self) -> None:
        self.amount = 0.0
        self.where: str | None = None
        self.violation: Violation | None = None

    def add(self, where: str, amount: float) -> bool:
        """Take a violation, relative to its scale; True where it breaks the point: `explain` it.

        An infinite amount is that of a value which is no number.
        """
        if not amount > self.amount:
            return False
        self.amount, self.where = amount, where
        return amount > FEASIBILITY_TOLERANCE

    def explain(self, reason: CheckReason, message: str) -> None:
        """Say what the violation just taken is."""
        measured = self.amount if math.isfinite(self.amount) else None
        self.violation = Violation(reason, self.where or "", measured, message)

    def conclude(
        self, objective: Fraction | float | None, scale: float, unit: float = 1.0
    ) -> Assessment:
        """The assessment once all violations are taken."""
        largest = self.amount if math.isfinite(self.amount) else None
        return Assessment(self.violation, largest, self.where, objective, scale, unit)
