"""`argmin result`: the solution of a job, and what else its run brought back."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argmin.api.optimizationjob import OptimizationJob
from argmin.api.run import LOG_KEY, OUTPUTS_KEY, SOLUTION_KEY
from argmin.cli.delivered import fetch_part
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.following import is_finished
from argmin.cli.rendering import open_console, render_rows, render_status
from argmin.cli.results import DEFAULT_FOLDER, LOG_FILE, SOLUTION_FILE, ResultFolder
from argmin.cli.session import open_session, run_command
from argmin.cli.target import Target
from argmin.optimization.status import to_wire

Assignment = Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """All that a job's run brought back."""

    job: OptimizationJob
    solution: bytes
    log: bytes | None
    outputs: bytes | None


def show_result(name: str, target: Target, form: str, output_dir: Path | None) -> ExitStatus:
    """Show the solution; with a folder, write it there with the log and the outputs."""
    result = run_command(_fetch(name, target))
    document = _read_solution(result)
    if output_dir is not None:
        _write(result, output_dir)
    if form == "json":
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    elif form == "csv":
        _write_csv(document)
    else:
        _print_table(result, document, output_dir)
    return ExitStatus.OK


def fetch_solution(name: str, target: Target) -> dict[str, Any]:
    """The `solution.json` of a job.

    Raises:
        CliError: there is none, or none yet.
    """
    return _read_solution(run_command(_fetch(name, target)))


async def _fetch(name: str, target: Target) -> Result:
    async with open_session(target) as session:
        job = OptimizationJob.model_validate(await session.get_job(name))
        solution = await fetch_part(session, job, SOLUTION_KEY) if job.status.solution_ref else None
        if solution is None:
            raise CliError(_explain_absence(job), ExitStatus.NOT_FOUND)
        log = await fetch_part(session, job, LOG_KEY)
        outputs = await fetch_part(session, job, OUTPUTS_KEY)
        return Result(job, solution, log, outputs)


def _explain_absence(job: OptimizationJob) -> str:
    name = job.metadata.name
    if not is_finished(job):
        return f"{name} has no result yet: wait for it with `argmin watch {name}`"
    return f"{name} has ended without a result: see `argmin get {name}` and `argmin logs {name}`"


def _read_solution(result: Result) -> dict[str, Any]:
    try:
        document = json.loads(result.solution)
    except ValueError as error:
        name = result.job.metadata.name
        raise CliError(f"the solution of {name} is damaged: {error}", ExitStatus.FAILED) from None
    return document if isinstance(document, dict) else {}


def _write(result: Result, path: Path) -> None:
    outputs = [output.name for output in result.job.status.outputs]
    folder = ResultFolder.claim(path, outputs)
    folder.write_file(SOLUTION_FILE, result.solution)
    if result.log is not None:
        folder.write_file(LOG_FILE, result.log)
    if result.outputs is not None:
        folder.unpack(result.outputs)
    folder.write_status(to_wire(result.job.status))


def list_solutions(document: Mapping[str, Any]) -> list[Assignment]:
    """The solutions of a `solution.json`: those of an enumeration, else the only one, if any."""
    if document.get("solutions"):
        return list(document["solutions"])
    return [document["variables"]] if document.get("variables") is not None else []


def _write_csv(document: Mapping[str, Any]) -> None:
    solutions = list_solutions(document)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if len(solutions) > 1:
        writer.writerow(("solution", "variable", "value"))
        writer.writerows((n, name, value) for n, name, value in _enumerate(solutions))
    else:
        writer.writerow(("variable", "value"))
        writer.writerows((name, value) for _, name, value in _enumerate(solutions))


def _enumerate(solutions: Sequence[Assignment]) -> Iterator[tuple[int, str, float]]:
    for number, solution in enumerate(solutions, start=1):
        yield from ((number, name, value) for name, value in solution.items())


def _print_table(result: Result, document: Mapping[str, Any], path: Path | None) -> None:
    console = open_console()
    console.print(render_status(result.job.metadata.name, result.job.status))
    solutions = list_solutions(document)
    rows = list(_enumerate(solutions))
    if len(solutions) > 1:
        console.print(
            render_rows(
                ("SOLUTION", "VARIABLE", "VALUE"), ((str(n), v, f"{x}") for n, v, x in rows)
            )
        )
    elif rows:
        console.print(render_rows(("VARIABLE", "VALUE"), ((v, f"{x}") for _, v, x in rows)))
    if path is not None:
        open_console(stderr=True).print(f"written to {path}")
    elif result.outputs is not None:
        advice = f"--output-dir {DEFAULT_FOLDER / result.job.metadata.name}"
        open_console(stderr=True).print(f"to have the outputs too, add {advice}")
