"""From a call of AWS's API to the requests that policies are evaluated for.

Which permissions an operation needs is in `tests/aws/iam/services/`, one file a service, each with
`OPERATIONS`: the operation as boto3 names it -> a function from the call to its requests. They
follow AWS's Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.aws.iam.call import Call
from tests.aws.iam.errors import UnknownCallError
from tests.aws.iam.evaluation import Decision, decide_all, evaluate
from tests.aws.iam.policy import Policy
from tests.aws.iam.request import Request
from tests.aws.iam.services import ec2, ecr, kms, logs, s3, sagemaker, sqs, sts

Builder = Callable[[Call], tuple[Request, ...]]

SERVICES: Mapping[str, Mapping[str, Builder]] = {
    "ec2": ec2.OPERATIONS,
    "ecr": ecr.OPERATIONS,
    "kms": kms.OPERATIONS,
    "logs": logs.OPERATIONS,
    "s3": s3.OPERATIONS,
    "sagemaker": sagemaker.OPERATIONS,
    "sqs": sqs.OPERATIONS,
    "sts": sts.OPERATIONS,
}


@dataclass(frozen=True)
class Permissions:
    """The policies that bound one principal, and those of the resources that have their own."""

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    find_resource_policy: Callable[[str], Policy | None] = lambda arn: None
    """From the ARN of a resource to its own policy, such as a bucket's."""


def build_requests(call: Call) -> tuple[Request, ...]:
    """The requests that a call makes, all of which have to be allowed; none for a free call.

    Raises:
        UnknownCallError: nobody has written down what the call needs; names the file for it.
    """
    operations = SERVICES.get(call.service)
    if operations is None or call.operation not in operations:
        raise UnknownCallError(
            f"argmin makes no call {call.service}:{call.operation}; if it does now, add what the"
            f" call needs to OPERATIONS in tests/aws/iam/services/{call.service}.py"
        )
    return operations[call.operation](call)


def authorize(call: Call, permissions: Permissions) -> Decision | None:
    """Decide a call; `None` for one that needs no permission, such as sts:GetCallerIdentity.

    AssumeRole is decided by `evaluate_assume_role`, which knows the trust policy.
    """
    decisions = [
        evaluate(
            replace(request, resources=(arn,)),
            permissions.identity,
            None if arn == "*" else permissions.find_resource_policy(arn),
            permissions.boundary,
            permissions.session,
        )
        for request in build_requests(call)
        for arn in request.resources
    ]
    return decide_all(decisions) if decisions else None
