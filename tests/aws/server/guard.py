"""Whether policies allow a call: IAM, where it is enforced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from tests.aws.iam import (
    Call,
    Decision,
    MalformedPolicyError,
    Permissions,
    Policy,
    PolicyKind,
    Target,
    UnknownCallError,
    authorize,
    evaluate_assume_role,
    read_policy,
)
from tests.aws.iam.services.sts import read_assumption
from tests.aws.server.errors import AwsError
from tests.aws.server.identities import Identity, find_role, find_user
from tests.aws.server.incoming import Incoming
from tests.aws.server.registry import Context


def check_permission(incoming: Incoming, context: Context) -> None:
    """Ask the caller's policies, and those of what the call is about.

    Raises:
        AwsError: access is denied.
    """
    if context.caller.is_administrator:
        return
    parameters = incoming.parse()
    call = Call(
        service=incoming.service,
        operation=incoming.operation,
        parameters=parameters,
        principal=context.caller.principal,
        region=context.region,
        account=context.account,
        target=_find_target(incoming, parameters, context),
        moment=datetime.now(UTC),
        source_ip=incoming.environ.get("REMOTE_ADDR", ""),
    )
    try:
        decision = _decide(call, _find_identity(context))
    except (MalformedPolicyError, UnknownCallError) as error:
        raise _denied(incoming.service, str(error)) from error
    if decision is not None and not decision.allowed:
        raise _denied(incoming.service, decision.message)


def _decide(call: Call, identity: Identity | None) -> Decision | None:
    policies = identity.policies if identity else []
    boundary = identity.boundary if identity else None
    if (call.service, call.operation) == ("sts", "AssumeRole"):
        role = find_role(call.parameters["RoleArn"])
        if role is None:
            return None  # STS itself says that there is no such role
        assumption = read_assumption(replace(call, target=Target(tags=role.tags)))
        return evaluate_assume_role(role.trust, assumption, policies, boundary)
    return authorize(call, Permissions(policies, boundary, None, _find_resource_policy))


def _find_identity(context: Context) -> Identity | None:
    """The role or the user as it is now: a role that was deleted since allows nothing."""
    role = context.caller.principal.role_arn
    return find_role(role) if role else find_user(context.caller.access_key)


def _find_target(incoming: Incoming, parameters: Mapping[str, Any], context: Context) -> Target:
    if incoming.service == "sagemaker":
        name = parameters.get("ProcessingJobName", "")
        arn = parameters.get("ResourceArn", "")
        jobs = context.world.jobs.list()
        job = next((job for job in jobs if job.arn == arn or job.name == name), None)
        return Target(tags=job.tags) if job else Target(exists=False)
    if incoming.service == "s3" and "Key" in parameters:
        return _find_object(parameters["Bucket"], parameters["Key"])
    return Target()


def _find_object(bucket_name: str, key: str) -> Target:
    bucket = _find_bucket(bucket_name)
    found = bucket.keys.get(key) if bucket else None
    return Target(
        kms_key_arn=(found.kms_key_id or "") if found else "",
        exists=found is not None,
    )


def _find_bucket(name: str) -> Any:
    _, account = s3_backends.bucket_accounts.get(name, ("aws", ""))
    return s3_backends[account]["aws"].buckets.get(name) if account else None


def _find_resource_policy(arn: str) -> Policy | None:
    _, _, service, region, account, resource = arn.split(":", 5)
    text: str | None = None
    if service == "s3":
        bucket = _find_bucket(resource.partition("/")[0])
        text = bucket.policy.decode() if bucket and bucket.policy else None
    elif service == "sqs":
        queue = sqs_backends[account][region].queues.get(resource)
        text = queue.policy if queue else None
    return read_policy(text, PolicyKind.RESOURCE) if text else None


def _denied(service: str, message: str) -> AwsError:
    if service in ("s3", "sts"):
        return AwsError("AccessDenied", message, 403)
    return AwsError("AccessDeniedException", message)
