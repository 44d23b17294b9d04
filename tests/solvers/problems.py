"""Models for the tests, and how they are solved and run."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Settings, Solve
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.readers import parse_lp, read_lp, read_mps
from argmin_solvers.verify.exact import ExactModel

MPS = Path(__file__).parents[1] / "data" / "mps"
RUN_SECONDS = 120


def linear(text: str, folder: Path) -> LinearModel:
    """The model of an LP file's text."""
    path = folder / "model.lp"
    path.write_text(text)
    return read_lp(path).to_linear()


def exact(text: str) -> ExactModel:
    """The model of an LP file's text, to hold points against."""
    return ExactModel.of(parse_lp(text.splitlines()))


def mps(name: str) -> LinearModel:
    """One of the public instances."""
    return read_mps(MPS / f"{name}.mps").to_linear()


def market_share(folder: Path, rows: int = 5, columns: int = 40) -> Path:
    """An instance whose first solutions are found at once, and whose proof takes very long."""
    chance = random.Random(5)
    weights = [[chance.randrange(100) for _ in range(columns)] for _ in range(rows)]
    lines = ["Minimize", " obj: " + " + ".join(f"s{i} + t{i}" for i in range(rows)), "Subject To"]
    for i, row in enumerate(weights):
        terms = " + ".join(f"{weight} x{j}" for j, weight in enumerate(row))
        lines.append(f" r{i}: {terms} + s{i} - t{i} = {sum(row) // 2}")
    lines += ["Binaries", " " + " ".join(f"x{j}" for j in range(columns)), "End"]
    path = folder / "market.lp"
    path.write_text("\n".join(lines))
    return path


class StopOnceSeen(Event):
    """A request to stop that comes when the solver's output shows a first solution."""

    def __init__(self, capture: pytest.CaptureFixture[str], sign: str) -> None:
        super().__init__()
        self._capture = capture
        self._sign = re.compile(sign, re.M)
        self._seen = ""

    def is_set(self) -> bool:
        if not super().is_set():
            self._seen += self._capture.readouterr().out
            if self._sign.search(self._seen):
                self.set()
        return super().is_set()


FIRST_SOLUTION = {
    SolverName.CBC: r"^Cbc0012I Integer solution",
    SolverName.GLPK: r"^\+.*>>>>>",
    SolverName.HIGHS: r"^ [A-Z]       0       0 +0   0\.00%   0 ",
    SolverName.SCIP: r"^\w ?[0-9.]+s\|",
    SolverName.CP_SAT: r"^#1 ",
}
"""What each solver prints once it has a solution of `market_share`, or any for CP-SAT."""


def solve(
    solver: SolverName, model: Any, folder: Path, stop: Event | None = None, **settings: Any
) -> Solve:
    """Solve with an adapter, without the runner around it."""
    adapter = load_adapter(solver)
    return adapter.solve(model, Settings(folder, **settings), stop or Event())


@dataclass(frozen=True)
class Run:
    """A finished run of the runner as a process."""

    exit_code: int
    answer: dict[str, Any]
    folder: Path
    output: str

    @property
    def solved(self) -> dict[str, Any]:
        """The result in the answer."""
        result: dict[str, Any] = self.answer["result"]
        return result

    @property
    def solution(self) -> dict[str, Any]:
        """The content of solution.json."""
        loaded: dict[str, Any] = json.loads((self.folder / "solution.json").read_text())
        return loaded

    @property
    def log(self) -> str:
        """The kept log."""
        return (self.folder / "run.log").read_text()


def write_document(
    root: Path,
    *,
    model: Mapping[str, Any] | None = None,
    script: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Path:
    """A job document in `root` that solves a model, or runs a script."""
    task = {"kind": "solve", **model} if model else {"kind": "program", **(script or {})}
    document = {"name": "test", "root": str(root), "task": task, **fields}
    path = root / "job.json"
    path.write_text(json.dumps(document))
    return path


def start_runner(root: Path, document: Path) -> subprocess.Popen[bytes]:
    """The runner as a process, with its output on a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "argmin_solvers", "--document", str(document)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "ARGMIN_TERMINATION_LOG": str(root / "termination-log")},
    )


def finish(root: Path, process: subprocess.Popen[bytes]) -> Run:
    """Wait for a runner's end and read what it left."""
    output, _ = process.communicate(timeout=RUN_SECONDS)
    answer = json.loads((root / "termination-log").read_text())
    return Run(process.returncode, answer, root / "output" / "argmin", output.decode())


def run(root: Path, **fields: Any) -> Run:
    """Run a job document in a process of its own."""
    return finish(root, start_runner(root, write_document(root, **fields)))


def run_python_model(root: Path, source: str, **model: Any) -> Run:
    """Run a Python model."""
    path = root / "model.py"
    path.write_text(source)
    return run(root, model={"format": "python", "path": str(path), **model})


def run_program(root: Path, source: str, args: Sequence[str] = (), **fields: Any) -> Run:
    """Run a script."""
    path = root / "program.py"
    path.write_text(source)
    script = {"path": str(path), "args": list(args), **fields.pop("script", {})}
    return run(root, script=script, **fields)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now
