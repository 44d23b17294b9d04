"""Certificates prove what they say, in exact arithmetic, and nothing else passes for one."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argmin.api.answer import Sense
from argmin_solvers.proof.certificate import (
    Direction,
    Multipliers,
    evaluate_multipliers,
    find_fault,
    find_parity,
    minimised,
    round_bound,
)
from argmin_solvers.proof.document import (
    MalformedCertificateError,
    check_certificate,
    write_bound,
    write_infeasible,
    write_unbounded,
)
from argmin_solvers.proof.linear import Clock, bound_objective, disprove, find_direction
from argmin_solvers.verify.exact import ExactModel
from tests.solvers.proof.models import build, models

FEW = settings(max_examples=60, deadline=None)


def corners(model: ExactModel) -> list[dict[str, float]]:
    """All whole points of the box, that satisfy the rows."""
    ranges = [
        range(int(variable.lower or 0), int(variable.upper or 0) + 1)
        for variable in model.variables
    ]
    points = [
        dict(zip(model.names, map(float, values), strict=True))
        for values in itertools.product(*ranges)
    ]
    assessed = zip(points, model.assess(points), strict=True)
    return [point for point, found in assessed if found.violation is None and not found.largest]


@FEW
@given(models(), st.lists(st.integers(-3, 3), min_size=4, max_size=4), st.integers(1, 4))
def test_whatever_the_multipliers_the_bound_is_one_on_every_feasible_point(
    model: ExactModel, amounts: list[int], denominator: int
) -> None:
    rows = dict(enumerate(amounts[: len(model.rows)]))
    bound = evaluate_multipliers(model, Multipliers(rows, denominator)).value
    for assessed in model.assess(corners(model)):
        if bound is not None:
            assert minimised(model, Fraction(assessed.objective or 0)) >= bound


@FEW
@given(models())
def test_a_model_in_a_box_has_a_bound_that_its_simplex_optimum_meets_or_is_disproven(
    model: ExactModel,
) -> None:
    infeasible = disprove(model, Clock(10))
    if infeasible is not None:
        assert not corners(model)
        document = json.loads(json.dumps(write_infeasible(model, infeasible.multipliers)))
        assert check_certificate(model, document).holds
        return
    found = bound_objective(model, None, lambda bound: False, Clock(10))
    assert found is not None
    document = json.loads(json.dumps(write_bound(model, found.multipliers, found.bound)))
    checked = check_certificate(model, document)
    assert checked.holds
    assert checked.bound == minimised(model, found.bound)
    for assessed in model.assess(corners(model)):
        assert minimised(model, Fraction(assessed.objective or 0)) >= found.bound


@FEW
@given(models(boxed=False))
def test_a_direction_is_found_only_where_nothing_ends_it(model: ExactModel) -> None:
    direction = find_direction(model, Clock(10))
    if direction is not None:
        assert find_fault(model, direction) is None


def test_a_bound_is_in_the_models_own_sense_and_rounded_to_the_safe_side() -> None:
    # maximise x0 with 3 x0 <= 1
    model = build([1], [([3], None, 1)], sense=Sense.MAXIMIZE, constant=2)
    found = bound_objective(model, None, lambda bound: True, Clock(10))
    assert found is not None
    document = write_bound(model, found.multipliers, found.bound)
    assert Fraction(float(document["bound"])) >= 2 + Fraction(1, 3)
    assert check_certificate(model, document).bound == 2 + Fraction(1, 3)


def test_a_bound_is_raised_to_the_next_value_of_an_objective_in_steps() -> None:
    model = build([2, 4], [([1, 1], 1, None)], integers=[0, 1], constant="0.5")
    assert round_bound(model, Fraction("2.6")) == Fraction("4.5")
    assert round_bound(model, Fraction("2.5")) == Fraction("2.5")


def test_a_bound_of_an_objective_with_continuous_variables_is_left_as_it_is() -> None:
    model = build([2, 4], [([1, 1], 1, None)], integers=[0])
    assert round_bound(model, Fraction("2.6")) == Fraction("2.6")


def test_multipliers_without_a_side_prove_no_bound() -> None:
    model = build([1], [([1], 1, None)])
    gone = evaluate_multipliers(model, Multipliers({0: -1}, 1))
    assert gone.value is None
    assert [gap.is_row for gap in gone.gaps] == [True]


def test_equations_of_integers_whose_divisor_does_not_divide_their_side_are_found() -> None:
    odd = build([0, 0], [([2, 4], 3, 3)], {0: (None, None), 1: (None, None)}, integers=[0, 1])
    assert find_parity(odd) == "r0"
    assert find_parity(build([0, 0], [([2, 4], 6, 6)], integers=[0, 1])) is None
    assert find_parity(build([0, 0], [([2, 4], 3, 3)], integers=[0])) is None


@pytest.mark.parametrize(
    ("direction", "fault"),
    [
        ({0: 1}, "constraint 'r0'"),
        ({1: -1}, "does not improve"),
        ({0: -1, 1: 1}, "bound of variable 'x0'"),
        ({1: 1}, None),
    ],
)
def test_a_direction_is_followed_to_its_end(direction: dict[int, int], fault: str | None) -> None:
    model = build([1, 1], [([1, 0], None, 4)], sense=Sense.MAXIMIZE, constant=1)
    if fault == "bound of variable 'x0'":
        model = build([1, 2], [([1, 0], None, 4)], sense=Sense.MAXIMIZE)
    found = find_fault(model, Direction(direction))
    assert (found is None) if fault is None else fault in str(found)


def tampered(document: dict[str, object], **changes: object) -> dict[str, object]:
    return {**document, **changes}


def test_a_certificate_that_is_changed_proves_less_or_nothing() -> None:
    model = build([1, 2], [([1, 1], 2, None)])
    found = bound_objective(model, None, lambda bound: bound >= 2, Clock(10))
    assert found is not None
    document = write_bound(model, found.multipliers, found.bound)
    assert check_certificate(model, document).bound == 2
    larger = tampered(document, multipliers={"0": ["r0", "9"]}, denominator="1")
    assert not check_certificate(model, larger).holds
    weaker = tampered(document, multipliers={}, denominator="1")
    assert check_certificate(model, weaker).bound == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version is 2"),
        ({"kind": "word"}, "kind is 'word'"),
        ({"denominator": "0"}, "denominator has to be a positive"),
        ({"denominator": 1}, "denominator is '1', not a whole number as text"),
        ({"multipliers": {"0": ["other", "1"]}}, "is of 'other', which is not number 0"),
        ({"multipliers": {"7": ["r0", "1"]}}, "is of 'r0', which is not number 7"),
        ({"multipliers": {"0": "1"}}, "not a pair of name and number"),
        ({"multipliers": {"0": ["r0", "1/2"]}}, "is '1/2', not a whole number"),
        ({"multipliers": None}, "multipliers is missing"),
    ],
)
def test_what_is_no_certificate_is_refused_with_the_place(
    changes: dict[str, object], message: str
) -> None:
    model = build([1], [([1], 1, None)])
    document = write_bound(model, Multipliers({0: 1}, 1), Fraction(1))
    with pytest.raises(MalformedCertificateError, match=message.replace("(", r"\(")):
        check_certificate(model, tampered(document, **changes))


def test_a_ray_needs_a_feasible_point() -> None:
    model = build([1], [([1], 3, None)], sense=Sense.MAXIMIZE)
    good = write_unbounded(model, Direction({0: 1}), {"x0": 3.0})
    assert check_certificate(model, good).holds
    bad = write_unbounded(model, Direction({0: 1}), {"x0": 2.0})
    assert "not feasible" in check_certificate(model, bad).message


def test_whole_numbers_of_any_length_are_written_and_read() -> None:
    model = build([1], [([1], 1, None)])
    huge = 3**20_000
    document = json.loads(json.dumps(write_bound(model, Multipliers({0: huge}, huge), Fraction(1))))
    assert check_certificate(model, document).bound == 1
