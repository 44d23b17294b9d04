from __future__ import annotations

import random
from itertools import combinations, pairwise
from pathlib import Path
from threading import Event

import pytest
from google.protobuf import text_format
from ortools.sat import cp_model_pb2
from ortools.sat.python import cp_model

from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.request import SolutionPool
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Solve
from argmin_solvers.errors import RunError
from argmin_solvers.models.cpsat_model import CpSatModel, checked_cpsat
from argmin_solvers.models.readers.cpsat import read_cpsat
from argmin_solvers.verify.cpsat import rebuild_cpsat_object
from argmin_solvers.verify.verdict import conclude
from tests.solvers.problems import FIRST_SOLUTION, StopOnceSeen, solve

TEXT = """\
variables { name: "x" domain: [0, 5] }
variables { name: "y" domain: [0, 5] }
constraints { linear { vars: [0, 1] coeffs: [1, 1] domain: [0, 7] } }
objective { vars: [0, 1] coeffs: [-2, -1] scaling_factor: -1 }
"""


def permutations(size: int) -> cp_model.CpModel:
    """One solution for each order of `size` things."""
    model = cp_model.CpModel()
    places = [model.new_int_var(1, size, f"place{i}") for i in range(size)]
    model.add_all_different(places)
    return model


def golomb(marks: int) -> cp_model.CpModel:
    """A ruler with different distances: solutions come at once, the proof takes long."""
    model = cp_model.CpModel()
    at = [model.new_int_var(0, marks * marks, f"mark{i}") for i in range(marks)]
    model.add(at[0] == 0)
    for left, right in pairwise(at):
        model.add(left < right)
    model.add_all_different([right - left for left, right in combinations(at, 2)])
    model.minimize(at[-1])
    return model


def knapsack(unit: float) -> cp_model.CpModel:
    """Twenty things that one bag is too small for, each worth some units."""
    chance = random.Random(2)
    model = cp_model.CpModel()
    chosen = [model.new_bool_var(f"x{i}") for i in range(20)]
    for _ in range(3):
        weights = [chance.randrange(10, 100) for _ in chosen]
        model.add(cp_model.LinearExpr.weighted_sum(chosen, weights) <= sum(weights) // 2)
    worth = [unit * chance.randrange(100, 1000) for _ in chosen]
    model.maximize(cp_model.LinearExpr.weighted_sum(chosen, worth))
    return model


def solve_cpsat(model: cp_model.CpModel, folder: Path, **settings: object) -> Solve:
    stop = settings.pop("stop", None)
    assert stop is None or isinstance(stop, Event)
    return solve(SolverName.CP_SAT, checked_cpsat("model", model), folder, stop, **settings)


@pytest.mark.parametrize("binary", [False, True])
def test_a_proto_is_read_as_text_and_as_binary(binary: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.pb"
    proto = text_format.Parse(TEXT, cp_model_pb2.CpModelProto())
    path.write_bytes(proto.SerializeToString() if binary else TEXT.encode())
    result = solve(SolverName.CP_SAT, read_cpsat(path), tmp_path)
    assert (result.outcome, result.sense) == (Outcome.OPTIMAL, Sense.MAXIMIZE)
    assert (result.objective, result.best_bound) == (12.0, 12.0)
    assert result.values == {"x": 5, "y": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TEXT.replace("domain: [0, 7]", "domein: [0, 7]").encode(), "model.pb line 3: "),
        (b"\x00\x01\xff garbage", "neither text nor binary of a CpModelProto"),
        (b"", "the model has no variables"),
        (TEXT.replace("vars: [0, 1] coeffs: [1, 1]", "vars: [0, 9] coeffs: [1, 1]").encode(),
         "model.pb: "),
    ],
)  # fmt: skip
def test_malformed_protos_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pb"
    path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        read_cpsat(path)
    assert caught.value.reason is Reason.INVALID_MODEL
    assert message in caught.value.message


def test_the_search_stops_at_no_gap_that_nobody_asked_for(tmp_path: Path) -> None:
    best = solve_cpsat(knapsack(1.0), tmp_path).objective
    result = solve_cpsat(knapsack(1e-6), tmp_path)
    assert (result.outcome, result.reason) == (Outcome.OPTIMAL, Reason.OPTIMAL)
    assert best is not None
    assert result.objective == pytest.approx(best * 1e-6, rel=1e-9)


def test_all_solutions_are_counted_and_distinct(tmp_path: Path) -> None:
    result = solve_cpsat(permutations(5), tmp_path, pool=SolutionPool(enumerate_all=True))
    assert (result.outcome, result.solutions) == (Outcome.OPTIMAL, 120)
    assert len({tuple(sorted(solution.items())) for solution in result.pool}) == 120
    assert result.objective is None


def test_an_enumeration_keeps_more_than_it_is_told_so_that_all_are_checked(tmp_path: Path) -> None:
    pool = SolutionPool(enumerate_all=True, size=7)
    result = solve_cpsat(permutations(5), tmp_path, pool=pool)
    assert (result.solutions, len(result.pool)) == (120, 120)


@pytest.mark.parametrize(("free", "fixed", "kept"), [(17, 0, 100_000), (10, 4_990, 1_000)])
def test_an_enumeration_without_a_size_counts_what_it_does_not_keep(
    free: int, fixed: int, kept: int, tmp_path: Path
) -> None:
    model = cp_model.CpModel()
    for number in range(free + fixed):
        model.new_int_var(0, int(number < free), f"x{number}")
    result = solve_cpsat(model, tmp_path, pool=SolutionPool(enumerate_all=True))
    assert (result.outcome, result.solutions) == (Outcome.OPTIMAL, 2**free)
    assert len(result.pool) == kept


def test_a_model_without_variables_has_one_solution(tmp_path: Path) -> None:
    model = CpSatModel("model", cp_model.CpModel())
    pool = SolutionPool(enumerate_all=True)
    result = solve(SolverName.CP_SAT, model, tmp_path, None, pool=pool)
    assert (result.outcome, result.solutions, result.pool) == (Outcome.OPTIMAL, 1, ({},))
    assert result.message == "the only solution was found"
    original = rebuild_cpsat_object(model.model)
    conclusion = conclude(result, original, given=original.size, enumerated=True)
    assert conclusion.verification.verified


def test_without_enumeration_a_pool_has_the_improving_solutions_best_first(tmp_path: Path) -> None:
    result = solve_cpsat(golomb(6), tmp_path, pool=SolutionPool(size=3))
    lengths = [solution["mark5"] for solution in result.pool]
    assert lengths == sorted(lengths)
    assert lengths[0] == 17


def test_a_limit_in_an_enumeration_is_feasible(tmp_path: Path) -> None:
    pool = SolutionPool(enumerate_all=True)
    result = solve_cpsat(permutations(9), tmp_path, pool=pool, solutions=10)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.SOLUTION_LIMIT)
    assert result.solutions == 10


def test_an_enumeration_under_an_objective_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the model has an objective") as caught:
        solve_cpsat(golomb(5), tmp_path, pool=SolutionPool(enumerate_all=True))
    assert caught.value.reason is Reason.UNSUPPORTED


def test_a_time_limit_keeps_the_incumbent(tmp_path: Path) -> None:
    result = solve_cpsat(golomb(14), tmp_path, seconds=1.5)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.TIME_LIMIT)
    assert result.best_bound is not None
    assert result.objective is not None
    assert result.best_bound < result.objective


def test_a_request_to_stop_keeps_the_incumbent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stop = StopOnceSeen(capfd, FIRST_SOLUTION[SolverName.CP_SAT])
    result = solve_cpsat(golomb(14), tmp_path, stop=stop)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.INTERRUPTED)
    assert result.values


def test_infeasible_is_an_answer(tmp_path: Path) -> None:
    model = permutations(3)
    model.add(model.get_int_var_from_proto_index(0) > 3)
    assert solve_cpsat(model, tmp_path).outcome is Outcome.INFEASIBLE


def test_fractional_objectives_are_exact(tmp_path: Path) -> None:
    model = cp_model.CpModel()
    x = model.new_int_var(0, 3, "x")
    model.maximize(0.35 * x + 0.1)
    result = solve_cpsat(model, tmp_path)
    assert (result.sense, result.objective) == (Sense.MAXIMIZE, 1.15)


def test_the_same_seed_gives_the_same_search(tmp_path: Path) -> None:
    first, second = (solve_cpsat(golomb(7), tmp_path, seed=5) for _ in range(2))
    assert (first.nodes, first.values) == (second.nodes, second.values)


def test_variables_without_a_name_of_their_own_get_one(tmp_path: Path) -> None:
    model = cp_model.CpModel()
    for name in ("", "twin", "twin"):
        model.add(model.new_int_var(1, 1, name) == 1)
    assert solve_cpsat(model, tmp_path).values == {"@0": 1, "twin@1": 1, "twin@2": 1}


def test_options_that_cp_sat_refuses_together_are_told_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        solve_cpsat(golomb(4), tmp_path, options={"num_search_workers": 8})
    assert caught.value.reason is Reason.UNKNOWN_OPTION
    assert caught.value.message == (
        "spec.solver.options: cp-sat refuses them:"
        " Do not specify both num_search_workers and num_workers"
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("num_worker", 1, "cp-sat has no such option; did you mean num_workers"),
        ("num_workers", "many", "cp-sat takes "),
    ],
)
def test_options_are_checked(name: str, value: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        solve_cpsat(golomb(4), tmp_path, options={name: value})
    assert caught.value.reason is Reason.UNKNOWN_OPTION
    assert caught.value.message.startswith(f"spec.solver.options.{name}: {message}")
