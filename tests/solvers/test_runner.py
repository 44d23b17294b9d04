"""The runner as a process: documents in, answers out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, RunReport
from argmin.api.solve.solvers import SolverName
from tests.solvers.problems import (
    FIRST_SOLUTION,
    MPS,
    Run,
    finish,
    market_share,
    run,
    run_python_model,
    start_runner,
    write_document,
)


def run_mps(root: Path, name: str, **model: object) -> Run:
    return run(root, model={"format": "mps", "path": str(MPS / f"{name}.mps"), **model})


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that ended well."""
    return run_mps(tmp_path_factory.mktemp("solved"), "lseu", solver="cbc")


def test_an_answer_has_all_its_fields_in_both_places(solved: Run) -> None:
    ended = solved
    assert ended.exit_code == 0
    assert json.loads((ended.folder / "answer.json").read_text()) == ended.answer
    answer = RunReport.model_validate(ended.answer)
    assert (answer.solve.outcome, answer.reason, answer.solve.sense) == (
        "Optimal",
        "Optimal",
        "Minimize",
    )
    assert (answer.solve.objective, answer.solve.best_bound, answer.solve.gap) == (
        "1120.0",
        "1120.0",
        "0",
    )
    assert (answer.solve.solver, answer.seed, answer.threads) == ("cbc", None, 1)  # its own default
    assert answer.delivered
    assert answer.solve.model_digest is not None
    assert answer.solve.model_digest.startswith("sha256:")


def test_the_solution_file_has_the_values(solved: Run) -> None:
    solution = solved.solution
    assert solution["objective"] == "1120.0"
    assert solution["variables"]
    assert all(value != 0 for value in solution["variables"].values())


def test_the_log_tells_model_solver_progress_and_outcome(solved: Run) -> None:
    ended = solved
    assert "model lseu.mps: minimize: 28 rows, 89 columns (89 integers), 309 nonzeros" in ended.log
    assert "solver cbc " in ended.log
    assert "Cbc0001I Search completed" in ended.log
    assert "outcome Optimal (Optimal): proven optimal" in ended.log
    assert ended.log in ended.output


def test_equal_runs_have_equal_digests(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        digests.add(run_mps(tmp_path / name, "egout").answer["resultDigest"])
    assert len(digests) == 1


def test_infeasible_is_a_completed_answer(tmp_path: Path) -> None:
    ended = run_mps(tmp_path, "woodinfe")
    assert (ended.exit_code, ended.solved["outcome"]) == (0, "Infeasible")
    assert ended.answer["delivered"] is True
    assert "variables" not in ended.solution


def test_a_malformed_model_is_one_line_and_permanent(tmp_path: Path) -> None:
    ended = run_mps(tmp_path, "garbage")
    assert ended.exit_code == ExitCode.INVALID_INPUT
    assert (ended.answer["succeeded"], ended.answer["reason"]) == (False, "InvalidModel")
    assert ended.answer["message"].startswith("garbage.mps line 2: ")
    assert "Traceback" not in ended.output


POOLS = [({"enumerateAll": True}, "enumerateAll"), ({"size": 5}, "size")]


@pytest.mark.parametrize(("pool", "field"), POOLS, ids=["all", "some"])
def test_more_than_one_solution_of_a_model_that_turns_out_linear_is_refused(
    pool: dict[str, object], field: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.lp"
    path.write_text("Minimize\n x\nSubject To\n x + y >= 1\nBinaries\n x y\nEnd\n")
    ended = run(tmp_path, model={"format": "lp", "path": str(path), "solutionPool": pool})
    assert ended.exit_code == ExitCode.INVALID_INPUT, ended.output
    assert (ended.answer["succeeded"], ended.answer["reason"]) == (False, "UnsupportedModel")
    assert ended.answer["message"] == (
        f"spec.solutionPool.{field} needs a CP-SAT model, and this is a linear model: write it as"
        " an OR-Tools CpModel for spec.solver.name: cp-sat, or remove spec.solutionPool"
    )


def test_a_pool_that_asks_for_nothing_refuses_nothing(tmp_path: Path) -> None:
    ended = run_mps(tmp_path, "afiro", solutionPool={"enumerateAll": False})
    assert (ended.exit_code, ended.solved["outcome"]) == (0, "Optimal")


def test_an_unknown_option_is_permanent(tmp_path: Path) -> None:
    ended = run_mps(tmp_path, "afiro", options={"mip_relgap": "1"})
    assert ended.exit_code == ExitCode.INVALID_INPUT
    assert ended.answer["message"].startswith("spec.solver.options.mip_relgap: highs has no such")


@pytest.mark.parametrize("solver", ["cbc", "glpk", "highs", "scip"])
def test_sigterm_ends_with_the_best_solution_found(solver: str, tmp_path: Path) -> None:
    model = {"format": "lp", "path": str(market_share(tmp_path)), "solver": solver}
    process = start_runner(tmp_path, write_document(tmp_path, model=model))
    assert process.stdout is not None
    sign = re.compile(FIRST_SOLUTION[SolverName(solver)])
    while not sign.search((line := process.stdout.readline()).decode()):
        assert line, "it ended before it found a solution"
    process.send_signal(signal.SIGTERM)
    ended = finish(tmp_path, process)
    assert (ended.exit_code, ended.solved["outcome"]) == (0, "Feasible"), ended.output
    assert ended.answer["reason"] == "Interrupted"
    assert float(ended.solved["objective"]) >= 0
    assert ended.solution["variables"]


def test_sigterm_while_the_model_is_built_ends_at_once(tmp_path: Path) -> None:
    # The user's code catches every ordinary exception: it must not catch this.
    path = tmp_path / "model.py"
    path.write_text(
        "import time\ndef build():\n    print('building', flush=True)\n"
        "    while True:\n        try:\n            time.sleep(0.1)\n"
        "        except Exception:\n            pass\n"
    )
    document = write_document(tmp_path, model={"format": "python", "path": str(path)})
    process = start_runner(tmp_path, document)
    assert process.stdout is not None
    while b"building" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    ended = finish(tmp_path, process)
    assert ended.exit_code == ExitCode.INTERRUPTED
    assert ended.answer["reason"] == "Interrupted"


def test_sigterm_before_any_solution_says_so(tmp_path: Path) -> None:
    model = {"format": "lp", "path": str(market_share(tmp_path)), "solver": "scipy"}
    process = start_runner(tmp_path, write_document(tmp_path, model=model))
    assert process.stdout is not None
    while b"Solving MIP model" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    ended = finish(tmp_path, process)
    assert ended.exit_code == ExitCode.INTERRUPTED
    assert ended.answer["message"] == "scipy cannot be stopped from outside; what it found is lost"


def test_a_crash_of_the_runner_is_one_line_with_its_traceback_in_the_log(tmp_path: Path) -> None:
    source = (
        "import pulp\n"
        "class Broken(pulp.LpProblem):\n"
        "    def variables(self):\n        raise ZeroDivisionError('broken inside')\n"
        "def build():\n    return Broken('broken')\n"
    )
    ended = run_python_model(tmp_path, source)
    assert ended.exit_code == ExitCode.INVALID_INPUT  # a rerun would end the same
    assert ended.answer["message"] == "the runner failed: ZeroDivisionError: broken inside"
    assert "Traceback (most recent call last)" in ended.log


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Invalid JSON"),
        ('{"name": "n"}', "task: Field required"),
        ('{"name": "n", "task": {"path": "x"}}', "task: Unable to extract tag using discriminator"),
        ('{"name": "n", "task": {"kind": "train"}}', "task: Input tag 'train' found using 'kind'"),
        (
            '{"name": "n", "task": {"kind": "solve", "format": "dbf", "path": "x"}}',
            "task.solve.format: Input should be",
        ),
        (
            '{"name": "n", "task": {"kind": "program", "path": "x", "limits": {"time": "0s"}}}',
            "task.program.limits.time: ",
        ),
    ],
)
def test_a_wrong_document_is_told_by_its_field(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text(text)
    ended = finish(tmp_path, start_runner(tmp_path, path))
    assert ended.exit_code == ExitCode.INVALID_INPUT
    assert message in ended.answer["message"]
    assert "Traceback" not in ended.output


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    ended = run(tmp_path, model={"format": "mps", "path": "/none/model.mps"})
    assert (ended.exit_code, ended.answer["reason"]) == (10, "SourceNotFound")
    assert ended.answer["message"] == (
        "the source /none/model.mps cannot be read: No such file or directory"
    )


def test_glpk_falls_back_to_the_one_of_a_wheel(tmp_path: Path) -> None:
    model = {"format": "mps", "path": str(MPS / "afiro.mps"), "solver": "glpk"}
    document = write_document(tmp_path, model=model)
    command = [sys.executable, "-m", "argmin_solvers", "--document", str(document)]
    log = tmp_path / "termination-log"
    variables = {**os.environ, "PATH": str(tmp_path), "ARGMIN_TERMINATION_LOG": str(log)}
    subprocess.run(command, env=variables, check=False, timeout=60)
    found = json.loads(log.read_text())["result"]
    assert (found["outcome"], found["solverVersion"]) == ("Optimal", "5.0")


def test_cbc_falls_back_to_the_one_of_a_wheel(tmp_path: Path) -> None:
    model = {"format": "mps", "path": str(MPS / "lseu.mps"), "solver": "cbc"}
    document = write_document(tmp_path, model=model)
    command = [sys.executable, "-m", "argmin_solvers", "--document", str(document)]
    log = tmp_path / "termination-log"
    variables = {**os.environ, "PATH": str(tmp_path), "ARGMIN_TERMINATION_LOG": str(log)}
    subprocess.run(command, env=variables, check=True, timeout=60)
    found = json.loads(log.read_text())["result"]
    assert (found["objective"], found["solverVersion"]) == ("1120.0", "2.10.12")
