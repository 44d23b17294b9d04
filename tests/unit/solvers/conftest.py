"""The PATH that `argmin run` gives a runner, and the mark of tests that really solve."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what is in this folder: solvers are loaded and run, which takes its time."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.solver)


@pytest.fixture(autouse=True)
def _own_python_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
