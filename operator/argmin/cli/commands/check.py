"""`argmin check`: checks an answer of any origin against its model without a solver."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from argmin.api.run import PROOF_FILE, SOLUTION_FILE
from argmin.api.solve.inspection import Inspection, InspectionReport, InspectionRequest
from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin.api.untrusted import REPORT, UntrustedError, read_document
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.output.formatting import OutputFormat, open_console, write_data
from argmin.optimization.verification import describe_proof

_FORMATS = {
    ".mps": ModelFormat.MPS,
    ".lp": ModelFormat.LP,
    ".nl": ModelFormat.NL,
    ".py": ModelFormat.PYTHON,
    ".pbtxt": ModelFormat.CP_SAT,
    ".textproto": ModelFormat.CP_SAT,
    ".pb": ModelFormat.CP_SAT,
}
_FUNCTION = "build"
_INSTALL = (
    "argmin check reads models as the solvers' image does, and that is not installed here:"
    " pip install 'argmin-operator[solvers]'"
)


@dataclass(frozen=True)
class CheckRequest:
    """What to check, as named on the command line."""

    model: str
    """A file, for Python `FILE.py:FUNCTION`."""
    solution: Path
    proof: Path | None = None
    form: str | None = None
    """Format of the model, if its file name does not determine it."""


def check_answer(request: CheckRequest, output: str) -> ExitStatus:
    """Check an answer and show what was found.

    Raises:
        CliError: model, answer or proof cannot be read, or the parts for it are not installed.
    """
    model = _declare(request)
    _check_place(request.solution, SOLUTION_FILE, "")
    if request.proof is not None:
        _check_place(request.proof, PROOF_FILE, ": leave the proof out")
    if importlib.util.find_spec("numpy") is None:
        raise CliError(_INSTALL, ExitStatus.NOT_INSTALLED)
    found = _inspect(
        InspectionRequest(
            model=model,
            solution=str(request.solution.resolve()),
            proof=str(request.proof.resolve()) if request.proof else None,
        )
    )
    if output == OutputFormat.TABLE:
        open_console().print(_render(found))
    else:
        write_data(found.to_wire(), OutputFormat(output))
    return ExitStatus.OK if found.holds else ExitStatus.FAILED


def _check_place(path: Path, name: str, advice: str) -> None:
    """A file, or a folder of a result that has it."""
    if path.is_dir() and not (path / name).is_file():
        raise CliError(f"{path}: there is no {name} in it{advice}")
    if not path.exists():
        raise CliError(f"{path}: there is no such file")


def _declare(request: CheckRequest) -> SolveTask:
    name, colon, function = request.model.rpartition(":")
    if not (colon and name.endswith(".py")):
        name, function = request.model, _FUNCTION
    path = Path(name)
    if not path.is_file():
        raise CliError(f"{path}: there is no such file")
    form = ModelFormat(request.form) if request.form else _FORMATS.get(path.suffix.lower())
    if form is None:
        raise CliError(
            f"{path}: its name does not say how it is written: add --format"
            f" {', '.join(ModelFormat)}"
        )
    return SolveTask(format=form, path=str(path.resolve()), function=function)


def _inspect(request: InspectionRequest) -> Inspection:
    """Inspect in a process of its own: a Python model is the user's program."""
    with tempfile.TemporaryDirectory(prefix="argmin-check-") as folder:
        request_file, report_file = Path(folder) / "request.json", Path(folder) / "report.json"
        request_file.write_text(request.model_dump_json(by_alias=True, exclude_none=True))
        command = (
            sys.executable,
            "-m",
            "argmin_solvers.inspection",
            str(request_file),
            str(report_file),
        )
        # What the user's model prints must not mix with the answer.
        ended = subprocess.run(command, stdout=sys.stderr.fileno(), check=False)
        if not report_file.is_file():
            raise CliError(
                f"the model could not be read: its process ended with code {ended.returncode}",
                ExitStatus.INVALID if ended.returncode >= 0 else ExitStatus.INTERNAL,
            )
        report = read_report(report_file)
    if report.found is None:
        raise CliError(str(report.problem))
    return report.found


def read_report(file: Path) -> InspectionReport:
    """What an inspection found; the user's model runs in the process that writes it.

    Raises:
        CliError: it is no report.
    """
    try:
        with file.open("rb") as report:
            return read_document(InspectionReport, report.read(REPORT.bytes + 1), REPORT)
    except UntrustedError as error:
        raise CliError(
            f"the report of the check cannot be read: {error}", ExitStatus.INTERNAL
        ) from None


def _render(found: Inspection) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    style = "green" if found.holds else "red"
    rows = (
        ("holds", Text("yes" if found.holds else "no", style=style)),
        ("outcome", Text(found.outcome)),
        ("objective", _describe_objective(found)),
        ("check", Text(found.verification.message)),
        ("violation", _describe_violation(found)),
        ("proof", Text(describe_proof(found.proof)) if found.proof else None),
        *(("note", Text(note)) for note in found.notes),
    )
    for label, value in rows:
        if value is not None:
            table.add_row(Text(label, style="dim"), value)
    return table


def _describe_objective(found: Inspection) -> Text | None:
    if found.objective is None:
        return None
    return Text(f"{found.objective} ({found.sense})" if found.sense else found.objective)


def _describe_violation(found: Inspection) -> Text | None:
    """The largest violation, tolerated or not."""
    largest = found.verification.largest_violation
    if largest is None:
        return None
    where = found.verification.where
    if not largest.strip("0."):
        return Text("none")
    return Text(f"at most {largest}, at {where}" if where else f"at most {largest}")
