"""What AWS's errors mean, by their code, their words and their HTTP status."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as boto

from argmin.aws.error_mapping import CallName, explain
from argmin.aws.errors import (
    AccessDeniedError,
    AwsError,
    DuplicateError,
    ExpiredError,
    InUseError,
    InvalidError,
    LimitExceededError,
    NotFoundError,
    RoleNotUsableError,
    ThrottledError,
    UnavailableError,
)

ROLE = "arn:aws:iam::111122223333:role/team"
CREATE = CallName("sagemaker", "CreateProcessingJob", ROLE)
QUOTA = (
    "The account-level service limit 'ml.m5.large for processing job usage' is 0 Instances, with"
    " current utilization of 0 Instances and a request delta of 1 Instances. Please use AWS"
    " Service Quotas to request an increase for this quota."
)


def refuse(code: str, message: str = "no", status: int = 400, operation: str = "") -> Any:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return boto.ClientError(response, operation or CREATE.operation)


@pytest.mark.parametrize(
    ("code", "message", "status", "expected"),
    [
        ("ThrottlingException", "Rate exceeded", 400, ThrottledError),
        ("SlowDown", "Please reduce your request rate.", 503, ThrottledError),
        ("Anything", "", 429, ThrottledError),
        ("ResourceLimitExceeded", QUOTA, 400, LimitExceededError),
        ("ResourceInUse", "Job name must be unique", 400, InUseError),
        ("ConflictException", "busy", 409, InUseError),
        ("ResourceInUse", "a job with this name already exists", 400, DuplicateError),
        ("ValidationException", "Cannot create already existing model", 400, DuplicateError),
        ("ValidationException", "Could not find requested job with name: x", 400, NotFoundError),
        ("ValidationException", "Requested resource not found.", 400, NotFoundError),
        ("ValidationException", "1 validation error detected: Value", 400, InvalidError),
        ("ResourceNotFound", "none", 400, NotFoundError),
        ("NoSuchKey", "The specified key does not exist.", 404, NotFoundError),
        ("404", "Not Found", 404, NotFoundError),
        ("AWS.SimpleQueueService.NonExistentQueue", "", 400, NotFoundError),
        ("AccessDeniedException", "User: u is not authorized", 400, AccessDeniedError),
        ("403", "Forbidden", 403, AccessDeniedError),
        ("ExpiredTokenException", "expired", 400, ExpiredError),
        ("ExpiredToken", "expired", 403, ExpiredError),
        ("UnrecognizedClientException", "invalid token", 403, ExpiredError),
        ("InvalidAccessKeyId", "The access key does not exist", 403, ExpiredError),
        ("InternalFailure", "", 500, UnavailableError),
        ("ServiceUnavailable", "", 503, UnavailableError),
        ("NobodyKnows", "", 502, UnavailableError),
        ("PermanentRedirect", "use another endpoint", 301, InvalidError),
        ("MalformedQueryString", "", 400, InvalidError),
    ],
)
def test_a_refusal_has_one_meaning(
    code: str, message: str, status: int, expected: type[AwsError]
) -> None:
    error = explain(refuse(code, message, status), CREATE)
    assert type(error) is expected
    assert error.code == code
    assert error.operation == "sagemaker:CreateProcessingJob"


def test_a_quota_is_named() -> None:
    error = explain(refuse("ResourceLimitExceeded", QUOTA), CREATE)
    assert isinstance(error, LimitExceededError)
    assert error.quota == "ml.m5.large for processing job usage"
    assert 'quota "ml.m5.large for processing job usage" is used up' in error.message
    assert error.transient


def test_a_missing_permission_is_named_with_who_lacks_it_and_on_what() -> None:
    text = (
        "User: arn:aws:sts::111122223333:assumed-role/team/argmin is not authorized to perform:"
        " iam:PassRole on resource: arn:aws:iam::111122223333:role/job because no identity-based"
        " policy allows the iam:PassRole action"
    )
    error = explain(refuse("AccessDeniedException", text), CREATE)
    assert isinstance(error, AccessDeniedError)
    assert error.action == "iam:PassRole"
    assert error.principal == "arn:aws:sts::111122223333:assumed-role/team/argmin"
    assert error.resource == "arn:aws:iam::111122223333:role/job"
    assert error.message == (
        "arn:aws:sts::111122223333:assumed-role/team/argmin lacks the permission iam:PassRole on"
        " arn:aws:iam::111122223333:role/job: allow it"
    )


@pytest.mark.parametrize(
    "policy", ["a service control policy", "an identity-based policy", "the role trust policy"]
)
def test_an_explicit_deny_is_told_apart_from_a_missing_permission(policy: str) -> None:
    text = (
        "User: u is not authorized to perform: sagemaker:CreateProcessingJob on resource: r with"
        f" an explicit deny in {policy}"
    )
    error = explain(refuse("AccessDeniedException", text), CREATE)
    assert f"an explicit deny in {policy} forbids it" in error.message


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("GetObject", "s3:GetObject"),
        ("HeadObject", "s3:GetObject"),
        ("ListObjectsV2", "s3:ListBucket"),
    ],
)
def test_where_s3_names_no_permission_the_operation_tells_it(operation: str, action: str) -> None:
    question = CallName("s3", operation)
    error = explain(refuse("AccessDenied", "Access Denied", 403, operation), question)
    assert isinstance(error, AccessDeniedError)
    assert error.action == action


def test_a_role_that_cannot_be_assumed_is_named_with_what_it_needs() -> None:
    text = "User: x is not authorized to perform: sts:AssumeRole on resource: team"
    error = explain(refuse("AccessDenied", text, 403, "AssumeRole"), CREATE)
    assert isinstance(error, RoleNotUsableError)
    assert f"cannot assume the role {ROLE}" in error.message
    assert "sts:TagSession" in error.message


def test_a_busy_sts_is_busy_and_says_nothing_of_the_role() -> None:
    assert isinstance(explain(refuse("Throttling", "", 400, "AssumeRole"), CREATE), ThrottledError)
    assert isinstance(explain(refuse("X", "", 500, "AssumeRole"), CREATE), UnavailableError)


def test_a_job_role_that_sagemaker_cannot_assume_is_no_invalid_request() -> None:
    text = (
        "Could not assume role arn:aws:iam::111122223333:role/job. Please ensure that the role"
        " exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
    )
    error = explain(refuse("ValidationException", text), CREATE)
    assert isinstance(error, RoleNotUsableError)
    assert "sagemaker.amazonaws.com" in error.message


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (boto.NoCredentialsError(), RoleNotUsableError),
        (boto.CredentialRetrievalError(provider="p", error_msg="m"), RoleNotUsableError),
        (boto.EndpointConnectionError(endpoint_url="http://x"), UnavailableError),
        (boto.ReadTimeoutError(endpoint_url="http://x"), UnavailableError),
        (boto.ConnectTimeoutError(endpoint_url="http://x"), UnavailableError),
        (boto.ConnectionClosedError(endpoint_url="http://x"), UnavailableError),
        (boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), UnavailableError),
        (boto.ParamValidationError(report="bad"), InvalidError),
        (boto.NoRegionError(), InvalidError),
    ],
)
def test_where_aws_has_not_answered_the_reason_is_told(
    error: Exception, expected: type[AwsError]
) -> None:
    assert type(explain(error, CREATE)) is expected


def test_a_missing_region_says_where_to_write_one() -> None:
    assert "spec.backend.sageMaker.region" in explain(boto.NoRegionError(), CREATE).message
