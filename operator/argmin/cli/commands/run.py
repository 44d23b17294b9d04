"""`argmin run`: a job as a process of this machine, without a cluster."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from argmin.api.answer import Reason
from argmin.api.backend import BackendName
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
from argmin.cli.kinds.registry import VIEWS
from argmin.cli.kinds.view import KindView, LocalRuns
from argmin.cli.manifests.documents import (
    check_object,
    collect_sources,
    pick_document,
    read_documents,
)
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import (
    OutputFormat,
    open_console,
    render_details,
    utc_now,
    write_data,
)
from argmin.cli.output.progress import RunProgress
from argmin.cli.results.folder import DEFAULT_FOLDER, ResultFolder
from argmin.plan import Manifest

_LOCAL = Defaults(image="", intake_url="")
"""A process has no image, and delivers into a folder."""

_SIGNALS = {signal.SIGINT: ExitStatus.INTERRUPTED, signal.SIGTERM: ExitStatus.TERMINATED}


@dataclass(frozen=True)
class RunRequest:
    """What to run, as named on the command line."""

    files: tuple[str, ...]
    name: ObjectName | None = None
    volumes: tuple[str, ...] = ()
    """`CLAIM=DIR` each."""
    output_dir: Path | None = None
    may_retry: bool = True
    """Whether a failed attempt is followed by others, as `spec.backoffLimit` says."""
    uploads: bool = False
    """Whether result and outputs go to the stores of the job too."""


@dataclass(frozen=True)
class LocalJob:
    """An object that is run here, and its kind."""

    view: KindView
    local: LocalRuns
    manifest: Manifest

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def status(self) -> Manifest:
        """Its status."""
        status: Manifest = self.manifest.get("status") or {}
        return status


@dataclass(frozen=True)
class RunEnd:
    """The object with the status in which its run ended, and the signal that requested the end."""

    job: LocalJob
    asked_by: signal.Signals | None = None

    @property
    def exit_status(self) -> ExitStatus:
        """The exit code; that of the signal after an interruption, also with an answer."""
        if self.asked_by is not None:
            return _SIGNALS[self.asked_by]
        done = self.job.view.is_successful(self.job.manifest)
        return ExitStatus.OK if done else ExitStatus.FAILED


def run_here(request: RunRequest, output: str, views: Sequence[KindView] = VIEWS) -> ExitStatus:
    """Run an object and show its status; what is wrong with it is shown as a status too."""
    form = OutputFormat(output)
    runnable = [view for view in views if view.local]
    try:
        return _run(request, form, runnable)
    except CliError as error:
        local = runnable[0].local
        if form is not OutputFormat.TABLE and local:
            write_data(local.refuse(error.reason, error.message, utc_now()), form)
        report(error)
        return error.status


def _run(request: RunRequest, output: OutputFormat, views: Sequence[KindView]) -> ExitStatus:
    documents = read_documents(request.files)
    document, view = pick_document(documents, request.name, views)
    check_object(document, view)
    assert view.local is not None, "only kinds that can be run here were chosen from"
    job = LocalJob(view, view.local, document.manifest)
    _check_runnable(job)
    _report_backend(job)
    sources = collect_sources(documents, document.namespace, _read_volumes(request.volumes))
    with _open_workspace(job) as workspace:
        run = job.local.build_run(job.manifest, _LOCAL, str(workspace.root))
        run = run if request.may_retry else replace(run, backoff_limit=0)
        if request.uploads:
            _refuse_nothing_to_upload(run)
        local = _prepare(run, workspace, sources, request.uploads)
        folder = _claim_folder(run, request)
        end = _execute(job, local)
        _keep(local, folder)
    folder.write_status(end.job.status)
    _show(end.job, output, folder)
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


def _claim_folder(run: Run, request: RunRequest) -> ResultFolder:
    path = request.output_dir or DEFAULT_FOLDER / run.owner.name
    return ResultFolder.claim(path, [output.name for output in run.document.outputs])


def _check_runnable(job: LocalJob) -> None:
    if job.manifest["spec"].get("suspend"):
        raise CliError("spec.suspend: true holds the job: set it to false to run it here")
    if importlib.util.find_spec("numpy") is None:
        raise CliError(
            "argmin run needs the solvers, which are not installed here:"
            " pip install 'argmin-operator[solvers]'",
            ExitStatus.NOT_INSTALLED,
            reason="NotInstalled",
        )


def _report_backend(job: LocalJob) -> None:
    """Report that an object for another backend is run on this machine."""
    for backend in job.manifest["spec"].get("backend") or ():
        if backend != BackendName.PODS:
            open_console(stderr=True).print(
                f"argmin: solving on this machine: spec.backend.{backend} is for a cluster"
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
def _open_workspace(job: LocalJob) -> Iterator[Workspace]:
    # Short and resolved: some solvers fail on long paths or links.
    root = Path(tempfile.mkdtemp(prefix=f"argmin-{job.name[:20]}-")).resolve()
    try:
        yield Workspace(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _execute(job: LocalJob, local: LocalRun) -> RunEnd:
    with RunProgress(open_console(stderr=True), local.run) as progress:
        state, asked_by = asyncio.run(_execute_until_asked(local, progress))
    status = job.local.conclude(job.manifest, local.run, state, utc_now())
    return RunEnd(replace(job, manifest={**job.manifest, "status": status}), asked_by)


async def _execute_until_asked(
    local: LocalRun, progress: RunProgress
) -> tuple[RunState, signal.Signals | None]:
    """Execute; the first signal requests a stop, the second a kill."""
    stop = Stop()
    asked_by: list[signal.Signals] = []

    def request_stop(number: signal.Signals) -> None:
        asked_by.append(number)
        stop.ask()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, request_stop, number)
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


def _show(job: LocalJob, output: OutputFormat, folder: ResultFolder) -> None:
    if output is not OutputFormat.TABLE:
        write_data(job.status, output)
        return
    console = open_console()
    console.print(render_details(job.view.describe(job.manifest)))
    console.print(f"results: {folder.path}", soft_wrap=True)
    run = job.view.find_run(job.manifest)
    if run and run.stored:
        console.print(f"uploaded: s3://{run.stored.bucket}/{run.stored.prefix}/", soft_wrap=True)
