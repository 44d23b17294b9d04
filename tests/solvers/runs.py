"""Runs of the real runner in this process, from a source to its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from argmin.api.run import RunDocument
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.result.run_result import RunResult
from argmin_solvers.runner import execute

SUFFIXES = {"python": "py", "cp-sat": "pbtxt"}


def run_text(text: str, format_: str, folder: Path, **model: Any) -> RunResult:
    """Run a model of a format; further fields are those of the task.

    The solver's word is enough, unless another proof is asked for: that is tested elsewhere.
    """
    path = folder / f"model.{SUFFIXES.get(format_, format_)}"
    path.write_text(text)
    task = {
        "kind": "solve",
        "format": format_,
        "path": str(path),
        "proof": {"level": "Claimed"},
        **model,
    }
    document = {"name": "test", "root": str(folder), "task": task}
    return execute(RunDocument.model_validate(document), Interruption())
