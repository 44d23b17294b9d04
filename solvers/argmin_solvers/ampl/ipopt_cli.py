"""The executable `ipopt` for Pyomo and AMPL users: reads a .nl file, writes a .sol file.

`ipopt STUB [-AMPL] [name=value …]`, with further options in the environment variable
`ipopt_options` and in the file that `option_file_name` names, as AMPL's solvers take them.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from argmin_solvers.ampl.ipopt_version import VERSION

if TYPE_CHECKING:  # the rest is loaded where it is needed: the version has to be told at once
    from argmin_solvers.adapters.ipopt import Ended
    from argmin_solvers.models.nonlinear import NonlinearModel

_USAGE = "usage: ipopt STUB [-AMPL] [name=value ...]"
_KEYWORDS = {"outlev": "print_level", "maxit": "max_iter"}  # AMPL's names for Ipopt's
_IGNORED = ("wantsol", "halt_on_ampl_error", "option_file_name")
_FAILED = 500

_ENDS = {  # Ipopt's status -> AMPL's solve code and Ipopt's words for it
    "Solve_Succeeded": (0, "Optimal Solution Found"),
    "Solved_To_Acceptable_Level": (1, "Solved To Acceptable Level."),
    "Feasible_Point_Found": (2, "Found feasible point for square problem."),
    "Infeasible_Problem_Detected": (
        200,
        "Converged to a locally infeasible point. Problem may be infeasible.",
    ),
    "Diverging_Iterates": (300, "Iterates diverging; problem might be unbounded."),
    "Maximum_Iterations_Exceeded": (400, "Maximum Number of Iterations Exceeded."),
    "Maximum_CpuTime_Exceeded": (401, "Maximum CPU Time Exceeded."),
    "Maximum_WallTime_Exceeded": (401, "Maximum Wallclock Time Exceeded."),
    "Restoration_Failed": (_FAILED, "Restoration Phase Failed."),
    "Error_In_Step_Computation": (501, "Error in step computation."),
    "User_Requested_Stop": (502, "Stopped by request."),
}


def main(arguments: Sequence[str]) -> int:
    """Run the executable; returns its exit code."""
    if any(argument in ("-v", "--version") for argument in arguments):
        sys.stdout.write(f"Ipopt {VERSION} (casadi)\n")
        return 0
    stubs = [word for word in arguments if not word.startswith("-") and "=" not in word]
    if len(stubs) != 1:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    from argmin_solvers.errors import RunError

    stub = stubs[0].removesuffix(".nl")
    try:
        return _solve(Path(f"{stub}.nl"), Path(f"{stub}.sol"), _options(arguments))
    except (RunError, OSError, ValueError) as error:
        sys.stderr.write(f"ipopt: {error}\n")
        return 1


def _options(arguments: Sequence[str]) -> dict[str, str]:
    """All options by Ipopt's names: from the file, the environment, then the command line."""
    words = [
        *shlex.split(os.environ.get("ipopt_options", "")),  # noqa: SIM112 - AMPL writes it small
        *(word for word in arguments if "=" in word and not word.startswith("-")),
    ]
    given = dict(word.split("=", 1) for word in words if "=" in word)
    options = _read_option_file(given["option_file_name"]) if "option_file_name" in given else {}
    options.update(given)
    return {
        _KEYWORDS.get(name, name): value for name, value in options.items() if name not in _IGNORED
    }


def _read_option_file(name: str) -> dict[str, str]:
    """Options as Ipopt's own file has them: a name and a value a line, # before comments."""
    lines = (line.split("#", 1)[0].split() for line in Path(name).read_text().splitlines())
    return {words[0]: words[1] for words in lines if len(words) >= 2}


def _solve(model_file: Path, solution_file: Path, options: dict[str, str]) -> int:
    from argmin_solvers.adapters.base import Settings
    from argmin_solvers.adapters.ipopt import Ipopt, run_ipopt
    from argmin_solvers.models.readers.nl import read_nl

    model = read_nl(model_file)
    refusal = Ipopt().refusal(model)
    if refusal is not None:
        write_solution(solution_file, model, None, _FAILED, f"ipopt {refusal}")
        return 1
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory() as workdir:
        ended = run_ipopt(model, Settings(Path(workdir), options=options), stop)
    code, words = _ENDS.get(ended.status, (_FAILED, ended.status.replace("_", " ")))
    write_solution(solution_file, model, ended, code, words)
    return 0


def write_solution(
    path: Path, model: NonlinearModel, ended: Ended | None, code: int, words: str
) -> None:
    """Write a .sol file: message, options, sizes, multipliers, values, solve code.

    AMPL's multipliers are derivatives of the objective by the right-hand sides; Ipopt's are those
    of its Lagrangian, of the other sign, and of a negated objective for a maximisation.
    """
    from argmin.api.answer import Sense

    direction = 1.0 if model.sense is Sense.MAXIMIZE else -1.0
    duals = [] if ended is None else [direction * value for value in ended.multipliers]
    values = [] if ended is None else [float(value) for value in ended.point]
    sizes = [len(model.constraints), len(duals), len(model.names), len(values)]
    lines = [
        "",
        f"Ipopt {VERSION}: {words}",
        "",
        "Options",
        *("3", "1", "1", "0"),
        *map(str, sizes),
        *(repr(float(value)) for value in (*duals, *values)),
        f"objno 0 {code}",
    ]
    path.write_text("\n".join(lines) + "\n")
