"""Reduction keeps what it is told to keep, and little else."""

from __future__ import annotations

from random import Random

from argmin.api.answer import Outcome
from tests.hunt.cases import Case
from tests.hunt.constraints import Constraint, CpInstance, Sum
from tests.hunt.cpcase import CpCase
from tests.hunt.instances import Builder
from tests.hunt.linearcase import LinearCase
from tests.hunt.reduction import Budget, reduce_case
from tests.hunt.scheduling import all_different


def is_infeasible(case: Case) -> bool:
    truth = case.settle()
    return truth is not None and truth.outcome is Outcome.INFEASIBLE


def crowded_contradiction() -> LinearCase:
    """x3 + x4 >= 9 against x3 + x4 <= 8, among ten rows that say nothing."""
    random = Random(1)
    build = Builder(random)
    names = [build.variable(0, 50, integer=at % 2 == 0, cost=at) for at in range(8)]
    for at in range(10):
        build.row({name: random.randint(1, 9) for name in names}, None, 5000 + at)
    build.row({names[3]: 1, names[4]: 1}, 9)
    build.row({names[3]: 1, names[4]: 1, names[7]: "0.5"}, None, 8)
    return LinearCase(build.finish(offset=4))


def test_a_contradiction_is_brought_down_to_itself() -> None:
    reduced = reduce_case(crowded_contradiction(), is_infeasible)
    assert isinstance(reduced, LinearCase)
    assert len(reduced.instance.rows) <= 2
    assert len(reduced.instance.variables) == 1
    assert reduced.instance.cost == {}
    assert is_infeasible(reduced)


def test_a_constraint_model_is_brought_down_as_well() -> None:
    model = all_different(Random(1))
    clash = (
        Constraint("linear", {"sum": Sum(((0, 1),)), "domain": (1, 1)}),
        Constraint("linear", {"sum": Sum(((0, 2),)), "domain": (4, 9)}),
    )
    crowded = CpInstance(model.domains, (*model.constraints, *clash), objective=model.objective)
    reduced = reduce_case(CpCase(crowded), is_infeasible)
    assert isinstance(reduced, CpCase)
    assert len(reduced.model.constraints) == 1
    assert is_infeasible(reduced)


def test_no_more_is_tried_than_the_budget_allows() -> None:
    tried: list[Case] = []

    def still(case: Case) -> bool:
        tried.append(case)
        return is_infeasible(case)

    reduce_case(crowded_contradiction(), still, Budget(tries=7))
    assert len(tried) == 7
