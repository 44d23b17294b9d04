"""An evaluator of IAM policies, for roles that are bound by tags.

>>> policy = read_policy(text)
>>> for request in build_requests(Call("sagemaker", "CreateProcessingJob", parameters, principal)):
...     decision = evaluate(request, [policy])
...     decision.allowed, decision.message
"""

from tests.aws.iam.call import Call, Target
from tests.aws.iam.context import Permissions, authorize, build_requests
from tests.aws.iam.errors import (
    MalformedPolicyError,
    MissingQualifierError,
    UnknownCallError,
)
from tests.aws.iam.evaluation import Decision, Outcome, decide_all, evaluate
from tests.aws.iam.policy import Policy, PolicyKind, Statement, read_policy
from tests.aws.iam.request import Context, Principal, Request
from tests.aws.iam.trust import RoleAssumption, evaluate_assume_role

__all__ = [
    "Call",
    "Context",
    "Decision",
    "MalformedPolicyError",
    "MissingQualifierError",
    "Outcome",
    "Permissions",
    "Policy",
    "PolicyKind",
    "Principal",
    "Request",
    "RoleAssumption",
    "Statement",
    "Target",
    "UnknownCallError",
    "authorize",
    "build_requests",
    "decide_all",
    "evaluate",
    "evaluate_assume_role",
    "read_policy",
]
