"""Whether one statement applies to a request, and if not, what stands in its way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from tests.aws.iam.patterns import match_action, match_arn, resolve
from tests.aws.iam.policy import Policy, PrincipalType, Statement
from tests.aws.iam.request import Context, Principal, Request, account_of


class Grant(IntEnum):
    """How directly a Principal element names somebody; the more directly, the more it is worth."""

    NONE = 0
    ACCOUNT = 1
    """By the account: its own identity-based policies have to allow the action as well."""
    ROLE = 2
    """By the role of a session, or as anybody: the limits of the session still hold."""
    SELF = 3
    """By the very ARN: what it allows needs nothing else in the same account."""


def covers_action(statement: Statement, action: str) -> bool:
    """Whether the statement speaks of the action at all."""
    if statement.not_action is not None:
        return not any(match_action(pattern, action) for pattern in statement.not_action)
    return any(match_action(pattern, action) for pattern in statement.action or ())


def find_mismatch(
    policy: Policy, statement: Statement, request: Request, resource: str
) -> str | None:
    """Why the statement does not apply to the resource; `None` where it applies."""
    if not covers_action(statement, request.action):
        return f"it says nothing of {request.action}"
    if not _covers_resource(policy, statement, resource, request.conditions):
        return f"it says nothing of {resource}"
    if find_grant(statement, request.principal) is Grant.NONE:
        return f"it does not name {request.principal.arn}"
    for condition in statement.conditions:
        if not condition.holds(request.conditions, variables=policy.has_variables):
            value = request.conditions.get(condition.key, "absent")
            return f"its condition {condition} is not met: {condition.key} is {value!r}"
    return None


def find_grant(statement: Statement, principal: Principal) -> Grant:
    """How the statement names the principal; one without Principal is about whom it is bound to."""
    if statement.not_principal is not None:
        named = _find_best(statement.not_principal, principal)
        return Grant.ROLE if named is Grant.NONE else Grant.NONE
    if statement.principal is None:
        return Grant.SELF
    return _find_best(statement.principal, principal)


def _find_best(principals: Mapping[PrincipalType, Iterable[str]], principal: Principal) -> Grant:
    if principal.is_service:
        named = principal.arn in principals.get("Service", ())
        return Grant.SELF if named or "*" in principals.get("AWS", ()) else Grant.NONE
    names = principals.get("AWS", ())
    return max((_compare(name, principal) for name in names), default=Grant.NONE)


def _compare(name: str, principal: Principal) -> Grant:
    if name == principal.arn:
        return Grant.SELF
    if name in ("*", principal.role_arn):
        return Grant.ROLE
    account = account_of(name) if name.endswith(":root") else name
    return Grant.ACCOUNT if account == principal.account else Grant.NONE


def _covers_resource(policy: Policy, statement: Statement, resource: str, context: Context) -> bool:
    if statement.resource is not None:
        return _match_any(policy, statement.resource, resource, context)
    if statement.not_resource is not None:
        return not _match_any(policy, statement.not_resource, resource, context)
    return True


def _match_any(policy: Policy, texts: Iterable[str], resource: str, context: Context) -> bool:
    patterns = (resolve(text, context, variables=policy.has_variables) for text in texts)
    return any(pattern is not None and match_arn(pattern, resource) for pattern in patterns)
