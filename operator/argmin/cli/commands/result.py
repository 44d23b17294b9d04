"""`argmin result`: the solution of a job, and the other results of its run."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argmin.api.optimization.spec import OptimizationJob
from argmin.api.run import (
    LOG_FILE,
    LOG_KEY,
    OUTPUTS_KEY,
    PROOF_FILE,
    PROOF_KEY,
    SOLUTION_FILE,
    SOLUTION_KEY,
)
from argmin.api.untrusted import DOCUMENT_LIMIT_BYTES, UntrustedError, parse_json
from argmin.cli.cluster.follow import is_finished
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.output.formatting import open_console, render_rows, render_status, write_text
from argmin.cli.results.fetch import fetch_part
from argmin.cli.results.folder import DEFAULT_FOLDER, ResultFolder
from argmin.cli.results.object_store import open_stored
from argmin.optimization.status import to_wire
from argmin.optimization.verification import describe_proof

Assignment = Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """The results of a job's run; log and packed outputs if requested."""

    job: OptimizationJob
    solution: bytes
    proof: bytes | None = None
    log: bytes | None = None
    outputs: bytes | None = None


def show_result(name: str, target: Target, form: str, output_dir: Path | None) -> ExitStatus:
    """Show the solution; with a folder, write it there with the log and the outputs."""
    result = run_command(_fetch(name, target, whole=output_dir is not None))
    document = _read_solution(result)
    if output_dir is not None:
        _write(result, output_dir)
    if form == "json":
        write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    elif form == "csv":
        _write_csv(document)
    else:
        _print_table(result, document, output_dir)
    return ExitStatus.OK


def show_proof(name: str, target: Target, form: str, output_dir: Path | None) -> ExitStatus:
    """Print the certificate of an answer, as JSON.

    Raises:
        CliError: there is none, and the message says how well the answer is proven; or it is asked
            for in another form or place.
    """
    if form == "csv" or output_dir is not None:
        raise CliError(
            "--proof prints a certificate as JSON: leave out --format csv and --output-dir, which"
            " brings proof.json without --proof"
        )
    job, proof = run_command(_fetch_proof(name, target))
    if proof is None:
        raise CliError(_explain_absent_proof(job), ExitStatus.NOT_FOUND)
    write_text(json.dumps(_parse(proof, f"the proof of {name}"), indent=2) + "\n")
    return ExitStatus.OK


async def _fetch_proof(name: str, target: Target) -> tuple[OptimizationJob, bytes | None]:
    async with open_session(target) as session:
        job = OptimizationJob.model_validate(await session.get_job(name))
        reference = job.status.solution_ref
        return job, await fetch_part(session, job, PROOF_KEY) if reference else None


def _explain_absent_proof(job: OptimizationJob) -> str:
    name, proof = job.metadata.name, job.status.proof
    if job.status.solution_ref is None:
        return _explain_absence(job)
    if proof is None:
        return f"{name} has no proof: what a program of one's own finds is its own word"
    return f"{name} has no certificate: {describe_proof(proof)}"


def fetch_solution(name: str, target: Target) -> dict[str, Any]:
    """The `solution.json` of a job.

    Raises:
        CliError: there is none, or none yet.
    """
    return _read_solution(run_command(_fetch(name, target, whole=False)))


async def _fetch(name: str, target: Target, *, whole: bool) -> Result:
    async with open_session(target) as session:
        job = OptimizationJob.model_validate(await session.get_job(name))
        solution = await fetch_part(session, job, SOLUTION_KEY) if job.status.solution_ref else None
        if solution is None:
            raise CliError(_explain_absence(job), ExitStatus.NOT_FOUND)
        if not whole:
            return Result(job, solution)
        others = [await fetch_part(session, job, key) for key in (PROOF_KEY, LOG_KEY, OUTPUTS_KEY)]
        return Result(job, solution, *others)


def _explain_absence(job: OptimizationJob) -> str:
    name = job.metadata.name
    if not is_finished(job):
        return f"{name} has no result yet: wait for it with `argmin watch {name}`"
    return f"{name} has ended without a result: see `argmin get {name}` and `argmin logs {name}`"


def _read_solution(result: Result) -> dict[str, Any]:
    document = _parse(result.solution, f"the solution of {result.job.metadata.name}")
    return document if isinstance(document, dict) else {}


def _parse(text: bytes, what: str) -> Any:
    try:
        return parse_json(text, DOCUMENT_LIMIT_BYTES)
    except UntrustedError as error:
        raise CliError(f"{what} is damaged: {error}", ExitStatus.FAILED) from None


def _write(result: Result, path: Path) -> None:
    names = _name_outputs(result.job)
    folder = ResultFolder.claim(path, names)
    folder.write_file(SOLUTION_FILE, result.solution)
    if result.proof is not None:
        folder.write_file(PROOF_FILE, result.proof)
    if result.log is not None:
        folder.write_file(LOG_FILE, result.log)
    if result.outputs is not None:
        folder.unpack(result.outputs)
    reference = result.job.status.solution_ref
    if reference and reference.s3:
        with open_stored(reference.s3) as stored:
            stored.fetch_outputs([n for n in stored.list_outputs() if n in names], path)
    folder.write_status(to_wire(result.job.status))
    _report_paths(result.job)


def _name_outputs(job: OptimizationJob) -> tuple[str, ...]:
    """Names of the outputs; a status that had to be short may have left some out."""
    names = [output.name for output in job.spec.outputs]
    names += [output.name for output in job.status.outputs]
    return tuple(dict.fromkeys(names))


def _report_paths(job: OptimizationJob) -> None:
    for output in job.spec.outputs:
        if output.s3:
            where = f"s3://{output.s3.bucket}/{output.s3.prefix}"
            open_console(stderr=True).print(f"output {output.name} is in {where}", soft_wrap=True)


def list_solutions(document: Mapping[str, Any]) -> list[Assignment]:
    """The solutions of a `solution.json`: those of an enumeration, else the only one, if any."""
    if document.get("solutions"):
        return list(document["solutions"])
    return [document["variables"]] if document.get("variables") is not None else []


class _Output:
    """Standard output, as a file that lines are written to."""

    def write(self, text: str) -> None:
        """Write a line."""
        write_text(text)


def _write_csv(document: Mapping[str, Any]) -> None:
    solutions = list_solutions(document)
    writer = csv.writer(_Output(), lineterminator="\n")
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
    elif any(output.files for output in result.job.status.outputs):
        advice = f"--output-dir {DEFAULT_FOLDER / result.job.metadata.name}"
        open_console(stderr=True).print(f"to have the outputs too, add {advice}")
