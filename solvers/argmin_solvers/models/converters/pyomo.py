"""Converts a Pyomo model: linear ones to arrays, nonlinear ones through Pyomo's .nl writer."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from argmin.api.answer import Reason, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.errors import RunError
from argmin_solvers.models.converters.pyomo_components import (
    ends_of,
    expand_components,
    find_ordered_sets,
    has_ordered_sets,
)
from argmin_solvers.models.exact import ExactLinear, ExactRow, scale_row
from argmin_solvers.models.exact_parts import Parts
from argmin_solvers.models.expression import Expression
from argmin_solvers.models.linear import unique_names
from argmin_solvers.models.nonlinear import NonlinearModel, is_outside
from argmin_solvers.models.ordered_sets import expand_ordered_sets
from argmin_solvers.models.readers.nl import parse_nl
from argmin_solvers.numerics import FEASIBILITY_TOLERANCE, INTEGRALITY_TOLERANCE


def convert_pyomo(
    origin: str, model: Any, solver: SolverName | None
) -> ExactLinear | NonlinearModel:
    """The linear model of a Pyomo model, or its nonlinear model where it is one or Ipopt solves.

    Raises:
        RunError: InvalidModel; UnsupportedModel for what needs a transformation first.
    """
    model = expand_components(origin, model)
    objective = _only_objective(origin, model)
    constraints = _active_constraints(model)
    expressions = [constraint.body for constraint in constraints]
    if objective is not None:
        expressions.append(objective.expr)
    _check_fixed(origin, model, expressions)
    if not _all_linear(expressions):
        return _nonlinear(origin, model)
    exact = _linear(origin, model, objective, constraints)
    if solver is SolverName.IPOPT and not any(variable.integer for variable in exact.variables):
        return _nonlinear(origin, model)
    return exact


def _only_objective(origin: str, model: Any) -> Any | None:
    import pyomo.environ as pyo

    objectives = list(model.component_data_objects(pyo.Objective, active=True))
    if len(objectives) > 1:
        names = ", ".join(objective.name for objective in objectives[:3])
        raise RunError(
            Reason.INVALID_MODEL,
            f"{origin}: {len(objectives)} active objectives ({names}): deactivate all but one",
        )
    return objectives[0] if objectives else None


def _active_constraints(model: Any) -> list[Any]:
    import pyomo.environ as pyo

    return list(model.component_data_objects(pyo.Constraint, active=True))


def _all_linear(expressions: Iterable[Any]) -> bool:
    return all(expression.polynomial_degree() in (0, 1) for expression in map(_node, expressions))


def _node(expression: Any) -> Any:
    from pyomo.core.expr.numvalue import as_numeric

    return as_numeric(expression)


def _nonlinear(origin: str, model: Any) -> NonlinearModel:
    if has_ordered_sets(model):
        raise RunError(
            Reason.UNSUPPORTED,
            f"{origin}: the model is nonlinear and has special ordered sets: no solver of argmin"
            " takes both",
        )
    text, info, constant = _write(origin, model)
    _check_domains(origin, info.variables)
    names = unique_names((variable.name for variable in info.variables), origin, "variables")
    rows = [constraint.name for constraint in info.constraints]
    written = parse_nl(origin, text.splitlines(), names, rows, is_file=False)
    return _add_constants(origin, written, constant)


def _write(origin: str, model: Any) -> tuple[str, Any, list[Any]]:
    """The text of a .nl file, what Pyomo tells of it, and constraints that it does not write.

    Those are constant, and one of them is violated: Pyomo writes no such model.
    """
    from pyomo.common.errors import InfeasibleConstraintException
    from pyomo.repn.plugins.nl_writer import NLWriter

    def write() -> tuple[str, Any]:
        text = io.StringIO()
        # Without presolve: the solution then has every variable of the model.
        info = NLWriter().write(model, text, linear_presolve=False)
        return text.getvalue(), info

    constant: list[Any] = []
    try:
        try:
            return *write(), constant
        except InfeasibleConstraintException:
            constant = [c for c in _active_constraints(model) if _is_constant(c.body)]
            for constraint in constant:
                constraint.deactivate()
            return *write(), constant
    except Exception as error:
        raise RunError(
            Reason.INVALID_MODEL, f"{origin}: Pyomo cannot write the model: {error}"
        ) from error
    finally:
        for constraint in constant:
            constraint.activate()


def _is_constant(expression: Any) -> bool:
    return bool(_node(expression).polynomial_degree() == 0)


def _add_constants(origin: str, model: NonlinearModel, constant: Iterable[Any]) -> NonlinearModel:
    """The model with those constant constraints that are violated."""
    import pyomo.environ as pyo

    parts = Parts(origin)
    for constraint in constant:
        value = parts.number(pyo.value(constraint.body), f"constraint {constraint.name}")
        sides = parts.bounds(constraint.lb, constraint.ub, f"constraint {constraint.name}")
        if is_outside(value, *sides):
            model = replace(
                model,
                constraints=[*model.constraints, Expression([value])],
                row_names=[*model.row_names, constraint.name],
                sides=[*model.sides, sides],
            )
    return model


def _check_domains(origin: str, variables: Iterable[Any]) -> None:
    """Refuse domains with gaps, which would be taken for the interval around them."""
    for variable in variables:
        if not (variable.is_continuous() or variable.is_integer()):
            raise RunError(
                Reason.UNSUPPORTED,
                f"{origin}: variable {variable.name} has a domain with gaps, {variable.domain}:"
                " give it Reals, Integers or Binary with bounds, and state the rest as constraints",
            )


def _check_fixed(origin: str, model: Any, expressions: Iterable[Any]) -> None:
    """Refuse fixed values that the variable may not have: solver and check see constants there."""
    import pyomo.environ as pyo
    from pyomo.core.expr.visitor import identify_variables

    faults = {
        id(variable): f"variable {variable.name} {fault}"
        for variable in model.component_data_objects(pyo.Var)
        if variable.fixed and (fault := _fault_of_fixed(variable)) is not None
    }
    for expression in expressions if faults else ():
        for variable in identify_variables(_node(expression)):
            if id(variable) in faults:
                raise RunError(Reason.INVALID_MODEL, f"{origin}: {faults[id(variable)]}")


def _fault_of_fixed(variable: Any) -> str | None:
    """What is wrong with a fixed value; what a solver may leave a variable at is right."""
    value, lower, upper = variable.value, variable.lb, variable.ub
    if value is None:
        return "is fixed and has no value: give fix() one"
    if not math.isfinite(value):
        return f"is fixed at {value}: fix it at a finite number"
    if lower is not None and lower - value > FEASIBILITY_TOLERANCE * max(1.0, abs(lower)):
        return f"is fixed at {value}, below its lower bound {lower}: change one of them"
    if upper is not None and value - upper > FEASIBILITY_TOLERANCE * max(1.0, abs(upper)):
        return f"is fixed at {value}, above its upper bound {upper}: change one of them"
    if variable.is_integer():
        allowed = abs(value - round(value)) <= INTEGRALITY_TOLERANCE
    else:
        allowed = variable.is_continuous() or value in variable.domain
    if allowed:
        return None
    return f"is fixed at {value}, which is not in its domain {variable.domain}: change one of them"


@dataclass
class _Columns:
    """Variables in the order in which they are met."""

    numbers: dict[int, int] = field(default_factory=dict)
    variables: list[Any] = field(default_factory=list)

    def number(self, variable: Any) -> int:
        known = self.numbers.setdefault(id(variable), len(self.variables))
        if known == len(self.variables):
            self.variables.append(variable)
        return known

    def terms(
        self, parts: Parts, expression: Any, where: str
    ) -> tuple[dict[int, Fraction], Fraction]:
        """Coefficients by variable number, and the constant."""
        from pyomo.repn import generate_standard_repn

        linear = generate_standard_repn(expression, quadratic=False)
        pairs = zip(map(self.number, linear.linear_vars), linear.linear_coefs, strict=True)
        terms = parts.terms(pairs, lambda at: where.format(name=self.variables[at].name))
        return terms, parts.number(linear.constant, f"a constant: {where.format(name='1')}")


def _linear(origin: str, model: Any, objective: Any | None, constraints: list[Any]) -> ExactLinear:
    parts, columns = Parts(origin), _Columns()
    goal: dict[int, Fraction] = {}
    offset = Fraction(0)
    if objective is not None:
        where = "the objective coefficient of {name}"
        goal, offset = columns.terms(parts, objective.expr, where)
    rows = [_take_row(parts, columns, constraint) for constraint in constraints]
    sets = find_ordered_sets(model, columns.number)
    _check_domains(origin, columns.variables)
    names = unique_names((v.name for v in columns.variables), origin, "variables")
    variables = [
        parts.variable(name, *ends_of(v), integer=v.is_integer())
        for name, v in zip(names, columns.variables, strict=True)
    ]
    try:
        expand_ordered_sets(variables, rows, sets)
    except ValueError as error:
        raise parts.refuse(str(error)) from None
    maximizes = objective is not None and objective.is_minimizing() is False
    start = {v.name: float(v.value) for v in columns.variables if v.value is not None}
    return ExactLinear(
        sense=Sense.MAXIMIZE if maximizes else Sense.MINIMIZE,
        variables=variables,
        rows=rows,
        goal=scale_row("objective", goal, None, None),
        offset=offset,
        starts=[start] if start else [],
        origin=origin,
    )


def _take_row(parts: Parts, columns: _Columns, constraint: Any) -> ExactRow:
    name = constraint.name
    # A name may have braces of its own, which are no place for another.
    where = "the coefficient of {name} in " + name.replace("{", "{{").replace("}", "}}")
    terms, constant = columns.terms(parts, constraint.body, where)
    lower, upper = (
        None if side is None else side - constant
        for side in parts.bounds(constraint.lb, constraint.ub, f"constraint {name}")
    )
    return scale_row(name, terms, lower, upper)
