"""Which test files load OR-Tools: they run apart from those that load HiGHS.

One solver a process is the contract of the runner, and the tests keep it: `SOLVER_LIBRARY=ortools`
collects the files that load OR-Tools, `SOLVER_LIBRARY=highspy` the others; without it, all.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_IMPORT = re.compile(r"^(?:from|import) (tests\.[\w.]+)(?: import (\w+))?", re.M)
_ORTOOLS = re.compile(r"(?:from|import) (?:ortools|argmin_solvers\.verify\.cpsat)")


def is_wanted(path: Path) -> bool:
    """Whether a test file is one of those that are to be collected now."""
    library = os.environ.get("SOLVER_LIBRARY")
    return library is None or loads_ortools(path) == (library == "ortools")


def forbids_ortools() -> bool:
    """Whether this process is not to load OR-Tools."""
    return os.environ.get("SOLVER_LIBRARY") == "highspy"


@cache
def loads_ortools(path: Path) -> bool:
    """Whether a file imports OR-Tools, in its text or by the test modules that it imports."""
    return any(_ORTOOLS.search(file.read_text()) for file in _reach(path))


def _reach(path: Path) -> set[Path]:
    found: set[Path] = set()
    ahead = [path]
    while ahead:
        file = ahead.pop()
        if file in found:
            continue
        found.add(file)
        for module, name in _IMPORT.findall(file.read_text()):
            base = _ROOT.joinpath(*module.split("."))
            ahead += [at for at in (base.with_suffix(".py"), base / f"{name}.py") if at.is_file()]
    return found
