"""`argmin plan --backend sagemaker`: the request that SageMaker would get; nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from rich.text import Text

from argmin.api.backend import SageMakerBackend
from argmin.api.optimization.spec import KIND, OptimizationJob
from argmin.api.pod import ConfigMapKeyRef
from argmin.api.storage import S3Store
from argmin.backends.run import Run
from argmin.backends.sagemaker.document import list_references
from argmin.backends.sagemaker.request import Submission, build_submission
from argmin.backends.sagemaker.validation import UnfitRunError
from argmin.cli.cluster.target import Target
from argmin.cli.commands.plan import DEFAULTS, Snapshot, take_snapshot
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.manifests.documents import Document, collect_sources
from argmin.cli.output.formatting import OutputFormat, open_console, write_data, write_documents
from argmin.optimization.build_run import build_run
from argmin.plan import CONFIG_MAPS

_SCHEME = "s3://"
_OPTIONS = {
    "spec.backend.sageMaker.instanceType is missing": "--instance-type",
    "spec.backend.sageMaker.roleArn is missing": "--role-arn",
}
"""Which option stands for what the namespace's defaults would hold."""


@dataclass(frozen=True)
class Fallbacks:
    """What the operator would take from the namespace's defaults, as the person says it."""

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


def show_request(
    files: Sequence[str],
    name: str | None,
    target: Target,
    output: str,
    offline: bool,
    fallbacks: Fallbacks,
) -> ExitStatus:
    """Show the request and the document of a job's first attempt."""
    snapshot = take_snapshot(files, name, target, offline)
    submission = _submit(snapshot, fallbacks)
    document = json.loads(submission.document)
    if output == OutputFormat.TABLE:
        _print(snapshot.job, submission, document)
    else:
        place = f"{_SCHEME}{submission.result_store.bucket}/{submission.key}"
        wire = {"request": submission.request, "document": document, "documentPlace": place}
        write_data(wire, OutputFormat(output))
    return ExitStatus.OK


def _submit(snapshot: Snapshot, fallbacks: Fallbacks) -> Submission:
    job = snapshot.job
    run = build_run(job, replace(DEFAULTS, image=fallbacks.image or DEFAULTS.image))
    backend = job.spec.backend
    asked = (backend.sage_maker if backend else None) or SageMakerBackend()
    settings = asked.complete(fallbacks.settings())
    store = job.spec.artifacts.s3 if job.spec.artifacts else _read_store(fallbacks.store)
    try:
        return build_submission(run, settings, store, 1, _read_contents(run, snapshot))
    except UnfitRunError as error:
        problems = "\n".join(f"  {_add_option(problem)}" for problem in error.problems)
        raise CliError(
            f"{KIND} {job.metadata.name} cannot run on SageMaker as it is:\n{problems}",
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
    sources = collect_sources(maps, snapshot.job.metadata.namespace, {}).config_maps
    found = {
        reference: sources.get(reference.name, {}).get(reference.key)
        for reference in list_references(run)
    }
    return {reference: content for reference, content in found.items() if content is not None}


def _print(job: OptimizationJob, submission: Submission, document: Mapping[str, Any]) -> None:
    console = open_console()
    console.print(Text(f"{KIND} {job.metadata.namespace}/{job.metadata.name}", style="bold"))
    for line in _describe(job, submission):
        console.print(Text(line), soft_wrap=True)
    console.print()
    write_documents((submission.request, document))


def _describe(job: OptimizationJob, submission: Submission) -> Iterator[str]:
    operation = submission.job_type.name_operation("Create")
    yield f"what SageMaker would be asked ({operation}), and the job document,"
    bucket = submission.result_store.bucket
    yield f"which would be stored before as {_SCHEME}{bucket}/{submission.key}"
    if not job.metadata.uid:
        yield "the object is new: its uid is not known yet, and stands as 0 in the name"
