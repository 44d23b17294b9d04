"""One solve by an adapter: `python told_solve.py SOLVER MODEL told|untold`.

Told, as in a run: the solver tells its progress, a reporter passes it on. Untold, the same adapter
with all of that taken out of it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from threading import Event
from typing import Any

from argmin.api.progress import PROGRESS_FILE
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import cbc_log, glpk_log, highs, load_adapter, scip
from argmin_solvers.adapters.base import Settings
from argmin_solvers.models.readers import read_mps
from argmin_solvers.progress.channels import Channel, FileChannel
from argmin_solvers.progress.reporter import Reporter
from argmin_solvers.progress.sink import ProgressSink


def main(solver: str, model_file: str, is_told: bool) -> None:
    """Solve, and print how long it took, in seconds of the wall clock and of processors."""
    model = read_mps(Path(model_file)).to_linear()
    adapter = load_adapter(SolverName(solver))
    adapter.version()  # loads the library
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as folder:
        channel: Channel | None = FileChannel(Path(folder) / PROGRESS_FILE)
        if not is_told:
            channel = None
            _silence()
        sink = ProgressSink(model.sense)
        settings = Settings(Path(folder), seed=1, progress=sink)
        began, computed = time.monotonic(), _processor_seconds()
        with Reporter(sink, channel):
            solve = adapter.solve(model, settings, Event())
        seconds, used = time.monotonic() - began, _processor_seconds() - computed
    found = {"outcome": solve.outcome, "objective": solve.objective, "nodes": solve.nodes}
    print(json.dumps({**found, "seconds": seconds, "processor": used}))


def _silence() -> None:
    def tell_nothing(*_: Any, **__: Any) -> None:
        pass

    silenced: Any = ((ProgressSink, "tell"), (cbc_log.CbcLog, "look_at"))
    silenced += ((glpk_log.GlpkLog, "look_at"), (scip, "_tell_progress"))
    silenced += ((highs, "_watch_iterations"),)
    for owner, name in silenced:
        getattr(owner, name)  # whoever renames it finds this
        setattr(owner, name, tell_nothing)


def _processor_seconds() -> float:
    """Of this process and of the children it has waited for."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] == "told")
