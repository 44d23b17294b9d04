"""Why a processing job failed: SageMaker's words, and what they mean for who has to act; pure.

SageMaker gives one sentence, which begins with the guilty party: `AlgorithmError` is the
container's own, `ClientError` a setting or a permission, `InternalServerError` and `CapacityError`
are AWS's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from argmin.api.outcome import Reason
from argmin.backends.run import RunReason

_SETTINGS = "spec.backend.sageMaker"
_EXIT_CODE = re.compile(r"exit code:?\s*(\d{1,3})\b", re.I)
_QUOTED_NAME = r"\"s3://[^\"]*\"|'s3://[^']*'"
_NAME = r"s3://\S+|arn:[\w-]+:(?:s3|iam|sts):\S+"
"""What users have named: such words say nothing of a cause."""
_OUT_OF_MEMORY_EXIT = 137
_NOT_FOUND_EXITS = (126, 127)


@dataclass(frozen=True)
class Cause:
    """What a failure means."""

    reason: str
    """A `RunReason` or a `Reason`."""
    message: str
    permanent: bool = False
    """Another attempt would end the same until somebody changes something."""
    by_platform: bool = False
    """AWS's own failure: it does not count against the job."""


@dataclass(frozen=True)
class Surroundings:
    """What messages name."""

    image: str
    role: str
    instance_type: str
    sources: Mapping[str, str] = field(default_factory=dict)
    """The fields that name what the job reads, by their URIs."""

    def name_input(self, said: str) -> str:
        """The input of which a sentence speaks, with its field where that is known."""
        named = [uri for uri in self.sources if uri in said]
        uri = max(named, key=len, default="")
        return f"{self.sources[uri]} ({uri})" if uri else "an input"


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    reason: str
    advice: str
    permanent: bool = True
    by_platform: bool = False


def _rule(
    pattern: str, reason: str, advice: str, permanent: bool = True, by_platform: bool = False
) -> _Rule:
    return _Rule(re.compile(pattern, re.I | re.S), reason, advice, permanent, by_platform)


_DENIED = r"(access denied|accessdenied|not authorized|forbidden|status code: 403)"

_RULES = (
    _rule(
        r"^CapacityError|unable to provision requested ML compute|insufficient ?capacity",
        RunReason.NO_CAPACITY,
        "AWS has no {instance} to spare now; argmin tries again:"
        f" another {_SETTINGS}.instanceType may be there sooner",
        permanent=False,
        by_platform=True,
    ),
    _rule(
        r"^Internal ?Server ?(Error|Exception)|^InternalError|encountered an internal error",
        RunReason.PLATFORM_FAILED,
        "SageMaker failed by itself; argmin tries again",
        permanent=False,
        by_platform=True,
    ),
    _rule(
        r"exceeded.{0,40}max(imum)? ?run ?time|MaxRuntimeExceeded",
        RunReason.DEADLINE_EXCEEDED,
        f"the attempt took longer than it may: raise {_SETTINGS}.maxRuntimeSeconds",
    ),
    _rule(
        r"use an instance type with more memory|out of memory|OutOfMemory",
        RunReason.OOM_KILLED,
        "the run needed more memory than {instance} has:"
        f" choose a larger {_SETTINGS}.instanceType, or use fewer threads",
        permanent=False,
    ),
    _rule(
        r"no space left|disk (is )?full|insufficient disk",
        RunReason.VOLUME_FULL,
        f"the volume is full: raise {_SETTINGS}.volumeSizeGB",
    ),
    _rule(
        r"cannot pull|pull.{0,40}(container|image)|image.{0,200}(does not exist|not found)"
        r"|\becr\b|repository",
        RunReason.IMAGE_PULL,
        'SageMaker cannot pull image "{image}": correct spec.image, which has to be in Amazon ECR'
        " of the job's region, and allow the role {role} ecr:GetAuthorizationToken,"
        " ecr:BatchCheckLayerAvailability, ecr:GetDownloadUrlForLayer and ecr:BatchGetImage",
    ),
    _rule(
        r"kms",
        RunReason.KEY_NOT_USABLE,
        f"a KMS key cannot be used: check {_SETTINGS}.volumeKmsKeyId, outputKmsKeyId and the keys"
        " of the buckets, and allow the role {role} kms:Decrypt and kms:GenerateDataKey",
    ),
    _rule(
        r"(could not|cannot|unable to|failed to|not authorized to)[^.]{0,40} assume"
        r"|sts:AssumeRole|role .{0,200}(is invalid|does not exist)",
        RunReason.ROLE_NOT_USABLE,
        f"SageMaker cannot assume the role {{role}} of {_SETTINGS}.roleArn: it must exist, and its"
        " trust policy must name sagemaker.amazonaws.com",
    ),
    _rule(
        r"upload.*" + _DENIED + "|" + _DENIED + r".*s3:Put",
        RunReason.ACCESS_DENIED,
        "the result cannot be stored: allow the role {role} s3:PutObject where spec.artifacts.s3"
        " and spec.outputs lead",
    ),
    _rule(
        r"upload",
        Reason.TRANSFER_FAILED,
        "the result cannot be stored: check the buckets of spec.artifacts.s3 and spec.outputs",
    ),
    _rule(
        _DENIED,
        RunReason.ACCESS_DENIED,
        "{input} cannot be read: allow the role {role} s3:GetObject on it and s3:ListBucket on"
        " its bucket",
    ),
    _rule(
        r"no S3 objects found|NoSuchKey|NoSuchBucket|specified (key|bucket) does not exist"
        r"|failed to download",
        Reason.SOURCE_NOT_FOUND,
        "{input} is not in its bucket: put it there, or correct bucket and key of the source",
    ),
    _rule(
        r"subnet|security group|\bVPC\b|network interface|\bENI\b|IP address",
        RunReason.NETWORK_NOT_USABLE,
        f"the network cannot be used: check {_SETTINGS}.network, that its subnets have free"
        " addresses, and that S3 can be reached from there by a VPC endpoint",
    ),
    _rule(
        r"instance type.{0,80}(not supported|not available|unsupported)",
        RunReason.FAILED,
        f"{{instance}} cannot be had in this region: correct {_SETTINGS}.instanceType",
    ),
)
"""In this order: the first whose words are there."""


def read_exit_code(failure_reason: str) -> int | None:
    """The exit code of the container, where SageMaker's sentence has one."""
    match = _EXIT_CODE.search(_leave_out_names(failure_reason))
    return int(match[1]) if match else None


def find_cause(failure_reason: str, where: Surroundings) -> Cause:
    """What SageMaker's sentence means."""
    said = " ".join(failure_reason.split())
    words = _leave_out_names(said, where.sources)
    code = read_exit_code(words)
    if code is not None:
        return _explain_exit(code, where)
    rule = next((r for r in _RULES if r.pattern.search(words)), None)
    if rule is None:
        return Cause(RunReason.FAILED, f"SageMaker: {said}" if said else "SageMaker says no why")
    advice = rule.advice.format(
        image=where.image,
        role=where.role,
        instance=where.instance_type or "the instance type",
        input=where.name_input(said),
    )
    return Cause(
        rule.reason, f"{advice}. SageMaker: {said}", rule.permanent, by_platform=rule.by_platform
    )


def _leave_out_names(said: str, uris: Iterable[str] = ()) -> str:
    """A sentence without names; those that are known are left out whole, though with spaces."""
    known = (
        re.escape(" ".join(uri.split())) + r"\S*" for uri in sorted(uris, key=len, reverse=True)
    )
    return re.sub("|".join((_QUOTED_NAME, *known, _NAME)), "-", said)


def is_timeout(failure_reason: str) -> bool:
    """Whether SageMaker's sentence says that the job took longer than it may."""
    cause = find_cause(failure_reason, Surroundings("", "", ""))
    return cause.reason == RunReason.DEADLINE_EXCEEDED


def _explain_exit(code: int, where: Surroundings) -> Cause:
    if code == _OUT_OF_MEMORY_EXIT:
        return Cause(
            RunReason.OOM_KILLED,
            "the run was killed (exit code 137), most likely because it needed more memory than"
            f" {where.instance_type or 'the instance'} has: choose a larger"
            f" {_SETTINGS}.instanceType, or use fewer threads",
        )
    if code in _NOT_FOUND_EXITS:
        return Cause(
            RunReason.CANNOT_START,
            f'image "{where.image}" cannot start argmin\'s runner (exit code {code}):'
            " an image of your own is built from argmin's solver image",
            permanent=True,
        )
    return Cause(RunReason.CRASHED, f"the runner ended with exit code {code} and no answer")
