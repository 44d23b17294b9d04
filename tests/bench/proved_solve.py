"""One solve, its check and its proof: `python proved_solve.py SOLVER MODEL`."""

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
from argmin_solvers.proof.judgement import Circumstances, judge_proof
from argmin_solvers.verify.check import check_solve


def main(solver: str, model_file: str) -> None:
    """Solve, check, prove, and print how long solve and proof took, and what was proven."""
    name = SolverName(solver)
    declared = SolveTask(format=ModelFormat.MPS, path=model_file, solver=name)
    model = load_model(declared)
    adapter = load_adapter(name)
    adapter.version()  # loads the library
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as folder:
        began = time.monotonic()
        solve = adapter.solve(model, Settings(Path(folder), seed=1), Event())
        solved = time.monotonic()
        conclusion = check_solve(declared, model, solve, Event())
        checked = time.monotonic()
        under = Circumstances(name, solved - began, Path(folder))
        judged = judge_proof(declared, model, conclusion, under, Event())
        proved = time.monotonic()
    print(
        json.dumps(
            {
                "outcome": judged.solve.outcome,
                "level": judged.proof.level if judged.proof else None,
                "rows": model.rows,
                "columns": model.columns,
                "integers": model.integers,
                "solve": solved - began,
                "proof": proved - checked,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
