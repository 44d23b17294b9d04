"""Building the job of a run: its request, and the job document; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from argmin.api.backend import SageMakerBackend
from argmin.api.base import GROUP, LABEL_NAME
from argmin.api.storage import S3Store
from argmin.backends.run import Run
from argmin.backends.sagemaker.document import Contents, build_document
from argmin.backends.sagemaker.job_type import JobPlan, JobType, Request
from argmin.backends.sagemaker.jobs import find_job_type
from argmin.backends.sagemaker.validation import UnfitRunError, list_problems
from argmin.backends.store_layout import locate_document, locate_result

TAG_UID = f"{GROUP}/uid"
TAG_NAMESPACE = f"{GROUP}/namespace"
TAG_NAME = LABEL_NAME
TAG_RUN = f"{GROUP}/run"

_DIGITS = 8


@dataclass(frozen=True)
class Submission:
    """The document and request of one attempt; the document is stored first."""

    job_type: JobType
    request: Request
    document: bytes
    """The job document as JSON."""
    result_store: S3Store
    """The folder of the result."""
    key: str
    """Key of the document, in that bucket."""

    @property
    def name(self) -> str:
        """Name of the job."""
        return str(self.request[self.job_type.name_field])


def name_job(run: Run, attempt: int) -> str:
    """Name of the job of an attempt: `<name>-<uid>-<spec>-<attempt>`.

    It is deterministic, so that a repeated call has the same name. SageMaker allows letters, digits
    and -, and each type of job has its limit.
    """
    limit = find_job_type(run).limits.name
    uid = re.sub(r"[^a-z0-9]", "", run.owner.uid.lower())[:_DIGITS].ljust(_DIGITS, "0")
    digest = run.name.rpartition("-")[2][:_DIGITS]
    tail = f"-{uid}-{digest}-{attempt}"
    stem = re.sub(r"[^a-z0-9-]+", "-", run.owner.name)[: limit - len(tail)].strip("-")
    return stem + tail


def build_tags(run: Run) -> dict[str, str]:
    """The tags that identify argmin's jobs, and by which a role can be restricted to them."""
    owner = run.owner
    return {
        TAG_UID: owner.uid,
        TAG_NAMESPACE: run.namespace,
        TAG_NAME: owner.name,
        TAG_RUN: run.name,
    }


def build_submission(
    run: Run,
    settings: SageMakerBackend,
    store: S3Store,
    attempt: int,
    contents: Contents | None = None,
) -> Submission:
    """The document and the request of an attempt.

    Args:
        run: the run.
        settings: those of the job, with the defaults of its namespace.
        store: where results are stored; each run has its own folder there.
        attempt: its number, from 1 on.
        contents: of the ConfigMaps that the run refers to.

    Raises:
        UnfitRunError: naming all that SageMaker cannot do, and what to write instead.
    """
    known = contents or {}
    problems = list_problems(run, settings, store, known)
    if problems:
        raise UnfitRunError(problems)
    result_store = locate_result(run, store)
    key = locate_document(result_store)
    document = build_document(run, settings, result_store, known)
    job_type = find_job_type(run)
    plan = JobPlan(run, settings, result_store, key, known)
    tags = sorted((settings.tags | build_tags(run)).items())
    return Submission(
        job_type=job_type,
        request={
            job_type.name_field: name_job(run, attempt),
            **job_type.build_request(plan),
            "Tags": [{"Key": name, "Value": value} for name, value in tags],
        },
        document=document.model_dump_json(by_alias=True, exclude_none=True).encode(),
        result_store=result_store,
        key=key,
    )
