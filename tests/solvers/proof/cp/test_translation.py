"""A translation into a linear model has the solutions of the CP-SAT model, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from argmin.api.answer import Sense
from argmin_solvers.proof.cp import translate
from argmin_solvers.proof.cp.problem import Problem
from argmin_solvers.proof.cp.propagation import RowPropagator
from argmin_solvers.proof.cp.rows import ENDLESS, Row
from argmin_solvers.proof.cp.search import Clock, Search
from argmin_solvers.proof.cp.translation import Translation
from argmin_solvers.verify.exact import ExactModel
from tests.solvers.proof.cp.models import (
    KINDS,
    Point,
    draft_model,
    list_solutions,
    rebuild,
)
from tests.solvers.proof.cp.test_certify import knapsack
from tests.solvers.verify.test_cpsat_constraints import BUILDERS, Box


def find_extension(translation: Translation, point: Point) -> list[int] | None:
    """A point of the linear model that stands for a point of the CP-SAT model."""
    linear = translation.linear
    domains = [(int(one.lower or 0), int(one.upper or 0)) for one in linear.variables]
    domains[: len(point)] = [(value, value) for value in point]
    rows = [
        Row(
            (),
            tuple(zip(row.columns, row.coefficients, strict=True)),
            (
                -ENDLESS if row.lower is None else row.lower,
                ENDLESS if row.upper is None else row.upper,
            ),
        )
        for row in linear.rows
    ]
    search = Search(Problem(tuple(domains), tuple(map(RowPropagator, rows)), None), Clock(30.0))
    found = search.find()
    assert found is not None or search.closed
    return found


def admitted(translation: Translation, points: Iterable[Point]) -> set[Point]:
    return {point for point in points if find_extension(translation, point) is not None}


def sample_points(chance: Random, model: cp_model.CpModel, count: int) -> list[Point]:
    domains = [(one.domain[0], one.domain[-1]) for one in rebuild(model).proto.variables]
    points = [tuple(chance.randint(first, last) for first, last in domains) for _ in range(count)]
    solutions = sorted(list_solutions(rebuild(model)))
    return points + chance.sample(solutions, min(len(solutions), count))


@pytest.mark.parametrize("kind", BUILDERS)
def test_every_kind_of_constraint_is_translated(kind: str) -> None:
    box = Box()
    BUILDERS[kind](box)
    original = rebuild(box.model)
    translation = translate(original)
    assert translation is not None
    points = sample_points(Random(1), box.model, 6)
    assert admitted(translation, points) == list_solutions(original) & set(points)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(sorted(KINDS)), max_size=3))
def test_a_translation_has_the_same_solutions(chance: Random, kinds: list[str]) -> None:
    model = draft_model(chance, kinds)
    translation = translate(rebuild(model))
    if translation is not None:
        points = sample_points(chance, model, 6)
        assert admitted(translation, points) == list_solutions(rebuild(model)) & set(points)


def test_fixed_demands_are_translated() -> None:
    model = cp_model.CpModel()
    starts = [model.new_int_var(0, 2, f"s{number}") for number in range(3)]
    present = model.new_bool_var("p")
    spans = [
        model.new_fixed_size_interval_var(starts[0], 2, ""),
        model.new_fixed_size_interval_var(starts[1], 1, ""),
        model.new_optional_fixed_size_interval_var(starts[2], 2, present, ""),
    ]
    model.add_cumulative(spans, [2, 1, 2], 3)
    translation = translate(rebuild(model))
    assert translation is not None
    points = list(product(range(3), range(3), range(3), range(2)))
    assert admitted(translation, points) == list_solutions(rebuild(model))


def test_the_objective_is_exact_and_a_point_goes_back() -> None:
    model = knapsack()
    translation = translate(rebuild(model))
    assert translation is not None
    assert translation.linear.sense is Sense.MAXIMIZE
    point = translation.to_cp_point({"x": 5.0, "y": 1.9999999, "added7": 1.0})
    assert point == {"x": 5, "y": 2}
    exact = ExactModel.of(translation.linear).assess([{"x": 5.0, "y": 2.0}])[0]
    assert (exact.violation, exact.objective) == (None, Fraction(15))


def test_numbers_that_say_little_to_solvers_of_doubles_are_not_translated() -> None:
    model = cp_model.CpModel()
    x, y, b = (
        model.new_int_var(0, 10**8, "x"),
        model.new_int_var(0, 10**8, "y"),
        model.new_bool_var("b"),
    )
    model.add(x <= y).only_enforce_if(b)
    assert translate(rebuild(model)) is None
