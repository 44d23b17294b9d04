"""The complete search finds every solution, each once, whatever the constraints."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import Pipe
from random import Random
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from argmin_solvers.proof.cp.problem import pose
from argmin_solvers.proof.cp.search import Clock, Search
from tests.solvers.proof.cp.models import (
    KINDS,
    Point,
    draft_model,
    list_solutions,
    rebuild,
)
from tests.solvers.verify.test_cpsat_constraints import BUILDERS, Box, solutions_of

QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def search_all(model: cp_model.CpModel) -> list[Point]:
    problem = pose(rebuild(model).proto)
    assert problem is not None
    search = Search(problem, Clock(60.0))
    points = [tuple(values) for values in search.points()]
    assert search.closed
    return points


@pytest.mark.parametrize("kind", BUILDERS)
def test_every_kind_of_constraint_is_searched_to_the_end(kind: str) -> None:
    box = Box()
    BUILDERS[kind](box)
    found = search_all(box.model)
    assert len(found) == len(set(found))
    assert set(found) == list_solutions(rebuild(box.model))


@settings(QUICK, max_examples=40)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(sorted(KINDS)), max_size=4))
def test_a_search_finds_what_looking_at_every_point_finds(chance: Random, kinds: list[str]) -> None:
    model = draft_model(chance, kinds)
    found = search_all(model)
    assert len(found) == len(set(found))
    assert set(found) == list_solutions(rebuild(model))


@settings(QUICK, max_examples=20)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(sorted(KINDS)), max_size=4))
def test_a_search_finds_what_cp_sat_finds(chance: Random, kinds: list[str]) -> None:
    model = draft_model(chance, kinds)
    ours, theirs = set(search_all(model)), ask_apart(lambda: solutions_of(model))
    assert theirs <= ours
    # Its enumerations miss some: tried alone, CP-SAT takes these as well.
    missed = [point for point in sorted(ours - theirs) if not has_no_route(model, point)][:3]
    assert ask_apart(lambda: all(holds_for_cp_sat(model, point) for point in missed))


def has_no_route(model: cp_model.CpModel, point: Point) -> bool:
    """Whether a routes constraint has no route here, where each node but the depot is left out.

    Its definition and CP-SAT's own check of solutions allow that; its search calls it infeasible.
    """
    return any(
        constraint.has_routes()
        and not any(
            point[literal] if literal >= 0 else not point[-literal - 1]
            for literal, tail, head in zip(
                constraint.routes.literals,
                constraint.routes.tails,
                constraint.routes.heads,
                strict=True,
            )
            if tail != head
        )
        for constraint in model.proto.constraints
    )


def ask_apart(ask: Callable[[], Any]) -> Any:
    """What CP-SAT says in a process of its own, which a failed check of its code ends at once.

    It has no answer then, and the model is left out.
    """
    ours, theirs = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            theirs.send(ask())
            status = 0
        finally:
            os._exit(status)
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        answer = None
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status <= 0, "CP-SAT was not asked"
    if status < 0:
        event("CP-SAT crashed")
        reject()
    return answer


def holds_for_cp_sat(model: cp_model.CpModel, point: Point) -> bool:
    fixed = model.clone()
    for number, value in enumerate(point):
        fixed.add(fixed.get_int_var_from_proto_index(number) == value)
    return bool(cp_model.CpSolver().solve(fixed) == cp_model.OPTIMAL)


def boxes_of_which_cp_sat_misses_some_places() -> cp_model.CpModel:
    """As OR-Tools 9.15 does, with presolve and without it."""
    model = cp_model.CpModel()
    b0, b1, b2 = (model.new_bool_var(f"b{number}") for number in range(3))
    x, y = model.new_int_var(1, 3, "x"), model.new_int_var(-2, 1, "y")
    model.add(x == 1)
    across = [
        model.new_optional_fixed_size_interval_var(x, 1, b1, ""),
        model.new_fixed_size_interval_var(x, 1, ""),
    ]
    along = [
        model.new_fixed_size_interval_var(y, 1, ""),
        model.new_optional_fixed_size_interval_var(y, 1, ~b2, ""),
    ]
    model.add_no_overlap_2d(across, along)
    model.add_bool_or(~b0).only_enforce_if(b1)
    return model


def test_boxes_are_placed_wherever_they_fit() -> None:
    model = boxes_of_which_cp_sat_misses_some_places()
    ours = set(search_all(model))
    assert solutions_of(model) <= ours
    assert ours == list_solutions(rebuild(model))
    assert all(holds_for_cp_sat(model, point) for point in ours)


def test_wide_domains_with_gaps_are_searched_by_their_ends() -> None:
    model = cp_model.CpModel()
    domain = cp_model.Domain.from_intervals([[-(10**12), -(10**12) + 1], [5, 6], [10**12, 10**12]])
    x, y = (model.new_int_var_from_domain(domain, name) for name in "xy")
    model.add(x - y == 1)
    assert set(search_all(model)) == {(1 - 10**12, -(10**12)), (6, 5)}


def test_a_search_gives_up_where_the_time_is_over_and_says_that_it_is_not_closed() -> None:
    model = cp_model.CpModel()
    for number in range(40):
        model.new_bool_var(f"b{number}")
    problem = pose(rebuild(model).proto)
    assert problem is not None
    search = Search(problem, Clock(0.0))
    assert sum(1 for _ in search.points()) < 100
    assert not search.closed
    stop = Event()
    stop.set()
    assert Search(problem, Clock(60.0, stop)).find() is None


def test_models_that_the_search_does_not_know_are_left_alone() -> None:
    model = cp_model.CpModel()
    model.new_bool_var("b")
    original = rebuild(model)
    original.proto.constraints.add().MergeFromString(b"\xf2\x07\x00")  # of a later release
    assert pose(original.proto) is None


def test_too_many_for_too_few_values_are_seen_without_a_search() -> None:
    model = cp_model.CpModel()
    places = [model.new_int_var(0, 39, f"x{number}") for number in range(40)]
    model.add_all_different([1 - place for place in places])
    model.add(places[0] <= 18)
    for place in places[1:20]:
        model.add(place <= 18)
    problem = pose(rebuild(model).proto)
    assert problem is not None
    search = Search(problem, Clock(60.0))
    assert search.find() is None
    assert (search.closed, search.nodes) == (True, 0)


def test_values_that_others_need_are_left_to_them() -> None:
    model = cp_model.CpModel()
    x, y, z = (model.new_int_var(0, 3, name) for name in "xyz")
    model.add(x <= 1)
    model.add(y <= 1)
    model.add(z != 3)
    model.add_all_different([x, y, z, 5])
    assert set(search_all(model)) == {(0, 1, 2), (1, 0, 2)}
