"""Where a run is executed: in pods of the cluster, or by Amazon SageMaker."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.common import ApiModel, DecimalText, Pattern, Rule
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

    subnets: Annotated[tuple[SubnetId, ...], Field(max_length=16)] = ()
    security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(max_length=5)] = ()
    isolation: bool | None = Field(
        default=None, description="No network for the run: SageMaker moves its files."
    )
    encrypt_traffic: bool | None = Field(
        default=None, description="Encrypt what the instances of one job say to each other."
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

    instance_type: InstanceType | None = Field(default=None, description="Such as ml.m5.large.")
    instance_count: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="Instances; a solver uses one, a program of yours may use more."
    )
    volume_size_gb: Annotated[int, Field(ge=1, le=16384)] | None = Field(
        default=None, alias="volumeSizeGB", description="Size of each instance's volume, in GB."
    )
    volume_kms_key_id: KmsKey | None = None
    output_kms_key_id: KmsKey | None = None
    role_arn: RoleArn | None = Field(
        default=None, description="Role of the job itself: what it may read and write."
    )
    assume_role_arn: RoleArn | None = Field(
        default=None,
        description="Role that argmin assumes to call SageMaker: it decides on the account."
        " The namespace is passed on as session tag argmin.dev/namespace.",
    )
    region: Region | None = None
    network: SageMakerNetwork = Field(default_factory=SageMakerNetwork)
    max_runtime_seconds: Annotated[int, Field(ge=1, le=MOST_RUNTIME)] | None = Field(
        default=None, description="SageMaker stops an attempt after this time."
    )
    tags: dict[str, Annotated[str, Field(pattern=r"^[a-zA-Z0-9 _.:/=+@-]*$", max_length=256)]] = (
        Field(default_factory=dict, json_schema_extra={"maxProperties": 40})
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

    pods: PodsBackend | None = None
    sage_maker: SageMakerBackend | None = None


class SageMakerStatus(ApiModel):
    """What is known of the SageMaker job of the last attempt, and of what the job costs."""

    job_name: Annotated[str, Field(max_length=63)]
    job_arn: Annotated[str, Field(max_length=256)] | None = None
    region: Annotated[str, Field(max_length=32)] | None = None
    assume_role_arn: Annotated[str, Field(max_length=640)] | None = Field(
        default=None, description="Role by which argmin made the job, and asks for it."
    )
    status: Annotated[str, Field(max_length=32)] | None = Field(
        default=None, description="SageMaker's own word."
    )
    instance_type: Annotated[str, Field(max_length=32)] | None = None
    instance_count: int | None = None
    log_group: Annotated[str, Field(max_length=256)] | None = None
    instance_seconds: int | None = Field(
        default=None, description="Seconds of instances, over all attempts."
    )
    estimated_cost: DecimalText | None = Field(
        default=None, description="Those seconds at the price of the namespace's defaults."
    )
    currency: Annotated[str, Field(max_length=3)] | None = None
