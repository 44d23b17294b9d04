"""STS: AssumeRole with session tags, which moto forgets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from moto.sts.models import sts_backends

from tests.aws.server.principals import Principal
from tests.aws.server.registry import Context, Request, Response, Service

SERVICE = Service("sts")


@SERVICE.operation("AssumeRole")
def assume_role(request: Request, context: Context) -> Response:
    """A session of the role, whose tags and policies hold for its calls."""
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
    session = open_session(
        context,
        request["RoleArn"],
        request["RoleSessionName"],
        tags,
        int(request.get("DurationSeconds", 3600)),
    )
    return {
        "Credentials": credentials_of(session),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 6,
    }


def open_session(
    context: Context,
    role_arn: str,
    session_name: str,
    tags: Mapping[str, str] | None = None,
    seconds: int = 3600,
) -> Any:
    """A session of a role, moto's object of it, known to the emulator with its tags."""
    backend = sts_backends[context.account]["aws"]
    session = backend.assume_role(
        region_name=context.region,
        role_session_name=session_name,
        role_arn=role_arn,
        policy=None,
        duration=seconds,
        external_id=None,
    )
    context.world.principals.remember(
        Principal(
            arn=session.arn,
            account=session.account_id,
            access_key=session.access_key_id,
            role_arn=role_arn,
            tags=dict(tags or {}),
            expires=session.expiration.replace(tzinfo=UTC),
        )
    )
    return session


def credentials_of(session: Any) -> Mapping[str, Any]:
    """The member `Credentials` of STS's answers."""
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": session.expiration,
    }
