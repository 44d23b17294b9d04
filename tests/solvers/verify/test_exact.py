"""Linear models in exact arithmetic: what is a violation, how large, and where."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argmin.api.answer import Outcome, Reason, Sense
from argmin_solvers.adapters.base import Solve
from argmin_solvers.models.exact import ExactVariable, scale_row
from argmin_solvers.numerics import FEASIBILITY_TOLERANCE, INTEGRALITY_TOLERANCE
from argmin_solvers.verify.base import Assessment, CheckReason
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.verdict import conclude
from tests.solvers.problems import exact

SMALL = (
    "max\n 3 x + 2 y + 5\nst\n cap: x + y <= 4.5\nbounds\n x <= 3\n y <= 10\ngenerals\n x\nend\n"
)


def assess(text: str, **point: float) -> Assessment:
    return exact(text).assess([point])[0]


def test_a_point_that_holds_has_no_violation_and_its_objective() -> None:
    found = assess(SMALL, x=3, y=1.5)
    assert (found.violation, found.largest, found.where) == (None, 0.0, None)
    assert found.objective == Fraction(17)


def test_a_violation_is_measured_against_the_scale_of_its_row() -> None:
    text = "min\n x\nst\n big: 1000 x <= 2000\nend\n"
    found = assess(text, x=2.5)
    assert found.largest == pytest.approx(500 / 2500)
    assert found.where == "big"
    assert found.violation is not None
    assert found.violation.message == "constraint 'big' is 2500.0, above 2000.0 by 500.0"


@pytest.mark.parametrize(
    ("row", "bounds", "point", "where"),
    [
        ("x + y <= 10000000", "", {"x": 10000001, "y": 0}, "r"),
        ("2 x + 0 y = 10000001", "", {"x": 5000001, "y": 0}, "r"),
        ("x + 1000000000 y <= 1000000100", "", {"x": 500, "y": 1}, "r"),
        ("x + y <= 100000000", " x <= 50000000\n", {"x": 50000050, "y": 0}, "x"),
    ],
    ids=["large side", "odd", "big M", "bound"],
)
def test_whole_numbers_are_not_wrong_by_a_little(
    row: str, bounds: str, point: dict[str, float], where: str
) -> None:
    text = f"max\n x\nst\n r: {row}\nbounds\n{bounds}generals\n x y\nend\n"
    found = assess(text, **point)
    assert found.violation is not None
    assert found.where == where
    assert (found.largest or 0) >= 1


@pytest.mark.parametrize(("excess", "broken"), [(0.009, False), (0.011, True)])
def test_a_large_number_makes_no_constraint_meaningless(excess: float, broken: bool) -> None:
    text = "min\n x\nst\n r: x + 1000000000 y <= 1000000000\nend\n"
    assert (assess(text, x=excess, y=1).violation is not None) is broken


def test_the_largest_of_several_violations_is_told() -> None:
    text = "min\n x\nst\n a: x <= 1\n b: x <= 0.5\n c: x <= 1.9\nend\n"
    assert assess(text, x=2).where == "b"


@pytest.mark.parametrize("side", ["x + y <= 4", "x + y = 4", "-9 <= x + y <= 4"])
@pytest.mark.parametrize(("excess", "broken"), [(0.9, False), (1.1, True)])
def test_what_is_within_the_tolerance_is_told_and_tolerated(
    side: str, excess: float, broken: bool
) -> None:
    text = f"min\n x\nst\n r: {side}\nend\n"
    found = assess(text, x=2, y=2 + 4 * excess * FEASIBILITY_TOLERANCE)
    assert (found.violation is not None) is broken
    assert found.largest == pytest.approx(excess * FEASIBILITY_TOLERANCE, rel=1e-5)
    assert found.where == "r"


@pytest.mark.parametrize(("distance", "broken"), [(0.9, False), (1.1, True)])
def test_integers_are_rounded_within_their_tolerance(distance: float, broken: bool) -> None:
    found = assess(SMALL, x=3 - distance * INTEGRALITY_TOLERANCE, y=1.5)
    assert (found.violation is not None) is broken
    if not broken:
        assert found.objective == Fraction(17)


def test_what_doubles_cannot_tell_is_still_exact() -> None:
    text = "min\n x\nst\n r: 0.1 x + 0.2 y - 0.3 z = 0\nend\n"
    point = {"x": 3.0, "y": 3.0, "z": 3.0}
    assert 0.1 * 3 + 0.2 * 3 - 0.3 * 3 != 0
    assert assess(text, **point).largest == 0.0


def test_cancellation_hides_nothing() -> None:
    text = "min\n x\nst\n r: 1e15 x - 1e15 y + z <= 0\nend\n"
    assert assess(text, x=1, y=1, z=0).violation is None
    found = assess(text, x=math.nextafter(1, 2), y=1, z=0)
    assert found.largest is not None
    assert 0 < found.largest < FEASIBILITY_TOLERANCE  # 0.2 of 1e15


def test_tiny_and_huge_values_are_no_problem() -> None:
    text = "min\n x\nst\n r: x + y >= 0\nbounds\n x free\n y free\nend\n"
    assert assess(text, x=5e-324, y=1.7e308).violation is None
    assert assess(text, x=1.7e308, y=-1.7e308).violation is None


@st.composite
def small_models(draw: st.DrawFn) -> ExactModel:
    """Up to three integer variables and three rows, with numbers of one decimal."""
    tenths = st.integers(-30, 30).map(lambda number: Fraction(number, 10))
    count = draw(st.integers(1, 3))
    rows = []
    for number in range(draw(st.integers(1, 3))):
        terms = {at: draw(tenths) for at in range(count)}
        side = draw(tenths)
        sides = draw(st.sampled_from([(None, side), (side, None), (side - 2, side)]))
        rows.append(scale_row(f"r{number}", terms, *sides))
    return ExactModel(
        sense=draw(st.sampled_from(list(Sense))),
        variables=[
            ExactVariable(f"x{at}", Fraction(0), Fraction(draw(st.integers(0, 3))), integer=True)
            for at in range(count)
        ],
        rows=rows,
        goal=scale_row("goal", {at: draw(tenths) for at in range(count)}, None, None),
        offset=draw(tenths),
    )


def brute_force(model: ExactModel) -> dict[tuple[int, ...], Fraction]:
    """The objective of every solution, by multiplying out what the model says."""

    def value(row: object, point: tuple[int, ...]) -> Fraction:
        columns, coefficients = row.columns, row.coefficients  # type: ignore[attr-defined]
        total = sum(c * point[at] for at, c in zip(columns, coefficients, strict=True))
        return Fraction(total, row.scale)  # type: ignore[attr-defined]

    box = product(*(range(int(v.upper or 0) + 1) for v in model.variables))
    return {
        point: value(model.goal, point) + model.offset
        for point in box
        if all(
            (row.lower is None or value(row, point) >= Fraction(row.lower, row.scale))
            and (row.upper is None or value(row, point) <= Fraction(row.upper, row.scale))
            for row in model.rows
        )
    }


def claimed_optimal(model: ExactModel, point: tuple[float, ...], objective: float) -> Solve:
    return Solve(
        Outcome.OPTIMAL,
        Reason.OPTIMAL,
        "",
        sense=model.sense,
        objective=objective,
        best_bound=objective,
        values=dict(zip(model.names, point, strict=True)),
    )


def judged(model: ExactModel, point: tuple[float, ...], objective: float) -> Outcome:
    solve = claimed_optimal(model, point, objective)
    return conclude(solve, model, given=model.size, enumerated=False).solve.outcome


@settings(max_examples=40, deadline=None)
@given(model=small_models(), data=st.data())
def test_the_true_optimum_passes_and_whatever_is_none_does_not(
    model: ExactModel, data: st.DataObject
) -> None:
    solutions = brute_force(model)
    best = max if model.sense is Sense.MAXIMIZE else min
    box = [range(int(v.upper or 0) + 1) for v in model.variables]
    if solutions:
        point = best(solutions, key=lambda found: solutions[found])
        objective = float(solutions[point])
        assert judged(model, point, objective) is Outcome.OPTIMAL
        off = data.draw(st.floats(1e-5, 1e3), label="error of the objective")
        assert judged(model, point, objective + off) is Outcome.ERROR
        broken: list[float] = [*point]
        at = data.draw(st.integers(0, len(point) - 1), label="variable")
        broken[at] += data.draw(st.floats(1e-4, 1 - 1e-4), label="fraction")
        assert judged(model, tuple(broken), objective) is Outcome.ERROR
    anywhere = data.draw(st.tuples(*(st.sampled_from(values) for values in box)), label="point")
    if anywhere not in solutions:
        assert judged(model, anywhere, 0.0) is Outcome.ERROR


@settings(max_examples=40, deadline=None)
@given(model=small_models())
def test_infeasible_is_refuted_and_proven_only_where_it_is_so(model: ExactModel) -> None:
    claim = Solve(Outcome.INFEASIBLE, Reason.INFEASIBLE, "", sense=model.sense)
    conclusion = conclude(claim, model, given=model.size, enumerated=False)
    reason, solutions = conclusion.verification.reason, brute_force(model)
    if solutions:
        assert reason in (CheckReason.BETTER_POINT_KNOWN, CheckReason.NO_CERTIFICATE)
    else:
        assert reason in (CheckReason.PROVEN, CheckReason.NO_CERTIFICATE)
