"""Processing jobs: one container that reads its inputs from S3 and leaves its outputs there.

SageMaker itself transfers the files: inputs from S3 before the container starts, outputs to S3
after it has ended, with the permissions of the job's role. So a run needs no network.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, ClassVar

from argmin.api.backend import SageMakerBackend
from argmin.api.run import DOCUMENT_FILE, DOCUMENT_INPUT, RESULT_OUTPUT, ROOT
from argmin.api.storage import S3Store
from argmin.backends.pods.template import PYTHON
from argmin.backends.run import Run, build_environment
from argmin.backends.sagemaker.document import Contents, is_elsewhere, read_variable, write_uri
from argmin.backends.sagemaker.job_type import JobLimits, JobPlan, JobType, Request
from argmin.backends.store_layout import locate_output

MESSAGE_PATH = "/opt/ml/output/message"
"""File of the exit message, of which SageMaker returns the first KiB."""
DEFAULT_VOLUME_GB = 30

_DOCUMENT_PATH = posixpath.join(ROOT, "input", DOCUMENT_INPUT, DOCUMENT_FILE)


class _Processing(JobType):
    noun = "ProcessingJob"
    event_detail_type = "SageMaker Processing Job State Change"
    log_group = "/aws/sagemaker/ProcessingJobs"
    limits = JobLimits(name=63, inputs=10, outputs=10, variables=100, variable_text=256)
    paths: ClassVar[Mapping[str, str]] = {
        "last_modified_time": "LastModifiedTime",
        "start_time": "ProcessingStartTime",
        "end_time": "ProcessingEndTime",
        "exit_message": "ExitMessage",
        "instance_type": "ProcessingResources.ClusterConfig.InstanceType",
        "instance_count": "ProcessingResources.ClusterConfig.InstanceCount",
        "max_runtime_seconds": "StoppingCondition.MaxRuntimeInSeconds",
        # The first output is argmin's own.
        "result_uri": "ProcessingOutputConfig.Outputs.0.S3Output.S3Uri",
        "role_arn": "RoleArn",
        "image": "AppSpecification.ImageUri",
    }

    request_fields: ClassVar[Mapping[str, str]] = {"imageUri": "spec.image"}

    def executes(self, run: Run) -> bool:
        return True

    def build_request(self, plan: JobPlan) -> Request:
        run, settings = plan.run, plan.settings
        return {
            "ProcessingInputs": _build_inputs(run, settings, plan.result_store, plan.document_key),
            "ProcessingOutputConfig": _build_outputs(run, settings, plan.result_store),
            "ProcessingResources": {"ClusterConfig": _build_cluster(settings)},
            "StoppingCondition": {"MaxRuntimeInSeconds": plan.max_runtime_seconds},
            "AppSpecification": {
                "ImageUri": run.image,
                "ContainerEntrypoint": _build_entrypoint(),
            },
            "Environment": _build_environment(run, plan.contents),
            **_build_network(settings),
            "RoleArn": settings.role_arn,
        }


PROCESSING = _Processing()


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
