"""The check around a solve: it never fails, and it never keeps an answer waiting for long."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.adapters.base import Solve
from argmin_solvers.models import load_model
from argmin_solvers.verify.base import CheckReason
from argmin_solvers.verify.check import check_solve
from argmin_solvers.verify.verdict import Conclusion
from tests.solvers.problems import run, run_program, run_python_model
from tests.solvers.verify.sources import PULP

RIGHT = Solve(
    Outcome.OPTIMAL,
    Reason.OPTIMAL,
    "proven optimal",
    sense=Sense.MAXIMIZE,
    objective=17.0,
    best_bound=17.0,
    values={"x": 3.0, "y": 1.5},
)
WRONG = replace(RIGHT, values={"x": 3.0, "y": 2.5}, objective=19.0, best_bound=19.0)

RANDOM = PULP.replace("4.5", "random.uniform(4, 5)").replace("import pulp", "import pulp, random")
SECOND_TIME = """\
from pathlib import Path

mark = Path(__file__).with_suffix(".mark")
seen = mark.exists()
mark.touch()
"""


def declare(folder: Path, source: str) -> SolveTask:
    path = folder / "model.py"
    path.write_text(source)
    return SolveTask(format=ModelFormat.PYTHON, path=str(path))


def check(declared: SolveTask, solve: Solve, stop: Event | None = None) -> Conclusion:
    return check_solve(declared, load_model(declared), solve, stop or Event(), grace_seconds=0.05)


def test_a_function_is_called_again_in_a_fresh_module(tmp_path: Path) -> None:
    source = PULP.replace("def build():", "problem = None\n\ndef build():\n    global problem\n")
    source = source.replace("    problem = ", "    assert problem is None\n    problem = ")
    conclusion = check(declare(tmp_path, source), RIGHT)
    assert conclusion.verification.verified, conclusion.verification.message


def test_a_function_that_builds_another_model_each_time_is_told_so(tmp_path: Path) -> None:
    conclusion = check(declare(tmp_path, RANDOM), WRONG)
    assert (conclusion.solve.outcome, conclusion.solve.reason) == (
        Outcome.FEASIBLE,
        Reason.UNVERIFIED,
    )
    assert conclusion.verification.reason == CheckReason.NOT_REPRODUCIBLE
    assert "give its random numbers a seed" in conclusion.verification.message


def test_a_wrong_answer_to_a_reproducible_function_is_wrong(tmp_path: Path) -> None:
    conclusion = check(declare(tmp_path, PULP), WRONG)
    assert conclusion.solve.outcome is Outcome.ERROR
    assert conclusion.verification.reason == CheckReason.CONSTRAINT_VIOLATED


@pytest.mark.parametrize(
    ("fails", "message"),
    [
        ("raise OSError('the file is gone')", "could not be built again: model.py line"),
        ("raise SystemExit(3)", "could not be built again"),
        ("build = lambda: 5", "does not know models of type int"),
    ],
)
def test_a_function_that_fails_the_second_time_leaves_the_answer_unverified(
    fails: str, message: str, tmp_path: Path
) -> None:
    declared = declare(tmp_path, SECOND_TIME + PULP + f"\nif seen: {fails}\n")
    conclusion = check(declared, RIGHT)
    assert conclusion.solve.reason is Reason.UNVERIFIED
    assert conclusion.verification.reason == CheckReason.NOT_REBUILT
    assert message in conclusion.verification.message


def test_a_check_that_is_asked_to_stop_leaves_the_answer_unverified(tmp_path: Path) -> None:
    pipe = tmp_path / "model.pipe"
    os.mkfifo(pipe)
    waiting = "\nif seen:\n    Path(__file__).with_suffix('.pipe').read_text()\n"
    declared = declare(tmp_path, SECOND_TIME + PULP + waiting)
    stop = Event()
    stop.set()
    conclusion = check(declared, RIGHT, stop)
    pipe.open("w").close()  # lets the function end
    assert conclusion.solve.outcome is Outcome.FEASIBLE
    assert conclusion.verification.reason == CheckReason.INTERRUPTED


def test_a_run_that_was_stopped_is_checked_all_the_same(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    declared = declare(tmp_path, PULP)
    model = load_model(declared)
    conclusion = check_solve(declared, model, RIGHT, stop, grace_seconds=60)
    assert conclusion.verification.verified


def test_the_answer_and_the_solution_file_carry_the_verification(tmp_path: Path) -> None:
    ended = run_python_model(tmp_path, PULP)
    verification = ended.solved["verification"]
    assert (verification["verified"], verification["reason"]) == (True, "Verified")
    assert ended.solution["verification"] == verification
    assert "check: 1 constraints and 2 variables hold in exact arithmetic" in ended.log


def test_the_numbers_of_a_program_are_its_own(tmp_path: Path) -> None:
    ended = run_program(tmp_path, "from argmin_solvers import report\nreport(objective=5)\n")
    assert ended.solved["verification"]["reason"] == CheckReason.NOT_CHECKED
    assert "verified" not in ended.solved["verification"]


def test_every_solution_of_an_enumeration_is_checked_however_few_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "model.pbtxt"
    path.write_text(
        "".join(f'variables {{ name: "p{i}" domain: [0, 3] }}\n' for i in range(4))
        + "constraints { all_diff { "
        + " ".join(f"exprs {{ vars: {i} coeffs: 1 }}" for i in range(4))
        + " } }\n"
    )
    ended = run(
        tmp_path,
        model={
            "format": "cp-sat",
            "path": str(path),
            "solutionPool": {"enumerateAll": True, "size": 3},
        },
    )
    assert (ended.solved["outcome"], ended.solved["solutions"]) == ("Optimal", 24)
    assert ended.solved["verification"]["checked"]["solutions"] == 24
    assert len(ended.solution["solutions"]) == 3
