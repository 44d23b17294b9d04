"""CBC, by its executable: the one on PATH, or else the one of a Python package."""

from __future__ import annotations

import re
import signal
import struct
import subprocess
from collections.abc import Sequence
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
    unknown_option,
)
from argmin_solvers.adapters.cbc_log import IMPROVING, CbcLog
from argmin_solvers.adapters.isolation.executable import (
    SolverProcess,
    ask_executable,
    find_command,
    lower_bound_from_print,
    remove_if_there,
    solver_ended_badly,
)
from argmin_solvers.adapters.mps_writer import write_mps
from argmin_solvers.adapters.option_policy import CBC, MOST_THREADS, guard
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.adapters.points.feasibility import drop_basis
from argmin_solvers.adapters.presolve_retry import WithoutPresolve
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel

_WITHOUT_PRESOLVE = WithoutPresolve(
    "preprocess",
    "off",
    "proven optimal, without preprocessing: CBC had ended without a result",
)
_OPTION_SECTIONS = re.compile(r"^(?:Branch and Cut )?(?:double|integer|keyword) parameters:$", re.I)
_OPTION = re.compile(r"([A-Za-z0-9]+)(?:\(([A-Za-z]*)\))?")
_REFUSED_VALUE = re.compile(
    r"^String of (?P<text>.*) is illegal for \w+ parameter (?P<name>\w+)"
    r"|^(?P<value>\S+) was provided for (?P<ranged>\w+) - valid range is (?P<range>.*)"
    r"|^<Possible options for (?P<keyword>\w+) are: (?P<words>.*?)[;>]?$"
)
_NO_MATCH = re.compile(r"^No match for (?P<word>\S+) - \?")


class Cbc:
    """CBC: linear and mixed-integer linear models."""

    name: ClassVar = SolverName.CBC
    takes: ClassVar[tuple[type, ...]] = (LinearModel,)

    def version(self) -> str:
        """The version that the executable states."""
        match = re.search(r"^Version:\s*(\S+)", _banner(_command()), re.M)
        if match is None:
            raise RunError(Reason.SOLVER_FAILED, f"{_command()[-1]} states no version of CBC")
        return match.group(1)

    def refusal(self, model: LinearModel) -> str | None:
        """None: CBC takes every linear model."""
        return None

    def solve(self, model: LinearModel, settings: Settings, stop: Event) -> Solve:
        """Solve a linear model."""
        return solve_linear(self, model, settings, stop)

    def search(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        """Run the executable and tell what it found; where it fails, once without preprocessing."""
        return _WITHOUT_PRESOLVE.search(
            lambda settings: self._run(model, settings, stop), settings, stop
        )

    def _run(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        files = _Files(settings.workdir)
        write_mps(model.plain(), files.model)
        told = CbcLog(model, settings.progress)

        def look_at(line: str) -> None:
            told.look_at(line)
            refusal = _refused_value(line, settings)
            if refusal is not None:
                raise refusal

        options = [*_limit_options(settings), *_user_options(settings)]
        process = SolverProcess(
            [*_command(), str(files.model), *options, "-solve", *files.results()],
            look_at,
            IMPROVING,
        )
        # SIGINT is the one signal after which CBC still writes its best solution.
        code = process.wait(stop, _interrupt)
        if not files.text.exists():
            if stop.is_set():  # asked before it was listening
                return Finding(Ending.INTERRUPTED)
            raise solver_ended_badly("cbc", code, process.lines)
        finding = _read(model, files, process, stop)
        # Where no line told of a solution, the file may hold a basis at which CBC was stopped.
        return finding if process.improvements else drop_basis(model, finding)


class _Files:
    """The files of one search."""

    def __init__(self, folder: Path) -> None:
        self.model = folder / "model.mps"
        self.text = folder / "solution.txt"
        self.binary = folder / "solution.bin"
        for path in (self.text, self.binary):
            remove_if_there(path)

    def results(self) -> list[str]:
        # The text has the status but eight digits; the binary has the values as they are.
        return ["-solution", str(self.text), "-saveSolution", str(self.binary)]


@cache
def _command() -> tuple[str, ...]:
    return find_command("cbc", "cbc")


@cache
def _banner(command: tuple[str, ...]) -> str:
    return ask_executable(command, "-?")


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)


def _limit_options(settings: Settings) -> list[str]:
    options = ["-timeMode", "elapsed"]
    if settings.seconds is not None:
        options += ["-seconds", repr(settings.seconds)]
    if settings.relative_gap is not None:
        options += ["-ratioGap", repr(settings.relative_gap)]
    if settings.absolute_gap is not None:
        options += ["-allowableGap", repr(settings.absolute_gap)]
    if settings.solutions is not None:
        options += ["-maxSolutions", str(settings.solutions)]
    if settings.threads > 1:
        options += ["-threads", str(min(settings.threads, MOST_THREADS))]
    if settings.seed is not None:
        options += ["-randomSeed", str(settings.seed), "-randomCbcSeed", str(settings.seed)]
    return options


def _user_options(settings: Settings) -> list[str]:
    words = []
    for name, value in settings.options.items():
        known = _known_options(_command())
        full = _full_name(name, known)
        if full is None:
            raise unknown_option("cbc", name, known)
        guard("cbc", CBC, name, value, full=full)
        if not str(value).strip() or (str(value).startswith("-") and not _is_number(str(value))):
            raise bad_option("cbc", name, value, "a number or a word")
        words += [f"-{full}", str(value).strip()]
    return words


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@cache
def _known_options(command: tuple[str, ...]) -> dict[str, str]:
    """Full names with the shortest form CBC accepts: its list writes `ratio(Gap)`."""
    known: dict[str, str] = {"threads": "threads"}
    listing = False
    for line in _banner(command).splitlines():
        if not line.startswith(" "):
            listing = _OPTION_SECTIONS.match(line.strip()) is not None
        elif listing:
            for short, rest in _OPTION.findall(line):
                known[short + rest] = short
    return known


def _full_name(name: str, known: dict[str, str]) -> str | None:
    wanted = name.lower()
    for full, short in known.items():
        if full.lower().startswith(wanted) and wanted.startswith(short.lower()):
            return full
    return None


def _refused_value(line: str, settings: Settings) -> RunError | None:
    missed = _NO_MATCH.match(line)
    if missed is not None:
        return RunError(
            Reason.UNKNOWN_OPTION,
            f"spec.solver.options: cbc does not understand {missed['word']!r}",
        )
    match = _REFUSED_VALUE.match(line)
    if match is None:
        return None
    option = match["name"] or match["ranged"] or match["keyword"]
    expected = "a number"
    if match["range"]:
        expected = f"a number in the range {match['range']}"
    if match["words"]:
        expected = f"one of {match['words']}"
    names = [n for n in settings.options if option.lower().startswith(n.lower())] or [option]
    return bad_option("cbc", names[0], settings.options.get(names[0], "that"), expected)


_ENDINGS = (  # by how the first line of the solution file begins
    ("Optimal (within gap tolerance)", Ending.GAP_LIMIT),
    ("Optimal", Ending.PROVEN),
    ("Unbounded", Ending.DUAL_INFEASIBLE),
    ("Stopped on time", Ending.TIME_LIMIT),
)
_RESULTS = {  # by how the log's line "Result - …" goes on; more exact than the file
    "Stopped on solution limit": Ending.SOLUTION_LIMIT,
    "Stopped on time limit": Ending.TIME_LIMIT,
    "User ctrl-c": Ending.INTERRUPTED,
    "Optimal solution found (within gap tolerance)": Ending.GAP_LIMIT,
}
_AMBIGUOUS = (
    "infeasible or unbounded",
    "infeasible! (or unbounded)",
    "dual infeasible",
    "Problem is infeasible",  # which it says of unbounded models with integers as well
)


def _read(model: LinearModel, files: _Files, process: SolverProcess, stop: Event) -> Finding:
    lines = process.lines
    with files.text.open(encoding="utf-8", errors="replace") as text:
        stated = text.readline().strip()
    ending = _ending(stated, lines)
    if ending is Ending.STOPPED and stop.is_set():  # of a linear program CBC does not say so
        ending = Ending.INTERRUPTED
    without = ("no integer solution" in stated) or ending in _WITHOUT_SOLUTION
    values, claimed = (None, None) if without else _read_values(files.binary, model)
    direction = -1.0 if model.maximizes else 1.0
    bound = _bound(lines)
    return Finding(
        ending,
        values=values,
        claimed=None if claimed is None else direction * claimed,
        bound=None if bound is None else direction * bound,
        nodes=_nodes(lines) if model.integers else None,
        solutions=max(process.improvements, int(values is not None)),
        note=f"CBC stopped: {stated}" if ending is Ending.STOPPED else "",
    )


_WITHOUT_SOLUTION = (Ending.INFEASIBLE, Ending.DUAL_INFEASIBLE)


def _ending(stated: str, lines: Sequence[str]) -> Ending:
    if "infeasible" in stated.lower():
        ambiguous = any(word in line for line in lines for word in _AMBIGUOUS)
        return Ending.DUAL_INFEASIBLE if ambiguous else Ending.INFEASIBLE
    for line in lines:
        for words, ending in _RESULTS.items():
            if line.startswith(f"Result - {words}"):
                return ending
    return next((end for words, end in _ENDINGS if stated.startswith(words)), Ending.STOPPED)


def _read_values(path: Path, model: LinearModel) -> tuple[Floats | None, float | None]:
    """Rows, columns, objective; then activities and duals of rows, values and costs of columns."""
    if not path.exists():
        return None, None
    content = path.read_bytes()
    rows, columns, objective = struct.unpack_from("=iid", content)
    if columns < model.columns:
        raise RunError(
            Reason.SOLVER_FAILED,
            f"cbc wrote {columns} values for a model of {model.columns} columns",
        )
    values = np.frombuffer(content, np.float64, model.columns, offset=16 + 16 * rows)
    return values.copy(), objective


def _bound(lines: Sequence[str]) -> float | None:
    for line in reversed(lines):
        if line.startswith("Lower bound:"):
            return lower_bound_from_print(line.split(":", 1)[1])
    return None


def _nodes(lines: Sequence[str]) -> int:
    found = [int(m[1]) for line in lines if (m := re.match(r"Enumerated nodes:\s+(\d+)", line))]
    return found[-1] if found else 0
