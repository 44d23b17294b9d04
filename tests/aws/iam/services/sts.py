"""STS: who somebody is, and who they become."""

from __future__ import annotations

from tests.aws.iam.call import Call
from tests.aws.iam.request import Request
from tests.aws.iam.trust import DEFAULT_SESSION_SECONDS, RoleAssumption


def read_assumption(call: Call) -> RoleAssumption:
    """The assumption that a call asks for; the target's tags are those of the role."""
    parameters = call.parameters
    return RoleAssumption(
        caller=call.principal,
        role_arn=parameters["RoleArn"],
        session_name=parameters["RoleSessionName"],
        session_tags={tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())},
        transitive_tag_keys=tuple(parameters.get("TransitiveTagKeys", ())),
        external_id=parameters.get("ExternalId"),
        source_identity=parameters.get("SourceIdentity"),
        duration_seconds=parameters.get("DurationSeconds", DEFAULT_SESSION_SECONDS),
        role_tags=call.target.tags,
    )


def assume_role(call: Call) -> tuple[Request, ...]:
    """sts:AssumeRole, and sts:TagSession where tags are passed."""
    return tuple(
        call.request(request.action, *request.resources, context=request.context)
        for request in read_assumption(call).requests
    )


def get_caller_identity(call: Call) -> tuple[Request, ...]:
    """Nothing: AWS tells everybody who they are, whatever their policies say."""
    return ()


OPERATIONS = {"AssumeRole": assume_role, "GetCallerIdentity": get_caller_identity}
