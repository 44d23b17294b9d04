"""Users and roles as moto's IAM has them, with the policies that bound them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends

from tests.aws.iam import Policy, PolicyKind, read_policy


@dataclass(frozen=True)
class Identity:
    """A user or a role; its policies are read when they are asked for.

    The properties raise MalformedPolicyError for a policy that is none.
    """

    arn: str
    account: str
    tags: Mapping[str, str]
    owner: Any
    """moto's object of it."""

    @property
    def policies(self) -> list[Policy]:
        """The identity-based policies, inline and attached."""
        attached = (_current_text(policy) for policy in self.owner.managed_policies.values())
        return [read_policy(text) for text in (*self.owner.policies.values(), *attached)]

    @property
    def boundary(self) -> Policy | None:
        """The permissions boundary of a role."""
        arn = getattr(self.owner, "permissions_boundary_arn", None)
        found = iam_backends[self.account]["aws"].managed_policies.get(arn)
        return read_policy(_current_text(found), PolicyKind.BOUNDARY) if found else None

    @property
    def trust(self) -> Policy:
        """Who may assume the role."""
        return read_policy(self.owner.assume_role_policy_document, PolicyKind.TRUST)


def find_role(arn: str) -> Identity | None:
    """The role of an ARN."""
    account = arn.split(":")[4]
    roles = list(iam_backends[account]["aws"].roles.values())
    role = next((role for role in roles if role.arn == arn), None)
    if role is None:
        return None
    tags = {tag["Key"]: tag["Value"] for tag in role.tags}
    return Identity(arn, account, tags, role)


def find_user(access_key: str) -> Identity | None:
    """The user whose access key it is."""
    for account, partitions in list(iam_backends.items()):
        backend = partitions["aws"]
        for user in list(backend.users.values()):
            if any(key.access_key_id == access_key for key in user.access_keys):
                tags = backend.tagger.get_tag_dict_for_resource(user.arn)
                return Identity(user.arn, account, tags, user)
    return None


def _current_text(policy: Any) -> str:
    texts: list[str] = [version.document for version in policy.versions if version.is_default]
    return texts[0]
