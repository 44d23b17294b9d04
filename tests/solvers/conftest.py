"""The PATH that `argmin run` gives a runner, and the mark of tests that really solve."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.solvers.processes import forbids_ortools, is_wanted

FOLDER = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the files that load what this process is not to load."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if is_test and not is_wanted(collection_path) else None


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what is in this folder: solvers are loaded and run, which takes its time."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.solver)


@pytest.fixture(autouse=True)
def _own_python_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


@pytest.fixture(autouse=True)
def _one_solver_a_process() -> Iterator[None]:
    yield
    if forbids_ortools():
        assert "ortools" not in sys.modules, (
            "this test loaded OR-Tools into a process of tests that load HiGHS: import it in the"
            " file's own text, so that the file runs with those of OR-Tools"
        )
