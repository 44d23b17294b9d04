"""`argmin submit`: the objects of some files, applied to a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from argmin.api.base import API_VERSION
from argmin.api.optimization.spec import KIND
from argmin.cli.cluster.session import Session, open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.commands.watch import Watcher, finish_watching, watch_until_finished
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.manifests.documents import Document, read_documents, read_job
from argmin.cli.manifests.durations import read_timeout
from argmin.cli.output.formatting import OutputFormat, open_console, write_data
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.plan import CONFIG_MAPS, Manifest, Resource

FIELD_MANAGER = "argmin-cli"
"""Field manager, distinct from the operator's own, so that their fields do not conflict."""

_RESOURCES = {
    (resource.api_version, resource.kind): resource
    for resource in (
        CONFIG_MAPS,
        Resource("v1", "Secret", "secrets"),
        Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
        OPTIMIZATION_JOBS,
    )
}
"""What a job needs, in the order in which it is applied: the job finds the rest in place."""


@dataclass(frozen=True)
class Submission:
    """What to submit, and whether to stay for the answer."""

    documents: Sequence[Document]
    output: OutputFormat
    wait: bool
    seconds: float | None


def submit_files(
    files: Sequence[str], target: Target, output: str, wait: bool, timeout: str | None
) -> ExitStatus:
    """Apply all objects of the files; with `wait`, end as the jobs end."""
    documents = _order(read_documents(files))
    for document in documents:
        if document.is_job:
            read_job(document)
    if timeout and not wait:
        raise CliError("--timeout is how long to --wait: write both, or neither")
    submission = Submission(documents, OutputFormat(output), wait, read_timeout(timeout))
    return run_command(_submit(submission, target))


def _order(documents: Iterable[Document]) -> list[Document]:
    ranks = {kind: rank for rank, kind in enumerate(_RESOURCES)}
    known = list(documents)
    for document in known:
        if _identify(document) not in ranks:
            raise CliError(
                f"{document.origin}: argmin submit applies {KIND}s of {API_VERSION} and what they"
                f" use, not {document.manifest['apiVersion']} {document.kind}:"
                " apply that with kubectl"
            )
        if not document.name:
            raise CliError(f"{document.origin}: metadata.name: is missing: write it")
    return sorted(known, key=lambda document: ranks[_identify(document)])


def _identify(document: Document) -> tuple[str, str]:
    return str(document.manifest["apiVersion"]), document.kind


async def _submit(submission: Submission, target: Target) -> ExitStatus:
    async with open_session(target) as session:
        applied = [await _apply(session, document) for document in submission.documents]
        _report(submission, applied)
        jobs = [manifest for manifest in applied if manifest["kind"] == KIND]
        if not submission.wait or not jobs:
            return ExitStatus.OK
        status = ExitStatus.OK
        for job in jobs:
            home = Session(session.cluster, job["metadata"]["namespace"])
            watcher = Watcher(job["metadata"]["name"])
            last = await watch_until_finished(home, watcher, submission.seconds)
            status = max(status, finish_watching(last, submission.output))
        return status


async def _apply(session: Session, document: Document) -> Manifest:
    resource = _RESOURCES[_identify(document)]
    manifest = {key: value for key, value in document.manifest.items() if key != "status"}
    metadata = {"namespace": session.namespace, **manifest["metadata"]}
    applied = await session.cluster.apply(
        resource, {**manifest, "metadata": metadata}, FIELD_MANAGER
    )
    return {"apiVersion": resource.api_version, "kind": resource.kind, **applied}


def _report(submission: Submission, applied: Sequence[Manifest]) -> None:
    """What was applied: the answer itself, unless an answer is to follow."""
    if submission.output is OutputFormat.TABLE or submission.wait:
        console = open_console(stderr=submission.wait)
        for manifest in applied:
            console.print(f"{manifest['kind'].lower()}/{manifest['metadata']['name']} applied")
    elif len(applied) == 1:
        write_data(_without_secrets(applied[0]), submission.output)
    else:
        items = [_without_secrets(manifest) for manifest in applied]
        write_data({"apiVersion": "v1", "kind": "List", "items": items}, submission.output)


def _without_secrets(manifest: Manifest) -> Manifest:
    """The object as applied; the values of a Secret stay where they are."""
    if manifest["kind"] != "Secret":
        return manifest
    return {key: value for key, value in manifest.items() if key not in ("data", "stringData")}
