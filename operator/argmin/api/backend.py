"""Where a run is executed, in pods of the cluster or by Amazon SageMaker, and its attempts."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field

from argmin.api.base import ApiModel, Rule
from argmin.api.scalars import DecimalText, Name, Pattern, Timestamp
from argmin.api.storage import KmsKey, Region

RoleArn = Annotated[
    str,
    Pattern(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z0-9_+=,.@/-]+$",
        "write the ARN of a role, such as arn:aws:iam::123456789012:role/argmin-jobs",
        max_length=640,
    ),
]
InstanceType = Annotated[
    str,
    Pattern(
        r"^ml\.[a-z0-9-]+\.[a-z0-9]+$",
        "write an instance type of SageMaker, such as ml.m5.large",
        max_length=32,
    ),
]
SubnetId = Annotated[
    str,
    Pattern(r"^subnet-[0-9a-f]{8,17}$", "write the ID of a subnet, such as subnet-0a1b2c3d", 32),
]
SecurityGroupId = Annotated[
    str,
    Pattern(r"^sg-[0-9a-f]{8,17}$", "write the ID of a security group, such as sg-0a1b2c3d", 32),
]

_TAG_KEY = "^[a-zA-Z0-9 _.:/=+@-]{1,128}$"

MOST_RUNTIME = 5 * 24 * 3600
"""Longest run of SageMaker Processing, in seconds."""


class BackendName(StrEnum):
    """Who executes a run."""

    PODS = "pods"
    SAGE_MAKER = "sageMaker"
    LOCAL = "local"


class PodsBackend(ApiModel):
    """Pods of this cluster."""


class SageMakerNetwork(ApiModel):
    """The network that a SageMaker job sees."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="(has(self.subnets) && self.subnets.size() > 0)"
            " == (has(self.securityGroupIds) && self.securityGroupIds.size() > 0)",
            message="a VPC is named by subnets and securityGroupIds together: write both, or none",
            holds=lambda n: bool(n.subnets) == bool(n.security_group_ids),
        ),
    )

    subnets: Annotated[tuple[SubnetId, ...], Field(max_length=16)] = Field(
        default=(),
        description="IDs of the VPC's subnets for the instances, together with securityGroupIds; no"
        " VPC if neither the job nor its namespace names one.",
    )
    security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(max_length=5)] = Field(
        default=(),
        description="IDs of the security groups of the instances, in the VPC of the subnets.",
    )
    isolation: bool | None = Field(
        default=None,
        description="Whether the container has no network; SageMaker still copies inputs and"
        " outputs. If left out, the namespace's default, else false.",
    )
    encrypt_traffic: bool | None = Field(
        default=None,
        description="Whether traffic between the instances of the job is encrypted. If left out,"
        " the namespace's default, else false.",
    )


class SageMakerBackend(ApiModel):
    """SageMaker Processing; what is left out is the namespace's default."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.tags) || self.tags.all(k, !k.startsWith('aws:')"
            " && !k.startsWith('argmin.dev/'))",
            message="tags that start with aws: or argmin.dev/ are reserved: choose other names",
            holds=lambda b: not any(k.startswith(("aws:", "argmin.dev/")) for k in b.tags),
        ),
        Rule(
            cel=f"!has(self.tags) || self.tags.all(k, k.matches('{_TAG_KEY}'))",
            message="the name of a tag has 1 to 128 letters, digits, blanks and _.:/=+@-",
            holds=lambda b: all(re.fullmatch(_TAG_KEY, k) for k in b.tags),
        ),
    )

    instance_type: InstanceType | None = Field(
        default=None,
        description="Instance type, such as ml.m5.large; required unless the namespace has a"
        " default.",
    )
    instance_count: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None,
        description="Number of instances; 1 by default. A solver uses one, a script may use more.",
    )
    volume_size_gb: Annotated[int, Field(ge=1, le=16384)] | None = Field(
        default=None,
        alias="volumeSizeGB",
        description="Size of each instance's storage volume, in GB; 30 by default.",
    )
    volume_kms_key_id: KmsKey | None = Field(
        default=None,
        description="ID, ARN or alias of the KMS key that encrypts the storage volumes; a key of"
        " SageMaker's if neither job nor namespace names one.",
    )
    output_kms_key_id: KmsKey | None = Field(
        default=None,
        description="ID, ARN or alias of the KMS key that encrypts the result in S3; that of"
        " spec.artifacts.s3.kmsKeyId if neither job nor namespace names one.",
    )
    role_arn: RoleArn | None = Field(
        default=None,
        description="ARN of the IAM role that the job runs as: it reads the inputs and writes the"
        " result. Required unless the namespace has a default.",
    )
    assume_role_arn: RoleArn | None = Field(
        default=None,
        description="ARN of the IAM role that argmin assumes to call SageMaker, in whose account"
        " the job runs; the operator's own role by default. The namespace is passed on as session"
        " tag argmin.dev/namespace.",
    )
    region: Region | None = Field(
        default=None, description="AWS region of the job; the operator's own by default."
    )
    network: SageMakerNetwork = Field(
        default_factory=SageMakerNetwork,
        description="VPC, isolation and encryption of the job's network; merged with the"
        " namespace's default.",
    )
    max_runtime_seconds: Annotated[int, Field(ge=1, le=MOST_RUNTIME)] | None = Field(
        default=None,
        description="Longest time of one attempt, in seconds from the start of its container; 86400"
        " by default. SageMaker stops it then.",
    )
    tags: dict[str, Annotated[str, Field(pattern=r"^[a-zA-Z0-9 _.:/=+@-]*$", max_length=256)]] = (
        Field(
            default_factory=dict,
            json_schema_extra={"maxProperties": 40},
            description="Tags of the SageMaker job, by name; merged with those of the namespace."
            " Names that start with aws: or argmin.dev/ are reserved.",
        )
    )

    def complete(self, defaults: SageMakerBackend) -> SageMakerBackend:
        """These settings, with what they leave out from others; networks and tags are merged."""
        own = self.model_dump(exclude_defaults=True)
        others = defaults.model_dump(exclude_defaults=True)
        merged = {**others, **own}
        for name in ("network", "tags"):
            merged[name] = {**others.get(name, {}), **own.get(name, {})}
        return SageMakerBackend.model_validate(merged)


class Backend(ApiModel):
    """Exactly one backend."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.pods) != has(self.sageMaker)",
            message="a backend is exactly one of pods and sageMaker, such as {sageMaker: {}}",
            holds=lambda b: (b.pods is None) != (b.sage_maker is None),
        ),
    )

    pods: PodsBackend | None = Field(
        default=None, description="Run in pods of this cluster; has no settings, write {}."
    )
    sage_maker: SageMakerBackend | None = Field(
        default=None,
        description="Run as Amazon SageMaker Processing jobs. Settings that are left out are the"
        " namespace's defaults.",
    )

    @property
    def name(self) -> BackendName:
        """The one backend that is requested."""
        return BackendName.SAGE_MAKER if self.sage_maker else BackendName.PODS


class BackendSettings(ApiModel):
    """The settings of a run on every backend that has any, complete with its namespace's."""

    sage_maker: SageMakerBackend = Field(default_factory=SageMakerBackend)

    def complete(self, asked: Backend | BackendSettings | None) -> BackendSettings:
        """These defaults, overridden by the settings of a spec or of a namespace."""
        own = (asked and asked.sage_maker) or SageMakerBackend()
        return BackendSettings(sage_maker=own.complete(self.sage_maker))


def list_choices(
    backend: BackendName, settings: BackendSettings
) -> tuple[tuple[str, str, str], ...]:
    """What the settings of a backend choose and a policy may restrict.

    Returns:
        The name of the list of the policy, the field of a spec and its value, each.
    """
    own, path = settings.sage_maker, "spec.backend.sageMaker"
    found = (
        ("instance_types", f"{path}.instanceType", own.instance_type),
        ("roles", f"{path}.roleArn", own.role_arn),
        ("roles", f"{path}.assumeRoleArn", own.assume_role_arn),
    )
    if backend is not BackendName.SAGE_MAKER:
        return ()
    return tuple((name, path, value) for name, path, value in found if value)


class SageMakerStatus(ApiModel):
    """What is known of the SageMaker job of the last attempt, and of what the job costs."""

    job_name: Annotated[str, Field(max_length=63)] = Field(
        description="Name of the SageMaker job of the last attempt."
    )
    job_type: Annotated[str, Field(max_length=64)] | None = Field(
        default=None,
        description="Type of that job in SageMaker's API, such as TrainingJob; absent for a"
        " processing job.",
    )
    job_arn: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="ARN of that job, once SageMaker has it."
    )
    region: Annotated[str, Field(max_length=32)] | None = Field(
        default=None, description="AWS region of the job."
    )
    assume_role_arn: Annotated[str, Field(max_length=640)] | None = Field(
        default=None,
        description="ARN of the IAM role that argmin assumes to create and describe the job; absent"
        " for the operator's own role.",
    )
    status: Annotated[str, Field(max_length=32)] | None = Field(
        default=None,
        description="Status of the job as SageMaker reports it, such as InProgress or Completed.",
    )
    instance_type: Annotated[str, Field(max_length=32)] | None = Field(
        default=None, description="Instance type of the job."
    )
    instance_count: int | None = Field(default=None, description="Number of instances of the job.")
    log_group: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="CloudWatch log group that has the job's log."
    )
    instance_seconds: int | None = Field(
        default=None,
        description="Running time over all attempts times the number of instances, in seconds; of a"
        " running attempt in steps of 600.",
    )
    estimated_cost: DecimalText | None = Field(
        default=None,
        description="instanceSeconds at the price of the instance type that the installation"
        " states; absent where it states none.",
    )
    currency: Annotated[str, Field(max_length=3)] | None = Field(
        default=None, description="Currency of estimatedCost, such as USD."
    )


class AttemptStatus(ApiModel):
    """One attempt."""

    name: Name = Field(description="Name of the pod, or of the SageMaker job.")
    node: Annotated[str, Field(max_length=253)] | None = Field(
        default=None, description="Name of the pod's node; absent on SageMaker."
    )
    phase: Annotated[str, Field(max_length=32)] | None = Field(
        default=None, description="State of the attempt: Running, Succeeded or Failed."
    )
    exit_code: int | None = Field(
        default=None,
        description="Exit code of the runner, 0 for an answer; absent while it runs and where it is"
        " unknown.",
    )
    reason: Annotated[str, Field(max_length=128)] | None = Field(
        default=None,
        description="Cause of the end in one CamelCase word, such as Optimal, OOMKilled or"
        " Evicted.",
    )
    message: Annotated[str, Field(max_length=1024)] | None = Field(
        default=None, description="The same for people, with details."
    )
    start_time: Timestamp | None = Field(
        default=None, description="When the container of the attempt started; UTC."
    )
    finish_time: Timestamp | None = Field(default=None, description="When the attempt ended; UTC.")


class BackendFields(ApiModel):
    """The fields of a status that record the backend of a run, and its identity there."""

    backend: BackendName | None = Field(
        default=None, description="Where the current run is executed."
    )
    sage_maker: SageMakerStatus | None = Field(
        default=None,
        description="SageMaker job of the last attempt, and the cost of all attempts; absent in"
        " pods.",
    )
    job_uid: Annotated[str, Field(max_length=64)] | None = Field(
        default=None,
        description="UID of the run's Job in the cluster; absent while it has none. Results and"
        " progress are accepted from its pods alone.",
    )

    def to_fields(self) -> dict[str, Any]:
        """These fields alone, by attribute name: an update of a status that has them."""
        return {name: getattr(self, name) for name in BackendFields.model_fields}

    def inherit(self, older: BackendFields) -> BackendFields:
        """These fields, with what another platform has of a run before this one.

        For a status that has room for one run. A Job is never inherited: it is of one run.
        """
        return self if self.sage_maker else self.model_copy(update={"sage_maker": older.sage_maker})


JOB_UID = "jobUid"
"""Name of that field on the wire."""

BACKEND_FIELDS = tuple(str(field.alias) for field in BackendFields.model_fields.values())
"""Names of the `BackendFields` on the wire."""
