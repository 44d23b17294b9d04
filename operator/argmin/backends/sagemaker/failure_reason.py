"""Mapping SageMaker's `FailureReason` to a reason, whether to retry, and advice; pure.

It is one sentence with a prefix: `AlgorithmError` for the container, `ClientError` for a setting or
a permission, `InternalServerError` and `CapacityError` for AWS. That prefix, the container's exit
code and error codes of AWS decide what happens next; the rest of the sentence only selects advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from argmin.api.answer import Reason
from argmin.backends.state import RunReason

_SETTINGS = "spec.backend.sageMaker"
_EXIT_CODE = re.compile(r"exit code:?\s*(\d{1,3})\b", re.I)
_QUOTED_NAME = r"\"s3://[^\"]*\"|'s3://[^']*'"
_NAME = r"s3://\S+|arn:[\w-]+:(?:s3|iam|sts):\S+"
"""Names that users chose, which are no evidence of a cause."""
_PARTY = re.compile(r"\s*(AlgorithmError|ClientError|InternalServerError|CapacityError)\b", re.I)
_PASSING = re.compile(
    r"\b(SlowDown|Throttl(ed|ing)(Exception)?|TooManyRequests(Exception)?|RequestLimitExceeded"
    r"|ServiceUnavailable|InternalError|RequestTimeout|Status Code: (429|5\d\d))\b",
    re.I,
)
"""Error codes of AWS that a later attempt may not meet."""
_OUT_OF_MEMORY_EXIT = 137
_NOT_FOUND_EXITS = (126, 127)


@dataclass(frozen=True)
class Cause:
    """What a failure means."""

    reason: str
    """A `RunReason` or a `Reason`."""
    message: str
    permanent: bool = False
    """Another attempt would fail the same way until somebody changes something."""
    by_platform: bool = False
    """AWS's own failure: it does not count against the job."""


@dataclass(frozen=True)
class ErrorContext:
    """The job and fields that messages refer to."""

    image: str
    role: str
    instance_type: str
    sources: Mapping[str, str] = field(default_factory=dict)
    """The fields that name what the job reads, by their URIs."""

    def name_input(self, text: str) -> str:
        """The input that a sentence names, with its field if that is known."""
        named = [uri for uri in self.sources if uri in text]
        uri = max(named, key=len, default="")
        return f"{self.sources[uri]} ({uri})" if uri else "an input"


_AWS = {
    "capacityerror": (
        RunReason.NO_CAPACITY,
        "AWS has no {instance} to spare now; argmin tries again:"
        f" another {_SETTINGS}.instanceType may be there sooner",
    ),
    "internalservererror": (
        RunReason.PLATFORM_FAILED,
        "SageMaker failed by itself; argmin tries again",
    ),
}
"""AWS's own failures by prefix: the reason and the message."""

_FLAGS = re.I | re.S
_DENIED = r"(access denied|accessdenied|not authorized|forbidden|status code: 403)"

_ADVICE = (
    (
        r"exceeded.{0,40}max(imum)? ?run ?time|MaxRuntimeExceeded",
        RunReason.DEADLINE_EXCEEDED,
        f"the attempt took longer than it may: raise {_SETTINGS}.maxRuntimeSeconds",
    ),
    (
        r"use an instance type with more memory|out of memory|OutOfMemory",
        RunReason.OOM_KILLED,
        "the run needed more memory than {instance} has:"
        f" choose a larger {_SETTINGS}.instanceType, or use fewer threads",
    ),
    (
        r"no space left|disk (is )?full|insufficient disk",
        RunReason.VOLUME_FULL,
        f"the volume is full: raise {_SETTINGS}.volumeSizeGB",
    ),
    (
        r"cannot pull|pull.{0,40}(container|image)|image.{0,200}(does not exist|not found)"
        r"|\becr\b|repository",
        RunReason.IMAGE_PULL,
        'SageMaker cannot pull image "{image}": correct spec.image, which has to be in Amazon ECR'
        " of the job's region, and allow the role {role} ecr:GetAuthorizationToken,"
        " ecr:BatchCheckLayerAvailability, ecr:GetDownloadUrlForLayer and ecr:BatchGetImage",
    ),
    (
        r"kms",
        RunReason.KEY_NOT_USABLE,
        f"a KMS key cannot be used: check {_SETTINGS}.volumeKmsKeyId, outputKmsKeyId and the keys"
        " of the buckets, and allow the role {role} kms:Decrypt and kms:GenerateDataKey",
    ),
    (
        r"(could not|cannot|unable to|failed to|not authorized to)[^.]{0,40} assume"
        r"|sts:AssumeRole|role .{0,200}(is invalid|does not exist)",
        RunReason.ROLE_NOT_USABLE,
        f"SageMaker cannot assume the role {{role}} of {_SETTINGS}.roleArn: it must exist, and its"
        " trust policy must name sagemaker.amazonaws.com",
    ),
    (
        r"upload.*" + _DENIED + "|" + _DENIED + r".*s3:Put",
        RunReason.ACCESS_DENIED,
        "the result cannot be stored: allow the role {role} s3:PutObject where spec.artifacts.s3"
        " and spec.outputs lead",
    ),
    (
        r"upload",
        Reason.TRANSFER_FAILED,
        "the result cannot be stored: check the buckets of spec.artifacts.s3 and spec.outputs",
    ),
    (
        _DENIED,
        RunReason.ACCESS_DENIED,
        "{input} cannot be read: allow the role {role} s3:GetObject on it and s3:ListBucket on"
        " its bucket",
    ),
    (
        r"no S3 objects found|NoSuchKey|NoSuchBucket|specified (key|bucket) does not exist"
        r"|failed to download",
        Reason.SOURCE_NOT_FOUND,
        "{input} is not in its bucket: put it there, or correct bucket and key of the source",
    ),
    (
        r"subnet|security group|\bVPC\b|network interface|\bENI\b|IP address",
        RunReason.NETWORK_NOT_USABLE,
        f"the network cannot be used: check {_SETTINGS}.network, that its subnets have free"
        " addresses, and that S3 can be reached from there by a VPC endpoint",
    ),
    (
        r"instance type.{0,80}(not supported|not available|unsupported)",
        RunReason.FAILED,
        f"{{instance}} cannot be had in this region: correct {_SETTINGS}.instanceType",
    ),
)
"""Texts to search for, their reason and advice; the first match is used."""


def read_exit_code(failure_reason: str) -> int | None:
    """The exit code of the container, if the sentence has one."""
    match = _EXIT_CODE.search(_leave_out_names(failure_reason))
    return int(match[1]) if match else None


def find_cause(failure_reason: str, where: ErrorContext) -> Cause:
    """The cause that a `FailureReason` reports."""
    text = " ".join(failure_reason.split())
    words = _leave_out_names(text, where.sources)
    code = read_exit_code(words)
    if code is not None:
        return _explain_exit(code, where)
    found = _PARTY.match(text)
    party = found[1].lower() if found else ""
    is_passing = _PASSING.search(words) is not None
    reason, advice = _AWS.get(party) or _advise(words)
    if is_passing and party not in _AWS:
        advice = "an AWS service was too busy: another attempt may succeed"
    return Cause(
        reason,
        _write_message(advice, text, where),
        permanent=party == "clienterror" and not is_passing,
        by_platform=party in _AWS,
    )


def _advise(words: str) -> tuple[str, str]:
    rules = (
        (reason, advice) for pattern, reason, advice in _ADVICE if re.search(pattern, words, _FLAGS)
    )
    return next(rules, (RunReason.FAILED, ""))


def _write_message(advice: str, text: str, where: ErrorContext) -> str:
    quoted = f"SageMaker: {text}" if text else "SageMaker says no why"
    if not advice:
        return quoted
    filled = advice.format(
        image=where.image,
        role=where.role,
        instance=where.instance_type or "the instance type",
        input=where.name_input(text),
    )
    return f"{filled}. {quoted}"


def _leave_out_names(text: str, uris: Iterable[str] = ()) -> str:
    """A sentence without quoted and known names, also those with spaces."""
    known = (
        re.escape(" ".join(uri.split())) + r"\S*" for uri in sorted(uris, key=len, reverse=True)
    )
    return re.sub("|".join((_QUOTED_NAME, *known, _NAME)), "-", text)


def _explain_exit(code: int, where: ErrorContext) -> Cause:
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
