"""`argmin solvers`: what is installed here, and what it can do."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from typing import TYPE_CHECKING

from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.output.formatting import OutputFormat, open_console, render_rows, write_data

if TYPE_CHECKING:
    from argmin_solvers.solve.inventory import Installed

_HEADINGS = ["NAME", "VERSION", "FAMILY", "TAKES", "LIMITS", "THREADS", "SEED"]
_INSTALL = "there is no solver here: pip install 'argmin-operator[solvers]'"


def show_solvers(output: str) -> ExitStatus:
    """Show every solver with its version, its family and what it can do.

    Raises:
        CliError: nothing of the solvers is installed.
    """
    if importlib.util.find_spec("numpy") is None:
        raise CliError(_INSTALL, ExitStatus.NOT_INSTALLED)
    from argmin_solvers.solve.inventory import list_solvers

    solvers = list_solvers()
    if output != OutputFormat.TABLE:
        write_data({"solvers": [asdict(solver) for solver in solvers]}, OutputFormat(output))
        return ExitStatus.OK
    open_console().print(render_rows(_HEADINGS, map(_describe, solvers)))
    for solver in solvers:
        if solver.problem:
            open_console(stderr=True).print(f"{solver.name}: {solver.problem}")
    return ExitStatus.OK


def _describe(solver: Installed) -> list[str]:
    return [
        solver.name,
        solver.version or "not installed",
        solver.family,
        ", ".join(solver.takes),
        ", ".join(solver.limits),
        "yes" if solver.threads else "one",
        "yes" if solver.seed else "none",
    ]
