"""The command line against real pods: submitted, followed, read, and fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from argmin.cli import main
from argmin.cli.errors import ExitStatus
from tests.kubectl import Kubectl

PROGRAM = """
import os, pathlib, sys, time
from argmin_solvers import report

print("first words", flush=True)
release = pathlib.Path(os.environ["ARGMIN_INPUT_RELEASE"], "delay")
time.sleep(float(release.read_text()))
pathlib.Path(os.environ["ARGMIN_OUTPUT_DATA"], "a.txt").write_text("kept")
report(objective=3, sense="Minimize", variables={"x": 1, "y": 2})
print("last words")
"""


def submission(name: str, delay: str) -> str:
    spec = {
        "script": {"source": {"inline": PROGRAM}},
        "inputs": [
            {"name": "release", "source": {"configMapKeyRef": {"name": name, "key": "delay"}}}
        ],
        "outputs": [{"name": "data", "path": "/opt/ml/processing/data"}],
    }
    documents: list[dict[str, Any]] = [
        {
            "apiVersion": "argmin.dev/v1alpha1",
            "kind": "OptimizationJob",
            "metadata": {"name": name},
            "spec": spec,
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "data": {"delay": delay},
        },
    ]
    return "\n---\n".join(map(json.dumps, documents))


def options(kubectl: Kubectl) -> list[str]:
    return ["--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace]


def test_a_job_is_submitted_solved_and_fetched(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(submission("fetched", "0"))
    command = ["submit", str(file), "--wait", "--timeout", "2m", "-o", "json", *options(kubectl)]
    assert main(command) == ExitStatus.OK
    status = json.loads(capsys.readouterr().out)
    assert (status["state"], status["outcome"], status["objective"]) == (
        "Complete",
        "Feasible",
        "3.0",
    )

    folder = tmp_path / "here"
    assert main(["result", "fetched", "--output-dir", str(folder), *options(kubectl)]) == 0
    assert json.loads((folder / "solution.json").read_text())["variables"] == {"x": 1, "y": 2}
    assert (folder / "data" / "a.txt").read_text() == "kept"
    assert "last words" in (folder / "run.log").read_text()

    kubectl.run("delete", "pods", "--all")
    capsys.readouterr()
    assert main(["logs", "fetched", *options(kubectl)]) == ExitStatus.OK
    assert "last words" in capsys.readouterr().out


def test_logs_are_followed_from_before_the_pod_starts_to_the_end_of_the_job(
    kubectl: Kubectl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(submission("followed", "2"))
    assert main(["submit", str(file), *options(kubectl)]) == ExitStatus.OK
    capsys.readouterr()
    assert main(["logs", "followed", "--follow", *options(kubectl)]) == ExitStatus.OK
    log = capsys.readouterr().out
    assert log.index("first words") < log.index("last words")
    assert main(["watch", "followed", "--timeout", "1m", *options(kubectl)]) == ExitStatus.OK
