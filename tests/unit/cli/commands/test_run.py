"""`argmin run`: real jobs by the real runner and real solvers, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.cli import main
from argmin.cli.errors import ExitStatus

KNAPSACK = """NAME knapsack
ROWS
 N value
 L weight
COLUMNS
    M1 'MARKER' 'INTORG'
    a value -10 weight 5
    b value -6 weight 4
    c value -7 weight 4
    M2 'MARKER' 'INTEND'
RHS
    RHS weight 8
BOUNDS
 UP BND a 1
 UP BND b 1
 UP BND c 1
ENDATA
"""
INFEASIBLE = """NAME none
ROWS
 N cost
 G floor
COLUMNS
    x cost 1 floor 1
RHS
    RHS floor 2
BOUNDS
 UP BND x 1
ENDATA
"""

Runner = Callable[..., tuple[int, dict[str, Any], str]]


def job(spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "metadata": {"name": "steel", **metadata},
        "spec": spec,
    }


def mps(text: str) -> dict[str, Any]:
    return {"model": {"format": "mps", "source": {"inline": text}}, "solver": {"name": "highs"}}


def program(text: str, **script: Any) -> dict[str, Any]:
    return {"script": {"source": {"inline": text}, **script}, "backoffLimit": 0}


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runner:
    """Runs documents with `--output json`: exit code, status, standard error."""
    monkeypatch.chdir(tmp_path)

    def _run(*documents: dict[str, Any], options: tuple[str, ...] = ()) -> Any:
        Path("job.yaml").write_text(yaml.safe_dump_all(documents))
        code = main(["run", "job.yaml", "--output", "json", *options])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err

    return _run


def condition(status: dict[str, Any], kind: str) -> tuple[str, str, str]:
    (found,) = (c for c in status["conditions"] if c["type"] == kind)
    return found["status"], found["reason"], found["message"]


def test_a_solved_model_is_a_status_on_standard_output_and_a_folder_of_results(
    run: Runner,
) -> None:
    code, status, _ = run(job(mps(KNAPSACK)))
    assert code == ExitStatus.OK
    assert (status["state"], status["outcome"], status["sense"]) == (
        "Complete",
        "Optimal",
        "Minimize",
    )
    assert (status["objective"], status["bestBound"], status["gap"]) == ("-13.0", "-13.0", "0")
    assert status["solver"] == "highs"
    assert status["solverVersion"]
    assert condition(status, "Complete")[:2] == ("True", "Optimal")
    assert len(status["attempts"]) == 1
    assert "solutionRef" not in status

    folder = Path("argmin-results/steel")
    solution = json.loads((folder / "solution.json").read_text())
    assert solution["variables"] == {"b": 1.0, "c": 1.0}
    assert "solver highs" in (folder / "run.log").read_text()
    assert json.loads((folder / "status.json").read_text())["outcome"] == "Optimal"


def test_that_a_model_is_infeasible_is_an_answer_and_no_failure(run: Runner) -> None:
    code, status, _ = run(job(mps(INFEASIBLE)))
    assert code == ExitStatus.OK
    assert status["outcome"] == "Infeasible"
    assert condition(status, "Complete")[:2] == ("True", "Infeasible")


def test_a_program_finds_its_inputs_secrets_arguments_and_outputs(run: Runner) -> None:
    text = """
import os, pathlib, sys
prices = pathlib.Path(os.environ["ARGMIN_INPUT_PRICES"], "prices.csv").read_text()
out = pathlib.Path(os.environ["ARGMIN_OUTPUT_DATA"])
(out / "copy.csv").write_text(prices + os.environ["KEY"])
assert sys.argv[1] == f"--out={out}", sys.argv
print("Total = 42.5")
"""
    spec = program(
        text,
        args=["--out=/opt/ml/processing/data"],
        metrics=[{"name": "objective", "regex": r"Total = ([0-9.]+)"}],
    )
    reference = {"configMapKeyRef": {"name": "prices", "key": "prices.csv"}}
    spec["inputs"] = [{"name": "prices", "source": reference}]
    spec["outputs"] = [{"name": "data", "path": "/opt/ml/processing/data"}]
    secret = {"secretKeyRef": {"name": "login", "key": "key"}}
    spec["env"] = [{"name": "KEY", "valueFrom": secret}]
    code, status, _ = run(
        job(spec),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "prices"},
            "data": {"prices.csv": "1;2;"},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "login"},
            "stringData": {"key": "abc"},
        },
        options=("--output-dir", "here"),
    )
    assert code == ExitStatus.OK
    assert status["objective"] == "42.5"
    assert status["outputs"][0]["files"] == 1
    assert Path("here/data/copy.csv").read_text() == "1;2;abc"


def test_an_output_that_stayed_empty_is_told_with_the_variable_to_use(run: Runner) -> None:
    spec = program("print(1)")
    spec["outputs"] = [{"name": "lp-file", "path": "/opt/ml/processing/lp"}]
    _, _, errors = run(job(spec))
    assert "argmin: output lp-file is empty: here its folder is $ARGMIN_OUTPUT_LP_FILE" in errors


def test_a_program_that_fails_ends_with_1_and_the_reason(run: Runner) -> None:
    code, status, _ = run(job(program("raise ValueError('no data')")))
    assert code == ExitStatus.FAILED
    assert status["state"] == "Failed"
    value, reason, message = condition(status, "Failed")
    assert (value, reason) == ("True", "ProgramFailed")
    assert "ValueError: no data" in message
    assert status["attempts"][0]["exitCode"] == 11


def test_no_retry_makes_one_attempt_whatever_the_job_says(run: Runner) -> None:
    spec = program("raise SystemExit(1)") | {"backoffLimit": 5}
    code, status, _ = run(job(spec), options=("--no-retry",))
    assert code == ExitStatus.FAILED
    assert len(status["attempts"]) == 1


def test_a_malformed_model_ends_with_1_and_is_not_tried_again(run: Runner) -> None:
    code, status, _ = run(job(mps("this is no model\n")))
    assert code == ExitStatus.FAILED
    assert condition(status, "Failed")[1] == "InvalidModel"
    assert len(status["attempts"]) == 1


def test_a_model_that_ends_the_process_fails_without_a_word_of_images(run: Runner) -> None:
    source = {"inline": "import os\n\n\ndef build():\n    os._exit(0)\n"}
    code, status, _ = run(job({"model": {"format": "python", "source": source}}))
    assert code == ExitStatus.FAILED
    assert condition(status, "Failed")[1:] == (
        "AnswerMissing",
        "the run ended with exit code 0 and without an answer: let the program or model return"
        " instead of ending its process, as os._exit does",
    )


def test_the_deadline_keeps_the_feasible_answer(run: Runner) -> None:
    text = "from argmin_solvers import report\nimport time\nreport(objective=7)\ntime.sleep(3600)\n"
    code, status, errors = run(job(program(text) | {"activeDeadlineSeconds": 3}))
    assert code == ExitStatus.OK
    assert (status["outcome"], status["objective"]) == ("Feasible", "7.0")
    assert condition(status, "Complete")[1] == "DeadlineExceeded"
    assert "activeDeadlineSeconds is over" in errors


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        (
            {**mps("x"), "limits": {"time": 10}},
            "InvalidSpec",
            "spec.limits.time: write a positive duration with its unit",
        ),
        (
            {"model": {"format": "mps", "source": {"configMapKeyRef": {"name": "a", "key": "b"}}}},
            "SourceNotFound",
            "ConfigMap a is in none of the files given: add the file that holds it with -f",
        ),
        ({**mps("x"), "suspend": True}, "InvalidInput", "spec.suspend: true holds the job"),
    ],
)
def test_what_is_wrong_with_a_job_is_a_status_and_a_message_and_ends_with_2(
    spec: dict[str, Any], reason: str, message: str, run: Runner
) -> None:
    code, status, errors = run(job(spec))
    assert code == ExitStatus.INVALID
    assert (status["state"], status["outcome"]) == ("Failed", "Error")
    assert condition(status, "Failed")[:2] == ("True", reason)
    assert message in condition(status, "Failed")[2]
    assert message in errors
    assert not Path("argmin-results").exists()


def test_more_files_and_a_volume_are_given_by_options(run: Runner) -> None:
    Path("more.yaml").write_text(yaml.safe_dump(job(mps("x"), name="other")))
    Path("models").mkdir()
    Path("models/a.py").write_text("print('Total = 13')")
    claim = {"persistentVolumeClaim": {"claimName": "models", "path": "a.py"}}
    metrics = [{"name": "objective", "regex": "Total = ([0-9]+)"}]
    options = ("-f", "more.yaml", "--name", "steel", "--volume", "models=models")
    code, status, _ = run(job({"script": {"source": claim, "metrics": metrics}}), options=options)
    assert code == ExitStatus.OK
    assert status["objective"] == "13.0"


@pytest.mark.parametrize("volume", ["models", "models=", "models=/nowhere", "A b=/tmp"])
def test_a_volume_that_is_none_is_refused(volume: str, run: Runner) -> None:
    code, _, errors = run(job(mps("x")), options=("--volume", volume))
    assert code == ExitStatus.INVALID
    assert f"--volume {volume}:" in errors


def test_the_table_names_the_answer_and_where_the_results_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "from argmin_solvers import report\nreport(objective=7, sense='Minimize')"
    Path("job.yaml").write_text(yaml.safe_dump(job(program(text))))
    assert main(["run", "job.yaml"]) == ExitStatus.OK
    table = capsys.readouterr().out
    for text in ("Complete", "Feasible", "7.0 (Minimize)", "results: argmin-results/steel"):
        assert text in table


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, ExitStatus.INTERRUPTED), (signal.SIGTERM, ExitStatus.TERMINATED)],
)
def test_an_interrupted_run_shows_the_answer_so_far(
    tmp_path: Path, number: signal.Signals, code: ExitStatus
) -> None:
    text = (
        "from argmin_solvers import report\nimport time\nreport(objective=7)\n"
        "print('ready', flush=True)\ntime.sleep(3600)\n"
    )
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(job(program(text))))
    command = [sys.executable, "-c", "import sys; from argmin.cli import main; sys.exit(main())"]
    with subprocess.Popen(
        [*command, "run", "job.yaml", "--output", "json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stderr is not None
        assert any(line == "ready\n" for line in process.stderr)
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    status = json.loads(out)
    assert process.returncode == code
    assert (status["outcome"], status["objective"]) == ("Feasible", "7.0")
    assert condition(status, "Complete")[1] == "Interrupted"


@pytest.mark.parametrize(("backend", "lines"), [("sageMaker", 1), ("pods", 0)])
def test_a_backend_of_a_cluster_is_said_to_be_left_alone(
    backend: str, lines: int, run: Runner
) -> None:
    code, status, said = run(job({**mps(KNAPSACK), "backend": {backend: {}}}))
    assert (code, status["outcome"]) == (ExitStatus.OK, "Optimal")
    assert said.count("solving on this machine: spec.backend.sageMaker is for a cluster") == lines
