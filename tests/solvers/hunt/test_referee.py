"""The exact referee is right: by hand, and by trying all points of small boxes."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import pytest

from argmin.api.answer import Outcome
from tests.hunt.instances import Builder, Instance, evaluate, excess
from tests.hunt.referee import settle


def box_model(seed: int) -> Instance:
    random = Random(seed)
    build = Builder(random)
    names = [
        build.variable(random.randint(-2, 0), random.randint(0, 2), integer=True,
                       cost=random.randint(-90, 90) / 10)
        for _ in range(4)
    ]  # fmt: skip
    for _ in range(4):
        terms: dict[str, object] = {name: random.randint(-30, 30) / 10 for name in names}
        side = random.randint(-5, 5)
        build.row(terms, *random.choice([(side, None), (None, side), (side, side + 1)]))
    return build.finish(maximize=seed % 2 == 0, offset=seed % 3)


def try_all(instance: Instance) -> Fraction | None:
    ranges = [range(int(v.lower or 0), int(v.upper or 0) + 1) for v in instance.variables]
    names = [variable.name for variable in instance.variables]
    objectives = []
    for values in product(*ranges):
        point = dict(zip(names, map(Fraction, values), strict=True))
        if not any(excess(evaluate(r.terms, point), r.lower, r.upper) for r in instance.rows):
            objectives.append(instance.objective_at(point))
    if not objectives:
        return None
    return max(objectives) if instance.maximize else min(objectives)


@pytest.mark.parametrize("seed", range(40))
def test_it_finds_the_best_of_all_integer_points(seed: int) -> None:
    instance = box_model(seed)
    truth, best = settle(instance), try_all(instance)
    assert truth is not None
    assert truth.objective == best
    assert truth.outcome is (Outcome.INFEASIBLE if best is None else Outcome.OPTIMAL)


def test_it_solves_a_linear_program_to_a_fraction() -> None:
    build = Builder(Random(1))
    x, y = build.variable(cost=3), build.variable(cost=2)
    build.row({x: 3, y: 1}, 1)
    build.row({x: 1, y: 3}, 1)
    truth = settle(build.finish())
    assert truth is not None
    assert truth.objective == Fraction(5, 4)


def test_an_even_sum_is_never_odd() -> None:
    build = Builder(Random(1))
    names = [build.variable(0, 10, integer=True) for _ in range(2)]
    build.equation(dict.fromkeys(names, 2), 5)
    truth = settle(build.finish())
    assert truth is not None
    assert truth.outcome is Outcome.INFEASIBLE


def test_a_ray_makes_a_model_with_a_solution_unbounded() -> None:
    build = Builder(Random(1))
    x, y = build.variable(integer=True, cost=-1), build.variable(integer=True, cost=0)
    build.row({x: 2, y: -3}, None, 1)
    truth = settle(build.finish())
    assert truth is not None
    assert truth.outcome is Outcome.UNBOUNDED


def test_what_is_too_much_work_is_left_open() -> None:
    build = Builder(Random(1))
    x, y = (build.variable(None, None, integer=True) for _ in range(2))
    build.row({x: 2, y: -2}, Fraction(1, 2), Fraction(3, 2))
    assert settle(build.finish()) is None
