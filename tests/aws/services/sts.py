"""STS: AssumeRole with session tags, which moto forgets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from moto.sts.models import sts_backends

from tests.aws.iam import Call, RoleAssumption, Target
from tests.aws.iam.services.sts import read_assumption
from tests.aws.server.callers import Caller
from tests.aws.server.errors import AwsError
from tests.aws.server.identities import find_role
from tests.aws.server.registry import Context, Request, Response, Service
from tests.aws.server.world import World

SERVICE = Service("sts")


@SERVICE.operation("AssumeRole")
def assume_role(request: Request, context: Context) -> Response:
    """A session of the role, whose tags and policies hold for its calls."""
    role = find_role(request["RoleArn"])
    if role is None:
        text = (
            f"User: {context.caller.arn} is not authorized to perform: sts:AssumeRole"
            f" on resource: {request['RoleArn']}"
        )
        raise AwsError("AccessDenied", text, 403)
    call = Call(
        "sts", "AssumeRole", request, context.caller.principal, target=Target(tags=role.tags)
    )
    session = open_session(context.world, read_assumption(call), context.region)
    return {
        "Credentials": credentials_of(session),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 6,
    }


def open_session(world: World, assumption: RoleAssumption, region: str) -> Any:
    """A session of a role, moto's object of it, which the emulator knows with its tags."""
    account = assumption.role_arn.split(":")[4]
    session = sts_backends[account]["aws"].assume_role(
        region_name=region,
        role_session_name=assumption.session_name,
        role_arn=assumption.role_arn,
        policy=None,
        duration=assumption.duration_seconds,
        external_id=None,
    )
    world.callers.remember(
        Caller(
            assumption.session,
            account,
            session.access_key_id,
            session.expiration.replace(tzinfo=UTC),
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
