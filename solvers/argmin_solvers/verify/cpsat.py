"""A CP-SAT model that is checked on its own proto: every constraint, on integers, exactly."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from argmin.api.answer import Sense
from argmin_solvers.adapters.base import Solution
from argmin_solvers.numerics import objective_unit
from argmin_solvers.text import quote
from argmin_solvers.verify.base import (
    Assessment,
    CheckReason,
    Size,
    UncheckableError,
    Violation,
    order_point,
    reject,
)
from argmin_solvers.verify.cp import CHECKERS
from argmin_solvers.verify.cp.points import Amounts, Points, amounts, outside

_LARGEST = 2**62
_LARGEST_SEARCH = 200_000
"""Neighbours, times variables and constraints, that are looked at for a better solution."""


def rebuild_cpsat(content: bytes) -> CpSatOriginal:
    """The model of a file, text or binary.

    Raises:
        UncheckableError: it is neither.
    """
    from google.protobuf import message, text_format
    from ortools.sat import cp_model_pb2

    try:
        return CpSatOriginal(text_format.Parse(content, cp_model_pb2.CpModelProto()))
    except (text_format.ParseError, UnicodeDecodeError) as error:
        what = f"the check cannot read the CpModelProto: {error}"
    proto = cp_model_pb2.CpModelProto()
    try:  # no binary of a model with anything in it is text as well
        proto.ParseFromString(content)
        if not has_unknown_parts(proto):
            return CpSatOriginal(proto)
    except message.DecodeError:
        pass  # what is wrong with it as a text says more
    raise UncheckableError(CheckReason.NOT_REBUILT, what)


def rebuild_cpsat_object(model: Any) -> CpSatOriginal:
    """The model of a `CpModel`."""
    return rebuild_cpsat(export_cpsat(model))


def export_cpsat(model: Any) -> bytes:
    """The CpModelProto of a `CpModel`, binary."""
    with tempfile.TemporaryDirectory(prefix="argmin-") as folder:
        file = Path(folder) / "model.pb"
        model.export_to_file(str(file))
        return file.read_bytes()


@dataclass(frozen=True)
class _Variable:
    name: str
    domain: tuple[int, ...]
    integer: bool = True

    def at(self, direction: int) -> int:
        """The value that is nearest to zero, or for -1 and 1 at an end of the domain."""
        if direction:
            return self.domain[0] if direction < 0 else self.domain[-1]
        pairs = zip(self.domain[::2], self.domain[1::2], strict=True)
        return min((min(max(0, first), last) for first, last in pairs), key=abs)


@dataclass(frozen=True)
class CpSatOriginal:
    """The CpModelProto of OR-Tools."""

    METHOD: ClassVar[str] = "on integers"

    proto: Any

    @cached_property
    def _variables(self) -> list[_Variable]:
        given = [variable.name for variable in self.proto.variables]
        count = Counter(given)
        return [
            _Variable(
                name if name and count[name] == 1 else f"{name}@{number}",
                tuple(self.proto.variables[number].domain),
            )
            for number, name in enumerate(given)
        ]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each variable, each different, as those of `CpSatModel`."""
        return tuple(variable.name for variable in self._variables)

    @property
    def size(self) -> Size:
        """How large the model is."""
        return Size(len(self.proto.variables), len(self.proto.constraints))

    @property
    def sense(self) -> Sense | None:
        """Which way is better; None without an objective."""
        proto = self.proto
        if proto.HasField("floating_point_objective"):
            maximizes = proto.floating_point_objective.maximize
        elif proto.HasField("objective"):
            maximizes = proto.objective.scaling_factor < 0
        else:
            return None
        return Sense.MAXIMIZE if maximizes else Sense.MINIMIZE

    @property
    def has_whole_objective(self) -> bool:
        """Whether the objective is added up in whole numbers: solvers leave nothing of it open."""
        return not self.proto.HasField("floating_point_objective")

    def assess(self, points: Sequence[Solution]) -> list[Assessment]:
        """Hold points against every domain, constraint and the objective.

        Raises:
            UncheckableError: there is a constraint of an unknown kind.
        """
        ordered = [self._order(point) for point in points]
        whole = [row for row in ordered if not isinstance(row, Violation)]
        matrix = np.array(whole, dtype=np.int64).reshape(len(whole), len(self._variables))
        judged = iter(self._assess(Points(self.proto, matrix)))
        return [reject(row) if isinstance(row, Violation) else next(judged) for row in ordered]

    def _order(self, point: Solution) -> Sequence[int] | Violation:
        values: Any = [point.get(variable.name) for variable in self._variables]
        if len(point) != len(values) or set(map(type, values)) != {int}:
            values = order_point(self._variables, point)
        if isinstance(values, list) and max(map(abs, values), default=0) >= _LARGEST:
            at = next(at for at, value in enumerate(values) if abs(value) >= _LARGEST)
            name = self._variables[at].name
            message = f"variable {quote(name)} is {values[at]}, outside its domain"
            return Violation(CheckReason.BOUND_VIOLATED, name, float(abs(values[at])), message)
        return [int(value) for value in values] if isinstance(values, list) else values

    def _assess(self, points: Points) -> list[Assessment]:
        if not len(points):
            return []
        worst = _Worst(len(points))
        for number, variable in enumerate(self._variables):
            distance = outside(points.values[:, number], variable.domain)
            worst.take((CheckReason.BOUND_VIOLATED, number), distance)
        for number, constraint in enumerate(self.proto.constraints):
            violated = measure_violations(constraint, points)
            worst.take((CheckReason.CONSTRAINT_VIOLATED, number), violated)
        worst.take((CheckReason.BOUND_VIOLATED, _OBJECTIVE), self._outside_objective(points))
        worst.take((CheckReason.BOUND_VIOLATED, _ASSUMPTIONS), self._unassumed(points))
        return [self._conclude(points, at, worst) for at in range(len(points))]

    def _outside_objective(self, points: Points) -> Amounts:
        objective = self.proto.objective
        if not objective.domain:
            return np.zeros(len(points))
        return outside(points.weighted(objective.vars, objective.coeffs), objective.domain)

    def _unassumed(self, points: Points) -> Amounts:
        return amounts((~points.literals(self.proto.assumptions)).sum(axis=1))

    def _conclude(self, points: Points, at: int, worst: _Worst) -> Assessment:
        values = points.values[at].tolist()
        objective, unit = self._objective(values), self._unit(values)
        scale = 1.0 if objective is None else max(1.0, abs(float(objective)))
        amount = float(worst.amounts[at])
        if amount == 0.0:
            return Assessment(None, objective=objective, scale=scale, unit=unit)
        reason, number = worst.sources[at]
        where, message = self._say(reason, number, values)
        violation = Violation(reason, where, amount, message)
        return Assessment(violation, amount, where, objective, scale, unit)

    def _say(self, reason: CheckReason, number: int, values: list[int]) -> tuple[str, str]:
        """The name and the fault of what a point violates."""
        if number == _OBJECTIVE:
            return "objective", "the objective is outside its domain"
        if number == _ASSUMPTIONS:
            return "assumptions", "an assumption does not hold"
        if reason is CheckReason.BOUND_VIOLATED:
            name = self._variables[number].name
            return name, f"variable {quote(name)} is {values[number]}, outside its domain"
        constraint = self.proto.constraints[number]
        name = constraint.name or f"#{number}"
        kind = constraint.WhichOneof("constraint")
        return name, f"constraint {quote(name)} ({kind}) does not hold"

    def _objective(self, values: list[int]) -> Fraction | None:
        """The objective in the sense of the source; None without one."""
        if self.sense is None:
            return None
        if self.proto.HasField("floating_point_objective"):
            real = self.proto.floating_point_objective
            terms = zip(real.coeffs, real.vars, strict=True)
            total = sum((Fraction(factor) * values[at] for factor, at in terms), Fraction(0))
            return total + Fraction(real.offset)
        goal = self.proto.objective
        terms = zip(goal.coeffs, goal.vars, strict=True)
        inner = sum(f * (values[at] if at >= 0 else -values[-at - 1]) for f, at in terms)
        factor = Fraction(float(goal.scaling_factor or 1.0))
        return (int(inner) + Fraction(float(goal.offset))) * factor

    def _unit(self, values: list[int]) -> float:
        """What counts as 1 beside the objective of a point."""
        largest = max((cost * abs(values[number]) for number, cost in self._costs), default=0.0)
        return objective_unit(largest or max((cost for _, cost in self._costs), default=0.0))

    @cached_property
    def _costs(self) -> list[tuple[int, float]]:
        """The variables of the objective that are not fixed, with their coefficients' size."""
        goal, factor = self.proto.objective, abs(self.proto.objective.scaling_factor) or 1.0
        if self.proto.HasField("floating_point_objective"):
            goal, factor = self.proto.floating_point_objective, 1.0
        return [
            (number if number >= 0 else -number - 1, abs(coefficient) * factor)
            for number, coefficient in zip(goal.vars, goal.coeffs, strict=True)
            if len(set(self._variables[number if number >= 0 else -number - 1].domain)) > 1
        ]

    def known_points(self) -> list[Solution]:
        """The model's hint, and the ends of the domains."""
        origin, *corners = (
            {variable.name: variable.at(direction) for variable in self._variables}
            for direction in (0, -1, 1)
        )
        hint = self.proto.solution_hint
        hinted = {
            self._variables[number].name: value
            for number, value in zip(hint.vars, hint.values, strict=True)
        }
        return [{**origin, **hinted}, origin, *corners]

    def neighbours(self, point: Solution) -> Iterator[Solution]:
        """The points that one step of one variable of the objective makes better."""
        size = len(self.proto.variables) + len(self.proto.constraints)
        room = _LARGEST_SEARCH // max(1, size)
        for number, gain in list(self._gains())[:room]:
            variable = self._variables[number]
            value = point[variable.name] + (1 if gain > 0 else -1)
            if variable.domain[0] <= value <= variable.domain[-1]:
                yield {**point, variable.name: value}

    def _gains(self) -> Iterator[tuple[int, float]]:
        """The variables of the objective, with a number above zero where more is better."""
        if self.proto.HasField("floating_point_objective"):
            goal = self.proto.floating_point_objective
            sign = 1.0 if goal.maximize else -1.0
        else:
            goal, sign = self.proto.objective, -1.0  # minimised inside, whatever the factor
        for reference, factor in zip(goal.vars, goal.coeffs, strict=True):
            if factor:
                number = reference if reference >= 0 else -reference - 1
                yield number, sign * factor * (1 if reference >= 0 else -1)

    def disprove_solutions(self) -> str | None:
        """None: not attempted."""
        return None

    def disprove_unbounded(self) -> str | None:
        """Always: every domain is finite."""
        return "the domains of the variables keep the objective finite"

    def prove_ray(self, _point: Solution) -> str | None:
        """None: every domain is finite."""
        return None


_OBJECTIVE, _ASSUMPTIONS = -1, -2
"""Numbers of what is neither a variable nor a constraint."""


class _Worst:
    """For each point the largest violation, and the kind and number of what it violates."""

    def __init__(self, points: int) -> None:
        self.amounts: Amounts = np.zeros(points)
        self.sources = [(CheckReason.VERIFIED, 0)] * points

    def take(self, source: tuple[CheckReason, int], amounts: Amounts) -> None:
        if not amounts.any():
            return
        for at in np.flatnonzero(amounts > self.amounts).tolist():
            self.amounts[at], self.sources[at] = amounts[at], source


def measure_violations(constraint: Any, points: Points) -> Amounts:
    """By how much each point violates a constraint where it is enforced.

    Raises:
        UncheckableError: its kind is unknown.
    """
    kind = constraint.WhichOneof("constraint")
    if kind is None and not has_unknown_parts(constraint):
        return np.zeros(len(points))  # it says nothing
    if kind not in CHECKERS:
        what = f"constraint {quote(constraint.name)} is of a kind that the check does not know"
        raise UncheckableError(CheckReason.UNKNOWN_CONSTRAINT, f"{what}: {kind}")
    violated = CHECKERS[kind](constraint, points)
    if constraint.enforcement_literal:
        return np.where(points.enforced(constraint), violated, 0.0)
    return violated


def has_unknown_parts(message: Any) -> bool:
    """Whether there are fields that a later OR-Tools has written."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    return len(UnknownFieldSet(message)) > 0
