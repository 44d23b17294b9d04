"""The checked representation of a constraint programming model: OR-Tools' own, with its names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from argmin.api.answer import Reason, Sense
from argmin_solvers.errors import RunError
from argmin_solvers.numerics import exact_sum, objective_unit


@dataclass(frozen=True)
class CpSatModel:
    """A model for CP-SAT; `model` is an `ortools.sat.python.cp_model.CpModel`."""

    DESCRIPTION: ClassVar[str] = "CP-SAT model"

    origin: str
    model: Any

    @property
    def proto(self) -> Any:
        """The CpModelProto."""
        return self.model.proto

    @property
    def has_objective(self) -> bool:
        """Whether anything is to be minimised or maximised."""
        proto = self.proto
        return bool(proto.has_objective() or proto.has_floating_point_objective())

    @property
    def sense(self) -> Sense | None:
        """Which way is better; None without an objective."""
        proto = self.proto
        if proto.has_floating_point_objective():
            return Sense.MAXIMIZE if proto.floating_point_objective.maximize else Sense.MINIMIZE
        if proto.has_objective():  # CP-SAT minimises; a negative factor turns a maximisation
            return Sense.MAXIMIZE if proto.objective.scaling_factor < 0 else Sense.MINIMIZE
        return None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each variable, each different: `name`, or `name@number` where needed."""
        given = [str(variable.name) for variable in self.proto.variables]
        count = Counter(given)
        return tuple(
            name if name and count[name] == 1 else f"{name}@{number}"
            for number, name in enumerate(given)
        )

    def objective_at(self, values: list[int]) -> float:
        """The objective of a solution, one value a variable."""
        proto = self.proto
        if proto.has_floating_point_objective():
            objective = proto.floating_point_objective
            terms = zip(objective.coeffs, (values[v] for v in objective.vars), strict=True)
            return exact_sum(terms, objective.offset)
        objective = proto.objective
        total = sum(
            coefficient * (values[number] if number >= 0 else -values[-number - 1])
            for coefficient, number in zip(objective.coeffs, objective.vars, strict=True)
        )
        return float((total + objective.offset) * (objective.scaling_factor or 1.0))

    def unit_at(self, values: list[int]) -> float:
        """What counts as 1 beside the objective of a solution: less than that where it is small.

        Each variable that is neither fixed nor zero has a term.
        """
        terms = (cost * abs(values[number]) for number, cost in self._costs)
        return objective_unit(max(terms, default=0.0) or self.largest_cost)

    @property
    def largest_cost(self) -> float:
        """The largest coefficient, without its sign, of a variable that is not fixed."""
        return max((cost for _, cost in self._costs), default=0.0)

    @cached_property
    def _costs(self) -> list[tuple[int, float]]:
        """The variables of the objective that are not fixed, with their coefficients' size."""
        proto = self.proto
        if not self.has_objective:  # to ask for its terms would give it one
            return []
        if proto.has_floating_point_objective():
            objective, factor = proto.floating_point_objective, 1.0
        else:
            objective, factor = proto.objective, abs(proto.objective.scaling_factor) or 1.0
        references = (number if number >= 0 else -number - 1 for number in objective.vars)
        return [
            (number, abs(coefficient) * factor)
            for number, coefficient in zip(references, objective.coeffs, strict=True)
            if len(set(proto.variables[number].domain)) > 1
        ]

    def summary(self) -> str:
        """One line for the log."""
        goal = self.sense.lower() if self.sense else "satisfy"
        proto = self.proto
        return f"{goal}: {len(proto.variables)} variables, {len(proto.constraints)} constraints"


def checked_cpsat(origin: str, model: Any) -> CpSatModel:
    """The model, once OR-Tools finds it valid.

    Raises:
        RunError: InvalidModel, with what OR-Tools says.
    """
    wrong = model.validate()
    if wrong:
        raise RunError(Reason.INVALID_MODEL, f"{origin}: {' '.join(wrong.split())[:600]}")
    return CpSatModel(origin, model)
