"""One solve and the check of its answer: `python checked_solve.py SOLVER MODEL`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from threading import Event

from argmin.api.solve.solvers import ModelFormat, SolverName
from argmin.api.task import SolveTask
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Settings
from argmin_solvers.models import load_model
from argmin_solvers.verify.check import check_solve


def main(solver: str, model_file: str) -> None:
    """Solve, check, and print how long each took."""
    declared = SolveTask(format=ModelFormat.MPS, path=model_file, solver=SolverName(solver))
    model = load_model(declared)
    adapter = load_adapter(SolverName(solver))
    adapter.version()  # loads the library
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as folder:
        began = time.monotonic()
        solve = adapter.solve(model, Settings(Path(folder), seed=1), Event())
        solved = time.monotonic()
        conclusion = check_solve(declared, model, solve, Event())
        checked = time.monotonic()
    print(
        json.dumps(
            {
                "outcome": conclusion.solve.outcome,
                "verified": conclusion.verification.verified,
                "rows": model.rows,
                "columns": model.columns,
                "solve": solved - began,
                "check": checked - solved,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
