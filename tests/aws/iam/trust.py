"""Assuming a role: the trust policy of the role, and what the caller's own policies say.

Session tags are an action of their own, sts:TagSession, and so is a source identity,
sts:SetSourceIdentity: whoever passes them needs both sides to allow those too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.aws.iam.evaluation import Decision, decide_all, evaluate
from tests.aws.iam.policy import Policy
from tests.aws.iam.request import Context, ContextValue, Principal, Request

DEFAULT_SESSION_SECONDS = 3600


@dataclass(frozen=True)
class RoleAssumption:
    """One call of sts:AssumeRole."""

    caller: Principal
    role_arn: str
    session_name: str = "argmin"
    session_tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    external_id: str | None = None
    source_identity: str | None = None
    source_arn: str | None = None
    """Of a service that assumes the role: on behalf of which resource."""
    source_account: str | None = None
    duration_seconds: int = DEFAULT_SESSION_SECONDS
    role_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The actions that have to be allowed: sts:AssumeRole, and what is passed with it."""
        actions = ["sts:AssumeRole"]
        if self.session_tags or self.caller.transitive_tag_keys:
            actions.append("sts:TagSession")
        if self.source_identity is not None:
            actions.append("sts:SetSourceIdentity")
        context = Context({**self._passed(), **self._tags()})
        return tuple(Request(self.caller, action, (self.role_arn,), context) for action in actions)

    @property
    def session(self) -> Principal:
        """Who the caller is afterwards; a session tag hides the role's tag of the same key."""
        partition, account = self.role_arn.split(":")[1], self.role_arn.split(":")[4]
        name = self.role_arn.rpartition("/")[2]
        kept = self.caller.transitive_tag_keys
        inherited = {key: self.caller.tags[key] for key in kept if key in self.caller.tags}
        return Principal(
            arn=f"arn:{partition}:sts::{account}:assumed-role/{name}/{self.session_name}",
            role_arn=self.role_arn,
            tags={**self.role_tags, **self.session_tags, **inherited},
            transitive_tag_keys=tuple(sorted({*kept, *self.transitive_tag_keys})),
        )

    def _passed(self) -> dict[str, ContextValue]:
        keys: dict[str, str | None] = {
            "sts:RoleSessionName": self.session_name,
            "sts:DurationSeconds": str(self.duration_seconds),
            "sts:ExternalId": self.external_id,
            "sts:SourceIdentity": self.source_identity,
            "aws:SourceArn": self.source_arn,
            "aws:SourceAccount": self.source_account,
        }
        return {key: value for key, value in keys.items() if value is not None}

    def _tags(self) -> dict[str, ContextValue]:
        tags: dict[str, ContextValue] = {
            f"aws:RequestTag/{key}": value for key, value in self.session_tags.items()
        }
        for key, value in self.role_tags.items():
            tags[f"aws:ResourceTag/{key}"] = tags[f"iam:ResourceTag/{key}"] = value
        if self.session_tags:
            tags["aws:TagKeys"] = tuple(self.session_tags)
        if self.transitive_tag_keys:
            tags["sts:TransitiveTagKeys"] = self.transitive_tag_keys
        return tags


def evaluate_assume_role(
    trust_policy: Policy,
    assumption: RoleAssumption,
    identity: Sequence[Policy] = (),
    boundary: Policy | None = None,
    session: Policy | None = None,
) -> Decision:
    """Decide whether the role may be assumed; `identity` and what follows are the caller's.

    `trust_policy` is read with `PolicyKind.TRUST`. Whom it names only by the account needs an
    identity-based policy too, and so does everybody of another account.
    """
    return decide_all(
        evaluate(request, identity, trust_policy, boundary, session)
        for request in assumption.requests
    )
