"""The environment of the user's programs and models."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from argmin.api.run import RunDocument
from argmin_solvers.process.programs import BIN
from argmin_solvers.script.report import REPORT_FILE


def search_path() -> str:
    """PATH as it is, which the user may have set, and behind it our Python and our programs."""
    known = os.environ.get("PATH", os.defpath).split(os.pathsep)
    ours = [str(Path(sys.executable).parent), str(BIN)]
    return os.pathsep.join(dict.fromkeys([*known, *ours]))


def program_environment(document: RunDocument, report_file: Path) -> dict[str, str]:
    """The environment of a script; numerical libraries keep to the threads of the job.

    `ARGMIN_OUTPUT_<NAME>` is the folder of each output, `ARGMIN_THREADS` and `ARGMIN_SEED` are
    those of the job, `ARGMIN_REPORT` is where `report` writes.
    """
    threads = str(document.threads)
    variables = {
        "OMP_NUM_THREADS": threads,
        **os.environ,
        "PATH": search_path(),
        "PYTHONUNBUFFERED": "1",
        "ARGMIN_THREADS": threads,
        REPORT_FILE: str(report_file),
    }
    for output in document.outputs:
        name = output.name.upper().replace("-", "_")
        variables[f"ARGMIN_OUTPUT_{name}"] = output.path
    if document.seed is not None:
        variables["ARGMIN_SEED"] = str(document.seed)
    return variables
