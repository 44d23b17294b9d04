"""GLPK, by its executable `glpsol`, which saves each improving solution while it searches."""

from __future__ import annotations

import math
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Event
from typing import ClassVar

import numpy as np

from argmin.api.answer import Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import (
    Ending,
    Finding,
    Floats,
    Settings,
    Solve,
    bad_option,
    parse_option,
    unknown_option,
)
from argmin_solvers.adapters.glpk_log import IMPROVING, STATE, GlpkLog
from argmin_solvers.adapters.isolation.executable import (
    SolverProcess,
    ask_executable,
    find_command,
    lower_bound_from_print,
    remove_if_there,
    solver_ended_badly,
)
from argmin_solvers.adapters.mps_writer import write_mps
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.adapters.points.feasibility import drop_basis
from argmin_solvers.adapters.presolve_retry import WithoutPresolve
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel

_FLAGS = frozenset({
    "interior", "simplex", "scale", "noscale", "luf", "btf", "ft", "cbg", "cgr",
    "primal", "dual", "std", "adv", "bib", "steep", "nosteep", "relax", "norelax", "flip",
    "presol", "nopresol", "exact", "xcheck", "nord", "qmd", "amd", "symamd",
    "first", "last", "drtom", "mostf", "pcost", "dfs", "bfs", "bestp", "bestb",
    "intopt", "nointopt", "binarize", "fpump", "gomory", "mir", "cover", "clique", "cuts",
})  # fmt: skip
_VALUED: dict[str, type] = {"tmlim": int, "memlim": int, "mipgap": float, "proxy": int}
_WITHOUT_PRESOLVE = WithoutPresolve(
    "nopresol",
    "true",
    "proven optimal, without presolve: GLPK had ended without a result",
)
_WRITING_SECONDS = 2.0


class Glpk:
    """GLPK: linear and mixed-integer linear models."""

    name: ClassVar = SolverName.GLPK
    takes: ClassVar[tuple[type, ...]] = (LinearModel,)

    def version(self) -> str:
        """The version that glpsol states."""
        match = re.search(r"Solver\s+(\S+)", ask_executable(_command(), "--version"))
        if match is None:
            raise RunError(Reason.SOLVER_FAILED, f"{_command()[-1]} states no version of GLPK")
        return match.group(1)

    def refusal(self, model: LinearModel) -> str | None:
        """None: GLPK takes every linear model."""
        return None

    def solve(self, model: LinearModel, settings: Settings, stop: Event) -> Solve:
        """Solve a linear model."""
        return solve_linear(self, model, settings, stop)

    def search(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        """Run glpsol and tell what it found; where it fails, once without its presolve."""
        return _WITHOUT_PRESOLVE.search(
            lambda settings: self._run(model, settings, stop), settings, stop
        )

    def _run(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        files = _Files(settings.workdir)
        write_mps(_round_bounds(model.plain()), files.model)
        command = [*_command(), "--freemps", str(files.model), *files.results()]
        told = GlpkLog(model, settings.progress)
        process = SolverProcess([*command, *_options(settings)], told.look_at, IMPROVING)
        code = process.wait(stop, files.stop_between_writes)
        if not files.solution.exists() and not stop.is_set():
            raise solver_ended_badly("glpsol", code, process.lines)
        finding = _read(model, files, process, stop)
        return finding if model.integers else drop_basis(model, finding)


def _round_bounds(model: LinearModel) -> LinearModel:
    """The same model without fractional bounds of integers, which GLPK does not take."""
    lower = np.where(model.integer, np.ceil(model.lower), model.lower)
    upper = np.where(model.integer, np.floor(model.upper), model.upper)
    is_empty = lower > upper  # no integer between them: GLPK would call the bounds an error
    return replace(
        model,
        lower=np.where(is_empty, model.lower, lower),
        upper=np.where(is_empty, model.upper, upper),
    )


class _Files:
    """The files of one search; `saved` has the best integer solution so far."""

    def __init__(self, folder: Path) -> None:
        self.model = folder / "model.mps"
        self.solution = folder / "solution.glpk"
        self.saved = folder / "saved.glpk"
        for path in (self.solution, self.saved):
            remove_if_there(path)

    def results(self) -> list[str]:
        return ["--write", str(self.solution), "--save", str(self.saved)]

    def stop_between_writes(self, process: subprocess.Popen[bytes]) -> None:
        """End glpsol, which loses all but its saved file, when that file is whole."""
        until = time.monotonic() + _WRITING_SECONDS
        while self.saved.exists() and not _is_whole(self.saved) and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()


def _is_whole(path: Path) -> bool:
    return path.read_text().rstrip().endswith("e o f")


@cache
def _command() -> tuple[str, ...]:
    return find_command("glpsol", "glpk")


def _options(settings: Settings) -> list[str]:
    options: list[str] = []
    if settings.seconds is not None:
        options += ["--tmlim", str(max(1, math.ceil(settings.seconds)))]  # whole seconds only
    if settings.relative_gap is not None:
        options += ["--mipgap", repr(settings.relative_gap)]
    for name, value in settings.options.items():
        options += _user_option(name, value)
    return options


def _user_option(name: str, value: str | int) -> list[str]:
    plain = name.removeprefix("--")
    if plain in _VALUED:
        return [f"--{plain}", repr(parse_option("glpk", name, value, _VALUED[plain]))]
    if plain not in _FLAGS:
        raise unknown_option("glpk", name, [*_FLAGS, *_VALUED])
    if str(value).lower() not in ("", "true", "false"):
        raise bad_option("glpk", name, value, "true or false")
    return [] if str(value).lower() == "false" else [f"--{plain}"]


_SAID = {  # what glpsol prints, and in its solution file leaves undefined; all that GLPK 5.0 has
    "PROBLEM HAS NO PRIMAL FEASIBLE SOLUTION": Ending.INFEASIBLE,
    "PROBLEM HAS NO FEASIBLE SOLUTION": Ending.INFEASIBLE,
    "PROBLEM HAS NO INTEGER FEASIBLE SOLUTION": Ending.INFEASIBLE,
    "LP HAS NO PRIMAL FEASIBLE SOLUTION": Ending.INFEASIBLE,
    "PROBLEM HAS NO DUAL FEASIBLE SOLUTION": Ending.DUAL_INFEASIBLE,
    "LP HAS NO DUAL FEASIBLE SOLUTION": Ending.DUAL_INFEASIBLE,
    "LP RELAXATION HAS NO DUAL FEASIBLE SOLUTION": Ending.DUAL_INFEASIBLE,
    "LP HAS UNBOUNDED PRIMAL SOLUTION": Ending.DUAL_INFEASIBLE,
    "PROBLEM HAS UNBOUNDED SOLUTION": Ending.DUAL_INFEASIBLE,
    "TIME LIMIT EXCEEDED": Ending.TIME_LIMIT,
    "ITERATION LIMIT EXCEEDED": Ending.STOPPED,
    "ITERATIONS LIMIT EXCEEDED": Ending.STOPPED,
    "NUMERIC INSTABILITY": Ending.STOPPED,
    "NO CONVERGENCE": Ending.STOPPED,
    "SEARCH TERMINATED BY APPLICATION": Ending.STOPPED,
    "RELATIVE MIP GAP TOLERANCE REACHED": Ending.GAP_LIMIT,
}
_STATED = {"o": Ending.PROVEN, "f f": Ending.PROVEN, "n": Ending.INFEASIBLE}


def _read(model: LinearModel, files: _Files, process: SolverProcess, stop: Event) -> Finding:
    lines = process.lines
    whole = files.solution.exists() and _is_whole(files.solution)
    saved = files.saved.exists() and _is_whole(files.saved)
    source = files.solution if whole else files.saved if saved else None
    stated, claimed, values = ("u", None, None) if source is None else _read_file(source, model)
    ending = _ending(stated, lines, interrupted=stop.is_set() and not whole)
    # Of a linear program both parts are stated: at the time limit, only the first is feasible.
    has_solution = stated in ("o", "f", "f f") or (
        ending is Ending.TIME_LIMIT and stated.startswith("f ")
    )
    direction = -1.0 if model.maximizes else 1.0
    bound = None if ending is Ending.PROVEN else _bound(lines)
    return Finding(
        ending,
        values=values if has_solution else None,
        claimed=direction * claimed if has_solution and claimed is not None else None,
        bound=None if bound is None else direction * bound,
        solutions=max(process.improvements, int(has_solution)),
        note="" if ending is not Ending.STOPPED else f"GLPK stopped: {_last_words(lines)}",
    )


def _ending(stated: str, lines: Sequence[str], *, interrupted: bool) -> Ending:
    if interrupted:
        return Ending.INTERRUPTED
    for line in lines:
        for words, ending in _SAID.items():
            if line.startswith(words):
                return ending
    return _STATED.get(stated, Ending.STOPPED)


def _read_file(path: Path, model: LinearModel) -> tuple[str, float | None, Floats]:
    """Status, objective and values from a solution file.

    The status line is `s bas ROWS COLUMNS PRIMAL DUAL OBJECTIVE`, or `s mip|ipt ROWS COLUMNS
    STATUS OBJECTIVE`; a column is `j NUMBER [BASIS] VALUE [DUAL]`.
    """
    stated, claimed, at = "u", None, 2
    values = np.zeros(model.columns + 1)  # the last may be the constant
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] == ["s"]:
            at = 3 if words[1] == "bas" else 2
            stated, claimed = " ".join(words[4:-1]), float(words[-1])
        elif words[:1] == ["j"]:
            values[int(words[1]) - 1] = float(words[at])
    return stated, claimed, values[: model.columns]


def _bound(lines: Sequence[str]) -> float | None:
    for line in reversed(lines):
        match = STATE.match(line)
        if match is not None:
            return lower_bound_from_print(match["bound"])
    return None


def _last_words(lines: Sequence[str]) -> str:
    shouted = [line for line in lines if line.isupper()]
    return shouted[-1] if shouted else "it gave no reason"
