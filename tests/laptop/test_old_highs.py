"""A HiGHS that is known to answer wrongly, put back: what it says is not told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.laptop.conftest import call
from tests.solvers.problems import Run, finish, start_runner, write_document
from tests.solvers.wrong_answers import BY_PRESOLVE, CALLED_INFEASIBLE, Case

RELEASE = "1.14.0"


@pytest.fixture(scope="module")
def old_highs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that release, which Python finds before the one that is installed."""
    folder = tmp_path_factory.mktemp("highspy")
    uv = [sys.executable, "-m", "uv", "--quiet", "pip", "install"]
    call([*uv, "--target", str(folder), "--no-deps", f"highspy=={RELEASE}"], folder)
    return folder


def run_with(
    folder: Path, case: Case, root: Path, monkeypatch: pytest.MonkeyPatch, **model: object
) -> Run:
    """What the runner makes of a model, with the packages of a folder before all others."""
    known = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), known])))
    path = root / "model.lp"
    path.write_text(case.text)
    declared = {"format": "lp", "path": str(path), **model}
    return finish(root, start_runner(root, write_document(root, model=declared)))


@pytest.mark.parametrize("case", BY_PRESOLVE, ids=lambda case: case.told)
def test_a_false_optimum_is_not_told(
    case: Case, old_highs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run_with(old_highs, case, tmp_path, monkeypatch)
    assert ended.solved["solverVersion"] == RELEASE
    assert ended.answer["reason"] == "BetterPointKnown"
    assert float(ended.solved["objective"]) == pytest.approx(case.optimum, rel=1e-6)
    wrong = case.told.split()[0]
    assert f"the solver says that {wrong}" in ended.answer["message"]


@pytest.mark.parametrize(
    ("solver", "options"), [("highs", {}), ("scipy", {}), ("scipy", {"presolve": "true"})]
)
def test_a_feasible_model_is_not_called_infeasible(
    solver: str,
    options: dict[str, str],
    old_highs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = CALLED_INFEASIBLE
    ended = run_with(old_highs, case, tmp_path, monkeypatch, solver=solver, options=options)
    assert ended.solved["outcome"] in ("Optimal", "Feasible")
    assert float(ended.solved["objective"]) == pytest.approx(case.optimum, rel=1e-6)
