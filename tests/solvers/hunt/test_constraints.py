"""Constraint models mean what they say: all solutions, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.hunt.constraints import Constraint, CpInstance, Interval, Sum, one, write_proto
from tests.hunt.enumeration import settle_constraints

TWO = tuple(Interval(one(at), Sum((), 2), one(at, 2)) for at in (0, 1))


def count(domains: Sequence[tuple[int, ...]], kind: str, **parts: Any) -> int:
    intervals = TWO if "intervals" in parts else ()
    model = CpInstance(tuple(domains), (Constraint(kind, parts),), intervals)
    truth = settle_constraints(model)
    assert truth is not None
    return truth.solutions


BITS = [(0, 1)] * 3


@pytest.mark.parametrize(
    ("kind", "solutions"),
    [("bool_or", 7), ("at_most_one", 4), ("exactly_one", 3), ("bool_and", 1), ("bool_xor", 4)],
)
def test_boolean_constraints(kind: str, solutions: int) -> None:
    assert count(BITS, kind, literals=(0, 1, 2)) == solutions


def test_three_different_values_are_six_orders() -> None:
    assert count([(0, 2)] * 3, "all_diff", exprs=(one(0), one(1), one(2))) == 6


def test_two_tasks_of_two_hours_do_not_overlap() -> None:
    assert count([(0, 3)] * 2, "no_overlap", intervals=(0, 1)) == 6


def test_a_resource_of_one_takes_one_task_at_a_time() -> None:
    demands = (Sum((), 1), Sum((), 1))
    parts = {"capacity": Sum((), 1), "intervals": (0, 1), "demands": demands}
    assert count([(0, 3)] * 2, "cumulative", **parts) == 6


def test_three_nodes_have_two_tours() -> None:
    arcs = [(tail, head) for tail in range(3) for head in range(3) if tail != head]
    tails, heads = zip(*arcs, strict=True)
    parts = {"tails": tails, "heads": heads, "literals": tuple(range(6))}
    assert count([(0, 1)] * 6, "circuit", **parts) == 2


def test_an_objective_is_written_as_a_minimisation() -> None:
    text = write_proto(CpInstance(((0, 4),), (), objective=Sum(((0, 3),), 1), maximize=True))
    assert "objective { vars: [0] coeffs: [-3] offset: -1 scaling_factor: -1 }" in text
