"""One run, from the job document to the delivered answer."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from argmin.api.answer import Reason, RunReport
from argmin.api.run import (
    ANSWER_FILE,
    LOG_FILE,
    RESULT_OUTPUT,
    TERMINATION_LIMIT_BYTES,
    RunDocument,
)
from argmin.api.task import SolveTask
from argmin_solvers.errors import RunError, is_fault
from argmin_solvers.inline_files import write_inline_files
from argmin_solvers.outputs.files import prepare_outputs
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.process.log_capture import RunLog, configure_logging, log
from argmin_solvers.result.publisher import Handover
from argmin_solvers.result.run_result import RunResult, failed_run, result_digest, withhold
from argmin_solvers.result.termination_message import encode_answer, encode_whole

TERMINATION_LOG = "ARGMIN_TERMINATION_LOG"

_NOT_YET = RunError(Reason.UNDELIVERED, "the run was ended before anybody took its result")


def run(document_path: Path) -> int:
    """Run a job document.

    Returns:
        The exit code of the run contract; the answer is in the termination message and in
        `<root>/output/argmin/answer.json`.
    """
    configure_logging()
    interruption = Interruption()
    interruption.listen()
    try:
        document = read_document(document_path)
        folder = _result_folder(document)
    except RunError as failure:
        log.error("%s: %s", failure.reason, failure.message)
        _write_answer(failed_run(failure), None, TERMINATION_LIMIT_BYTES)
        return failure.exit_code
    limit = document.answer_limit_bytes
    handover = Handover(document, folder, interruption)
    result = _run_recorded(document, folder, handover, interruption)
    # Nobody may take it for long, and the pod may be killed meanwhile: what was found is said
    # first.
    is_held_back = result.failed or result.withheld
    _write_answer(result if is_held_back else withhold(result, _NOT_YET), folder, limit)
    result = _hand_over(handover, result)
    _write_answer(result, folder, limit)
    return result.exit_code


def read_document(path: Path) -> RunDocument:
    """Read and check a job document.

    Raises:
        RunError: SourceNotFound; InvalidModel, naming the field.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RunError(
            Reason.SOURCE_NOT_FOUND, f"the job document {path} cannot be read: {error.strerror}"
        ) from None
    try:
        return RunDocument.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise RunError(
            Reason.INVALID_MODEL, f"job document {path}: {where}: {first['msg']}"
        ) from None


def _result_folder(document: RunDocument) -> Path:
    folder = Path(document.root) / "output" / RESULT_OUTPUT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            Reason.INVALID_MODEL, f"root: the folder {folder} cannot be made: {error.strerror}"
        ) from None
    return folder


def _run_recorded(
    document: RunDocument, folder: Path, handover: Handover, interruption: Interruption
) -> RunResult:
    """Run with a log; where none can be kept, without."""
    result: RunResult | None = None
    try:
        with RunLog(folder / LOG_FILE):
            result = _run_guarded(document, handover, interruption)
    except OSError as error:
        log.error("the log %s cannot be kept: %s", folder / LOG_FILE, error.strerror)
    return result or _run_guarded(document, handover, interruption)


def _run_guarded(
    document: RunDocument, handover: Handover, interruption: Interruption
) -> RunResult:
    """Run; every failure becomes a result, and its traceback stays in the log."""
    try:
        _bring_inputs(document, interruption)
        prepare_outputs(document.outputs)
        result = execute(document, interruption)
        answer = result.answer.model_copy(update={"result_digest": result_digest(result)})
        result = handover.keep_outputs(replace(result, answer=answer))
        answer = result.answer
        log.info("outcome %s (%s): %s", answer.solve.outcome, answer.reason, answer.message)
        log.info("%s", _list_numbers(answer))
    except RunError as failure:
        if failure.__cause__ is not None:
            traceback.print_exception(failure.__cause__)
        log.error("%s: %s", failure.reason, failure.message)
        result = failed_run(failure)
    except BaseException as error:  # noqa: BLE001 - the last line of defence: say it in one line
        traceback.print_exc()
        what = f"the runner failed: {type(error).__name__}: {error}"
        result = failed_run(RunError(Reason.SOLVER_FAILED, what, permanent=is_fault(error)))
    return result


def _bring_inputs(document: RunDocument, interruption: Interruption) -> None:
    """Write the files that the document carries, and fetch those that are in stores."""
    write_inline_files(document.files, Path(document.root) / "input")
    if document.transfers.downloads:
        from argmin_solvers.artifacts.downloads import fetch_inputs

        source_field = f"{document.task.FIELD}.source"
        fetch_inputs(document.transfers, interruption, source_field=source_field)


def _list_numbers(answer: RunReport) -> str:
    """What is known of objective, bound and gap."""
    found = answer.solve
    numbers = {"objective": found.objective, "bound": found.best_bound, "gap": found.gap}
    known = [f"{name} {number}" for name, number in numbers.items() if number is not None]
    return ", ".join(known) or "no objective and no bound"


def execute(document: RunDocument, interruption: Interruption) -> RunResult:
    """Carry out the task of a document.

    Raises:
        RunError: there is no answer.
    """
    with tempfile.TemporaryDirectory(prefix="argmin-") as workdir:
        if isinstance(document.task, SolveTask):
            from argmin_solvers.solve.run import run_model

            return run_model(document, document.task, interruption, Path(workdir))
        from argmin_solvers.script.run import run_script

        return run_script(document, document.task, interruption, Path(workdir))


def _hand_over(handover: Handover, result: RunResult) -> RunResult:
    """Deliver the result; the answer is written even if that fails."""
    try:
        return handover.complete(result)
    except RunError as error:
        failure = error
    except BaseException as error:  # noqa: BLE001 - the last line of defence: say it in one line
        traceback.print_exc()
        what = f"the result cannot be handed over: {type(error).__name__}: {error}"
        failure = RunError(Reason.UNDELIVERED, what)
    log.error("%s: %s", failure.reason, failure.message)
    return result if result.failed or result.withheld else withhold(result, failure)


def _write_answer(result: RunResult, folder: Path | None, limit_bytes: int) -> None:
    """Write the answer: shortened to the termination message, and complete next to the solution."""
    targets = []
    if name := os.environ.get(TERMINATION_LOG):
        targets.append((Path(name), encode_answer(result.answer, limit_bytes)))
    if folder is not None:
        targets.append((folder / ANSWER_FILE, encode_whole(result.answer)))
    for target, text in targets:
        try:
            target.write_bytes(text)
        except OSError as error:
            log.error("the answer cannot be written to %s: %s", target, error.strerror)
    if result.failed:
        sys.stderr.flush()
