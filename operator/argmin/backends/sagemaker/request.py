"""Building the processing job of a run: its request, and the job document; pure.

SageMaker itself transfers the files: inputs from S3 before the container starts, outputs to S3
after it has ended, with the permissions of the job's role. So a run needs no network.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from argmin.api.backend import SageMakerBackend
from argmin.api.base import GROUP, LABEL_NAME
from argmin.api.run import DOCUMENT_FILE, DOCUMENT_INPUT, RESULT_OUTPUT, ROOT
from argmin.api.storage import S3Object, S3Store
from argmin.backends.pods.template import PYTHON
from argmin.backends.run import Run, build_environment
from argmin.backends.sagemaker.document import Contents, build_document, is_elsewhere, read_variable
from argmin.backends.sagemaker.validation import UnfitRunError, list_problems
from argmin.backends.store_layout import locate_document, locate_output, locate_result

TAG_UID = f"{GROUP}/uid"
TAG_NAMESPACE = f"{GROUP}/namespace"
TAG_NAME = LABEL_NAME
TAG_RUN = f"{GROUP}/run"

MESSAGE_PATH = "/opt/ml/output/message"
"""File of the exit message, of which SageMaker returns the first KiB."""
DEFAULT_VOLUME_GB = 30
DEFAULT_RUNTIME_SECONDS = 24 * 3600
"""SageMaker's own default, made explicit."""
NAME_LIMIT = 63

_DIGITS = 8
_DOCUMENT_PATH = posixpath.join(ROOT, "input", DOCUMENT_INPUT, DOCUMENT_FILE)

Request = dict[str, Any]
"""A request, or a part of one, in the JSON of AWS's API."""


@dataclass(frozen=True)
class Submission:
    """The document and request of one attempt; the document is stored first."""

    request: Request
    document: bytes
    """The job document as JSON."""
    result_store: S3Store
    """The folder of the result."""
    key: str
    """Key of the document, in that bucket."""

    @property
    def name(self) -> str:
        """Name of the processing job."""
        return str(self.request["ProcessingJobName"])


def name_job(run: Run, attempt: int) -> str:
    """Name of the processing job of an attempt: `<name>-<uid>-<spec>-<attempt>`.

    It is deterministic, so that a repeated call has the same name. SageMaker allows 63 characters:
    letters, digits and -.
    """
    uid = re.sub(r"[^a-z0-9]", "", run.owner.uid.lower())[:_DIGITS].ljust(_DIGITS, "0")
    digest = run.name.rpartition("-")[2][:_DIGITS]
    tail = f"-{uid}-{digest}-{attempt}"
    stem = re.sub(r"[^a-z0-9-]+", "-", run.owner.name)[: NAME_LIMIT - len(tail)].strip("-")
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
    return Submission(
        request={
            "ProcessingJobName": name_job(run, attempt),
            "ProcessingInputs": _build_inputs(run, settings, result_store, key),
            "ProcessingOutputConfig": _build_outputs(run, settings, result_store),
            "ProcessingResources": {"ClusterConfig": _build_cluster(settings)},
            "StoppingCondition": {"MaxRuntimeInSeconds": _limit_runtime(run, settings)},
            "AppSpecification": {
                "ImageUri": run.image,
                "ContainerEntrypoint": _build_entrypoint(),
            },
            "Environment": _build_environment(run, known),
            **_build_network(settings),
            "RoleArn": settings.role_arn,
            "Tags": [
                {"Key": name, "Value": value}
                for name, value in sorted((settings.tags | build_tags(run)).items())
            ],
        },
        document=document.model_dump_json(by_alias=True, exclude_none=True).encode(),
        result_store=result_store,
        key=key,
    )


def _build_entrypoint() -> list[str]:
    return [PYTHON, "-m", "argmin_solvers", "--document", _DOCUMENT_PATH]


def _build_inputs(
    run: Run, settings: SageMakerBackend, result_store: S3Store, key: str
) -> list[Request]:
    root = posixpath.join(run.document.root, "input")
    document = f"s3://{result_store.bucket}/{key}"
    return [
        _build_input(DOCUMENT_INPUT, document, posixpath.join(root, DOCUMENT_INPUT)),
        *(
            _build_input(item.name, write_uri(item.source.s3), posixpath.join(root, item.name))
            for item in run.inputs
            if item.source.s3 and not is_elsewhere(item.source.s3, settings)
        ),
    ]


def _build_input(name: str, uri: str, path: str) -> Request:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": path,
            # SageMaker has no way to name one object alone: one whose key goes on after this one's
            # comes too, under its own name, and the document names the file that is meant.
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def write_uri(source: S3Object) -> str:
    """The `s3://` URI of a source."""
    # A folder ends with a slash, so that data/ does not match database/.
    path = source.key or f"{(source.prefix or '').rstrip('/')}/"
    return f"s3://{source.bucket}/{path}"


def _build_outputs(run: Run, settings: SageMakerBackend, result_store: S3Store) -> Request:
    folder = posixpath.join(run.document.root, "output", RESULT_OUTPUT)
    key = settings.output_kms_key_id or result_store.kms_key_id
    return {
        "Outputs": [
            _build_output(RESULT_OUTPUT, result_store, folder),
            *(
                _build_output(output.name, locate_output(result_store, output), output.path)
                for output in run.document.outputs
                if not (output.s3 and is_elsewhere(output.s3, settings))
            ),
        ],
        **({"KmsKeyId": key} if key else {}),
    }


def _build_output(name: str, result_store: S3Store, path: str) -> Request:
    uri = f"s3://{result_store.bucket}/{result_store.prefix}".rstrip("/")
    return {
        "OutputName": name,
        "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"},
    }


def _build_cluster(settings: SageMakerBackend) -> Request:
    key = settings.volume_kms_key_id
    return {
        "InstanceCount": settings.instance_count or 1,
        "InstanceType": settings.instance_type,
        "VolumeSizeInGB": settings.volume_size_gb or DEFAULT_VOLUME_GB,
        **({"VolumeKmsKeyId": key} if key else {}),
    }


def _limit_runtime(run: Run, settings: SageMakerBackend) -> int:
    """Maximum seconds of an attempt; SageMaker enforces it also while no operator runs."""
    limit = settings.max_runtime_seconds or DEFAULT_RUNTIME_SECONDS
    return limit if run.deadline_seconds is None else max(1, min(limit, run.deadline_seconds))


def _build_environment(run: Run, contents: Contents) -> dict[str, str]:
    """The environment; argmin's variables override the user's."""
    given = {variable.name: read_variable(variable, contents) for variable in run.env}
    return {**given, "ARGMIN_TERMINATION_LOG": MESSAGE_PATH, **build_environment(run)}


def _build_network(settings: SageMakerBackend) -> Request:
    network = settings.network
    parts: Mapping[str, Any] = {
        "EnableInterContainerTrafficEncryption": network.encrypt_traffic,
        "EnableNetworkIsolation": network.isolation,
        "VpcConfig": {
            "SecurityGroupIds": list(network.security_group_ids),
            "Subnets": list(network.subnets),
        }
        if network.subnets
        else None,
    }
    given = {name: value for name, value in parts.items() if value is not None}
    return {"NetworkConfig": given} if given else {}
