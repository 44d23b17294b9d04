"""`argmin run`: a job as a process of this machine, without a cluster."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from argmin.api.answer import Reason
from argmin.api.conditions import COMPLETE, is_true
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus
from argmin.api.run import LOG_FILE, PROOF_FILE, SOLUTION_FILE
from argmin.api.validation import check_name
from argmin.backends.defaults import Defaults
from argmin.backends.local.backend import LocalRun, Workspace, execute, prepare
from argmin.backends.local.inputs import MissingSourceError, Sources
from argmin.backends.local.process import Stop
from argmin.backends.local.stores import list_own_locations
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.cli.errors import CliError, ExitStatus, report
from argmin.cli.manifests.documents import collect_sources, pick_job, read_documents, read_job
from argmin.cli.output.formatting import (
    OutputFormat,
    open_console,
    render_status,
    utc_now,
    write_data,
)
from argmin.cli.output.progress import RunProgress
from argmin.cli.results.folder import DEFAULT_FOLDER, ResultFolder
from argmin.optimization.build_run import build_run
from argmin.optimization.local_run import conclude, refuse
from argmin.optimization.status import to_wire

_LOCAL = Defaults(image="", intake_url="")
"""A process has no image, and delivers into a folder."""

_SIGNALS = {signal.SIGINT: ExitStatus.INTERRUPTED, signal.SIGTERM: ExitStatus.TERMINATED}


@dataclass(frozen=True)
class RunRequest:
    """What to run, as named on the command line."""

    files: tuple[str, ...]
    name: str | None = None
    volumes: tuple[str, ...] = ()
    """`CLAIM=DIR` each."""
    output_dir: Path | None = None
    may_retry: bool = True
    """Whether a failed attempt is followed by others, as `spec.backoffLimit` says."""
    uploads: bool = False
    """Whether result and outputs go to the stores of the job too."""


@dataclass(frozen=True)
class RunEnd:
    """How a run ended, and the signal that had asked for it, if one had."""

    status: OptimizationJobStatus
    asked_by: signal.Signals | None = None

    @property
    def exit_status(self) -> ExitStatus:
        """The exit code; that of the signal after an interruption, also with an answer."""
        if self.asked_by is not None:
            return _SIGNALS[self.asked_by]
        done = is_true(self.status.conditions, COMPLETE)
        return ExitStatus.OK if done else ExitStatus.FAILED


def run_here(request: RunRequest, output: str) -> ExitStatus:
    """Run a job and show its status; what is wrong with the job is shown as a status too."""
    form = OutputFormat(output)
    try:
        return _run(request, form)
    except CliError as error:
        if form is not OutputFormat.TABLE:
            write_data(to_wire(refuse(error.reason, error.message, utc_now())), form)
        report(error)
        return error.status


def _run(request: RunRequest, output: OutputFormat) -> ExitStatus:
    documents = read_documents(request.files)
    document = pick_job(documents, request.name)
    job = read_job(document)
    _check_runnable(job)
    _report_backend(job)
    sources = collect_sources(documents, document.namespace, _read_volumes(request.volumes))
    with _open_workspace(job) as workspace:
        run = build_run(job, _LOCAL, str(workspace.root))
        run = run if request.may_retry else replace(run, backoff_limit=0)
        if request.uploads:
            _refuse_nothing_to_upload(run)
        local = _prepare(run, workspace, sources, request.uploads)
        folder = _claim_folder(job, request)
        end = _execute(job, local)
        _keep(local, folder)
    folder.write_status(to_wire(end.status))
    _show(job, end.status, output, folder)
    return end.exit_status


def _prepare(run: Run, workspace: Workspace, sources: Sources, uploads: bool) -> LocalRun:
    try:
        local = prepare(run, workspace, sources, uploads=uploads)
    except MissingSourceError as error:
        raise CliError("\n".join(error.messages), reason=Reason.SOURCE_NOT_FOUND) from None
    for name in list_own_locations(run, sources.secrets, uploads=uploads):
        open_console(stderr=True).print(
            f"argmin: Secret {name} is in none of the files: your own AWS credentials are used"
        )
    return local


def _refuse_nothing_to_upload(run: Run) -> None:
    transfers = run.document.transfers
    if transfers.result is None and not transfers.uploads:
        raise CliError(
            "--upload: the job names no store: write spec.artifacts.s3, or s3 of an output"
        )


def _claim_folder(job: OptimizationJob, request: RunRequest) -> ResultFolder:
    path = request.output_dir or DEFAULT_FOLDER / job.metadata.name
    return ResultFolder.claim(path, [output.name for output in job.spec.outputs])


def _check_runnable(job: OptimizationJob) -> None:
    if job.spec.suspend:
        raise CliError("spec.suspend: true holds the job: set it to false to run it here")
    if importlib.util.find_spec("numpy") is None:
        raise CliError(
            "argmin run needs the solvers, which are not installed here:"
            " pip install 'argmin-operator[solvers]'",
            ExitStatus.NOT_INSTALLED,
            reason="NotInstalled",
        )


def _report_backend(job: OptimizationJob) -> None:
    """Report that a job for another backend is solved on this machine."""
    if job.spec.backend is not None and job.spec.backend.sage_maker is not None:
        open_console(stderr=True).print(
            "argmin: solving on this machine: spec.backend.sageMaker is for a cluster"
            " (argmin submit)"
        )


def _read_volumes(volumes: tuple[str, ...]) -> Mapping[str, Path]:
    read = {}
    for text in volumes:
        claim, equals, folder = text.partition("=")
        if not equals or check_name(claim) or not folder:
            raise CliError(f"--volume {text}: write CLAIM=DIR, such as --volume prices=./prices")
        if not Path(folder).is_dir():
            raise CliError(f"--volume {text}: {folder} is no folder")
        read[claim] = Path(folder)
    return read


@contextmanager
def _open_workspace(job: OptimizationJob) -> Iterator[Workspace]:
    # Short and resolved: some solvers fail on long paths or links.
    root = Path(tempfile.mkdtemp(prefix=f"argmin-{job.metadata.name[:20]}-")).resolve()
    try:
        yield Workspace(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _execute(job: OptimizationJob, local: LocalRun) -> RunEnd:
    with RunProgress(open_console(stderr=True), local.run) as progress:
        state, asked_by = asyncio.run(_execute_until_asked(local, progress))
    return RunEnd(conclude(job, local.run, state, utc_now()), asked_by)


async def _execute_until_asked(
    local: LocalRun, progress: RunProgress
) -> tuple[RunState, signal.Signals | None]:
    """Execute; the first signal requests a stop, the second a kill."""
    stop = Stop()
    asked_by: list[signal.Signals] = []

    def ask(number: signal.Signals) -> None:
        asked_by.append(number)
        stop.ask()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, ask, number)
    state = await execute(local, progress, stop)
    return state, asked_by[0] if asked_by else None


def _keep(local: LocalRun, folder: ResultFolder) -> None:
    """Copy the results of the run before its workspace is deleted."""
    _warn_of_empty_outputs(local.run)
    result = local.workspace.result
    for name in (SOLUTION_FILE, PROOF_FILE, LOG_FILE):
        folder.copy_file(result / name, name)
    for output in local.run.document.outputs:
        folder.take_output(Path(output.path), output.name)


def _warn_of_empty_outputs(run: Run) -> None:
    for output in run.document.outputs:
        folder = Path(output.path)
        if not folder.is_dir() or not any(folder.iterdir()):
            variable = f"ARGMIN_OUTPUT_{output.name.upper().replace('-', '_')}"
            open_console(stderr=True).print(
                f"argmin: output {output.name} is empty: here its folder is ${variable};"
                " a program that reads this variable writes to the right place everywhere"
            )


def _show(
    job: OptimizationJob, status: OptimizationJobStatus, output: OutputFormat, folder: ResultFolder
) -> None:
    if output is OutputFormat.TABLE:
        console = open_console()
        console.print(render_status(job.metadata.name, status))
        console.print(f"results: {folder.path}", soft_wrap=True)
        if stored := status.solution_ref and status.solution_ref.s3:
            console.print(f"uploaded: s3://{stored.bucket}/{stored.prefix}/", soft_wrap=True)
    else:
        write_data(to_wire(status), output)
