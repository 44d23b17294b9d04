"""`argmin submit`: the objects of some files, applied to a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from argmin.api.base import API_VERSION
from argmin.cli.cluster.lookup import refuse_unknown_kinds
from argmin.cli.cluster.session import Session, open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.commands.watch import Watcher, finish_watching, watch_until_finished
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import VIEWS, list_plurals
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.documents import Document, check_object, find_kind, read_documents
from argmin.cli.manifests.durations import read_timeout
from argmin.cli.output.formatting import OutputFormat, open_console, write_data
from argmin.plan import CONFIG_MAPS, Manifest, Resource
from argmin.runtime.kube.errors import NotFoundError

FIELD_MANAGER = "argmin-cli"
"""Field manager, distinct from the operator's own, so that their fields do not conflict."""

_PREREQUISITES = (
    CONFIG_MAPS,
    Resource("v1", "Secret", "secrets"),
    Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
)
"""What objects of argmin's kinds use: applied first, so that those find it in place."""


@dataclass(frozen=True)
class Submission:
    """What to submit, and whether to stay for the answer."""

    documents: Sequence[Document]
    views: Sequence[KindView]
    output: OutputFormat
    wait: bool
    seconds: float | None


def submit_files(
    files: Sequence[str],
    target: Target,
    output: str,
    wait: bool,
    timeout: str | None,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Apply all objects of the files; with `wait`, end as those of argmin's kinds end."""
    documents = _order(read_documents(files), views)
    for document in documents:
        view = find_kind(document, views)
        if view:
            check_object(document, view)
    if timeout and not wait:
        raise CliError("--timeout is how long to --wait: write both, or neither")
    submission = Submission(documents, views, OutputFormat(output), wait, read_timeout(timeout))
    return run_command(_submit(submission, target))


def _list_resources(views: Iterable[KindView]) -> dict[tuple[str, str], Resource]:
    """The types that can be applied, in their order."""
    resources = (*_PREREQUISITES, *(view.resource for view in views))
    return {(resource.api_version, resource.kind): resource for resource in resources}


def _order(documents: Iterable[Document], views: Sequence[KindView]) -> list[Document]:
    ranks = {kind: rank for rank, kind in enumerate(_list_resources(views))}
    ordered = list(documents)
    for document in ordered:
        if _read_type(document) not in ranks:
            raise CliError(
                f"{document.origin}: argmin submit applies {list_plurals(views)} of"
                f" {API_VERSION} and what they use, not {document.manifest['apiVersion']}"
                f" {document.kind}: apply that with kubectl"
            )
        if not document.name:
            raise CliError(f"{document.origin}: metadata.name: is missing: write it")
    return sorted(ordered, key=lambda document: ranks[_read_type(document)])


def _read_type(document: Document) -> tuple[str, str]:
    return str(document.manifest["apiVersion"]), document.kind


async def _submit(submission: Submission, target: Target) -> ExitStatus:
    async with open_session(target) as session:
        applied = [
            await _apply(session, document, submission.views) for document in submission.documents
        ]
        _report(submission, applied)
        if not submission.wait:
            return ExitStatus.OK
        status = ExitStatus.OK
        views = {view.info.name: view for view in submission.views}
        for manifest in applied:
            view = views.get(manifest["kind"])
            if view:
                status = max(status, await _await_end(session, view, manifest, submission))
        return status


async def _await_end(
    session: Session, view: KindView, manifest: Manifest, submission: Submission
) -> ExitStatus:
    metadata = manifest["metadata"]
    key = view.resource.key(metadata.get("namespace", ""), metadata["name"])
    home = Session(session.cluster, key.namespace)
    watcher = Watcher(view, key.name)
    last = await watch_until_finished(home, key, watcher, submission.seconds)
    return finish_watching(view, last, submission.output)


async def _apply(session: Session, document: Document, views: Sequence[KindView]) -> Manifest:
    resource = _list_resources(views)[_read_type(document)]
    manifest = {key: value for key, value in document.manifest.items() if key != "status"}
    home = {"namespace": session.namespace} if resource.namespaced else {}
    metadata = {**home, **manifest["metadata"]}
    try:
        applied = await session.cluster.apply(
            resource, {**manifest, "metadata": metadata}, FIELD_MANAGER
        )
    except NotFoundError:  # the namespace is not there, or the kind
        await refuse_unknown_kinds(session, [v for v in views if v.resource == resource])
        raise
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
