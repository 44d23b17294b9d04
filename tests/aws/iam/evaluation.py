"""The decision: what all policies together say to a request.

An explicit deny in any policy wins. Else somebody has to allow: the identity-based policies, or in
the same account a resource-based policy that names the principal; and a permissions boundary and a
session policy, where there are any, have to allow as well. Between accounts both sides have to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from tests.aws.iam.matching import Grant, covers_action, find_grant, find_mismatch
from tests.aws.iam.policy import Policy, PolicyKind, Statement
from tests.aws.iam.request import Request, account_of

_CLOSED_SERVICES = ("kms", "sts")
"""Services whose resources allow nobody in unless their own policy says so."""


class Outcome(StrEnum):
    """What is decided."""

    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "implicitly denied"
    EXPLICITLY_DENIED = "explicitly denied"


@dataclass(frozen=True)
class Decision:
    """What is decided about a request, by what, and why."""

    outcome: Outcome
    request: Request
    resource: str
    kind: PolicyKind
    """The kind of policy that decided: that allowed or denied, or that failed to allow."""
    statement: Statement | None = None
    """The statement that decided; none for an implicit deny."""
    near_misses: tuple[str, ...] = ()
    """What kept each statement that would allow the action from applying, one sentence each."""

    @property
    def allowed(self) -> bool:
        """Whether the request may go ahead."""
        return self.outcome is Outcome.ALLOWED

    @property
    def message(self) -> str:
        """The sentence that AWS answers with; empty where the request is allowed."""
        if self.allowed:
            return ""
        action = self.request.action
        refused = (
            f"User: {self.request.principal.arn} is not authorized to perform: {action}"
            f" on resource: {self.resource}"
        )
        if self.outcome is Outcome.IMPLICITLY_DENIED:
            return f"{refused} because no {self.kind} allows the {action} action"
        article = {PolicyKind.IDENTITY: "an", PolicyKind.TRUST: "the"}.get(self.kind, "a")
        return f"{refused} with an explicit deny in {article} {self.kind}"

    @property
    def explanation(self) -> str:
        """The message and what came close: for whoever wrote the policies."""
        return "\n  ".join([self.message or self.outcome, *self.near_misses])


@dataclass(frozen=True)
class _Layers:
    identity: Sequence[Policy]
    resource: Policy | None
    boundary: Policy | None
    session: Policy | None

    @property
    def all(self) -> list[Policy]:
        """Every policy, in the order in which a deny is looked for."""
        others = (self.resource, self.boundary, self.session)
        return [*self.identity, *(policy for policy in others if policy is not None)]

    @property
    def limits(self) -> list[Policy]:
        """The policies that allow nothing by themselves."""
        return [policy for policy in (self.boundary, self.session) if policy is not None]


def evaluate(
    request: Request,
    identity: Sequence[Policy],
    resource: Policy | None = None,
    boundary: Policy | None = None,
    session: Policy | None = None,
) -> Decision:
    """Decide a request; one for several resources is allowed if it is for each of them.

    Raises:
        MissingQualifierError: a condition compares a key of many values as if it had one.
    """
    layers = _Layers(identity, resource, boundary, session)
    return decide_all([_decide(request, arn, layers) for arn in request.resources])


def decide_all(decisions: Iterable[Decision]) -> Decision:
    """Of several decisions the one that counts: an explicit deny, else a deny, else an allow."""
    return reduce(_worse, decisions)


def _worse(first: Decision, second: Decision) -> Decision:
    order = (Outcome.EXPLICITLY_DENIED, Outcome.IMPLICITLY_DENIED, Outcome.ALLOWED)
    return min(first, second, key=lambda decision: order.index(decision.outcome))


@dataclass(frozen=True)
class _Allowance:
    kind: PolicyKind
    statement: Statement
    grant: Grant = Grant.NONE


def _decide(request: Request, arn: str, layers: _Layers) -> Decision:
    for policy in layers.all:
        for statement in _find(policy, "Deny", request, arn):
            return Decision(Outcome.EXPLICITLY_DENIED, request, arn, policy.kind, statement)
    allowance = _find_grant(request, arn, layers.resource)
    if allowance is None and _resource_must_allow(request, arn, layers.resource):
        return _refuse(request, arn, [layers.resource] if layers.resource else [])
    if allowance is None or not _suffices(allowance, request, arn):
        allowance = _find_allowance(request, arn, layers.identity)
    if allowance is None:
        return _refuse(request, arn, layers.identity, PolicyKind.IDENTITY)
    for limit in layers.limits if allowance.grant is not Grant.SELF else ():
        if not any(_find(limit, "Allow", request, arn)):
            return _refuse(request, arn, [limit])
    return Decision(Outcome.ALLOWED, request, arn, allowance.kind, allowance.statement)


def _find(policy: Policy, effect: str, request: Request, arn: str) -> Iterator[Statement]:
    for statement in policy.statement:
        if statement.effect == effect and not find_mismatch(policy, statement, request, arn):
            yield statement


def _find_allowance(request: Request, arn: str, policies: Iterable[Policy]) -> _Allowance | None:
    for policy in policies:
        for statement in _find(policy, "Allow", request, arn):
            return _Allowance(policy.kind, statement)
    return None


def _find_grant(request: Request, arn: str, policy: Policy | None) -> _Allowance | None:
    """The statement of a resource's own policy that names the principal most directly."""
    if policy is None:
        return None
    found = (
        _Allowance(policy.kind, statement, find_grant(statement, request.principal))
        for statement in _find(policy, "Allow", request, arn)
    )
    return max(found, key=lambda allowance: allowance.grant, default=None)


def _resource_must_allow(request: Request, arn: str, policy: Policy | None) -> bool:
    service = request.action.partition(":")[0].lower()
    return not _is_at_home(request, arn) or (policy is not None and service in _CLOSED_SERVICES)


def _suffices(allowance: _Allowance, request: Request, arn: str) -> bool:
    """Whether a resource's own policy allows by itself, without an identity-based one."""
    return allowance.grant >= Grant.ROLE and _is_at_home(request, arn)


def _is_at_home(request: Request, arn: str) -> bool:
    """Whether the resource is of the principal's account; a service has no account to leave."""
    home = request.principal.account
    stated = request.context.get("aws:ResourceAccount", account_of(arn))
    return not home or stated in ("", home)


def _refuse(
    request: Request,
    arn: str,
    policies: Sequence[Policy],
    kind: PolicyKind = PolicyKind.RESOURCE,
) -> Decision:
    return Decision(
        Outcome.IMPLICITLY_DENIED,
        request,
        arn,
        policies[0].kind if policies else kind,
        near_misses=tuple(_explain_misses(request, arn, policies)),
    )


def _explain_misses(request: Request, arn: str, policies: Iterable[Policy]) -> Iterator[str]:
    for policy in policies:
        for number, statement in enumerate(policy.statement, start=1):
            if statement.effect == "Allow" and covers_action(statement, request.action):
                name = statement.sid or f"number {number}"
                reason = find_mismatch(policy, statement, request, arn)
                yield f"statement {name} of the {policy.kind} does not apply: {reason}"
