"""Which solvers there are on this machine, asked in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence


def list_versions(names: Sequence[str]) -> dict[str, str]:
    """The version of each solver that is installed, with CP-SAT, by its name."""
    return {**_ask(names), **_ask(["cp-sat"])}


def _ask(names: Sequence[str]) -> dict[str, str]:
    """HiGHS and OR-Tools are asked in different processes: one cannot load both."""
    answer = subprocess.run(
        [sys.executable, "-m", __name__, *names], capture_output=True, text=True, check=True
    )
    versions: dict[str, str] = json.loads(answer.stdout.splitlines()[-1])
    return versions


def main() -> None:
    from argmin.api.solve.solvers import SolverName
    from argmin_solvers.adapters import load_adapter
    from argmin_solvers.errors import RunError

    versions = {}
    for name in sys.argv[1:]:
        try:
            versions[name] = load_adapter(SolverName(name)).version()
        except (RunError, ImportError):
            continue  # it is not installed, and the report does not name it
    print(json.dumps(versions))


if __name__ == "__main__":
    main()
