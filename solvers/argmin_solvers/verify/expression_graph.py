"""Holds points against a nonlinear model of a .nl file, by evaluating its expressions.

A file that states a linear model is checked exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from argmin_solvers.models.evaluation import evaluation
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.nonlinear import EvaluatedModel, EvaluatedRow, to_floats


def hold_nonlinear(model: NonlinearModel) -> ExactModel | EvaluatedModel:
    """The model, to hold points against."""
    exact = model.to_exact()
    return ExactModel.of(exact) if exact is not None else _evaluated(model)


def _evaluated(model: NonlinearModel) -> EvaluatedModel:
    values: list[float] = []
    shared = {number: evaluation(part) for number, part in model.defined.items()}

    def load(point: Sequence[float]) -> None:
        values[:] = [*point, *(math.nan for _ in shared)]
        for number, evaluate in shared.items():  # each uses only those before it
            try:
                values[number] = evaluate(values)
            except (ArithmeticError, ValueError):
                values[number] = math.nan

    def bind(evaluate: Callable[[Sequence[float]], float]) -> Callable[[], float]:
        return lambda: evaluate(values)

    rows = [
        EvaluatedRow(
            name,
            *to_floats(sides),
            bind(evaluation(constraint)),
            constant=float(part.constant),
            linear=tuple((at, float(factor)) for at, factor in part.linear.items()),
            is_constant=part.is_linear and not part.linear,
        )
        for name, constraint, part, sides in zip(
            model.row_names,
            model.constraints,
            model.splits,
            model.sides,
            strict=True,
        )
    ]
    return EvaluatedModel(
        sense=model.sense,
        variables=model.variables,
        rows=rows,
        objective=bind(evaluation(model.objective)),
        load=load,
        start={model.names[number]: value for number, value in model.start.items()},
    )
