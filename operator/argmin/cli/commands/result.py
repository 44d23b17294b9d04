"""`argmin result`: the solution of an object, and the other results of its run."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
from argmin.cli.cluster.lookup import find_object
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import VIEWS, choose_views, require_run
from argmin.cli.kinds.run_view import RunView
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import open_console, render_details, render_rows, write_text
from argmin.cli.results.fetch import fetch_part
from argmin.cli.results.folder import DEFAULT_FOLDER, ResultFolder
from argmin.cli.results.object_store import open_stored
from argmin.plan import Manifest

Assignment = Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """The results of an object's run; log and packed outputs if requested."""

    view: KindView
    manifest: Manifest
    run: RunView
    solution: bytes
    proof: bytes | None = None
    log: bytes | None = None
    outputs: bytes | None = None


def show_result(
    name: ObjectName,
    target: Target,
    form: str,
    output_dir: Path | None,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Show the solution; with a folder, write it there with the log and the outputs."""
    result = run_command(_fetch(name, target, views, whole=output_dir is not None))
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


def show_proof(
    name: ObjectName,
    target: Target,
    form: str,
    output_dir: Path | None,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Print the certificate of an answer, as JSON.

    Raises:
        CliError: there is none, and the message names the level of the proof; or it is requested
            in another form or place.
    """
    if form == "csv" or output_dir is not None:
        raise CliError(
            "--proof prints a certificate as JSON: leave out --format csv and --output-dir, which"
            " brings proof.json without --proof"
        )
    run, proof = run_command(_fetch_proof(name, target, views))
    if proof is None:
        message = run.why_uncertified if run.has_result else _explain_absence(run)
        raise CliError(message, ExitStatus.NOT_FOUND)
    write_text(json.dumps(_parse(proof, f"the proof of {run.owner}"), indent=2) + "\n")
    return ExitStatus.OK


async def _fetch_proof(
    name: ObjectName, target: Target, views: Sequence[KindView]
) -> tuple[RunView, bytes | None]:
    candidates = choose_views(name, target.namespace, views)
    async with open_session(target) as session:
        found = await find_object(session, name, candidates)
        run = require_run(found.view, found.manifest)
        return run, await fetch_part(session, run, PROOF_KEY) if run.has_result else None


def fetch_solution(
    name: ObjectName, target: Target, views: Sequence[KindView] = VIEWS
) -> dict[str, Any]:
    """The `solution.json` of an object.

    Raises:
        CliError: there is none, or none yet.
    """
    return _read_solution(run_command(_fetch(name, target, views, whole=False)))


async def _fetch(
    name: ObjectName, target: Target, views: Sequence[KindView], *, whole: bool
) -> Result:
    candidates = choose_views(name, target.namespace, views)
    async with open_session(target) as session:
        found = await find_object(session, name, candidates)
        run = require_run(found.view, found.manifest)
        solution = await fetch_part(session, run, SOLUTION_KEY) if run.has_result else None
        if solution is None:
            raise CliError(_explain_absence(run), ExitStatus.NOT_FOUND)
        result = Result(found.view, found.manifest, run, solution)
        if not whole:
            return result
        others = [await fetch_part(session, run, key) for key in (PROOF_KEY, LOG_KEY, OUTPUTS_KEY)]
        return replace(result, proof=others[0], log=others[1], outputs=others[2])


def _explain_absence(run: RunView) -> str:
    name = run.owner
    if not run.is_finished:
        return f"{name} has no result yet: wait for it with `argmin watch {name}`"
    return f"{name} has ended without a result: see `argmin get {name}` and `argmin logs {name}`"


def _read_solution(result: Result) -> dict[str, Any]:
    document = _parse(result.solution, f"the solution of {result.run.owner}")
    return document if isinstance(document, dict) else {}


def _parse(text: bytes, what: str) -> Any:
    try:
        return parse_json(text, DOCUMENT_LIMIT_BYTES)
    except UntrustedError as error:
        raise CliError(f"{what} is damaged: {error}", ExitStatus.FAILED) from None


def _write(result: Result, path: Path) -> None:
    names = result.run.outputs
    folder = ResultFolder.claim(path, names)
    folder.write_file(SOLUTION_FILE, result.solution)
    if result.proof is not None:
        folder.write_file(PROOF_FILE, result.proof)
    if result.log is not None:
        folder.write_file(LOG_FILE, result.log)
    if result.outputs is not None:
        folder.unpack(result.outputs)
    if result.run.stored:
        with open_stored(result.run.stored) as stored:
            stored.fetch_outputs([n for n in stored.list_outputs() if n in names], path)
    folder.write_status(result.manifest.get("status") or {})
    for output, place in result.run.places.items():
        open_console(stderr=True).print(f"output {output} is in {place}", soft_wrap=True)


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
    console.print(render_details(result.view.describe(result.manifest)))
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
    elif result.run.has_files:
        advice = f"--output-dir {DEFAULT_FOLDER / result.run.owner}"
        open_console(stderr=True).print(f"to have the outputs too, add {advice}")
