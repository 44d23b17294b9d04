"""Programs that crash with their presolve: tried once without, and told."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from argmin.api.answer import Outcome
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import cbc, glpk
from argmin_solvers.errors import RunError
from argmin_solvers.process.programs import find_program
from tests.solvers.problems import mps, solve

each_program = pytest.mark.parametrize(
    ("name", "solver", "module", "option"),
    [
        ("cbc", SolverName.CBC, cbc, "-preprocess off"),
        ("glpsol", SolverName.GLPK, glpk, "--nopresol"),
    ],
)


def make_fragile(name: str, option: str, folder: Path) -> str:
    """A program that crashes in a search without that option."""
    real = find_program(name)
    assert real is not None
    words = " ".join(real.command)
    path = folder / name
    path.write_text(
        f'#!/bin/sh\ncase "$*" in\n*"{option}"*) exec {words} "$@";;\n'
        f'*-solve*|*--freemps*) exit 139;;\nesac\nexec {words} "$@"\n'
    )
    path.chmod(0o755)
    return str(path)


@each_program
def test_one_that_crashes_with_presolve_is_tried_without(
    name: str,
    solver: SolverName,
    module: ModuleType,
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fragile = make_fragile(name, option, tmp_path)
    monkeypatch.setattr(module, "_command", lambda: (fragile,))
    result = solve(solver, mps("egout"), tmp_path)
    assert result.outcome is Outcome.OPTIMAL
    assert "had ended without a result" in result.message


@each_program
def test_one_that_crashes_all_the_same_is_told(
    name: str,
    solver: SolverName,
    module: ModuleType,
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fragile = make_fragile(name, "--no-such-option", tmp_path)
    monkeypatch.setattr(module, "_command", lambda: (fragile,))
    with pytest.raises(RunError, match="ended with exit code 139 and no result"):
        solve(solver, mps("egout"), tmp_path)
