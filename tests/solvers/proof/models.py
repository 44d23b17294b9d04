"""Small linear models, written out as rows of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from argmin.api.answer import Outcome, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.models.exact import ExactVariable, scale_row
from argmin_solvers.proof.question import Question
from argmin_solvers.verify.exact import ExactModel

Number = int | float | str | Fraction
Sides = tuple[Number | None, Number | None]


def exact(number: Number | None) -> Fraction | None:
    """A number as it is written; None stays none."""
    return None if number is None else Fraction(number)


def build(
    costs: Sequence[Number],
    rows: Sequence[tuple[Sequence[Number], Number | None, Number | None]],
    bounds: Mapping[int, Sides] | None = None,
    *,
    integers: Sequence[int] = (),
    sense: Sense = Sense.MINIMIZE,
    constant: Number = 0,
) -> ExactModel:
    """A model over x0, x1, …, which are not negative unless `bounds` say otherwise."""
    variables = [
        ExactVariable(f"x{number}", exact(lower), exact(upper))
        for number in range(len(costs))
        for lower, upper in [(bounds or {}).get(number, (0, None))]
    ]
    for number in integers:
        variables[number].integer = True
    return ExactModel(
        sense=sense,
        variables=variables,
        rows=[
            scale_row(f"r{number}", _terms(row), exact(lower), exact(upper))
            for number, (row, lower, upper) in enumerate(rows)
        ],
        goal=scale_row("goal", _terms(costs), None, None),
        offset=Fraction(constant),
    )


def _terms(coefficients: Sequence[Number]) -> dict[int, Fraction]:
    return {number: Fraction(value) for number, value in enumerate(coefficients)}


def ask(
    model: ExactModel,
    folder: Path,
    values: Sequence[float] | None = None,
    *,
    outcome: Outcome = Outcome.OPTIMAL,
    solver: SolverName = SolverName.HIGHS,
    seconds: float = 20.0,
    **more: Any,
) -> Question:
    """The question how well an answer with these values is proven."""
    point = None if values is None else dict(zip(model.names, values, strict=True))
    objective = None if point is None else Fraction(model.assess([point])[0].objective or 0)
    return Question(
        model=model,
        given=model.to_linear(),
        outcome=outcome,
        solver=solver,
        seconds=seconds,
        workdir=folder,
        objective=objective,
        values=point,
        **more,
    )


SMALL = st.integers(-4, 4)


@st.composite
def models(draw: st.DrawFn, *, boxed: bool = True) -> ExactModel:
    """Models of up to four variables and rows; in a box, there is a finite optimum or none."""
    columns, count = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    rows = []
    for _ in range(count):
        row = draw(st.lists(SMALL, min_size=columns, max_size=columns))
        low, width = draw(st.integers(-6, 6)), draw(st.integers(0, 6))
        kind = draw(st.sampled_from(("lower", "upper", "both")))
        rows.append(
            (row, None if kind == "upper" else low, None if kind == "lower" else low + width)
        )
    bounds: dict[int, Sides] = {}
    for number in range(columns):
        low = draw(st.integers(-3, 3))
        high = low + draw(st.integers(0, 5))
        free = not boxed and draw(st.booleans())
        bounds[number] = (None if free else low, None if free else high)
    return build(
        draw(st.lists(SMALL, min_size=columns, max_size=columns)),
        rows,
        bounds,
        sense=draw(st.sampled_from(list(Sense))),
        constant=draw(SMALL),
    )
