"""`argmin check`: exit codes, forms, and what a user's model cannot do to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from argmin.cli import main
from argmin.cli.errors import ExitStatus

MODEL = "Maximize\n value: 3 x + 2 y\nSubject To\n c: x + y <= 4\nBounds\n x <= 3\nEnd\n"
PYTHON = """import sys


def build():
    import pulp

    print("building")
    model = pulp.LpProblem("steel", pulp.LpMaximize)
    x, y = pulp.LpVariable("x", 0, 3), pulp.LpVariable("y", 0)
    model += 3 * x + 2 * y
    model += x + y <= 4, "c"
    return model


def leave():
    sys.exit(0)


def crash():
    import os

    os._exit(3)
"""
Tell = Any


@pytest.fixture
def tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Tell:
    """Runs `check` in a folder with models and answers: exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "steel.lp").write_text(MODEL)
    (tmp_path / "steel").write_text(MODEL)
    (tmp_path / "steel.py").write_text(PYTHON)
    (tmp_path / "good.sol").write_text("x 3\ny 1\n")
    (tmp_path / "bad.sol").write_text("x 3\ny 2\n")
    (tmp_path / "broken.sol").write_text("x three\n")

    def _tell(*command: str) -> tuple[int, str, str]:
        code = main(["check", *command])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return _tell


def test_an_answer_that_holds_ends_with_0(tell: Tell) -> None:
    code, out, err = tell("steel.lp", "good.sol")
    assert (code, err) == (ExitStatus.OK, "")
    rows = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert (rows["holds"].strip(), rows["objective"].strip()) == ("yes", "11.0 (Maximize)")
    assert rows["check"].strip() == "1 constraints and 2 variables hold in exact arithmetic"
    assert rows["violation"].strip() == "none"


def test_one_that_does_not_ends_with_1_and_names_the_place(tell: Tell) -> None:
    code, out, _ = tell("steel.lp", "bad.sol")
    assert code == ExitStatus.FAILED
    assert "constraint 'c' is 5.0, above 4.0 by 1.0" in out


@pytest.mark.parametrize(("answer", "holds"), [("good.sol", True), ("bad.sol", False)])
def test_json_has_the_fields_of_a_status(tell: Tell, answer: str, holds: bool) -> None:
    _, out, _ = tell("steel.lp", answer, "--output", "json")
    found = json.loads(out)
    assert found["holds"] is holds
    assert found["verification"]["verified"] is holds
    assert found["verification"]["checked"] == {"variables": 2, "constraints": 1, "solutions": 1}


def test_a_function_of_a_python_file_is_called_and_what_it_prints_stays_apart(tell: Tell) -> None:
    code, out, err = tell("steel.py:build", "good.sol", "-o", "json")
    assert (code, json.loads(out)["objective"]) == (ExitStatus.OK, "11.0")
    assert "building" in err


def test_a_format_that_the_name_does_not_tell_is_said(tell: Tell) -> None:
    code, _, err = tell("steel", "good.sol")
    assert code == ExitStatus.INVALID
    assert "add --format mps, lp, cp-sat, nl, python" in err
    assert tell("steel", "good.sol", "--format", "lp")[0] == ExitStatus.OK


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("none.lp", "good.sol"), "none.lp: there is no such file"),
        (("steel.lp", "none.sol"), "none.sol: there is no such file"),
        (("steel.lp", "good.sol", "none.json"), "none.json: there is no such file"),
        (("steel.lp", "broken.sol"), "broken.sol line 1: 'three' is not a number"),
        (("steel.lp", "good.sol", "steel.lp"), "steel.lp is no JSON"),
        (("steel.lp", "good.sol", "."), ".: there is no proof.json in it: leave the proof out"),
        (("steel.lp", "."), ".: there is no solution.json in it"),
        (("steel.py:none", "good.sol"), "steel.py: there is no function none, only build"),
        (("steel.py:leave", "good.sol"), "steel.py line 16: SystemExit: 0"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_says_why(
    tell: Tell, command: tuple[str, ...], message: str
) -> None:
    code, out, err = tell(*command)
    assert (code, out) == (ExitStatus.INVALID, "")
    assert message in err
    assert "Traceback" not in err


def test_a_model_that_ends_its_process_is_told(tell: Tell) -> None:
    code, _, err = tell("steel.py:crash", "good.sol")
    assert code == ExitStatus.INVALID
    assert "the model could not be read: its process ended with code 3" in err


JOB = """apiVersion: argmin.dev/v1alpha1
kind: OptimizationJob
metadata: {name: steel}
spec:
  solver: {name: highs}
  model: {format: lp, source: {inline: "%s"}}
"""


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        (MODEL, "Optimal"),
        (MODEL.replace("Bounds", " d: x + y >= 5\nBounds"), "Infeasible"),
        (MODEL.replace("<= 4", ">= 4"), "Unbounded"),
    ],
)
def test_what_argmin_run_has_certified_is_certified_again(
    tell: Tell, model: str, outcome: str
) -> None:
    Path("steel.lp").write_text(model)
    Path("job.yaml").write_text(JOB % model.replace("\n", "\\n"))
    assert main(["run", "job.yaml"]) == ExitStatus.OK
    results = "argmin-results/steel"
    code, out, _ = tell("steel.lp", results, results, "-o", "json")
    found = json.loads(out[out.index("{\n") :])
    assert (found["holds"], found["outcome"], found["notes"]) == (True, outcome, [])
    assert (code, found["proof"]["level"]) == (ExitStatus.OK, "Certified")


def test_without_the_solvers_it_says_what_to_install(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    code, _, err = tell("steel.lp", "good.sol")
    assert code == ExitStatus.NOT_INSTALLED
    assert "pip install 'argmin-operator[solvers]'" in err
