"""Takes Pyomo models from their own objects, for the check alone.

Linear ones are taken exactly. Nonlinear ones are not translated at all: their expressions are
evaluated by Pyomo, so that no writer of another form stands between model and check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from argmin.api.answer import Sense
from argmin_solvers.models.converters.pyomo_components import (
    ends_of,
    expand_components,
    find_ordered_sets,
)
from argmin_solvers.models.exact import ExactRow, ExactVariable, finite, scale_row
from argmin_solvers.models.numerals import to_fraction
from argmin_solvers.models.ordered_sets import expand_ordered_sets
from argmin_solvers.text import quote
from argmin_solvers.verify.base import CheckReason, UncheckableError
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.nonlinear import EvaluatedModel, EvaluatedRow, to_floats


def rebuild_pyomo(model: Any) -> ExactModel | EvaluatedModel:
    """The model, exactly where it is linear, else ready for evaluation.

    Networks, disjunctions and logic are what Pyomo turns them into.
    """
    import pyomo.environ as pyo

    model = expand_components("the model", model)
    goal = next(iter(model.component_data_objects(pyo.Objective, active=True)), None)
    constraints = list(model.component_data_objects(pyo.Constraint, active=True))
    expressions = [c.body for c in constraints] + ([] if goal is None else [goal.expr])
    parts = [_Part.of(expression) for expression in expressions]
    if all(part.is_linear for part in parts):
        return _exact(model, goal, constraints, parts)
    return _evaluated(goal, constraints, parts)


@dataclass(frozen=True)
class _Part:
    """An expression taken apart: what it depends on, and its linear terms."""

    linear: Sequence[tuple[Any, float]]
    nonlinear: Sequence[Any]
    constant: float

    @staticmethod
    def of(expression: Any) -> _Part:
        from pyomo.repn import generate_standard_repn

        taken = generate_standard_repn(expression, quadratic=False)
        linear = list(zip(taken.linear_vars, taken.linear_coefs, strict=True))
        return _Part(linear, list(taken.nonlinear_vars), taken.constant)

    @property
    def is_linear(self) -> bool:
        return not self.nonlinear

    def variables(self) -> Iterable[Any]:
        return [*(variable for variable, _ in self.linear), *self.nonlinear]


@dataclass
class _Columns:
    """Variables in the order in which they are met; names are kept as keys."""

    positions: dict[str, int] = field(default_factory=dict)
    objects: list[Any] = field(default_factory=list)

    def position(self, variable: Any) -> int:
        position = self.positions.setdefault(variable.name, len(self.objects))
        if position == len(self.objects):
            self.objects.append(variable)
        return position

    def terms(self, part: _Part) -> dict[int, Fraction]:
        terms: dict[int, Fraction] = {}
        for variable, coefficient in part.linear:
            position = self.position(variable)
            terms[position] = terms.get(position, Fraction(0)) + to_fraction(coefficient)
        return terms

    def exact(self) -> list[ExactVariable]:
        return [_to_variable(variable) for variable in self.objects]

    def start(self) -> dict[str, float]:
        return {v.name: float(v.value) for v in self.objects if v.value is not None}


def _to_variable(variable: Any) -> ExactVariable:
    if not (variable.is_continuous() or variable.is_integer()):
        raise UncheckableError(
            CheckReason.UNKNOWN_CONSTRAINT,
            f"variable {quote(variable.name)} has the domain {variable.domain}, which is neither"
            " an interval nor a range of integers",
        )
    bounds = bounds_of(*ends_of(variable))
    return ExactVariable(variable.name, *bounds, integer=variable.is_integer())


def bounds_of(lower: Any, upper: Any) -> tuple[Fraction | None, Fraction | None]:
    """Exact bounds; None, or a very large number, is none."""
    return tuple(  # type: ignore[return-value]
        None if bound is None else finite(to_fraction(bound)) for bound in (lower, upper)
    )


def _sense(goal: Any | None) -> Sense:
    maximizes = goal is not None and not goal.is_minimizing()
    return Sense.MAXIMIZE if maximizes else Sense.MINIMIZE


def _exact(
    model: Any, goal: Any | None, constraints: Sequence[Any], parts: Sequence[_Part]
) -> ExactModel:
    columns = _Columns()
    rows = [
        _exact_row(constraint, part, columns.terms(part))
        for constraint, part in zip(constraints, parts, strict=False)
    ]
    objective = None if goal is None else parts[-1]
    terms = {} if objective is None else columns.terms(objective)
    start = columns.start()
    sets = find_ordered_sets(model, columns.position)
    variables = columns.exact()
    expand_ordered_sets(variables, rows, sets)
    return ExactModel(
        sense=_sense(goal),
        variables=variables,
        rows=rows,
        goal=scale_row("objective", terms, None, None),
        offset=Fraction(0) if objective is None else to_fraction(objective.constant),
        starts=[start] if start else [],
    )


def _exact_row(constraint: Any, part: _Part, terms: dict[int, Fraction]) -> ExactRow:
    constant = to_fraction(part.constant)
    lower, upper = (
        None if side is None else finite(side - constant)
        for side in bounds_of(constraint.lb, constraint.ub)
    )
    return scale_row(constraint.name, terms, lower, upper)


def _evaluated(
    goal: Any | None, constraints: Sequence[Any], parts: Sequence[_Part]
) -> EvaluatedModel:
    from pyomo.core.expr.visitor import identify_variables

    columns = _Columns()
    for part in parts:
        for variable in part.variables():
            columns.position(variable)
    needed = len(columns.objects)
    expressions = [c.body for c in constraints] + ([] if goal is None else [goal.expr])
    for expression in expressions:
        for variable in identify_variables(expression, include_fixed=False):
            columns.position(variable)
    return EvaluatedModel(
        sense=None if goal is None else _sense(goal),
        variables=columns.exact(),
        rows=[
            EvaluatedRow(
                constraint.name,
                *to_floats(bounds_of(constraint.lb, constraint.ub)),
                _evaluation(constraint.body),
                constant=float(part.constant),
                linear=[(columns.position(v), float(factor)) for v, factor in part.linear],
                is_constant=not (part.linear or part.nonlinear),
            )
            for constraint, part in zip(constraints, parts, strict=False)
        ],
        objective=(lambda: 0.0) if goal is None else _evaluation(goal.expr),
        load=lambda values: _load(columns.objects, values),
        start=columns.start(),
        optional=frozenset(variable.name for variable in columns.objects[needed:]),
    )


def _evaluation(expression: Any) -> Callable[[], float]:
    import pyomo.environ as pyo

    def evaluate() -> float:
        value: float = pyo.value(expression)
        return value

    return evaluate


def _load(variables: Sequence[Any], values: Sequence[float]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.set_value(value, skip_validation=True)
