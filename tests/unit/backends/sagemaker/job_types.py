"""Types of jobs beside processing jobs, as far as a test needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from argmin.backends.run import Run
from argmin.backends.sagemaker.job_type import JobLimits, JobPlan, JobStatus, JobType, Request

TRAIN = "TRAIN"
"""Variable of the runs that become training jobs."""


class _Training(JobType):
    noun = "TrainingJob"
    event_detail_type = "SageMaker Training Job State Change"
    log_group = "/aws/sagemaker/TrainingJobs"
    limits = JobLimits(name=63, inputs=20, outputs=1, variables=100, variable_text=512)
    paths: ClassVar[Mapping[str, str]] = {
        "last_modified_time": "LastModifiedTime",
        "start_time": "TrainingStartTime",
        "end_time": "TrainingEndTime",
        "instance_type": "ResourceConfig.InstanceType",
        "instance_count": "ResourceConfig.InstanceCount",
        "max_runtime_seconds": "StoppingCondition.MaxRuntimeInSeconds",
        "result_uri": "OutputDataConfig.S3OutputPath",
        "role_arn": "RoleArn",
        "image": "AlgorithmSpecification.TrainingImage",
    }
    other_statuses: ClassVar[Mapping[str, JobStatus]] = {"Deleting": JobStatus.STOPPED}
    request_fields: ClassVar[Mapping[str, str]] = {"trainingImage": "spec.image"}

    def executes(self, run: Run) -> bool:
        return any(variable.name == TRAIN for variable in run.env)

    def build_request(self, plan: JobPlan) -> Request:
        store = plan.result_store
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{store.bucket}/{plan.document_key}"}
        return {
            "AlgorithmSpecification": {
                "TrainingImage": plan.run.image,
                "TrainingInputMode": "File",
            },
            "InputDataConfig": [
                {"ChannelName": "argmin", "DataSource": {"S3DataSource": source}},
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{store.bucket}/{store.prefix}"},
            "ResourceConfig": {
                "InstanceType": plan.settings.instance_type,
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": plan.max_runtime_seconds},
            "RoleArn": plan.settings.role_arn,
        }


class _Tuning(JobType):
    noun = "HyperParameterTuningJob"
    event_detail_type = "SageMaker HyperParameter Tuning Job State Change"
    log_group = "/aws/sagemaker/TrainingJobs"
    limits = JobLimits(name=32, inputs=20, outputs=1, variables=48, variable_text=512)
    paths: ClassVar[Mapping[str, str]] = {
        "last_modified_time": "LastModifiedTime",
        "start_time": "CreationTime",
        "end_time": "HyperParameterTuningEndTime",
        "instance_type": "TrainingJobDefinition.ResourceConfig.InstanceType",
        "max_runtime_seconds": ("HyperParameterTuningJobConfig.ResourceLimits.MaxRuntimeInSeconds"),
        "result_uri": "TrainingJobDefinition.OutputDataConfig.S3OutputPath",
        "role_arn": "TrainingJobDefinition.RoleArn",
        "image": "TrainingJobDefinition.AlgorithmSpecification.TrainingImage",
    }
    other_statuses: ClassVar[Mapping[str, JobStatus]] = {
        "Deleting": JobStatus.STOPPED,
        "DeleteFailed": JobStatus.STOPPED,
    }

    def executes(self, run: Run) -> bool:
        return any(variable.name == TRAIN for variable in run.env)

    def build_request(self, plan: JobPlan) -> Request:
        limits = {"MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": plan.max_runtime_seconds}
        return {
            "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": limits},
        }

    def name_streams(self, job_name: str) -> str:
        # Those of its trials, which are training jobs.
        return f"{job_name}-"


class _Transform(JobType):
    noun = "TransformJob"
    event_detail_type = "SageMaker Transform Job State Change"
    log_group = "/aws/sagemaker/TransformJobs"
    limits = JobLimits(name=63, inputs=1, outputs=1, variables=16, variable_text=1024)
    paths: ClassVar[Mapping[str, str]] = {
        "start_time": "TransformStartTime",
        "end_time": "TransformEndTime",
        "instance_type": "TransformResources.InstanceType",
        "instance_count": "TransformResources.InstanceCount",
        "result_uri": "TransformOutput.S3OutputPath",
    }

    def executes(self, run: Run) -> bool:
        return any(variable.name == TRAIN for variable in run.env)

    def build_request(self, plan: JobPlan) -> Request:
        store, settings = plan.result_store, plan.settings
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{store.bucket}/{plan.document_key}"}
        return {
            "ModelName": "steel",
            "TransformInput": {"DataSource": {"S3DataSource": source}},
            "TransformOutput": {"S3OutputPath": f"s3://{store.bucket}/{store.prefix}"},
            "TransformResources": {"InstanceType": settings.instance_type, "InstanceCount": 1},
        }


TRAINING, TUNING, TRANSFORM = _Training(), _Tuning(), _Transform()
