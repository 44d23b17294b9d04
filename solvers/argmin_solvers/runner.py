"""One run, from the job document to the delivered answer."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from argmin.api.outcome import Outcome, Reason
from argmin.api.run import RESULT_LIMIT_BYTES, RESULT_OUTPUT, RunDocument
from argmin_solvers.failure import RunError
from argmin_solvers.interruption import Interruption
from argmin_solvers.outputs import collect_outputs, prepare_outputs
from argmin_solvers.result import (
    RunResult,
    encode_solution,
    failed_run,
    result_digest,
    solution_document,
    withhold,
)
from argmin_solvers.runlog import RunLog, configure_logging, log
from argmin_solvers.termination import encode_answer

TERMINATION_LOG = "ARGMIN_TERMINATION_LOG"
SOLUTION_FILE = "solution.json"
LOG_FILE = "run.log"
OUTPUTS_FILE = "outputs.tar.gz"
ANSWER_FILE = "answer.json"

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
        _write_answer(failed_run(failure), None)
        return failure.exit_code
    result = _run_recorded(document, folder, interruption)
    if not result.failed:
        # Nobody may take it for long, and the pod may be killed meanwhile: what was found is said
        # first.
        _write_answer(result if result.withheld else withhold(result, _NOT_YET), folder)
        result = _hand_over_guarded(document, folder, result, interruption)
    _write_answer(result, folder)
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
        document = RunDocument.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise RunError(
            Reason.INVALID_MODEL, f"job document {path}: {where}: {first['msg']}"
        ) from None
    if (document.model is None) == (document.script is None):
        raise RunError(
            Reason.INVALID_MODEL, f"job document {path}: write exactly one of model and script"
        )
    return document


def _result_folder(document: RunDocument) -> Path:
    folder = Path(document.root) / "output" / RESULT_OUTPUT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            Reason.INVALID_MODEL, f"root: the folder {folder} cannot be made: {error.strerror}"
        ) from None
    return folder


def _run_recorded(document: RunDocument, folder: Path, interruption: Interruption) -> RunResult:
    """Run with a log; where none can be kept, without."""
    result: RunResult | None = None
    try:
        with RunLog(folder / LOG_FILE):
            result = _run_guarded(document, folder, interruption)
    except OSError as error:
        log.error("the log %s cannot be kept: %s", folder / LOG_FILE, error.strerror)
    return result or _run_guarded(document, folder, interruption)


def _run_guarded(document: RunDocument, folder: Path, interruption: Interruption) -> RunResult:
    """Run; every failure becomes a result, and its traceback stays in the log."""
    try:
        prepare_outputs(document.outputs)
        result = execute(document, interruption)
        answer = result.answer.model_copy(update={"result_digest": result_digest(result)})
        result = _keep_outputs(document, folder, replace(result, answer=answer))
        answer = result.answer
        log.info("outcome %s (%s): %s", answer.outcome, answer.reason, answer.message)
        log.info("objective %s, bound %s, gap %s", answer.objective, answer.best_bound, answer.gap)
    except RunError as failure:
        if failure.__cause__ is not None:
            traceback.print_exception(failure.__cause__)
        log.error("%s: %s", failure.reason, failure.message)
        result = failed_run(failure)
    except BaseException as error:  # noqa: BLE001 - the last line of defence: say it in one line
        traceback.print_exc()
        what = f"the runner failed: {type(error).__name__}: {error}"
        result = failed_run(RunError(Reason.SOLVER_FAILED, what))
    return result


def _keep_outputs(document: RunDocument, folder: Path, result: RunResult) -> RunResult:
    """The result with its outputs; without them it is withheld."""
    limit = None if document.intake is None else RESULT_LIMIT_BYTES
    try:
        outputs = collect_outputs(document.outputs, folder / OUTPUTS_FILE, limit)
    except RunError as failure:
        return withhold(result, failure)
    return replace(result, answer=result.answer.model_copy(update={"outputs": outputs}))


def execute(document: RunDocument, interruption: Interruption) -> RunResult:
    """Solve the model or run the script of a document.

    Raises:
        RunError: there is no answer.
    """
    with tempfile.TemporaryDirectory(prefix="argmin-") as workdir:
        if document.model is not None:
            from argmin_solvers.modelrun import run_model

            return run_model(document, document.model, interruption, Path(workdir))
        from argmin_solvers.scriptrun import run_script

        assert document.script is not None
        return run_script(document, document.script, interruption, Path(workdir))


def hand_over(
    document: RunDocument, folder: Path, result: RunResult, interruption: Interruption
) -> RunResult:
    """Write the solution, and deliver the result where an intake is named.

    Raises:
        RunError: AnswerTooLarge or AnswerUndelivered.
    """
    solution = encode_solution(solution_document(document.name, result))
    try:
        (folder / SOLUTION_FILE).write_bytes(solution)
    except OSError as error:
        what = f"{folder / SOLUTION_FILE} cannot be written: {error.strerror}"
        if document.intake is None:
            raise RunError(Reason.UNDELIVERED, what) from None
        log.error("%s; the result is delivered all the same", what)
    if result.withheld:
        return result
    if document.intake is not None:
        from argmin_solvers.delivery import deliver, pack_parts

        outputs = (folder / OUTPUTS_FILE).read_bytes() if document.outputs else None
        parts = pack_parts(solution, _read_log(folder), outputs)
        deliver(document.intake, document.name, parts, interruption)
    return replace(result, answer=result.answer.model_copy(update={"delivered": True}))


def _read_log(folder: Path) -> bytes:
    try:
        return (folder / LOG_FILE).read_bytes()
    except OSError as error:
        return f"the log could not be kept: {error.strerror}\n".encode()


def _hand_over_guarded(
    document: RunDocument, folder: Path, result: RunResult, interruption: Interruption
) -> RunResult:
    """Hand over; whatever happens, what was found is still said."""
    try:
        return hand_over(document, folder, result, interruption)
    except RunError as error:
        failure = error
    except BaseException as error:  # noqa: BLE001 - the last line of defence: say it in one line
        traceback.print_exc()
        what = f"the result cannot be handed over: {type(error).__name__}: {error}"
        failure = RunError(Reason.UNDELIVERED, what)
    log.error("%s: %s", failure.reason, failure.message)
    return result if result.withheld else withhold(result, failure)


def _write_answer(result: RunResult, folder: Path | None) -> None:
    text = encode_answer(result.answer)
    targets = [Path(name)] if (name := os.environ.get(TERMINATION_LOG)) else []
    if folder is not None:
        targets.append(folder / ANSWER_FILE)
    for target in targets:
        try:
            target.write_bytes(text)
        except OSError as error:
            log.error("the answer cannot be written to %s: %s", target, error.strerror)
    if result.answer.outcome is Outcome.ERROR:
        sys.stderr.flush()
