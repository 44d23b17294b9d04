"""Converts a Pyomo model: linear ones to arrays, nonlinear ones through Pyomo's .nl writer."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from argmin.api.optimizationjob import SolverName
from argmin.api.outcome import Reason, Sense
from argmin_solvers.failure import RunError
from argmin_solvers.models.linear import LinearModel, build_linear, by_columns, unique_names
from argmin_solvers.models.nl import parse_nl
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.tolerances import FEASIBILITY_TOLERANCE, INTEGRALITY_TOLERANCE

_REFUSED = {
    "SOSConstraint": "special ordered sets",
    "LogicalConstraint": "logical constraints",
    "Disjunction": "disjunctions",
    "Disjunct": "disjunctions",
    "Complementarity": "complementarity conditions",
}


def convert_pyomo(
    origin: str, model: Any, solver: SolverName | None
) -> LinearModel | NonlinearModel:
    """The linear model of a Pyomo model, or its nonlinear model where it is one or Ipopt solves.

    Raises:
        RunError: InvalidModel; UnsupportedModel for what needs a transformation first.
    """
    _refuse_unknown_parts(origin, model)
    objective = _only_objective(origin, model)
    constraints = _active_constraints(model)
    expressions = [constraint.body for constraint in constraints]
    if objective is not None:
        expressions.append(objective.expr)
    _check_fixed(origin, model, expressions)
    if solver is SolverName.IPOPT or not _all_linear(expressions):
        return _nonlinear(origin, model)
    return _linear(origin, objective, constraints)


def _refuse_unknown_parts(origin: str, model: Any) -> None:
    for ctype in model.collect_ctypes(active=True, descend_into=True):
        what = _REFUSED.get(ctype.__name__)
        if what is not None:
            raise RunError(
                Reason.UNSUPPORTED,
                f"{origin}: the model has {what}: apply the Pyomo transformation that turns them"
                " into constraints before you return it",
            )


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
    from pyomo.repn.plugins.nl_writer import NLWriter

    text = io.StringIO()
    try:
        # Without presolve: the solution then has every variable of the model.
        info = NLWriter().write(model, text, linear_presolve=False)
    except Exception as error:
        raise RunError(
            Reason.INVALID_MODEL, f"{origin}: Pyomo cannot write the model: {error}"
        ) from error
    _check_domains(origin, info.variables)
    names = [variable.name for variable in info.variables]
    return parse_nl(origin, text.getvalue().splitlines(), names)


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

    def terms(self, expression: Any) -> tuple[dict[int, float], float]:
        """Coefficients by variable number, and the constant."""
        from pyomo.repn import generate_standard_repn

        linear = generate_standard_repn(expression, quadratic=False)
        terms = zip(linear.linear_vars, linear.linear_coefs, strict=True)
        return {self.number(v): float(c) for v, c in terms}, float(linear.constant)


def _linear(origin: str, objective: Any | None, constraints: list[Any]) -> LinearModel:
    columns = _Columns()
    goal, offset = ({}, 0.0) if objective is None else columns.terms(objective.expr)
    rows, row_bounds = [], []
    for constraint in constraints:
        terms, constant = columns.terms(constraint.body)
        lower, upper = _bound(constraint.lb, -math.inf), _bound(constraint.ub, math.inf)
        rows.append(terms)
        row_bounds.append((lower - constant, upper - constant))
    variables = columns.variables
    _check_domains(origin, variables)
    maximizes = objective is not None and objective.is_minimizing() is False
    return build_linear(
        origin=origin,
        sense=Sense.MAXIMIZE if maximizes else Sense.MINIMIZE,
        offset=offset,
        cost=[goal.get(number, 0.0) for number in range(len(variables))],
        bounds=(
            [_bound(variable.lb, -math.inf) for variable in variables],
            [_bound(variable.ub, math.inf) for variable in variables],
        ),
        integer=[variable.is_integer() for variable in variables],
        column_names=unique_names((v.name for v in variables), origin, "variables"),
        row_bounds=([low for low, _ in row_bounds], [up for _, up in row_bounds]),
        row_names=[constraint.name for constraint in constraints],
        matrix=by_columns(rows, len(variables)),
    )


def _bound(value: float | None, infinite: float) -> float:
    return infinite if value is None else float(value)
