"""Wrong answers, for every adapter and every format: none passes as Optimal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, Outcome, Reason, RunReport, Sense
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import FORMAT_SOLVERS, ModelFormat, SolverName
from argmin_solvers.adapters.base import Solve
from argmin_solvers.models import python_function
from argmin_solvers.verify.base import CheckReason
from tests.solvers.verify.sources import SOURCES, Source, run_corrupted


def at(source: Source, solve: Solve, **values: float) -> Solve:
    """Another point, with the objective that it has and a bound that calls it optimal."""
    moved = {**(solve.values or {}), **values}
    objective = source.objective(moved["x"], moved["y"])
    return replace(
        solve,
        values=moved,
        objective=objective,
        best_bound=objective,
        outcome=Outcome.OPTIMAL,
        reason=Reason.OPTIMAL,
    )


def without(solve: Solve, name: str) -> Solve:
    values = {key: value for key, value in (solve.values or {}).items() if key != name}
    return replace(solve, values=values)


def claim(solve: Solve, outcome: Outcome) -> Solve:
    return Solve(outcome, Reason(outcome), "says the solver", sense=solve.sense)


@dataclass(frozen=True)
class Fault:
    """How an answer is spoilt, and what the check has to say; a better point may replace it."""

    spoil: Callable[[Source, Solve], Solve]
    reason: CheckReason
    applies: Callable[[Source], bool] = lambda _source: True
    wrong: bool = True  # else the solution stands, and only its proof falls
    corrected: bool = False


FAULTS = {
    "flipped sign": Fault(
        lambda _, s: replace(s, objective=-(s.objective or 0), best_bound=-(s.objective or 0)),
        CheckReason.OBJECTIVE_DIFFERS,
    ),
    "minimised instead of maximised": Fault(
        lambda source, s: at(source, s, x=0, y=0), CheckReason.BETTER_POINT_KNOWN, corrected=True
    ),
    "another sense": Fault(
        lambda _, s: replace(s, sense=Sense.MINIMIZE), CheckReason.MODELS_DIFFER
    ),
    "violated row": Fault(lambda source, s: at(source, s, y=4), CheckReason.CONSTRAINT_VIOLATED),
    "value outside its bounds": Fault(
        lambda source, s: at(source, s, x=-1), CheckReason.BOUND_VIOLATED
    ),
    "fractional integer": Fault(
        lambda source, s: at(source, s, x=2.5),
        CheckReason.NOT_INTEGER,
        applies=lambda source: source.integers,
    ),
    "better point known": Fault(
        lambda source, s: at(source, s, x=2, y=1), CheckReason.BETTER_POINT_KNOWN, corrected=True
    ),
    "value that is NaN": Fault(
        lambda _, s: replace(s, values={**(s.values or {}), "y": math.nan}),
        CheckReason.NOT_FINITE,
    ),
    "value that is infinite": Fault(
        lambda _, s: replace(s, values={**(s.values or {}), "y": math.inf}),
        CheckReason.NOT_FINITE,
    ),
    "objective that is NaN": Fault(
        lambda _, s: replace(s, objective=math.nan), CheckReason.OBJECTIVE_DIFFERS
    ),
    "no objective": Fault(lambda _, s: replace(s, objective=None), CheckReason.OBJECTIVE_DIFFERS),
    "missing variable": Fault(lambda _, s: without(s, "x"), CheckReason.MISSING_VARIABLE),
    "unknown variable": Fault(
        lambda _, s: replace(s, values={**(s.values or {}), "z": 1}),
        CheckReason.UNKNOWN_VARIABLE,
    ),
    "bound that the objective beats": Fault(
        lambda _, s: replace(s, outcome=Outcome.OPTIMAL, best_bound=(s.objective or 0) - 1),
        CheckReason.BOUND_CONTRADICTED,
        wrong=False,
    ),
    "bound that leaves a gap": Fault(
        lambda _, s: replace(s, outcome=Outcome.OPTIMAL, best_bound=(s.objective or 0) + 1),
        CheckReason.BOUND_CONTRADICTED,
        wrong=False,
    ),
    "optimal without a bound": Fault(
        lambda _, s: replace(s, outcome=Outcome.OPTIMAL, best_bound=None),
        CheckReason.BOUND_CONTRADICTED,
        wrong=False,
    ),
    "infeasible, and it is not": Fault(
        lambda _, s: claim(s, Outcome.INFEASIBLE), CheckReason.BETTER_POINT_KNOWN, corrected=True
    ),
    "unbounded, and it is not": Fault(
        lambda _, s: claim(s, Outcome.UNBOUNDED),
        CheckReason.CLAIM_REFUTED,
        applies=lambda source: source.is_linear,
    ),
}


def list_cases() -> Iterator[object]:
    for solver, sources in SOURCES.items():
        for source in sources:
            for name, fault in FAULTS.items():
                if fault.applies(source):
                    yield pytest.param(solver, source, fault, id=f"{solver}-{source}-{name}")


@pytest.mark.parametrize(("solver", "source", "fault"), list(list_cases()))
def test_a_wrong_answer_never_passes_as_optimal(
    solver: SolverName,
    source: Source,
    fault: Fault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proven = fault.corrected and source is SOURCES[solver][0]  # of the others, its word is taken
    result = run_corrupted(
        solver,
        source,
        lambda solve: fault.spoil(source, solve),
        tmp_path,
        monkeypatch,
        proven=proven,
    )
    answer = result.answer
    assert answer.solve.verification is not None
    if fault.corrected:
        _assert_corrected(source, answer, proven=proven)
        return
    # What is told is what was checked: a solution whose proof falls is told as a solution.
    verdict = (answer.solve.verification.verified, answer.solve.verification.reason)
    assert verdict == (not fault.wrong, fault.reason)
    if fault.wrong:
        assert (answer.solve.outcome, answer.reason) == (Outcome.ERROR, Reason.WRONG_ANSWER)
        assert (result.exit_code, result.variables) == (ExitCode.INVALID_INPUT, None)
        assert (answer.solve.objective, answer.solve.best_bound) == (None, None)
    else:
        assert (answer.solve.outcome, answer.reason) == (Outcome.FEASIBLE, Reason.SOLVER_STOPPED)
        assert (result.exit_code, answer.solve.best_bound) == (ExitCode.OK, None)


def _assert_corrected(source: Source, answer: RunReport, *, proven: bool) -> None:
    """The better point is the answer: the best there is, where something can prove it."""
    assert answer.reason is Reason.BETTER_POINT_KNOWN
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified
    if proven and source.is_linear:
        assert answer.solve.outcome is Outcome.OPTIMAL
        assert answer.solve.proof is not None
        assert answer.solve.proof.level is not ProofLevel.CLAIMED
        assert float(answer.solve.objective or "nan") == pytest.approx(source.best, abs=1e-6)
    else:
        assert answer.solve.outcome is Outcome.FEASIBLE
        assert answer.solve.verification.reason == CheckReason.BETTER_POINT_KNOWN


@pytest.mark.parametrize(
    ("solver", "source"),
    [(solver, source) for solver, sources in SOURCES.items() for source in sources],
    ids=str,
)
def test_a_right_answer_is_verified(
    solver: SolverName, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = run_corrupted(solver, source, lambda solve: solve, tmp_path, monkeypatch).answer
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified, answer.solve.verification.message
    assert answer.solve.outcome is (Outcome.OPTIMAL if source.is_linear else Outcome.FEASIBLE)
    assert float(answer.solve.objective or "nan") == pytest.approx(source.best, abs=1e-6)
    assert answer.solve.verification.checked.to_wire() == {
        "variables": 2,
        "constraints": 1,
        "solutions": 1,
    }


def test_every_adapter_is_fed_wrong_answers() -> None:
    assert set(SOURCES) == set(SolverName)


def test_every_format_of_every_adapter_is_fed_wrong_answers() -> None:
    tested = {(source.format, solver) for solver, sources in SOURCES.items() for source in sources}
    assert {format_ for format_, _ in tested} == set(ModelFormat)
    for format_, solvers in FORMAT_SOLVERS.items():
        assert {(format_, solver) for solver in solvers} <= tested


def test_every_library_of_python_models_is_fed_wrong_answers() -> None:
    tested = {source.library for sources in SOURCES.values() for source in sources} - {""}
    known = {package.split(".")[0] for package, _ in python_function.CONVERTERS}
    assert tested == known
