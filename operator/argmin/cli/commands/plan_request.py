"""`argmin plan --backend`: the request that a backend would get; nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from rich.text import Text

from argmin.api.backend import BackendName, BackendSettings, SageMakerBackend
from argmin.api.pod import ConfigMapKeyRef
from argmin.api.run import ROOT
from argmin.api.storage import S3Store
from argmin.backends.run import Run
from argmin.backends.sagemaker.document import list_references
from argmin.backends.sagemaker.request import Submission, build_submission
from argmin.backends.sagemaker.validation import UnfitRunError
from argmin.cli.cluster.target import Target
from argmin.cli.commands.plan import DEFAULTS, Snapshot, print_heading, take_snapshot
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import VIEWS
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.documents import Document, collect_sources
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import OutputFormat, open_console, write_data, write_documents
from argmin.plan import CONFIG_MAPS

_SCHEME = "s3://"
_OPTIONS = {
    "spec.backend.sageMaker.instanceType is missing": "--instance-type",
    "spec.backend.sageMaker.roleArn is missing": "--role-arn",
}
"""Which option stands for what the namespace's defaults would hold."""


@dataclass(frozen=True)
class Fallbacks:
    """What the operator would take from the namespace's defaults, as named on the command line."""

    store: str | None = None
    instance_type: str | None = None
    role_arn: str | None = None
    region: str | None = None
    image: str | None = None

    def settings(self) -> SageMakerBackend:
        """As defaults of SageMaker.

        Raises:
            CliError: naming the option that is wrong.
        """
        given = {
            "instanceType": self.instance_type,
            "roleArn": self.role_arn,
            "region": self.region,
        }
        try:
            return SageMakerBackend.model_validate({k: v for k, v in given.items() if v})
        except ValidationError as error:
            problem = error.errors()[0]
            option = {"instanceType": "--instance-type", "roleArn": "--role-arn"}.get(
                str(problem["loc"][0]), "--region"
            )
            message = problem["msg"].removeprefix("Value error, ")
            raise CliError(f"{option}: {message}") from None


def show_request(  # noqa: PLR0913, PLR0917 - the options of a command
    backend: str,
    files: Sequence[str],
    name: ObjectName | None,
    target: Target,
    output: str,
    offline: bool,
    fallbacks: Fallbacks,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Show the request and the document of the first attempt of an object's run.

    Raises:
        CliError: there is no such backend, or it cannot execute the run.
    """
    if backend != BackendName.SAGE_MAKER.lower():
        raise CliError(f"--backend: {backend!r} is not {BackendName.SAGE_MAKER.lower()!r}")
    snapshot = take_snapshot(files, name, target, offline, [view for view in views if view.local])
    submission = _submit(snapshot, fallbacks)
    document = json.loads(submission.document)
    if output == OutputFormat.TABLE:
        _print(snapshot, submission, document)
    else:
        place = f"{_SCHEME}{submission.result_store.bucket}/{submission.key}"
        wire = {"request": submission.request, "document": document, "documentPlace": place}
        write_data(wire, OutputFormat(output))
    return ExitStatus.OK


def _submit(snapshot: Snapshot, fallbacks: Fallbacks) -> Submission:
    local = snapshot.view.local
    assert local is not None, "only kinds with runs were chosen from"
    defaults = replace(
        DEFAULTS,
        image=fallbacks.image or DEFAULTS.image,
        backend_settings=BackendSettings(sage_maker=fallbacks.settings()),
    )
    run = local.build_run(snapshot.manifest, defaults, ROOT)
    store = run.store if run.store else _read_store(fallbacks.store)
    try:
        return build_submission(
            run, run.backend_settings.sage_maker, store, 1, _read_contents(run, snapshot)
        )
    except UnfitRunError as error:
        problems = "\n".join(f"  {_add_option(problem)}" for problem in error.problems)
        raise CliError(
            f"{snapshot.view.info.name} {run.owner.name} cannot run on SageMaker as it is:\n"
            f"{problems}",
            reason="InvalidSpec",
        ) from None


def _add_option(problem: str) -> str:
    option = next((o for start, o in _OPTIONS.items() if problem.startswith(start)), None)
    return f"{problem} ({option} here)" if option else problem


def _read_store(text: str | None) -> S3Store:
    if text is None:
        raise CliError(
            "spec.artifacts.s3 is missing: on SageMaker the result goes to a bucket; name it there,"
            " or as the namespace's default by --store s3://BUCKET/PREFIX"
        )
    bucket, _, prefix = text.removeprefix(_SCHEME).partition("/")
    try:
        return S3Store(bucket=bucket, prefix=prefix.strip("/"))
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise CliError(
            f"--store: write s3://BUCKET or s3://BUCKET/PREFIX, not {text}: {message}"
        ) from None


def _read_contents(run: Run, snapshot: Snapshot) -> Mapping[ConfigMapKeyRef, bytes]:
    """The content of the ConfigMaps that the run refers to, as far as they are there."""
    maps = [Document(m, "the cluster") for m in snapshot.objects if m["kind"] == CONFIG_MAPS.kind]
    sources = collect_sources(maps, run.owner.namespace, {}).config_maps
    found = {
        reference: sources.get(reference.name, {}).get(reference.key)
        for reference in list_references(run)
    }
    return {reference: content for reference, content in found.items() if content is not None}


def _print(snapshot: Snapshot, submission: Submission, document: Mapping[str, Any]) -> None:
    print_heading(snapshot)
    for line in _describe(snapshot, submission):
        open_console().print(Text(line), soft_wrap=True)
    open_console().print()
    write_documents((submission.request, document))


def _describe(snapshot: Snapshot, submission: Submission) -> Iterator[str]:
    operation = submission.job_type.name_operation("Create")
    yield f"what SageMaker would be asked ({operation}), and the job document,"
    bucket = submission.result_store.bucket
    yield f"which would be stored before as {_SCHEME}{bucket}/{submission.key}"
    if not snapshot.manifest["metadata"].get("uid"):
        yield "the object is new: its uid is not known yet, and stands as 0 in the name"
