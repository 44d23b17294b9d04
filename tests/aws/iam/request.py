"""Who asks for what, and in which circumstances: the request that policies are evaluated for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

ContextValue = str | tuple[str, ...]
"""One text, or a tuple for a key that can have many values, such as aws:TagKeys."""


class Context(Mapping[str, ContextValue]):
    """Condition keys and their values; the case of a key does not matter, that of a value does."""

    def __init__(self, values: Mapping[str, ContextValue] | None = None) -> None:
        self._values = {key.lower(): value for key, value in (values or {}).items()}

    def __getitem__(self, key: str) -> ContextValue:
        return self._values[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __or__(self, other: Mapping[str, ContextValue]) -> Context:
        return Context({**self._values, **Context(other)._values})

    def __repr__(self) -> str:
        return f"Context({self._values!r})"


@dataclass(frozen=True)
class Principal:
    """A user, the session of a role, or a service of AWS."""

    arn: str
    """Such as `arn:aws:sts::111122223333:assumed-role/argmin-team-a/argmin`; a service's name."""
    role_arn: str = ""
    """Of a session: its role, with the path that the session's own ARN leaves out."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags of the user, or those of the role and of the session together."""
    transitive_tag_keys: tuple[str, ...] = ()

    @property
    def is_service(self) -> bool:
        """Whether a service of AWS asks on its own behalf, such as sagemaker.amazonaws.com."""
        return not self.arn.startswith("arn:")

    @property
    def account(self) -> str:
        """Twelve digits; empty for a service."""
        return "" if self.is_service else account_of(self.arn)

    @property
    def context(self) -> dict[str, ContextValue]:
        """The condition keys that tell who asks."""
        tags: dict[str, ContextValue] = {
            f"aws:PrincipalTag/{key}": value for key, value in self.tags.items()
        }
        if self.is_service:
            return {**tags, "aws:PrincipalIsAWSService": "true"}
        keys: dict[str, ContextValue] = {
            "aws:PrincipalArn": self.role_arn or self.arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalType": "AssumedRole" if self.role_arn else "User",
            "aws:PrincipalIsAWSService": "false",
        }
        if not self.role_arn:
            keys["aws:username"] = self.arn.rpartition("/")[2]
        return {**tags, **keys}


@dataclass(frozen=True)
class Request:
    """One action on some resources. A call of AWS's API may need more than one action."""

    principal: Principal
    action: str
    """Such as `sagemaker:CreateProcessingJob`."""
    resources: tuple[str, ...] = ("*",)
    """ARNs, each of which has to be allowed; `*` for an action that knows no resources."""
    context: Context = field(default_factory=Context)

    def with_context(self, values: Mapping[str, ContextValue]) -> Request:
        """The same request with more condition keys."""
        return replace(self, context=self.context | values)

    @property
    def conditions(self) -> Context:
        """All condition keys: those of the request and those that tell who asks."""
        return Context(self.principal.context) | self.context


def account_of(arn: str) -> str:
    """The account in an ARN; empty where it has none, as in S3's."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""
