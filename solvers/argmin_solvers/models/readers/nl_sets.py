"""Special ordered sets of a .nl file, which its suffixes `sosno` and `ref` state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from argmin_solvers.models.exact import ExactRow, scale_row
from argmin_solvers.models.expression import Expression
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.ordered_sets import OrderedSet, expand_ordered_sets
from argmin_solvers.models.readers.nl_lines import BeyondError


def state_ordered_sets(
    model: NonlinearModel, belongs: Mapping[int, Fraction], order: Mapping[int, Fraction]
) -> NonlinearModel:
    """The model with its sets stated by binary variables.

    Args:
        model: as the file has it.
        belongs: by variable its set's number: of kind 1 where positive, of kind 2 where negative.
        order: by variable its weight in its set, 0 where there is none.

    Raises:
        BeyondError: a member has no bound, a set has no order, or there are defined variables,
            whose numbers those of the binary variables would be.
    """
    members: dict[Fraction, list[int]] = {}
    for variable, number in belongs.items():
        if number:
            members.setdefault(number, []).append(variable)
    if not members:
        return model
    if model.defined:
        raise BeyondError("special ordered sets beside defined variables are not supported")
    sets = []
    for number, found in members.items():
        if len({order.get(variable, Fraction(0)) for variable in found}) < len(found):
            raise BeyondError(f"the suffix ref gives members of the set sosno {number} no order")
        listed = sorted(found, key=lambda variable: order.get(variable, Fraction(0)))
        kind = 1 if number > 0 else 2
        sets.append(OrderedSet(f"sos{kind}_{abs(number)}", kind, listed))
    variables, known = list(model.variables), _linear_rows(model)
    rows = list(known)
    try:
        expand_ordered_sets(variables, rows, sets)
    except ValueError as error:
        raise BeyondError(str(error)) from None
    return _extended(model, replace(model, variables=variables), rows[len(known) :])


def _linear_rows(model: NonlinearModel) -> list[ExactRow]:
    rows = []
    for name, part, sides in zip(model.row_names, model.splits, model.sides, strict=True):
        if part.is_linear:
            lower, upper = (None if side is None else side - part.constant for side in sides)
            rows.append(scale_row(name, part.linear, lower, upper))
    return rows


def _extended(model: NonlinearModel, wider: NonlinearModel, rows: list[ExactRow]) -> NonlinearModel:
    constraints, names, sides = [*model.constraints], [*model.row_names], [*model.sides]
    for row in rows:
        terms = zip(row.columns, row.coefficients, strict=True)
        linear = {column: Fraction(coefficient, row.scale) for column, coefficient in terms}
        constraints.append(Expression(linear=linear, terms=[Fraction(0)]))
        names.append(row.name)
        lower, upper = (
            None if side is None else Fraction(side, row.scale) for side in (row.lower, row.upper)
        )
        sides.append((lower, upper))
    return replace(wider, constraints=constraints, row_names=names, sides=sides)
